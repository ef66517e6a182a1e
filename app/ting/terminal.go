package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/devices/barrier"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/devices/film"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/feed"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/metrics"
	"github.com/luohu/ting/sync/wire"
)

// terminal is everything of one terminal, wired together. The window comes
// first, so that a visitor sees at once that the machine lives; the rest opens
// behind it.
type terminal struct {
	config *Config
	log    *slog.Logger
	shell  *shell.Shell
	finder *viewfinder // nil without a camera
	papers *viewfinder // of the document camera; nil without one

	journal     *journal.Journal
	copies      *journal.Copies // nil without a second medium
	fresh       *freshness      // nil without a center
	began       began           // since when its parts are as they are
	feeds       *feed.Cache
	engine      *engine.Engine // nil without a camera
	identity    *identity.Identity
	barriers    barriers
	peripherals *peripherals
	host        *host.Host
	desk        *desk // nil in the modes that are not a desk
	link        *link // nil without a center
	measured    *metrics.Terminal
	speech      *speech // nil without a speaker
	tail        *logTail
	started     time.Time
	finished    chan error // receives once the staff ends the program

	scenes  string                        // socket of -scenes; "" for none
	display atomic.Pointer[shell.Display] // of the moment, for a host that opens later
	door    atomic.Pointer[door]          // the staff's, while the terminal is out of service

	closers []func() error // of what open has opened, in order
	running sync.WaitGroup // goroutines that end with open's context
	opened  chan struct{}  // closed when all of the above is there
}

func runTerminal(args []string) error {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	path := fs.String("config", "terminal.toml", "configuration `file`")
	verbose := fs.Bool("v", false, "log every page and passage")
	scenes := fs.String("scenes", "", "a Unix `socket` that tells where the screen can be touched: for tours of the program, never for a public place")
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	tail := newLogTail(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	log := slog.New(tail)
	config, err := LoadConfig(*path)
	if err != nil {
		return err
	}
	if modes[config.Terminal.Mode] != shell.Desk {
		if err := clobber(); err != nil {
			log.Warn("what visitors typed may stand in free memory for a while", "op", "clobber", "cause", err)
		}
	}
	time.Local = config.zone // what modules and the header call local time
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := &terminal{scenes: *scenes, config: config, log: log, opened: make(chan struct{}),
		tail: tail, started: time.Now(), finished: make(chan error, 1)}
	t.measured = t.measures()
	if config.Operations.Listen != "" {
		go serveOperations(ctx, config.Operations, t.measured.Handler(), log)
	}
	return t.run(ctx)
}

// run shows the window on the calling goroutine, which must be main's, and
// opens the rest beside it.
func (t *terminal) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := t.openWindow(ctx); err != nil {
		return err
	}
	if t.scenes != "" {
		l, err := net.Listen("unix", t.scenes)
		if err != nil {
			return fmt.Errorf("-scenes: %w", err)
		}
		defer func() { _ = l.Close() }()
		go t.shell.ServeScenes(l)
	}
	done := make(chan error, 1)
	go func() {
		done <- t.serve(ctx)
		t.shell.Quit()
	}()
	err := t.shell.Run()
	cancel()
	return errors.Join(err, <-done)
}

