// Package receipt is what a terminal records of the face templates it keeps: that
// one was stored, and that one is gone. With them the center can say of everybody
// which terminals hold a template and which have proven that theirs is erased.
//
// The terminal records them itself, whichever module asked; a record never holds a
// template, only its ID.
package receipt

import (
	"time"

	"github.com/luohu/ting/kiosk"
)

// The kinds of record. An erasure is urgent: somebody waits for the proof.
var (
	KindStored = kiosk.RecordKind{Name: "identity.stored", Version: 1}
	KindErased = kiosk.RecordKind{Name: "identity.erased", Version: 1, Urgent: true}
)

// Stored says that a terminal keeps a template from now on.
type Stored struct {
	Person   string    `json:"person"`
	Template string    `json:"template"` // its ID
	Purposes []string  `json:"purposes"` // module IDs that the consent covers
	At       time.Time `json:"at"`
	// Consent is there where no module records the consent itself: enrolment in bulk.
	Consent *Consent `json:"consent,omitempty"`
	// What the roster knew of the person, with Consent.
	Name  string `json:"name,omitempty"`
	Group string `json:"group,omitempty"`
	Role  string `json:"role,omitempty"`
}

// Consent is a consent as it was given, before the enrolment.
type Consent struct {
	TextVersion string    `json:"text_version"`
	GivenBy     string    `json:"given_by"` // "self", or the guardian
	Way         string    `json:"way"`      // "paper", …
	At          time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Stored) RecordKind() kiosk.RecordKind { return KindStored }

// AggregateKey implements kiosk.Record.
func (s Stored) AggregateKey() string { return "person/" + s.Person }

// Cause is why a template is gone.
type Cause string

// The causes.
const (
	Withdrawn Cause = "withdrawn" // the person withdrew at this terminal
	Revoked   Cause = "revoked"   // the withdrawal came from the center
	Retention Cause = "retention" // its time was over
	Replaced  Cause = "replaced"  // the person enrolled anew
	Lost      Cause = "lost"      // damaged, removed by hand, or of an unknown cause before a restart
)

// Erased says that a template is gone from a terminal: its key is destroyed and its
// file overwritten.
type Erased struct {
	Person   string    `json:"person"`
	Template string    `json:"template"`
	Cause    Cause     `json:"cause"`
	At       time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Erased) RecordKind() kiosk.RecordKind { return KindErased }

// AggregateKey implements kiosk.Record.
func (e Erased) AggregateKey() string { return "person/" + e.Person }
