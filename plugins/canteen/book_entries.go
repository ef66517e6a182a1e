package canteen

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/kiosk"
)

// entry is what is to be entered in a book.
type entry struct {
	person string
	fen    int64      // added to the account
	meal   *SoldMeal  // of a sale
	shift  *openShift // the cashier's shift from then on; nil to leave it
	// record is called with the entry's ID, the book's and its number.
	record func(id, book string, no int64) kiosk.Record
}

// begin writes down that an entry is about to be recorded. It is on disk when
// begin returns.
func (b *Book) begin(n entry, at time.Time) (*bookEntry, kiosk.Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id, err := uuid.NewV7()
	if err != nil {
		return nil, nil, err
	}
	e := &bookEntry{ID: id.String(), No: b.last + 1, Person: n.person, Fen: n.fen, At: at, before: b.shift}
	if n.meal != nil {
		m := *n.meal
		m.Sale, m.At = e.ID, at
		e.Meal = &m
	}
	r := n.record(e.ID, b.id, e.No)
	e.Kind = r.RecordKind().Name
	e.Body, err = json.Marshal(r)
	if err != nil {
		return nil, nil, err
	}
	e.Released = n.fen >= 0 // money that came in takes nothing of the quota
	return e, r, b.write(bookLine{Begin: e, Shift: n.shift}, true)
}

// done says that an entry's record is in the journal. Should the power fail now,
// the entry is recorded once more, and counted once.
func (b *Book) done(id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(bookLine{Done: id}, false)
}

// drop takes back an entry whose record was certainly not stored.
func (b *Book) drop(e *bookEntry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := bookLine{Drop: e.ID, Shift: &e.before}
	_ = b.apply(l) // it never fails, and counts whether or not the file can be written
	return b.write(l, true)
}

// open are the entries that were begun and are not done, in their order.
func (b *Book) open() (list []bookEntry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if !e.Done {
			list = append(list, *e)
		}
	}
	return list
}

// known is what the book adds to a diner's account as the center has counted it:
// the sum of what it has not, and the meals sold here.
func (b *Book) known(person string, row AccountRow) (fen int64, meals []SoldMeal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if e.Person != person {
			continue
		}
		if e.No > row.Counted[b.id] {
			fen += e.Fen
		}
		if e.Meal != nil {
			meals = append(meals, *e.Meal)
		}
	}
	return fen, meals
}

// settle gives back what a diner's entries took of the quota, as far as the
// center has counted them and the account is not overdrawn.
//
// An overdrawn account keeps what it took, for somebody was sold what he had no
// money for: two tills that did not know of each other let him. So long as that
// is so, the tills' shares are used up by it, and what all accounts are
// overdrawn by is never more than the site's quota.
func (b *Book) settle(person string, row AccountRow) error {
	if row.Fen < 0 {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for _, e := range b.entries {
		if e.Person == person && !e.Released && e.Done && e.No <= row.Counted[b.id] {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return b.write(bookLine{Released: ids}, false)
}

// held is what the book's entries take of the quota.
func (b *Book) held() (fen int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		if !e.Released {
			fen -= e.Fen
		}
	}
	return fen
}

// holding are the diners whose entries take something of the quota, those with
// the oldest entries first.
func (b *Book) holding() (persons []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	seen := map[string]bool{}
	for _, e := range b.entries {
		if !e.Released && !seen[e.Person] {
			seen[e.Person] = true
			persons = append(persons, e.Person)
		}
	}
	return persons
}

// takes is the share of the quota taken last.
func (b *Book) takes() ShareRow {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.share
}

// told is the serial of the newest share that the center was told is taken.
func (b *Book) told() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.toldShare
}

// tell remembers that the center was told of a share. It may be told twice.
func (b *Book) tell(serial int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(bookLine{Told: serial}, false)
}

// take promises never to hold more than a share, before anybody is told.
func (b *Book) take(s ShareRow) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(bookLine{Share: &s}, true)
}

// atWork is the shift under way.
func (b *Book) atWork() openShift {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.shift
}

// work remembers how far the shift has come.
func (b *Book) work(s openShift) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write(bookLine{Shift: &s}, true)
}

// recent are the till's own entries since a time, the newest first.
func (b *Book) recent(since time.Time) (list []bookEntry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range slices.Backward(b.entries) {
		if !e.At.Before(since) {
			list = append(list, *e)
		}
	}
	return list
}
