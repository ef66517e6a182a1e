package tour

import (
	"testing"

	"github.com/luohu/ting/fyne-tests/district"
)

// libraryModule is a self-check with Ting's own holdings.
const libraryModule = `
[[module]]
id = "library"
grant = ["identify", "record", "feeds", "scan", "print"]
`

// walkLibrary goes through what a reader sees at the self-check without saying who
// he is: the choices, a return with the barcode typed, and the search.
func walkLibrary(t *testing.T, a *album, v visit) {
	district.Need(t, "xdotool", "import")
	c := a.chapter("library-"+v.id, "Library: "+v.title, "The self-check, by touch: "+v.size, v.size)
	d := district.New(t, district.Options{Size: v.size, Lang: v.lang, Mode: "kiosk", Locked: true, Module: libraryModule, Extra: v.extra, Camera: district.NoCamera})
	d.OpenEmpty("start") // the only service of a terminal needs no home
	g := &guide{Screen: d.Screen, t: t, chapter: c, log: d.Terminal}
	g.shoot("start", "start", "borrow, return, my loans, find a book", "borrow", "return", "mine", "find")
	g.Go("return", "return")
	g.shoot("return", "return", "nobody says who he is to return a book", "done", "type")
	g.Go("type", "type")
	g.shoot("type", "type", "a barcode that the scanner does not read")
	g.Go("ting.back", "return")
	g.Go("done", "start")
	g.Go("find", "find")
	g.shoot("find", "find", "a book by title, author or pinyin")
	g.Go("ting.back", "start")
	g.wantNoComplaint()
}
