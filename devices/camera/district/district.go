// Package district is a simulated camera: it renders people who walk up to a
// school gate, stop for about two seconds and go on. The URL scheme is sim.
//
//	sim:district            an endless varied day with the demo district's people
//	sim:script?file=PATH    plays a text script, read again whenever it changes; see ParseScript
//	sim:still?person=3      holds one person before the camera for ever
//
// Each takes size=640x480, fps=12 and seed=1 as well. People are parametric
// heads: an Identity is made of a seed and has the same face in every frame,
// while pose, light, expression and noise change. The face engine finds and
// tells apart these faces as it does real ones; cast_test.go measures it.
//
// Guarantees: the same seed, script and clock readings give the same pictures,
// byte for byte. An empty scene costs no rendering. A picture of a person takes
// a few milliseconds. Frames are never written to after delivery, but frames of
// an empty place may share their pixels.
//
// Callers must not read one Camera from several goroutines at once (use a
// camera.Hub). Test with Config.Clock set, or inside a testing/synctest bubble.
package district

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/devices/camera"
)

// Clock is where the camera takes its time from.
type Clock interface {
	Now() time.Time
	// After sends once when d has passed.
	After(d time.Duration) <-chan time.Time
}

// SystemClock is the machine's own clock.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// After is time.After.
func (SystemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Config says what a Camera shows. The zero Config is the demo district's day
// at 640×480 and 12 frames a second.
type Config struct {
	Script     Script // played when it has scenes
	ScriptFile string // or read from here, and again whenever it changes
	W, H       int
	FPS        float64
	Seed       uint64
	Clock      Clock
	Log        *slog.Logger
}

// Open opens the camera a sim: URL names. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (camera.Camera, error) {
	c, err := configure(u)
	if err != nil {
		return nil, err
	}
	return New(c)
}

// configure reads a URL.
func configure(u *url.URL) (Config, error) {
	c := Config{Seed: 1}
	kind := u.Opaque
	allowed := map[string]bool{"size": true, "fps": true, "seed": true}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return c, err
	}
	switch kind {
	case "", "district":
	case "script":
		allowed["file"] = true
		if c.ScriptFile = q.Get("file"); c.ScriptFile == "" {
			return c, errors.New("say which script, as in sim:script?file=/path/to/day.txt")
		}
	case "still":
		allowed["person"] = true
		n, err := strconv.Atoi(q.Get("person"))
		if err != nil || n < 1 || n > People() {
			return c, fmt.Errorf("person=%q: there are people 1 to %d", q.Get("person"), People())
		}
		c.Script = Script{Scenes: []Scene{{Action: ActStill, Who: []int{n}, For: maxScene}}, Loop: true}
	default:
		return c, fmt.Errorf("no scenery %q; there are sim:district, sim:script?file=PATH and sim:still?person=N", kind)
	}
	for key := range q {
		if !allowed[key] {
			return c, fmt.Errorf("unknown parameter %q", key)
		}
	}
	if s := q.Get("size"); s != "" {
		w, h, ok := strings.Cut(s, "x")
		if c.W, err = strconv.Atoi(w); err == nil && ok {
			c.H, err = strconv.Atoi(h)
		}
		if err != nil || !ok || c.W < 64 || c.H < 48 || c.W > 1920 || c.H > 1440 {
			return c, fmt.Errorf("size=%q: write it as in size=640x480, from 64x48 to 1920x1440", s)
		}
	}
	if s := q.Get("fps"); s != "" {
		if c.FPS, err = strconv.ParseFloat(s, 64); err != nil || !(c.FPS >= 1 && c.FPS <= 60) {
			return c, fmt.Errorf("fps=%q: a number from 1 to 60", s)
		}
	}
	if s := q.Get("seed"); s != "" {
		if c.Seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			return c, fmt.Errorf("seed=%q: a whole number", s)
		}
	}
	return c, nil
}

// Camera renders frames. Make one with New or Open.
type Camera struct {
	cfg    Config
	file   *scriptFile // nil when there is none
	period time.Duration
	closed chan struct{}
	once   sync.Once

	// The rest belongs to the goroutine in Next.
	stage   *stage // made at the first frame, so that opening is quick
	playing programme
	n       int       // the scene played
	begun   time.Time // when it began
	round   uint64    // how often a programme was begun
	seq     uint64
	due     time.Time // of the next frame
	away    bool      // the reader was told that the camera is unplugged
}

