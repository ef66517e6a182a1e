package identity

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/retention"
)

func (h *house) rule(purpose string, r retention.Rule) {
	h.feeds.set(kiosk.FeedPolicy, PolicyRetention+purpose, r)
}

func (h *house) retain(t *testing.T, dry bool) Kept {
	t.Helper()
	k, err := h.Retain(t.Context(), dry)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestRetention: a purpose whose time is over ends, a template that nothing justifies any
// more is erased with a receipt, and using it counts.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := buildRecorded(t)
		h.enrol(t, li, liFace, kiosk.PurposeEnrolment, "gate")
		h.enrol(t, wang, wangFace, "canteen", "gate")
		n.take()
		if k := h.retain(t, false); len(k.Due) != 0 || k.Templates != 2 {
			t.Errorf("without a rule: %+v", k)
		}
		h.rule("gate", retention.Rule{UnusedDays: 10})
		h.feeds.set(kiosk.FeedPolicy, "something/else", "x")
		time.Sleep(9 * 24 * time.Hour)
		w := h.watch(t)
		h.put(someone(1, liFace))
		want(t, "used on the ninth day", w.since(time.Second), "recognised 李小明 by face")
		w.close()
		h.restart(t) // and remembered
		time.Sleep(2 * 24 * time.Hour)
		if k := h.retain(t, true); len(k.Due) != 1 || k.Due[0].Purpose != "gate" || k.Due[0].Ground != retention.Unused || len(k.Coming) != 1 || k.Deleted != 0 {
			t.Errorf("a dry run: %+v", k)
		}
		if !h.gallery.Covers(wang, "gate") {
			t.Error("a dry run has changed something")
		}
		if k := h.retain(t, false); k.Deleted != 0 || h.gallery.Covers(wang, "gate") || !h.gallery.Covers(wang, "canteen") || !h.gallery.Covers(li, "gate") {
			t.Errorf("one purpose of two: %+v", k)
		}
		wantMade(t, "one purpose of two", n)
		time.Sleep(9 * 24 * time.Hour)
		if k := h.retain(t, false); k.Deleted != 1 || h.Has(li) {
			t.Errorf("nothing but the way to withdraw is left: %+v", k)
		}
		wantMade(t, "the last purpose", n, "erased "+li+" retention!")
	})
}

// TestRetentionAfterLeaving: who is missing from the register has left; a register that
// is empty for a moment is no reason to erase a school.
func TestRetentionAfterLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := buildRecorded(t)
		h.enrol(t, li, liFace, "gate")
		h.enrol(t, wang, wangFace, "gate")
		n.take()
		h.rule(retention.Every, retention.Rule{LeftDays: 7})
		all := h.feeds.rows[kiosk.FeedPeople]
		h.feeds.rows[kiosk.FeedPeople] = nil
		h.retain(t, false)
		time.Sleep(30 * 24 * time.Hour)
		h.retain(t, false)
		wantMade(t, "no register", n)
		delete(all, li)
		h.feeds.rows[kiosk.FeedPeople] = all
		h.retain(t, false)
		time.Sleep(6 * 24 * time.Hour)
		h.retain(t, false)
		wantMade(t, "on the sixth day", n)
		time.Sleep(24 * time.Hour)
		h.retain(t, false)
		wantMade(t, "on the seventh day", n, "erased "+li+" retention!")
		if !h.Has(wang) {
			t.Error("somebody who stayed is gone")
		}
	})
}

// TestRetentionOfAClockSetBack: a clock that was set back a year keeps nothing longer; one
// that leaps a century deletes nothing until somebody has looked.
func TestRetentionOfAClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := buildRecorded(t)
		off := time.Duration(0)
		h.cfg.Now = func() time.Time { return time.Now().Add(off) }
		h.restart(t)
		h.enrol(t, li, liFace, "gate")
		n.take()
		h.rule("gate", retention.Rule{UnusedDays: 10})
		h.retain(t, false)
		off = -365 * 24 * time.Hour
		h.restart(t)
		time.Sleep(9 * 24 * time.Hour)
		h.retain(t, false)
		wantMade(t, "set back, on the ninth day", n)
		time.Sleep(2 * 24 * time.Hour)
		h.retain(t, false)
		wantMade(t, "set back, on the eleventh day", n, "erased "+li+" retention!")

		off = 0
		h.restart(t)
		h.enrol(t, wang, wangFace, "gate")
		n.take()
		h.retain(t, false)
		off = 100 * 365 * 24 * time.Hour
		h.restart(t)
		if k := h.retain(t, false); !k.Doubted || !h.Has(wang) {
			t.Errorf("a century on: %+v", k)
		}
		if err := h.BelieveClock(); err != nil {
			t.Fatal(err)
		}
		if k := h.retain(t, false); k.Doubted || h.Has(wang) {
			t.Errorf("believed: %+v", k)
		}
	})
}

func TestRetentionRefusesBrokenRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := buildRecorded(t)
		h.rule("gate", retention.Rule{Until: "soon"})
		if _, err := h.Retain(t.Context(), false); err == nil {
			t.Error("a rule that says nothing is obeyed")
		}
	})
}
