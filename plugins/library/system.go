package library

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// system is who keeps the loans: Ting itself, or the library's own system. A
// method that refuses returns a *Refusal, one that fails any other error.
type system interface {
	// away says why the library's system is not to be had, for the start page; zero
	// when it is.
	away() view.Text
	// account is what somebody has and may do.
	account(ctx context.Context, s kiosk.Session, p kiosk.Person) (*Account, error)
	// mayBorrow says why a reader may borrow nothing; "" when he may.
	mayBorrow(a *Account, now time.Time) Reason
	// lend lends a copy, and has it on the account when it returns.
	lend(ctx context.Context, s kiosk.Session, a *Account, o order) (Item, error)
	// undo takes a loan of this visit back that was a slip of the scanner.
	undo(ctx context.Context, s kiosk.Session, a *Account, it Item) error
	// takeBack takes a copy back from whoever brings it.
	takeBack(ctx context.Context, s kiosk.Session, barcode string) (Back, error)
	// items are the books of an account, with their titles.
	items(ctx context.Context, s kiosk.Session, a *Account) ([]Item, error)
	// renew lends a book of the account for longer.
	renew(ctx context.Context, s kiosk.Session, a *Account, copyID string) (Item, error)
	// renewAll renews what can be, in place, and says how many were and were not.
	renewAll(ctx context.Context, s kiosk.Session, a *Account, items []Item) (done, not int, err error)
	// pay notes that fen were paid, or waived for a reason.
	pay(ctx context.Context, s kiosk.Session, a *Account, f Fee) (kiosk.Receipt, error)
	// done says that the reader is.
	done(ctx context.Context, s kiosk.Session, a *Account)
	// report records what has come to light since the last visit.
	report(ctx context.Context, s kiosk.Session)
}

// order is what somebody wants to borrow, and how it is known who he is.
type order struct {
	barcode  string
	way, by  string
	override string // why the staff lends it against the rules
}

// Item is a book on a reader's list.
type Item struct {
	Copy   Copy
	Loan   OpenLoan
	Due    string // as the library's system wrote it, where that is no date
	Number string // of the record: for people
	// Renewed says that the reader had it already: the loan is longer now.
	Renewed bool
	// Offline says that the library's system does not know it yet.
	Offline bool
	// Left is how often it may still be renewed; -1 is unknown.
	Left int
	Why  Reason // it cannot be renewed
}

// Back is a book that came back.
type Back struct {
	Copy    Copy
	Known   bool // it is in the holdings
	Late    int  // days
	Fen     int64
	Held    bool   // somebody waits for it: on the hold shelf
	Transit string // it belongs to another site
	Bin     string // the library's system says where to
	Say     string // what it says besides
	Offline bool
	Nobody  bool // no loan of it was known
	Number  string
}

// Refusal is an error that says why something is not done.
type Refusal struct {
	Reason Reason
	Copy   Copy
	Say    string // the library's system's own words
	Most   int    // of TooMany and OfflineMost
	Until  string // of LentToOther and LentToYou: when it is due
	Fen    int64  // of OwesTooMuch
}

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("refused: %s", r.Reason) }

// renewEach renews one book after the other.
func renewEach(ctx context.Context, s kiosk.Session, sys system, a *Account, items []Item) (done, not int, err error) {
	for i, it := range items {
		if it.Why != "" {
			not++
			continue
		}
		renewed, err := sys.renew(ctx, s, a, it.Copy.Barcode)
		if r := (*Refusal)(nil); errors.As(err, &r) {
			items[i].Why = r.Reason
			not++
			continue
		}
		if err != nil {
			return done, not, err
		}
		items[i] = renewed
		done++
	}
	return done, not, nil
}

// moment is the terminal's time as records and feeds keep it.
func moment(s kiosk.Session) time.Time { return s.Now().Truncate(time.Microsecond) }
