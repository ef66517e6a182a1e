package shell

import (
	"fmt"
	"testing"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk/view"
)

// BenchmarkPageToDrawn: 0.9 ms laid out, 220 ms drawn (on a loaded machine). From Present of another page to the finished picture on
// the test driver's software canvas, 1080×1920; the window of a terminal is
// drawn by OpenGL. Without the canvas ("laid out") it is what the loop is held.
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

// BenchmarkMapGround draws a town of 200 houses and streets at 1080×1920, as a
// zoom does away from the loop: 28 ms. "moved" is what a finger costs the loop
// instead, names and markers included, until the map is drawn anew: 2.7 ms.
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

// BenchmarkScrollRows moves a list of 100,000 rows by one row, laid out: 0.5 ms on
// a loaded machine, nearly all of it the measuring of words not seen before. The
// baseline, a list of 10,000, costs the same: only what is on screen exists.
func BenchmarkScrollRows(b *testing.B) {
	for _, many := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(many), func(b *testing.B) {
			h := newBench(b, nil)
			items := make([]view.ListItem, many)
			for i := range items {
				items[i] = view.ListItem{Title: view.Same(fmt.Sprint("row ", i))}
			}
			h.present(view.Page{ID: "p", Body: []view.Node{view.List{Items: items}}})
			rows := h.s.page.order[0].(*list).rows
			i := 0
			for b.Loop() {
				i = (i + 1) % many
				rows.at(i)
			}
		})
	}
}
