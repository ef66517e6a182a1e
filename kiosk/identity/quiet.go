package identity

import (
	"time"

	"github.com/luohu/ting/devices/camera"
)

// quiet spares the engine an empty place: after a frame without a face nothing
// is analysed until something moves. A face that came unnoticed and stands
// still is found by the look that is taken all the same every lookAnyway.
type quiet struct {
	motion camera.Motion
	faces  int
	last   time.Time // of the last analysis
}

const (
	lookAnyway = 3 * time.Second
	// quietPause is the pause after a frame that need not be analysed: who comes
	// is seen that much later at most, and the processor sleeps on.
	quietPause = 80 * time.Millisecond
)

// holds reports whether a frame need not be analysed: it shows nobody.
func (q *quiet) holds(f *camera.Frame, now time.Time) bool {
	moved := q.motion.Moved(f)
	return !moved && q.faces == 0 && now.Sub(q.last) < lookAnyway && !now.Before(q.last)
}

// looked notes what an analysis found.
func (q *quiet) looked(faces int, now time.Time) { q.faces, q.last = faces, now }
