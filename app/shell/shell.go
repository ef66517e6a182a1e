package shell

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	_ "github.com/luohu/ting/app/shell/locale" // before Fyne reads the environment
	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// Shell is the terminal's screen.
type Shell struct {
	opts    Options
	log     *slog.Logger
	app     fyne.App
	window  fyne.Window
	loop    *loop
	courier *courier
	aside   *aside
	players map[*player]bool // that a test steps
	states  latest[Status]
	quit    chan struct{}
	once    sync.Once

	// Owned by the loop.
	display  Display // how pages are shown now
	chosen   bool    // by the person before the screen: not the site's setting
	fonts    theme.Fonts
	look     look
	skin     *skin
	root     *fyne.Container
	header   *header
	footer   *footer
	banner   *banner
	panel    *displayPanel
	page     *pageView       // in front
	first    *pageView       // the one that is there from the start
	pagesBox *fyne.Container // the pages on screen; a desk may have two
	desk     *desk           // nil in the other modes
	preview  *preview
	voice    *voice
	leaving  *leaving
	attract  *attract
	door     *door
	wiper    *wiper
	last     sent
	wedge    wedge
	sink     *keysink
	focused  focused
	byKey    bool // what is done now, a key does
	// beforeCard is what the active field held before a card reader's first key.
	beforeCard string
	status     Status
	lastTouch  time.Time
}

type presented struct {
	visit kiosk.Visit
	page  view.Page
}

// New makes the shell and its window; nothing is shown before Run. It fails
// only when Options make no sense: a missing typeface is logged with what to
// install, and the toolkit's own font is used.
func New(opts Options) (*Shell, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Display.Lang == "" {
		opts.Display.Lang = view.ZH
	}
	if l := opts.Display.Lang; l != view.ZH && l != view.EN {
		return nil, errors.New("shell: the language is zh or en, not " + string(l))
	}
	s := &Shell{opts: opts, log: opts.Log, quit: make(chan struct{})}
	s.display = s.usual()
	s.fonts = loadFonts(s.log)
	s.app = opts.App
	if s.app == nil {
		s.app = app.NewWithID("") // no ID: the shell keeps no preferences file
	}
	s.loop = &loop{schedule: fyne.Do}
	s.courier = newCourier(s.log)
	s.players = map[*player]bool{}
	s.aside = &aside{post: s.loop.post, inline: opts.App != nil}
	s.preview = newPreview(s)
	s.voice = &voice{shell: s}
	s.lastTouch = opts.Now() // whoever started the terminal is near
	s.build()
	return s, nil
}

func (s *Shell) locked() bool { return s.opts.Mode != Desk }

// build makes the window and what always stands in it. The window is cleared in
// the theme's background colour for each frame: a rectangle of that colour behind
// everything would cost a third of a frame where no graphics card draws it.
func (s *Shell) build() {
	size := theme.Window
	if s.opts.Windowed.Width > 0 {
		size = s.opts.Windowed
	}
	s.look = s.newLook(s.fitFor(size))
	s.skin = wear(s.app, s.look.Theme)

	s.header = newHeader(s.look, s.opts.Place, s.switchLanguage)
	s.footer = newFooter(s.look, s)
	s.banner = newBanner(s.look)
	s.page = newPageView(s)
	s.first = s.page
	s.pagesBox = arrange(s.placePages, s.page.box)
	s.panel = newDisplayPanel(s.look, s)
	s.leaving, s.attract, s.door, s.wiper = newLeaving(s.look, s), newAttract(s.look, s), newDoor(s), newWiper(s)
	s.sink, s.focused.ring = newKeysink(s), newRing()
	s.root = arrange(s.layout, s.sink, s.pagesBox, s.header.box, s.banner.box, s.footer.box,
		s.door.touch, s.panel.box, s.attract.box, s.leaving.box, s.focused.ring)

	if s.opts.Mode == Desk {
		s.desk = newDesk(s)
		s.root.Objects = slices.Insert(s.root.Objects, slices.Index(s.root.Objects, fyne.CanvasObject(s.panel.box)),
			[]fyne.CanvasObject{s.desk.rail.box, s.desk.strip.box, s.desk.help.box}...)
		s.desk.arrange()
	}

	s.window = s.app.NewWindow("Ting")
	s.window.SetPadded(false)
	s.window.SetContent(s.root)
	s.window.Resize(size)
	s.window.SetCloseIntercept(s.closeAsked)
	if s.locked() && s.opts.Windowed.Width == 0 {
		s.window.SetFullScreen(true)
	}
	s.window.Canvas().SetOnTypedRune(s.typedRune)
	s.window.Canvas().SetOnTypedKey(s.typedKey)
	s.window.Canvas().Focus(s.sink)
	if s.desk != nil {
		s.desk.bindKeys(s.window.Canvas())
	}
	s.tellDisplay()
	s.beat()
}

// Run shows the window and returns when it was closed. It must be called on the
// main goroutine.
func (s *Shell) Run() error {
	go s.keepTime()
	go s.preview.run(s.quit)
	s.window.ShowAndRun()
	s.stop()
	return nil
}

// stop ends the shell's goroutines, once; it reports whether it did.
func (s *Shell) stop() bool {
	first := false
	s.once.Do(func() {
		close(s.quit)
		s.wiper.stop()
		s.courier.close()
		first = true
	})
	return first
}

