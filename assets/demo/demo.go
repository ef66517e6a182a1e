// Package demo is one small invented district: its sites, the people of its
// first school and what they agreed to. Demos, tours and end-to-end tests
// share it, so that the same pupil has the same name, card and face everywhere.
//
// Every name, number, card and PIN is invented. The PINs are printed in README.md
// beside this file: never load these people into a terminal that guards anything.
//
// Faces are not pictures: a person's face is a number into the cast of
// devices/camera/district, which renders it. Portraits for an enrolment come
// from there too, so that the demo enrols through the real engine.
//
// The functions return fresh copies; callers may change them.
package demo

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The sites' IDs.
const (
	School1  = "school-1" // 第一小学, where the demo's gate is
	School2  = "school-2" // 第二小学
	Hall     = "hall"     // the district's service hall
	Hospital = "hospital" // the district's hospital
	Library  = "library"  // the district's library
)

// DistrictInfo is the district and its sites.
type DistrictInfo struct {
	ID    string    `json:"id"`
	Name  view.Text `json:"name"`
	Sites []Site    `json:"sites"`
}

// Site is one house of the district.
type Site struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"` // "school", "hall", "hospital", "library"
	Name   view.Text `json:"name"`
	Places []Place   `json:"places,omitempty"`
}

// Place is where a terminal stands.
type Place struct {
	ID   string    `json:"id"`
	Name view.Text `json:"name"`
}

// Consent is what somebody agreed to.
type Consent struct {
	kiosk.Consent
	Purposes []string
}

// person is one row of people.json.
type person struct {
	kiosk.PersonRow
	Site    string         `json:"site"`
	Face    int            `json:"face"`
	Consent []consentEntry `json:"consents"`
	Revoked []struct {
		Purposes []string  `json:"purposes"`
		Time     time.Time `json:"time"`
	} `json:"revocations"`
}

type consentEntry struct {
	Purposes    []string  `json:"purposes"`
	TextVersion string    `json:"text_version"`
	GivenBy     string    `json:"given_by"`
	Way         string    `json:"way"`
	Time        time.Time `json:"time"`
}

//go:embed district.json
var districtJSON []byte

//go:embed people.json
var peopleJSON []byte

//go:embed hall-people.json
var hallPeopleJSON []byte

// District is the district with its sites.
func District() DistrictInfo {
	var d DistrictInfo
	decode("district.json", districtJSON, &d)
	return d
}

// People are the people of a site, by ID, as rows of kiosk.FeedPeople.
func People(site string) []kiosk.PersonRow {
	var rows []kiosk.PersonRow
	for _, p := range people(site) {
		rows = append(rows, p.PersonRow)
	}
	return rows
}

// Revocations are the consents withdrawn at a site, as rows of
// kiosk.FeedRevocations, by person.
func Revocations(site string) []kiosk.RevocationRow {
	var rows []kiosk.RevocationRow
	for _, p := range people(site) {
		for _, r := range p.Revoked {
			rows = append(rows, kiosk.RevocationRow{Person: p.ID, Purposes: r.Purposes, Time: r.Time})
		}
	}
	return rows
}

// Faces maps the ID of everybody who has a face in the demo to its number in
// the cast of devices/camera/district (district.Person). One of them, the
// never enrolled pupil, has no consent: see Consents.
func Faces() map[string]int {
	faces := map[string]int{}
	for _, p := range people("") {
		if p.Face > 0 {
			faces[p.ID] = p.Face
		}
	}
	return faces
}

// Consents is what a person, or the guardian, agreed to, in order of time.
// It is empty for somebody who was never asked or never agreed: enrol nobody
// without one. A revocation may stand against it (Revocations).
func Consents(person string) []Consent {
	var all []Consent
	for _, p := range people("") {
		if p.ID != person {
			continue
		}
		for _, c := range p.Consent {
			all = append(all, Consent{Purposes: c.Purposes, Consent: kiosk.Consent{
				TextVersion: c.TextVersion, GivenBy: c.GivenBy, Way: c.Way, Time: c.Time,
			}})
		}
	}
	return all
}

// people are the persons of a site, or of all sites when it is "", by ID.
func people(site string) []person {
	var all, more []person
	decode("people.json", peopleJSON, &all)
	decode("hall-people.json", hallPeopleJSON, &more)
	all = append(all, more...)
	all = slices.DeleteFunc(all, func(p person) bool { return site != "" && p.Site != site })
	slices.SortFunc(all, func(a, b person) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// decode reads an embedded file. The files are part of the program and tested
// with it, so a fault in one is a defect of the build.
func decode(name string, raw []byte, into any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		panic(fmt.Sprintf("demo: %s: %v", name, err))
	}
}
