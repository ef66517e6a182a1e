package liveness_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/devices/face/photo"
	"github.com/luohu/ting/kiosk/identity/liveness"
	"github.com/luohu/ting/kiosk/identity/scores"
)

// The measurement behind the table in the README of kiosk/identity, in the terms of
// ISO/IEC 30107-3: presentation attack instruments (PAI) by species, APCER and BPCER.
//
//	TING_LIVENESS=200 go test -v -timeout 2h -run TestPresentationAttacks ./kiosk/identity/liveness
//
// makes 200 attempts of each kind; without the variable it makes a few, and holds
// them to what the README promises. TING_FACES names a folder of photographs whose
// prints are attacks too.

const (
	fps    = 10
	frames = 32 // of an attempt: 3.2 s
)

// attempt is a presentation: the frames that the camera sees when a turn to the side
// is asked for.
type attempt func(r *rand.Rand, who int, asked liveness.Side) []*camera.Frame

// species are kinds of presentation. attack is false for living people.
var species = []struct {
	name   string
	attack bool
	always bool // also in the short run
	make   attempt
	least  float64 // part of the presentations that is to be decided rightly
}{
	{"living person, turns as asked", false, true, turns(1), 0.8},
	{"print, held", true, false, printed(held), 1},
	{"print, moved and rotated", true, false, printed(moved), 1},
	{"print, tilted to the side", true, true, printed(tilted), 0.95},
	{"print, bent and tilted", true, false, printed(bent), 0.9},
	{"still on a screen, tilted", true, false, printed(screen), 0.95},
	{"prints exchanged, straight for turned", true, true, exchanged, 0.95},
	{"print of a real photograph, tilted", true, false, nil, 0.95},
	{"print of a real photograph, bent and tilted", true, false, nil, 0.9},
	{"video of a turn, to either side", true, false, video, 0},
	{"living person who turns to the other side", false, false, turns(-1), 0},
}

func TestPresentationAttacks(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the face engine")
	}
	e := start(t)
	n, full := 1, false
	if s := os.Getenv("TING_LIVENESS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil || n < 1 {
			t.Fatalf("TING_LIVENESS=%q: a number of attempts", s)
		}
		full = true
	}
	photographs := photographed(t)
	for i, kind := range species {
		if !full && !kind.always {
			continue
		}
		make := kind.make
		if make == nil {
			if len(photographs) == 0 {
				t.Logf("%-46s no photographs: set TING_FACES", kind.name)
				continue
			}
			make = ofPhotographs(photographs, []motion{tilted, bent}[i%2])
		}
		t.Run(kind.name, func(t *testing.T) {
			passed, whys := 0, map[string]int{}
			var mu sync.Mutex
			var all sync.WaitGroup
			for lane := range 2 {
				all.Go(func() {
					for k := lane; k < n; k += 2 {
						r := rand.New(rand.NewPCG(uint64(k), uint64(i)))
						asked := liveness.Side(r.IntN(2))
						state, why := present(t, e, fmt.Sprintf("%d/%d", i, lane), asked, make(r, k, asked))
						mu.Lock()
						if state == liveness.Passed {
							passed++
						} else {
							whys[why]++
						}
						mu.Unlock()
					}
				})
			}
			all.Wait()
			rate, wrong := "BPCER", n-passed
			if kind.attack {
				rate, wrong = "APCER", passed
			}
			est := scores.NewEstimate(uint64(wrong), uint64(n))
			t.Logf("%-46s %s %5.1f %% (%d of %d; %.1f to %.1f)  %v", kind.name, rate, 100*est.Rate, wrong, n, 100*est.Low, 100*est.High, whys)
			if right := 1 - est.Rate; right < kind.least && (n >= 20 || wrong > 1) {
				t.Errorf("%s: %.0f %% decided rightly, the README promises %.0f %%", kind.name, 100*right, 100*kind.least)
			}
		})
	}
}

