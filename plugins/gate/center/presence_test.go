package center

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	zone  = time.FixedZone("CST", 8*60*60)
	today = time.Date(2026, 9, 1, 0, 0, 0, 0, zone)
)

func at(clock string) time.Time {
	t, err := time.ParseInLocation("15:04", clock, zone)
	if err != nil {
		panic(err)
	}
	return today.Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
}

// board lets a center with this projection take records in and returns its board.
func board(t *testing.T, now time.Time, records ...kiosk.Record) view.Page {
	t.Helper()
	page, _ := day(t, now, records...)
	return page
}

// day is board with the presence feed as it then is.
func day(t *testing.T, now time.Time, records ...kiosk.Record) (page view.Page, presence map[string]gate.PresenceRow) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := center.Open(ctx, center.Options{Dir: t.TempDir(), Database: pgtest.Database(t), Log: slog.New(slog.DiscardHandler), Projections: []projection.Projection{New(zone)}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	var people []center.FeedChange
	for i, name := range []string{"林知夏", "周景行", "许清嘉"} {
		id := fmt.Sprint(i + 1)
		people = append(people, center.FeedChange{Site: "school-1", Feed: kiosk.FeedPeople, Key: id,
			Value: kiosk.PersonRow{ID: id, Name: name, Group: []string{"一年级(1)班", "一年级(2)班", "一年级(1)班"}[i], Role: "pupil"}})
	}
	if err := c.Register(ctx, people); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		position, err := c.Record(ctx, "school-1", r)
		if err == nil {
			err = c.Projected(ctx, gate.ID, position)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.View(ctx, func(tx *store.Tx) error {
		n, err := tx.CountDeadLetters()
		if n > 0 {
			t.Errorf("%d records could not be applied", n)
		}
		if err != nil {
			return err
		}
		presence = map[string]gate.PresenceRow{}
		return tx.Feed("school-1", gate.FeedPresence, func(person string, value []byte) error {
			var row gate.PresenceRow
			err := json.Unmarshal(value, &row)
			presence[person] = row
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Querier(ctx, func(q projection.Querier) (err error) {
		page, err = New(zone).Board(ctx, q, "school-1", now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := page.Validate(); err != nil {
		t.Error(err)
	}
	return page, presence
}

func in(person, clock string) gate.Pass {
	return gate.Pass{Person: person, Direction: gate.In, Way: "face", Lane: "east", At: at(clock)}
}

func out(person, clock string) gate.Pass {
	p := in(person, clock)
	p.Direction = gate.Out
	return p
}

func headline(p view.Page) string { return p.Body[0].(view.TextNode).Text.ZH }

func table(p view.Page, key string) string {
	for _, n := range p.Body {
		if n, ok := n.(view.Table); ok && n.NodeKey() == key {
			var lines []string
			for _, r := range n.Rows {
				lines = append(lines, strings.Join(r, " | "))
			}
			return strings.Join(lines, "\n")
		}
	}
	return "no such table"
}

func TestBoard(t *testing.T) { pgtest.Both(t, testBoard) }

func testBoard(t *testing.T) {
	yesterday := in("3", "08:00")
	yesterday.At = yesterday.At.AddDate(0, 0, -1)
	late := in("2", "23:30") // still today in the district, whatever UTC says
	late.At = late.At.UTC()
	p := board(t, at("12:00"), in("1", "07:40"), in("2", "07:41"), out("2", "11:30"), late, in("9", "08:00"), yesterday,
		gate.Refused{Verdict: string(kiosk.Stranger), Lane: "east", At: at("08:01")},
		gate.Refused{Verdict: string(kiosk.Stranger), Lane: "east", At: at("08:02")})
	if got := headline(p); got != "现在在校 3 人" {
		t.Error(got)
	}
	want := "— | 1\n一年级(1)班 | 1\n一年级(2)班 | 1"
	if diff := cmp.Diff(want, table(p, "groups")); diff != "" {
		t.Errorf("groups:\n%s", diff)
	}
	if got := table(p, "passes"); !strings.HasPrefix(got, "23:30:00 | 周景行 | 一年级(2)班 | 进校") || strings.Count(got, "\n") != 4 || !strings.Contains(got, "08:00:00 | 9 |") {
		t.Errorf("passes:\n%s", got)
	}
	if got := table(p, "refused"); !strings.Contains(got, "| 2") {
		t.Errorf("refused: %s", got)
	}
}

// TestOrderOfArrivalNeverChangesTheDay takes one day's passes in, in many orders.
func TestOrderOfArrivalNeverChangesTheDay(t *testing.T) {
	pgtest.Both(t, testOrderOfArrivalNeverChangesTheDay)
}

func testOrderOfArrivalNeverChangesTheDay(t *testing.T) {
	passes := []kiosk.Record{in("1", "07:40"), out("1", "11:30"), in("1", "13:00"), in("2", "07:41"), out("2", "16:00"),
		in("3", "07:50"), out("3", "09:00"), in("3", "09:01"), out("3", "09:02")}
	want, _ := day(t, at("18:00"), passes...)
	if headline(want) != "现在在校 1 人" {
		t.Fatal(headline(want))
	}
	newest := map[string]gate.PresenceRow{
		"1": {Direction: gate.In, At: at("13:00"), Lane: "east"},
		"2": {Direction: gate.Out, At: at("16:00"), Lane: "east"},
		"3": {Direction: gate.Out, At: at("09:02"), Lane: "east"},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 4 {
		page, presence := day(t, at("18:00"), passes...)
		if diff := cmp.Diff(want, page); diff != "" {
			t.Fatalf("in the order %v:\n%s", passes, diff)
		}
		if diff := cmp.Diff(newest, presence); diff != "" {
			t.Fatalf("presence in the order %v:\n%s", passes, diff)
		}
		random.Shuffle(len(passes), func(i, j int) { passes[i], passes[j] = passes[j], passes[i] })
	}
}

// TestPresenceOfTwoGates: the pass that counts names its own lane, and one of an
// earlier day that arrives late changes nothing.
func TestPresenceOfTwoGates(t *testing.T) { pgtest.Both(t, testPresenceOfTwoGates) }

func testPresenceOfTwoGates(t *testing.T) {
	west := out("1", "11:30")
	west.Lane = "west"
	yesterday := out("1", "16:00")
	yesterday.At = yesterday.At.AddDate(0, 0, -1)
	_, presence := day(t, at("12:00"), west, in("1", "07:40"), yesterday,
		gate.Refused{Verdict: string(kiosk.Stranger), Lane: "east", At: at("11:40")})
	want := map[string]gate.PresenceRow{"1": {Direction: gate.Out, At: at("11:30"), Lane: "west"}}
	if diff := cmp.Diff(want, presence); diff != "" {
		t.Errorf("presence (-want +got):\n%s", diff)
	}
}

func TestApplyRefusesForGoodWhatCannotBeAPass(t *testing.T) {
	p := New(zone)
	for name, body := range map[string]string{
		"no JSON": `{`, "nobody": `{"direction":"in","at":"2026-09-01T08:00:00Z"}`,
		"no way": `{"person":"1","direction":"up","at":"2026-09-01T08:00:00Z"}`, "no time": `{"person":"1","direction":"in"}`,
	} {
		r := projection.Received{}
		r.Kind, r.Version, r.Body = gate.KindPass.Name, 1, []byte(body)
		if err := p.Apply(context.Background(), nil, r); !projection.IsPermanent(err) || projection.IsUnknownVersion(err) {
			t.Errorf("%s: %v", name, err)
		}
		if _, ok := p.Tell(r); ok {
			t.Errorf("%s is told", name)
		}
	}
	r := projection.Received{}
	r.Kind, r.Version = gate.KindPass.Name, 2
	if err := p.Apply(context.Background(), nil, r); !projection.IsUnknownVersion(err) {
		t.Errorf("version 2: %v", err)
	}
}
