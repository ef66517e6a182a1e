package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/devices/face/protocol"
	"github.com/luohu/ting/devices/face/tracker"
)

// TestScenes wants every face of the photographs that a person sees at once.
func TestScenes(t *testing.T) {
	dir := filepath.Join(faces(t), "_frames")
	e := launch(t, engine.Options{})
	ready(t, e)
	for _, test := range []struct {
		file        string
		least, most int
	}{
		{"obama-480p.jpg", 1, 1},
		{"obama-720p.jpg", 1, 1},
		{"two_people.jpg", 2, 2},
		{"biden.jpg", 1, 1},
		{"group.jpg", 3, 20},
	} {
		t.Run(test.file, func(t *testing.T) {
			frame := photograph(t, filepath.Join(dir, test.file))
			found := analyze(t, e, face.Request{Frame: frame, Describe: face.DescribeAll})
			if len(found) < test.least || len(found) > test.most {
				t.Errorf("%d faces, there are %d to %d", len(found), test.least, test.most)
			}
			for i, f := range found {
				t.Logf("%+v score %.2f %+v", f.Rect, f.Score, f.Quality)
				checkFace(t, frame, f)
				if i > 0 && f.Quality.Size > found[i-1].Quality.Size {
					t.Error("faces are not in order of size")
				}
			}
		})
	}
}

func checkFace(t *testing.T, frame *camera.Frame, f face.Face) {
	t.Helper()
	r := f.Rect
	if r.Left < 0 || r.Top < 0 || r.Right > frame.W || r.Bottom > frame.H || r.Left >= r.Right || r.Top >= r.Bottom {
		t.Errorf("rectangle %+v is not in the frame", r)
	}
	if !f.HasLandmarks || !f.Described || f.Track == 0 {
		t.Errorf("landmarks %v, described %v, track %d", f.HasLandmarks, f.Described, f.Track)
	}
	inside := 0
	for _, p := range f.Landmarks {
		if int(p.X) >= r.Left && int(p.X) < r.Right && int(p.Y) >= r.Top-f.Quality.Size/4 && int(p.Y) < r.Bottom+f.Quality.Size/4 {
			inside++
		}
	}
	if inside < 50 {
		t.Errorf("only %d landmarks are near the face", inside)
	}
	var zero face.Descriptor
	if length := f.Descriptor.Distance(&zero); length < 0.999 || length > 1.001 {
		t.Errorf("the descriptor's length is %v", length)
	}
	if flaw := f.Quality.Flaw(); flaw != face.Flawless && flaw != face.TooSmall && flaw != face.Turned {
		t.Errorf("a good photograph is said to be %s: %+v", flaw, f.Quality)
	}
}

// TestSamePerson compares all pairs of the labelled photographs. They are poor
// (150 pixels, gray, old), so the limits are far wider than on LFW.
func TestSamePerson(t *testing.T) {
	dir := faces(t)
	e := launch(t, engine.Options{})
	ready(t, e)
	people, err := filepath.Glob(filepath.Join(dir, "[a-z]*", "*.jpg"))
	if err != nil || len(people) == 0 {
		t.Skipf("no labelled photographs in %s (%v)", dir, err)
	}
	type shot struct {
		person string
		d      face.Descriptor
	}
	var shots []shot
	var photos int
	for _, path := range people {
		photos++
		// The crops cut the face close: a border lets the detector see it.
		frame := bordered(photograph(t, path), 2)
		found := analyze(t, e, face.Request{Frame: frame, Describe: face.DescribeAll})
		if len(found) == 0 {
			continue
		}
		shots = append(shots, shot{filepath.Base(filepath.Dir(path)), found[0].Descriptor})
	}
	if len(shots) < photos*9/10 {
		t.Errorf("faces found in %d of %d photographs", len(shots), photos)
	}
	var same, different []float64
	for i, a := range shots {
		for _, b := range shots[:i] {
			d := a.d.Distance(&b.d)
			if a.person == b.person {
				same = append(same, d)
			} else {
				different = append(different, d)
			}
		}
	}
	eer, at := equalErrorRate(same, different)
	t.Logf("%d of %d photographs, %d pairs of one person, %d of two: equal error rate %.2f %% at %.3f",
		len(shots), photos, len(same), len(different), 100*eer, at)
	if eer > 0.03 {
		t.Errorf("equal error rate %.3f", eer)
	}
	accepted := 0
	for _, d := range different {
		if d < 0.373 {
			accepted++
		}
	}
	if accepted > len(different)/100 {
		t.Errorf("%d of %d pairs of two people are nearer than 0.373", accepted, len(different))
	}
}

