package district

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkPicture renders one frame at 640×480 as a person comes nearer, and
// the empty place. Figures in the comments are of one core of a small server.
func BenchmarkPicture(b *testing.B) {
	s := newStage(640, 480)
	id := Person(1)
	k := walk{seed: liveSeeds, length: 4 * time.Second, near: 100}
	for _, at := range []time.Duration{0, 700 * time.Millisecond, 2 * time.Second} { // 1.2, 1.9 and 5.5 ms
		st, l, _ := k.at(at, 640, 480)
		b.Run(fmt.Sprintf("scale=%.0f", st.scale), func(b *testing.B) {
			s.picture([]actor{{id, st, l}}, false, 0)
			b.ReportAllocs()
			for i := range b.N {
				s.picture([]actor{{id, st, l}}, false, uint64(i))
			}
		})
	}
	b.Run("empty", func(b *testing.B) { // 3 ns
		for i := range b.N {
			s.picture(nil, false, uint64(i))
		}
	})
}

// BenchmarkNewFigure builds an identity's meshes: 50 ms, once when it first comes.
func BenchmarkNewFigure(b *testing.B) {
	id := Person(1)
	for b.Loop() {
		newFigure(id)
	}
}

// BenchmarkNewScenery paints the place: 150 ms, once for each size.
func BenchmarkNewScenery(b *testing.B) {
	for b.Loop() {
		newScenery(640, 480)
	}
}
