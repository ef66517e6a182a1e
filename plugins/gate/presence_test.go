package gate

import (
	"context"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
)

// presence is the feed as the center sends it down after passes.
func presence(passes ...Pass) kiosktest.Option {
	var rows []kiosk.Row
	for _, p := range passes {
		rows = append(rows, kiosktest.Row(p.Person, PresenceRow{Direction: p.Direction, At: p.At, Lane: p.Lane}))
	}
	return kiosktest.WithFeed(FeedPresence, rows...)
}

// TestKnowsThePassBefore: the process began anew, or the pupil came by another
// gate; what came down from the center says where the day stands.
func TestKnowsThePassBefore(t *testing.T) {
	now := kiosktest.Morning
	row := func(direction string, ago time.Duration) kiosktest.Option {
		return presence(Pass{Person: li.ID, Direction: direction, Lane: "west", At: now.Add(-ago).UTC()})
	}
	tests := map[string]struct {
		feed kiosktest.Option
		want string // "" for just passed
	}{
		"came in":                  {row(In, time.Hour), Out},
		"came in and went":         {row(Out, time.Hour), In},
		"at another gate just now": {row(In, samePass-time.Second), ""},
		"a clock ahead":            {row(In, time.Second-samePass), ""},
		"a minute ago":             {row(In, samePass), Out},
		"yesterday":                {row(In, 24*time.Hour), In},
		"somebody else":            {presence(Pass{Person: wang.ID, Direction: In, At: now.Add(-time.Hour)}), In},
		"no direction":             {row("up", time.Hour), In},
		"no JSON":                  {kiosktest.WithFeed(FeedPresence, kiosk.Row{Key: li.ID, JSON: []byte("{")}), In},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tm := start(t, tt.feed)
			recognises(tm, li)
			if tt.want == "" {
				tm.WantPage("already")
				if len(tm.Records()) > 0 || tm.BarrierOpens() > 0 {
					t.Error("one passage counts twice")
				}
				return
			}
			tm.WantPage("welcome")
			wantPasses(t, tm, Pass{Person: li.ID, Direction: tt.want, Way: "face", Lane: "east", At: now})
		})
	}
}

// TestRestartGoesOn: a new process of the module meets the row of the pass that
// the one before recorded.
func TestRestartGoesOn(t *testing.T) {
	tm := start(t)
	recognises(tm, li)
	tm.WantPage("welcome")
	came := kiosktest.Records[Pass](tm)
	tm.End()

	again := start(t, presence(came...), kiosktest.WithNow(kiosktest.Morning.Add(8*time.Hour)))
	recognises(again, li)
	again.WantPage("welcome")
	wantPasses(t, again, Pass{Person: li.ID, Direction: Out, Way: "face", Lane: "east", At: again.Now()})
}

// TestTwoGates: in by the east, out by the west, in by the east again, with the
// feed coming down between; a row that has not moved yet does not undo a pass here.
func TestTwoGates(t *testing.T) {
	east, west := start(t), start(t, kiosktest.WithLane("west"))
	pass := func(tm *kiosktest.Terminal, after time.Duration, want string) {
		t.Helper()
		east.Advance(after)
		west.Advance(after)
		tm.WantPage("idle")
		recognises(tm, li)
		tm.WantPage("welcome")
		passes := kiosktest.Records[Pass](tm)
		if got := passes[len(passes)-1]; got.Direction != want {
			t.Errorf("at %v the pass by the %s gate is %q, want %q", got.At, got.Lane, got.Direction, want)
		}
	}
	down := func(from *kiosktest.Terminal) {
		passes := kiosktest.Records[Pass](from)
		p := passes[len(passes)-1]
		row := kiosktest.Row(p.Person, PresenceRow{Direction: p.Direction, At: p.At, Lane: p.Lane})
		east.SetFeed(FeedPresence, row)
		west.SetFeed(FeedPresence, row)
	}
	pass(east, 0, In)
	down(east)
	pass(west, 4*time.Hour, Out)
	down(west)
	pass(east, time.Hour, In)
	pass(east, time.Hour, Out) // the row still says that he left by the west gate
	down(east)
	pass(west, time.Hour, In)
}

// TestWithoutFeeds: a site that does not lend them keeps its gate, and is told
// once for a visit.
func TestWithoutFeeds(t *testing.T) {
	tm := start(t, presence(Pass{Person: li.ID, Direction: In, At: kiosktest.Morning.Add(-time.Hour)}),
		kiosktest.WithGrants(kiosk.PermIdentify, kiosk.PermWatch, kiosk.PermRecord, kiosk.PermBarrier))
	for _, p := range []kiosk.Person{li, wang} {
		rev := tm.Page().Rev
		recognises(tm, p)
		tm.WantPageAfter(rev, "welcome")
	}
	if passes := kiosktest.Records[Pass](tm); len(passes) != 2 || passes[0].Direction != In || tm.BarrierOpens() != 2 {
		t.Errorf("passes %+v, barrier opened %d times", passes, tm.BarrierOpens())
	}
	if refused := tm.Refused(); len(refused) != 1 {
		t.Errorf("refused %v, want the feeds once", refused)
	}
}

// hanging is the gate on a terminal whose feeds never answer.
type hanging struct{ kiosk.Module }

func (h hanging) Serve(ctx context.Context, s kiosk.Session) error {
	return h.Module.Serve(ctx, hangingSession{s})
}

type hangingSession struct{ kiosk.Session }

func TestFeedsHang(t *testing.T) {
	tm := kiosktest.New(t, hanging{New()}, kiosktest.WithLane("east"))
	tm.Start()
	tm.WantPage("idle")
	recognises(tm, li)
	tm.WantPage("welcome")
	wantPasses(t, tm, Pass{Person: li.ID, Direction: In, Way: "face", Lane: "east", At: tm.Now()})
}
