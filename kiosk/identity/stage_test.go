package identity

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// stage is what stands before the terminal in a test: it is the camera, at ten
// frames a second, and the face engine, which sees what the test puts there.
type stage struct {
	mu       sync.Mutex
	faces    []face.Face
	away     error // of the camera
	broken   error // of the engine
	hung     bool  // the engine does not answer
	taken    int   // frames
	analysed int
	readers  int
	track    map[uint64]int   // descriptors given, by track
	pix      func(n int) byte // what a frame's pixels are; nil is none
}

func newStage() *stage { return &stage{track: map[uint64]int{}} }

func (s *stage) put(faces ...face.Face) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faces = faces
}

func (s *stage) set(f func(*stage)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

type reader struct{ s *stage }

func (s *stage) open() Frames {
	s.set(func(s *stage) { s.readers++ })
	return reader{s}
}

func (r reader) Close() error {
	r.s.set(func(s *stage) { s.readers-- })
	return nil
}

func (r reader) Next(ctx context.Context) (*camera.Frame, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(100 * time.Millisecond):
	}
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.s.away != nil {
		return nil, r.s.away
	}
	r.s.taken++
	f := &camera.Frame{W: 640, H: 480, Stride: 1920, Seq: uint64(r.s.taken), Time: time.Now()}
	if r.s.pix != nil {
		f.W, f.H, f.Stride, f.Pix = 1, 1, 3, []byte{r.s.pix(r.s.taken), byte(r.s.taken >> 8), 0}
		if r.s.pix(1) == r.s.pix(2) {
			f.Pix[1] = 0
		}
	}
	return f, nil
}

