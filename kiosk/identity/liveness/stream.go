package liveness

import (
	"hash/maphash"
	"time"

	"github.com/luohu/ting/devices/camera"
)

// Suspicion is what makes a camera's pictures no living scene's.
type Suspicion string

// The suspicions.
const (
	Unsuspicious Suspicion = ""
	Frozen       Suspicion = "frozen" // the same picture, to the last bit, again and again
	Looped       Suspicion = "looped" // pictures from some time ago come again
)

const (
	frozenFor    = 2 * time.Second
	frozenFrames = 8
	remembered   = 1024 // frames, 68 s at 15 a second
	loopedFrames = 4    // that came again, among the last loopWindow
	loopWindow   = 32
)

// Stream watches a camera's frames. Noise makes every picture of a sensor another
// one, be it of an empty wall; a picture that equals an earlier one in every bit
// was stored and played. The zero value is ready.
type Stream struct {
	seed    maphash.Seed
	started bool
	last    uint64
	since   time.Time // of the first of equal frames
	equal   int       // how many there were
	known   map[uint64]int
	order   [remembered]uint64
	n       int
	again   [loopWindow]bool
}

// Frame looks at one frame. The suspicion holds as long as it is returned. Frames
// without pixels are passed over.
func (s *Stream) Frame(f *camera.Frame) Suspicion {
	if len(f.Pix) == 0 {
		return Unsuspicious
	}
	if !s.started {
		s.seed, s.started, s.known = maphash.MakeSeed(), true, map[uint64]int{}
	}
	h := s.hash(f)
	if h == s.last && s.n > 0 {
		s.equal++
		if s.equal >= frozenFrames && f.Time.Sub(s.since) >= frozenFor {
			return Frozen
		}
		return s.looped()
	}
	s.last, s.since, s.equal = h, f.Time, 1
	s.again[s.n%loopWindow] = s.known[h] > 0
	if s.n >= remembered {
		old := s.order[s.n%remembered]
		if s.known[old]--; s.known[old] == 0 {
			delete(s.known, old)
		}
	}
	s.order[s.n%remembered] = h
	s.known[h]++
	s.n++
	return s.looped()
}

func (s *Stream) looped() Suspicion {
	count := 0
	for _, again := range s.again {
		if again {
			count++
		}
	}
	if count >= loopedFrames {
		return Looped
	}
	return Unsuspicious
}

// hash is of the pixels, not of what may lie between the rows.
func (s *Stream) hash(f *camera.Frame) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for y := range f.H {
		from := y * f.Stride
		_, _ = h.Write(f.Pix[min(from, len(f.Pix)):min(from+3*f.W, len(f.Pix))]) // never fails
	}
	return h.Sum64()
}
