package identity

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// outcome is what an Identify or Enrol under way came to.
type outcome[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func begin[T any](f func() (T, error)) *outcome[T] {
	o := &outcome[T]{done: make(chan struct{})}
	go func() {
		defer close(o.done)
		o.value, o.err = f()
	}()
	synctest.Wait()
	return o
}

func (o *outcome[T]) over() bool {
	synctest.Wait()
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

func (h *house) identify(ctx context.Context, r kiosk.IdentifyRequest) *outcome[kiosk.Person] {
	return begin(func() (kiosk.Person, error) { return h.Identify(ctx, visit, &h.screen, r) })
}

func mustPerson(t *testing.T, o *outcome[kiosk.Person], id string, way kiosk.Way, by string) {
	t.Helper()
	if !o.over() {
		t.Fatal("Identify has not come to an end")
	}
	if o.err != nil || o.value.ID != id || o.value.Way != way || o.value.By != by {
		t.Errorf("identified %+v, %v; want %s by %s", o.value, o.err, id, way)
	}
}

func TestIdentifyEveryWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")

		o := h.identify(t.Context(), kiosk.IdentifyRequest{Prompt: view.T("请看镜头进校", "Look")})
		p := h.screen.page()
		if p.ID != pageWays || p.Title.ZH != "请看镜头进校" || p.Body[0].NodeKind() != "viewfinder" || len(p.Actions) != 2 {
			t.Errorf("first page: %+v", p)
		}
		h.put(someone(1, liFace))
		time.Sleep(time.Second)
		mustPerson(t, o, li, kiosk.WayFace, "")
		h.put()

		o = h.identify(t.Context(), kiosk.IdentifyRequest{})
		h.Card("0004711")
		mustPerson(t, o, li, kiosk.WayCard, "")

		o = h.identify(t.Context(), kiosk.IdentifyRequest{})
		h.screen.touch(actionPIN)
		h.screen.touch(actionOK, fieldNumber, "20190317", fieldPIN, "1234") // as a keypad types it
		mustPerson(t, o, li, kiosk.WayPIN, "")

		o = h.identify(t.Context(), kiosk.IdentifyRequest{})
		h.screen.touch(actionStaff)
		h.screen.touch(actionOK, fieldNumber, "2019-0318", fieldStaff, "0042", fieldPIN, "9999")
		mustPerson(t, o, wang, kiosk.WayStaff, teacher)

		o = h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
		if p := h.screen.page(); p.ID != pageForm {
			t.Errorf("the PIN alone begins at %s", p.ID)
		}
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "1234")
		mustPerson(t, o, li, kiosk.WayPIN, "")
	})
}

// TestIdentifyOnePerson: where one person is expected (1:1), another member is a
// stranger, however well he is known here, and no way of his is accepted.
func TestIdentifyOnePerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "gate")
		h.enrol(t, wang, 77, "gate")
		o := h.identify(t.Context(), kiosk.IdentifyRequest{Person: wang})
		h.put(someone(1, liFace))
		time.Sleep(3 * time.Second)
		if !h.screen.says("没有认出您") || o.over() {
			t.Errorf("another member stands there: %+v, over: %t", h.screen.page(), o.over())
		}
		h.Card("0004711") // his
		if o.over() {
			t.Errorf("another member's card is taken for %s's", wang)
		}
		h.screen.touch(actionPIN)
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "1234")
		if !h.screen.says("不适用于该人员") || o.over() {
			t.Errorf("another member's PIN: %+v", h.screen.page())
		}
		h.screen.touch(actionCancel)
		h.put(someone(2, 77))
		time.Sleep(3 * time.Second)
		mustPerson(t, o, wang, kiosk.WayFace, "")
	})
}

func TestIdentifyHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.enrol(t, li, liFace, "canteen")
		o := h.identify(t.Context(), kiosk.IdentifyRequest{})
		stands := func(what, zh string, faces ...face.Face) {
			t.Helper()
			h.put(faces...)
			time.Sleep(3 * time.Second)
			if !h.screen.says(zh) || o.over() {
				t.Errorf("%s: the page is %+v, over: %t", what, h.screen.page(), o.over())
			}
		}
		stands("a stranger", "没有认出您", someone(1, 99))
		stands("a stranger with a mask", "请摘下口罩", someone(11, 99, masked))
		stands("in the dark", "光线太暗", someone(2, liFace, inTheDark))
		stands("in strong light", "避开强光", someone(12, liFace, func(q *face.Quality) { q.Brightness = 250 }))
		stands("too far", "靠近", someone(3, liFace, farAway))
		stands("two", "一个一个来", someone(4, liFace), someone(5, 99))
		stands("without consent", "按您的意愿", someone(6, liFace))
		h.set(func(s *stage) { s.away = errors.New("unplugged") })
		stands("no camera", "摄像头", someone(7, liFace))
		h.set(func(s *stage) { s.away, s.broken = nil, face.ErrRestarting })
		stands("no engine", "恢复", someone(7, liFace))
		h.Card("666")
		if !h.screen.says("这张卡没有登记") {
			t.Error("an unknown card is not mentioned")
		}
		h.screen.touch(actionPIN)
		h.set(func(s *stage) { s.broken = nil })
		stands("a stranger beside a form", "人员编号", someone(8, 99))
		h.screen.touch(view.ActionBack)
		if p := h.screen.page(); p.ID != pageWays {
			t.Errorf("back from the form leads to %s", p.ID)
		}
		h.screen.touch(view.ActionBack)
		if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeCancelled || !errors.Is(o.err, context.Canceled) {
			t.Errorf("back from the first page: %v", o.err)
		}
	})
}

func TestIdentifyWrongPIN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		for _, number := range []string{li, "999"} { // one that is, and one that is not
			o := h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
			for n := range wrongPerNumber {
				if o.over() {
					t.Fatalf("%s is locked after %d tries", number, n)
				}
				h.screen.touch(actionOK, fieldNumber, number, fieldPIN, "0000")
			}
			if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeLocked || kiosk.VisitorText(o.err).ZH == "" {
				t.Errorf("%s after %d wrong PINs: %v", number, wrongPerNumber, o.err)
			}
			o = h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
			h.screen.touch(actionOK, fieldNumber, number, fieldPIN, "1234")
			if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeLocked {
				t.Errorf("%s opens while locked: %+v, %v", number, o.value, o.err)
			}
		}
		o := h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
		h.screen.touch(actionOK, fieldNumber, teacher, fieldPIN, "9999")
		mustPerson(t, o, teacher, kiosk.WayPIN, "")

		time.Sleep(lockFor)
		o = h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "0000")
		if !h.screen.says("还可以试 4 次") {
			t.Errorf("the page does not say how many tries are left: %+v", h.screen.page())
		}
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "1234")
		mustPerson(t, o, li, kiosk.WayPIN, "")
	})
}

// TestPINPadSlowsDown: one PIN tried on every number. Nobody else is locked out: he
// waits for seconds.
func TestPINPadSlowsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		for n := range wrongInAll {
			o := h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
			h.screen.touch(actionOK, fieldNumber, string(rune('1'+n%9))+string(rune('0'+n/9)), fieldPIN, "1234")
			h.screen.touch(view.ActionBack)
			if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeCancelled {
				t.Fatalf("try %d: %v", n, o.err)
			}
		}
		o := h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "1234")
		if o.over() || !h.screen.says("秒再试") {
			t.Errorf("at once: %+v, %v, page %+v", o.value, o.err, h.screen.page())
		}
		time.Sleep(padPause)
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "1234")
		mustPerson(t, o, li, kiosk.WayPIN, "")

		o = h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
		h.screen.touch(actionOK, fieldNumber, "77", fieldPIN, "1234") // the right PIN forgave nothing
		h.screen.touch(actionOK, fieldNumber, "78", fieldPIN, "1234")
		if o.over() || !h.screen.says("秒再试") {
			t.Errorf("after another wrong one: %v, page %+v", o.err, h.screen.page())
		}
		h.screen.touch(view.ActionBack)
		time.Sleep(lockFor)
		o = h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
		h.screen.touch(actionOK, fieldNumber, "79", fieldPIN, "1234")
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "1234")
		mustPerson(t, o, li, kiosk.WayPIN, "")
	})
}

