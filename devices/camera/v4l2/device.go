package v4l2

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/blackjack/webcam"
)

// stream is an open device that delivers pictures. It is all that the rest of
// the driver knows of the kernel.
type stream interface {
	format() format
	// read waits up to a second for the next picture and calls use with its
	// bytes, which are the kernel's again afterwards. It returns errSilent when none came.
	read(use func(raw []byte)) error
	// expose shifts the exposure by so many steps from where it was; 0 is there.
	expose(steps int) error
	// control sets controls by their names in a URL.
	control(wanted map[string]int32) error
	close() error
}

// errSilent says that no picture came for a second.
var errSilent = errors.New("no picture for a second")

// opener opens a device; openDevice is the real one.
type opener func(path string, w, h int, fps float64) (stream, error)

// webcamStream is a stream of the kernel's.
type webcamStream struct {
	cam *webcam.Webcam
	f   format
	exp *exposure // nil before it is first shifted
}

func (s *webcamStream) control(wanted map[string]int32) error { return setControls(s.cam, wanted) }

func (s *webcamStream) expose(steps int) (err error) {
	if s.exp == nil {
		if s.exp, err = newExposure(s.cam); err != nil {
			return err
		}
	}
	return s.exp.shift(steps)
}

func openDevice(path string, w, h int, fps float64) (stream, error) {
	cam, err := webcam.Open(path)
	if err != nil {
		return nil, err
	}
	if err := refuseVirtual(cam); err != nil {
		return nil, errors.Join(err, cam.Close())
	}
	s := &webcamStream{cam: cam}
	if err := s.start(w, h, fps); err != nil {
		return nil, errors.Join(err, cam.Close())
	}
	return s, nil
}

// ErrVirtual is wrapped when a device is no camera but a program's output: whoever
// may write to it can show the terminal any face.
var ErrVirtual = errors.New("this is a virtual camera, which shows whatever a program writes to it")

// refuseVirtual fails for devices of v4l2loopback, of the kernel's test drivers, and
// of programs that name theirs after themselves. The bus, unlike the name, is the
// driver's to choose.
func refuseVirtual(cam interface {
	GetBusInfo() (string, error)
	GetName() (string, error)
}) error {
	bus, err := cam.GetBusInfo()
	if err != nil {
		return fmt.Errorf("ask what it is: %w", err)
	}
	name, err := cam.GetName()
	if err != nil {
		return fmt.Errorf("ask what it is: %w", err)
	}
	for _, mark := range []string{"v4l2loopback", "vivid", "vimc", "akvcam"} {
		if strings.Contains(strings.ToLower(bus), mark) {
			return fmt.Errorf("%w (%s on %s)", ErrVirtual, name, bus)
		}
	}
	for _, mark := range []string{"virtual", "dummy video", "obs camera", "droidcam", "loopback"} {
		if strings.Contains(strings.ToLower(name), mark) {
			return fmt.Errorf("%w (%s on %s)", ErrVirtual, name, bus)
		}
	}
	return nil
}

func (s *webcamStream) start(w, h int, fps float64) error {
	codes := map[coding]webcam.PixelFormat{}
	var offers []format
	for code := range s.cam.GetSupportedFormats() {
		c := coding([]byte{byte(code), byte(code >> 8), byte(code >> 16), byte(code >> 24)})
		if c == "JPEG" {
			c = mjpeg
		}
		codes[c] = code
		sizes := s.cam.GetSupportedFrameSizes(code)
		if len(sizes) == 0 {
			offers = append(offers, format{c, w, h}) // it does not say; S_FMT will
		}
		for _, z := range sizes {
			offers = append(offers, format{c, within(w, z.MinWidth, z.MaxWidth, z.StepWidth), within(h, z.MinHeight, z.MaxHeight, z.StepHeight)})
		}
	}
	f, err := choose(offers, w, h)
	if err != nil {
		return err
	}
	if _, _, _, err := s.cam.SetImageFormat(codes[f.coding], uint32(f.w), uint32(f.h)); err != nil {
		return fmt.Errorf("set %v: %w", f, err)
	}
	// Not every camera lets its rate be set; the driver takes what comes.
	_ = s.cam.SetFramerate(float32(fps))
	if err := s.cam.SetBufferCount(4); err != nil {
		return err
	}
	if err := s.cam.StartStreaming(); err != nil {
		return err
	}
	s.f = f
	return nil
}

// within is the size next to want that a camera's range allows. A range of
// zeros means any.
func within(want int, low, high, step uint32) int {
	if high == 0 {
		return want
	}
	v := min(max(want, int(low)), int(high))
	if step > 1 {
		v = int(low) + (v-int(low))/int(step)*int(step)
	}
	return v
}

func (s *webcamStream) format() format { return s.f }

func (s *webcamStream) read(use func(raw []byte)) error {
	err := s.cam.WaitForFrame(1)
	if timeout := (*webcam.Timeout)(nil); errors.As(err, &timeout) {
		return errSilent
	}
	if err != nil {
		return err
	}
	raw, index, err := s.cam.GetFrame()
	if errors.Is(err, syscall.EAGAIN) {
		return errSilent
	}
	if err != nil {
		return err
	}
	use(raw)
	return s.cam.ReleaseFrame(index)
}

// close leaves the exposure as it was: the camera would remember it.
func (s *webcamStream) close() error {
	var err error
	if s.exp != nil {
		err = s.exp.shift(0)
	}
	return errors.Join(err, s.cam.Close())
}

// advice is what an operator can do about an error of opening or reading path.
func advice(path string, err error) string {
	switch {
	case errors.Is(err, ErrVirtual):
		return "name a real camera's device in camera.url"
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		hint := "plug the camera in"
		if others := devicesBeside(path); len(others) > 0 {
			hint += "; there is also " + strings.Join(others, ", ")
		}
		return hint
	case errors.Is(err, fs.ErrPermission):
		return "allow it: add the terminal's user to the group video and start the terminal again"
	case errors.Is(err, syscall.EBUSY):
		return "another program uses the camera: end it"
	case errors.Is(err, errNoFormat):
		return "" // says it itself
	}
	return "check that it is a camera, unplug it and plug it in again"
}

// devicesBeside lists the other devices in the folder of path.
func devicesBeside(path string) []string {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "video*"))
	if err != nil {
		return nil
	}
	var others []string
	for _, f := range found {
		if info, err := os.Stat(f); err == nil && f != path && info.Mode()&os.ModeDevice != 0 {
			others = append(others, f)
		}
	}
	return others
}
