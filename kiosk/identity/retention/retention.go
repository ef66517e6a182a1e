// Package retention says when the time of a face template is over.
//
// A site's policy gives, for each purpose, how long after the last use a template may
// be kept for it, how long after its person has left, and until which day at most.
// Due judges templates by that; it deletes nothing.
//
// Time is a Clock's: it never runs backward, also through restarts, and a leap forward
// that no holiday explains is not believed. So neither an empty battery nor a hand
// can keep a template longer than it may be kept, or erase a school overnight.
//
// What is remembered of uses is, by the template's ID, the last day for each purpose:
// no person and no hour.
package retention

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Rule is how long a template may be kept for one purpose. Zero values set no limit.
type Rule struct {
	Purpose string `json:"purpose"` // module ID; "*" is every purpose without a rule of its own
	// UnusedDays is how many days after the last use, or the enrolment.
	UnusedDays int `json:"unused_days,omitempty"`
	// LeftDays is how many days after the person was first missing from the register.
	LeftDays int `json:"left_days,omitempty"`
	// Until is the last day, as 2027-07-31.
	Until string `json:"until,omitempty"`
}

// Check says what is wrong with a rule.
func (r Rule) Check() error {
	switch {
	case r.Purpose == "":
		return fmt.Errorf("a retention rule without a purpose")
	case r.UnusedDays < 0 || r.LeftDays < 0:
		return fmt.Errorf("the retention of %s is below zero", r.Purpose)
	case r.Until == "":
		return nil
	}
	if _, err := time.Parse(time.DateOnly, r.Until); err != nil {
		return fmt.Errorf("the retention of %s: until is a day such as 2027-07-31", r.Purpose)
	}
	return nil
}

// Every is the purpose of the rule for all purposes without one.
const Every = "*"

// Kept is a template as retention sees it.
type Kept struct {
	Template string
	Purposes []string
	Since    time.Time            // enrolled
	Used     map[string]time.Time // the last day of use, by purpose
	Left     time.Time            // first missing from the register; zero is there
}

// Ground is why a purpose's time is over.
type Ground string

// The grounds.
const (
	Unused Ground = "unused"
	Left   Ground = "left"
	Until  Ground = "until"
)

// Expiry is a purpose whose time is over, or will be.
type Expiry struct {
	Template string    `json:"template"`
	Purpose  string    `json:"purpose"`
	Ground   Ground    `json:"ground"`
	At       time.Time `json:"at"` // when it is over
}

// Next is when the earliest limit of a purpose is reached; ok is false where no rule
// sets one.
func Next(k Kept, purpose string, rules []Rule, zone *time.Location) (e Expiry, ok bool) {
	r, ok := ruleFor(purpose, rules)
	if !ok {
		return e, false
	}
	consider := func(at time.Time, g Ground) {
		if e.At.IsZero() || at.Before(e.At) {
			e = Expiry{k.Template, purpose, g, at}
		}
	}
	if r.UnusedDays > 0 {
		last := k.Since
		if used := k.Used[purpose]; used.After(last) {
			last = used
		}
		consider(last.AddDate(0, 0, r.UnusedDays), Unused)
	}
	if r.LeftDays > 0 && !k.Left.IsZero() {
		consider(k.Left.AddDate(0, 0, r.LeftDays), Left)
	}
	if r.Until != "" {
		if day, err := time.ParseInLocation(time.DateOnly, r.Until, zone); err == nil {
			consider(day.AddDate(0, 0, 1), Until) // the day itself is within
		}
	}
	return e, !e.At.IsZero()
}

func ruleFor(purpose string, rules []Rule) (Rule, bool) {
	for _, p := range []string{purpose, Every} {
		if i := slices.IndexFunc(rules, func(r Rule) bool { return r.Purpose == p }); i >= 0 {
			return rules[i], true
		}
	}
	return Rule{}, false
}

// Due is every purpose of the templates whose time is over at a moment, in the order of
// templates and purposes. passed over are purposes that no rule may end by itself.
func Due(all []Kept, rules []Rule, now time.Time, zone *time.Location, passedOver ...string) (due []Expiry) {
	for _, k := range all {
		for _, p := range k.Purposes {
			if slices.Contains(passedOver, p) {
				continue
			}
			if e, ok := Next(k, p, rules, zone); ok && !e.At.After(now) {
				due = append(due, e)
			}
		}
	}
	slices.SortStableFunc(due, func(a, b Expiry) int {
		return strings.Compare(a.Template+"\x00"+a.Purpose, b.Template+"\x00"+b.Purpose)
	})
	return due
}
