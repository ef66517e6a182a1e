// Package workday counts working days in China: Monday to Friday, but for public
// holidays, and the Saturdays and Sundays that are worked in exchange.
//
// Which days these are is published anew for each year by the General Office of
// the State Council, usually in November, and follows no rule; so a calendar is
// data, a Year for each, with its source. A question that reaches into a year
// without data is a *MissingYear error, never a guess: a legal time limit must
// not be computed from wrong days.
//
// BuiltIn has the years that were published when this program was made. A later
// year is added With; it replaces a built-in one of the same number, for
// holidays have been changed during a year before (in January 2020).
//
// A Calendar is never changed after it was made: use it from any goroutine.
package workday

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// Year is what was published for one year.
type Year struct {
	Year     int       `json:"year"`
	Source   string    `json:"source"` // the notice it is taken from
	Holidays []Holiday `json:"holidays"`
	// Working are the Saturdays and Sundays that are worked, as 2006-01-02.
	Working []string `json:"working"`
}

// Holiday is a run of days off. Its first and last day, both included, lie in
// the notice's year.
type Holiday struct {
	Name view.Text `json:"name"`
	From string    `json:"from"` // 2006-01-02
	To   string    `json:"to"`
}

// MissingYear says that a question reaches into a year whose days nobody has entered.
type MissingYear struct{ Year int }

// Error says what to do.
func (e *MissingYear) Error() string {
	return fmt.Sprintf("there is no calendar of working days for %d: enter the State Council's notice of that year (feed hall-calendar)", e.Year)
}

// Calendar knows the working days of some years.
type Calendar struct {
	years map[int]map[date]bool // true is worked, false is off; other days go by the week
}

// date is a day without a zone.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

//go:embed calendar.json
var builtIn []byte

// BuiltIn is the calendar of the years this program was made with.
func BuiltIn() Calendar {
	var years []Year
	if err := json.Unmarshal(builtIn, &years); err != nil {
		panic(fmt.Sprintf("workday: calendar.json: %v", err)) // a defect of the build, and tested
	}
	c, err := Calendar{}.With(years...)
	if err != nil {
		panic(fmt.Sprintf("workday: calendar.json: %v", err))
	}
	return c
}

// With is the calendar with more years. A year that contradicts itself is an
// error that names the day.
func (c Calendar) With(years ...Year) (Calendar, error) {
	all := make(map[int]map[date]bool, len(c.years)+len(years))
	for y, days := range c.years {
		all[y] = days
	}
	for _, y := range years {
		days, err := y.days()
		if err != nil {
			return c, err
		}
		all[y.Year] = days
	}
	return Calendar{all}, nil
}

// longestHoliday is more days than any has had.
const longestHoliday = 16

func (y Year) days() (map[date]bool, error) {
	if y.Year < 1949 || y.Year > 9999 {
		return nil, fmt.Errorf("calendar: %d is no year", y.Year)
	}
	if y.Source == "" {
		return nil, fmt.Errorf("calendar %d: the notice it is taken from must be named", y.Year)
	}
	days := map[date]bool{}
	for _, h := range y.Holidays {
		from, err1 := time.Parse(time.DateOnly, h.From)
		to, err2 := time.Parse(time.DateOnly, h.To)
		switch {
		case err1 != nil || err2 != nil:
			return nil, fmt.Errorf("calendar %d: %q to %q are not two days such as 2026-01-31", y.Year, h.From, h.To)
		case from.Year() != y.Year || to.Year() != y.Year || to.Before(from) || to.Sub(from) > longestHoliday*24*time.Hour:
			return nil, fmt.Errorf("calendar %d: from %s to %s is no holiday of that year", y.Year, h.From, h.To)
		}
		for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
			days[dateOf(d)] = false
		}
	}
	for _, w := range y.Working {
		d, err := time.Parse(time.DateOnly, w)
		switch {
		case err != nil:
			return nil, fmt.Errorf("calendar %d: %q is not a day such as 2026-01-31", y.Year, w)
		case d.Year() != y.Year:
			return nil, fmt.Errorf("calendar %d: %s lies in another year", y.Year, w)
		case d.Weekday() != time.Saturday && d.Weekday() != time.Sunday:
			return nil, fmt.Errorf("calendar %d: %s is a %s, not a day that is worked in exchange", y.Year, w, d.Weekday())
		}
		if _, off := days[dateOf(d)]; off {
			return nil, fmt.Errorf("calendar %d: %s is both off and worked", y.Year, w)
		}
		days[dateOf(d)] = true
	}
	return days, nil
}

// Working reports whether a day, in the zone of t, is worked.
func (c Calendar) Working(t time.Time) (bool, error) {
	d := dateOf(t)
	days, ok := c.years[d.year]
	if !ok {
		return false, &MissingYear{d.year}
	}
	if worked, said := days[d]; said {
		return worked, nil
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday, nil
}

// Span is a time in which a clock stands still: from one day to another. A zero
// To has not ended yet.
type Span struct{ From, To time.Time }

// holds reports whether a day's counting is stopped: the day on which the span
// began still counts, since the clock ran on it; the day it ended does not, for
// the day of an event is never counted.
func (s Span) holds(day time.Time) bool {
	return day.After(midnight(s.From, day.Location())) && (s.To.IsZero() || !day.After(midnight(s.To, day.Location())))
}

func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// furthest is how many days are looked at before a count gives up.
const furthest = 5 * 366

// Due is the last day of a time limit of n working days that began at start, as
// midnight in start's zone. The day of start is not counted, nor are days within
// stopped. While a Span goes on without end the day cannot be told: ok is false.
func (c Calendar) Due(start time.Time, n int, stopped ...Span) (due time.Time, ok bool, err error) {
	for _, s := range stopped {
		if s.To.IsZero() {
			return time.Time{}, false, nil
		}
	}
	day := midnight(start, start.Location())
	for i := 0; n > 0; i++ {
		if i == furthest {
			return time.Time{}, false, fmt.Errorf("no day within %d days ends the time limit", furthest)
		}
		day = day.AddDate(0, 0, 1)
		counts, err := c.counts(day, stopped)
		if err != nil {
			return time.Time{}, false, err
		}
		if counts {
			n--
		}
	}
	return day, true, nil
}

// Used is how many working days of a time limit that began at start have begun
// up to and with the day of now.
func (c Calendar) Used(start, now time.Time, stopped ...Span) (n int, err error) {
	today := midnight(now, start.Location())
	for day := midnight(start, start.Location()).AddDate(0, 0, 1); !day.After(today); day = day.AddDate(0, 0, 1) {
		counts, err := c.counts(day, stopped)
		if err != nil {
			return 0, err
		}
		if counts {
			n++
		}
	}
	return n, nil
}

func (c Calendar) counts(day time.Time, stopped []Span) (bool, error) {
	worked, err := c.Working(day)
	if err != nil || !worked {
		return false, err
	}
	for _, s := range stopped {
		if s.holds(day) {
			return false, nil
		}
	}
	return true, nil
}
