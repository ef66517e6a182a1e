package shell

import (
	"testing"

	"github.com/luohu/ting/app/shell/sample"
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
