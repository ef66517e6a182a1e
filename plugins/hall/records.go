package hall

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The kinds of record: the terminal's, and the desk's.
var (
	KindPage      = kiosk.RecordKind{Name: "hall.page", Version: 1}
	KindSubmitted = kiosk.RecordKind{Name: "hall.submitted", Version: 1}
	KindChanged   = kiosk.RecordKind{Name: "hall.changed", Version: 1}
	KindRated     = kiosk.RecordKind{Name: "hall.rated", Version: 1}
	KindTicket    = kiosk.RecordKind{Name: "hall.ticket", Version: 1}

	KindDeskChanged = kiosk.RecordKind{Name: "hall-desk.changed", Version: 1}
	KindDeskQueue   = kiosk.RecordKind{Name: "hall-desk.queue", Version: 1}
)

// Applicant is who applies, as the law wants a case to say it. It stands in the
// case alone: the progress that any terminal shows has none of it.
type Applicant struct {
	Name     string `json:"name"`
	IDNumber string `json:"id_number,omitempty"` // of the identity card that was read; else ""
	Person   string `json:"person,omitempty"`    // the district's number, where it has one
	Way      string `json:"way"`                 // how he was identified: "idcard+face", "card", "pin", "staff", …
	By       string `json:"by,omitempty"`        // the member of staff who vouched
	Phone    string `json:"phone,omitempty"`
	Entity   string `json:"entity,omitempty"` // the company applied for, by its social credit code
}

// How a material was handed in.
const (
	Paperless = "paperless" // the government has it; nobody brought it
	Photo     = "photo"     // photographed at the terminal
	Later     = "later"     // it may follow, and has not come yet
)

// Handed is a material as it was handed in.
type Handed struct {
	Material string    `json:"material"`
	Name     view.Text `json:"name"`
	How      string    `json:"how"`
	Holding  string    `json:"holding,omitempty"` // Paperless: the number of the electronic licence, masked
	Pages    []string  `json:"pages,omitempty"`   // Photo: SHA-256 of each page's JPEG, in order
}

// Page is a part of a photographed page of a material, or of the signature. A
// picture is larger than a record may be, so it comes in parts; they are recorded
// before the case that names its digest, so that no case has less than it says.
type Page struct {
	Case     string    `json:"case"`
	Material string    `json:"material"` // or "signature"
	Digest   string    `json:"digest"`   // SHA-256 of the whole picture, in hexadecimal
	Media    string    `json:"media"`    // "image/jpeg" or "image/png"
	Part     int       `json:"part"`     // from 0
	Parts    int       `json:"parts"`
	Bytes    []byte    `json:"bytes"`
	At       time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Page) RecordKind() kiosk.RecordKind { return KindPage }

// AggregateKey implements kiosk.Record.
func (p Page) AggregateKey() string { return "application/" + p.Case }

// Submitted opens a case: an application was handed in.
type Submitted struct {
	ID        string            `json:"id"`   // UUIDv7
	Case      string            `json:"case"` // the number on the receipt
	Service   string            `json:"service"`
	Code      string            `json:"code"` // the service item's, as it was in force
	Name      view.Text         `json:"name"` // the service's
	Applicant Applicant         `json:"applicant"`
	Answers   map[string]string `json:"answers,omitempty"`
	Materials []Handed          `json:"materials"`
	Signature string            `json:"signature"`     // digest of the picture
	Legal     int               `json:"legal_days"`    // working days, as promised that day
	Promised  int               `json:"promised_days"` //
	Visits    int               `json:"visits"`        // that were said to be needed
	At        time.Time         `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Submitted) RecordKind() kiosk.RecordKind { return KindSubmitted }

// AggregateKey implements kiosk.Record.
func (s Submitted) AggregateKey() string { return "application/" + s.Case }

// Change is one step of a case.
type Change struct {
	Basis
	Case      string    `json:"case"`
	Action    Action    `json:"action"`
	Reason    string    `json:"reason,omitempty"`    // in words, for the applicant
	Wanted    []string  `json:"wanted,omitempty"`    // Correct: materials to be handed in again
	Materials []Handed  `json:"materials,omitempty"` // Supplement: what was handed in
	Resolves  string    `json:"resolves,omitempty"`  // the disputed change that this one settles
	By        string    `json:"by,omitempty"`        // the member of staff; "" is the applicant
	Window    string    `json:"window,omitempty"`    // where
	At        time.Time `json:"at"`
}

// Changed is a Change made by the applicant at a terminal.
type Changed struct{ Change }

// RecordKind implements kiosk.Record.
func (Changed) RecordKind() kiosk.RecordKind { return KindChanged }

// AggregateKey implements kiosk.Record.
func (c Changed) AggregateKey() string { return "application/" + c.Case }

// DeskChanged is a Change made by a clerk at a desk.
type DeskChanged struct{ Change }

// RecordKind implements kiosk.Record.
func (DeskChanged) RecordKind() kiosk.RecordKind { return KindDeskChanged }

// AggregateKey implements kiosk.Record.
func (c DeskChanged) AggregateKey() string { return "application/" + c.Case }

// Rated is what the applicant thinks of how his case was handled. The first
// rating of a case counts.
type Rated struct {
	Case   string    `json:"case"`
	Grade  int       `json:"grade"` // 5 非常满意 … 1 非常不满意
	Causes []string  `json:"causes,omitempty"`
	At     time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Rated) RecordKind() kiosk.RecordKind { return KindRated }

// AggregateKey implements kiosk.Record.
func (r Rated) AggregateKey() string { return "application/" + r.Case }

// TicketTaken opens a ticket: somebody wants to speak to a person.
type TicketTaken struct {
	ID       string    `json:"id"` // UUIDv7
	Number   string    `json:"number"`
	Day      string    `json:"day"` // 2006-01-02
	Service  string    `json:"service,omitempty"`
	Case     string    `json:"case,omitempty"` // when it is about one
	Priority Priority  `json:"priority,omitempty"`
	At       time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (TicketTaken) RecordKind() kiosk.RecordKind { return KindTicket }

// AggregateKey implements kiosk.Record.
func (t TicketTaken) AggregateKey() string { return "ticket/" + t.ID }

// QueueChange is one step of a ticket.
type QueueChange struct {
	Basis
	Ticket string    `json:"ticket"` // its ID
	Step   Step      `json:"step"`
	Window string    `json:"window"`       // whose clerk did it
	To     string    `json:"to,omitempty"` // Transfer: the window it goes to
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (QueueChange) RecordKind() kiosk.RecordKind { return KindDeskQueue }

// AggregateKey implements kiosk.Record.
func (q QueueChange) AggregateKey() string { return "ticket/" + q.Ticket }

// The feeds of the hall, all of a site.
const (
	FeedServices  = "hall-services"  // catalog.Service by its ID
	FeedCalendar  = "hall-calendar"  // workday.Year by its number: years later than the program
	FeedResidents = "hall-residents" // Resident by "id/" + Holder, and by "person/" + the district's number
	FeedProgress  = "hall-progress"  // Progress by case number, for terminals
	FeedCases     = "hall-cases"     // CaseFile by case number, for desks
	FeedPages     = "hall-pages"     // Page by PageKey, of open cases, for desks
	FeedQueue     = "hall-queue"     // Ticket by ID, of the day
)

// PageKey is where a part of a picture stands in FeedPages.
func PageKey(p Page) string { return pageKey(p.Case, p.Digest, p.Part) }
