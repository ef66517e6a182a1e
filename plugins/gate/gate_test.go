package gate

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

var (
	li      = kiosk.Person{ID: "2019-0317", Name: "李小明", Group: "三年二班", Role: "pupil", Way: kiosk.WayFace, Score: 0.2}
	wang    = kiosk.Person{ID: "2019-0318", Name: "王芳", Group: "三年二班", Role: "pupil", Way: kiosk.WayCard}
	teacher = "T-0042"
)

func start(t *testing.T, opts ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, New(), append([]kiosktest.Option{kiosktest.WithLane("east")}, opts...)...)
	tm.Start()
	tm.WantPage("idle")
	return tm
}

func sees(tm *kiosktest.Terminal, v kiosk.Verdict) { tm.Sees(kiosk.Sighting{Verdict: v, Track: 1}) }

func recognises(tm *kiosktest.Terminal, p kiosk.Person) {
	tm.Sees(kiosk.Sighting{Verdict: kiosk.Recognised, Person: p, Track: 1})
}

func wantPasses(t *testing.T, tm *kiosktest.Terminal, want ...Pass) {
	t.Helper()
	got := kiosktest.Records[Pass](tm)
	for i := range got {
		if !got[i].At.Equal(want[min(i, len(want)-1)].At) {
			t.Errorf("pass %d at %v", i, got[i].At)
		}
		got[i].At = want[min(i, len(want)-1)].At
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("passes (-want +got):\n%s", diff)
	}
}

func TestPupilPasses(t *testing.T) {
	tm := start(t)
	now := tm.Now()
	recognises(tm, li)
	p := tm.WantPage("welcome")
	in := Pass{Person: li.ID, Direction: In, Way: "face", Lane: "east", At: now}
	wantPasses(t, tm, in)
	if tm.BarrierOpens() != 1 {
		t.Errorf("barrier opened %d times", tm.BarrierOpens())
	}
	if p.Title.ZH != "早上好,请进" || p.Tone != view.Success {
		t.Errorf("title %+v, tone %q", p.Title, p.Tone)
	}
	want := view.PersonCard{Key: view.Key{Key: "person"}, Name: view.Same("李*明"), Line: view.Same("三年二班"), Tone: view.Success, Detail: view.T("进校 07:42", "In 07:42")}
	if diff := cmp.Diff(want, p.Body[1]); diff != "" {
		t.Errorf("card (-want +got):\n%s", diff)
	}

	tm.Advance(welcomeStays)
	tm.WantPage("idle")
	sees(tm, kiosk.NoFace)

	tm.Advance(8 * time.Hour)
	recognises(tm, li)
	p = tm.WantPage("welcome")
	if p.Title.ZH != "再见,路上小心" {
		t.Errorf("title on leaving: %+v", p.Title)
	}
	wantPasses(t, tm, in, Pass{Person: li.ID, Direction: Out, Way: "face", Lane: "east", At: tm.Now()})
	for _, r := range tm.Records() {
		if r.Key != "person/"+li.ID || bytes.Contains(r.JSON, []byte(li.Name)) {
			t.Errorf("record %s under %q", r.JSON, r.Key)
		}
	}
}

// TestNextPupilDoesNotWait: the page of the one before is still on screen.
func TestNextPupilDoesNotWait(t *testing.T) {
	tm := start(t)
	recognises(tm, li)
	first := tm.WantPage("welcome")
	recognises(tm, wang)
	second := tm.WantPageAfter(first.Rev, "welcome")
	if card := second.Body[1].(view.PersonCard); card.Name.ZH != "王*" {
		t.Errorf("the second page is for %v", card.Name)
	}
	tm.Advance(welcomeStays)
	tm.WantPage("idle")
	if passes := kiosktest.Records[Pass](tm); len(passes) != 2 || passes[1].Way != "card" || tm.BarrierOpens() != 2 {
		t.Errorf("passes %+v, barrier opened %d times", passes, tm.BarrierOpens())
	}
}

