package library

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Terms are what a class of patrons may do. Money is in fen.
type Terms struct {
	Most        int   `json:"most"`                   // loans at a time
	Days        int   `json:"days"`                   // of a loan
	Renewals    int   `json:"renewals"`               // of a loan
	RenewDays   int   `json:"renew_days,omitempty"`   // from the day of renewal; 0 is Days
	Holds       int   `json:"holds"`                  // at a time
	OverdueMost int   `json:"overdue_most,omitempty"` // overdue loans with which more is still lent
	FinePerDay  int64 `json:"fine_per_day,omitempty"`
	FineMost    int64 `json:"fine_most,omitempty"` // of one loan; 0 is no limit
	OweMost     int64 `json:"owe_most,omitempty"`  // above it nothing is lent; 0 is no limit
}

// usualTerms hold where the register has none: children pay no fines.
var usualTerms = map[string]Terms{
	"pupil": {Most: 5, Days: 30, Renewals: 1, Holds: 3},
	"staff": {Most: 15, Days: 60, Renewals: 2, Holds: 5, OverdueMost: 2},
	"":      {Most: 10, Days: 30, Renewals: 1, Holds: 5, FinePerDay: 10, FineMost: 3000, OweMost: 2000},
}

// UsualTerms are those of a class where the register has none.
func UsualTerms(class string) Terms {
	if t, ok := usualTerms[class]; ok {
		return t
	}
	return usualTerms[""]
}

// Reason says why something is not done. Its values are in records of other
// systems' self-checks too: they never change.
type Reason string

// The reasons.
const (
	UnknownCopy  Reason = "unknown-copy"
	Stays        Reason = "stays" // is read here only
	LentToOther  Reason = "lent-to-other"
	LentToYou    Reason = "lent-to-you" // is with the same reader already
	HeldForOther Reason = "held-for-other"
	TooMany      Reason = "too-many"
	HasOverdue   Reason = "has-overdue"
	OwesTooMuch  Reason = "owes-too-much"
	Blocked      Reason = "blocked"
	TooYoung     Reason = "too-young"
	AgeUnknown   Reason = "age-unknown"
	NotLent      Reason = "not-lent"         // there is nothing to renew or take back
	RenewedOften Reason = "renewed-often"    // no more renewals
	Awaited      Reason = "awaited"          // others wait for it: it is not renewed
	IsOverdue    Reason = "is-overdue"       // it is not renewed when it is late
	SystemSays   Reason = "system-says"      // the library's system refuses, in its own words
	SystemAway   Reason = "system-away"      // it is away, and this cannot wait
	UnknownNow   Reason = "unknown-now"      // it is away, and nobody knows whether this is allowed
	OfflineMost  Reason = "offline-too-many" // as many as are lent while it is away
)

// Overridable reports whether a librarian may lend in spite of it.
func (r Reason) Overridable() bool {
	switch r {
	case HeldForOther, TooMany, HasOverdue, OwesTooMuch, Blocked, TooYoung, AgeUnknown, Stays:
		return true
	}
	return false
}

// Account is a reader with all that decides what he may do.
type Account struct {
	Person  string
	Class   string
	Terms   Terms
	Born    string // 2006-01-02, or ""
	Blocked string
	Loans   []OpenLoan
	Holds   []ReaderHold
	Owes    int64

	Patron  string // what the library's system knows him by
	Say     string // what that system says of him
	Offline bool   // it is away: this is what it last said
	Unknown bool   // and it has never said anything
}

// Overdue are the loans that are late on a day.
func (a Account) Overdue(now time.Time) []OpenLoan {
	var late []OpenLoan
	for _, l := range a.Loans {
		if Late(l.Due, now) > 0 {
			late = append(late, l)
		}
	}
	return late
}

// Late is how many days after its due date a moment is; 0 until the end of that day.
func Late(due string, now time.Time) int {
	d, err := time.ParseInLocation(time.DateOnly, due, now.Location())
	if err != nil {
		return 0
	}
	y, m, day := now.Date()
	// Noon to noon: a zone with summer time has days of other lengths.
	today := time.Date(y, m, day, 12, 0, 0, 0, now.Location())
	return max(0, int(today.Sub(d.Add(12*time.Hour)).Round(24*time.Hour)/(24*time.Hour)))
}

// Fine is what a loan costs that comes back so many days late.
func Fine(days int, perDay, most int64) int64 {
	fen := int64(days) * perDay
	if most > 0 {
		fen = min(fen, most)
	}
	return fen
}

