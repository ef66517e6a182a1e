package shell

import (
	"image"
	"image/color"
	"runtime/debug"
	"sync"
	"time"

	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// What a visitor leaves behind lives in more places than the page: the toolkit
// remembers texts that it measured and drew, the clipboard what was copied, the
// preview its last picture, the heap what nobody refers to any more. wiper goes
// through all of them when a visit has ended.
//
// Not all of it is gone at once: what the toolkit drew is dropped when it was not
// drawn for textsLive or widgetsLive. fyne-tests/public searches the memory of the
// real program for what was typed.
type wiper struct {
	shell   *Shell
	unused  *touch                                  // see forgetTexts
	soiled  bool                                    // there is something to forget
	collect func()                                  // has the heap swept; it may take a while
	after   func(time.Duration, func()) *time.Timer // time.AfterFunc; tests on a driver without a goroutine of its own wait for nothing

	mu     sync.Mutex // timers: the shell may be ended by any goroutine
	timers []*time.Timer
}

const (
	// textsLive is how long after its last drawing the toolkit remembers a text
	// (package locale sets that), with a margin.
	textsLive = 17 * time.Second
	// widgetsLive is the same for widgets, which it looks through less often.
	widgetsLive = textsLive + 12*time.Second
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
	w.schedule(collectAfter, w.collect)
	for _, d := range []time.Duration{textsLive, widgetsLive} {
		w.schedule(d, func() {
			s.loop.post(func() {
				w.forgetTexts()
				s.root.Refresh() // a repaint drops what is not drawn any more
				w.schedule(collectAfter, w.collect)
			})
		})
	}
}

func (w *wiper) schedule(d time.Duration, f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.after(d, f); t != nil {
		w.timers = append(w.timers, t)
	}
}

// stop ends what is still to be done: it begins anew, or the shell ends.
func (w *wiper) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.timers {
		t.Stop()
	}
	w.timers = nil
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
