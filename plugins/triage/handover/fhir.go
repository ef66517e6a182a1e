package handover

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/luohu/ting/plugins/triage/rules"
)

// Systems are the namespaces of identifiers that a hospital may want otherwise.
type Systems struct {
	Resident string // of resident identity numbers
	Visit    string // of the terminals' visits
}

// DefaultSystems are the namespaces where the site names no others.
var DefaultSystems = Systems{Resident: "urn:ting:resident-identity-number", Visit: "urn:ting:triage-visit"}

type object = map[string]any

// Bundle is the visit as a FHIR R4 transaction: Patient, Encounter, one Observation
// a vital sign (blood pressure as one of two parts), QuestionnaireResponse.
func Bundle(v Visit, s Systems) ([]byte, error) {
	b := &bundle{v: v, systems: s}
	b.add("Patient", b.patient(), b.patientCondition())
	b.add("Encounter", b.encounter(), identified(s.Visit, v.ID))
	for _, o := range b.observations() {
		b.add("Observation", o.body, identified(s.Visit, v.ID+"/"+o.code))
	}
	b.add("QuestionnaireResponse", b.answers(), identified(s.Visit, v.ID+"/answers"))
	return json.Marshal(object{"resourceType": "Bundle", "type": "transaction", "entry": b.entries})
}

type bundle struct {
	v       Visit
	systems Systems
	entries []object
}

// urn names a resource within the transaction, the same for the same visit: a
// UUID of version 8 (RFC 9562), made of the visit and the part.
func (b *bundle) urn(part string) string {
	h := sha256.Sum256([]byte(b.v.ID + " " + part))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func (b *bundle) reference(part string) object { return object{"reference": b.urn(part)} }

func identified(system, value string) string {
	return "identifier=" + url.QueryEscape(system+"|"+value)
}

func (b *bundle) add(kind string, resource object, ifNoneExist string) {
	resource["resourceType"] = kind
	part := kind
	if kind == "Observation" {
		part = fmt.Sprintf("%s-%d", kind, len(b.entries))
	}
	b.entries = append(b.entries, object{
		"fullUrl": b.urn(part), "resource": resource,
		"request": object{"method": "POST", "url": kind, "ifNoneExist": ifNoneExist},
	})
}

func (b *bundle) patientCondition() string {
	if n := b.v.Patient.Number; n != "" {
		return identified(b.systems.Resident, n)
	}
	return identified(b.systems.Visit, b.patientID())
}

// patientID names a patient whose resident number is not known.
func (b *bundle) patientID() string {
	if m := b.v.Patient.Member; m != "" {
		return "member/" + m
	}
	return "anonymous/" + b.v.ID
}

func (b *bundle) patient() object {
	p := b.v.Patient
	system, value := b.systems.Visit, b.patientID()
	if p.Number != "" {
		system, value = b.systems.Resident, p.Number
	}
	use := "official"
	if p.Anonymous() {
		use = "anonymous"
	}
	o := object{
		"identifier": []object{{"system": system, "value": value}},
		"name":       []object{{"use": use, "text": p.name()}},
		"gender":     gender(p.Sex),
	}
	switch {
	case !p.Birth.IsZero():
		o["birthDate"] = p.Birth.Format(time.DateOnly)
	case b.v.Case.AgeMonths >= 0:
		o["birthDate"] = b.v.At.AddDate(0, -b.v.Case.AgeMonths, 0).Format("2006")
	}
	return o
}

func gender(s rules.Sex) string {
	switch s {
	case rules.Male:
		return "male"
	case rules.Female:
		return "female"
	}
	return "unknown"
}

func coded(system, code, display string) object {
	return object{"system": system, "code": code, "display": display}
}

const (
	loinc = "http://loinc.org"
	ucum  = "http://unitsofmeasure.org"
)

func (b *bundle) encounter() object {
	priority := map[rules.Level]object{
		rules.Critical:   coded("http://terminology.hl7.org/CodeSystem/v3-ActPriority", "EM", "emergency"),
		rules.Emergency:  coded("http://terminology.hl7.org/CodeSystem/v3-ActPriority", "EM", "emergency"),
		rules.Urgent:     coded("http://terminology.hl7.org/CodeSystem/v3-ActPriority", "UR", "urgent"),
		rules.LessUrgent: coded("http://terminology.hl7.org/CodeSystem/v3-ActPriority", "R", "routine"),
	}[b.v.Assessment.Level]
	return object{
		"identifier": []object{{"system": b.systems.Visit, "value": b.v.ID}},
		"status":     "triaged",
		"class":      coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "EMER", "emergency"),
		"priority": object{
			"coding": []object{priority, coded("urn:ting:triage-level", strconv.Itoa(int(b.v.Assessment.Level)), b.v.Level.ZH)},
			"text":   b.v.Level.ZH,
		},
		"serviceType": object{"coding": []object{coded("urn:ting:triage-department", b.v.Assessment.Department, b.v.Department.ZH)}, "text": b.v.Department.ZH},
		"subject":     b.reference("Patient"),
		"period":      object{"start": b.v.At.Format(time.RFC3339)},
		"reasonCode":  []object{{"text": b.v.Complaint.ZH}},
	}
}

