package kiosktest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The services of a Terminal are the Terminal under other names, so that its own
// methods stay those of a test.
type (
	screen   Terminal
	journal  Terminal
	feeds    Terminal
	barriers Terminal
)

func (s *screen) Present(_ kiosk.Visit, p view.Page) {
	tm := (*Terminal)(s)
	tm.change(func() { tm.pages = append(tm.pages, p) })
}

// Recorded is a record as the terminal's journal has it.
type Recorded struct {
	Kind    kiosk.RecordKind
	Key     string
	JSON    []byte
	Receipt kiosk.Receipt
}

// Records are all that was recorded, in order.
func (tm *Terminal) Records() []Recorded {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return slices.Clone(tm.records)
}

// WantRecords waits until n records of all kinds are stored, and returns them.
func (tm *Terminal) WantRecords(n int) []Recorded {
	tm.t.Helper()
	tm.wait(fmt.Sprintf("%d records", n), func() bool { return len(tm.records) >= n })
	return tm.Records()
}

// Records are the records of R's kind, decoded. A field that R does not have
// fails the test.
func Records[R kiosk.Record](tm *Terminal) []R {
	tm.t.Helper()
	var zero R
	var all []R
	for _, rec := range tm.Records() {
		if rec.Kind.Name != zero.RecordKind().Name || rec.Kind.Version != zero.RecordKind().Version {
			continue
		}
		var r R
		d := json.NewDecoder(strings.NewReader(string(rec.JSON)))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			tm.t.Fatalf("kiosktest: %s: %v", rec.Kind.Name, err)
		}
		all = append(all, r)
	}
	return all
}

// DiskFull makes every later record fail for want of room, until DiskFree.
func (tm *Terminal) DiskFull() { tm.change(func() { tm.diskFull = true }) }

// DiskFree ends DiskFull.
func (tm *Terminal) DiskFree() { tm.change(func() { tm.diskFull = false }) }

func (j *journal) Append(_ context.Context, kind kiosk.RecordKind, key string, body []byte) (r kiosk.Receipt, err error) {
	tm := (*Terminal)(j)
	tm.change(func() {
		if tm.diskFull {
			err = &kiosk.Error{
				Code: kiosk.CodeDiskFull, Op: "record " + kind.Name, Cause: errors.New("no space left on device"),
				Visitor: view.T("抱歉,本机暂时无法办理,请到人工窗口。", "Sorry, this terminal cannot serve you right now. Please go to the staffed counter."),
			}
			return
		}
		seq := int64(len(tm.records) + 1)
		lane := "ordinary"
		if kind.Urgent {
			lane = "urgent"
		}
		r = kiosk.Receipt{
			ID: fmt.Sprintf("0195547e-4ac0-7000-9000-%012d", seq), Terminal: tm.opts.visit.Terminal, Lane: lane,
			Epoch: 1, Seq: seq, Hash: sha256.Sum256(fmt.Appendf(nil, "%d %s", seq, body)), Time: tm.clock.Now(),
		}
		tm.records = append(tm.records, Recorded{Kind: kind, Key: key, JSON: slices.Clone(body), Receipt: r})
	})
	return r, err
}

func (f *feeds) Lookup(_ context.Context, feed, key string) (kiosk.Row, error) {
	tm := (*Terminal)(f)
	tm.mu.Lock()
	defer tm.mu.Unlock()
	for _, r := range tm.opts.feeds[feed] {
		if r.Key == key {
			return r, nil
		}
	}
	return kiosk.Row{}, &kiosk.Error{Code: kiosk.CodeNotFound, Op: "lookup " + feed}
}

func (f *feeds) List(_ context.Context, r kiosk.ListRequest) (rows []kiosk.Row, err error) {
	tm := (*Terminal)(f)
	tm.mu.Lock()
	defer tm.mu.Unlock()
	for _, row := range tm.opts.feeds[r.Feed] {
		if row.Key > r.After && len(rows) < r.Limit {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// SetFeed replaces the rows of a feed while the visit goes on.
func (tm *Terminal) SetFeed(feed string, rows ...kiosk.Row) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b kiosk.Row) int { return strings.Compare(a.Key, b.Key) })
	tm.change(func() { tm.opts.feeds[feed] = rows })
}

// BarrierOpens is how often the barrier was opened.
func (tm *Terminal) BarrierOpens() int {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return tm.opened
}

// BarrierBroken makes the barrier answer no more, until BarrierRepaired.
func (tm *Terminal) BarrierBroken() { tm.change(func() { tm.barrierBroken = true }) }

// BarrierRepaired ends BarrierBroken.
func (tm *Terminal) BarrierRepaired() { tm.change(func() { tm.barrierBroken = false }) }

func (b *barriers) Open(context.Context, string) (err error) {
	tm := (*Terminal)(b)
	tm.change(func() {
		if tm.barrierBroken {
			err = &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "open barrier", Cause: errors.New("the barrier does not answer")}
			return
		}
		tm.opened++
	})
	return err
}
