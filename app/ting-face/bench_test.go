package main

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
)

// BenchmarkFrame measures a frame of 640×480 with one face, through the process
// and back, as the terminal sees it. On two busy cores of an EPYC (Zen 4):
//
//	first-sight        searched whole, described          p50 20 ms, p99 25 ms
//	tracked            searched around the last place     p50 4.7 ms
//	tracked-described  the same, described                p50 12 ms
//	nobody             searched whole                     p50 11 ms
func BenchmarkFrame(b *testing.B) {
	whole := photograph(b, filepath.Join(faces(b), "_frames", "obama-480p.jpg"))
	frame := cropped(whole, 640, 480)
	e := launch(b, engine.Options{})
	ready(b, e)
	for _, test := range []struct {
		name    string
		request face.Request
		faces   int
	}{
		{"first-sight", face.Request{Frame: frame, Describe: face.DescribeAll}, 1},
		{"tracked", face.Request{Frame: frame, Describe: face.DescribeNone, Camera: "a"}, 1},
		{"tracked-described", face.Request{Frame: frame, Describe: face.DescribeAll, Camera: "b"}, 1},
		{"nobody", face.Request{Frame: flat(640, 480, 100), Camera: "c"}, 0},
	} {
		b.Run(test.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if found := analyze(b, e, test.request); len(found) != test.faces {
					b.Fatalf("%d faces", len(found))
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// cropped is the middle of a picture.
func cropped(f *camera.Frame, w, h int) *camera.Frame {
	c := flat(w, h, 0)
	left, top := (f.W-w)/2, (f.H-h)/2
	for y := range h {
		copy(c.Pix[y*c.Stride:(y+1)*c.Stride], f.Pix[(top+y)*f.Stride+3*left:])
	}
	return c
}
