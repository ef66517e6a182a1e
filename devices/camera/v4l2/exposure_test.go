package v4l2

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/blackjack/webcam"
)

func TestMeter(t *testing.T) {
	now := time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC)
	var m meter
	see := func(mean uint8, later time.Duration, want int) {
		t.Helper()
		now = now.Add(later)
		before := m.steps
		if changed := m.face(mean, now); m.steps != want || changed != (before != want) {
			t.Errorf("a face of %d: %d steps, changed %v; want %d", mean, m.steps, changed, want)
		}
	}
	see(120, time.Second, 0)         // well lit
	see(40, time.Second, 1)          // dark
	see(40, 100*time.Millisecond, 1) // the camera has not followed yet
	for want := 2; want <= mostSteps; want++ {
		see(40, 2*time.Second, want)
	}
	see(40, 2*time.Second, mostSteps) // there is no more
	see(120, 2*time.Second, mostSteps)
	see(250, 2*time.Second, mostSteps-1)
	if now = now.Add(5 * time.Second); m.nobody(now) {
		t.Error("the light is forgotten while somebody may come back")
	}
	for range mostSteps {
		now = now.Add(forgets)
		m.nobody(now)
	}
	if m.steps != 0 || m.nobody(now.Add(time.Hour)) {
		t.Errorf("nobody there, it is %d steps", m.steps)
	}
	for range 2 * mostSteps {
		now = now.Add(2 * time.Second)
		m.face(255, now)
	}
	if m.steps != -mostSteps {
		t.Errorf("in glaring light it is %d steps", m.steps)
	}
}

// panel is a device's controls.
type panel struct {
	all    map[webcam.ControlID]webcam.Control
	values map[webcam.ControlID]int32
	broken error
}

func (p *panel) GetControls() map[webcam.ControlID]webcam.Control { return p.all }

func (p *panel) GetControl(id webcam.ControlID) (int32, error) { return p.values[id], nil }

func (p *panel) SetControl(id webcam.ControlID, v int32) error {
	if p.broken == nil {
		p.values[id] = v
	}
	return p.broken
}

func TestExposure(t *testing.T) {
	const brightness, contrast = 0x00980900, 0x00980901
	p := &panel{
		all: map[webcam.ControlID]webcam.Control{
			brightness: {Name: "Brightness", Min: 0, Max: 255}, contrast: {Name: "Contrast", Min: 0, Max: 255},
			0x0098091c: {Name: "Backlight Compensation"}, // there, and of no use
		},
		values: map[webcam.ControlID]int32{brightness: 128, contrast: 32},
	}
	e, err := newExposure(p)
	if err != nil {
		t.Fatal(err)
	}
	for steps, want := range map[int]int32{0: 128, 1: 159, mostSteps: 252, -mostSteps: 4} {
		if err := e.shift(steps); err != nil || p.values[brightness] != want {
			t.Errorf("%d steps: brightness %d, %v; want %d", steps, p.values[brightness], err, want)
		}
	}
	if p.values[contrast] != 32 {
		t.Error("another control was changed")
	}
	p.broken = errors.New("unplugged")
	if err := e.shift(1); !errors.Is(err, p.broken) {
		t.Errorf("%v", err)
	}
	delete(p.all, brightness)
	if _, err := newExposure(p); !errors.Is(err, errNoExposure) {
		t.Errorf("a camera without controls: %v", err)
	}
}

// TestCamera_BrightensADarkFace through the whole driver: told of dark faces, the
// device's exposure is shifted; with nobody there, it goes back.
func TestCamera_BrightensADarkFace(t *testing.T) {
	inBubble(t, func(t *testing.T, r *rig, c *Camera) {
		for range 3 {
			c.MeterFace(30)
			time.Sleep(2 * time.Second)
			frame(t, c)
		}
		r.set(func(r *rig) {
			if r.steps != 3 {
				t.Errorf("after three dark faces it is %d steps brighter", r.steps)
			}
		})
		time.Sleep(time.Minute)
		frame(t, c)
		r.set(func(r *rig) {
			if r.steps != 0 {
				t.Errorf("a minute later it is still %d steps brighter", r.steps)
			}
		})
	})
}

func TestControls(t *testing.T) {
	const exposure, automatic, gain = 0x009a0902, 0x009a0901, 0x00980913
	p := &panel{all: map[webcam.ControlID]webcam.Control{
		exposure: {Name: "Exposure", Min: 3, Max: 2047}, gain: {Name: "Gain", Min: 0, Max: 100},
	}, values: map[webcam.ControlID]int32{}}
	if err := setControls(p, map[string]int32{"exposure": 200, "gain": 30}); err != nil {
		t.Fatal(err)
	}
	if p.values[exposure] != 200 || p.values[automatic] != 1 || p.values[gain] != 30 {
		t.Errorf("set: %v", p.values)
	}
	for name, want := range map[string]map[string]int32{"no control focus": {"focus": 1}, "3 to 2047": {"exposure": 2048}} {
		if err := setControls(p, want); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v: %v, want %q", want, err, name)
		}
	}
	c, err := configure(&url.URL{Scheme: "v4l2", Path: "/dev/video0", RawQuery: "exposure=200&power_line=1&fps=10"})
	if err != nil || c.controls["exposure"] != 200 || c.controls["power_line"] != 1 || len(c.controls) != 2 {
		t.Errorf("%v, %v", c, err)
	}
	for _, q := range []string{"exposure=much", "zoom=2", "gain="} {
		if _, err := configure(&url.URL{Scheme: "v4l2", Path: "/dev/video0", RawQuery: q}); err == nil {
			t.Errorf("%s was taken", q)
		}
	}
}
