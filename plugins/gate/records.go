package gate

import (
	"time"

	"github.com/luohu/ting/kiosk"
)

// The kinds of record.
var (
	KindPass    = kiosk.RecordKind{Name: "gate.pass", Version: 1}
	KindRefused = kiosk.RecordKind{Name: "gate.refused", Version: 1}
)

// The directions of a Pass.
const (
	In  = "in"
	Out = "out"
)

// Pass says that a person went through a gate.
type Pass struct {
	Person    string    `json:"person"`       // the district's number for the person
	Direction string    `json:"direction"`    // In or Out, as the terminal saw it
	Way       string    `json:"way"`          // a kiosk.Way
	Lane      string    `json:"lane"`         // which gate of the site; may be empty
	By        string    `json:"by,omitempty"` // the staff member who vouched
	At        time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Pass) RecordKind() kiosk.RecordKind { return KindPass }

// AggregateKey implements kiosk.Record.
func (p Pass) AggregateKey() string { return "person/" + p.Person }

// Refused says that a gate stayed shut before somebody, and why. It holds
// nothing of the person.
type Refused struct {
	Verdict string    `json:"verdict"` // a kiosk.Verdict
	Lane    string    `json:"lane"`
	At      time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Refused) RecordKind() kiosk.RecordKind { return KindRefused }

// AggregateKey implements kiosk.Record.
func (r Refused) AggregateKey() string { return "lane/" + r.Lane }

// FeedPresence holds the newest pass of every person of a site, as far as the
// center has heard: a PresenceRow by person ID.
const FeedPresence = "presence"

// PresenceRow is a row of FeedPresence. It may be days old: who reads it decides
// whether it still counts.
type PresenceRow struct {
	Direction string    `json:"direction"` // In or Out
	At        time.Time `json:"at"`        // by the clock of the terminal that let the person through
	Lane      string    `json:"lane"`      // which gate of the site; may be empty
}