// Age is somebody's age in years on a day; false when nobody knows his birthday.
func Age(born string, now time.Time) (int, bool) {
	b, err := time.ParseInLocation(time.DateOnly, born, now.Location())
	if err != nil || b.After(now) {
		return 0, false
	}
	years := now.Year() - b.Year()
	if now.Month() < b.Month() || now.Month() == b.Month() && now.Day() < b.Day() {
		years--
	}
	return years, true
}

// Where is where a copy is when somebody wants it.
type Where struct {
	Loan *OpenLoan
	// HeldFor is who waits for it on the hold shelf; "" is nobody.
	HeldFor string
}

// MayBorrow says why a reader may borrow nothing at all, as it stands; "" when he may.
func MayBorrow(a Account, now time.Time) Reason {
	switch {
	case a.Blocked != "":
		return Blocked
	case a.Terms.OweMost > 0 && a.Owes > a.Terms.OweMost:
		return OwesTooMuch
	case len(a.Overdue(now)) > a.Terms.OverdueMost:
		return HasOverdue
	case len(a.Loans) >= a.Terms.Most:
		return TooMany
	}
	return ""
}

// MayLend says why a copy is not lent to a reader; "" when it is. What the copy
// is comes before what the reader has done: it is what he can do something about.
func MayLend(a Account, c Copy, w Where, now time.Time) Reason {
	switch {
	case w.Loan != nil && w.Loan.Person == a.Person:
		return LentToYou
	case w.Loan != nil:
		return LentToOther
	case c.Stays:
		return Stays
	case w.HeldFor != "" && w.HeldFor != a.Person:
		return HeldForOther
	}
	if c.MinAge > 0 {
		switch age, known := Age(a.Born, now); {
		case !known:
			return AgeUnknown
		case age < c.MinAge:
			return TooYoung
		}
	}
	return MayBorrow(a, now)
}

// MayRenew says why a loan is not renewed; "" when it is. waiting are those who
// wait for its title.
func MayRenew(a Account, l OpenLoan, waiting []Waiting, now time.Time) Reason {
	switch {
	case a.Blocked != "":
		return Blocked
	case Late(l.Due, now) > 0:
		return IsOverdue
	case l.Renewals >= a.Terms.Renewals:
		return RenewedOften
	case slices.ContainsFunc(waiting, func(w Waiting) bool { return w.Person != a.Person && w.Ready == "" }):
		return Awaited
	case a.Terms.OweMost > 0 && a.Owes > a.Terms.OweMost:
		return OwesTooMuch
	}
	return ""
}

// DueOn is the day on which a loan of today is due.
func (t Terms) DueOn(now time.Time) string { return now.AddDate(0, 0, t.Days).Format(time.DateOnly) }

// RenewedTo is the day to which a loan is renewed today: never before it was due.
func (t Terms) RenewedTo(due string, now time.Time) string {
	days := t.RenewDays
	if days == 0 {
		days = t.Days
	}
	return max(due, now.AddDate(0, 0, days).Format(time.DateOnly))
}

// NextWaiting is who gets a copy that has come back: the first who has none on the
// hold shelf; "" is nobody.
func NextWaiting(waiting []Waiting) string {
	for _, w := range waiting {
		if w.Ready == "" {
			return w.Person
		}
	}
	return ""
}

// Yuan writes fen as people do.
func Yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign, fen = "-", -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, fen/100, fen%100)
}

// ParseYuan reads an amount of yuan as fen.
func ParseYuan(s string) (int64, error) {
	whole, part, _ := strings.Cut(strings.TrimSpace(s), ".")
	part += "00"[min(len(part), 2):]
	if whole == "" || len(whole) > 9 || len(part) != 2 || strings.Trim(whole+part, "0123456789") != "" {
		return 0, fmt.Errorf("%q is no amount such as 1.50", s)
	}
	var fen int64
	for _, c := range whole + part {
		fen = 10*fen + int64(c-'0')
	}
	return fen, nil
}

// longestBarcode is more than any label has.
const longestBarcode = 40

// CleanBarcode is what a scanner or a finger gave, as holdings have it; false when
// it cannot be a barcode. Nothing that it lets through can break out of a field
// of a SIP2 message.
func CleanBarcode(s string) (string, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if s == "" || len(s) > longestBarcode {
		return "", false
	}
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c == '-', c == '.', c == '/', c == '_', c == ':', c == '+':
		default:
			return "", false
		}
	}
	return s, true
}
