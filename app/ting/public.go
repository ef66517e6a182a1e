package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/speaker"
	"github.com/luohu/ting/devices/speaker/espeak"
	speakersim "github.com/luohu/ting/devices/speaker/sim"
)

// What a terminal in a public place needs besides its devices: a voice, the time
// it gives its visitors, and a door for the staff.

var speakerDrivers = devices.Drivers[speaker.Speaker]{"espeak": espeak.Open, "sim": speakersim.Open}

// SpeakerConfig is what pages are read out with, where the display says so.
type SpeakerConfig struct {
	URL string `toml:"url"` // "" is espeak: (the machine's own sound card); "none" for no voice
}

const noSpeaker = "none"

// VisitConfig is how long a visitor may do nothing.
type VisitConfig struct {
	// Idle ends a visit that long after the last touch; "" is 60s. Before its end
	// the visitor is asked whether he is still there.
	Idle string `toml:"idle"`
	// Attract is how long a kiosk that nobody touches shows its first page before
	// it shows only the place and the time; "" is 2m, "never" is never.
	Attract string `toml:"attract"`
}

const (
	usualIdle    = time.Minute
	usualAttract = 2 * time.Minute
	// mostLeaving is how long before a visit's end the visitor is asked, at most.
	mostLeaving = 15 * time.Second
)

func (v VisitConfig) times() (idle, attract time.Duration, err error) {
	idle, attract = usualIdle, usualAttract
	if v.Idle != "" {
		if idle, err = time.ParseDuration(v.Idle); err != nil || idle < 5*time.Second || idle > time.Hour {
			return 0, 0, fmt.Errorf("visit.idle = %q: a time from 5s to 1h, as in 60s", v.Idle)
		}
	}
	switch v.Attract {
	case "":
	case "never":
		attract = 0
	default:
		if attract, err = time.ParseDuration(v.Attract); err != nil || attract < 5*time.Second {
			return 0, 0, fmt.Errorf("visit.attract = %q: a time from 5s on, as in 2m, or never", v.Attract)
		}
	}
	return idle, attract, nil
}

// leaving is how long before a visit's end the visitor is asked.
func leaving(idle time.Duration) time.Duration { return min(mostLeaving, idle/3) }

// MaintenanceConfig is what may be done behind the staff's hidden door: five
// touches on the place's name, then a staff member's number and PIN.
type MaintenanceConfig struct {
	// Staff are the IDs of those who may; empty is every member of the site's staff.
	Staff []string `toml:"staff"`
	// Reboot and Shutdown are commands with their arguments, as in
	// ["systemctl", "reboot"]. Without one it is not offered.
	Reboot   []string `toml:"reboot"`
	Shutdown []string `toml:"shutdown"`
	// Leave offers to end the program for good, for a terminal with something behind it.
	Leave bool `toml:"leave"`
	// NoDoor shuts the door: maintenance is done over the network alone.
	NoDoor bool `toml:"no_door"`
}

func (m MaintenanceConfig) check() (problems []string) {
	for key, command := range map[string][]string{"reboot": m.Reboot, "shutdown": m.Shutdown} {
		if len(command) == 0 {
			continue
		}
		if _, err := exec.LookPath(command[0]); err != nil {
			problems = append(problems, fmt.Sprintf("maintenance.%s: no program %q", key, command[0]))
		}
	}
	slices.Sort(problems)
	return problems
}

// machine runs one of the site's commands; nil where there is none.
func machine(command []string) func(context.Context) error {
	if len(command) == 0 {
		return nil
	}
	return func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w %.200s", command[0], err, out)
		}
		return nil
	}
}

// errRestart ends the program so that whoever keeps it starts it again.
var errRestart = errors.New("restart asked for by the staff")
