package handover

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/luohu/ting/plugins/triage/hl7"
	"github.com/luohu/ting/plugins/triage/rules"
)

// ADT is the visit as ADT^A04 (register a patient), HL7 v2.5, structure ADT_A01.
// The level travels as an observation (LOINC 54094-8, acuity assessment), since
// version 2.5 has no field for it.
func ADT(v Visit) hl7.Message {
	at := v.At.Format(hl7.Time)
	m := hl7.Message{
		hl7.Header("TING", v.Site, "HIS", v.Site, at, "ADT^A04^ADT_A01", v.ID),
		hl7.Of("EVN", map[int]string{1: "A04", 2: at}),
		pid(v),
		hl7.Of("PV1", map[int]string{
			1: "1", 2: "E", // emergency
			3:  hl7.Components(v.Assessment.Department, "", "", v.Site),
			10: hl7.Escape(v.Assessment.Department),
			19: hl7.Components(v.ID, "", "", "TING", "VN"),
			44: at,
		}),
		hl7.Of("PV2", map[int]string{3: hl7.Components("", v.Complaint.ZH)}),
	}
	obx := func(kind, code, name, system, value, unit string) {
		n := 1
		for _, s := range m {
			if s.Name == "OBX" {
				n++
			}
		}
		fields := map[int]string{1: strconv.Itoa(n), 2: kind, 3: hl7.Components(code, name, system), 5: value, 11: "F", 14: at}
		if unit != "" {
			fields[6] = hl7.Components(unit, "", "UCUM")
		}
		m = append(m, hl7.Of("OBX", fields))
	}
	obx("CE", "54094-8", "Emergency severity", "LN",
		hl7.Components(strconv.Itoa(int(v.Assessment.Level)), v.Level.ZH, "CN2018"), "")
	for _, x := range measurements(v.Case.Vitals) {
		obx("NM", x.loinc, x.name, "LN", strconv.FormatFloat(x.value, 'f', -1, 64), x.unit)
	}
	if n := v.Assessment.NEWS2; n != nil {
		obx("NM", "NEWS2", "National Early Warning Score 2", "L", strconv.Itoa(n.Score), "{score}")
	}
	if v.Case.Pain > 0 {
		obx("NM", "72514-3", "Pain severity 0-10 verbal numeric rating", "LN", strconv.Itoa(v.Case.Pain), "{score}")
	}
	obx("TX", "8661-1", "Chief complaint Reported", "LN", hl7.Escape(strings.TrimSpace(v.Complaint.ZH+" "+v.Case.Text)), "")
	obx("TX", "TRIAGE-REASON", "Reasons of the level", "L", hl7.Escape(reasons(v, "zh")), "")
	obx("ST", "TRIAGE-TICKET", "Queue ticket", "L", hl7.Escape(v.Ticket), "")
	return m
}

func pid(v Visit) hl7.Segment {
	p := v.Patient
	var ids []string
	if p.Number != "" {
		ids = append(ids, hl7.Components(p.Number, "", "", "CHN", "NNCHN"))
	}
	if p.Member != "" {
		ids = append(ids, hl7.Components(p.Member, "", "", "TING", "PI"))
	}
	kind := "L" // legal
	if p.Anonymous() {
		ids = append(ids, hl7.Components(v.ID, "", "", "TING", "AN"))
		kind = "U" // unspecified
	}
	fields := map[int]string{
		1: "1", 3: strings.Join(ids, "~"),
		5: hl7.Components(p.name(), "", "", "", "", "", kind, "I"), // ideographic
		8: map[rules.Sex]string{rules.Male: "M", rules.Female: "F"}[p.Sex],
	}
	if fields[8] == "" {
		fields[8] = "U"
	}
	switch {
	case !p.Birth.IsZero():
		fields[7] = p.Birth.Format("20060102")
	case v.Case.AgeMonths >= 0:
		fields[7] = bornIn(v.At, v.Case.AgeMonths)
	}
	return hl7.Of("PID", fields)
}

// bornIn is the year somebody of an age was born in, and for a small child the
// month: HL7 times may end where knowledge does.
func bornIn(at time.Time, months int) string {
	born := at.AddDate(0, -months, 0)
	if months < 36 {
		return born.Format("200601")
	}
	return fmt.Sprintf("%04d", born.Year())
}
