package center

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/receipt"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
)

// said is a record as a terminal of a site made it.
type said struct {
	terminal, site string
	kiosk.Record
}

func stored(terminal, person, template string, minute int) said {
	return said{terminal, "school-1", receipt.Stored{Person: person, Template: template, Purposes: []string{"gate"}, At: at(minute)}}
}

func erased(terminal, person, template string, minute int, cause receipt.Cause) said {
	return said{terminal, "school-1", receipt.Erased{Person: person, Template: template, Cause: cause, At: at(minute)}}
}

func at(minute int) time.Time { return start.Add(time.Duration(minute) * time.Minute) }

// spoken is a projection that reads terminal and site out of the record, so that a
// test may make a district's records at the center's own chain.
type spoken struct{ Consents }

func (p spoken) Apply(ctx context.Context, tx projection.Tx, r projection.Received) error {
	var from struct {
		Terminal, Site string
		Record         json.RawMessage
	}
	if err := json.Unmarshal(r.Body, &from); err != nil {
		return projection.Permanent(err)
	}
	r.Terminal, r.Site, r.Body = from.Terminal, from.Site, from.Record
	return p.Consents.Apply(ctx, tx, r)
}

// MarshalJSON wraps the record for spoken.
func (s said) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"Terminal": s.terminal, "Site": s.site, "Record": s.Record})
}