func TestIdentifyStaff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		visitor, err := h.store(t.Context(), kiosk.Person{ID: "V-0000012345", Name: "访客一", Role: RoleVisitor}, []face.Descriptor{looks(7)}, "", []string{"gate"}, consentNow(), nil)
		if err != nil {
			t.Fatal(err)
		}
		o := h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayStaff}})
		for _, tt := range []struct{ number, staff, pin, say string }{
			{wang, teacher, "0000", "号码或密码不对"},
			{wang, li, "1234", "这不是工作人员"},
			{"31415", teacher, "9999", "没有找到这个号码"},
		} {
			h.screen.touch(actionOK, fieldNumber, tt.number, fieldStaff, tt.staff, fieldPIN, tt.pin)
			if !h.screen.says(tt.say) || o.over() {
				t.Errorf("%+v: the page is %+v", tt, h.screen.page())
			}
			if h.screen.says(tt.pin) {
				t.Error("the page repeats the PIN")
			}
		}
		h.screen.touch(actionOK, fieldNumber, "0000012345", fieldStaff, "0042", fieldPIN, "9999")
		mustPerson(t, o, visitor.Person.ID, kiosk.WayStaff, teacher)
	})
}

func TestIdentifyRoles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		o := h.identify(t.Context(), kiosk.IdentifyRequest{Roles: []string{RoleStaff}})
		h.Card("0004711")
		if o.over() || !h.screen.says("此项服务不适用于您") {
			t.Errorf("a pupil's card where staff is asked for: %+v", h.screen.page())
		}
		h.screen.touch(actionPIN)
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "1234")
		if o.over() || !h.screen.says("此项服务不适用于该人员") {
			t.Errorf("a pupil's PIN where staff is asked for: %+v", h.screen.page())
		}
		h.Card("0004712")
		mustPerson(t, o, teacher, kiosk.WayCard, "")
	})
}

func TestIdentifyOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		for _, ways := range [][]kiosk.Way{{kiosk.WayFace}, {"iris"}} {
			if _, err := h.Identify(t.Context(), visit, &h.screen, kiosk.IdentifyRequest{Ways: ways}); kiosk.CodeOf(err) != kiosk.CodeInvalid {
				t.Errorf("ways %v: %v, want CodeInvalid", ways, err)
			}
		}
		h.Identity.Close()
		h.cfg.Engine = nil
		h.start(t)
		o := h.identify(t.Context(), kiosk.IdentifyRequest{})
		p := h.screen.page()
		if slices.ContainsFunc(p.Body, func(n view.Node) bool { return n.NodeKind() == "viewfinder" }) || len(p.Actions) != 2 {
			t.Errorf("without an engine the page is %+v", p)
		}
		h.Card("0004711")
		mustPerson(t, o, li, kiosk.WayCard, "")

		o = h.identify(t.Context(), kiosk.IdentifyRequest{})
		time.Sleep(formStays)
		if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeCancelled {
			t.Errorf("nobody answers: %v", o.err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		o = h.identify(ctx, kiosk.IdentifyRequest{})
		cancel()
		if !o.over() || !errors.Is(o.err, context.Canceled) {
			t.Errorf("the visit ends: %v", o.err)
		}
	})
}

// TestStaleWithdrawalsLeaveTheOtherWays: when nobody can say who has withdrawn, the
// face is not offered, and a card still is.
func TestStaleWithdrawalsLeaveTheOtherWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.Identity.Close()
		stale := true
		h.cfg.Stale = func() bool { return stale }
		h.start(t)
		ways, err := h.offered(visit, kiosk.IdentifyRequest{})
		if err != nil || slices.Contains(ways, kiosk.WayFace) || !slices.Contains(ways, kiosk.WayCard) {
			t.Errorf("offered %v: %v", ways, err)
		}
		o := h.identify(t.Context(), kiosk.IdentifyRequest{})
		h.Card("0004711")
		mustPerson(t, o, li, kiosk.WayCard, "")
		stale = false // the center answers again
		if ways, err := h.offered(visit, kiosk.IdentifyRequest{}); err != nil || !slices.Contains(ways, kiosk.WayFace) {
			t.Errorf("offered again: %v, %v", ways, err)
		}
	})
}

// TestPeopleFeedBroken: an unreadable feed is an error, not an unknown person.
func TestPeopleFeedBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.feeds.err = &kiosk.Error{Code: kiosk.CodeUnavailable}
		o := h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPIN}})
		h.screen.touch(actionOK, fieldNumber, li, fieldPIN, "1234")
		if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeUnavailable {
			t.Errorf("Identify = %v", o.err)
		}
	})
}
