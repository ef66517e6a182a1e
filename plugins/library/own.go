package library

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// own is Ting's own lending: the books are the feed "holdings", the loans are records.
type own struct{ memory *memory }

func (o *own) away() view.Text { return view.Text{} }

// lookup reads a row of a feed; false when there is none.
func lookup[T any](ctx context.Context, s kiosk.Session, feed, key string) (row T, found bool, err error) {
	raw, err := s.Lookup(ctx, feed, key)
	switch kiosk.CodeOf(err) {
	case "":
	case kiosk.CodeNotFound:
		return row, false, nil
	default:
		return row, false, err
	}
	if err := json.Unmarshal(raw.JSON, &row); err != nil {
		return row, false, &kiosk.Error{Code: kiosk.CodeInternal, Op: "lookup " + feed, Cause: err, Hint: "the feed's row " + key + " is not of the documented shape"}
	}
	return row, true, nil
}

// account implements system.
func (o *own) account(ctx context.Context, s kiosk.Session, p kiosk.Person) (*Account, error) {
	a := &Account{Person: p.ID, Class: p.Role}
	patron, _, err := lookup[Patron](ctx, s, FeedPatrons, p.ID)
	if err != nil {
		return nil, err
	}
	a.Born, a.Blocked = patron.Born, patron.Blocked
	a.Class = cmp.Or(patron.Class, p.Role)
	terms, found, err := lookup[Terms](ctx, s, FeedTerms, a.Class)
	if err != nil {
		return nil, err
	}
	if !found {
		terms = UsualTerms(a.Class)
	}
	a.Terms = terms
	row, _, err := lookup[ReaderRow](ctx, s, FeedReaders, p.ID)
	if err != nil {
		return nil, err
	}
	if a.Loans, err = o.loans(ctx, s, p.ID, row.Loans); err != nil {
		return nil, err
	}
	a.Owes = max(0, row.Owes-o.memory.paidSince(p.ID, row.PaidAt))
	a.Holds = row.Holds
	for title, h := range o.memory.holdsBy(p.ID) {
		i := slices.IndexFunc(a.Holds, func(r ReaderHold) bool { return r.Title == title })
		switch {
		case h.Cancelled && i >= 0 && !a.Holds[i].At.After(h.At):
			a.Holds = slices.Delete(slices.Clone(a.Holds), i, i+1)
		case !h.Cancelled && i < 0 && s.Now().Sub(h.At) < fresh:
			a.Holds = append(slices.Clone(a.Holds), ReaderHold{Title: title, At: h.At})
		}
	}
	return a, nil
}

// fresh is how long a hold placed here counts though the center has not told of it:
// later it may have been satisfied elsewhere.
const fresh = 24 * time.Hour

// loans are somebody's loans: those that came down, and on top what this terminal
// did since.
func (o *own) loans(ctx context.Context, s kiosk.Session, person string, told []OpenLoan) ([]OpenLoan, error) {
	var all []OpenLoan
	add := func(l OpenLoan) error {
		if slices.ContainsFunc(all, func(k OpenLoan) bool { return k.Copy == l.Copy }) {
			return nil
		}
		w, err := o.where(ctx, s, l.Copy)
		if err == nil && w.Loan != nil && w.Loan.Person == person {
			all = append(all, *w.Loan)
		} else if err == nil && w.Loan != nil && l.ID != "" && slices.ContainsFunc(told, func(k OpenLoan) bool { return k.ID == l.ID }) {
			all = append(all, l) // lent twice: it stays his until a librarian has spoken
		}
		return err
	}
	for _, l := range told {
		if err := add(l); err != nil {
			return nil, err
		}
	}
	here, _ := o.memory.lentTo(person)
	for _, l := range here {
		if err := add(l); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b OpenLoan) int { return cmp.Or(strings.Compare(a.Due, b.Due), strings.Compare(a.Copy, b.Copy)) })
	return all, nil
}

