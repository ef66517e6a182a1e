package shell

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2/canvas"
)

// door is the staff's way in: five touches on the place's name within four
// seconds. Nothing shows that it is there, and behind it a PIN is asked.
type door struct {
	shell *Shell
	taps  []time.Time
	touch *touch
}

const (
	doorTaps   = 5
	doorWithin = 4 * time.Second
)

func newDoor(s *Shell) *door {
	d := &door{shell: s}
	d.touch = newTouch("ting.door", canvas.NewRectangle(color.Transparent), d.tapped)
	d.touch.Hidden = s.opts.OnDoor == nil
	return d
}

func (d *door) tapped() {
	d.shell.touched()
	now := d.shell.opts.Now()
	kept := d.taps[:0]
	for _, t := range d.taps {
		if now.Sub(t) < doorWithin {
			kept = append(kept, t)
		}
	}
	if d.taps = append(kept, now); len(d.taps) < doorTaps {
		return
	}
	d.taps = nil
	if d.shell.opts.OnDoor != nil {
		d.shell.courier.send("staff door", d.shell.opts.OnDoor)
	}
}
