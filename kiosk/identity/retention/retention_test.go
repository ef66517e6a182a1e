package retention

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var zone = time.FixedZone("CST", 8*60*60)

func on(day string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDue(t *testing.T) {
	rules := []Rule{{Purpose: "gate", UnusedDays: 30, LeftDays: 7}, {Purpose: "library", Until: "2027-07-31"}, {Purpose: Every, UnusedDays: 365}}
	kept := []Kept{
		{Template: "a", Purposes: []string{"canteen", "enrolment", "gate"}, Since: on("2026-09-01"), Used: map[string]time.Time{"gate": on("2026-10-01")}},
		{Template: "b", Purposes: []string{"gate"}, Since: on("2026-09-01"), Used: map[string]time.Time{"gate": on("2026-12-01")}, Left: on("2026-12-02")},
		{Template: "c", Purposes: []string{"library"}, Since: on("2026-09-01")},
	}
	for now, want := range map[string][]Expiry{
		"2026-10-30": nil,
		"2026-10-31": {{"a", "gate", Unused, on("2026-10-31")}},
		"2026-12-09": {{"a", "gate", Unused, on("2026-10-31")}, {"b", "gate", Left, on("2026-12-09")}},
		"2027-07-31": {{"a", "gate", Unused, on("2026-10-31")}, {"b", "gate", Left, on("2026-12-09")}},
		"2027-09-01": {{"a", "canteen", Unused, on("2027-09-01")}, {"a", "gate", Unused, on("2026-10-31")}, {"b", "gate", Left, on("2026-12-09")}, {"c", "library", Until, on("2027-08-01")}},
	} {
		if diff := cmp.Diff(want, Due(kept, rules, on(now), zone, "enrolment")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", now, diff)
		}
	}
	if due := Due(kept, nil, on("2099-01-01"), zone); len(due) != 0 {
		t.Errorf("without a rule %v is due", due)
	}
	for _, bad := range []Rule{{}, {Purpose: "gate", UnusedDays: -1}, {Purpose: "gate", Until: "soon"}} {
		if bad.Check() == nil {
			t.Errorf("%+v is no rule", bad)
		}
	}
}

// TestClock: the machine's clock is set back a year, forward a year, and forward a century.
func TestClock(t *testing.T) {
	const day = 24 * time.Hour
	wall, ran := on("2026-09-01"), time.Duration(0)
	start := func(mark time.Time) *Clock {
		return NewClock(mark, func() time.Time { return wall }, func() time.Duration { return ran })
	}
	c := start(time.Time{})
	want := func(when, day string, doubted bool) {
		t.Helper()
		now, d := c.Now()
		if !now.Equal(on(day)) || d != doubted {
			t.Errorf("%s: %s, doubted %t; want %s, %t", when, now.Format(time.DateOnly), d, day, doubted)
		}
	}
	want("at first", "2026-09-01", false)
	wall, ran = on("2026-09-03"), ran+2*day
	want("two days later", "2026-09-03", false)
	wall = on("2025-09-03")
	want("set back a year", "2026-09-03", false)
	wall, ran = on("2025-09-10"), ran+7*day
	want("a week on", "2026-09-10", false)
	c = start(on("2026-09-10"))
	want("started anew with the wrong clock", "2026-09-10", false)
	wall = on("2026-10-01")
	want("set right", "2026-10-01", false)
	c = start(on("2026-10-01"))
	wall = on("2027-09-01")
	want("after a long holiday", "2027-09-01", false)
	wall = on("2127-01-01")
	want("in another century", "2027-09-01", true)
	wall, ran = wall.Add(day), ran+day
	want("a day on", "2027-09-02", true)
	c.Believe()
	want("believed", "2127-01-02", false)
}
