package tour

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/luohu/ting/fyne-tests/district"
)

// modules are those of a hall: all that attend to visitors, and one of another maker.
func modules(t *testing.T) string {
	t.Helper()
	example := filepath.Join(district.Programs(t), "ting-example")
	program, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`
[[module]]
id = "enrolment"
group = { zh = "校园", en = "School" }
grant = ["identify", "enrol", "record", "feeds"]

[[module]]
id = "suggestions"
command = [%q]
sha256 = %q
group = { zh = "政务", en = "Government" }
grant = ["identify", "record"]
`, example, district.SHA256(program))
}

// visit is a way through a hall: where it goes from home, page by page.
type visit struct {
	id, title, size, lang, extra string
}

var visits = []visit{
	{"kiosk", "Visits", "1080x1920", "zh", ""},
	{"elder", "Visits, elder", "1080x1920", "zh", "[display]\nelder = true\n"},
	{"english", "Visits, English", "1080x1920", "en", ""},
	{"landscape", "Visits, landscape", "1280x800", "zh", ""},
	{"wheelchair", "Visits, wheelchair, at night", "1080x1920", "zh", "[display]\nwheelchair = true\nnight = \"always\"\n"},
}

// walkVisits goes through the visits of a hall's modules.
func walkVisits(t *testing.T, a *album, v visit) {
	district.Need(t, "xdotool", "import")
	c := a.chapter("visits-"+v.id, v.title, "The modules of a hall, by touch: "+v.size, v.size)
	d := district.New(t, district.Options{Size: v.size, Lang: v.lang, Mode: "kiosk", Locked: true, Module: modules(t), Extra: v.extra})
	d.OpenEmpty("ting.home")
	g := &guide{Screen: d.Screen, t: t, chapter: c, fills: true, log: d.Terminal}
	g.shoot("ting.home", "home", "the services", "enrolment", "suggestions")
	g.Go("enrolment", "start")
	g.shoot("start", "enrolment", "enrolment: enrol, or take consent back")
	g.Go("enrol", "consent")
	g.shoot("consent", "consent", "what is agreed to")
	g.Go("agree", "who")
	g.shoot("who", "who", "a member, or a visitor")
	g.Go("visitor", "name")
	g.shoot("name", "name", "a name, by pinyin")
	g.submit("next", "age")
	g.shoot("age", "age", "whether a guardian has to consent")
	d.Terminal.WaitFor(0, patience, "face engine is ready")
	d.Scenes("still 3 for 120s")
	g.Go("adult", "sign")
	g.Draw("signature:pad", "signature:undo")
	g.shoot("sign", "sign", "a signature, as proof of the consent", "signature:undo")
	g.Go("agree", "enrol-face")
	g.shoot("enrol-face", "face", "the face is taken")
	g.shoot("enrolled", "enrolled", "what was agreed to, and how to withdraw", "done")
	d.Scenes("nobody for 60s")
	g.Go("ting.home", "ting.home")
	g.Go("suggestions", "write")
	g.shoot("write", "suggestion", "a suggestion, of another maker's module")
	for _, key := range "henhao" {
		g.Touch("key:" + string(key))
	}
	if v.lang == "zh" {
		g.shoot("write", "pinyin", "a phrase by pinyin, and its candidates", "cand:0")
		g.Touch("cand:0")
	}
	g.submit("next", "confirm")
	g.shoot("confirm", "confirm", "what will be sent")
	g.Go("send", "thanks")
	g.shoot("thanks", "thanks", "it is recorded")
	g.Go("ting.home", "ting.home")
	g.shoot("ting.home", "again", "home again")
	g.wantNoComplaint()
}

// submit hands a form in: where the keys take the room of the buttons, they are
// put away first.
func (g *guide) submit(action, page string) {
	g.t.Helper()
	if !g.Has(action) {
		g.Touch("key:hide")
	}
	g.Go(action, page)
}

// walkDesk works at a desk: two visits, side by side, with the keys.
func walkDesk(t *testing.T, a *album) {
	district.Need(t, "xdotool", "import")
	const size = "1366x768"
	c := a.chapter("desk", "Desk", "A clerk's window: rail, visits side by side, keys", size)
	d := district.New(t, district.Options{Size: size, Mode: "desk", Module: modules(t), Extra: ""})
	d.OpenEmpty("ting.home")
	g := &guide{Screen: d.Screen, t: t, chapter: c, log: d.Terminal}
	g.shoot("ting.home", "home", "the services", "rail:enrolment", "rail:suggestions")
	g.Touch("rail:enrolment")
	g.shoot("start", "visit", "a visit is begun on the rail")
	g.Press("ctrl+2")
	g.shoot("write", "second", "a second one beside it, by Ctrl+2", "tab:1")
	g.Press("ctrl+backslash")
	g.shoot("write", "split", "both at once, by Ctrl+\\")
	g.Press("ctrl+Tab")
	g.shoot("start", "other", "the other one is in front, by Ctrl+Tab")
	g.Press("F1")
	g.shoot("start", "keys", "the keys, by F1", "help:done")
	g.Touch("help:done")
	g.Press("ctrl+w")
	district.WaitUntil(t, patience, "one visit is left", func() bool { return !g.Has("tab:1") })
	g.shoot("write", "closed", "one visit is ended, by Ctrl+W")
	g.wantNoComplaint()
	// The clerk ends the program and comes back.
	if err := d.Terminal.Stop(); err != nil {
		t.Fatal(err)
	}
	d.StartTerminal()
	g.log = d.Terminal
	g.shoot("write", "restored", "the window as it was left")
	g.wantNoComplaint()
}
