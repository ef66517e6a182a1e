package kiosktest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// visitor is a module whose visit is a function.
type visitor func(context.Context, kiosk.Session) error

func (visitor) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID: "desk", Version: "1", Title: view.Same("desk"), Permissions: kiosk.Permissions(),
		Records: []kiosk.RecordKind{{Name: "desk.noted", Version: 1}}, Feeds: []string{kiosk.FeedPeople},
	}
}

func (v visitor) Serve(ctx context.Context, s kiosk.Session) error { return v(ctx, s) }

type noted struct {
	Text string `json:"text"`
}

func (noted) RecordKind() kiosk.RecordKind { return kiosk.RecordKind{Name: "desk.noted", Version: 1} }
func (noted) AggregateKey() string         { return "desk/1" }

func page(id string) view.Page {
	return view.Page{ID: id, Timeout: time.Minute, Actions: []view.Action{{ID: "ok", Label: view.Same("OK")}}}
}

func serve(t *testing.T, v visitor, opts ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, v, opts...)
	tm.Start()
	return tm
}

// TestAskEnds covers every way an Ask can end.
func TestAskEnds(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(*kiosktest.Terminal)
		action string
		code   kiosk.Code
	}{
		"answer":  {do: func(tm *kiosktest.Terminal) { tm.Answer("ok", nil) }, action: "ok"},
		"back":    {do: (*kiosktest.Terminal).Back, action: view.ActionBack},
		"timeout": {do: func(tm *kiosktest.Terminal) { tm.Advance(time.Minute) }, action: view.ActionTimeout},
		"end":     {do: (*kiosktest.Terminal).End, code: kiosk.CodeCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			var got view.Answer
			tm := serve(t, func(ctx context.Context, s kiosk.Session) (err error) {
				got, err = s.Ask(ctx, page("p"))
				return err
			})
			tm.WantPage("p")
			tm.Advance(time.Minute - 1) // not yet
			c.do(tm)
			err := tm.WantEnd()
			if got.Action != c.action || kiosk.CodeOf(err) != c.code {
				t.Errorf("answer %q, error %v; want %q and %q", got.Action, err, c.action, c.code)
			}
		})
	}
}

func TestNewerPageSupersedes(t *testing.T) {
	tm := serve(t, func(ctx context.Context, s kiosk.Session) error {
		w, err := s.Watch(ctx, kiosk.WatchRequest{})
		if err != nil {
			return err
		}
		first := make(chan error, 1)
		go func() {
			_, err := s.Ask(ctx, page("first"))
			first <- err
		}()
		if _, err := w.Next(); err != nil {
			return err
		}
		if err := s.Show(ctx, page("second")); err != nil {
			return err
		}
		return <-first
	})
	first := tm.WantPage("first")
	tm.Sees(kiosk.Sighting{Verdict: kiosk.NoFace})
	if second := tm.WantPage("second"); second.Rev <= first.Rev {
		t.Errorf("revision %d after %d", second.Rev, first.Rev)
	}
	if err := tm.WantEnd(); kiosk.CodeOf(err) != kiosk.CodeSuperseded {
		t.Errorf("the earlier Ask returned %v", err)
	}
}

func TestAskCancelledByItsCaller(t *testing.T) {
	tm := serve(t, func(ctx context.Context, s kiosk.Session) error {
		asking, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := s.Ask(asking, page("never")); !errors.Is(err, context.Canceled) {
			return errors.New("a page of a call that was over")
		}
		return s.Show(ctx, page("after"))
	})
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
	if pages := tm.Pages(); len(pages) != 1 || pages[0].ID != "after" {
		t.Errorf("pages %v", pages)
	}
}

func TestPermissions(t *testing.T) {
	calls := map[kiosk.Permission]func(context.Context, kiosk.Session) error{
		kiosk.PermIdentify: func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Identify(ctx, kiosk.IdentifyRequest{})
			return err
		},
		kiosk.PermWatch: func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Watch(ctx, kiosk.WatchRequest{})
			return err
		},
		kiosk.PermEnrol: func(ctx context.Context, s kiosk.Session) error {
			return s.Forget(ctx, "1")
		},
		kiosk.PermRecord: func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Record(ctx, noted{})
			return err
		},
		kiosk.PermFeeds: func(ctx context.Context, s kiosk.Session) error {
			_, err := s.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople})
			return err
		},
		kiosk.PermBarrier: func(ctx context.Context, s kiosk.Session) error { return s.OpenBarrier(ctx) },
		kiosk.PermPrint:   func(ctx context.Context, s kiosk.Session) error { return s.Print(ctx, view.Page{ID: "slip"}) },
		kiosk.PermScan: func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Scan(ctx)
			return err
		},
		kiosk.PermIDCard: func(ctx context.Context, s kiosk.Session) error {
			_, err := s.ReadIDCard(ctx)
			return err
		},
		kiosk.PermMeasure: func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Measure(ctx)
			return err
		},
		kiosk.PermWeigh: func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Weigh(ctx)
			return err
		},
		kiosk.PermSpeak: func(ctx context.Context, s kiosk.Session) error { return s.Speak(ctx, view.Same("hello")) },
	}
	for _, p := range kiosk.Permissions() {
		t.Run(string(p), func(t *testing.T) {
			tm := serve(t, calls[p], kiosktest.WithGrants())
			if err := tm.WantEnd(); kiosk.CodeOf(err) != kiosk.CodeDenied {
				t.Errorf("not granted: %v", err)
			}
			if r := tm.Refused(); len(r) != 1 || r[0] != p {
				t.Errorf("refused %v", r)
			}
			if len(tm.Records()) != 0 || tm.BarrierOpens() != 0 || len(tm.Forgotten()) != 0 {
				t.Error("a call that was refused had an effect")
			}
			tm = serve(t, calls[p], kiosktest.WithGrants(p))
			switch p {
			case kiosk.PermIdentify:
				tm.Identifies(kiosk.Person{ID: "1"})
			case kiosk.PermScan:
				tm.Scan("1")
			case kiosk.PermIDCard:
				tm.LayIDCard(kiosk.IDCard{})
			case kiosk.PermMeasure:
				tm.Measured(kiosk.VitalSigns{})
			case kiosk.PermWeigh:
				tm.Weighed(1)
			}
			if err := tm.WantEnd(); err != nil {
				t.Errorf("granted: %v", err)
			}
		})
	}
}

