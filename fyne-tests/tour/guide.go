package tour

import (
	"bytes"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/luohu/ting/fyne-tests/district"
)

// guide leads through one window and photographs it.
type guide struct {
	*district.Screen
	t       testing.TB
	chapter *chapter
	fills   bool // the screen, with its window
	log     *district.Process
	last    []byte // the screen of the last picture
}

// settleAtMost is how long a picture is waited for that does not come to rest: a
// page may be the same as the one before it, or have a live camera.
const settleAtMost = 3 * time.Second

// shoot waits until a page is drawn and takes its picture.
func (g *guide) shoot(page, name, caption string, ids ...string) {
	g.t.Helper()
	sc := g.On(page, ids...)
	if g.fills { // its window is being brought to the size of the screen at first
		district.WaitUntil(g.t, time.Minute, "the window is as large as the screen", func() bool {
			sc = g.On(page, ids...)
			return fmt.Sprintf("%dx%d", sc.Width, sc.Height) == g.chapter.size
		})
	}
	g.settle()
	g.chapter.add(g.t, g.Display, name, caption)
	g.check(sc)
}

// check looks whether everything to touch is on the screen.
func (g *guide) check(sc district.Scene) {
	g.t.Helper()
	for _, p := range sc.Places {
		if p.X-p.Width/2 < -1 || p.Y-p.Height/2 < -1 || p.X+p.Width/2 > sc.Width+1 || p.Y+p.Height/2 > sc.Height+1 {
			g.t.Errorf("page %s: %s reaches over the edge of %dx%d: %+v", sc.Page, p.ID, sc.Width, sc.Height, p)
		}
	}
}

// settle waits until the screen is another than in the last picture, and at rest.
func (g *guide) settle() {
	g.t.Helper()
	var before []byte
	late := time.Now().Add(settleAtMost)
	district.WaitUntil(g.t, time.Minute, "the screen is at rest", func() bool {
		now := g.look()
		rest := bytes.Equal(now, before) && !bytes.Equal(now, g.last)
		before = now
		return rest || time.Now().After(late)
	})
	g.last = before
}

// look is the screen, coarse enough to be quick.
func (g *guide) look() []byte {
	g.t.Helper()
	district.Need(g.t, "import")
	look, err := exec.Command("import", "-display", g.Display, "-window", "root", "-filter", "point", "-resize", "25%", "-depth", "8", "rgb:-").Output()
	if err != nil {
		g.t.Fatalf("look at the display: %v", err)
	}
	return look
}

// wantNoComplaint checks what the toolkit must never say.
func (g *guide) wantNoComplaint() {
	g.t.Helper()
	for _, word := range []string{"Error in Fyne call thread", "panic:", "Fyne error"} {
		if n := g.log.Count(0, word); n > 0 {
			g.t.Errorf("%s says %d times %q", g.log.Name, n, word)
		}
	}
}