// where is where a copy is: by the newer of what the center has told and what was
// done here.
func (o *own) where(ctx context.Context, s kiosk.Session, copyID string) (Where, error) {
	row, told, err := lookup[CopyRow](ctx, s, FeedCopies, copyID)
	if err != nil {
		return Where{}, err
	}
	if d, here := o.memory.last(copyID); here && (!told || d.At.After(row.At)) {
		return Where{Loan: d.Loan, HeldFor: d.HeldFor}, nil
	}
	return Where{Loan: row.Loan, HeldFor: row.HeldFor}, nil
}

// waiting is who waits for a title.
func (o *own) waiting(ctx context.Context, s kiosk.Session, title string) ([]Waiting, error) {
	if title == "" {
		return nil, nil
	}
	row, _, err := lookup[HoldsRow](ctx, s, FeedHolds, title)
	return row.Waiting, err
}

// lend implements system.
func (o *own) lend(ctx context.Context, s kiosk.Session, a *Account, ord order) (Item, error) {
	c, found, err := lookup[Copy](ctx, s, FeedHoldings, ord.barcode)
	if err != nil {
		return Item{}, err
	}
	if !found {
		return Item{}, &Refusal{Reason: UnknownCopy, Copy: Copy{Barcode: ord.barcode}}
	}
	w, err := o.where(ctx, s, c.Barcode)
	if err != nil {
		return Item{}, err
	}
	now := moment(s)
	if why := MayLend(*a, c, w, now); why != "" && (ord.override == "" || !why.Overridable()) {
		r := &Refusal{Reason: why, Copy: c, Most: a.Terms.Most, Fen: a.Owes}
		if w.Loan != nil {
			r.Until = w.Loan.Due
		}
		return Item{}, r
	}
	loan := Loan{Copy: c.Barcode, Title: c.ID, Person: a.Person, At: now, Due: a.Terms.DueOn(now), FinePerDay: a.Terms.FinePerDay, FineMost: a.Terms.FineMost,
		Way: ord.way, By: ord.by, Override: ord.override, Home: c.Site, Lane: s.Visit().Lane}
	receipt, err := s.Record(ctx, loan)
	if err != nil {
		return Item{}, err
	}
	l := OpenLoan{ID: receipt.ID, Copy: c.Barcode, Title: c.ID, Person: a.Person, At: now, Due: loan.Due, FinePerDay: loan.FinePerDay, FineMost: loan.FineMost}
	o.memory.did(c.Barcode, deed{At: now, Loan: &l})
	a.Loans = append(a.Loans, l)
	return Item{Copy: c, Loan: l, Due: l.Due, Number: receipt.Short(), Left: a.Terms.Renewals}, nil
}

// undo implements system.
func (o *own) undo(ctx context.Context, s kiosk.Session, a *Account, it Item) error {
	now := moment(s)
	_, err := s.Record(ctx, Return{Copy: it.Copy.Barcode, At: now, Loan: it.Loan.ID, Undo: true, Home: it.Copy.Site, Lane: s.Visit().Lane})
	if err != nil {
		return err
	}
	o.memory.did(it.Copy.Barcode, deed{At: now})
	a.Loans = slices.DeleteFunc(a.Loans, func(l OpenLoan) bool { return l.ID == it.Loan.ID })
	return nil
}

// takeBack implements system. A book that nobody knows is taken too: it lies in
// the reader's hand, and the librarian will know.
func (o *own) takeBack(ctx context.Context, s kiosk.Session, barcode string) (Back, error) {
	c, found, err := lookup[Copy](ctx, s, FeedHoldings, barcode)
	if err != nil {
		return Back{}, err
	}
	if !found {
		c = Copy{Barcode: barcode}
	}
	w, err := o.where(ctx, s, barcode)
	if err != nil {
		return Back{}, err
	}
	waiting, err := o.waiting(ctx, s, c.ID)
	if err != nil {
		return Back{}, err
	}
	now := moment(s)
	b := Back{Copy: c, Known: found, Nobody: w.Loan == nil, Transit: c.Site}
	r := Return{Copy: barcode, At: now, Home: c.Site, Lane: s.Visit().Lane, HeldFor: NextWaiting(waiting)}
	if w.Loan == nil && w.HeldFor != "" {
		r.HeldFor = w.HeldFor // it stood there already
	}
	if w.Loan != nil {
		r.Loan = w.Loan.ID
		b.Late = Late(w.Loan.Due, now)
		b.Fen = Fine(b.Late, w.Loan.FinePerDay, w.Loan.FineMost)
	}
	b.Held = r.HeldFor != ""
	receipt, err := s.Record(ctx, r)
	if err != nil {
		return Back{}, err
	}
	b.Number = receipt.Short()
	o.memory.did(barcode, deed{At: now, HeldFor: r.HeldFor})
	return b, nil
}

