package evaluate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk/identity/scores"
)

// reader is a face engine that takes a picture's colour for who is on it.
type reader struct {
	restarts atomic.Int64 // how often it fails yet
	gone     bool
}

func (r *reader) Close() error { return nil }

func (r *reader) Ready(context.Context) error {
	if r.gone {
		return errors.New("weights are damaged")
	}
	return nil
}

func (r *reader) Analyze(_ context.Context, q face.Request) ([]face.Face, error) {
	if r.gone || r.restarts.Add(-1) >= 0 {
		return nil, face.ErrRestarting
	}
	if q.Describe != face.DescribeAll || q.Camera != "" || q.Frame == nil {
		return nil, errors.New("asked otherwise than for a photograph")
	}
	p := q.Frame.Pix
	if p[0] == 0 {
		return nil, nil // nobody
	}
	f := face.Face{Rect: face.Rect{Right: q.Frame.W, Bottom: q.Frame.H}, Described: true, Descriptor: looks(uint64(p[0]), uint64(p[1]))}
	f.Quality.Size = q.Frame.W
	if p[2] > 0 { // and somebody behind him
		other := face.Face{Rect: face.Rect{Right: 2, Bottom: 2}, Described: true, Descriptor: looks(999, 1)}
		other.Quality.Size = 2
		return []face.Face{other, f}, nil
	}
	return []face.Face{f}, nil
}

// looks is a descriptor: the same person's are near.
func looks(who, shot uint64) face.Descriptor {
	var d face.Descriptor
	r, n := rand.New(rand.NewPCG(who, 1)), rand.New(rand.NewPCG(who, shot+2))
	var square float64
	for i := range d {
		d[i] = float32(r.NormFloat64() + 0.3*n.NormFloat64())
		square += float64(d[i]) * float64(d[i])
	}
	for i := range d {
		d[i] /= float32(math.Sqrt(square))
	}
	return d
}

