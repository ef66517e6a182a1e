package relay

import (
	"testing"
	"time"

	"github.com/luohu/ting/devices/barrier"
)

func TestSensors(t *testing.T) {
	closed, open := contacts{closed: true}, contacts{}
	type step struct {
		at      float64 // seconds
		release bool
		see     contacts
		want    barrier.Alarm
	}
	for name, steps := range map[string][]step{
		"a passage": {
			{0, true, closed, ""}, {1, false, open, ""}, {2, false, contacts{beam: true}, ""}, {3, false, closed, ""}, {60, false, closed, ""},
		},
		"forced": {
			{0, false, closed, ""}, {1, false, open, barrier.Forced}, {2, false, closed, barrier.Forced},
			{10, false, closed, barrier.Forced}, {13, false, closed, ""},
		},
		"forced long after a release": {
			{0, true, closed, ""}, {20, false, open, barrier.Forced},
		},
		"held open": {
			{0, true, closed, ""}, {1, false, open, ""}, {15, false, open, ""}, {17, false, open, barrier.HeldOpen}, {18, false, closed, barrier.HeldOpen}, {40, false, closed, ""},
		},
		"fire is graver": {
			{0, false, open, barrier.Forced}, {1, false, contacts{fire: true}, barrier.Fire}, {2, false, contacts{closed: true, fire: true}, barrier.Fire}, {20, false, closed, ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := sensors{held: 15 * time.Second}
			begin := time.Now()
			for _, st := range steps {
				now := begin.Add(time.Duration(st.at * float64(time.Second)))
				if st.release {
					s.release(now, time.Second/2)
				}
				if s.see(now, st.see); s.alarm != st.want {
					t.Errorf("after %g s: %q, want %q", st.at, s.alarm, st.want)
				}
			}
		})
	}
}

func TestSensors_CountEachPassageOnce(t *testing.T) {
	var s sensors
	now := time.Now()
	for range 3 {
		for _, beam := range []bool{true, true, true, false, false} {
			now = now.Add(100 * time.Millisecond)
			s.see(now, contacts{beam: beam, closed: true})
		}
	}
	if s.passed != 3 {
		t.Errorf("three passed, %d are counted", s.passed)
	}
}
