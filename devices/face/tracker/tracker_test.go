package tracker_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/tracker"
)

var start = time.Date(2026, 9, 1, 7, 30, 0, 0, time.UTC)

func at(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

func numbers() func() uint64 {
	var n uint64
	return func() uint64 { n++; return n }
}

func square(left, top, side int) face.Rect {
	return face.Rect{Left: left, Top: top, Right: left + side, Bottom: top + side}
}

func found(rects ...face.Rect) []tracker.Found {
	var f []tracker.Found
	for i, r := range rects {
		f = append(f, tracker.Found{Rect: r, Score: 2 - float64(i)/10})
	}
	return f
}

func tracks(s []tracker.Sighting) []uint64 {
	var ids []uint64
	for _, x := range s {
		ids = append(ids, x.Track)
	}
	return ids
}

// step is one frame: what the plan must be and what is found.
type step struct {
	ms    int
	whole bool
	found []face.Rect
	want  []uint64 // tracks, largest face first
}

func TestFollowing(t *testing.T) {
	a, b := square(100, 100, 100), square(400, 100, 90)
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"nobody is searched everywhere", []step{{0, true, nil, nil}, {10, true, nil, nil}}},
		{"a face is followed around its place", []step{
			{0, true, []face.Rect{a}, []uint64{1}},
			{66, false, []face.Rect{square(115, 105, 102)}, []uint64{1}},
			{133, false, []face.Rect{square(130, 110, 104)}, []uint64{1}},
		}},
		{"a second face is found by the cadence", []step{
			{0, true, []face.Rect{a}, []uint64{1}},
			{249, false, []face.Rect{a}, []uint64{1}},
			{250, true, []face.Rect{b, a}, []uint64{1, 2}},
			{300, false, []face.Rect{a, b}, []uint64{1, 2}},
		}},
		{"a lost face is searched everywhere and found again", []step{
			{0, true, []face.Rect{a}, []uint64{1}},
			{50, false, nil, nil},
			{100, true, []face.Rect{square(120, 110, 100)}, []uint64{1}},
		}},
		{"a face away for long is another", []step{
			{0, true, []face.Rect{a}, []uint64{1}},
			{701, true, []face.Rect{a}, []uint64{2}},
		}},
		{"a face that jumps is another", []step{
			{0, true, []face.Rect{a}, []uint64{1}},
			{50, false, []face.Rect{b}, []uint64{2}},
		}},
		{"two detections of a face are one", []step{
			{0, true, []face.Rect{a, square(105, 103, 100), square(120, 120, 60)}, []uint64{1}},
		}},
		{"a clock set back starts over", []step{
			{1000, true, []face.Rect{a}, []uint64{1}},
			{0, true, []face.Rect{a}, []uint64{2}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := tracker.New(numbers())
			for i, s := range test.steps {
				if whole := len(tr.Plan(at(s.ms), 640, 480)) == 0; whole != s.whole {
					t.Errorf("step %d: the whole frame is searched: %v", i, whole)
				}
				got := tracks(tr.Update(at(s.ms), s.whole, found(s.found...)))
				if diff := cmp.Diff(s.want, got); diff != "" {
					t.Errorf("step %d: tracks (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func TestCrowdIsSearchedWhole(t *testing.T) {
	tr := tracker.New(numbers())
	tr.Plan(start, 640, 480)
	var crowd []face.Rect
	for i := range 5 {
		crowd = append(crowd, square(10+120*i, 100, 100))
	}
	tr.Update(start, true, found(crowd...))
	if plan := tr.Plan(at(10), 640, 480); plan != nil {
		t.Errorf("%d searches, together dearer than one", len(plan))
	}
}

func TestAnotherFrameSizeStartsOver(t *testing.T) {
	tr := tracker.New(numbers())
	tr.Plan(start, 640, 480)
	tr.Update(start, true, found(square(500, 300, 100)))
	if plan := tr.Plan(at(10), 320, 240); plan != nil || tr.Followed() != 0 {
		t.Errorf("plan %v, %d followed", plan, tr.Followed())
	}
}

// TestShots wants three descriptors of a new track and one a second later on.
func TestShots(t *testing.T) {
	tr := tracker.New(numbers())
	rect := square(100, 100, 100)
	d := face.Descriptor{1}
	var shots []int
	for ms := 0; ms < 2500; ms += 100 {
		tr.Plan(at(ms), 640, 480)
		s := tr.Update(at(ms), true, found(rect))
		if s[0].Due {
			shots = append(shots, ms)
			tr.Described(at(ms), s[0].Track, &d)
		}
	}
	if diff := cmp.Diff([]int{0, 100, 200, 1200, 2200}, shots); diff != "" {
		t.Errorf("described at (-want +got):\n%s", diff)
	}
}

// TestSwapped puts another face in the place of the first: it gets a track of its own.
func TestSwapped(t *testing.T) {
	tr := tracker.New(numbers())
	rect := square(100, 100, 100)
	tr.Plan(start, 640, 480)
	id := tr.Update(start, true, found(rect))[0].Track
	one, alike, other := face.Descriptor{1}, face.Descriptor{0.99, 0.141}, face.Descriptor{0, 1}
	if got := tr.Described(start, id, &one); got != id {
		t.Errorf("the first descriptor changes track %d to %d", id, got)
	}
	if got := tr.Described(at(1), id, &alike); got != id {
		t.Errorf("a near descriptor changes track %d to %d", id, got)
	}
	swapped := tr.Described(at(2), id, &other)
	if swapped == id {
		t.Fatal("a far descriptor changes nothing")
	}
	s := tr.Update(at(3), true, found(rect))
	if s[0].Track != swapped || !s[0].Due {
		t.Errorf("afterwards %+v, want track %d, due again", s[0], swapped)
	}
	if got := tr.Described(at(4), 999, &one); got != 999 {
		t.Errorf("an unknown track becomes %d", got)
	}
}

// TestAlways holds for whatever is found.
func TestAlways(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := tracker.New(numbers())
		now := start
		for range rapid.IntRange(1, 20).Draw(t, "frames") {
			now = now.Add(time.Duration(rapid.IntRange(0, 900).Draw(t, "ms")) * time.Millisecond)
			w, h := rapid.IntRange(1, 4096).Draw(t, "w"), rapid.IntRange(1, 4096).Draw(t, "h")
			plan := tr.Plan(now, w, h)
			for _, s := range plan {
				if s.Area.Left < 0 || s.Area.Top < 0 || s.Area.Right > w || s.Area.Bottom > h || s.Shrink < 1 {
					t.Fatalf("search %+v leaves the frame of %d×%d", s, w, h)
				}
			}
			var rects []face.Rect
			for range rapid.IntRange(0, 6).Draw(t, "faces") {
				rects = append(rects, square(rapid.IntRange(-100, w).Draw(t, "x"), rapid.IntRange(-100, h).Draw(t, "y"), rapid.IntRange(1, 800).Draw(t, "side")))
			}
			seen := map[uint64]bool{}
			for _, s := range tr.Update(now, len(plan) == 0, found(rects...)) {
				if seen[s.Track] {
					t.Fatalf("two faces share track %d", s.Track)
				}
				seen[s.Track] = true
			}
		}
	})
}
