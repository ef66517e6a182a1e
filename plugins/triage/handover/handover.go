// Package handover tells a hospital's own system of a patient who was triaged: as
// an HL7 v2.5 message ADT^A04 over MLLP, as a FHIR R4 transaction, or both.
//
// What is to be told waits in an outbox on the terminal's disk until the system
// has taken it, in the order of the visits; a system that is away loses nothing
// and holds up no patient.
//
// Both forms may arrive twice. An ADT carries the visit's ID as its control ID and
// visit number; the FHIR transaction creates conditionally, by the visit's ID.
package handover

import (
	"cmp"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/rules"
)

// Visit is what there is to tell.
type Visit struct {
	ID         string           `json:"id"` // of the terminal's visit
	Ticket     string           `json:"ticket"`
	Site       string           `json:"site"`
	Terminal   string           `json:"terminal"`
	At         time.Time        `json:"at"`
	Patient    Patient          `json:"patient"`
	Case       rules.Case       `json:"case"`
	Complaint  view.Text        `json:"complaint"` // its name
	Assessment rules.Assessment `json:"assessment"`
	Level      view.Text        `json:"level"`      // its name
	Department view.Text        `json:"department"` // its name
	Asked      []Asked          `json:"asked"`
}

// Patient is who was triaged. One who stays anonymous has neither number nor name.
type Patient struct {
	Number string    `json:"number,omitempty"` // resident identity number
	Member string    `json:"member,omitempty"` // the district's number for him
	Name   string    `json:"name,omitempty"`
	Birth  time.Time `json:"birth,omitzero"`
	Sex    rules.Sex `json:"sex,omitempty"`
}

// Anonymous reports whether nobody knows who the patient is.
func (p Patient) Anonymous() bool { return p.Number == "" && p.Member == "" }

// Asked is a question and its answer.
type Asked struct {
	ID     string    `json:"id"`
	Ask    view.Text `json:"ask"`
	Answer view.Text `json:"answer"`
	Yes    *bool     `json:"yes,omitempty"` // where it was a question of yes and no
}

// anonymousName is what hospitals write for whom they do not know.
const anonymousName = "无名氏"

func (p Patient) name() string { return cmp.Or(p.Name, anonymousName) }

// measurement is a vital sign with its code and unit.
type measurement struct {
	loinc, name, unit string
	value             float64
}

// measurements are the signs that were measured, by LOINC and UCUM.
func measurements(v rules.Vitals) (all []measurement) {
	for _, m := range []measurement{
		{"8310-5", "Body temperature", "Cel", v.Temperature},
		{"8867-4", "Heart rate", "/min", v.Pulse},
		{"9279-1", "Respiratory rate", "/min", v.Respiration},
		{"8480-6", "Systolic blood pressure", "mm[Hg]", v.Systolic},
		{"8462-4", "Diastolic blood pressure", "mm[Hg]", v.Diastolic},
		{"2708-6", "Oxygen saturation in Arterial blood", "%", v.SpO2},
	} {
		if m.value > 0 {
			all = append(all, m)
		}
	}
	return all
}

// reasons are the assessment's reasons in one text.
func reasons(v Visit, lang view.Lang) string {
	var all []string
	for _, r := range v.Assessment.Reasons {
		if r.Level == v.Assessment.Level {
			all = append(all, r.Text.In(lang))
		}
	}
	return strings.Join(all, "; ")
}