// openWindow makes the camera and the window, which need nothing else.
func (t *terminal) openWindow(ctx context.Context) error {
	c := t.config
	if c.Camera.URL != "" {
		finder, err := t.openCamera(ctx, "camera", c.Camera, t.overlay)
		if err != nil {
			return err
		}
		t.finder = finder
	}
	if c.Documents.URL != "" {
		papers, err := t.openCamera(ctx, "document_camera", c.Documents, func() identity.Overlay { return identity.Overlay{} })
		if err != nil {
			return err
		}
		t.papers = papers
	}
	if err := t.openSpeaker(ctx); err != nil {
		return err
	}
	mode := modes[c.Terminal.Mode]
	_, attract, _ := c.Visit.times() // checked with the configuration
	o := shell.Options{
		Attract: attract,
		Mode:    mode,
		Place:   view.T(c.Terminal.Place.ZH, c.Terminal.Place.EN),
		Log:     t.log, Mirror: true, AllowQuit: c.Terminal.AllowQuit,
		OnQuit: func() { t.shell.Quit() },
	}
	if c.Display.Films != "" {
		o.Films = films{film.Folder{Dir: c.Display.Films}}
	}
	setDisplay(&o, c)
	t.display.Store(&o.Display)
	t.listen(&o)
	if t.finder != nil {
		o.Viewfinder = t.finder
		t.running.Go(func() { t.finder.run(ctx) })
	}
	if t.papers != nil {
		o.Papers = t.papers
		t.running.Go(func() { t.papers.run(ctx) })
	}
	if t.desk = newDesk(t); t.desk != nil {
		t.desk.use(&o)
	}
	if w, h, err := parseSize(c.Terminal.Window); err == nil {
		o.Windowed = fyne.NewSize(float32(w), float32(h))
	}
	if mode == shell.Gate {
		o.Shortcuts = shortcuts(c)
	}
	var err error
	if t.shell, err = shell.New(o); err != nil {
		return err
	}
	t.Present(kiosk.Visit{}, startingPage())
	return nil
}

// openCamera opens the camera of one section, with what marks the faces it sees.
func (t *terminal) openCamera(ctx context.Context, section string, c CameraConfig, overlay func() identity.Overlay) (*viewfinder, error) {
	cam, err := cameraDrivers.Open(ctx, c.URL)
	if err != nil {
		return nil, &ConfigError{t.config.path, []string{section + ".url: " + err.Error()}}
	}
	if cam, err = camera.Turned(cam, camera.Turn{Degrees: c.Rotate, Mirror: c.Mirror}); err != nil {
		return nil, err
	}
	hub := camera.NewHub(cam)
	t.closers = append(t.closers, hub.Close)
	return &viewfinder{hub: hub, overlay: overlay, wake: make(chan struct{}, 1)}, nil
}

// listen sends what people do to the rooms that care. Before there is anything
// behind the window it goes nowhere.
func (t *terminal) listen(o *shell.Options) {
	o.OnAnswer = func(a view.Answer) {
		if h := t.conductor(); h != nil {
			h.Answer(a)
		}
	}
	o.OnHome = func() {
		if h := t.conductor(); h != nil {
			h.Home()
		}
	}
	o.OnTouch = func() {
		if h := t.conductor(); h != nil {
			h.Touch()
		}
	}
	o.OnStart = func(module string) {
		if t.isOpen() {
			if err := t.host.Begin(module); err != nil {
				t.log.Warn("a module was touched that cannot begin", "op", "begin", "module", module, "code", kiosk.CodeOf(err), "cause", err)
			}
		}
	}
	if t.speech != nil {
		o.OnSpeak = t.speech.prompt
	}
	if !t.config.Maintenance.NoDoor {
		o.OnDoor = t.attend
	}
	o.OnDisplay = func(d shell.Display) {
		t.display.Store(&d)
		if t.isOpen() {
			t.host.SetPace(d.Pace())
			t.host.SetOffer(d.Tiles())
		}
	}
	o.OnCard = func(number string) {
		if t.isOpen() {
			t.identity.Card(number)
		}
	}
}

// isOpen reports whether there is anything behind the window yet.
func (t *terminal) isOpen() bool {
	select {
	case <-t.opened:
		return true
	default:
		return false
	}
}

// serve opens everything behind the window, keeps it going until ctx ends, and
// closes it again. What cannot be opened now is tried again: a terminal in a
// hall has nobody beside it to restart it.
func (t *terminal) serve(ctx context.Context) error {
	defer t.close()
	for {
		err := t.open(ctx)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return nil
		}
		var config *ConfigError
		if errors.As(err, &config) {
			return err
		}
		t.log.Error("the terminal is out of service", "op", "open", "code", kiosk.CodeOf(err), "cause", err)
		if ended, err := t.outOfService(ctx, err); ended {
			return err
		}
	}
	close(t.opened)
	if t.desk != nil {
		t.desk.restore()
	}
	t.log.Info("the terminal is open", "terminal", t.config.Terminal.ID, "site", t.config.Terminal.Site)
	select {
	case <-ctx.Done():
		return nil
	case err := <-t.finished:
		return err
	case <-t.journal.Failed():
		// The disk did not keep what it was told to keep: only a new start, which
		// reads everything back, can say what is true.
		return fmt.Errorf("the journal failed: %w", t.journal.Err())
	}
}

