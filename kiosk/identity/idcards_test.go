package identity

import (
	"context"
	"errors"
	"fmt"
	"image"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/idcard"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// slab is a reader of identity cards, on which the test lays them.
type slab chan any

func (s slab) Read(ctx context.Context) (idcard.Card, error) {
	select {
	case <-ctx.Done():
		return idcard.Card{}, ctx.Err()
	case c := <-s:
		if err, broken := c.(error); broken {
			return idcard.Card{}, err
		}
		return c.(idcard.Card), nil
	}
}

// lay lays a card, or what is wrong with it, on the reader.
func (s slab) lay(t *testing.T, c any) {
	t.Helper()
	synctest.Wait()
	select {
	case s <- c:
	default:
		t.Fatal("nobody reads")
	}
	synctest.Wait()
}

const zhou = "330106199001012215"

// cardOf is somebody's card; its photo shows the person of a seed (see stage.Analyze).
func cardOf(number string, seed int) idcard.Card {
	c := idcard.Card{Number: number, Name: "周舟", ValidUntil: time.Now().AddDate(5, 0, 0)}
	if seed > 0 {
		c.Photo = image.NewGray(image.Rect(0, 0, seed, 1))
	}
	return c
}

func withReader(t *testing.T, h *house) slab {
	t.Helper()
	s := make(slab)
	h.cfg.IDCards = s
	h.restart(t)
	return s
}

func TestIdentifyByIDCard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		h.feeds.set(kiosk.FeedPeople, wang, kiosk.PersonRow{ID: wang, Name: "王芳", Role: "pupil", Cards: []string{"330106201401012227"}})
		s := withReader(t, h)

		// Known by the number, laid down on the first page: no touch at all.
		o := h.identify(t.Context(), kiosk.IdentifyRequest{})
		s.lay(t, cardOf("330106201401012227", 0))
		mustPerson(t, o, wang, kiosk.WayIDCard, "")

		// Unknown: who the card says he is, where citizens are asked for.
		o = h.identify(t.Context(), kiosk.IdentifyRequest{})
		stands := func(what string, c any, zh string) {
			t.Helper()
			s.lay(t, c)
			if o.over() || !h.screen.says(zh) {
				t.Errorf("%s: over %t %v, page %+v", what, o.over(), o.err, h.screen.page())
			}
		}
		stands("nobody here", cardOf(zhou, 0), "没有登记")
		stands("taken away", fmt.Errorf("read: %w", idcard.ErrMoved), "拿得太快")
		time.Sleep(2 * time.Second)
		stands("unreadable", idcard.ErrCard, "读不出来")
		time.Sleep(2 * time.Second)
		stands("the reader is away", errors.New("unplugged"), "没有响应")
		time.Sleep(2 * time.Second)
		old := cardOf("330106201401012227", 0)
		old.ValidUntil = time.Now().AddDate(0, 0, -2)
		stands("no longer valid", old, "已过有效期")
		h.screen.touch(view.ActionBack)
		o.over()

		o = h.identify(t.Context(), kiosk.IdentifyRequest{Roles: []string{RoleCitizen}})
		s.lay(t, cardOf(zhou, 0))
		mustPerson(t, o, zhou, kiosk.WayIDCard, "")
		if o.value.Name != "周舟" || o.value.Role != RoleCitizen || o.value.Score != 0 {
			t.Errorf("a citizen: %+v", o.value)
		}
		o = h.identify(t.Context(), kiosk.IdentifyRequest{Roles: []string{RoleStaff}})
		stands("a pupil's where staff is asked for", cardOf("330106201401012227", 0), "不适用于您")
		h.screen.touch(actionPIN)
		s.lay(t, cardOf("330106201401012227", 0))
		if o.over() || h.screen.page().ID != pageForm {
			t.Error("a card takes the page from somebody who types")
		}
		h.screen.touch(view.ActionBack)
		h.screen.touch(view.ActionBack)
		o.over()
		if strings.Contains(h.logged.String(), "周舟") || strings.Contains(h.logged.String(), zhou) {
			t.Errorf("the log names a citizen:\n%s", h.logged.String())
		}
	})
}

// TestIDCardAndFace: who wants it has his face compared with the chip's photo.
func TestIDCardAndFace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		s := withReader(t, h)
		ask := func() *outcome[kiosk.Person] {
			h.put()
			o := h.identify(t.Context(), kiosk.IdentifyRequest{Roles: []string{RoleCitizen}})
			h.screen.touch(actionCompare)
			if !h.screen.says("放在读卡区") {
				t.Errorf("the page is %+v", h.screen.page())
			}
			return o
		}
		const seed = 40
		o := ask()
		h.put(someone(1, seed)) // looking before there is a card proves nothing
		time.Sleep(2 * time.Second)
		s.lay(t, cardOf(zhou, seed))
		time.Sleep(2 * time.Second)
		mustPerson(t, o, zhou, kiosk.WayIDCard, "")
		if o.value.Score > 0.01 || h.Enrolled() != 0 {
			t.Errorf("%+v, %d enrolled", o.value, h.Enrolled())
		}

		o = ask()
		s.lay(t, cardOf(zhou, seed))
		for _, tt := range []struct {
			f   face.Face
			say string
		}{{someone(2, seed, farAway), "请靠近一点"}, {someone(2, seed, masked), "请摘下口罩"}} {
			h.put(tt.f)
			time.Sleep(time.Second)
			if o.over() || !h.screen.says(tt.say) {
				t.Errorf("page %+v, want %s", h.screen.page(), tt.say)
			}
		}
		h.put(someone(3, 41)) // somebody else
		time.Sleep(5 * time.Second)
		if o.over() || !h.screen.says("没有对上") || h.screen.page().ID != pageWays {
			t.Errorf("somebody else's face: %+v, page %+v", o.value, h.screen.page())
		}
		s.lay(t, cardOf(zhou, seed)) // without the comparison the card is enough
		mustPerson(t, o, zhou, kiosk.WayIDCard, "")

		// A photo that cannot be read, and going back.
		o = ask()
		s.lay(t, cardOf(zhou, 0))
		if o.over() || !h.screen.says("读不到证件照片") {
			t.Errorf("without a photo: %+v", h.screen.page())
		}
		h.screen.touch(actionCancel)
		if o.over() || h.screen.page().ID != pageWays {
			t.Errorf("back leads to %+v", h.screen.page())
		}
		s.lay(t, cardOf(zhou, 0))
		mustPerson(t, o, zhou, kiosk.WayIDCard, "")

		// Too many that did not match: this card's comparison has to wait.
		for range failuresPerFace {
			h.attempts.faceFailed(zhou)
		}
		o = ask()
		s.lay(t, cardOf(zhou, seed))
		h.put(someone(5, seed))
		time.Sleep(2 * time.Second)
		if o.over() || !h.screen.says("多次没有通过") {
			t.Errorf("after failures: %+v, page %+v", o.value, h.screen.page())
		}
		h.screen.touch(actionCancel)
		h.screen.touch(view.ActionBack)
		if !o.over() || h.readers != 0 {
			t.Errorf("over %t, %d readers of the camera are left", o.over(), h.readers)
		}
	})
}
