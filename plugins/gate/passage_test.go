package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// oneWay is a gate whose lane east leads in and whose lane west leads out.
func oneWay(t *testing.T, opts ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	g := New()
	if err := g.(kiosk.Starter).Start(t.Context(), kiosk.Setup{Settings: map[string]string{"entry": "east, north", "exit": "west"}}); err != nil {
		t.Fatal(err)
	}
	tm := kiosktest.New(t, g, append([]kiosktest.Option{kiosktest.WithLane("east")}, opts...)...)
	tm.Start()
	tm.WantPage("idle")
	return tm
}

// TestPassback: a card that was handed back over the fence opens nothing.
func TestPassback(t *testing.T) {
	tm := oneWay(t)
	recognises(tm, wang)
	tm.WantPage("welcome")
	tm.Advance(10 * time.Minute)
	tm.WantPage("idle")
	recognises(tm, wang)
	p := tm.WantPage("not-now")
	if b, _ := view.Encode(p); !strings.Contains(string(b), "已在校内") || strings.Contains(string(b), wang.Name) {
		t.Errorf("the page: %s", b)
	}
	tm.WantRecords(2)
	if r := kiosktest.Records[Refused](tm); len(r) != 1 || r[0].Verdict != "passback" || tm.BarrierOpens() != 1 {
		t.Errorf("refusals %+v, barrier opened %d times", r, tm.BarrierOpens())
	}

	// A teacher has looked: the pupil slipped out beside his mother.
	tm.Answer(actionStaff, nil)
	vouched := wang
	vouched.Way, vouched.By = kiosk.WayStaff, teacher
	tm.Identifies(vouched)
	tm.WantPage("welcome")
	passes := kiosktest.Records[Pass](tm)
	if last := passes[len(passes)-1]; last.Direction != In || last.By != teacher {
		t.Errorf("pass %+v", last)
	}
}

// TestPassbackKnowsOtherGates: whoever left by the west gate may come in again.
func TestPassbackKnowsOtherGates(t *testing.T) {
	left := presence(Pass{Person: li.ID, Direction: Out, At: kiosktest.Morning.Add(-time.Hour), Lane: "west"})
	tm := oneWay(t, left)
	recognises(tm, li)
	tm.WantPage("welcome")
	wantPasses(t, tm, Pass{Person: li.ID, Direction: In, Way: "face", Lane: "east", At: tm.Now()})

	inside := presence(Pass{Person: li.ID, Direction: In, At: kiosktest.Morning.Add(-time.Hour), Lane: "north"})
	tm = oneWay(t, inside)
	recognises(tm, li)
	tm.WantPage("not-now")

	// Where a lane leads both ways nobody is asked.
	tm = oneWay(t, inside, kiosktest.WithLane("both"))
	recognises(tm, li)
	tm.WantPage("welcome")
	wantPasses(t, tm, Pass{Person: li.ID, Direction: Out, Way: "face", Lane: "both", At: tm.Now()})
}

// TestOwnRule: a school's own rule decides before the record and the barrier.
func TestOwnRule(t *testing.T) {
	lessons := Rule{Name: "lessons", Refuse: func(p Passage) view.Text {
		if p.Person.Role == "pupil" && p.Direction == Out && p.At.Hour() < 16 {
			return view.T("上课时间,离校请找老师开条", "During lessons a teacher's note is needed to leave")
		}
		return view.Text{}
	}}
	tm := kiosktest.New(t, New(lessons), kiosktest.WithLane("east"))
	tm.Start()
	tm.WantPage("idle")
	recognises(tm, li)
	tm.WantPage("welcome")
	tm.Advance(time.Hour)
	tm.WantPage("idle")
	recognises(tm, li)
	tm.WantPage("not-now")
	if n := len(kiosktest.Records[Pass](tm)); n != 1 || tm.BarrierOpens() != 1 {
		t.Errorf("%d passes, barrier opened %d times", n, tm.BarrierOpens())
	}
	tm.Advance(10 * time.Hour)
	tm.WantPage("idle")
	recognises(tm, li)
	tm.WantPage("welcome")
}

func TestSettings(t *testing.T) {
	for name, settings := range map[string]map[string]string{
		"unknown":  {"entri": "east"},
		"both way": {"entry": "east", "exit": "west,east"},
	} {
		err := New().(kiosk.Starter).Start(t.Context(), kiosk.Setup{Settings: settings})
		if kiosk.CodeOf(err) != kiosk.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := New().(kiosk.Starter).Start(t.Context(), kiosk.Setup{}); err != nil {
		t.Errorf("without settings: %v", err)
	}
}