// TestPagesOutliveTheFace: who turns away to look for a teacher, or for his card,
// finds the page as it was; a refusal goes with the face it is about.
func TestPagesOutliveTheFace(t *testing.T) {
	for name, tt := range map[string]struct {
		show func(*kiosktest.Terminal)
		page string
	}{
		"welcome": {func(tm *kiosktest.Terminal) { recognises(tm, li) }, "welcome"},
		"barrier": {func(tm *kiosktest.Terminal) { tm.BarrierBroken(); recognises(tm, li) }, "barrier"},
		"disk":    {func(tm *kiosktest.Terminal) { tm.DiskFull(); recognises(tm, li) }, "not-stored"},
		"card":    {func(tm *kiosktest.Terminal) { tm.Answer(actionCard, nil) }, "card"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tm := start(t)
				tt.show(tm)
				tm.WantPage(tt.page)
				sees(tm, kiosk.NoFace)
				synctest.Wait()
				if p := tm.Page(); p.ID != tt.page {
					t.Errorf("page %q has taken the place of %q", p.ID, tt.page)
				}
				sees(tm, kiosk.TooDark)
				tm.WantPage("too-dark")
				sees(tm, kiosk.NoFace)
				tm.WantPage("idle")
			})
		})
	}
}

func TestJustPassed(t *testing.T) {
	tm := start(t)
	recognises(tm, li)
	tm.WantPage("welcome")
	tm.Advance(samePass - time.Second)
	recognises(tm, li)
	tm.WantPage("already")
	tm.Advance(welcomeStays)
	tm.WantPage("idle")
	if n := len(tm.Records()); n != 1 || tm.BarrierOpens() != 1 {
		t.Errorf("%d records, barrier opened %d times; want each once", n, tm.BarrierOpens())
	}
	recognises(tm, li)
	tm.WantPage("welcome")
	if n := len(tm.Records()); n != 2 {
		t.Errorf("%d records after a minute, want 2", n)
	}
}

// TestRefusals: every verdict but Recognised has its own page with the other
// ways, and opens nothing.
func TestRefusals(t *testing.T) {
	tests := []struct {
		verdict  kiosk.Verdict
		recorded bool
		stays    bool // until something changes
	}{
		{kiosk.Stranger, true, false},
		{kiosk.TooDark, true, false},
		{kiosk.TooFar, false, false},
		{kiosk.TwoFaces, true, false},
		{kiosk.Withdrawn, true, false},
		{kiosk.CardUnknown, true, false},
		{kiosk.Lookalike, true, false},
		{kiosk.NoCamera, false, true},
		{kiosk.NoEngine, false, true},
	}
	titles := map[string]kiosk.Verdict{}
	for _, tt := range tests {
		t.Run(string(tt.verdict), func(t *testing.T) {
			tm := start(t)
			sees(tm, tt.verdict)
			p := tm.WantPage(string(tt.verdict))
			if other, twice := titles[p.Title.ZH]; twice {
				t.Errorf("the same title as %s", other)
			}
			titles[p.Title.ZH] = tt.verdict
			if diff := cmp.Diff(otherWays(), p.Actions); diff != "" {
				t.Errorf("other ways (-want +got):\n%s", diff)
			}
			var refused []Refused
			if tt.recorded {
				tm.WantRecords(1)
				refused = []Refused{{Verdict: string(tt.verdict), Lane: "east", At: tm.Now()}}
			}
			got := kiosktest.Records[Refused](tm)
			if diff := cmp.Diff(refused, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
				t.Errorf("refusals (-want +got):\n%s", diff)
			}
			if len(kiosktest.Records[Pass](tm)) > 0 || tm.BarrierOpens() > 0 {
				t.Error("the gate opened")
			}
			if tt.stays {
				if p.Timeout != 0 {
					t.Errorf("the page goes after %v though nothing has changed", p.Timeout)
				}
				tm.Answer(actionCard, nil)
				tm.WantPage("card")
				tm.Advance(refusalStays)
				tm.WantPage(string(tt.verdict)) // it rests here now
				sees(tm, kiosk.NoFace)
			} else {
				tm.Advance(p.Timeout)
			}
			tm.WantPage("idle")
		})
	}
}

// TestRefusalsAreLimited: a poster before the camera does not fill the disk.
func TestRefusalsAreLimited(t *testing.T) {
	tm := start(t)
	for range 30 {
		sees(tm, kiosk.Stranger)
		tm.WantPage("stranger")
		sees(tm, kiosk.NoFace)
		tm.WantPage("idle")
		tm.Advance(10 * time.Second)
	}
	if n := len(kiosktest.Records[Refused](tm)); n != 5 {
		t.Errorf("%d refusals recorded in five minutes, want 5", n)
	}
}