// present plays frames to a challenge.
func present(t *testing.T, e face.Engine, name string, asked liveness.Side, shown []*camera.Frame) (liveness.State, string) {
	c := liveness.New(asked, liveness.Defaults())
	began := time.Unix(1_800_000_000, 0)
	for i, f := range shown {
		faces, err := e.Analyze(t.Context(), face.Request{Frame: f, Camera: name, Describe: face.DescribeNone})
		if err != nil {
			t.Error(err)
			break
		}
		for i := range faces {
			// The scene has one face. How long the engine keeps a track it measures on the
			// clock of the wall, which this does not keep.
			faces[i].Track = 1
		}
		if s := c.Frame(began.Add(time.Duration(i)*time.Second/fps), faces, 0.65); s == liveness.Passed || s == liveness.Failed {
			return c.State()
		}
	}
	c.Frame(began.Add(time.Minute), nil, 0.65) // the time is over
	return c.State()
}

// smooth is a movement from 0 to 1 between two times.
func smooth(x, from, to float64) float64 {
	p := max(0, min(1, (x-from)/(to-from)))
	return p * p * (3 - 2*p)
}

// turning is how a head turns: it sways, looks ahead for a while, and turns by 31 to
// 43 degrees (people turn until the page says that it is enough), in some time.
func turning(r *rand.Rand, direction float64) []district.Attitude {
	angle, begins, takes := 0.55+0.2*r.Float64(), 0.6+0.3*r.Float64(), 0.8+0.8*r.Float64()
	yaw, pitch := 0.05*r.NormFloat64(), 0.04*r.NormFloat64()
	at := make([]district.Attitude, frames)
	for i := range at {
		s := float64(i) / fps
		p := smooth(s, begins, begins+takes)
		at[i] = district.Attitude{
			Yaw:   yaw + 0.015*math.Sin(3*s) + direction*angle*p,
			Pitch: pitch + 0.02*math.Sin(2*s+1) + 0.05*p*r.Float64(),
			Roll:  0.02 * math.Sin(2*s),
			X:     6 * math.Sin(1.5*s), Y: 3 * math.Sin(2*s), Scale: 0.95 + 0.1*r.Float64()*0.1,
			Blink: i%29 == 17,
		}
	}
	return at
}

func towards(side liveness.Side) float64 {
	if side == liveness.Left {
		return 1 // the person's left is right in the picture
	}
	return -1
}

func someone(who int) *district.Identity { return district.Person(who%district.People() + 1) }

func turns(sense float64) attempt {
	return func(r *rand.Rand, who int, asked liveness.Side) []*camera.Frame {
		return district.Sequence(someone(who), r.Uint64(), 640, 480, turning(r, sense*towards(asked)))
	}
}

// video is a film of a turn, made before the side was drawn.
func video(r *rand.Rand, who int, _ liveness.Side) []*camera.Frame {
	return district.Sequence(someone(who), r.Uint64(), 640, 480, turning(r, float64(2*r.IntN(2)-1)))
}

// exchanged shows a print of a straight face and then one of a turned face.
func exchanged(r *rand.Rand, who int, asked liveness.Side) []*camera.Frame {
	seed := r.Uint64()
	stills := district.Sequence(someone(who), seed, 640, 480, []district.Attitude{{}, {Yaw: towards(asked) * 0.5}})
	shown := sheets(r, stills[0], held, asked)
	return append(shown[:15], sheets(r, stills[1], held, asked)[15:]...)
}

// motion is how a sheet is held at a time: how it is turned, bent, placed, and what
// the print or screen adds.
type motion func(r *rand.Rand) func(s float64, direction float64) sheet

type sheet struct {
	yaw, pitch, roll, scale, x, y float64
	bend                          float64 // depth that the sheet's middle stands out, in half widths
	screen                        bool
}