// equalErrorRate is where as many pairs of one person are refused as pairs of two are accepted.
func equalErrorRate(same, different []float64) (rate, at float64) {
	slices.Sort(same)
	slices.Sort(different)
	for i, d := range different {
		accepted := float64(i) / float64(len(different))
		n, _ := slices.BinarySearch(same, d)
		if refused := float64(len(same)-n) / float64(len(same)); accepted >= refused {
			return max(accepted, refused), d
		}
	}
	return 1, 0
}

// bordered enlarges a picture by a factor, by nearest pixels, and sets it on gray.
func bordered(f *camera.Frame, k int) *camera.Frame {
	b := flat(f.W*k*3/2, f.H*k*3/2, 128)
	left, top := (b.W-f.W*k)/2, (b.H-f.H*k)/2
	for y := range f.H * k {
		for x := range f.W * k {
			copy(b.Pix[(top+y)*b.Stride+3*(left+x):][:3], f.Pix[y/k*f.Stride+3*(x/k):][:3])
		}
	}
	return b
}

// TestFollowed shows one person for two seconds, with a clock of its own: one
// track, three descriptors at first and one a second later, searched around the
// last place with the same result as in the whole frame.
func TestFollowed(t *testing.T) {
	frame := photograph(t, filepath.Join(faces(t), "_frames", "obama-480p.jpg"))
	m, err := loadModels("", shapePredictor)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newAnalyst(m)
	if err != nil {
		t.Fatal(err)
	}
	var last uint64
	follow := tracker.New(func() uint64 { last++; return last })
	var first face.Face
	var described []int
	start := time.Date(2026, 9, 1, 7, 30, 0, 0, time.UTC)
	for ms := 0; ms < 2000; ms += 100 {
		r := protocol.Request{W: frame.W, H: frame.H, Camera: "gate"}
		found, err := a.analyze(start.Add(time.Duration(ms)*time.Millisecond), follow, frame.Pix, r)
		if err != nil || len(found) != 1 {
			t.Fatalf("at %d ms: %d faces, %v", ms, len(found), err)
		}
		f := found[0]
		if ms == 0 {
			first = f
		}
		if f.Track != first.Track {
			t.Errorf("at %d ms: track %d became %d", ms, first.Track, f.Track)
		}
		if apart := max(f.Rect.Left-first.Rect.Left, first.Rect.Left-f.Rect.Left); apart > f.Quality.Size/8 {
			t.Errorf("at %d ms: found %d pixels aside", ms, apart)
		}
		if f.Described {
			described = append(described, ms)
			if d := f.Descriptor.Distance(&first.Descriptor); d > 0.25 {
				t.Errorf("at %d ms: the same picture is %.3f away", ms, d)
			}
		}
	}
	if want := []int{0, 100, 200, 1200}; !slices.Equal(described, want) {
		t.Errorf("described at %v ms, want %v", described, want)
	}
}

// TestWishes holds what is described to what was asked, and cameras apart.
func TestWishes(t *testing.T) {
	frame := photograph(t, filepath.Join(faces(t), "_frames", "obama-480p.jpg"))
	e := launch(t, engine.Options{})
	ready(t, e)
	track := analyze(t, e, face.Request{Frame: frame, Camera: "gate"})[0].Track
	if analyze(t, e, face.Request{Frame: frame, Camera: "gate", Describe: face.DescribeNone})[0].Described {
		t.Error("described against the wish")
	}
	if analyze(t, e, face.Request{Frame: frame, Camera: "other"})[0].Track == track {
		t.Error("two cameras share a track")
	}
	one := analyze(t, e, face.Request{Frame: frame})[0].Track
	if analyze(t, e, face.Request{Frame: frame})[0].Track == one {
		t.Error("two pictures without a camera share a track")
	}
}

// TestTooDark keeps pictures that are worth nothing from being described by themselves.
func TestTooDark(t *testing.T) {
	frame := photograph(t, filepath.Join(faces(t), "_frames", "obama-480p.jpg"))
	for i, p := range frame.Pix {
		frame.Pix[i] = p / 8
	}
	e := launch(t, engine.Options{})
	ready(t, e)
	found := analyze(t, e, face.Request{Frame: frame, Camera: "gate"})
	if len(found) != 1 {
		t.Fatalf("%d faces", len(found))
	}
	if flaw := found[0].Quality.Flaw(); flaw != face.TooDark || found[0].Described {
		t.Errorf("%s, described %v: %+v", flaw, found[0].Described, found[0].Quality)
	}
}
