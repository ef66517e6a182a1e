package main

import (
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/devices/face/protocol"
)

// crowd is a collage of as many rendered faces as there is room for, each on a tile.
func crowd(w, h, tile int) *camera.Frame {
	const from = 256 // pixels of a portrait's head
	var faces []*camera.Frame
	for n := range 8 {
		faces = append(faces, part(district.Portraits(district.Person(n+1), 1)[0], image.Rect(192, 112, 192+from, 112+from)))
	}
	c := flat(w, h, 90)
	for y := range h / tile * tile {
		for x := range w / tile * tile {
			f := faces[(x/tile+3*(y/tile))%len(faces)]
			copy(c.Pix[y*c.Stride+3*x:][:3], f.Pix[y%tile*from/tile*f.Stride+3*(x%tile*from/tile):])
		}
	}
	return c
}

// resident is the memory that a process holds, in MB.
func resident(t *testing.T, pid int) float64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return float64(pages) * float64(os.Getpagesize()) / (1 << 20)
}

// TestCrowd shows more faces at once than an answer holds, and a thousand: the answer
// is within the protocol's bounds, and the engine lives on within its own.
// BenchmarkCrowd says how long it takes.
func TestCrowd(t *testing.T) {
	e := launch(t, engine.Options{RequestTimeout: time.Minute})
	before := ready(t, e)
	seventy, thousand := crowd(1920, 1080, 160), crowd(protocol.MaxSide, protocol.MaxSide, 128)
	for _, test := range []struct {
		name    string
		request face.Request
		least   int
	}{
		{"seventy", face.Request{Frame: seventy, Camera: "gate"}, 40},
		{"seventy on a photograph", face.Request{Frame: seventy}, 40},
		{"a thousand, too small once the picture is shrunk", face.Request{Frame: thousand}, 0},
	} {
		found := analyze(t, e, test.request)
		if len(found) < test.least || len(found) > protocol.MaxFaces {
			t.Errorf("%s: %d faces", test.name, len(found))
		}
		described := 0
		for _, f := range found {
			if f.Described {
				described++
			}
		}
		if described > mostDescribed || described == 0 && test.least > 0 {
			t.Errorf("%s: %d faces described in one frame", test.name, described)
		}
	}
	if after := e.Status(); after.PID != before.PID {
		t.Errorf("the engine was replaced: %+v", after)
	}
	if mb := resident(t, before.PID); mb > 1200 {
		t.Errorf("the engine holds %.0f MB", mb)
	}
}

// TestSoak lets three cameras of different sizes show people, noise and nobody, and
// wants the engine's memory not to grow. It is short; TING_SOAK=30m makes it long.
func TestSoak(t *testing.T) {
	e := launch(t, engine.Options{RequestTimeout: time.Minute})
	pid := ready(t, e).PID
	scenes := map[string][]*camera.Frame{
		"east":  standing(640, 480),
		"west":  append(standing(320, 240), flat(320, 240, 60), noise(320, 240, 1), noise(320, 240, 2)),
		"photo": {flat(1, 1, 9), noise(97, 3, 3), district.Portraits(district.Person(2), 1)[0]},
	}
	round := func(n int) {
		for name, frames := range scenes {
			r := face.Request{Frame: frames[n%len(frames)], Camera: name, Describe: face.Describe(n % 3)}
			if name == "photo" {
				r.Camera = ""
			}
			analyze(t, e, r)
		}
	}
	warm, rounds := 12, 40
	long := time.Duration(0)
	if s := os.Getenv("TING_SOAK"); s != "" {
		var err error
		if long, err = time.ParseDuration(s); err != nil {
			t.Fatalf("TING_SOAK=%q: %v", s, err)
		}
		warm = 300
	}
	for n := range warm {
		round(n)
	}
	before := resident(t, pid)
	began := time.Now()
	n := 0
	for ; n < rounds || time.Since(began) < long; n++ {
		round(n)
	}
	after := resident(t, pid)
	t.Logf("%d frames of three scenes: %.1f MB, then %.1f MB", 3*n, before, after)
	if after > before+24 {
		t.Errorf("the engine grew from %.0f to %.0f MB", before, after)
	}
	if e.Status().PID != pid {
		t.Errorf("the engine was replaced: %+v", e.Status())
	}
}

// noise is a frame of nothing but noise.
func noise(w, h int, seed uint64) *camera.Frame {
	f := flat(w, h, 0)
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range f.Pix {
		f.Pix[i] = byte(r.Uint32())
	}
	return f
}
