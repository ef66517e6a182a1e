package enrolment

import (
	"time"

	"github.com/luohu/ting/kiosk"
)

// The kinds of record. A withdrawal is urgent: nothing may be ahead of it.
var (
	KindConsented = kiosk.RecordKind{Name: "enrolment.consented", Version: 1}
	KindWithdrawn = kiosk.RecordKind{Name: "enrolment.withdrawn", Version: 1, Urgent: true}
)

// Consented says that a person, or a child's guardian, agreed to recognition by
// face. Name, Role and Group are what the terminal knew, so that a visitor the
// people feed has never heard of gets a row there.
type Consented struct {
	Person      string    `json:"person"`
	Name        string    `json:"name"`
	Role        string    `json:"role"`
	Group       string    `json:"group,omitempty"`
	Purposes    []string  `json:"purposes"`     // module IDs
	TextVersion string    `json:"text_version"` // of the text shown: TextVersion
	GivenBy     string    `json:"given_by"`     // "self", or the guardian
	Way         string    `json:"way"`          // "touch", "paper"
	Witness     string    `json:"witness,omitempty"`
	At          time.Time `json:"at"`
	Template    string    `json:"template"` // its ID; the template stays on the terminal
}

// RecordKind implements kiosk.Record.
func (Consented) RecordKind() kiosk.RecordKind { return KindConsented }

// AggregateKey implements kiosk.Record.
func (c Consented) AggregateKey() string { return "person/" + c.Person }

// Withdrawn says that a person took consent back.
type Withdrawn struct {
	Person   string    `json:"person"`
	Purposes []string  `json:"purposes,omitempty"` // module IDs; none is all of them
	At       time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Withdrawn) RecordKind() kiosk.RecordKind { return KindWithdrawn }

// AggregateKey implements kiosk.Record.
func (w Withdrawn) AggregateKey() string { return "person/" + w.Person }