// heard applies records, looks, and looks again after a rebuild from the log.
func heard[T any](t *testing.T, p Consents, records []said, look func(projection.Querier) (T, error)) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := center.Open(ctx, center.Options{Dir: t.TempDir(), Database: pgtest.Database(t), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return at(60) }, Projections: []projection.Projection{spoken{p}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	var last int64
	for _, r := range records {
		if last, err = c.Record(ctx, "district", r); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (v T) {
		if err := c.Projected(ctx, enrolment.ID, last); err != nil {
			t.Fatal(err)
		}
		if err := c.Querier(ctx, func(q projection.Querier) (err error) {
			v, err = look(q)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return v
	}
	live := read()
	if err := c.Rebuild(ctx, "test", enrolment.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(live, read()); diff != "" {
		t.Errorf("rebuilt (-live +rebuilt):\n%s", diff)
	}
	return live
}

func holdersOf(person string) func(projection.Querier) ([]Holder, error) {
	return func(q projection.Querier) ([]Holder, error) { return Holders(q, "school-1", person) }
}

// TestHolders: who holds a template, and who has proven that it is gone, comes out
// the same in whichever order the records arrive.
func TestHolders(t *testing.T) { pgtest.Both(t, testHolders) }

func testHolders(t *testing.T) {
	records := []said{
		stored("gate-1", "p1", "t1", 0), stored("gate-2", "p1", "t2", 1),
		stored("gate-1", "p1", "t3", 5), erased("gate-1", "p1", "t1", 5, receipt.Replaced),
		erased("gate-2", "p1", "t2", 9, receipt.Revoked), erased("gate-2", "p1", "t2", 10, receipt.Revoked),
		stored("gate-1", "p2", "t4", 2),
		{"gate-3", "school-1", enrolment.Consented{Person: "p1", Name: "李小明", Role: "pupil", Purposes: []string{"gate"}, At: at(3), Template: "t5"}},
		{"center/school-1", "school-1", enrolment.Consented{Person: "p1", Name: "李小明", Role: "pupil", Purposes: []string{"gate"}, At: at(3), Template: "demo"}},
	}
	want := []Holder{
		{"gate-1", "t1", at(0), at(5), receipt.Replaced},
		{"gate-2", "t2", at(1), at(9), receipt.Revoked},
		{"gate-3", "t5", at(3), time.Time{}, ""},
		{"gate-1", "t3", at(5), time.Time{}, ""},
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 2 {
		if diff := cmp.Diff(want, heard(t, New(), records, holdersOf("p1"))); diff != "" {
			t.Errorf("holders (-want +got):\n%s", diff)
		}
		random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	}
	first := heard(t, New(), []said{erased("gate-1", "p1", "t1", 5, receipt.Revoked)}, holdersOf("p1"))
	if diff := cmp.Diff([]Holder{{"gate-1", "t1", time.Time{}, at(5), receipt.Revoked}}, first); diff != "" {
		t.Errorf("a receipt that travelled ahead (-want +got):\n%s", diff)
	}
}

// TestStoredWithConsent: enrolment in bulk brings the consent along, as old as its
// paper, so that a withdrawal since then wins.
func TestStoredWithConsent(t *testing.T) { pgtest.Both(t, testStoredWithConsent) }

func testStoredWithConsent(t *testing.T) {
	bulk := func(person string) said {
		return said{"gate-1", "school-1", receipt.Stored{Person: person, Name: "李小明", Role: "pupil", Template: "t-" + person, Purposes: []string{"gate"}, At: at(30),
			Consent: &receipt.Consent{TextVersion: "face-2025-06", GivenBy: "陈静(母亲)", Way: "paper", At: at(1)}}}
	}
	records := []said{bulk("p1"), bulk("p2"), {"gate-2", "school-1", enrolment.Withdrawn{Person: "p2", At: at(2)}}, stored("gate-1", "p3", "t3", 4)}
	given := heard(t, New(), records, func(q projection.Querier) (map[string][]string, error) { return Given(q, "school-1") })
	if diff := cmp.Diff(map[string][]string{"p1": {"gate"}}, given); diff != "" {
		t.Errorf("given (-want +got):\n%s", diff)
	}
}

// TestCount: persons are counted, not templates, and the alarms keep the moment at
// which the number was reached.
func TestCount(t *testing.T) { pgtest.Both(t, testCount) }

func testCount(t *testing.T) {
	p := Consents{soon: 4, duty: 5}
	var records []said
	more := func(from, to int) {
		for i := from; i <= to; i++ {
			records = append(records, stored("gate-1", fmt.Sprint("p", i), fmt.Sprint("t", i), i))
		}
	}
	count := func() Stored { return heard(t, p, records, Count) }
	more(1, 3)
	records = append(records, stored("gate-2", "p1", "t1b", 9), // the same person on another terminal
		said{"gate-9", "school-2", receipt.Stored{Person: "p1", Template: "t1c", Purposes: []string{"gate"}, At: at(9)}}) // and at another site
	want := Stored{Persons: 3, Sites: map[string]int64{"school-1": 3, "school-2": 1}}
	if diff := cmp.Diff(want, count()); diff != "" {
		t.Errorf("three persons (-want +got):\n%s", diff)
	}
	more(4, 4)
	want.Persons, want.Sites["school-1"], want.Soon = 4, 4, at(60)
	if diff := cmp.Diff(want, count()); diff != "" {
		t.Errorf("soon (-want +got):\n%s", diff)
	}
	more(5, 5)
	want.Persons, want.Sites["school-1"], want.Duty = 5, 5, at(60)
	if diff := cmp.Diff(want, count()); diff != "" {
		t.Errorf("duty (-want +got):\n%s", diff)
	}
	records = append(records, erased("gate-1", "p5", "t5", 20, receipt.Revoked), erased("gate-1", "p1", "t1", 20, receipt.Revoked))
	want.Persons, want.Sites["school-1"] = 4, 4
	if diff := cmp.Diff(want, count()); diff != "" {
		t.Errorf("fewer again (-want +got):\n%s", diff)
	}
	if d := New(); d.soon != 80_000 || d.duty != 100_000 {
		t.Errorf("the alarms stand at %d and %d", d.soon, d.duty)
	}
}

func TestDeadline(t *testing.T) {
	zone := time.FixedZone("CST", 8*60*60)
	for reached, want := range map[string]string{
		"2026-11-02 09:00": "2026-12-14", // a Monday, and six weeks
		"2026-11-06 23:30": "2026-12-18", // a Friday
		"2026-11-07 10:00": "2026-12-18", // a Saturday
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", reached, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Stored{Duty: at.UTC()}).Deadline(zone).Format(time.DateOnly); got != want {
			t.Errorf("reached %s: due %s, want %s", reached, got, want)
		}
	}
	if !(Stored{}).Deadline(zone).IsZero() {
		t.Error("a duty out of nothing")
	}
}

// TestConsentsFeed: a person's own page on a terminal reads what he said and who holds a
// template, and neither a template nor a name.
func TestConsentsFeed(t *testing.T) { pgtest.Both(t, testConsentsFeed) }

func testConsentsFeed(t *testing.T) {
	records := []said{
		{"gate-1", "school-1", enrolment.Consented{Person: "p1", Name: "李小明", Role: "pupil", Purposes: []string{"canteen", "gate"}, TextVersion: "face-1", GivenBy: "self", Way: "touch", At: at(1)}},
		{"gate-1", "school-1", enrolment.Consented{Person: "p1", Name: "李小明", Role: "pupil", Purposes: []string{"gate"}, TextVersion: "face-2", GivenBy: "陈静(母亲)", Way: "signature", At: at(3), Template: "t1"}},
		{"gate-2", "school-1", enrolment.Withdrawn{Person: "p1", Purposes: []string{"canteen"}, At: at(4)}},
		erased("gate-1", "p1", "t1", 6, receipt.Retention),
	}
	want := enrolment.ConsentsRow{Person: "p1",
		Said: []enrolment.Said{
			{Purpose: "canteen", TextVersion: "face-1", GivenBy: "self", Way: "touch", Consented: at(1), Withdrawn: at(4)},
			{Purpose: "gate", Given: true, TextVersion: "face-2", GivenBy: "陈静(母亲)", Way: "signature", Consented: at(3)}},
		Templates: []enrolment.TemplateHeld{{Terminal: "gate-1", Stored: at(3), Erased: at(6)}},
	}
	for range 2 {
		got := heard(t, New(), records, func(q projection.Querier) (row enrolment.ConsentsRow, err error) {
			raw, err := q.Row("school-1", enrolment.FeedConsents, "p1")
			if err == nil {
				err = json.Unmarshal(raw, &row)
			}
			return row, err
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the row (-want +got):\n%s", diff)
		}
		records[0], records[3], records[1], records[2] = records[3], records[0], records[2], records[1]
	}
}
