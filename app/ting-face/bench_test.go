package main

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/devices/face/protocol"
)

// standing is frames of somebody who stands before the camera.
func standing(w, h int) []*camera.Frame {
	var at []district.Attitude
	for i := range 8 {
		at = append(at, district.Attitude{Yaw: 0.01 * float64(i%3), X: float64(i % 4)})
	}
	return district.Sequence(district.Person(1), 1, w, h, at)
}

// BenchmarkFrame measures a frame with one face, through the process and back, as
// the terminal sees it: from frame to what the decision needs. Targets on two cores
// are 33 ms for a first sight at 640×480 and 9 ms for a tracked face. On two busy
// cores of an EPYC (Zen 4), at 640×480:
//
//	first-sight        searched whole, described          p50 20 ms, p99 25 ms
//	tracked            searched around the last place     p50 4.7 ms
//	tracked-described  the same, described                p50 12 ms
//	nobody             searched whole                     p50 11 ms
func BenchmarkFrame(b *testing.B) {
	e := launch(b, engine.Options{})
	ready(b, e)
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		frames := standing(size[0], size[1])
		empty := []*camera.Frame{flat(size[0], size[1], 100)}
		for _, test := range []struct {
			name    string
			frames  []*camera.Frame
			request face.Request
			faces   int
		}{
			{"first-sight", frames, face.Request{Describe: face.DescribeAll, FullScan: true, Camera: "f"}, 1},
			{"tracked", frames, face.Request{Describe: face.DescribeNone, Camera: "a"}, 1},
			{"tracked-described", frames, face.Request{Describe: face.DescribeAll, Camera: "b"}, 1},
			{"nobody", empty, face.Request{Camera: "c"}, 0},
		} {
			b.Run(fmt.Sprintf("%dx%d/%s", size[0], size[1], test.name), func(b *testing.B) {
				var took []time.Duration
				for i := 0; b.Loop(); i++ {
					r := test.request
					r.Frame = test.frames[i%len(test.frames)]
					began := time.Now()
					if found := analyze(b, e, r); len(found) != test.faces {
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
}

// BenchmarkFramesPerSecond lets cameras share one engine, each with a face that is
// described in every frame, the most that there is to do: one camera, and as many as
// the engine has processors.
func BenchmarkFramesPerSecond(b *testing.B) {
	e := launch(b, engine.Options{})
	ready(b, e)
	frames := standing(640, 480)
	for _, cameras := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("cameras=%d", cameras), func(b *testing.B) {
			began := time.Now()
			var all sync.WaitGroup
			for c := range cameras {
				all.Go(func() {
					for i := c; i < b.N; i += cameras {
						r := face.Request{Frame: frames[i%len(frames)], Camera: fmt.Sprint("camera ", c), Describe: face.DescribeAll}
						if _, err := e.Analyze(b.Context(), r); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "frames/s")
		})
	}
}

// BenchmarkCrowd is the most that one picture can ask for: more faces than the engine
// answers with, all described, and a thousand in the largest picture there is.
func BenchmarkCrowd(b *testing.B) {
	e := launch(b, engine.Options{RequestTimeout: time.Minute})
	ready(b, e)
	for name, picture := range map[string]*camera.Frame{
		"seventy": crowd(1920, 1080, 160), "thousand": crowd(protocol.MaxSide, protocol.MaxSide, 128),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				analyze(b, e, face.Request{Frame: picture, Describe: face.DescribeAll})
			}
		})
	}
}
