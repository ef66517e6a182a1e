package tour

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/luohu/ting/fyne-tests/district"
)

const patience = 60 * time.Second

// TestTour is the whole walk with TING_TOUR set to the folder for its pictures,
// a short one without.
func TestTour(t *testing.T) {
	dir := os.Getenv("TING_TOUR")
	full := dir != ""
	if !full {
		dir = t.TempDir()
	}
	a := newAlbum(t, dir)
	defer a.close()
	t.Run("panel", func(t *testing.T) { walkPanel(t, a) })
	for i, v := range visits {
		if full || i == 0 {
			t.Run("visits/"+v.id, func(t *testing.T) { walkVisits(t, a, v) })
		}
	}
	if full {
		for _, v := range visits[:4] {
			t.Run("triage/"+v.id, func(t *testing.T) { walkTriage(t, a, v) })
		}
	}
	if full {
		for _, v := range visits {
			t.Run("library/"+v.id, func(t *testing.T) { walkLibrary(t, a, v) })
		}
	}
	t.Run("desk", func(t *testing.T) { walkDesk(t, a) })
	t.Run("gate", func(t *testing.T) { walkGate(t, a, full) })
	t.Run("canteen", func(t *testing.T) { walkCanteen(t, a, full) })
	for _, l := range looks {
		if full || l.id == "elder" || l.id == "landscape" {
			t.Run("pages/"+l.id, func(t *testing.T) { walkPages(t, a, l, pageNames(full)) })
		}
	}
}

// gate leads through a school gate, before whose camera scenes are played.
type gate struct {
	*guide
	*district.District
	mark district.Mark
	idle []byte // of the display while nobody is there
	seen []byte // of the display when something was begun
}

func openGate(t *testing.T, c *chapter, o district.Options) *gate {
	t.Helper()
	district.Need(t, "xdotool", "import")
	d := district.New(t, o)
	blank := d.Look()
	d.Open()
	d.WaitDrawn(blank)
	return &gate{guide: &guide{Screen: d.Screen, t: t, chapter: c, log: d.Terminal}, District: d, idle: d.Look()}
}

// begin notes what is there before something is done.
func (g *gate) begin() { g.mark, g.seen = g.Terminal.Mark(), g.Look() }

// see plays scenes until a page comes up, and takes its picture. Such a page goes
// by itself, so that it is photographed as soon as it is drawn.
func (g *gate) see(page, name, caption string, scenes ...string) {
	g.begin()
	g.Scenes(append(scenes, "nobody for 60s")...)
	g.Terminal.WaitFor(g.mark, patience, "page", "id="+page)
	g.WaitDrawn(g.seen)
	g.chapter.add(g.t, g.guide.Display, name, caption)
}

// rest waits until nobody is there any more.
func (g *gate) rest() {
	g.Scenes("nobody for 60s")
	g.Terminal.WaitFor(g.mark, patience, "page", "id=idle")
	district.WaitUntil(g.t, patience, "the page at rest is drawn", func() bool { return bytes.Equal(g.Look(), g.idle) })
}

// walkGate stands before a school gate.
func walkGate(t *testing.T, a *album, full bool) {
	c := a.chapter("gate", "Gate", "A school gate, and who comes", "1080x1920")
	g := openGate(t, c, district.Options{})
	c.add(t, g.guide.Display, "idle", "nobody is there")
	g.see("welcome", "welcome", "a pupil is recognised, the gate is open", "pupil 1 for 6s")
	g.rest()
	g.guide.Touch("card")
	g.shoot("card", "card", "the card is chosen")
	if !full {
		g.wantNoComplaint()
		return
	}
	g.begin()
	g.Type(g.Card(2))
	g.Press("Return")
	g.Terminal.WaitFor(g.mark, patience, "page", "id=welcome")
	g.WaitDrawn(g.seen)
	c.add(t, g.guide.Display, "welcome-card", "a pupil passed by card")
	g.rest()
	for _, s := range []struct{ page, name, caption, scene string }{
		{"stranger", "stranger", "somebody nobody knows", "stranger 1 for 8s"},
		{"too-dark", "too-dark", "too dark to tell", "dark 2 for 8s"},
		{"two-faces", "two-faces", "two at once", "two 1 4 for 8s"},
		{"withdrawn", "withdrawn", "consent for the gate was withdrawn", fmt.Sprintf("pupil %d for 8s", g.WithdrawnPupil())},
		{"no-camera", "no-camera", "the camera is unplugged", "unplug for 5s"},
	} {
		g.see(s.page, s.name, s.caption, s.scene)
		g.rest()
	}
	g.Go("pin", "identify-form")
	g.shoot("identify-form", "pin", "number and PIN")
	g.Go("ting.back", "idle")
	g.Go("staff", "identify-form")
	g.shoot("identify-form", "staff", "a teacher vouches")
	g.Go("ting.back", "idle")
	g.Center.Kill()
	g.see("welcome", "offline", "the center is away: records wait here", "pupil 3 for 6s")
	g.rest()
	g.Go("start:enrolment", "start")
	g.shoot("start", "enrolment", "enrolment, or taking consent back")
	g.Go("enrol", "consent")
	g.shoot("consent", "consent", "what is agreed to")
	g.guide.Touch("ting.language")
	g.shoot("consent", "consent-english", "the same page in English, at a touch")
	g.wantNoComplaint()
	for _, o := range []struct {
		id, title string
		o         district.Options
	}{
		{"gate-english", "Gate, English", district.Options{Lang: "en"}},
		{"gate-landscape", "Gate, landscape, at night", district.Options{Size: "1280x800", Extra: "[display]\nnight = \"always\"\n"}},
	} {
		t.Run(o.id, func(t *testing.T) {
			size := o.o.Size
			if size == "" {
				size = "1080x1920"
			}
			c := a.chapter(o.id, o.title, "The same gate, "+size, size)
			g := openGate(t, c, o.o)
			c.add(t, g.guide.Display, "idle", "nobody is there")
			g.see("welcome", "welcome", "recognised", "pupil 5 for 6s")
			g.rest()
			g.see("stranger", "stranger", "not recognised", "stranger 2 for 8s")
			g.wantNoComplaint()
		})
	}
}
