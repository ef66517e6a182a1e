package library

import "time"

// The feeds. The first three are the register's, the others are made of the
// records by the center (plugins/library/center). All are of a site.
const (
	FeedHoldings = "holdings"        // Copy by barcode
	FeedPatrons  = "library-patrons" // Patron by person
	FeedTerms    = "library-terms"   // Terms by class of patron
	FeedCopies   = "library-copies"  // CopyRow by barcode
	FeedReaders  = "library-readers" // ReaderRow by person
	FeedHolds    = "library-holds"   // HoldsRow by title
	FeedTasks    = "library-tasks"   // TaskRow by the task's ID
)

// RegisterFeeds are those that the register fills.
func RegisterFeeds() []string { return []string{FeedHoldings, FeedPatrons, FeedTerms} }

// MadeFeeds are those that are made of the records.
func MadeFeeds() []string { return []string{FeedCopies, FeedReaders, FeedHolds, FeedTasks} }

// Copy is one book with a barcode, as the register has it.
type Copy struct {
	Barcode string `json:"barcode"`
	ID      string `json:"id"` // of the title: what several copies have in common
	Title   string `json:"title"`
	Author  string `json:"author,omitempty"`
	Call    string `json:"call,omitempty"` // its shelf mark
	ISBN    string `json:"isbn,omitempty"`
	Shelf   string `json:"shelf,omitempty"`   // where it stands
	Site    string `json:"site,omitempty"`    // the site it belongs to, where that is another one
	MinAge  int    `json:"min_age,omitempty"` // in years; 0 is for everybody
	Stays   bool   `json:"stays,omitempty"`   // it is read here and not lent
	Fen     int64  `json:"fen,omitempty"`     // its price
}

// Patron is what the register knows of somebody as a reader. Nobody needs a row.
type Patron struct {
	Person  string `json:"person"`
	Born    string `json:"born,omitempty"`    // 2006-01-02
	Class   string `json:"class,omitempty"`   // a key of FeedTerms; "" is the person's role
	Blocked string `json:"blocked,omitempty"` // why nothing is lent to him
}

// CopyRow is where a copy is, as far as the center has heard. At says how far
// that is: what a terminal did with the copy later is not in it.
type CopyRow struct {
	At      time.Time `json:"at"`
	Loan    *OpenLoan `json:"loan,omitempty"`     // nil: it is here
	HeldFor string    `json:"held_for,omitempty"` // who waits for it on the hold shelf
}

// OpenLoan is a loan that has not come back.
type OpenLoan struct {
	ID         string    `json:"id"` // of its record
	Copy       string    `json:"copy"`
	Title      string    `json:"title,omitempty"`
	Person     string    `json:"person"`
	At         time.Time `json:"at"`
	Due        string    `json:"due"`
	Renewals   int       `json:"renewals,omitempty"`
	FinePerDay int64     `json:"fine_per_day,omitempty"`
	FineMost   int64     `json:"fine_most,omitempty"`
}

// ReaderRow is what somebody has and owes.
type ReaderRow struct {
	Loans   []OpenLoan   `json:"loans,omitempty"`
	Holds   []ReaderHold `json:"holds,omitempty"`
	Charges []Charge     `json:"charges,omitempty"` // the latest ones
	Owes    int64        `json:"owes,omitempty"`    // in fen
	// PaidAt is when he last paid, as far as the center has heard.
	PaidAt time.Time `json:"paid_at,omitzero"`
}

// ReaderHold is a title that somebody waits for.
type ReaderHold struct {
	Title string    `json:"title"`
	At    time.Time `json:"at"`
	Ready string    `json:"ready,omitempty"` // the copy on the hold shelf
}

// Charge is what a book that came late costs.
type Charge struct {
	Copy  string `json:"copy"`
	Title string `json:"title,omitempty"`
	Days  int    `json:"days"` // late
	Fen   int64  `json:"fen"`
}

// HoldsRow is who waits for a title, the first one first.
type HoldsRow struct {
	Waiting []Waiting `json:"waiting"`
}

// Waiting is one of them.
type Waiting struct {
	Person string    `json:"person"`
	At     time.Time `json:"at"`
	Ready  string    `json:"ready,omitempty"` // the copy that stands on the hold shelf for him
}

// The kinds of task.
const (
	TaskDouble  = "double"  // two people have the same copy, by the records
	TaskRefused = "refused" // the library's system did not accept what happened offline
)

// TaskRow is something a librarian has to look into.
type TaskRow struct {
	ID      string     `json:"id"`
	Kind    string     `json:"kind"`
	Copy    string     `json:"copy"`
	At      time.Time  `json:"at"`
	Loans   []OpenLoan `json:"loans,omitempty"`   // of TaskDouble
	Person  string     `json:"person,omitempty"`  // of TaskRefused
	Did     string     `json:"did,omitempty"`     // likewise
	Message string     `json:"message,omitempty"` // likewise
}
