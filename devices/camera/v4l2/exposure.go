package v4l2

import (
	"errors"
	"fmt"
	"time"

	"github.com/blackjack/webcam"
)

// A camera exposes for its whole picture: a face against the morning sun stays dark.
// Whoever looks at faces says how bright they are (camera.Metered), and the driver
// shifts the camera's exposure by steps until they can be recognised.
const (
	darkFace   = 70                      // mean brightness of a face, of 255, below which it is brightened
	brightFace = 205                     // above which it is darkened
	mostSteps  = 4                       // each way; a step is an eighth of the control's range
	settles    = 1500 * time.Millisecond // what a camera takes to follow
	forgets    = 10 * time.Second        // without a face: a step back to where it began
)

// meter decides how far the exposure is shifted. The zero value is ready.
type meter struct {
	steps int
	moved time.Time // when steps changed last
	seen  time.Time // the last face
}

// face takes the mean brightness of a face; changed says that steps are to be set.
func (m *meter) face(mean uint8, now time.Time) (changed bool) {
	m.seen = now
	if now.Sub(m.moved) < settles {
		return false
	}
	was := m.steps
	switch {
	case mean < darkFace:
		m.steps = min(m.steps+1, mostSteps)
	case mean > brightFace:
		m.steps = max(m.steps-1, -mostSteps)
	}
	return m.set(was, now)
}

// nobody is told while there is no face.
func (m *meter) nobody(now time.Time) (changed bool) {
	if m.steps == 0 || now.Sub(m.seen) < forgets || now.Sub(m.moved) < settles {
		return false
	}
	was := m.steps
	if m.steps > 0 {
		m.steps--
	} else {
		m.steps++
	}
	return m.set(was, now)
}

func (m *meter) set(was int, now time.Time) bool {
	if m.steps == was {
		return false
	}
	m.moved = now
	return true
}

// exposureControls are those that shift the exposure, the best first: the bias of the
// camera's own automatic exposure, its compensation of light from behind, its
// brightness. Numbers are those of linux/v4l2-controls.h.
var exposureControls = []webcam.ControlID{0x009a0913, 0x0098091c, 0x00980900}

// errNoExposure says that a camera has none of them.
var errNoExposure = errors.New("this camera's exposure cannot be shifted")

// controls is what shifting needs of a device.
type controls interface {
	GetControls() map[webcam.ControlID]webcam.Control
	GetControl(webcam.ControlID) (int32, error)
	SetControl(webcam.ControlID, int32) error
}

// exposure shifts one device's exposure.
type exposure struct {
	dev  controls
	id   webcam.ControlID
	from int32 // the value it had
	ctl  webcam.Control
}

func newExposure(dev controls) (*exposure, error) {
	all := dev.GetControls()
	for _, id := range exposureControls {
		c, ok := all[id]
		if !ok || c.Max <= c.Min {
			continue
		}
		from, err := dev.GetControl(id)
		if err != nil {
			continue // it is listed and cannot be read: another one
		}
		return &exposure{dev, id, from, c}, nil
	}
	return nil, errNoExposure
}

// shift sets the exposure so many steps brighter than it was.
func (e *exposure) shift(steps int) error {
	v := e.from + int32(steps)*max((e.ctl.Max-e.ctl.Min)/(2*mostSteps), 1)
	v = min(max(v, e.ctl.Min), e.ctl.Max)
	if err := e.dev.SetControl(e.id, v); err != nil {
		return fmt.Errorf("set %s to %d: %w", e.ctl.Name, v, err)
	}
	return nil
}
