package tour

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/luohu/ting/fyne-tests/district"
)

const patience = 60 * time.Second

// Places on a portrait display of 1080×1920, in pixels.
var (
	buttonCard  = point{213, 1680}
	buttonPIN   = point{540, 1680}
	buttonStaff = point{866, 1680}
	language    = point{944, 92}
	enrol       = point{960, 1852}
	back        = point{120, 1852}
	firstTile   = point{300, 620}
)

type point struct{ x, y int }

// guide leads through one district and photographs it.
type guide struct {
	*district.District
	album *album
	mark  district.Mark
	look  []byte // of the display at the mark
	idle  []byte // of the display while nobody is there
}

// begin notes what is there before something is done.
func (g *guide) begin() { g.mark, g.look = g.Terminal.Mark(), g.Look() }

// see plays scenes until a page comes up, and takes its picture.
func (g *guide) see(page, name, caption string, scenes ...string) {
	g.begin()
	if len(scenes) > 0 {
		g.Scenes(append(scenes, "nobody for 60s")...)
	}
	g.shoot(page, name, caption)
}

// touch touches a place, waits for a page and takes its picture.
func (g *guide) touch(p point, page, name, caption string) {
	g.begin()
	g.Touch(p.x, p.y)
	g.shoot(page, name, caption)
}

func (g *guide) shoot(page, name, caption string) {
	g.Terminal.WaitFor(g.mark, patience, "page", "id="+page)
	g.WaitDrawn(g.look)
	g.album.add(g.District, name, caption)
}

// rest waits until nobody is there any more.
func (g *guide) rest() {
	g.Scenes("nobody for 60s")
	g.Terminal.WaitFor(g.mark, patience, "page", "id=idle")
	district.WaitUntil(g.album.t, patience, "the page at rest is drawn", func() bool { return bytes.Equal(g.Look(), g.idle) })
}

// TestTour is not parallel to itself: one album, in order.
func TestTour(t *testing.T) {
	dir := os.Getenv("TING_TOUR")
	if dir == "" {
		dir = filepath.Join("..", "..", ".ting", "tour")
	}
	a := newAlbum(t, dir)
	defer a.close()

	t.Run("gate", func(t *testing.T) {
		g := open(t, a, district.Options{})
		a.add(g.District, "idle", "nobody is there")
		g.see("welcome", "welcome", "a pupil is recognised, the gate is open", "pupil 1 for 6s")
		g.rest()
		g.see("stranger", "stranger", "somebody nobody knows", "stranger 1 for 8s")
		g.rest()
		g.see("too-dark", "too-dark", "too dark to tell", "dark 2 for 8s")
		g.rest()
		g.see("two-faces", "two-faces", "two at once", "two 1 4 for 8s")
		g.rest()
		g.see("withdrawn", "withdrawn", "consent for the gate was withdrawn", fmt.Sprintf("pupil %d for 8s", g.WithdrawnPupil()))
		g.rest()
		g.see("no-camera", "no-camera", "the camera is unplugged", "unplug for 5s")
		g.rest()
		g.touch(buttonCard, "card", "card", "the card is chosen")
		g.begin()
		g.Type(g.Card(2))
		g.Press("Return")
		g.shoot("welcome", "welcome-card", "a pupil passed by card")
		g.rest()
		g.touch(buttonPIN, "identify-form", "pin", "number and PIN")
		g.touch(back, "idle", "back", "back from it")
		g.touch(buttonStaff, "identify-form", "staff", "a teacher vouches")
		g.touch(back, "idle", "back", "back from it")
		g.Center.Kill()
		g.see("welcome", "offline", "the center is away: records wait here", "pupil 3 for 6s")
		g.rest()
		g.touch(enrol, "start", "enrolment", "enrolment, or taking consent back")
		g.touch(firstTile, "consent", "consent", "what is agreed to")
		g.begin()
		g.Touch(language.x, language.y)
		g.WaitDrawn(g.look)
		a.add(g.District, "consent-english", "the same page in English, at a touch")
	})
	t.Run("english", func(t *testing.T) {
		g := open(t, a, district.Options{Lang: "en"})
		g.see("welcome", "english-welcome", "recognised, in English", "pupil 5 for 6s")
		g.rest()
		g.see("stranger", "english-stranger", "not recognised, in English", "stranger 2 for 8s")
	})
	t.Run("landscape", func(t *testing.T) {
		g := open(t, a, district.Options{Size: "1280x800"})
		a.add(g.District, "landscape-idle", "1280×800")
		g.see("welcome", "landscape-welcome", "1280×800", "pupil 6 for 6s")
		g.rest()
		g.see("stranger", "landscape-stranger", "1280×800", "stranger 3 for 8s")
	})
}

func open(t *testing.T, a *album, o district.Options) *guide {
	t.Helper()
	district.Need(t, "xdotool", "import")
	d := district.New(t, o)
	blank := d.Look()
	d.Open()
	d.WaitDrawn(blank)
	return &guide{District: d, album: a, idle: d.Look()}
}
