package enrolment

import (
	"time"

	"github.com/luohu/ting/kiosk"
)

// The kinds of record. A withdrawal is urgent: nothing may be ahead of it.
var (
	KindSigned    = kiosk.RecordKind{Name: "enrolment.signed", Version: 1}
	KindConsented = kiosk.RecordKind{Name: "enrolment.consented", Version: 1}
	KindWithdrawn = kiosk.RecordKind{Name: "enrolment.withdrawn", Version: 1, Urgent: true}
)

// Consented says that a person, or a child's guardian, agreed to recognition by
// face. Name, Role and Group are what the terminal knew, so that a visitor the
// people feed has never heard of gets a row there.
type Consented struct {
	Person      string   `json:"person"`
	Name        string   `json:"name"`
	Role        string   `json:"role"`
	Group       string   `json:"group,omitempty"`
	Purposes    []string `json:"purposes"`     // module IDs
	TextVersion string   `json:"text_version"` // of the text shown: TextVersion
	GivenBy     string   `json:"given_by"`     // "self", or the guardian
	Way         string   `json:"way"`          // "signature", "paper", "witness"; "touch" of older programs
	Witness     string   `json:"witness,omitempty"`
	// TextSHA256 is of the words shown, in both languages (Wording.Digest).
	TextSHA256 string `json:"text_sha256,omitempty"`
	// Signature is the SHA-256 of the picture in the record Signed that went before.
	Signature string    `json:"signature_sha256,omitempty"`
	Desk      bool      `json:"desk,omitempty"` // the witness conducted the visit at a counter
	At        time.Time `json:"at"`
	Template  string    `json:"template"` // its ID; the template stays on the terminal
}

// RecordKind implements kiosk.Record.
func (Consented) RecordKind() kiosk.RecordKind { return KindConsented }

// AggregateKey implements kiosk.Record.
func (c Consented) AggregateKey() string { return "person/" + c.Person }

// Signed keeps the signature under a consent, for whoever has to prove later that it
// was given: it belongs to the center, which keeps records, and not to a kiosk in a
// hall, and it outlives the template, which is erased with the withdrawal.
//
// It is a small picture in black and white, as on a scanned form. How the pen moved,
// when, how fast and how hard, is never recorded, so that the signature cannot be
// matched by machine as a trait of the body: it is evidence and no biometric.
type Signed struct {
	Person  string    `json:"person"`
	SHA256  string    `json:"sha256"`  // of Picture, hexadecimal
	Picture []byte    `json:"picture"` // PNG, one bit a pixel, at most signatureMost bytes
	At      time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Signed) RecordKind() kiosk.RecordKind { return KindSigned }

// AggregateKey implements kiosk.Record.
func (s Signed) AggregateKey() string { return "person/" + s.Person }

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
