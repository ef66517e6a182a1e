package fleet

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/luohu/ting/sync/journal"
)

// Profile is what happens at a terminal in the course of a day.
type Profile interface {
	// Rate is how many records an hour the terminal makes at a time of day.
	Rate(day time.Time) float64
	// Entry is one of them. now is the terminal's clock, which may be wrong.
	Entry(r *rand.Rand, now time.Time) journal.Entry
}

// Day is a curve over a day: peaks on top of a level, between two hours.
type Day struct {
	From, To float64 // hours; outside nothing happens
	Level    float64 // records an hour
	Peaks    []Peak
}

// Peak is a rush: so many records an hour at its height.
type Peak struct {
	At, Width float64 // hours
	Height    float64 // records an hour
}

// Rate is the curve's height at a time of day.
func (d Day) Rate(t time.Time) float64 {
	h := float64(t.Hour()) + float64(t.Minute())/60 + float64(t.Second())/3600
	if h < d.From || h >= d.To {
		return 0
	}
	rate := d.Level
	for _, p := range d.Peaks {
		x := (h - p.At) / p.Width
		rate += p.Height * math.Exp(-x*x)
	}
	return rate
}

// Days is the course of simulated days: Start at Real, Speed times as fast.
type Days struct {
	Start time.Time `json:"start"`
	Real  time.Time `json:"real"`
	Speed float64   `json:"speed"`
}

// At is the simulated time at a real one.
func (d Days) At(real time.Time) time.Time {
	return d.Start.Add(time.Duration(float64(real.Sub(d.Real)) * d.Speed))
}

// Lasts is how long a simulated time takes.
func (d Days) Lasts(simulated time.Duration) time.Duration {
	return time.Duration(float64(simulated) / d.Speed)
}

// lull is how long nobody looks while nothing happens.
const lull = 20 * time.Millisecond

// next draws how long it is until the next record, in real time; ok is false when
// it must be asked again then, because the rate may have changed.
func (d Days) next(p Profile, r *rand.Rand, now time.Time) (wait time.Duration, ok bool) {
	perHour := p.Rate(d.At(now))
	if perHour <= 0 {
		return lull, false
	}
	perSecond := perHour / 3600 * d.Speed
	wait = time.Duration(r.ExpFloat64() / perSecond * float64(time.Second))
	if most := d.Lasts(5 * time.Minute); wait > most && most > lull {
		return most, false // memoryless: drawing anew changes nothing
	}
	return wait, true
}