// Quit closes the window; Run then returns. Any goroutine may call it, twice too.
func (s *Shell) Quit() {
	if s.stop() {
		s.loop.post(s.app.Quit)
	}
}

// Present draws p for visit v, or as an update of the page on screen when it
// has the same ID. It returns at once; of pages that come faster than they can
// be drawn, only the last is.
func (s *Shell) Present(v kiosk.Visit, p view.Page) { s.PresentIn("", v, p) }

// PresentIn is Present in a tab of a desk. What comes for a tab that was closed is
// dropped.
func (s *Shell) PresentIn(tab string, v kiosk.Visit, p view.Page) {
	on := s.first
	if s.desk != nil {
		on = s.desk.pageOf(tab)
	}
	if on != nil && on.incoming.put(presented{v, p}) {
		s.loop.post(func() {
			if next, ok := on.incoming.take(); ok {
				s.show(on, next)
			}
		})
	}
}

// SetStatus tells what header and footer say; the latest wins.
func (s *Shell) SetStatus(st Status) {
	if s.states.put(st) {
		s.loop.post(func() {
			if next, ok := s.states.take(); ok {
				modules := s.status.Modules
				s.status = next
				if s.desk != nil && !slices.Equal(modules, next.Modules) {
					s.desk.arrange()
				}
				s.tell()
			}
		})
	}
}

// Beat does by hand what Run does by the clock: it draws the time, counts down
// and takes the newest picture. For tests, which do not call Run.
func (s *Shell) Beat() {
	s.loop.post(s.beat)
	s.preview.step()
	for p := range s.players {
		p.step()
	}
}

func (s *Shell) show(on *pageView, p presented) {
	if err := p.page.Validate(); err != nil {
		s.log.Warn("a page was refused", "op", "present", "module", p.visit.Module, "cause", err)
		return
	}
	if on == s.page {
		s.leaveDisplay(p.visit)
	}
	on.show(p.visit, p.page)
	if s.desk != nil {
		s.desk.noted(on, p.visit.Module)
	}
	s.tell()
	s.placeRing()
}

// tell passes the status on to whoever shows a part of it.
func (s *Shell) tell() {
	s.header.tell(s.opts.Now(), s.status)
	s.countDown()
	if s.banner.tell(s.status.Devices) {
		s.root.Refresh()
	}
}

// beat is called about once a second.
func (s *Shell) beat() {
	s.keepDisplay(s.opts.Now())
	s.header.tell(s.opts.Now(), s.status)
	s.page.beat(s.opts.Now())
	s.countDown()
	if s.desk != nil {
		s.desk.beat(s.opts.Now())
	}
	s.attract.beat(s.opts.Now())
}

// countDown shows the time left to the visitor: the page's, or until he is
// taken to have gone.
func (s *Shell) countDown() {
	left := s.page.left(s.opts.Now())
	if idle := s.status.IdleLeft; left == 0 || idle > 0 && idle < left {
		left = idle
	}
	if s.desk != nil && left > deskCounts {
		left = 0 // a clerk is not hurried; the last minute is enough
	}
	s.footer.tell(left, s.status.IdleLeft > 0 || s.page.leads())
	s.leaving.tell(s.ending(s.opts.Now()))
}

// deskCounts is how much of a visit's time is left when a desk begins to say so.
const deskCounts = time.Minute

// layout gives every bar its place; another size of screen is another scale.
func (s *Shell) layout(size fyne.Size) {
	if fit := s.fitFor(size); size.Width > 0 && fit != s.look.Fit {
		s.restyle(s.newLook(fit))
	}
	l := s.look
	put(s.header.box, 0, 0, size.Width, l.Header)
	top := l.Header
	if h := s.banner.height(size.Width); h > 0 {
		put(s.banner.box, 0, top, size.Width, h)
		top += h
	}
	if s.desk != nil {
		s.desk.layout(top, size)
	} else {
		put(s.pagesBox, 0, top, size.Width, size.Height-top-l.Footer)
		put(s.footer.box, 0, size.Height-l.Footer, size.Width, l.Footer)
	}
	put(s.panel.box, 0, 0, size.Width, size.Height)
	put(s.door.touch, 0, 0, size.Width/3, l.Header)
	put(s.attract.box, 0, 0, size.Width, size.Height)
	put(s.leaving.box, 0, 0, size.Width, size.Height)
	s.placeRing()
}

// restyle draws everything anew in another size, variant or language. What is
// typed stays.
func (s *Shell) restyle(l look) {
	s.look = l
	s.skin.now.Store(l.Theme)
	s.header.restyle(l)
	s.footer.restyle(l)
	s.banner.restyle(l)
	s.panel.restyle(l)
	s.page.restyle()
	if s.desk != nil {
		s.desk.restyle(l)
	}
	s.leaving.restyle(l)
	s.attract.restyle(l)
}

func (s *Shell) closeAsked() {
	if s.locked() && !s.opts.AllowQuit {
		s.log.Info("closing the window was refused", "op", "close", "cause", "the terminal is locked")
		return
	}
	if s.opts.OnQuit != nil {
		s.courier.send("quit", s.opts.OnQuit)
	}
	s.Quit()
}
