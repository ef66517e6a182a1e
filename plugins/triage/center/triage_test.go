package center

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage"
	"github.com/luohu/ting/plugins/triage/rules"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	zone    = time.FixedZone("CST", 8*60*60)
	morning = time.Date(2026, 3, 2, 8, 0, 0, 0, zone)
)

func minute(m int) time.Time { return morning.Add(time.Duration(m) * time.Minute) }

func assess(caseID, code string, l rules.Level, department string, m int) triage.Assessed {
	return triage.Assessed{Case: caseID, Code: code, Name: "林*远", Known: "id-card", Level: l, Department: department, Rules: "1", At: minute(m),
		Reasons: []rules.Reason{{Level: l, Rule: "x", Text: view.T("来看:咳嗽", "Comes for: cough"), Source: "cn2018"}}}
}

func decide(caseID, code, decision string, from, to rules.Level, m int) triage.Decided {
	return triage.Decided{Case: caseID, Code: code, Decision: decision, From: from, Level: to, Reason: "理由", By: "T-0101", At: minute(m)}
}

// take has a center take records in, and returns the queue and the board.
func take(t *testing.T, now time.Time, records ...kiosk.Record) (feed map[string]triage.Waiting, board view.Page) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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
	for _, r := range records {
		position, err := c.Record(ctx, "hospital", r)
		if err == nil {
			err = c.Projected(ctx, triage.ID, position)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	feed = map[string]triage.Waiting{}
	if err := c.View(ctx, func(tx *store.Tx) error {
		if n, err := tx.CountDeadLetters(); n > 0 || err != nil {
			return fmt.Errorf("%d records could not be applied, %w", n, err)
		}
		return tx.Feed("hospital", triage.FeedWaiting, func(code string, value []byte) error {
			var w triage.Waiting
			err := json.Unmarshal(value, &w)
			feed[code] = w
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Querier(ctx, func(q projection.Querier) (err error) {
		board, err = New(zone).Board(ctx, q, "hospital", now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := board.Validate(); err != nil {
		t.Error(err)
	}
	return feed, board
}

func table(p view.Page, key string) [][]string {
	for _, n := range p.Body {
		if x, ok := n.(view.Table); ok && x.Key.Key == key {
			return x.Rows
		}
	}
	return nil
}

func TestQueueAndBoard(t *testing.T) {
	pgtest.Both(t, func(t *testing.T) {
		feed, board := take(t, minute(45),
			assess("c1", "AAAAA", rules.Urgent, "em", 0),
			assess("c2", "BBBBB", rules.LessUrgent, "derm", 5),
			triage.Called{Case: "c3", Code: "CCCCC", Level: rules.Emergency, At: minute(40)},
			assess("c3", "CCCCC", rules.Emergency, "resus", 41),
			assess("c4", "DDDDD", rules.Urgent, "em", 10),
			decide("c4", "DDDDD", triage.Seen, rules.Urgent, rules.Urgent, 30),
			assess("c5", "EEEEE", rules.Emergency, "em", 12),
			decide("c5", "EEEEE", triage.Lower, rules.Emergency, rules.Urgent, 20),
		)
		if len(feed) != 4 || feed["CCCCC"].Level != rules.Emergency || !feed["CCCCC"].Called || feed["EEEEE"].Level != rules.Urgent || !feed["EEEEE"].Confirmed {
			t.Errorf("the queue is %+v", feed)
		}
		want := [][]string{
			{"Ⅱ", "R-CCCCC", "抢救室", "5 分", "呼叫护士"},
			{"Ⅲ", "E-AAAAA", "急诊内科", "45 分", "超时 须复评"},
			{"Ⅲ", "E-EEEEE", "急诊内科", "33 分", "候诊"},
			{"Ⅳ", "K-BBBBB", "皮肤科", "40 分", "候诊"},
		}
		if diff := cmp.Diff(want, table(board, "queue")); diff != "" {
			t.Errorf("the board (-want +got):\n%s", diff)
		}
		levels := [][]string{{"Ⅱ级 危重", "1", "0", "—"}, {"Ⅲ级 急症", "3", "1", "20 分"}, {"Ⅳ级 非急症", "1", "0", "—"}}
		if diff := cmp.Diff(levels, table(board, "levels")); diff != "" {
			t.Errorf("by level (-want +got):\n%s", diff)
		}
	})
}

// TestOvernight: who was never closed leaves the queue after a day.
func TestOvernight(t *testing.T) {
	feed, board := take(t, minute(26*60), assess("c1", "AAAAA", rules.Urgent, "em", 0), assess("c2", "BBBBB", rules.Urgent, "em", 25*60))
	if _, ok := feed["AAAAA"]; ok || len(table(board, "queue")) != 1 {
		t.Errorf("the queue is %+v", feed)
	}
}

func TestRefusedRecords(t *testing.T) {
	good := decide("c1", "AAAAA", triage.Lower, rules.Emergency, rules.Urgent, 1)
	for name, change := range map[string]func(*triage.Decided){
		"no case":     func(d *triage.Decided) { d.Case = "" },
		"no level":    func(d *triage.Decided) { d.Level = 0 },
		"nobody":      func(d *triage.Decided) { d.By = "" },
		"no reason":   func(d *triage.Decided) { d.Reason = "" },
		"no time":     func(d *triage.Decided) { d.At = time.Time{} },
		"fifth level": func(d *triage.Decided) { d.Level = 5 },
	} {
		d := good
		change(&d)
		b, _ := json.Marshal(d)
		if _, _, err := decode(triage.KindDecided.Name, b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	b, _ := json.Marshal(good)
	if _, _, err := decode(triage.KindDecided.Name, b); err != nil {
		t.Error(err)
	}
	if _, _, err := decode("triage.other", b); err == nil || !strings.Contains(err.Error(), "triage.other") {
		t.Errorf("an unknown kind: %v", err)
	}
}

// TestFold holds the conflict rule: whatever the order of arrival, a case has the
// same course; and without a nurse who lowers it, the level is the most severe ever
// given.
func TestFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		var events []event
		severe, lowers := rules.Level(9), false
		for i := range n {
			e := event{at: minute(rapid.IntRange(0, 30).Draw(t, "at"))}
			e.id[0] = byte(i)
			l := rules.Level(rapid.IntRange(1, 4).Draw(t, "level"))
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				e.called = &triage.Called{Case: "c", Code: "AAAAA", Level: l, At: e.at}
			case 1, 2:
				a := assess("c", "AAAAA", l, "em", 0)
				e.assessed = &a
			default:
				d := triage.Decided{Case: "c", Code: "AAAAA", By: "T-1", Level: l, From: rules.Level(rapid.IntRange(1, 4).Draw(t, "from")), Reason: "r",
					Decision: rapid.SampledFrom([]string{triage.Confirm, triage.Raise, triage.Lower, triage.Seen, triage.Left}).Draw(t, "decision")}
				e.decided = &d
				lowers = lowers || d.Decision == triage.Lower
			}
			severe = min(severe, l)
			events = append(events, e)
		}
		want := fold(append([]event(nil), events...))
		got := fold(rapid.Permutation(events).Draw(t, "order"))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(course{}, rules.Reason{})); diff != "" {
			t.Fatalf("another order, another course:\n%s", diff)
		}
		if !lowers && got.Level != severe {
			t.Fatalf("level %v, though %v was given and nobody lowered it", got.Level, severe)
		}
	})
}

// TestLowerUnseen: a nurse who lowers what she saw does not lower what she did not
// know of.
func TestLowerUnseen(t *testing.T) {
	urgent, critical := assess("c", "AAAAA", rules.Urgent, "em", 0), assess("c", "AAAAA", rules.Critical, "resus", 5)
	lower := decide("c", "AAAAA", triage.Lower, rules.Urgent, rules.LessUrgent, 6) // her desk had not heard of minute 5
	got := fold([]event{{id: [16]byte{1}, at: urgent.At, assessed: &urgent}, {id: [16]byte{2}, at: critical.At, assessed: &critical}, {id: [16]byte{3}, at: lower.At, decided: &lower}})
	if got.Level != rules.Critical {
		t.Errorf("level %v", got.Level)
	}
}