func write(t *testing.T, dir, name string, c color.RGBA) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	m := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for i := 0; i < len(m.Pix); i += 4 {
		copy(m.Pix[i:], []byte{c.R, c.G, c.B, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// folder is photographs as people keep them.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "li/1.png", color.RGBA{R: 1, G: 1})
	write(t, dir, "li/2.PNG", color.RGBA{R: 1, G: 2, B: 1})
	write(t, dir, "li/3.JPG", color.RGBA{R: 1, G: 3}) // a PNG under another name
	write(t, dir, "class 2/王/01.png", color.RGBA{R: 2, G: 1})
	write(t, dir, "class 2/王/02.jpeg", color.RGBA{R: 2, G: 2})
	write(t, dir, "zhao/1.png", color.RGBA{R: 3, G: 1})
	write(t, dir, "zhao/back.png", color.RGBA{})
	write(t, dir, "loose.png", color.RGBA{R: 4})
	write(t, dir, "._x/1.png", color.RGBA{R: 5})
	write(t, dir, "_scenes/1.png", color.RGBA{R: 5})
	for name, content := range map[string]string{"li/notes.txt": "x", "zhao/broken.jpg": "no picture", "zhao/empty.png": "", "zhao/.DS_Store": "x"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "zhao", "a folder.jpg"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFolder(t *testing.T) {
	photos, problems, err := Folder(folder(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range photos {
		got = append(got, p.Person+"|"+filepath.ToSlash(p.Name))
	}
	want := []string{"class 2/王|class 2/王/01.png", "class 2/王|class 2/王/02.jpeg", "li|li/1.png", "li|li/2.PNG", "li|li/3.JPG",
		"zhao|zhao/1.png", "zhao|zhao/back.png", "zhao|zhao/broken.jpg", "zhao|zhao/empty.png"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q\nwant  %q", got, want)
	}
	if len(problems) != 1 || problems[0].File != "loose.png" {
		t.Errorf("problems %v", problems)
	}
	if _, _, err := Folder(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestEvaluate(t *testing.T) {
	photos, _, err := Folder(folder(t))
	if err != nil {
		t.Fatal(err)
	}
	e := new(reader)
	e.restarts.Store(2) // it comes back
	var told []int
	d, err := Describe(t.Context(), e, photos, func(done int) { told = append(told, done) })
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != len(photos) || told[len(told)-1] != len(photos) {
		t.Errorf("progress told %v", told)
	}
	if len(d.Shots) != 6 || len(d.Unreadable) != 2 || len(d.NoFace) != 1 || d.Several != 1 {
		t.Fatalf("%d shots, unreadable %v, no face %v, several %d", len(d.Shots), d.Unreadable, d.NoFace, d.Several)
	}
	for _, p := range d.Unreadable {
		if strings.Contains(p.Why, "/") || p.Why == "" {
			t.Errorf("%+v", p)
		}
	}
	r, err := Measure(t.Context(), d, 0.5, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	if r.People != 3 || r.Genuine.N() != 4 || r.Impostor.N() != 11 || r.Rank1.Hits != 5 || r.Rank1.Trials != 5 || r.EER != 0 {
		t.Errorf("%d people, %d and %d pairs, rank 1 %+v, equal error rate %v", r.People, r.Genuine.N(), r.Impostor.N(), r.Rank1, r.EER)
	}
	if f := r.FailureToDetect; f.Hits != 1 || f.Trials != 7 {
		t.Errorf("failure to detect %+v", f)
	}
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"9 of 3 people, 6 with a face", "zhao/broken.jpg: not a picture", "zhao/back.png: no face found",
		"4 of one person, 11 of two", "too few pairs", "proposed threshold  none", "keep 0.500"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text does not say %q:\n%s", want, text.String())
		}
	}
	b, err := json.Marshal(r)
	if err != nil || bytes.Contains(b, []byte("escriptor")) {
		t.Errorf("JSON: %v %s", err, b)
	}
}

// TestMeasure holds all pairs against a plain double loop.
func TestMeasure(t *testing.T) {
	d := new(Described)
	for who := range uint64(40) {
		for shot := range who%4 + 1 {
			d.Shots = append(d.Shots, Shot{string(rune('A' + who)), looks(who, shot)})
		}
	}
	rand.Shuffle(len(d.Shots), func(i, j int) { d.Shots[i], d.Shots[j] = d.Shots[j], d.Shots[i] })
	var genuine, impostor scores.Distribution
	for i := range d.Shots {
		for j := range d.Shots[:i] {
			distance := d.Shots[i].Descriptor.Distance(&d.Shots[j].Descriptor)
			if d.Shots[i].Person == d.Shots[j].Person {
				genuine.Add(distance)
			} else {
				impostor.Add(distance)
			}
		}
	}
	r, err := Measure(t.Context(), d, 0.5, 0.01)
	if err != nil || *r.Genuine != genuine || *r.Impostor != impostor {
		t.Errorf("pairs differ (%v)", err)
	}
	if r.Proposed <= 0 || r.Impostor.Rate(r.Proposed) > 0.01 {
		t.Errorf("proposed %g", r.Proposed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Measure(ctx, d, 0.5, 0.01); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// TestNothingToCompare says so instead of dividing by nothing.
func TestNothingToCompare(t *testing.T) {
	for _, d := range []*Described{{}, {Shots: []Shot{{"a", looks(1, 1)}, {"a", looks(1, 2)}}}} {
		r, err := Measure(t.Context(), d, 0.5, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		if err := r.Write(&text); err != nil || !strings.Contains(text.String(), "nothing to compare") {
			t.Errorf("%v: %s", err, text.String())
		}
		if b, err := json.Marshal(r); err != nil || !bytes.Contains(b, []byte(`"eer":null`)) {
			t.Errorf("%v: %s", err, b)
		}
	}
}

// TestEngineGone ends with the reason, at once.
func TestEngineGone(t *testing.T) {
	photos, _, err := Folder(folder(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Describe(t.Context(), &reader{gone: true}, photos, nil); err == nil || !strings.Contains(err.Error(), "weights are damaged") {
		t.Errorf("%v", err)
	}
}

// TestSubject takes the person a photograph is of.
func TestSubject(t *testing.T) {
	frame := &camera.Frame{W: 400, H: 400}
	at := func(x, y, size int) face.Face {
		f := face.Face{Rect: face.Rect{Left: x - size/2, Top: y - size/2, Right: x + size/2, Bottom: y + size/2}}
		f.Quality.Size = size
		return f
	}
	for _, test := range []struct {
		name  string
		faces []face.Face
		want  int
	}{
		{"the larger", []face.Face{at(150, 200, 60), at(250, 200, 120)}, 1},
		{"the one in the middle, not the somewhat larger at the edge", []face.Face{at(40, 40, 100), at(200, 200, 90)}, 1},
		{"the much larger, wherever", []face.Face{at(100, 100, 180), at(200, 200, 40)}, 0},
	} {
		if got := Subject(frame, test.faces); got != &test.faces[test.want] {
			t.Errorf("%s: took %+v", test.name, got.Rect)
		}
	}
	if Subject(frame, nil) != nil {
		t.Error("a subject of no faces")
	}
}
