package shell

import (
	"fmt"
	"testing"

	"github.com/luohu/ting/app/shell/sample"
)

// BenchmarkPageToDrawn: 0.45 ms of a processor laid out. From Present of another page to the
// finished picture on the test driver's software canvas, 1080×1920; the window of a
// terminal is drawn by OpenGL, which fyne-tests/figures measures. Without the canvas
// ("laid out") it is what the loop is held.
func BenchmarkPageToDrawn(b *testing.B) {
	idle, _ := sample.Find("gate-idle")
	welcome, _ := sample.Find("gate-welcome")
	for _, drawn := range []bool{false, true} {
		name := "laid out"
		if drawn {
			name = "drawn"
		}
		b.Run(name, func(b *testing.B) {
			h := newBench(b, func(o *Options) { o.Viewfinder = samplePicture() })
			n := 0
			for b.Loop() {
				n++
				if n%2 == 0 {
					h.present(idle)
				} else {
					h.present(welcome)
				}
				if drawn {
					h.s.window.Canvas().Capture()
				}
			}
		})
	}
}

// BenchmarkMapGround: 67 ms of a processor drawn, 3.1 moved. A town of 200 houses
// and streets at 1080×1920, drawn as a zoom does away from the loop. "moved" is what
// a finger costs the loop instead, twice and names and markers included, until the
// map is drawn anew: it must stay well below the 16 ms of a frame.
func BenchmarkMapGround(b *testing.B) {
	h := newBench(b, nil)
	h.sample("map")
	m := h.s.page.order[0].(*mapNode)
	b.Run("drawn", func(b *testing.B) {
		for b.Loop() {
			drawGround(m.look.Theme, m.node.Layers, m.shapes, m.wanted, 1)
		}
	})
	b.Run("moved", func(b *testing.B) {
		for b.Loop() {
			m.pull(1, 0)
			m.pull(-1, 0)
			m.draw(int(m.frame.w), int(m.frame.h))
		}
	})
}

// BenchmarkScrollFrame: 0.04 ms with 100,000 rows, 0.06 with 100. One frame of a
// list gliding under a thrown finger: the rows are moved and those that come into
// sight are filled. The baseline is a list of 100 rows; 100,000 must not be slower.
func BenchmarkScrollFrame(b *testing.B) {
	for _, rows := range []int{100, 100_000} {
		b.Run(fmt.Sprint(rows, " rows"), func(b *testing.B) {
			h := newBench(b, nil)
			h.present(manyRows(rows))
			r := h.s.page.order[0].(*list).rows
			const step = 60 // what a quick swipe moves in 16 ms
			at, by := float32(0), float32(step)
			for b.Loop() {
				if at+by < 0 || at+by > r.most() {
					by = -by
				}
				at += by
				r.glide.scroll(at)
			}
		})
	}
}

// BenchmarkKeyToCandidates: 1.0 ms for a letter, 0.5 for a digit. A touch on a
// key of the board, to the candidates laid out above it and the letters in the
// field: what the loop is held by one letter of an address of ten characters. The
// baseline is a digit, which brings no candidates.
func BenchmarkKeyToCandidates(b *testing.B) {
	b.Run("digit", func(b *testing.B) {
		h := newBench(b, kiosk1)
		h.sample("keys-address")
		for b.Loop() {
			h.s.page.key("7")
			if len(h.s.page.active.value) > 20 {
				h.s.page.active.empty()
			}
		}
	})
	b.Run("letter", func(b *testing.B) {
		h := newBench(b, kiosk1)
		h.sample("keys-address")
		const letters = "beijingshichaoyangqujianguolu"
		n := 0
		for b.Loop() {
			h.s.page.key(letters[n%len(letters) : n%len(letters)+1])
			if n++; n%len(letters) == 0 {
				h.s.page.discard()
			}
		}
	})
}
