package center

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	zone  = time.FixedZone("CST", 8*60*60)
	today = time.Date(2026, 9, 1, 8, 0, 0, 0, zone)
)

const site = "school-1"

// district is a center with the library's projection.
type district struct {
	*center.Center
	t *testing.T
}

func open(t *testing.T) *district {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := center.Open(ctx, center.Options{Dir: t.TempDir(), Database: pgtest.Database(t), Log: slog.New(slog.DiscardHandler), Projections: []projection.Projection{New(zone)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	changes := []center.FeedChange{}
	for i, name := range []string{"林知夏", "周景行", "许清嘉"} {
		id := fmt.Sprint(i + 1)
		changes = append(changes, center.FeedChange{Site: site, Feed: kiosk.FeedPeople, Key: id,
			Value: kiosk.PersonRow{ID: id, Name: name, Group: "一年级(1)班", Role: "pupil", Cards: []string{"000921" + id}}})
	}
	for i, title := range []string{"西游记", "红楼梦", "西游记"} {
		id := fmt.Sprintf("B%d", i+1)
		changes = append(changes, center.FeedChange{Site: site, Feed: library.FeedHoldings, Key: id,
			Value: library.Copy{Barcode: id, ID: map[bool]string{true: "t1", false: "t2"}[title == "西游记"], Title: title, Author: "古人"}})
	}
	if err := c.Register(ctx, changes); err != nil {
		t.Fatal(err)
	}
	if err := c.Projected(ctx, library.ID, 0); err != nil {
		t.Fatal(err)
	}
	return &district{c, t}
}

// take records one after the other and waits until all are understood.
func (d *district) take(records ...kiosk.Record) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var last int64
	for _, r := range records {
		position, err := d.Record(ctx, site, r)
		if err != nil {
			d.t.Fatal(err)
		}
		last = position
	}
	if err := d.Projected(ctx, library.ID, last); err != nil {
		d.t.Fatal(err)
	}
	if err := d.View(ctx, func(tx *store.Tx) error {
		n, err := tx.CountDeadLetters()
		if n > 0 {
			d.t.Errorf("%d records could not be applied", n)
		}
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
}

func feed[T any](d *district, name string) map[string]T {
	d.t.Helper()
	rows := map[string]T{}
	if err := d.View(context.Background(), func(tx *store.Tx) error {
		return tx.Feed(site, name, func(key string, value []byte) error {
			var row T
			err := json.Unmarshal(value, &row)
			rows[key] = row
			return err
		})
	}); err != nil {
		d.t.Fatal(err)
	}
	return rows
}

func (d *district) board(now time.Time) view.Page {
	d.t.Helper()
	var page view.Page
	if err := d.Querier(context.Background(), func(q projection.Querier) (err error) {
		page, err = New(zone).Board(context.Background(), q, site, now)
		return err
	}); err != nil {
		d.t.Fatal(err)
	}
	if err := page.Validate(); err != nil {
		d.t.Error(err)
	}
	return page
}

func rows(p view.Page, key string) [][]string {
	for _, n := range p.Body {
		if t, ok := n.(view.Table); ok && t.NodeKey() == key {
			return t.Rows
		}
	}
	return nil
}

func at(minutes int) time.Time { return today.Add(time.Duration(minutes) * time.Minute) }

func lend(copyID, person string, minute int) library.Loan {
	title := map[string]string{"B1": "t1", "B3": "t1", "B2": "t2"}[copyID]
	return library.Loan{Copy: copyID, Title: title, Person: person, At: at(minute), Due: "2026-09-10", FinePerDay: 10, FineMost: 100}
}

func back(copyID string, minute int) library.Return {
	return library.Return{Copy: copyID, At: at(minute)}
}

func TestLoanAndReturn(t *testing.T) {
	pgtest.Both(t, func(t *testing.T) {
		d := open(t)
		d.take(lend("B1", "1", 0), lend("B2", "1", 1), library.Renewal{Copy: "B1", Person: "1", At: at(2), Due: "2026-10-01"})
		reader := feed[library.ReaderRow](d, library.FeedReaders)["1"]
		if len(reader.Loans) != 2 || reader.Loans[0].Due != "2026-10-01" || reader.Loans[0].Renewals != 1 {
			t.Errorf("%+v", reader)
		}
		if row := feed[library.CopyRow](d, library.FeedCopies)["B1"]; row.Loan == nil || row.Loan.Person != "1" || !row.At.Equal(at(2)) {
			t.Errorf("%+v", row)
		}
		late := time.Date(2026, 9, 15, 9, 0, 0, 0, zone)
		d.take(library.Return{Copy: "B2", At: late}, back("B1", 5))
		if reader := feed[library.ReaderRow](d, library.FeedReaders)["1"]; len(reader.Loans) != 0 || reader.Owes != 50 ||
			!cmp.Equal(reader.Charges, []library.Charge{{Copy: "B2", Title: "t2", Days: 5, Fen: 50}}) {
			t.Errorf("%+v", reader)
		}
		d.take(library.Fee{Person: "1", Fen: 30, At: late}, library.Fee{Person: "1", Fen: 20, At: late, Waived: true, By: "T1", Reason: "病假"})
		if rows := feed[library.ReaderRow](d, library.FeedReaders); len(rows) != 0 {
			t.Errorf("all is paid and back: %+v", rows)
		}
	})
}

// TestDoubleLoan: both stand, a task says so, and a librarian's word ends it.
func TestDoubleLoan(t *testing.T) {
	pgtest.Both(t, func(t *testing.T) {
		d := open(t)
		d.take(lend("B1", "1", 0), lend("B1", "2", 10))
		task := feed[library.TaskRow](d, library.FeedTasks)["double/B1"]
		if len(task.Loans) != 2 || task.Kind != library.TaskDouble {
			t.Fatalf("%+v", task)
		}
		if readers := feed[library.ReaderRow](d, library.FeedReaders); len(readers["1"].Loans) != 1 || len(readers["2"].Loans) != 1 {
			t.Errorf("one of the loans is gone: %+v", readers)
		}
		if got := rows(d.board(at(20)), "tasks"); len(got) != 1 || got[0][3] != "林知夏 / 周景行" || got[0][2] != "西游记" {
			t.Errorf("%q", got)
		}
		d.take(library.Settled{Task: task.ID, Copy: "B1", Kept: task.Loans[1].ID, Closed: []string{task.Loans[0].ID}, By: "T1", At: at(30)})
		if readers := feed[library.ReaderRow](d, library.FeedReaders); len(readers["1"].Loans) != 0 || len(readers["2"].Loans) != 1 {
			t.Errorf("%+v", readers)
		}
		if tasks := feed[library.TaskRow](d, library.FeedTasks); len(tasks) != 0 {
			t.Errorf("%+v", tasks)
		}
		// A third loan from before, which comes days late, is not what was decided on.
		d.take(lend("B1", "3", 5))
		if task := feed[library.TaskRow](d, library.FeedTasks)["double/B1"]; len(task.Loans) != 2 {
			t.Errorf("%+v", task)
		}
		d.take(back("B1", 40))
		if tasks := feed[library.TaskRow](d, library.FeedTasks); len(tasks) != 0 {
			t.Errorf("it is back, and still %+v", tasks)
		}
	})
}

func TestHolds(t *testing.T) {
	pgtest.Both(t, func(t *testing.T) {
		d := open(t)
		d.take(lend("B1", "1", 0), library.Hold{Title: "t1", Person: "2", At: at(1)}, library.Hold{Title: "t1", Person: "3", At: at(2)})
		if w := feed[library.HoldsRow](d, library.FeedHolds)["t1"].Waiting; len(w) != 2 || w[0].Person != "2" || library.NextWaiting(w) != "2" {
			t.Fatalf("%+v", w)
		}
		d.take(library.Return{Copy: "B1", At: at(3), HeldFor: "2"})
		if row := feed[library.CopyRow](d, library.FeedCopies)["B1"]; row.HeldFor != "2" {
			t.Errorf("%+v", row)
		}
		if r := feed[library.ReaderRow](d, library.FeedReaders)["2"]; len(r.Holds) != 1 || r.Holds[0].Ready != "B1" {
			t.Errorf("%+v", r)
		}
		if got := rows(d.board(at(4)), "shelf"); len(got) != 1 || got[0][2] != "周景行" {
			t.Errorf("%q", got)
		}
		d.take(library.Hold{Title: "t1", Person: "2", At: at(5), Cancelled: true})
		if row := feed[library.CopyRow](d, library.FeedCopies)["B1"]; row.HeldFor != "" {
			t.Errorf("nobody waits for it any more: %+v", row)
		}
		d.take(lend("B1", "3", 6)) // he got what he waited for
		if holds := feed[library.HoldsRow](d, library.FeedHolds); len(holds) != 0 {
			t.Errorf("%+v", holds)
		}
	})
}

func TestRefusedOffline(t *testing.T) {
	pgtest.Both(t, func(t *testing.T) {
		d := open(t)
		away := lend("B1", "1", 0)
		away.System, away.Offline = "koha", true
		d.take(away, library.Refused{Copy: "B1", Person: "1", Did: "loan", Message: "Patron expired", Done: at(0), At: at(60), System: "koha"})
		tasks := feed[library.TaskRow](d, library.FeedTasks)
		if len(tasks) != 1 {
			t.Fatalf("%+v", tasks)
		}
		if readers := feed[library.ReaderRow](d, library.FeedReaders); len(readers) != 0 {
			t.Errorf("a loan that another system keeps: %+v", readers)
		}
		if got := rows(d.board(at(70)), "popular"); len(got) != 1 || got[0][0] != "西游记" {
			t.Errorf("%q", got)
		}
		for id := range tasks {
			d.take(library.Settled{Task: id, Copy: "B1", By: "T1", At: at(80), Reason: "已补录"})
		}
		if tasks := feed[library.TaskRow](d, library.FeedTasks); len(tasks) != 0 {
			t.Errorf("%+v", tasks)
		}
	})
}

// TestAnyOrder delivers the same records in other orders, and builds the
// projection anew: the feeds and the board are the same.
func TestAnyOrder(t *testing.T) {
	pgtest.Both(t, func(t *testing.T) {
		records := []kiosk.Record{
			lend("B1", "1", 0), back("B1", 10), lend("B1", "2", 20), lend("B1", "3", 30), back("B2", 5), lend("B2", "1", 40),
			library.Renewal{Copy: "B2", Person: "1", At: at(50), Due: "2026-12-01"},
			library.Hold{Title: "t2", Person: "2", At: at(45)}, library.Hold{Title: "t2", Person: "3", At: at(41)}, library.Hold{Title: "t2", Person: "3", At: at(46), Cancelled: true},
			lend("B3", "3", 7), library.Return{Copy: "B3", At: at(99), HeldFor: "2"}, library.Fee{Person: "1", Fen: 5, At: at(9)},
		}
		type all struct {
			Copies  map[string]library.CopyRow
			Readers map[string]library.ReaderRow
			Holds   map[string]library.HoldsRow
			Tasks   map[string]library.TaskRow
			Board   view.Page
		}
		// The IDs of records differ from run to run; what they stand for does not.
		state := func(d *district) all {
			a := all{feed[library.CopyRow](d, library.FeedCopies), feed[library.ReaderRow](d, library.FeedReaders), feed[library.HoldsRow](d, library.FeedHolds),
				feed[library.TaskRow](d, library.FeedTasks), d.board(at(100))}
			for k, r := range a.Copies {
				if r.Loan != nil {
					r.Loan.ID = ""
				}
				a.Copies[k] = r
			}
			for _, r := range a.Readers {
				for i := range r.Loans {
					r.Loans[i].ID = ""
				}
			}
			for _, r := range a.Tasks {
				for i := range r.Loans {
					r.Loans[i].ID = ""
				}
			}
			return a
		}
		var want all
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 4 {
			d := open(t)
			d.take(records...)
			got := state(d)
			if i == 0 {
				want = got
				if len(want.Tasks) != 1 || len(want.Readers) != 3 {
					t.Fatalf("%+v", want)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("in the order %v:\n%s", records, diff)
			}
			if i == 3 {
				if err := d.Rebuild(context.Background(), "test", library.ID); err != nil {
					t.Fatal(err)
				}
				d.take(library.Fee{Person: "9", Fen: 1, At: at(200)}) // returns when all before it is applied
				got := state(d)
				delete(got.Readers, "9")
				got.Board, want.Board = view.Page{}, view.Page{}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("built anew:\n%s", diff)
				}
			}
			records = slices.Clone(records)
			r.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		}
	})
}

// TestBrokenRecords are laid aside with a reason, and hold nothing else up.
func TestBrokenRecords(t *testing.T) {
	d := open(t)
	ctx := context.Background()
	for _, r := range []kiosk.Record{library.Loan{Copy: "B1", At: at(0), Due: "2026-09-10"}, library.Return{At: at(0)}, library.Renewal{Copy: "B1", Person: "1", At: at(0), Due: "soon"},
		library.Fee{Person: "1", Fen: -5, At: at(0)}, library.Hold{Title: "t1"}, library.Settled{Copy: "B1", At: at(0)}} {
		position, err := d.Record(ctx, site, r)
		if err == nil {
			err = d.Projected(ctx, library.ID, position)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := d.View(ctx, func(tx *store.Tx) error {
		n, err := tx.CountDeadLetters()
		if n != 6 {
			t.Errorf("%d of 6 were laid aside", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if p := d.board(at(0)); !strings.Contains(p.Body[0].(view.TextNode).Text.ZH, "在借 0 册") {
		t.Errorf("%+v", p.Body[0])
	}
}