// outOfService waits until it is time to try again, with the staff's door open
// meanwhile; ended reports that the program is to end instead.
func (t *terminal) outOfService(ctx context.Context, cause error) (ended bool, err error) {
	r := t.openRescue(ctx, cause)
	defer r.close()
	again, beat := time.NewTicker(openAgain), time.NewTicker(statusEvery)
	defer again.Stop()
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return true, nil
		case err := <-t.finished:
			return true, err
		case <-beat.C:
			t.shell.SetStatus(r.status())
		case <-again.C:
			if r.status().IdleLeft == 0 { // nobody is behind the door
				return false, nil
			}
		}
	}
}

// openAgain is how long the terminal waits before it tries to open again.
const openAgain = 10 * time.Second

// open opens the rooms in the order in which they need each other.
func (t *terminal) open(ctx context.Context) (err error) {
	c, state := t.config, t.config.Terminal.State
	kept := len(t.closers)
	defer func() {
		if err != nil {
			t.closeDownTo(kept)
		}
	}()
	t.journal, err = journal.Open(ctx, filepath.Join(state, journalFile), journal.Options{Terminal: c.Terminal.ID, Log: t.log, Copy: c.Journal.Copy})
	if err != nil {
		return err
	}
	t.closers = append(t.closers, t.journal.Close)

	t.feeds, err = feed.OpenCache(ctx, filepath.Join(state, "feeds.db"), feed.CacheOptions{Site: c.Terminal.Site, Log: t.log})
	if err != nil {
		return err
	}
	if c.Center.URL != "" {
		limits, _ := c.Feeds.limits() // checked with the configuration
		t.fresh = &freshness{cache: t.feeds, limits: limits, began: time.Now()}
		if err := t.fresh.look(ctx); err != nil {
			t.log.Warn("how old the feeds are cannot be read", "op", "feeds", "cause", err)
		}
	}
	t.closers = append(t.closers, t.feeds.Close)

	if err := t.openBarriers(ctx); err != nil {
		return err
	}
	if err := t.openPeripherals(ctx); err != nil {
		return err
	}
	if err := t.openIdentity(ctx); err != nil {
		return err
	}
	changed := make(chan struct{}, 1)
	if err := t.openHost(changed); err != nil {
		return err
	}
	if c.Center.URL != "" {
		t.link = &link{
			config: c, log: t.log, journal: t.journal, feeds: t.feeds, health: t.health,
			modules: t.host.Status, changed: changed,
		}
		t.running.Go(func() { t.link.run(ctx) })
	}
	if c.Journal.Copy != "" {
		every, _ := c.Journal.every() // checked with the configuration
		t.copies = &journal.Copies{Journal: t.journal, To: c.Journal.Copy, Every: every, Log: t.log}
		t.running.Go(func() { t.copies.Run(ctx) })
	}
	if t.fresh != nil {
		t.running.Go(func() {
			t.fresh.run(ctx, func(err error) { t.log.Warn("how old the feeds are cannot be read", "op", "feeds", "cause", err) })
		})
	}
	t.running.Go(func() { t.showStatus(ctx) })
	t.running.Go(func() { t.retain(ctx) })
	t.runPeripherals(ctx)
	if c.Demo.Enrol && t.engine != nil {
		t.running.Go(func() { t.enrolDemo(ctx) })
	}
	return nil
}

func (t *terminal) openBarriers(ctx context.Context) error {
	t.barriers = barriers{log: t.log, lanes: map[string]barrier.Barrier{}}
	for lane, d := range t.config.Barriers {
		b, err := barrierDrivers.Open(ctx, d.URL)
		if err != nil {
			return &ConfigError{t.config.path, []string{"barrier." + lane + ".url: " + err.Error()}}
		}
		t.barriers.lanes[lane] = b
		t.closers = append(t.closers, b.Close)
	}
	return nil
}

