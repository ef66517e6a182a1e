package canteen

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// Yuan writes an amount of fen for people: ¥12.50, or -¥3.00.
func Yuan(fen int64) string {
	sign := ""
	if fen < 0 {
		sign = "-"
	}
	u := uint64(fen)
	if fen < 0 {
		u = -u
	}
	return fmt.Sprintf("%s¥%d.%02d", sign, u/100, u%100)
}

func yuan(fen int64) view.Text { return view.Same(Yuan(fen)) }

// maxFen is the largest amount that anything here takes for one: a million yuan.
// It keeps every sum far from the end of an int64.
const maxFen = 100_000_000

// parseFen reads an amount as it is typed: "12", "12.5", "-3.00".
func parseFen(s string) (int64, bool) {
	sign := int64(1)
	if len(s) > 0 && s[0] == '-' {
		sign, s = -1, s[1:]
	}
	whole, cents, found := cutPoint(s)
	if found && (len(cents) < 1 || len(cents) > 2) || len(whole) < 1 || len(whole) > 7 {
		return 0, false
	}
	for len(cents) < 2 {
		cents += "0"
	}
	n, err := strconv.ParseUint(whole+cents, 10, 63)
	if err != nil || n > maxFen {
		return 0, false
	}
	return sign * int64(n), true
}

func cutPoint(s string) (before, after string, found bool) {
	for i := range len(s) {
		if s[i] == '.' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// minutes since midnight of a clock time such as "11:30"; -1 for none.
func minutes(clock string) int {
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}

// windowAt is the window that is open; false when none is.
func windowAt(ws []WindowRow, now time.Time) (WindowRow, bool) {
	m := now.Hour()*60 + now.Minute()
	for _, w := range ws {
		if minutes(w.From) <= m && m < minutes(w.Until) {
			return w, true
		}
	}
	return WindowRow{}, false
}

// nextWindow is the one that opens next, today or, failing that, tomorrow.
func nextWindow(ws []WindowRow, now time.Time) (w WindowRow, today, ok bool) {
	m := now.Hour()*60 + now.Minute()
	for _, w := range ws {
		if minutes(w.From) > m {
			return w, true, true
		}
	}
	if len(ws) == 0 {
		return w, false, false
	}
	return ws[0], false, true
}

// offer is one meal for one diner: what it costs, and who pays.
type offer struct {
	window  WindowRow
	day     string
	meal    MealRow
	own     int64
	subsidy int64
}

// price says who pays what of a meal. One subsidised meal a day: a second one,
// in whatever window, is the diner's own.
func price(d DinerRow, w WindowRow, m MealRow, day string, today []SoldMeal) offer {
	o := offer{window: w, day: day, meal: m, own: m.Fen}
	had := slices.ContainsFunc(today, func(s SoldMeal) bool { return s.Subsidy > 0 })
	if w.Subsidised && !had {
		o.subsidy = max(0, min(d.Subsidy, m.Fen))
		o.own -= o.subsidy
	}
	return o
}

// standing is all that a till knows of a diner's money at a moment.
type standing struct {
	balance int64      // with what this till knows and the center has not counted
	limit   int64      // a day; 0 is none
	today   []SoldMeal // not refunded, at whichever till, as far as is known here
	free    int64      // of the till's share of the quota
}

// spent is the diner's own money of today.
func (st standing) spent() (fen int64) {
	for _, m := range st.today {
		fen += m.Own
	}
	return fen
}

// eaten is the meal sold in a window today; false when there was none.
func (st standing) eaten(window string) (SoldMeal, bool) {
	for i := len(st.today) - 1; i >= 0; i-- {
		if st.today[i].Window == window {
			return st.today[i], true
		}
	}
	return SoldMeal{}, false
}

// reason is why nothing is sold.
type reason string

const (
	none       reason = ""
	closed     reason = "closed"  // no window is open
	noMenu     reason = "no-menu" // nothing is on the menu here
	noAccount  reason = "no-account"
	overLimit  reason = "limit"
	noMoney    reason = "balance"
	overQuota  reason = "quota"
	notAllowed reason = "allergy" // and nobody confirmed

	refundedBefore reason = "refunded" // at a desk: the sale was taken back already
)

// refuse says whether an offer can be sold. The order is that of what the diner
// can do about it.
func refuse(o offer, st standing) reason {
	switch {
	case o.own == 0:
		return none
	case st.limit > 0 && st.spent()+o.own > st.limit:
		return overLimit
	case o.own > st.balance:
		return noMoney
	case o.own > st.free:
		return overQuota
	}
	return none
}

// clockSlack is how far a clock may be set back without anything being said to
// be of the future.
const clockSlack = 2 * time.Minute

// today merges what the center knows of a diner's meals of a day with the till's
// own: each sale once, none that was refunded, in order of time. A meal that the
// till sold by a clock that has since been set back counts as today's: a limit,
// or a second subsidised lunch, is not to be had by a wrong clock.
func today(day string, now time.Time, row []SoldMeal, own []SoldMeal) (meals []SoldMeal) {
	gone := map[string]bool{}
	for _, m := range row {
		gone[m.Sale] = true
		if m.Day == day && !m.Refunded {
			meals = append(meals, m)
		}
	}
	for _, m := range own {
		refunded := slices.ContainsFunc(row, func(r SoldMeal) bool { return r.Sale == m.Sale && r.Refunded })
		future := m.At.After(now.Add(clockSlack))
		if refunded || m.Day != day && !future || gone[m.Sale] && m.Day == day {
			continue
		}
		meals = append(meals, m)
	}
	slices.SortStableFunc(meals, func(a, b SoldMeal) int { return a.At.Compare(b.At) })
	return meals
}
