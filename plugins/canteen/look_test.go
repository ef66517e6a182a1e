package canteen

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
)

// TestLooksAnew: a counter at rest follows what comes down, by itself, and leaves
// alone who is being served.
func TestLooksAnew(t *testing.T) { synctest.Test(t, testLooksAnew) }

func testLooksAnew(t *testing.T) {
	tm := started(t, New(), usual())
	rev := tm.Page().Rev
	tm.SetFeed(FeedShares, kiosktest.Row("test-1/canteen", ShareRow{Fen: 50, Serial: 2}))
	time.Sleep(lookEvery + time.Second) // the bubble's time
	synctest.Wait()
	if p := tm.Page(); p.ID != "idle" || p.Rev == rev || len(kiosktest.Records[Share](tm)) != 2 {
		t.Errorf("page %s, revision %d after %d, shares %+v", p.ID, p.Rev, rev, kiosktest.Records[Share](tm))
	}
	tm.Answer(actionPIN, nil)
	p := tm.WantPage(kiosktest.PageIdentify)
	time.Sleep(3 * lookEvery)
	synctest.Wait()
	if now := tm.Page(); now.Rev != p.Rev {
		t.Errorf("page %s has taken the place of one that somebody types on", now.ID)
	}
	tm.IdentifyFails(kiosk.CodeCancelled)
	tm.WantPage("idle")
}