// items implements system.
func (o *own) items(ctx context.Context, s kiosk.Session, a *Account) ([]Item, error) {
	var all []Item
	for _, l := range a.Loans {
		c, found, err := lookup[Copy](ctx, s, FeedHoldings, l.Copy)
		if err != nil {
			return nil, err
		}
		if !found {
			c = Copy{Barcode: l.Copy, Title: l.Copy}
		}
		waiting, err := o.waiting(ctx, s, l.Title)
		if err != nil {
			return nil, err
		}
		all = append(all, Item{Copy: c, Loan: l, Due: l.Due, Left: max(0, a.Terms.Renewals-l.Renewals), Why: MayRenew(*a, l, waiting, s.Now())})
	}
	return all, nil
}

// renew implements system.
func (o *own) renew(ctx context.Context, s kiosk.Session, a *Account, copyID string) (Item, error) {
	i := slices.IndexFunc(a.Loans, func(l OpenLoan) bool { return l.Copy == copyID })
	c, found, err := lookup[Copy](ctx, s, FeedHoldings, copyID)
	if err != nil {
		return Item{}, err
	}
	if !found {
		c = Copy{Barcode: copyID, Title: copyID}
	}
	if i < 0 {
		return Item{}, &Refusal{Reason: NotLent, Copy: c}
	}
	l := a.Loans[i]
	waiting, err := o.waiting(ctx, s, l.Title)
	if err != nil {
		return Item{}, err
	}
	now := moment(s)
	if why := MayRenew(*a, l, waiting, now); why != "" {
		return Item{}, &Refusal{Reason: why, Copy: c, Fen: a.Owes}
	}
	r := Renewal{Copy: copyID, Person: a.Person, Loan: l.ID, At: now, Due: a.Terms.RenewedTo(l.Due, now), Home: c.Site}
	receipt, err := s.Record(ctx, r)
	if err != nil {
		return Item{}, err
	}
	l.Due, l.Renewals = r.Due, l.Renewals+1
	a.Loans[i] = l
	o.memory.did(copyID, deed{At: now, Loan: &l})
	return Item{Copy: c, Loan: l, Due: l.Due, Number: receipt.Short(), Renewed: true, Left: max(0, a.Terms.Renewals-l.Renewals), Why: MayRenew(*a, l, waiting, now)}, nil
}

// pay implements system.
func (o *own) pay(ctx context.Context, s kiosk.Session, a *Account, f Fee) (kiosk.Receipt, error) {
	receipt, err := s.Record(ctx, f)
	if err != nil {
		return receipt, err
	}
	o.memory.paid(feeDeed{Person: f.Person, Fen: f.Fen, At: f.At})
	a.Owes = max(0, a.Owes-f.Fen)
	return receipt, nil
}

// mayBorrow implements system.
func (o *own) mayBorrow(a *Account, now time.Time) Reason { return MayBorrow(*a, now) }

// renewAll implements system.
func (o *own) renewAll(ctx context.Context, s kiosk.Session, a *Account, items []Item) (done, not int, err error) {
	return renewEach(ctx, s, o, a, items)
}

// report implements system: the records say it all.
func (o *own) report(context.Context, kiosk.Session) {}

// done implements system.
func (o *own) done(context.Context, kiosk.Session, *Account) {}

// hold places or cancels a hold.
func (o *own) hold(ctx context.Context, s kiosk.Session, h Hold) (kiosk.Receipt, error) {
	receipt, err := s.Record(ctx, h)
	if err == nil {
		o.memory.held(h.Title, h.Person, holdDeed{At: h.At, Cancelled: h.Cancelled})
	}
	return receipt, err
}
