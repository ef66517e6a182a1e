package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var start = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

func yes(person string, minute int, purposes ...string) kiosk.Record {
	return enrolment.Consented{Person: person, Name: "访客" + person, Role: "citizen", Purposes: purposes, TextVersion: "face-2025-06",
		GivenBy: "self", Way: "touch", At: start.Add(time.Duration(minute) * time.Minute), Template: "t"}
}

func no(person string, minute int, purposes ...string) kiosk.Record {
	return enrolment.Withdrawn{Person: person, Purposes: purposes, At: start.Add(time.Duration(minute) * time.Minute)}
}

// state is what terminals and the console hear of one person.
type state struct {
	Revoked string // the purposes, "everything", or ""
	Given   string
	Name    string // in the people feed
}

func after(t *testing.T, records ...kiosk.Record) state {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := center.Open(ctx, center.Options{Dir: t.TempDir(), Database: pgtest.Database(t), Log: slog.New(slog.DiscardHandler), Projections: []projection.Projection{New()}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.Register(ctx, []center.FeedChange{{Site: "hall", Feed: kiosk.FeedPeople, Key: "known", Value: kiosk.PersonRow{ID: "known", Name: "登记册", PIN: "x"}}}); err != nil {
		t.Fatal(err)
	}
	var last int64
	for _, r := range records {
		if last, err = c.Record(ctx, "hall", r); err != nil {
			t.Fatal(err)
		}
	}
	person := "v1"
	if e, ok := records[0].(enrolment.Consented); ok {
		person = e.Person
	}
	if err := c.Projected(ctx, enrolment.ID, last); err != nil {
		t.Fatal(err)
	}
	read := func() (s state) {
		err := c.Querier(ctx, func(q projection.Querier) error {
			given, err := Given(q, "hall")
			if err != nil {
				return err
			}
			if len(given[person]) > 0 {
				s.Given = fmt.Sprint(given[person])
			}
			var row kiosk.RevocationRow
			switch raw, err := q.Row("hall", kiosk.FeedRevocations, person); {
			case err == nil:
				if err := json.Unmarshal(raw, &row); err != nil {
					return err
				}
				if s.Revoked = fmt.Sprint(row.Purposes); len(row.Purposes) == 0 {
					s.Revoked = "everything"
				}
				if row.Person != person || row.Time.Before(start) {
					t.Errorf("row %s", raw)
				}
			case !errors.Is(err, projection.ErrNotFound):
				return err
			}
			var p kiosk.PersonRow
			raw, err := q.Row("hall", kiosk.FeedPeople, person)
			if errors.Is(err, projection.ErrNotFound) {
				return nil
			}
			if err == nil {
				err = json.Unmarshal(raw, &p)
			}
			s.Name = p.Name
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	live := read()
	if err := c.Rebuild(ctx, "test", enrolment.ID); err != nil {
		t.Fatal(err)
	}
	if err := c.Projected(ctx, enrolment.ID, last); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(live, read()); diff != "" {
		t.Errorf("rebuilt (-live +rebuilt):\n%s", diff)
	}
	return live
}

func TestTheLaterWordWins(t *testing.T) { pgtest.Both(t, testTheLaterWordWins) }

func testTheLaterWordWins(t *testing.T) {
	for name, c := range map[string]struct {
		records []kiosk.Record
		want    state
	}{
		"a consent":                     {[]kiosk.Record{yes("v1", 0, "gate")}, state{"", "[gate]", "访客v1"}},
		"a withdrawal of what was":      {[]kiosk.Record{yes("v1", 0, "gate"), no("v1", 1, "gate")}, state{"[gate]", "", "访客v1"}},
		"a tie":                         {[]kiosk.Record{yes("v1", 1, "gate"), no("v1", 1, "gate")}, state{"[gate]", "", "访客v1"}},
		"everything":                    {[]kiosk.Record{yes("v1", 0, "gate"), no("v1", 1)}, state{"everything", "", "访客v1"}},
		"everything, a tie":             {[]kiosk.Record{yes("v1", 1, "gate"), no("v1", 1)}, state{"everything", "", "访客v1"}},
		"everything, of somebody new":   {[]kiosk.Record{no("v1", 1)}, state{"everything", "", ""}},
		"one of two":                    {[]kiosk.Record{yes("v1", 0, "canteen", "gate"), no("v1", 1, "gate")}, state{"[gate]", "[canteen]", "访客v1"}},
		"a consent later":               {[]kiosk.Record{yes("v1", 0, "gate"), no("v1", 1, "gate"), yes("v1", 2, "gate")}, state{"", "[gate]", "访客v1"}},
		"a consent that came late":      {[]kiosk.Record{no("v1", 5, "gate"), yes("v1", 2, "gate")}, state{"[gate]", "", "访客v1"}},
		"again for one after all":       {[]kiosk.Record{yes("v1", 0, "canteen", "gate"), no("v1", 1), yes("v1", 2, "gate")}, state{"[canteen]", "[gate]", "访客v1"}},
		"again for all after all":       {[]kiosk.Record{yes("v1", 0, "gate"), no("v1", 1), yes("v1", 2, "gate")}, state{"", "[gate]", "访客v1"}},
		"the register knows him better": {[]kiosk.Record{yes("known", 0, "gate")}, state{"", "[gate]", "登记册"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, after(t, c.records...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOrderOfArrivalChangesNothing(t *testing.T) { pgtest.Both(t, testOrderOfArrivalChangesNothing) }

func testOrderOfArrivalChangesNothing(t *testing.T) {
	all := []kiosk.Record{yes("v1", 0, "canteen", "gate", "library"), no("v1", 3, "gate"), no("v1", 5), yes("v1", 6, "gate"), no("v1", 6, "canteen"), yes("v1", 5, "library")}
	want := after(t, all...)
	random := rand.New(rand.NewPCG(3, 4))
	for range 5 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if diff := cmp.Diff(want, after(t, all...)); diff != "" {
			t.Errorf("in another order (-want +got):\n%s", diff)
		}
	}
}

// TestNobodyWithdrawnStaysIn checks the rule itself against every word said: a
// purpose whose last word is a withdrawal is never left uncovered.
func TestNobodyWithdrawnStaysIn(t *testing.T) {
	purposes := []string{"canteen", "gate", "library"}
	rapid.Check(t, func(t *rapid.T) {
		s := words{}
		for _, p := range append(purposes, everything) {
			w := s[p]
			if p != everything {
				w.consented = int64(rapid.IntRange(0, 5).Draw(t, "consented "+p))
			}
			w.withdrawn = int64(rapid.IntRange(0, 5).Draw(t, "withdrawn "+p))
			s[p] = w
		}
		row, revoked := s.revocation("v1")
		for _, p := range purposes {
			withdrawn := max(s[p].withdrawn, s[everything].withdrawn)
			gone := withdrawn > 0 && withdrawn >= s[p].consented
			covered := revoked && row.Covers(p)
			if gone && !covered {
				t.Fatalf("%s is withdrawn but not revoked: %+v → %+v", p, s, row)
			}
			if !gone && covered && s[p].consented > 0 {
				t.Fatalf("%s is consented but revoked: %+v → %+v", p, s, row)
			}
		}
	})
}

func TestApplyRefusesForGood(t *testing.T) {
	for name, c := range map[string]struct{ kind, body string }{
		"no JSON":            {enrolment.KindConsented.Name, `{`},
		"nobody":             {enrolment.KindConsented.Name, `{"purposes":["gate"],"at":"2026-09-01T08:00:00Z"}`},
		"no time":            {enrolment.KindWithdrawn.Name, `{"person":"1"}`},
		"nothing":            {enrolment.KindConsented.Name, `{"person":"1","at":"2026-09-01T08:00:00Z"}`},
		"a nameless one":     {enrolment.KindWithdrawn.Name, `{"person":"1","purposes":[""],"at":"2026-09-01T08:00:00Z"}`},
		"a kind not its own": {"gate.pass", `{}`},
	} {
		r := projection.Received{}
		r.Kind, r.Version, r.Body = c.kind, 1, []byte(c.body)
		if err := New().Apply(context.Background(), nil, r); !projection.IsPermanent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := projection.Received{}
	r.Kind, r.Version = enrolment.KindWithdrawn.Name, 2
	if err := New().Apply(context.Background(), nil, r); !projection.IsUnknownVersion(err) {
		t.Errorf("version 2: %v", err)
	}
}