// Analyze sees the stage, or in a frame of one row the person its width names.
func (s *stage) Analyze(ctx context.Context, r face.Request) ([]face.Face, error) {
	s.mu.Lock()
	if s.hung {
		s.mu.Unlock()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	defer s.mu.Unlock()
	if s.broken != nil {
		return nil, s.broken
	}
	s.analysed++
	faces := slices.Clone(s.faces)
	if r.Camera == "" {
		for i := range faces { // no camera, no track
			faces[i].Track = uint64(1000 + 10*s.analysed + i)
		}
	}
	if r.Frame.H == 1 {
		faces = []face.Face{someone(1, uint64(r.Frame.W))}
	}
	for i := range faces {
		f := &faces[i]
		f.Described = r.Describe == face.DescribeAll || r.Describe == face.DescribeNew && s.track[f.Track] < 3
		if !f.Described {
			f.Descriptor = face.Descriptor{}
			continue
		}
		s.track[f.Track]++
	}
	return faces, nil
}

func (s *stage) Close() error { return nil }

// portrait is a frame that shows the person of a seed.
func portrait(seed uint64) *camera.Frame { return &camera.Frame{W: int(seed), H: 1} }

// looks is the descriptor of the person of a seed: two persons are about 1.4 apart.
func looks(seed uint64) face.Descriptor {
	r := rand.New(rand.NewPCG(seed, 1))
	var d face.Descriptor
	var n float64
	for i := range d {
		x := r.NormFloat64()
		d[i] = float32(x)
		n += x * x
	}
	for i := range d {
		d[i] /= float32(math.Sqrt(n))
	}
	return d
}

// someone is a good view of the person of a seed, on a track.
func someone(track, seed uint64, change ...func(*face.Quality)) face.Face {
	f := face.Face{
		Rect: face.Rect{Left: 200, Top: 100, Right: 360, Bottom: 260}, Score: 1, Track: track,
		Quality:    face.Quality{Size: 160, Brightness: 120, Contrast: 40, Sharpness: 90, MouthContrast: 30},
		Descriptor: looks(seed),
	}
	for _, c := range change {
		c(&f.Quality)
	}
	return f
}

func inTheDark(q *face.Quality) { q.Brightness = 12 }
func masked(q *face.Quality)    { q.MouthContrast = 5 }
func farAway(q *face.Quality)   { q.Size = 50 }

// feeds is a terminal's copy of the center's feeds.
type feeds struct {
	mu   sync.Mutex
	rows map[string]map[string]any
	err  error
}

func (f *feeds) set(feed, key string, row any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rows == nil {
		f.rows = map[string]map[string]any{}
	}
	if f.rows[feed] == nil {
		f.rows[feed] = map[string]any{}
	}
	f.rows[feed][key] = row
}

func (f *feeds) Lookup(_ context.Context, feed, key string) (kiosk.Row, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	row, ok := f.rows[feed][key]
	if f.err != nil {
		return kiosk.Row{}, f.err
	}
	if !ok {
		return kiosk.Row{}, &kiosk.Error{Code: kiosk.CodeNotFound}
	}
	b, err := json.Marshal(row)
	return kiosk.Row{Key: key, JSON: b}, err
}

func (f *feeds) List(ctx context.Context, r kiosk.ListRequest) ([]kiosk.Row, error) {
	f.mu.Lock()
	var keys []string
	for k := range f.rows[r.Feed] {
		if k > r.After {
			keys = append(keys, k)
		}
	}
	f.mu.Unlock()
	slices.Sort(keys)
	limit := cmp.Or(r.Limit, 2) // small, so that paging is used
	var rows []kiosk.Row
	for _, k := range keys[:min(limit, len(keys))] {
		row, err := f.Lookup(ctx, r.Feed, k)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, f.err
}

// screen is a visitor's screen, and his finger.
type screen struct {
	mu   sync.Mutex
	now  view.Page
	wait chan view.Answer
	gone chan struct{}
	seen []string // page IDs, each once in a row
}

func (s *screen) Show(_ context.Context, p view.Page) error {
	_, _, err := s.present(p)
	return err
}

func (s *screen) present(p view.Page) (chan view.Answer, chan struct{}, error) {
	if err := p.Validate(); err != nil {
		return nil, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone != nil {
		close(s.gone)
	}
	s.now, s.wait, s.gone = p, make(chan view.Answer, 1), make(chan struct{})
	if n := len(s.seen); n == 0 || s.seen[n-1] != p.ID {
		s.seen = append(s.seen, p.ID)
	}
	return s.wait, s.gone, nil
}

func (s *screen) Ask(ctx context.Context, p view.Page) (view.Answer, error) {
	if ctx.Err() != nil {
		return view.Answer{}, ctx.Err()
	}
	wait, gone, err := s.present(p)
	if err != nil {
		return view.Answer{}, err
	}
	var timeout <-chan time.Time
	if p.Timeout > 0 {
		timeout = time.After(p.Timeout)
	}
	select {
	case a := <-wait:
		return a, nil
	case <-gone:
		return view.Answer{}, &kiosk.Error{Code: kiosk.CodeSuperseded}
	case <-timeout:
		return view.Answer{PageID: p.ID, Action: view.ActionTimeout}, nil
	case <-ctx.Done():
		return view.Answer{}, ctx.Err()
	}
}

func (s *screen) page() view.Page {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// touch answers the page on screen. Fields are pairs of name and value.
func (s *screen) touch(action string, fields ...string) {
	synctest.Wait()
	s.mu.Lock()
	a := view.Answer{PageID: s.now.ID, Action: action, Fields: map[string]view.Value{}}
	for i := 0; i < len(fields); i += 2 {
		a.Fields[fields[i]] = view.Value{Text: fields[i+1]}
	}
	s.wait <- a
	s.mu.Unlock()
	synctest.Wait()
}

// says reports whether the page on screen has a sentence.
func (s *screen) says(zh string) bool {
	b, _ := json.Marshal(s.page())
	return bytes.Contains(b, []byte(zh))
}

// house is a terminal's identity with everything around it.
type house struct {
	*Identity
	*stage
	feeds  feeds
	screen screen
	cfg    Config
	logged bytes.Buffer
}

var visit = kiosk.Visit{ID: "v1", Module: "gate", Terminal: "gate-1", Site: "school-1"}

// The people of the house.
const (
	li, wang, teacher = "2019-0317", "2019-0318", "T-0042"
	liFace            = 1
	wangFace          = 2
)

// build opens an identity in dir. It has to be called in a synctest bubble.
func build(t *testing.T, dir string) *house {
	t.Helper()
	h := &house{stage: newStage()}
	h.feeds.set(kiosk.FeedPeople, li, kiosk.PersonRow{ID: li, Name: "李小明", Group: "三年二班", Role: "pupil", Cards: []string{"0004711"}, PIN: cheapHash("1234")})
	h.feeds.set(kiosk.FeedPeople, wang, kiosk.PersonRow{ID: wang, Name: "王芳", Group: "三年二班", Role: "pupil"})
	h.feeds.set(kiosk.FeedPeople, teacher, kiosk.PersonRow{ID: teacher, Name: "赵老师", Role: RoleStaff, Cards: []string{"0004712"}, PIN: cheapHash("9999")})
	h.cfg = Config{
		Dir: dir, Terminal: "gate-1", Site: "school-1",
		Engine:  h.stage,
		Cameras: map[string]func() Frames{"": h.open},
		Feeds:   &h.feeds,
		Log:     slog.New(slog.NewTextHandler(&h.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	h.start(t)
	t.Cleanup(func() {
		if err := h.Identity.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		for _, secret := range []string{"李小明", "王芳", "赵老师", li, wang, teacher, "0004711", "访客"} {
			if bytes.Contains(h.logged.Bytes(), []byte(secret)) {
				t.Errorf("the log holds %q:\n%s", secret, h.logged.String())
			}
		}
	})
	return h
}

func (h *house) start(t *testing.T) {
	t.Helper()
	i, err := Open(t.Context(), h.cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.Identity = i
}

// restart closes the identity and opens it again, as after a power cut.
func (h *house) restart(t *testing.T) {
	t.Helper()
	if err := h.Identity.Close(); err != nil {
		t.Fatal(err)
	}
	h.start(t)
}

func consentNow() kiosk.Consent {
	return kiosk.Consent{TextVersion: "face-2025-06", GivenBy: "self", Way: "touch", Time: time.Now()}
}

func (h *house) enrol(t *testing.T, id string, seed uint64, purposes ...string) kiosk.Enrolment {
	t.Helper()
	e, err := h.EnrolFrames(t.Context(), kiosk.Person{ID: id, Name: "照片上的名字", Role: "pupil"},
		[]*camera.Frame{portrait(seed), portrait(seed)}, consentNow(), purposes)
	if err != nil {
		t.Fatalf("enrol: %v", err)
	}
	return e
}

// watching is a Watch with what it told so far.
type watching struct {
	kiosk.Sightings
	mu   sync.Mutex
	told []kiosk.Sighting
	done chan struct{}
}

func (h *house) watch(t *testing.T) *watching {
	t.Helper()
	s, err := h.Watch(t.Context(), visit, kiosk.WatchRequest{})
	if err != nil {
		t.Fatal(err)
	}
	w := &watching{Sightings: s, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for {
			sg, err := s.Next()
			if err != nil {
				return
			}
			w.mu.Lock()
			w.told = append(w.told, sg)
			w.mu.Unlock()
		}
	}()
	return w
}

func (w *watching) close() {
	w.Close()
	<-w.done
}

// since returns what was told since the last call, after a pause for frames.
func (w *watching) since(pause time.Duration) (told []string) {
	time.Sleep(pause) // of the bubble's clock
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.told {
		line := string(s.Verdict)
		if s.Person.ID != "" {
			line += fmt.Sprintf(" %s by %s", s.Person.Name, s.Person.Way)
		}
		told = append(told, line)
	}
	w.told = nil
	return told
}

// cheapHash is a PIN's hash that costs a test nothing.
func cheapHash(pin string) string {
	salt := []byte("saltsalt")
	b64 := base64.RawStdEncoding
	return "$argon2id$v=19$m=8,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(argon2.IDKey([]byte(pin), salt, 1, 8, 1, 32))
}

var _ io.Closer = reader{}
