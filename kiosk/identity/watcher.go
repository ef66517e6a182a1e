package identity

import (
	"cmp"
	"context"
	"errors"
	"image"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/identity/liveness"
	"github.com/luohu/ting/kiosk/view"
)

const (
	silentAfter   = 5 * time.Second        // without a frame: the camera hangs
	analyseWithin = 3 * time.Second        // for one frame: the engine hangs
	troublePause  = 200 * time.Millisecond // between tries, for a device that fails at once
)

// scene comes before a camera's name in the engine's requests: pictures of a
// camera without a name would have nothing to do with each other, and no track.
const scene = "camera "

// watcher looks through one camera. Its goroutine runs while somebody is
// subscribed, and only then is a frame read or analysed.
type watcher struct {
	id      *Identity
	name    string
	source  func() Frames
	overlay atomic.Pointer[Overlay]

	quiet  quiet           // by run's goroutine alone
	stream liveness.Stream // likewise

	labelled struct { // by run's goroutine alone
		person string
		label  view.Text
	}

	latest struct { // the only face of the newest frame, for confirmed
		sync.Mutex
		descriptor face.Descriptor
		at         time.Time
	}

	mu      sync.Mutex
	subs    []*subscription // the oldest first
	stop    context.CancelFunc
	stopped chan struct{} // closed when the last goroutine has ended; nil before the first
	closed  bool
}

// look is what one frame shows, for those who collect faces themselves.
type look struct {
	faces   []face.Face
	trouble kiosk.Verdict // NoCamera or NoEngine; there are no faces then
}

func newWatcher(id *Identity, name string, source func() Frames) *watcher {
	w := &watcher{id: id, name: name, source: source}
	w.overlay.Store(&Overlay{})
	return w
}

// subscribe begins to look for s. The caller ends it with release.
func (w *watcher) subscribe(s *subscription) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		s.end()
		return
	}
	w.subs = append(w.subs, s)
	if len(w.subs) > 1 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	before, done := w.stopped, make(chan struct{})
	w.stop, w.stopped = cancel, done
	go func() {
		defer close(done)
		if before != nil {
			<-before // two never look at once
		}
		w.run(ctx)
	}()
}

func (w *watcher) release(s *subscription) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.subs, s)
	if i < 0 {
		return
	}
	w.subs = slices.Delete(w.subs, i, i+1)
	if len(w.subs) == 0 {
		w.stop()
	}
}

// close ends every subscription and waits for the goroutine.
func (w *watcher) close() {
	w.mu.Lock()
	w.closed = true
	for _, s := range w.subs {
		s.end()
	}
	w.subs = nil
	if w.stop != nil {
		w.stop()
	}
	done := w.stopped
	w.mu.Unlock()
	if done != nil {
		<-done
	}
}

func (w *watcher) subscribers() []*subscription {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.subs)
}

func (w *watcher) run(ctx context.Context) {
	frames := w.source()
	if c, ok := frames.(io.Closer); ok {
		defer c.Close()
	}
	defer w.overlay.Store(&Overlay{})
	defer func() { w.noteLatest(time.Time{}, nil) }()
	for ctx.Err() == nil {
		if !w.step(ctx, frames) {
			select {
			case <-ctx.Done():
			case <-time.After(troublePause):
			}
		}
	}
}

// step looks at one frame; false when there was none to look at.
func (w *watcher) step(ctx context.Context, frames Frames) bool {
	waiting, cancel := context.WithTimeout(ctx, silentAfter)
	frame, err := frames.Next(waiting)
	cancel()
	if ctx.Err() != nil {
		return true
	}
	if err != nil {
		detail := "unplugged"
		if errors.Is(err, context.DeadlineExceeded) {
			detail = "silent"
		}
		w.trouble(kiosk.NoCamera, detail, err)
		return false
	}
	if w.id.gallery == nil || w.id.cfg.Engine == nil {
		w.trouble(kiosk.NoEngine, "the face gallery or engine could not be opened", nil)
		return false
	}
	subs := w.subscribers()
	if w.quiet.holds(frame, w.id.cfg.Now()) {
		w.judge(ctx, subs, frame, nil)
		select {
		case <-ctx.Done():
		case <-time.After(quietPause):
		}
		return true
	}
	working, cancel := context.WithTimeout(ctx, analyseWithin)
	faces, err := w.id.cfg.Engine.Analyze(working, face.Request{Frame: frame, Camera: scene + w.name, Describe: wanted(subs)})
	cancel()
	if ctx.Err() != nil {
		return true
	}
	if err != nil {
		detail := "failed"
		switch {
		case errors.Is(err, face.ErrRestarting):
			detail = "restarting"
		case errors.Is(err, context.DeadlineExceeded):
			detail = "silent"
		}
		w.trouble(kiosk.NoEngine, detail, err)
		return false
	}
	w.quiet.looked(len(faces), w.id.cfg.Now())
	meter(frames, frame, faces)
	if w.id.cfg.Liveness.Passive && len(faces) > 0 {
		// Pictures of an empty place may be alike; somebody who stands there never is.
		if s := w.stream.Frame(frame); s != liveness.Unsuspicious {
			w.trouble(kiosk.NoCamera, string(s), nil)
			return true
		}
	}
	w.judge(ctx, subs, frame, faces)
	return true
}