// New makes a camera. It fails when the script file cannot be read.
func New(c Config) (*Camera, error) {
	if c.W == 0 {
		c.W, c.H = 640, 480
	}
	if c.FPS == 0 {
		c.FPS = 12
	}
	if c.Clock == nil {
		c.Clock = SystemClock{}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	cam := &Camera{cfg: c, period: time.Duration(float64(time.Second) / c.FPS), closed: make(chan struct{})}
	cam.playing = day{seed: c.Seed}
	if len(c.Script.Scenes) > 0 {
		cam.playing = c.Script
	}
	if c.ScriptFile != "" {
		cam.file = &scriptFile{path: c.ScriptFile}
		s, _, err := cam.file.read()
		if err != nil {
			return nil, err
		}
		cam.playing = s
	}
	cam.begun = c.Clock.Now()
	return cam, nil
}

// Name is what people call the camera.
func (c *Camera) Name() string { return "simulated camera" }

// Close ends a waiting Next.
func (c *Camera) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// errAway is what a reader is told while a script has the camera unplugged.
var errAway = fmt.Errorf("simulated camera: %w: the script unplugs it; it comes back with the next scene", camera.ErrUnplugged)

// Next waits for the next frame. See camera.Camera.
func (c *Camera) Next(ctx context.Context) (*camera.Frame, error) {
	patience := c.cfg.Clock.Now().Add(2 * time.Second)
	for {
		if err := c.wait(ctx); err != nil {
			return nil, err
		}
		now := c.cfg.Clock.Now()
		c.reread(now)
		scene, seed, ok := c.sceneAt(now)
		if ok && scene.Action == ActUnplug {
			if !c.away || now.After(patience) {
				c.away = true
				return nil, errAway
			}
			continue
		}
		c.away = false
		c.seq++
		if c.stage == nil {
			c.stage = newStage(c.cfg.W, c.cfg.H)
		}
		f := &camera.Frame{W: c.cfg.W, H: c.cfg.H, Stride: 3 * c.cfg.W, Seq: c.seq, Time: now}
		actors, dark := scene.actors(seed, now.Sub(c.begun), c.cfg.W, c.cfg.H)
		f.Pix = c.stage.picture(actors, dark, c.cfg.Seed*0x9e3779b97f4a7c15+c.seq)
		return f, nil
	}
}

// wait returns when the next frame is due. A reader that comes late gets its
// frame at once and is not made to catch up.
func (c *Camera) wait(ctx context.Context) error {
	now := c.cfg.Clock.Now()
	if late := now.Sub(c.due); late >= 0 && ctx.Err() == nil {
		if late > c.period {
			c.due = now
		}
		c.due = c.due.Add(c.period)
		select {
		case <-c.closed:
			return os.ErrClosed
		default:
			return nil
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closed:
		return os.ErrClosed
	case <-c.cfg.Clock.After(c.due.Sub(now)):
		c.due = c.due.Add(c.period)
		return nil
	}
}

// sceneAt moves on to the scene at now. seed is the scene's own.
func (c *Camera) sceneAt(now time.Time) (s Scene, seed uint64, ok bool) {
	for {
		if s, ok = c.playing.scene(c.n); !ok {
			return Scene{Action: ActNobody}, 0, false
		}
		if now.Sub(c.begun) < s.For {
			return s, liveSeeds + (c.cfg.Seed*1_000_003+c.round)*1_000_003 + uint64(c.n), true
		}
		c.begun = c.begun.Add(s.For)
		c.n++
	}
}

// reread takes a changed script file over. A script that cannot be read is
// reported once, and the old one goes on.
func (c *Camera) reread(now time.Time) {
	if c.file == nil || now.Before(c.file.next) {
		return
	}
	c.file.next = now.Add(100 * time.Millisecond)
	s, changed, err := c.file.read()
	switch {
	case err != nil && changed:
		c.cfg.Log.Warn("camera script cannot be played, the old one goes on", "op", "read script", "cause", err)
	case err == nil && changed:
		c.playing, c.n, c.begun = s, 0, now
		c.round++
	}
}

// Seeds of live scenes have the highest bit, those of portraits do not.
const liveSeeds = 1 << 63

// actors is who is to be seen of a scene, and where, at t.
func (s Scene) actors(seed uint64, t time.Duration, w, h int) (actors []actor, dark bool) {
	k := walk{seed: seed | liveSeeds, length: s.For, near: 100, dark: s.Action == ActDark, still: s.Action == ActStill}
	for i, n := range s.Who {
		id := Person(n)
		if s.Action == ActStranger {
			id = Stranger(n)
		}
		k := k
		if s.Action == ActTwo {
			k.seed += uint64(i) << 40
			k.near, k.aside = 78, []float64{-1.75, 1.75}[i]
		}
		if st, l, ok := k.at(t, w, h); ok {
			actors = append(actors, actor{id, st, l})
		}
	}
	return actors, k.dark
}
