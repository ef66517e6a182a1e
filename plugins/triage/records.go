package triage

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/triage/rules"
)

// The kinds of record. A call is urgent: nothing may be ahead of it.
var (
	KindAssessed     = kiosk.RecordKind{Name: "triage.assessed", Version: 1}
	KindCalled       = kiosk.RecordKind{Name: "triage.called", Version: 1, Urgent: true}
	KindDeskAssessed = kiosk.RecordKind{Name: "triage-desk.assessed", Version: 1} // an Assessed, by a nurse
	KindDecided      = kiosk.RecordKind{Name: "triage-desk.decided", Version: 1}
)

// Assessed says that the rules gave a case a level. A case may be assessed again.
type Assessed struct {
	Case       string         `json:"case"` // the visit in which it was assessed first
	Code       string         `json:"code"` // of the ticket
	Person     string         `json:"person,omitempty"`
	Name       string         `json:"name,omitempty"` // masked; "" is anonymous
	Known      string         `json:"known"`          // how the patient is known: "id-card", "member", "number", "anonymous"
	Told       rules.Case     `json:"told"`           // what the level was made of
	Level      rules.Level    `json:"level"`
	Reasons    []rules.Reason `json:"reasons"`
	NEWS2      *rules.NEWS2   `json:"news2,omitempty"`
	Department string         `json:"department"`
	Rules      string         `json:"rules"`           // their version
	By         string         `json:"by,omitempty"`    // the nurse, when it was not the patient himself
	Again      bool           `json:"again,omitempty"` // not the first time
	At         time.Time      `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Assessed) RecordKind() kiosk.RecordKind { return KindAssessed }

// AggregateKey implements kiosk.Record.
func (a Assessed) AggregateKey() string { return "triage/" + a.Case }

// Called says that a nurse was called to a patient at the terminal.
type Called struct {
	Case  string      `json:"case"`
	Code  string      `json:"code"`
	Level rules.Level `json:"level"`
	Flags []string    `json:"flags,omitempty"` // the dangers that were named
	At    time.Time   `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Called) RecordKind() kiosk.RecordKind { return KindCalled }

// AggregateKey implements kiosk.Record.
func (c Called) AggregateKey() string { return "triage/" + c.Case }

// What a nurse can decide of a case.
const (
	Confirm = "confirm" // the level is right
	Raise   = "raise"   // it is more urgent
	Lower   = "lower"   // it is less urgent
	Seen    = "seen"    // a doctor has taken the patient
	Left    = "left"    // the patient is gone
)

// Decided is a nurse's decision. It alone can make a case less urgent.
type Decided struct {
	Case     string      `json:"case"`
	Code     string      `json:"code"`
	Decision string      `json:"decision"`
	From     rules.Level `json:"from"`             // as the nurse saw it
	Level    rules.Level `json:"level"`            // from now on
	Reason   string      `json:"reason,omitempty"` // in the nurse's words; needed to lower
	By       string      `json:"by"`
	At       time.Time   `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Decided) RecordKind() kiosk.RecordKind { return KindDecided }

// AggregateKey implements kiosk.Record.
func (d Decided) AggregateKey() string { return "triage/" + d.Case }

// FeedWaiting is who waits at the site, Waiting by the ticket's code. The center
// makes it of the records.
const FeedWaiting = "triage_waiting"

// Waiting is a row of FeedWaiting: a case that no doctor has taken yet.
type Waiting struct {
	Case       string         `json:"case"`
	Code       string         `json:"code"`
	Name       string         `json:"name,omitempty"` // masked
	Told       rules.Case     `json:"told"`
	Level      rules.Level    `json:"level"`
	Reasons    []rules.Reason `json:"reasons,omitempty"`
	Department string         `json:"department"`
	Since      time.Time      `json:"since"`               // when it was assessed first
	Looked     time.Time      `json:"looked"`              // when it was last assessed or decided on
	Called     bool           `json:"called,omitempty"`    // a nurse was called, and has not decided yet
	Confirmed  bool           `json:"confirmed,omitempty"` // a nurse has looked
}