func (t *terminal) openIdentity(ctx context.Context) (err error) {
	c := t.config
	o := c.identity()
	o.Feeds, o.Stale, o.Limits, o.Liveness, o.Log = t.feeds, t.fresh.withdrawals, decision.Defaults(), c.liveness(), t.log
	o.Recorder = recorder{journal.Recorder{Journal: t.journal}, t.log, t.measured}
	if c.Face.Threshold > 0 {
		o.Limits.Threshold = c.Face.Threshold
	}
	if c.Face.Margin > 0 {
		o.Limits.Margin = c.Face.Margin
	}
	if t.finder != nil {
		program := c.Face.Engine
		if program == "" {
			if program, err = beside("ting-face"); err != nil {
				return err
			}
		}
		t.engine = engine.New(engine.Options{
			Command: []string{program}, Weights: c.Face.Weights, Landmarks: c.Face.Landmarks, Log: t.log,
		})
		t.closers = append(t.closers, t.engine.Close)
		o.Engine = t.engine
		o.Model = func() string { return t.engine.Status().Model }
		o.Cameras = map[string]func() identity.Frames{"": func() identity.Frames { return t.finder.hub.Reader() }}
	}
	if err := t.openWays(&o); err != nil {
		return err
	}
	if t.identity, err = identity.Open(ctx, o); err != nil {
		return err
	}
	t.closers = append(t.closers, t.identity.Close)
	t.feeds.OnChange(kiosk.FeedPeople, func([]wire.FeedRow) { t.identity.PeopleChanged() })
	t.feeds.OnChange(kiosk.FeedRevocations, func(rows []wire.FeedRow) { t.applyRevocations(ctx, rows) })
	return nil
}

// openHost starts the modules; changed receives when their state has changed.
func (t *terminal) openHost(changed chan<- struct{}) error {
	c := t.config
	idle, _, _ := c.Visit.times() // checked with the configuration
	o := host.Config{
		Idle:     idle,
		Terminal: c.Terminal.ID, Site: c.Terminal.Site, Place: view.T(c.Terminal.Place.ZH, c.Terminal.Place.EN),
		Dir: socketDir(c.Terminal.State), Log: t.log,
		Services: host.Services{
			Screen: t, Identity: t.identity, Recorder: recorder{journal.Recorder{Journal: t.journal}, t.log, t.measured},
			Feeds: t.feeds, Barriers: t.barriers,
		},
		OnStatus: func(host.Status) {
			select {
			case changed <- struct{}{}:
			default: // one signal is waiting already
			}
		},
	}
	t.peripherals.lend(&o.Services)
	for _, m := range c.Modules {
		hm := host.Module{
			ID: m.ID, Command: m.Command, SHA256: m.SHA256, Lane: m.Lane, Ways: m.ways(),
			Title: view.T(m.Title.ZH, m.Title.EN), Group: view.T(m.Group.ZH, m.Group.EN),
			Setup: kiosk.Setup{Settings: m.Settings, Dir: filepath.Join(c.Terminal.State, "modules", m.ID)},
		}
		if len(hm.Command) == 0 {
			program, err := beside("ting-module")
			if err != nil {
				return err
			}
			hm.Command = []string{program, m.ID}
		}
		for _, g := range m.Grant {
			hm.Grants = append(hm.Grants, kiosk.Permission(g))
		}
		o.Modules = append(o.Modules, hm)
	}
	h, err := host.New(o)
	if err != nil {
		return err
	}
	t.host = h
	d := t.display.Load()
	h.SetPace(d.Pace())
	h.SetOffer(d.Tiles())
	t.closers = append(t.closers, func() error {
		ending, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		return h.Shutdown(ending)
	})
	return h.Start()
}

// close closes everything, the last opened first.
func (t *terminal) close() {
	t.closeDownTo(0)
	t.running.Wait()
}

func (t *terminal) closeDownTo(kept int) {
	for _, c := range slices.Backward(t.closers[kept:]) {
		if err := c(); err != nil {
			t.log.Warn("closing", "op", "close", "cause", err)
		}
	}
	t.closers = t.closers[:kept]
}
