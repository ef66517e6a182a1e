package shell

import (
	"errors"
	"image/color"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
	ftheme "fyne.io/fyne/v2/theme"

	_ "github.com/luohu/ting/app/shell/locale" // before Fyne reads the environment
	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/app/shell/typeface"
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
	pages   latest[presented]
	states  latest[Status]
	quit    chan struct{}
	once    sync.Once
	fallen  sync.Once // the fonts Fyne falls back to were read

	// Owned by the loop.
	palette theme.Palette
	fonts   theme.Fonts
	look    look
	skin    *skin
	root    *fyne.Container
	ground  *canvas.Rectangle
	header  *header
	footer  *footer
	banner  *banner
	page    *pageView
	preview *preview
	last    sent
	wedge   wedge
	// beforeCard is what the active field held before a card reader's first key.
	beforeCard string
	status     Status
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
	if opts.Lang == "" {
		opts.Lang = view.ZH
	}
	if opts.Lang != view.ZH && opts.Lang != view.EN {
		return nil, errors.New("shell: the language is zh or en, not " + string(opts.Lang))
	}
	s := &Shell{opts: opts, log: opts.Log, palette: theme.Day, quit: make(chan struct{})}
	s.fonts = loadFonts(s.log)
	s.app = opts.App
	if s.app == nil {
		s.app = app.NewWithID("") // no ID: the shell keeps no preferences file
	}
	s.loop = &loop{schedule: fyne.Do}
	s.courier = newCourier(s.log)
	s.preview = newPreview(s)
	s.build()
	return s, nil
}

// loadFonts cuts the typeface, once per process: faces are remembered by Fyne
// for as long as it runs.
var loadFonts = func() func(*slog.Logger) theme.Fonts {
	var once sync.Once
	var fonts theme.Fonts
	return func(log *slog.Logger) theme.Fonts {
		once.Do(func() {
			tf, err := typeface.Load()
			if err != nil {
				log.Warn("Chinese is drawn in the system's own font", "op", "load typeface", "cause", err,
					"hint", "apt-get install fonts-noto-cjk")
				return
			}
			fonts.Regular = fyne.NewStaticResource(tf.Regular.Name, tf.Regular.Data)
			fonts.Bold = fyne.NewStaticResource(tf.Bold.Name, tf.Bold.Data)
		})
		return fonts
	}
}()

// skin is the theme Fyne's own widgets ask. Giving Fyne another theme would make
// it read 35 MB of fonts again, so its theme stays and what is in it changes;
// restyle refreshes the few widgets that ask. Any goroutine may ask.
type skin struct{ now atomic.Pointer[theme.Theme] }

func (s *skin) Font(st fyne.TextStyle) fyne.Resource       { return s.now.Load().Font(st) }
func (s *skin) Icon(name fyne.ThemeIconName) fyne.Resource { return s.now.Load().Icon(name) }
func (s *skin) Size(name fyne.ThemeSizeName) float32       { return s.now.Load().Size(name) }
func (s *skin) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	return s.now.Load().Color(name, v)
}

func wear(a fyne.App, t *theme.Theme) *skin {
	if worn, ok := a.Settings().Theme().(*skin); ok {
		worn.now.Store(t)
		return worn
	}
	worn := &skin{}
	worn.now.Store(t)
	a.Settings().SetTheme(worn)
	return worn
}

func (s *Shell) locked() bool { return s.opts.Mode != Desk }

// build makes the window and what always stands in it.
func (s *Shell) build() {
	size := fyne.NewSize(1100, 780)
	if s.opts.Windowed.Width > 0 {
		size = s.opts.Windowed
	}
	s.look = look{Theme: theme.New(s.palette, s.fonts, theme.FitFor(size)), lang: s.opts.Lang, pixels: 1}
	s.skin = wear(s.app, s.look.Theme)

	s.ground = canvas.NewRectangle(s.look.Ground)
	s.header = newHeader(s.look, s.opts.Place, s.switchLanguage)
	s.footer = newFooter(s.look, s)
	s.banner = newBanner(s.look)
	s.page = newPageView(s)
	s.root = arrange(s.layout, s.ground, s.page.box, s.header.box, s.banner.box, s.footer.box)

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
	s.beat()
}