type observation struct {
	code string
	body object
}

func (b *bundle) observations() (all []observation) {
	quantity := func(m measurement) object {
		return object{"value": m.value, "unit": m.unit, "system": ucum, "code": m.unit}
	}
	concept := func(code, name string) object {
		return object{"coding": []object{coded(loinc, code, name)}, "text": name}
	}
	var pressure []object
	for _, m := range measurements(b.v.Case.Vitals) {
		if m.loinc == "8480-6" || m.loinc == "8462-4" {
			pressure = append(pressure, object{"code": concept(m.loinc, m.name), "valueQuantity": quantity(m)})
			continue
		}
		all = append(all, b.observation(m.loinc, object{"code": concept(m.loinc, m.name), "valueQuantity": quantity(m)}))
	}
	if len(pressure) > 0 {
		all = append(all, b.observation("85354-9", object{"code": concept("85354-9", "Blood pressure panel with all children optional"), "component": pressure}))
	}
	return all
}

func (b *bundle) observation(code string, o object) observation {
	o["identifier"] = []object{{"system": b.systems.Visit, "value": b.v.ID + "/" + code}}
	o["status"] = "final"
	o["category"] = []object{{"coding": []object{coded("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs", "Vital Signs")}}}
	o["subject"], o["encounter"] = b.reference("Patient"), b.reference("Encounter")
	o["effectiveDateTime"] = b.v.At.Format(time.RFC3339)
	return observation{code, o}
}

func (b *bundle) answers() object {
	items := make([]object, 0, len(b.v.Asked)+1)
	for _, a := range b.v.Asked {
		answer := object{"valueString": a.Answer.ZH}
		if a.Yes != nil {
			answer = object{"valueBoolean": *a.Yes}
		}
		items = append(items, object{"linkId": a.ID, "text": a.Ask.ZH, "answer": []object{answer}})
	}
	if b.v.Case.Text != "" {
		items = append(items, object{"linkId": "own-words", "text": "本人描述", "answer": []object{{"valueString": b.v.Case.Text}}})
	}
	o := object{
		"identifier":    object{"system": b.systems.Visit, "value": b.v.ID + "/answers"},
		"questionnaire": "urn:ting:questionnaire:triage|" + b.v.Assessment.Rules,
		"status":        "completed",
		"subject":       b.reference("Patient"),
		"encounter":     b.reference("Encounter"),
		"authored":      b.v.At.Format(time.RFC3339),
	}
	if len(items) > 0 { // FHIR knows no empty lists
		o["item"] = items
	}
	return o
}