func TestOtherWays(t *testing.T) {
	tests := []struct {
		action string
		way    kiosk.Way
		by     string
	}{
		{actionPIN, kiosk.WayPIN, ""},
		{actionStaff, kiosk.WayStaff, teacher},
	}
	for _, tt := range tests {
		t.Run(tt.action, func(t *testing.T) {
			tm := start(t)
			sees(tm, kiosk.Stranger)
			tm.WantPage("stranger")
			tm.Answer(tt.action, nil)
			person := wang
			person.Way, person.By = tt.way, tt.by
			r := tm.Identifies(person)
			if !slices.Equal(r.Ways, []kiosk.Way{tt.way}) {
				t.Errorf("asked for %v", r.Ways)
			}
			tm.WantPage("welcome")
			wantPasses(t, tm, Pass{Person: wang.ID, Direction: In, Way: string(tt.way), Lane: "east", By: tt.by, At: tm.Now()})
			if tm.BarrierOpens() != 1 {
				t.Errorf("barrier opened %d times", tm.BarrierOpens())
			}
		})
	}
}

func TestOtherWaysFail(t *testing.T) {
	for code, page := range map[kiosk.Code]string{
		kiosk.CodeCancelled:   "idle",
		kiosk.CodeLocked:      "locked",
		kiosk.CodeUnavailable: "trouble",
	} {
		t.Run(string(code), func(t *testing.T) {
			tm := start(t)
			rev := tm.Page().Rev
			tm.Answer(actionPIN, nil)
			tm.IdentifyFails(code)
			tm.WantPageAfter(rev, page)
			if len(tm.Records()) > 0 || tm.BarrierOpens() > 0 {
				t.Error("the gate opened")
			}
		})
	}
}

// TestTypingIsLeftAlone: the camera takes the page from somebody who types only
// when it lets somebody through.
func TestTypingIsLeftAlone(t *testing.T) {
	tm := start(t)
	tm.Answer(actionPIN, nil)
	tm.WantPage(kiosktest.PageIdentify)
	rev := tm.Page().Rev
	sees(tm, kiosk.Stranger)
	sees(tm, kiosk.NoFace)
	tm.WantRecords(1)
	if p := tm.Page(); p.Rev != rev {
		t.Errorf("page %q took the screen", p.ID)
	}
	recognises(tm, li)
	tm.WantPage("welcome")
	tm.Advance(welcomeStays)
	tm.WantPage("idle")
	if n := len(kiosktest.Records[Pass](tm)); n != 1 {
		t.Errorf("%d passes", n)
	}
}

func TestDiskFull(t *testing.T) {
	tm := start(t)
	tm.DiskFull()
	recognises(tm, li)
	tm.WantPage("not-stored")
	if tm.BarrierOpens() != 0 {
		t.Error("the gate opened without a record")
	}
	sees(tm, kiosk.Stranger) // its refusal cannot be stored either
	tm.WantPage("stranger")
	tm.DiskFree()
	recognises(tm, li)
	tm.WantPage("welcome")
	wantPasses(t, tm, Pass{Person: li.ID, Direction: In, Way: "face", Lane: "east", At: tm.Now()})
}

func TestBarrierFails(t *testing.T) {
	tm := start(t)
	tm.BarrierBroken()
	recognises(tm, li)
	tm.WantPage("barrier")
	if n := len(kiosktest.Records[Pass](tm)); n != 1 {
		t.Errorf("%d passes recorded, want the one that stands", n)
	}
	tm.BarrierRepaired()
	tm.Advance(callStays)
	tm.WantPage("idle")
}

func TestWatchBreaks(t *testing.T) {
	tm := start(t)
	tm.WatchBreaks(kiosk.CodeUnavailable)
	tm.WantPage("no-camera")
	recognises(tm, li) // waits until the module watches again
	tm.WantPage("welcome")
	tm.Advance(welcomeStays)
	tm.WantPage("idle")
}

func TestNotGranted(t *testing.T) {
	tm := kiosktest.New(t, New(), kiosktest.WithGrants(kiosk.PermRecord))
	tm.Start()
	if err := tm.WantEnd(); kiosk.CodeOf(err) != kiosk.CodeDenied {
		t.Errorf("Serve = %v, want CodeDenied", err)
	}
}

// TestStaysWithTheModule: a visit that begins anew knows who passed.
func TestStaysWithTheModule(t *testing.T) {
	tm := start(t)
	recognises(tm, li)
	tm.WantPage("welcome")
	tm.End()
	tm.Start()
	tm.WantPage("idle")
	recognises(tm, li)
	tm.WantPage("already")
}

