package library

import (
	"time"

	"github.com/luohu/ting/kiosk"
)

// The kinds of record.
var (
	KindLoan    = kiosk.RecordKind{Name: "library.loan", Version: 1}
	KindReturn  = kiosk.RecordKind{Name: "library.return", Version: 1}
	KindRenewal = kiosk.RecordKind{Name: "library.renewal", Version: 1}
	KindHold    = kiosk.RecordKind{Name: "library.hold", Version: 1}
	KindFee     = kiosk.RecordKind{Name: "library.fee", Version: 1}
	KindSettled = kiosk.RecordKind{Name: "library.settled", Version: 1}
	KindRefused = kiosk.RecordKind{Name: "library.refused", Version: 1}
)

// Kinds are all of them.
func Kinds() []kiosk.RecordKind {
	return []kiosk.RecordKind{KindLoan, KindReturn, KindRenewal, KindHold, KindFee, KindSettled, KindRefused}
}

// Loan says that a copy went out of the library with somebody. The terms of the
// loan stand in it: what is owed for it later does not depend on what the rules
// are then.
type Loan struct {
	Copy       string    `json:"copy"`            // its barcode
	Title      string    `json:"title,omitempty"` // the ID of what it is a copy of, as the holdings had it
	Person     string    `json:"person"`          // the district's number
	At         time.Time `json:"at"`
	Due        string    `json:"due"`                    // 2006-01-02: it is in time until the end of that day
	FinePerDay int64     `json:"fine_per_day,omitempty"` // in fen
	FineMost   int64     `json:"fine_most,omitempty"`    // in fen; 0 is no limit
	Way        string    `json:"way,omitempty"`          // a kiosk.Way
	By         string    `json:"by,omitempty"`           // the staff member who vouched, or lent it
	Override   string    `json:"override,omitempty"`     // why the staff lent it against the rules
	Home       string    `json:"home,omitempty"`         // the site the copy belongs to, where that is another one
	Lane       string    `json:"lane,omitempty"`
	System     string    `json:"system,omitempty"`  // the library's system that keeps it; "" is Ting itself
	Offline    bool      `json:"offline,omitempty"` // that system was away
}

// Return says that a copy came back. It closes every loan of the copy that was
// open then, and the one it names whenever that began.
type Return struct {
	Copy    string    `json:"copy"`
	At      time.Time `json:"at"`
	Loan    string    `json:"loan,omitempty"`     // the ID of the loan's record, where the terminal knew it
	Undo    bool      `json:"undo,omitempty"`     // the loan was a slip of the scanner: it never was
	HeldFor string    `json:"held_for,omitempty"` // who waits for it: it stands on the hold shelf
	Home    string    `json:"home,omitempty"`     // as in Loan
	Way     string    `json:"way,omitempty"`
	By      string    `json:"by,omitempty"`
	Lane    string    `json:"lane,omitempty"`
	System  string    `json:"system,omitempty"`
	Offline bool      `json:"offline,omitempty"`
}

// Renewal says that a loan is due later.
type Renewal struct {
	Copy    string    `json:"copy"`
	Person  string    `json:"person"`
	Loan    string    `json:"loan,omitempty"`
	At      time.Time `json:"at"`
	Due     string    `json:"due"`
	Home    string    `json:"home,omitempty"`
	By      string    `json:"by,omitempty"`
	System  string    `json:"system,omitempty"`
	Offline bool      `json:"offline,omitempty"`
}

// Hold says that somebody waits for a title, or waits no more.
type Hold struct {
	Title     string    `json:"title"`
	Person    string    `json:"person"`
	At        time.Time `json:"at"`
	Cancelled bool      `json:"cancelled,omitempty"`
	By        string    `json:"by,omitempty"`
}

// Fee says that somebody paid, or that the staff let him off.
type Fee struct {
	Person string    `json:"person"`
	Fen    int64     `json:"fen"`
	At     time.Time `json:"at"`
	Waived bool      `json:"waived,omitempty"`
	Reason string    `json:"reason,omitempty"` // of a waiver
	By     string    `json:"by,omitempty"`     // the staff member
	System string    `json:"system,omitempty"`
	// Transaction is what the paying device or the other self-check calls it.
	Transaction string `json:"transaction,omitempty"`
}

// Settled says what a librarian decided on a task.
type Settled struct {
	Task   string    `json:"task"` // its ID
	Copy   string    `json:"copy"`
	Kept   string    `json:"kept,omitempty"`   // the loan that stands; "" is none
	Closed []string  `json:"closed,omitempty"` // the loans that are over
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// Refused says that the library's system did not accept what had been done while
// it was away. The book is where it is: a librarian looks into it.
type Refused struct {
	Copy    string    `json:"copy"`
	Person  string    `json:"person,omitempty"`
	Did     string    `json:"did"`     // "loan", "return" or "renewal"
	Message string    `json:"message"` // what the system said
	Done    time.Time `json:"done"`    // when it was done
	At      time.Time `json:"at"`      // when it was refused
	System  string    `json:"system"`
}

// RecordKind implements kiosk.Record.
func (Loan) RecordKind() kiosk.RecordKind { return KindLoan }

// AggregateKey implements kiosk.Record.
func (l Loan) AggregateKey() string { return "copy/" + l.Copy }

// RecordKind implements kiosk.Record.
func (Return) RecordKind() kiosk.RecordKind { return KindReturn }

// AggregateKey implements kiosk.Record.
func (r Return) AggregateKey() string { return "copy/" + r.Copy }

// RecordKind implements kiosk.Record.
func (Renewal) RecordKind() kiosk.RecordKind { return KindRenewal }

// AggregateKey implements kiosk.Record.
func (r Renewal) AggregateKey() string { return "copy/" + r.Copy }

// RecordKind implements kiosk.Record.
func (Hold) RecordKind() kiosk.RecordKind { return KindHold }

// AggregateKey implements kiosk.Record.
func (h Hold) AggregateKey() string { return "title/" + h.Title }

// RecordKind implements kiosk.Record.
func (Fee) RecordKind() kiosk.RecordKind { return KindFee }

// AggregateKey implements kiosk.Record.
func (f Fee) AggregateKey() string { return "person/" + f.Person }

// RecordKind implements kiosk.Record.
func (Settled) RecordKind() kiosk.RecordKind { return KindSettled }

// AggregateKey implements kiosk.Record.
func (s Settled) AggregateKey() string { return "copy/" + s.Copy }

// RecordKind implements kiosk.Record.
func (Refused) RecordKind() kiosk.RecordKind { return KindRefused }

// AggregateKey implements kiosk.Record.
func (r Refused) AggregateKey() string { return "copy/" + r.Copy }