// tremor is what a hand does.
func tremor(r *rand.Rand, size float64) func(s float64) sheet {
	a, b := 6*r.Float64(), 6*r.Float64()
	return func(s float64) sheet {
		return sheet{
			yaw: 0.03 * size * math.Sin(2*s+a), pitch: 0.03 * size * math.Sin(2.3*s+b), roll: 0.02 * size * math.Sin(1.7*s+a),
			scale: 1 + 0.02*size*math.Sin(s+b), x: 4 * size * math.Sin(3*s+a), y: 3 * size * math.Sin(2.6*s+b),
		}
	}
}

func held(r *rand.Rand) func(s, direction float64) sheet {
	hand := tremor(r, 1)
	return func(s, _ float64) sheet { return hand(s) }
}

func moved(r *rand.Rand) func(s, direction float64) sheet {
	hand := tremor(r, 3)
	return func(s, direction float64) sheet {
		h := hand(s)
		p := smooth(s, 0.8, 2)
		h.roll += 0.3 * direction * p
		h.x += 60 * direction * p
		h.scale += 0.15 * p
		return h
	}
}

func tilted(r *rand.Rand) func(s, direction float64) sheet {
	hand := tremor(r, 1)
	angle, begins, takes := 0.5+0.45*r.Float64(), 0.6+0.4*r.Float64(), 0.5+r.Float64()
	return func(s, direction float64) sheet {
		h := hand(s)
		h.yaw += direction * angle * smooth(s, begins, begins+takes)
		return h
	}
}

func bent(r *rand.Rand) func(s, direction float64) sheet {
	turn, bend := tilted(r), 0.25+0.35*r.Float64()
	return func(s, direction float64) sheet {
		h := turn(s, direction)
		h.bend = bend
		return h
	}
}

func screen(r *rand.Rand) func(s, direction float64) sheet {
	turn := tilted(r)
	return func(s, direction float64) sheet {
		h := turn(s, direction)
		h.screen = true
		return h
	}
}

func printed(m motion) attempt {
	return func(r *rand.Rand, who int, asked liveness.Side) []*camera.Frame {
		still := district.Sequence(someone(who), r.Uint64(), 640, 480, []district.Attitude{{Yaw: 0.04 * r.NormFloat64()}})[0]
		return sheets(r, still, m, asked)
	}
}

func ofPhotographs(all []*camera.Frame, m motion) attempt {
	return func(r *rand.Rand, who int, asked liveness.Side) []*camera.Frame {
		return sheets(r, all[who%len(all)], m, asked)
	}
}

func sheets(r *rand.Rand, still *camera.Frame, m motion, asked liveness.Side) []*camera.Frame {
	at := m(r)
	shown := make([]*camera.Frame, frames)
	for i := range shown {
		shown[i] = filmed(r, still, at(float64(i)/fps, towards(asked)))
	}
	return shown
}

