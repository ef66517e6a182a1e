package v4l2

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/blackjack/webcam"
)

// control is a control of a camera that a URL may set.
type control struct {
	id webcam.ControlID
	// What the camera does by itself and must leave alone first, and its value then.
	auto   webcam.ControlID // 0 for nothing
	manual int32
}

// knownControls are those by their names in a URL. Numbers are those of
// linux/v4l2-controls.h.
var knownControls = map[string]control{
	"brightness": {id: 0x00980900}, "contrast": {id: 0x00980901}, "saturation": {id: 0x00980902},
	"gain": {id: 0x00980913}, "sharpness": {id: 0x0098091b}, "backlight": {id: 0x0098091c},
	"power_line":    {id: 0x00980918}, // 0 none, 1 for 50 Hz, 2 for 60 Hz, 3 by itself
	"white_balance": {id: 0x0098091a, auto: 0x0098090c, manual: 0},
	"exposure":      {id: 0x009a0902, auto: 0x009a0901, manual: 1}, // in 100 µs
	"focus":         {id: 0x009a090a, auto: 0x009a090c, manual: 0},
}

// parseControl reads one of a URL's.
func parseControl(name, value string) (int32, error) {
	v, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s=%q: a whole number is needed, as v4l2-ctl -l shows it", name, value)
	}
	return int32(v), nil
}

// setControls sets controls of a device by their names, in order of them.
func setControls(dev controls, wanted map[string]int32) error {
	all := dev.GetControls()
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		c, v := knownControls[name], wanted[name]
		is, ok := all[c.id]
		if !ok {
			return fmt.Errorf("this camera has no control %s: leave it out of camera.url", name)
		}
		if v < is.Min || v > is.Max {
			return fmt.Errorf("%s=%d: this camera takes %d to %d", name, v, is.Min, is.Max)
		}
		if c.auto != 0 {
			// A camera without the automatic one is in our hands already.
			_ = dev.SetControl(c.auto, c.manual)
		}
		if err := dev.SetControl(c.id, v); err != nil {
			return fmt.Errorf("set %s to %d: %w", name, v, err)
		}
	}
	return nil
}