func (hangingSession) Lookup(ctx context.Context, _, _ string) (kiosk.Row, error) {
	<-ctx.Done()
	return kiosk.Row{}, ctx.Err()
}

func TestDirections(t *testing.T) {
	day := time.Date(2026, 9, 1, 7, 40, 0, 0, time.FixedZone("CST", 8*3600))
	type step struct {
		after time.Duration
		want  string // "" for not fresh
	}
	for name, steps := range map[string][]step{
		"in, out, in":                 {{0, In}, {4 * time.Hour, Out}, {2 * time.Hour, In}},
		"twice within a minute":       {{0, In}, {59 * time.Second, ""}, {time.Second, Out}},
		"the next day begins with in": {{0, In}, {24 * time.Hour, In}},
		"over midnight":               {{16 * time.Hour, In}, {30 * time.Minute, In}},
		"a clock set back":            {{time.Hour, In}, {-30 * time.Second, ""}, {-30 * time.Minute, Out}},
	} {
		t.Run(name, func(t *testing.T) {
			p, now := newPasses(), day
			for i, s := range steps {
				now = now.Add(s.after)
				direction, fresh := p.next("a", now, lastPass{})
				if fresh != (s.want != "") || fresh && direction != s.want {
					t.Errorf("pass %d is %q, fresh: %t; want %q", i, direction, fresh, s.want)
				}
				if fresh {
					p.done("a", direction, now)
				}
			}
		})
	}
}

// TestPassesAlternate: whatever the times of a day, two passes of a person are a
// minute apart and never of the same direction; others do not matter.
func TestPassesAlternate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, now := newPasses(), time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
		last := map[string]lastPass{}
		for range rapid.IntRange(1, 40).Draw(t, "passes") {
			now = now.Add(time.Duration(rapid.IntRange(0, 900).Draw(t, "seconds")) * time.Second)
			who := fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "who"))
			direction, fresh := p.next(who, now, lastPass{})
			l, before := last[who]
			if before && fresh && (direction == l.direction || now.Sub(l.at) < samePass) {
				t.Fatalf("%s passed %s at %v and %s at %v", who, l.direction, l.at, direction, now)
			}
			if !before && (direction != In || !fresh) {
				t.Fatalf("%s begins with %s", who, direction)
			}
			if fresh {
				p.done(who, direction, now)
				last[who] = lastPass{direction, now}
			}
		}
	})
}

func TestGreeting(t *testing.T) {
	for hour, want := range map[int]string{4: "晚上好", 5: "早上好", 10: "早上好", 11: "中午好", 13: "下午好", 17: "下午好", 18: "晚上好"} {
		got := greeting(In, time.Date(2026, 9, 1, hour, 0, 0, 0, time.UTC)).ZH
		if got != want+",请进" {
			t.Errorf("%d o'clock: %s", hour, got)
		}
	}
}

// TestPagesAreComplete: every page is valid and reads in both languages.
func TestPagesAreComplete(t *testing.T) {
	now := kiosktest.Morning
	pages := []view.Page{idlePage(), cardPage(), welcomePage(li, Out, now), alreadyPage(li, now), barrierPage(li, In, now), ruledPage(li, Passback().Refuse(Passage{Direction: In, Before: In})),
		notStoredPage(), lockedPage(nil), troublePage(nil)}
	for v := range refusedBy {
		pages = append(pages, refusalPage(kiosk.Sighting{Verdict: v}))
	}
	for _, p := range pages {
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
		both := func(what string, ts ...view.Text) {
			for _, text := range ts {
				if (text.ZH == "") != (text.EN == "") {
					t.Errorf("page %s: %s is %+v", p.ID, what, text)
				}
			}
		}
		both("title", p.Title)
		if p.Title.IsZero() {
			t.Errorf("page %s has no title", p.ID)
		}
		for _, a := range p.Actions {
			both("action", a.Label)
		}
		for _, n := range p.Body {
			switch n := n.(type) {
			case view.TextNode:
				both("text", n.Text)
			case view.Notice:
				both("notice", n.Text, n.Detail)
			case view.Viewfinder:
				both("hint", n.Hint)
			case view.PersonCard:
				both("card", n.Name, n.Line, n.Detail)
				if n.Name.ZH == li.Name {
					t.Errorf("page %s shows a whole name", p.ID)
				}
			}
		}
	}
}