// filmed is a sheet with a picture on it, as a camera sees it: in perspective, bent
// about its vertical axis, with the sensor's noise.
func filmed(r *rand.Rand, still *camera.Frame, s sheet) *camera.Frame {
	const w, h, focus = 360, 360, 800.0
	g := &camera.Frame{W: w, H: h, Stride: 3 * w, Pix: make([]byte, 3*w*h)}
	sy, cy := math.Sincos(s.yaw)
	sp, cp := math.Sincos(s.pitch)
	sr, cr := math.Sincos(s.roll)
	// The sheet's axes: right, down and towards the camera.
	right := [3]float64{cy * cr, cp*sr + sp*sy*cr, sp*sr - cp*sy*cr}
	down := [3]float64{-cy * sr, cp*cr - sp*sy*sr, sp*cr + cp*sy*sr}
	out := [3]float64{sy, -sp * cy, cp * cy}
	half := float64(still.W) / 2
	first := r.IntN(len(noise))
	rounds := 1
	if s.bend != 0 {
		rounds = 4
	}
	for y := range h {
		for x := range w {
			dx, dy := (float64(x)-w/2-s.x)/focus/s.scale, (float64(y)-h/2-s.y)/focus/s.scale
			var a, b float64
			for range rounds { // the bend's depth depends on where the ray meets it
				// It stands out most in the middle.
				z := s.bend * half * (1 - (a/half)*(a/half)) * 0.5
				ox, oy, oz := -z*out[0], -z*out[1], -z*out[2]
				// (a·right + b·down + (ox, oy, focus+oz)) is along (dx, dy, 1).
				a11, a12 := right[0]+dx*right[2], down[0]+dx*down[2]
				a21, a22 := right[1]+dy*right[2], down[1]+dy*down[2]
				c1, c2 := dx*(focus+oz)-ox, dy*(focus+oz)-oy
				det := a11*a22 - a12*a21
				a, b = (c1*a22-a12*c2)/det, (a11*c2-c1*a21)/det
			}
			p := g.Pix[y*g.Stride+3*x:]
			u, v := a+half, b+float64(still.H)/2
			i, j := int(math.Floor(u)), int(math.Floor(v))
			for c := range 3 {
				value := 95.0 // the wall behind
				if i >= 0 && j >= 0 && i+1 < still.W && j+1 < still.H {
					q := still.Pix[j*still.Stride+3*i+c:]
					fu, fv := u-float64(i), v-float64(j)
					value = float64(q[0])*(1-fu)*(1-fv) + float64(q[3])*fu*(1-fv) + float64(q[still.Stride])*(1-fu)*fv + float64(q[still.Stride+3])*fu*fv
					if s.screen {
						value = value*1.1 + 8*math.Sin(u*2.1)*math.Sin(v*2.1)
					}
				}
				p[c] = byte(max(0, min(255, value+noise[(first+3*(y*w+x)+c)%len(noise)])))
			}
		}
	}
	return g
}

// noise is a sensor's, of 255.
var noise = func() [99991]float64 {
	r := rand.New(rand.NewPCG(5, 5))
	var n [99991]float64
	for i := range n {
		n[i] = 2.5 * r.NormFloat64()
	}
	return n
}()

// photographed are photographs with a face, in the middle of 640×480 pixels.
func photographed(t *testing.T) (all []*camera.Frame) {
	dir := os.Getenv("TING_FACES")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "faces")
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "[a-z]*", "*.jpg"))
	for _, path := range paths {
		f, err := photo.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, centred(f))
	}
	return all
}

// centred enlarges a close crop to 220 pixels in the middle of a gray picture.
func centred(f *camera.Frame) *camera.Frame {
	const w, h, side = 640, 480, 260
	g := &camera.Frame{W: w, H: h, Stride: 3 * w, Pix: make([]byte, 3*w*h)}
	for i := range g.Pix {
		g.Pix[i] = 110
	}
	longer := max(f.W, f.H)
	for y := range f.H * side / longer {
		for x := range f.W * side / longer {
			copy(g.Pix[(y+(h-side)/2)*g.Stride+3*(x+(w-side)/2):][:3], f.Pix[y*longer/side*f.Stride+3*(x*longer/side):])
		}
	}
	return g
}

// start starts the engine that terminals use.
func start(t *testing.T) *engine.Engine {
	t.Helper()
	program := filepath.Join(os.Getenv("TING_BIN"), "ting-face")
	if os.Getenv("TING_BIN") == "" {
		program = filepath.Join(t.TempDir(), "ting-face")
		if out, err := exec.Command("go", "build", "-o", program, "../../../app/ting-face").CombinedOutput(); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("ting-face does not build: %v\n%s", err, out)
			}
			t.Skipf("ting-face does not build here: %v", err)
		}
	}
	e := engine.New(engine.Options{Command: []string{program}, RequestTimeout: 30 * time.Second})
	t.Cleanup(func() { e.Close() })
	if err := e.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	return e
}
