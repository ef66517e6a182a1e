package center

import (
	"cmp"
	"slices"
	"time"

	"github.com/luohu/ting/plugins/library"
)

// event is one record about a copy. Exactly one of the pointers is set.
type event struct {
	id       string // of the record
	at       time.Time
	lent     *library.Loan
	returned *library.Return
	renewed  *library.Renewal
	settled  *library.Settled
}

// How a loan ended.
const (
	endReturn  = "return"
	endUndone  = "undone"  // it never was
	endAgain   = "again"   // the same reader borrowed the copy anew
	endSettled = "settled" // a librarian decided so
)

// loan is what became of a Loan.
type loan struct {
	library.OpenLoan
	ended time.Time // zero while it is open
	how   string
	late  int   // days, of one that came back
	fine  int64 // in fen, likewise
}

func (l loan) open() bool { return l.ended.IsZero() }

// copyHistory is all that is known of a copy.
type copyHistory struct {
	loans   []loan // by the time they began
	heldFor string // who waits for it since it last came back
	last    time.Time
}

// open are the loans that have not ended. There is more than one when two people
// have the copy by the records.
func (h copyHistory) open() []library.OpenLoan {
	var all []library.OpenLoan
	for _, l := range h.loans {
		if l.open() {
			all = append(all, l.OpenLoan)
		}
	}
	return all
}

// history makes of a copy's records what became of it. It goes by the times that
// the records carry, and among equals by their IDs, so that the order in which
// they arrive changes nothing; a record that arrives late puts right what came
// before it.
//
// A return ends every loan that began before it, and the one it names. A loan of a
// copy that another has already leaves both open: which of them is right is a
// librarian's to say. Nothing is left out: every Loan is a loan here.
func history(events []event, zone *time.Location) copyHistory {
	slices.SortFunc(events, func(a, b event) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id))
	})
	var h copyHistory
	named := map[string]event{} // what ends a loan by its ID, whenever it began
	for _, e := range events {
		switch {
		case e.returned != nil && e.returned.Loan != "":
			if _, ended := named[e.returned.Loan]; !ended {
				named[e.returned.Loan] = e
			}
		case e.settled != nil:
			for _, id := range e.settled.Closed {
				if _, ended := named[id]; !ended {
					named[id] = e
				}
			}
		}
	}
	for _, e := range events {
		h.last = e.at
		switch {
		case e.lent != nil:
			h.lend(e, named, zone)
		case e.returned != nil:
			for i := range h.loans {
				if l := &h.loans[i]; l.open() {
					l.comeBack(e, zone)
				}
			}
			h.heldFor = e.returned.HeldFor
		case e.renewed != nil:
			h.renew(e)
		case e.settled != nil:
			for i := range h.loans {
				if l := &h.loans[i]; l.open() && slices.Contains(e.settled.Closed, l.ID) {
					l.ended, l.how = e.at, endSettled
				}
			}
		}
	}
	return h
}

func (h *copyHistory) lend(e event, named map[string]event, zone *time.Location) {
	for i := range h.loans {
		if l := &h.loans[i]; l.open() && l.Person == e.lent.Person {
			l.ended, l.how = e.at, endAgain
		}
	}
	l := loan{OpenLoan: library.OpenLoan{ID: e.id, Copy: e.lent.Copy, Title: e.lent.Title, Person: e.lent.Person, At: e.at,
		Due: e.lent.Due, FinePerDay: e.lent.FinePerDay, FineMost: e.lent.FineMost}}
	// Clocks differ: what ends this very loan may seem to be before it.
	if end, ok := named[e.id]; ok && !end.at.After(e.at) {
		if end.returned != nil {
			l.comeBack(end, zone)
			h.heldFor = end.returned.HeldFor
		} else {
			l.how = endSettled
		}
		l.ended = e.at
	} else {
		h.heldFor = ""
	}
	h.loans = append(h.loans, l)
}

// comeBack ends a loan by a return.
func (l *loan) comeBack(e event, zone *time.Location) {
	l.ended, l.how = e.at, endReturn
	if e.returned.Undo && (e.returned.Loan == "" || e.returned.Loan == l.ID) {
		l.how = endUndone
		return
	}
	l.late = library.Late(l.Due, e.at.In(zone))
	l.fine = library.Fine(l.late, l.FinePerDay, l.FineMost)
}

// renew finds the loan that a renewal means: the one it names, or else the reader's.
func (h *copyHistory) renew(e event) {
	for i := range h.loans {
		l := &h.loans[i]
		if l.open() && l.Person == e.renewed.Person && (e.renewed.Loan == "" || e.renewed.Loan == l.ID) {
			l.Due = max(l.Due, e.renewed.Due)
			l.Renewals++
		}
	}
}