// meter has a camera that can be told expose for the nearest face: one against the
// light is too dark to be recognised.
func meter(frames Frames, f *camera.Frame, faces []face.Face) {
	m, ok := frames.(camera.Metered)
	if !ok || len(faces) == 0 {
		return
	}
	near := slices.MaxFunc(faces, func(a, b face.Face) int { return cmp.Compare(a.Rect.Right-a.Rect.Left, b.Rect.Right-b.Rect.Left) })
	r := near.Rect
	if mean, ok := f.Brightness(image.Rect(r.Left, r.Top, r.Right, r.Bottom)); ok {
		m.MeterFace(mean)
	}
}

func wanted(subs []*subscription) face.Describe {
	for _, s := range subs {
		if s.looks != nil || s.decider.Wants() {
			return face.DescribeAll
		}
	}
	return face.DescribeNew
}

// judge lets every subscriber decide on a frame. The gallery is searched once per
// described face, whoever looks, and not at all while only one person is expected.
func (w *watcher) judge(ctx context.Context, subs []*subscription, frame *camera.Frame, faces []face.Face) {
	now := w.id.cfg.Now()
	w.noteLatest(now, faces)
	var seen []decision.Seen // among all members; nil until somebody wants it
	var standing *decision.Decider
	for _, s := range subs {
		if s.looks != nil {
			s.offer(look{faces: faces})
			continue
		}
		mine := seen
		switch {
		case s.only != "":
			mine = seenAs(faces, func(d *face.Descriptor) decision.Shot { return w.id.verify(s.only, d) })
		case seen == nil:
			seen = seenAs(faces, w.id.search)
			mine = seen
		}
		standing = s.decider
		for _, e := range s.decider.Frame(now, mine) {
			s.tell(w.sighting(ctx, e, now))
			if e.Verdict == kiosk.Recognised {
				w.id.used(e.Person, s.purpose)
			}
			if e.Verdict == kiosk.Recognised && s.only == "" {
				w.count(e, seen, faces)
			}
		}
	}
	w.draw(ctx, standing, frame, faces)
}

// seenAs is a frame's faces with what the gallery says of those described.
func seenAs(faces []face.Face, ask func(*face.Descriptor) decision.Shot) []decision.Seen {
	seen := make([]decision.Seen, len(faces))
	for i := range faces {
		f := &faces[i]
		seen[i] = decision.Seen{Track: f.Track, Size: f.Quality.Size, Quality: f.Quality}
		if f.Described {
			shot := ask(&f.Descriptor)
			seen[i].Shot = &shot
		}
	}
	return seen
}

// search compares a face with every member's (1:N).
func (i *Identity) search(d *face.Descriptor) (s decision.Shot) {
	if m, ok := i.find(d); ok {
		s = decision.Shot{Person: m.Person, Distance: m.Distance, Second: m.Second}
	}
	return s
}

// nobodyElse is further than two descriptors can be apart.
const nobodyElse = 4

// verify compares a face with one person's own template (1:1): there is no second
// one that it could be taken for.
func (i *Identity) verify(person string, d *face.Descriptor) (s decision.Shot) {
	if near, ok := i.gallery.Distance(person, i.model(), d); ok {
		s = decision.Shot{Person: person, Distance: near, Second: nobodyElse}
	}
	return s
}

// count counts the distances of the shot that decided.
func (w *watcher) count(e decision.Event, seen []decision.Seen, faces []face.Face) {
	for i, s := range seen {
		if s.Track == e.Track && s.Shot != nil && s.Shot.Person == e.Person {
			w.id.recognised(e.Person, &faces[i].Descriptor, s.Shot.Distance, s.Shot.Second)
			return
		}
	}
}

// sighting is an event with its person.
func (w *watcher) sighting(ctx context.Context, e decision.Event, now time.Time) kiosk.Sighting {
	s := kiosk.Sighting{Verdict: e.Verdict, Track: e.Track, Time: now, Detail: e.Detail}
	if e.Verdict != kiosk.Recognised {
		return s
	}
	p, err := w.id.person(ctx, e.Person)
	if err != nil {
		// A template whose owner the site does not have any more opens nothing.
		s.Verdict, s.Detail = kiosk.Stranger, "not in the people feed"
		return s
	}
	p.Way, p.Score = kiosk.WayFace, e.Score
	s.Person = p
	if len(w.id.gallery.Alike(e.Person)) > 0 {
		s.Verdict, s.Detail = kiosk.Lookalike, "another member looks too much like this one"
	}
	return s
}

func (w *watcher) trouble(v kiosk.Verdict, detail string, cause error) {
	now := w.id.cfg.Now()
	told := false
	for _, s := range w.subscribers() {
		if s.looks != nil {
			s.offer(look{trouble: v})
			continue
		}
		for _, e := range s.decider.Trouble(v, detail) {
			told = true
			s.tell(kiosk.Sighting{Verdict: e.Verdict, Time: now, Detail: e.Detail})
		}
	}
	if told {
		w.id.log.Warn("identity: cannot see", "op", "watch", "camera", w.name, "verdict", v, "detail", detail, "cause", cause)
	}
	text := troubleText[v]
	switch liveness.Suspicion(detail) {
	case liveness.Frozen, liveness.Looped:
		text = view.T("摄像头画面不是实时的,暂不使用刷脸", "The camera's picture is not live; faces are not used")
	}
	w.overlay.Store(&Overlay{Trouble: text})
}
