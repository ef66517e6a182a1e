package identity

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/calibration"
)

// TestDistancesAreCounted: a face recognised counts once; one whose owner proves
// himself with a card counts as confirmed, when he consented and stood there alone.
func TestDistancesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		h := build(t, dir)
		h.enrol(t, li, liFace, "gate")
		h.enrol(t, wang, wangFace, "gate")
		w := h.watch(t)
		h.put(someone(1, liFace))
		w.since(3 * time.Second)
		w.close()

		card := func() {
			t.Helper()
			o := h.identify(t.Context(), kiosk.IdentifyRequest{Purpose: "gate"})
			time.Sleep(time.Second)
			h.Card("0004711")
			synctest.Wait()
			mustPerson(t, o, li, kiosk.WayCard, "")
		}
		h.put(someone(2, 77)) // so much changed that he is not recognised
		card()
		h.put(someone(3, 77), someone(4, 78, farAway))
		card()
		h.put()
		card()
		h.restart(t)
		k, err := calibration.Read(h.cfg.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if k.Recognised.N() != 1 || k.NearestOther.N() != 1 || k.Confirmed.N() != 1 || k.Others.N() == 0 {
			t.Errorf("%d recognised, %d nearest others, %d confirmed, %d others", k.Recognised.N(), k.NearestOther.N(), k.Confirmed.N(), k.Others.N())
		}
		if k.Recognised.Median() > 0.01 || k.Confirmed.Median() < 1 || k.Others.Median() < 1 {
			t.Errorf("medians %g, %g, %g", k.Recognised.Median(), k.Confirmed.Median(), k.Others.Median())
		}
		b, err := os.ReadFile(filepath.Join(h.cfg.Dir, calibration.File))
		if err != nil || strings.Contains(string(b), li) || len(b) > 2000 {
			t.Errorf("the file holds more than counts (%v): %d bytes", err, len(b))
		}
	})
}