// Run shows the window and returns when it was closed. It must be called on the
// main goroutine.
func (s *Shell) Run() error {
	go s.keepTime()
	go s.preview.run(s.quit)
	fonts := time.AfterFunc(beatEvery, s.readFonts)
	defer fonts.Stop()
	s.window.ShowAndRun()
	s.stop()
	return nil
}

// readFonts has Fyne look through the system's fonts and parse those it falls
// back to, which it does the first time one of its own fields is drawn. Run does
// it in the background after the first picture; a field that is sooner waits.
func (s *Shell) readFonts() {
	s.fallen.Do(func() { fyne.MeasureText("M", s.skin.Size(ftheme.SizeNameText), fyne.TextStyle{}) })
}

// stop ends the shell's goroutines, once; it reports whether it did.
func (s *Shell) stop() bool {
	first := false
	s.once.Do(func() {
		close(s.quit)
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
func (s *Shell) Present(v kiosk.Visit, p view.Page) {
	if s.pages.put(presented{v, p}) {
		s.loop.post(func() {
			if next, ok := s.pages.take(); ok {
				s.show(next)
			}
		})
	}
}

// SetStatus tells what header and footer say; the latest wins.
func (s *Shell) SetStatus(st Status) {
	if s.states.put(st) {
		s.loop.post(func() {
			if next, ok := s.states.take(); ok {
				s.status = next
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
}

func (s *Shell) show(p presented) {
	if err := p.page.Validate(); err != nil {
		s.log.Warn("a page was refused", "op", "present", "module", p.visit.Module, "cause", err)
		return
	}
	s.page.show(p.visit, p.page)
	s.tell()
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
	s.header.tell(s.opts.Now(), s.status)
	s.page.beat(s.opts.Now())
	s.countDown()
}

// countDown shows the time left to the visitor: the page's, or until he is
// taken to have gone.
func (s *Shell) countDown() {
	left := s.page.left(s.opts.Now())
	if idle := s.status.IdleLeft; left == 0 || idle > 0 && idle < left {
		left = idle
	}
	s.footer.tell(left, s.status.IdleLeft > 0 || s.page.leads())
}

// layout gives every bar its place; another size of screen is another scale.
func (s *Shell) layout(size fyne.Size) {
	if fit := theme.FitFor(size); size.Width > 0 && fit != s.look.Fit {
		next := look{Theme: theme.New(s.palette, s.fonts, fit), lang: s.look.lang, pixels: s.window.Canvas().Scale()}
		s.skin.now.Store(next.Theme)
		s.restyle(next)
	}
	l := s.look
	put(s.ground, 0, 0, size.Width, size.Height)
	put(s.header.box, 0, 0, size.Width, l.Header)
	top := l.Header
	if h := s.banner.height(size.Width); h > 0 {
		put(s.banner.box, 0, top, size.Width, h)
		top += h
	}
	put(s.page.box, 0, top, size.Width, size.Height-top-l.Footer)
	put(s.footer.box, 0, size.Height-l.Footer, size.Width, l.Footer)
}

// restyle draws everything anew in another size or language. What is typed stays.
func (s *Shell) restyle(l look) {
	s.look = l
	s.ground.FillColor = l.Ground
	s.header.restyle(l)
	s.footer.restyle(l)
	s.banner.restyle(l)
	s.page.restyle()
}

func (s *Shell) switchLanguage() {
	s.touched()
	l := s.look
	if l.lang = view.EN; s.look.lang == view.EN {
		l.lang = view.ZH
	}
	s.restyle(l)
	s.root.Refresh()
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
