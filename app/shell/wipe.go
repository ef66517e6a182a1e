package shell

import (
	"image"
	"image/color"
	"runtime/debug"
	"time"

	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// What a visitor leaves behind lives in more places than the page: the toolkit
// remembers texts that it measured and drew, the clipboard what was copied, the
// preview its last picture, the heap what nobody refers to any more. wiper goes
// through all of them when a visit has ended.
//
// Not all of it is gone at once: a text that the toolkit drew is dropped when it
// was not drawn for textsLive. fyne-tests/abandoned searches the memory of the
// real program for what was typed.
type wiper struct {
	shell   *Shell
	unused  *touch                                  // see forgetTexts
	soiled  bool                                    // there is something to forget
	collect func()                                  // has the heap swept; it may take a while
	after   func(time.Duration, func()) *time.Timer // time.AfterFunc; tests on a driver without a goroutine of its own wait for nothing
	soon    *time.Timer
	later   *time.Timer
}

const (
	// textsLive is how long after its last drawing the toolkit remembers a text
	// (package locale sets that), with a margin.
	textsLive = 17 * time.Second
	// collectAfter lets the next page be drawn before the heap is swept.
	collectAfter = time.Second
)

func newWiper(s *Shell) *wiper {
	return &wiper{
		shell:   s,
		unused:  newTouch("", canvas.NewRectangle(color.Transparent), nil),
		after:   time.AfterFunc,
		collect: debug.FreeOSMemory, // what is given back to the system comes back wiped
	}
}

// left is told of a page that is being replaced, before it is: it belonged to
// the visit under way, which ends with it when over is set. A visit nobody
// began (a gate's) never ends; there each page that took something counts.
func (w *wiper) left(v *pageView, over bool) {
	w.soiled = w.soiled || len(v.forms) > 0 || v.finder != nil && over
	if w.soiled && (over || w.shell.status.IdleLeft == 0) {
		w.wipe()
	}
}

// wipe forgets at once what can be forgotten at once, and the rest when it can.
func (w *wiper) wipe() {
	s := w.shell
	w.soiled = false
	s.last = sent{}
	s.wedge.wipe()
	s.beforeCard = ""
	finger = nil // a field of the page that is gone, perhaps
	s.preview.blank()
	if s.locked() { // at a desk the clipboard belongs to the clerk
		if c := s.app.Clipboard(); c != nil && c.Content() != "" {
			c.SetContent("")
		}
	}
	w.forgetTexts()
	w.stop()
	w.soon = w.after(collectAfter, w.collect)
	w.later = w.after(textsLive, func() {
		s.loop.post(func() {
			w.forgetTexts()
			s.root.Refresh() // a repaint drops the pictures of texts not drawn any more
			w.soon = w.after(collectAfter, w.collect)
		})
	})
}

func (w *wiper) stop() {
	for _, t := range []*time.Timer{w.soon, w.later} {
		if t != nil {
			t.Stop()
		}
	}
}

// forgetTexts has the toolkit forget every text it ever measured, which it does
// when a widget gets a theme of its own.
func (w *wiper) forgetTexts() { container.NewThemeOverride(w.unused, w.shell.skin) }

// wipe forgets what a card reader typed.
func (w *wedge) wipe() {
	clear(w.typed[:cap(w.typed)])
	w.typed = w.typed[:0]
}

// blank forgets the picture on screen. The one that is not belongs to run.
func (p *preview) blank() {
	if p.shown == nil {
		return
	}
	clear(p.shown.Pix)
	p.shown, p.crop, p.faces = nil, image.Rectangle{}, nil
	p.raster.Hide()
	p.raster.Refresh()
}

// forget is blank for the picture that is not on screen, by its owner.
func (p *preview) forget() {
	if p.spare != nil {
		clear(p.spare.Pix)
		p.spare = nil
	}
}
