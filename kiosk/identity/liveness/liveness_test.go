package liveness

import (
	"math"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk/identity/liveness/livenesstest"
)

// view is what one frame of a scene shows.
type view struct {
	yaw   float64
	paper bool
	gone  bool
	track uint64
	two   bool
}

func (v view) faces() []face.Face {
	if v.gone {
		return nil
	}
	f := face.Face{Track: v.track, HasLandmarks: true, Landmarks: livenesstest.Head(v.yaw)}
	if v.paper {
		f.Landmarks = livenesstest.Print(v.yaw)
	}
	f.Quality.Size = 150
	if v.two {
		g := f
		g.Quality.Size = 140
		return []face.Face{f, g}
	}
	return []face.Face{f}
}

// sweep is a turn from a yaw to another in n frames.
func sweep(from, to float64, n int, change ...func(*view)) (all []view) {
	for i := range n {
		v := view{yaw: from + (to-from)*float64(i)/float64(n-1)}
		for _, c := range change {
			c(&v)
		}
		all = append(all, v)
	}
	return all
}

func join(parts ...[]view) (all []view) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func onPaper(v *view)       { v.paper = true }
func another(v *view)       { v.track = 7 }
func away(v *view)          { v.gone = true }
func twoPeople(v *view)     { v.two = true }
func still(n int) []view    { return sweep(0, 0.001, n) }
func nobody(n int) []view   { return sweep(0, 0, n, away) }
func toTheRight() []view    { return sweep(0, 0.6, 10) } // in the picture: the person's left
func toTheLeft() []view     { return sweep(0, -0.6, 10) }
func onlyALittle() []view   { return sweep(0, 0.15, 10) }
func otherPerson() []view   { return sweep(0.1, 0.6, 8, another) }
func paperTurned() []view   { return sweep(0, 0.9, 12, onPaper) }
func paperStraight() []view { return sweep(0, 0.01, 5, onPaper) }

func TestChallenge(t *testing.T) {
	for _, test := range []struct {
		name  string
		side  Side
		shown []view
		want  State
		why   string
	}{
		{"turns to the left as asked", Left, join(still(5), toTheRight()), Passed, ""},
		{"turns to the right as asked", Right, join(still(5), toTheLeft()), Passed, ""},
		{"turns to the other side", Left, join(still(5), toTheLeft()), Failed, WhySide},
		{"turns a little", Left, join(still(5), onlyALittle(), sweep(0.15, 0.15, 200)), Failed, WhyTime},
		{"never looks straight", Left, sweep(0.5, 0.6, 200), Turn, ""},
		{"looks straight after a while", Left, join(sweep(0.5, 0.1, 8), still(4), toTheRight()), Passed, ""},
		{"is lost by the detector for a moment", Left, join(still(5), sweep(0, 0.2, 4), nobody(4), sweep(0.25, 0.6, 6)), Passed, ""},
		{"goes away", Left, join(still(5), nobody(15)), Failed, WhyGone},
		{"another takes over", Left, join(still(5), otherPerson()), Failed, WhyOther},
		{"a second face comes", Left, join(still(5), sweep(0, 0.6, 10, twoPeople)), Failed, WhySecond},
		{"two who become one", Left, join(sweep(0, 0, 5, twoPeople), still(5), toTheRight()), Passed, ""},
		{"a print, turned", Left, join(paperStraight(), paperTurned(), sweep(0.9, 0.9, 200, onPaper)), Failed, WhyTime},
		{"a print of one who looks aside takes a print's place", Left, join(still(5), sweep(0.6, 0.61, 5)), Failed, WhyJump},
		{"nobody at all", Left, nobody(300), Failed, WhyTime},
	} {
		c := New(test.side, Defaults())
		now := time.Unix(0, 0)
		if test.want == Turn { // neither passed nor failed before the time is over
			test.shown = test.shown[:50]
		}
		var s State
		for _, v := range test.shown {
			now = now.Add(100 * time.Millisecond)
			s = c.Frame(now, v.faces(), 0.65)
		}
		if test.want == Turn {
			if s != Facing {
				t.Errorf("%s: %s", test.name, s)
			}
			continue
		}
		if got, why := c.State(); got != test.want || why != test.why {
			t.Errorf("%s: %s (%s), want %s (%s)", test.name, got, why, test.want, test.why)
		}
		if p := c.Progress(); test.want == Passed && p != 1 {
			t.Errorf("%s: progress %g", test.name, p)
		}
		if after := c.Frame(now, nil, 0.65); after != s {
			t.Errorf("%s: %s became %s", test.name, s, after)
		}
	}
}