func TestRules(t *testing.T) {
	for name, c := range map[string]struct {
		call func(context.Context, kiosk.Session) error
		want kiosk.Code
	}{
		"face alone": {func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Identify(ctx, kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayFace}})
			return err
		}, kiosk.CodeInvalid},
		"undeclared kind": {func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Record(ctx, foreign{})
			return err
		}, kiosk.CodeDenied},
		"undeclared feed": {func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Lookup(ctx, "menus", "1")
			return err
		}, kiosk.CodeDenied},
		"no such row": {func(ctx context.Context, s kiosk.Session) error {
			_, err := s.Lookup(ctx, kiosk.FeedPeople, "3")
			return err
		}, kiosk.CodeNotFound},
		"bad page": {func(ctx context.Context, s kiosk.Session) error {
			return s.Show(ctx, view.Page{})
		}, kiosk.CodeInvalid},
		"negative limit": {func(ctx context.Context, s kiosk.Session) error {
			_, err := s.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople, Limit: -1})
			return err
		}, kiosk.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			tm := serve(t, c.call, kiosktest.WithFeed(kiosk.FeedPeople, kiosktest.Row("1", kiosk.PersonRow{ID: "1"})))
			if err := tm.WantEnd(); kiosk.CodeOf(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

type foreign struct{ noted }

func (foreign) RecordKind() kiosk.RecordKind { return kiosk.RecordKind{Name: "gate.pass", Version: 1} }

func TestFeedsAndFaults(t *testing.T) {
	tm := serve(t, func(ctx context.Context, s kiosk.Session) error {
		rows, err := s.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople, After: "1"})
		if err != nil || len(rows) != 2 || rows[0].Key != "2" || rows[1].Key != "3" {
			return errors.New("rows are not those after the key, in order")
		}
		if _, err := s.Ask(ctx, page("first")); err != nil {
			return err
		}
		if _, err := s.Record(ctx, noted{"lost"}); kiosk.CodeOf(err) != kiosk.CodeDiskFull {
			return errors.New("stored on a full disk")
		}
		if err := s.OpenBarrier(ctx); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
			return errors.New("a broken barrier opened")
		}
		if _, err := s.Ask(ctx, page("second")); err != nil {
			return err
		}
		if _, err := s.Record(ctx, noted{"kept"}); err != nil {
			return err
		}
		return s.OpenBarrier(ctx)
	}, kiosktest.WithFeed(kiosk.FeedPeople, kiosktest.Row("3", 3), kiosktest.Row("1", 1), kiosktest.Row("2", 2)))
	tm.WantPage("first")
	tm.DiskFull()
	tm.BarrierBroken()
	tm.Answer("ok", nil)
	tm.WantPage("second")
	tm.DiskFree()
	tm.BarrierRepaired()
	tm.Answer("ok", nil)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
	if r := kiosktest.Records[noted](tm); len(r) != 1 || r[0].Text != "kept" || tm.BarrierOpens() != 1 {
		t.Errorf("records %v, %d openings", r, tm.BarrierOpens())
	}
}

func TestSightings(t *testing.T) {
	tm := serve(t, func(ctx context.Context, s kiosk.Session) error {
		for range 2 {
			w, err := s.Watch(ctx, kiosk.WatchRequest{})
			if err != nil {
				return err
			}
			sg, err := w.Next()
			if err != nil {
				return err
			}
			if err := s.Show(ctx, page(string(sg.Verdict))); err != nil {
				return err
			}
			if _, err = w.Next(); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
				return errors.New("the watch did not break")
			}
		}
		return nil
	})
	for _, v := range []kiosk.Verdict{kiosk.Stranger, kiosk.TooFar} {
		tm.Sees(kiosk.Sighting{Verdict: v})
		tm.WantPage(string(v))
		tm.WatchBreaks(kiosk.CodeUnavailable)
	}
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
}

func TestAfterTheEndNothingHappens(t *testing.T) {
	kept := make(chan kiosk.Session, 1)
	tm := serve(t, func(ctx context.Context, s kiosk.Session) error {
		kept <- s
		_, err := s.Ask(ctx, page("p"))
		return err
	})
	tm.WantPage("p")
	tm.End()
	s := <-kept
	if err := s.Show(context.Background(), page("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("show: %v", err)
	}
	if _, err := s.Record(context.Background(), noted{}); !errors.Is(err, context.Canceled) || len(tm.Records()) != 0 {
		t.Errorf("record: %v", err)
	}
	if p := tm.Page(); p.ID != "p" {
		t.Errorf("page %s", p.ID)
	}
}
