package workday

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var zone = time.FixedZone("CST", 8*60*60)

func day(s string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		panic(err)
	}
	return t
}

func TestWorking(t *testing.T) {
	c := BuiltIn()
	for d, want := range map[string]bool{
		"2026-03-02": true,  // a Monday
		"2026-03-07": false, // a Saturday
		"2026-02-14": true,  // a Saturday worked for the Spring Festival
		"2026-02-16": false, // Monday in the Spring Festival
		"2026-09-20": true,  // a Sunday worked for the National Day
		"2026-10-07": false,
		"2026-10-08": true,
		"2025-10-08": false,
		"2025-10-11": true,
		"2024-02-04": true,
		"2024-02-09": true, // the eve was a working day that year
	} {
		got, err := c.Working(day(d).Add(15 * time.Hour))
		if err != nil || got != want {
			t.Errorf("%s: %t, %v; want %t", d, got, err, want)
		}
	}
}

// TestDaysOfTheYear: the notices' own sums. 2025 and 2026 have 248 working days.
func TestDaysOfTheYear(t *testing.T) {
	c := BuiltIn()
	for year, want := range map[int]int{2024: 251, 2025: 248, 2026: 248} {
		n := 0
		for d := time.Date(year, 1, 1, 0, 0, 0, 0, zone); d.Year() == year; d = d.AddDate(0, 0, 1) {
			if ok, err := c.Working(d); err != nil {
				t.Fatal(err)
			} else if ok {
				n++
			}
		}
		if n != want {
			t.Errorf("%d has %d working days, want %d", year, n, want)
		}
	}
}

func TestDue(t *testing.T) {
	c := BuiltIn()
	for _, tt := range []struct {
		start string
		n     int
		stop  []Span
		want  string
	}{
		{"2026-03-02", 0, nil, "2026-03-02"},
		{"2026-03-02", 1, nil, "2026-03-03"},
		{"2026-03-06", 1, nil, "2026-03-09"},  // over a weekend
		{"2026-02-13", 1, nil, "2026-02-14"},  // the Saturday is worked
		{"2026-02-14", 2, nil, "2026-02-25"},  // over the festival
		{"2026-02-27", 1, nil, "2026-02-28"},  // a Saturday again
		{"2026-09-30", 3, nil, "2026-10-10"},  // 8, 9 and the Saturday
		{"2026-03-07", 20, nil, "2026-04-03"}, // begun on a day off
		// Stopped on Tuesday, resumed on Thursday: Tuesday counts, Wednesday and Thursday do not.
		{"2026-03-02", 3, []Span{{day("2026-03-03").Add(9 * time.Hour), day("2026-03-05").Add(9 * time.Hour)}}, "2026-03-09"},
		{"2026-03-02", 2, []Span{{day("2026-03-03"), day("2026-03-03")}}, "2026-03-04"}, // within a day: nothing
	} {
		got, ok, err := c.Due(day(tt.start).Add(10*time.Hour), tt.n, tt.stop...)
		if err != nil || !ok || got.Format(time.DateOnly) != tt.want {
			t.Errorf("%d days from %s: %v, %t, %v; want %s", tt.n, tt.start, got, ok, err, tt.want)
		}
	}
	if _, ok, err := c.Due(day("2026-03-02"), 3, Span{From: day("2026-03-03")}); ok || err != nil {
		t.Errorf("a clock that stands has a last day: %t, %v", ok, err)
	}
}

func TestMissingYear(t *testing.T) {
	c := BuiltIn()
	_, _, err := c.Due(day("2026-12-28"), 20)
	var missing *MissingYear
	if !errors.As(err, &missing) || missing.Year != 2027 || !strings.Contains(err.Error(), "2027") {
		t.Fatalf("over the end of what is known: %v", err)
	}
	if _, err := c.Used(day("2023-12-01"), day("2024-01-10")); !errors.As(err, &missing) || missing.Year != 2023 {
		t.Errorf("used: %v", err)
	}
	c, err = c.With(Year{Year: 2027, Source: "a test", Holidays: []Holiday{{From: "2027-01-01", To: "2027-01-03"}}})
	if err != nil {
		t.Fatal(err)
	}
	if due, ok, err := c.Due(day("2026-12-28"), 20); err != nil || !ok || due.Format(time.DateOnly) != "2027-01-26" {
		t.Errorf("with the year entered: %v, %t, %v", due, ok, err)
	}
}

func TestYearsThatContradictThemselves(t *testing.T) {
	for name, y := range map[string]Year{
		"no source":       {Year: 2027},
		"no year":         {Source: "x"},
		"no day":          {Year: 2027, Source: "x", Holidays: []Holiday{{From: "2027-02-30", To: "2027-03-01"}}},
		"backwards":       {Year: 2027, Source: "x", Holidays: []Holiday{{From: "2027-02-03", To: "2027-02-01"}}},
		"another year":    {Year: 2027, Source: "x", Holidays: []Holiday{{From: "2026-12-31", To: "2027-01-01"}}},
		"too long":        {Year: 2027, Source: "x", Holidays: []Holiday{{From: "2027-01-01", To: "2027-12-31"}}},
		"worked on a day": {Year: 2027, Source: "x", Working: []string{"2027-01-05"}},
		"both":            {Year: 2027, Source: "x", Holidays: []Holiday{{From: "2027-01-01", To: "2027-01-03"}}, Working: []string{"2027-01-02"}},
		"worked no day":   {Year: 2027, Source: "x", Working: []string{"tomorrow"}},
		"worked another":  {Year: 2027, Source: "x", Working: []string{"2026-02-14"}},
	} {
		if _, err := (Calendar{}).With(y); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestDueAndUsedAgree: on its last day a time limit is used up, the day before it is not.
func TestDueAndUsedAgree(t *testing.T) {
	c := BuiltIn()
	rapid.Check(t, func(t *rapid.T) {
		start := day("2024-01-01").Add(time.Duration(rapid.IntRange(0, 24*900).Draw(t, "hours")) * time.Hour)
		n := rapid.IntRange(1, 40).Draw(t, "n")
		var stopped []Span
		from := start
		for range rapid.IntRange(0, 3).Draw(t, "spans") {
			from = from.AddDate(0, 0, rapid.IntRange(0, 6).Draw(t, "after"))
			to := from.AddDate(0, 0, rapid.IntRange(0, 9).Draw(t, "long"))
			stopped = append(stopped, Span{from, to})
			from = to
		}
		due, ok, err := c.Due(start, n, stopped...)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if used, err := c.Used(start, due.Add(23*time.Hour), stopped...); err != nil || used != n {
			t.Fatalf("on %v %d of %d are used (%v)", due, used, n, err)
		}
		if used, err := c.Used(start, due.AddDate(0, 0, -1), stopped...); err != nil || used != n-1 {
			t.Fatalf("the day before %v %d of %d are used (%v)", due, used, n, err)
		}
		if later, _, err := c.Due(start, n+1, stopped...); err != nil || !later.After(due) {
			t.Fatalf("a longer time limit ends earlier: %v, %v", later, err)
		}
	})
}