// TestFlat: what moves like a turn but is explained by a plane is refused.
func TestFlat(t *testing.T) {
	l := Defaults()
	l.Turn = 0.02 // so that the sheet's perspective is a turn
	l.OnWay = 0
	c := New(Left, l)
	now := time.Unix(0, 0)
	for _, v := range join(paperStraight(), sweep(0, 0.9, 12, onPaper)) {
		now = now.Add(100 * time.Millisecond)
		c.Frame(now, v.faces(), 0.65)
	}
	c2 := New(Right, l)
	for _, v := range join(paperStraight(), sweep(0, 0.9, 12, onPaper)) {
		now = now.Add(100 * time.Millisecond)
		c2.Frame(now, v.faces(), 0.65)
	}
	_, why := c.State()
	_, why2 := c2.State()
	if why != WhyFlat && why2 != WhyFlat {
		t.Errorf("a sheet: %q and %q", why, why2)
	}
}

// TestUnexplained: a sheet at any angle is explained, a turned head is not.
func TestUnexplained(t *testing.T) {
	shapeOf := func(l [68]face.Point) *shape {
		s, ok := newShape(&l)
		if !ok {
			t.Fatal("no shape")
		}
		return &s
	}
	for _, yaw := range []float64{-0.9, -0.3, 0.2, 0.7} {
		if r := unexplained(shapeOf(livenesstest.Print(0)), shapeOf(livenesstest.Print(yaw))); r > 1e-3 {
			t.Errorf("a sheet turned by %g leaves %g", yaw, r)
		}
	}
	if r := unexplained(shapeOf(livenesstest.Head(0)), shapeOf(livenesstest.Head(0.5))); r < Defaults().Flat {
		t.Errorf("a head leaves %g", r)
	}
	var same [68]face.Point
	if _, ok := newShape(&same); ok {
		t.Error("points in one place have a shape")
	}
	same[0].X = float32(math.NaN())
	for i := range same {
		same[i] = face.Point{X: float32(math.NaN())}
	}
	if _, ok := newShape(&same); ok {
		t.Error("no numbers have a shape")
	}
	var line [68]face.Point
	for i := range line {
		line[i] = face.Point{X: float32(i), Y: float32(i)}
	}
	if r := unexplained(shapeOf(line), shapeOf(livenesstest.Head(0))); r != 0 {
		t.Errorf("a line has depth %g", r)
	}
}

func TestRandomSide(t *testing.T) {
	var n [2]int
	for range 1000 {
		n[RandomSide()]++
	}
	if n[Left] < 400 || n[Right] < 400 {
		t.Errorf("%v of 1000", n)
	}
}

// TestStream: stored pictures are told from a sensor's.
func TestStream(t *testing.T) {
	picture := func(n byte) []byte { return []byte{n, 1, 2, 3, 4, 5, 0, 0, n, 1, 2, 3, 4, 5, 0, 0} }
	play := func(frames int, content func(i int) byte, padding bool) (last Suspicion, first int) {
		var s Stream
		first = -1
		for i := range frames {
			f := &camera.Frame{W: 2, H: 2, Stride: 8, Pix: picture(content(i)), Time: time.Unix(0, 0).Add(time.Duration(i) * 100 * time.Millisecond)}
			if padding {
				f.Pix[7] = byte(i) // between the rows
			}
			if last = s.Frame(f); last != Unsuspicious && first < 0 {
				first = i
			}
		}
		return last, first
	}
	if s, at := play(200, func(i int) byte { return byte(i) }, false); s != Unsuspicious {
		t.Errorf("always new: %s from %d on", s, at)
	}
	if s, at := play(60, func(int) byte { return 9 }, true); s != Frozen || at < 19 || at > 22 {
		t.Errorf("frozen: %q from frame %d on, want 2 s", s, at)
	}
	if s, at := play(60, func(i int) byte { return byte(i % 25) }, false); s != Looped || at > 30 {
		t.Errorf("a loop of 25 frames: %q from %d on", s, at)
	}
	if s, at := play(60, func(i int) byte { return byte(i / 5) }, false); s != Unsuspicious {
		t.Errorf("a camera at a fifth of the rate: %s from %d on", s, at)
	}
	if s, at := play(80, func(i int) byte { return byte(max(0, i-40)) }, false); s != Unsuspicious || at < 0 {
		t.Errorf("frozen, then living again: %q", s)
	}
	var s Stream
	for range 100 {
		if s.Frame(&camera.Frame{W: 640, H: 480}) != Unsuspicious {
			t.Fatal("frames without pixels are suspicious")
		}
	}
}

// TestStreamForgets keeps its memory within bounds over a day.
func TestStreamForgets(t *testing.T) {
	var s Stream
	for i := range 10 * remembered {
		s.Frame(&camera.Frame{W: 1, H: 1, Stride: 3, Pix: []byte{byte(i), byte(i >> 8), byte(i >> 16)}})
	}
	if len(s.known) > remembered {
		t.Errorf("%d pictures remembered", len(s.known))
	}
}
