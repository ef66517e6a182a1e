package handover

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/hl7"
	"github.com/luohu/ting/plugins/triage/rules"
)

func visit(id string) Visit {
	r := rules.Default()
	yes := true
	c := rules.Case{AgeMonths: 70 * 12, Sex: rules.Male, Complaint: "cough", Answers: map[string]string{"breath": "yes"}, Pain: 2,
		Vitals: rules.Vitals{Temperature: 38.2, Pulse: 97, Systolic: 151, Diastolic: 92}, Text: "咳嗽|三天"}
	a := r.Assess(c)
	return Visit{
		ID: id, Ticket: "E-7K2M", Site: "hospital", Terminal: "triage-1", At: time.Date(2026, 3, 2, 7, 42, 0, 0, time.FixedZone("CST", 8*3600)),
		Patient:   Patient{Number: "330106195603210019", Name: "林知远", Birth: time.Date(1956, 3, 21, 0, 0, 0, 0, time.UTC), Sex: rules.Male},
		Case:      c,
		Complaint: r.Complaint("cough").Name, Assessment: a, Level: r.Level(a.Level).Name, Department: r.DepartmentName(a.Department),
		Asked: []Asked{{ID: "cough/breath", Ask: view.T("气短吗", "Short of breath?"), Answer: view.T("有", "Yes"), Yes: &yes}},
	}
}

func TestADT(t *testing.T) {
	v := visit("visit-1")
	want := strings.Join([]string{
		`MSH|^~\&|TING|hospital|HIS|hospital|20260302074200+0800||ADT^A04^ADT_A01|visit-1|P|2.5|||||CHN|UNICODE UTF-8`,
		`EVN|A04|20260302074200+0800`,
		`PID|1||330106195603210019^^^CHN^NNCHN||林知远^^^^^^L^I||19560321|M`,
		`PV1|1|E|em^^^hospital|||||||em|||||||||visit-1^^^TING^VN|||||||||||||||||||||||||20260302074200+0800`,
		`PV2|||^咳嗽、嗓子疼、流涕`,
		`OBX|1|CE|54094-8^Emergency severity^LN||2^Ⅱ级 危重^CN2018||||||F|||20260302074200+0800`,
		`OBX|2|NM|8310-5^Body temperature^LN||38.2|Cel^^UCUM|||||F|||20260302074200+0800`,
		`OBX|3|NM|8867-4^Heart rate^LN||97|/min^^UCUM|||||F|||20260302074200+0800`,
		`OBX|4|NM|8480-6^Systolic blood pressure^LN||151|mm[Hg]^^UCUM|||||F|||20260302074200+0800`,
		`OBX|5|NM|8462-4^Diastolic blood pressure^LN||92|mm[Hg]^^UCUM|||||F|||20260302074200+0800`,
		`OBX|6|NM|NEWS2^National Early Warning Score 2^L||2|{score}^^UCUM|||||F|||20260302074200+0800`,
		`OBX|7|NM|72514-3^Pain severity 0-10 verbal numeric rating^LN||2|{score}^^UCUM|||||F|||20260302074200+0800`,
		`OBX|8|TX|8661-1^Chief complaint Reported^LN||咳嗽、嗓子疼、流涕 咳嗽\F\三天||||||F|||20260302074200+0800`,
		`OBX|9|TX|TRIAGE-REASON^Reasons of the level^L||觉得气短,或呼吸比平时快吗 有||||||F|||20260302074200+0800`,
		`OBX|10|ST|TRIAGE-TICKET^Queue ticket^L||E-7K2M||||||F|||20260302074200+0800`, "",
	}, "\r")
	if diff := cmp.Diff(strings.Split(want, "\r"), strings.Split(string(ADT(v).Encode()), "\r")); diff != "" {
		t.Error(diff)
	}
}

func TestADTOfNobody(t *testing.T) {
	v := visit("visit-1")
	v.Patient = Patient{}
	v.Case.AgeMonths = 14
	pid, _ := ADT(v).Find("PID")
	if pid.Field(3) != "visit-1^^^TING^AN" || !strings.HasPrefix(pid.Field(5), "无名氏^") || pid.Field(7) != "202501" || pid.Field(8) != "U" {
		t.Errorf("%q", pid.Fields)
	}
}

// TestBundle checks what a FHIR server would refuse: references that lead nowhere,
// empty lists and texts, entries without a request.
func TestBundle(t *testing.T) {
	for name, v := range map[string]Visit{
		"known":     visit("visit-1"),
		"anonymous": {ID: "visit-2", At: time.Now(), Case: rules.Case{AgeMonths: rules.AgeUnknown}, Complaint: view.Same("其他"), Level: view.Same("Ⅲ级"), Department: view.Same("急诊内科"), Assessment: rules.Default().Assess(rules.Case{AgeMonths: -1})},
	} {
		raw, err := Bundle(v, DefaultSystems)
		if err != nil {
			t.Fatal(err)
		}
		var b struct {
			ResourceType, Type string
			Entry              []struct {
				FullURL  string
				Resource map[string]any
				Request  struct{ Method, URL, IfNoneExist string }
			}
		}
		if err := json.Unmarshal(raw, &b); err != nil {
			t.Fatal(err)
		}
		urls, kinds := map[string]bool{}, map[string]int{}
		for _, e := range b.Entry {
			if urls[e.FullURL] {
				t.Errorf("%s: %s twice", name, e.FullURL)
			}
			urls[e.FullURL] = true
			kinds[e.Resource["resourceType"].(string)]++
			if e.Request.Method != http.MethodPost || e.Request.URL != e.Resource["resourceType"] || !strings.HasPrefix(e.Request.IfNoneExist, "identifier=") {
				t.Errorf("%s: request %+v", name, e.Request)
			}
		}
		var walk func(where string, x any)
		walk = func(where string, x any) {
			switch x := x.(type) {
			case map[string]any:
				for k, y := range x {
					if k == "reference" && !urls[y.(string)] {
						t.Errorf("%s: %s leads nowhere: %v", name, where, y)
					}
					walk(where+"."+k, y)
				}
			case []any:
				if len(x) == 0 {
					t.Errorf("%s: %s is an empty list", name, where)
				}
				for i, y := range x {
					walk(fmt.Sprintf("%s[%d]", where, i), y)
				}
			case string:
				if x == "" {
					t.Errorf("%s: %s is empty", name, where)
				}
			}
		}
		for _, e := range b.Entry {
			walk(e.Request.URL, e.Resource)
		}
		want := map[string]int{"Patient": 1, "Encounter": 1, "QuestionnaireResponse": 1}
		if name == "known" {
			want["Observation"] = 3 // temperature, pulse, blood pressure
		}
		if diff := cmp.Diff(want, kinds); diff != "" || b.Type != "transaction" {
			t.Errorf("%s: %s", name, diff)
		}
		again, _ := Bundle(v, DefaultSystems)
		if string(raw) != string(again) {
			t.Errorf("%s: told twice it is not the same", name)
		}
	}
}

// hospital is both of a hospital's systems.
type hospital struct {
	hl7, fhir string
	adts      chan string // control IDs
	bundles   chan []byte
	codes     chan string // how the next messages are answered; AA when none is
	statuses  chan int
}

func open(t *testing.T) *hospital {
	t.Helper()
	h := &hospital{adts: make(chan string, 99), bundles: make(chan []byte, 99), codes: make(chan string, 99), statuses: make(chan int, 99)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &hl7.Receiver{Take: func(m hl7.Message) string {
		select {
		case c := <-h.codes:
			return c
		default:
			h.adts <- m.ControlID()
			return "AA"
		}
	}}
	go func() { _ = r.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = r.Close(); l.Close() })
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		select {
		case c := <-h.statuses:
			w.WriteHeader(c)
		default:
			h.bundles <- b
		}
	}))
	t.Cleanup(s.Close)
	h.hl7, h.fhir = "mllp://"+l.Addr().String(), s.URL
	return h
}

func sender(t *testing.T, dir string, settings map[string]string) *Sender {
	t.Helper()
	s, err := Open(dir, settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func receive[T any](t *testing.T, from chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(time.Minute):
		t.Fatal("nothing arrives")
		panic("unreachable")
	}
}

func TestHandedOver(t *testing.T) {
	h := open(t)
	s := sender(t, t.TempDir(), map[string]string{SettingHL7: h.hl7, SettingFHIR: h.fhir})
	s.Run(t.Context())
	if err := s.Tell(visit("visit-1")); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, h.adts); got != "visit-1" {
		t.Errorf("HL7 took %q", got)
	}
	if got := receive(t, h.bundles); !strings.Contains(string(got), `"type":"transaction"`) {
		t.Errorf("FHIR took %.80s", got)
	}
}

// TestAwayFirst tells of visits while no system is there, ends the process, and
// finds both when they are.
func TestAwayFirst(t *testing.T) {
	h, dir := open(t), t.TempDir()
	s := sender(t, dir, map[string]string{SettingHL7: h.hl7})
	for _, id := range []string{"visit-1", "visit-2"} {
		if err := s.Tell(visit(id)); err != nil {
			t.Fatal(err)
		}
	}
	if s.Waiting() != 2 {
		t.Errorf("%d wait", s.Waiting())
	}
	s.Close()
	sender(t, dir, map[string]string{SettingHL7: h.hl7}).Run(t.Context())
	if a, b := receive(t, h.adts), receive(t, h.adts); a != "visit-1" || b != "visit-2" {
		t.Errorf("HL7 took %q, %q", a, b)
	}
}

// TestRejected has the receiver reject the first visit for good: the second gets
// through, the first is kept.
func TestRejected(t *testing.T) {
	for _, way := range []string{"hl7", "fhir"} {
		h, dir := open(t), t.TempDir()
		h.codes <- "AR"
		h.statuses <- http.StatusUnprocessableEntity
		s := sender(t, dir, map[string]string{way: map[string]string{"hl7": h.hl7, "fhir": h.fhir}[way]})
		s.Run(t.Context())
		for _, id := range []string{"visit-1", "visit-2"} {
			if err := s.Tell(visit(id)); err != nil {
				t.Fatal(err)
			}
		}
		if way == "hl7" {
			if got := receive(t, h.adts); got != "visit-2" {
				t.Errorf("took %q", got)
			}
		} else if got := receive(t, h.bundles); !strings.Contains(string(got), "visit-2") {
			t.Errorf("took %.80s", got)
		}
		if b, err := os.ReadFile(filepath.Join(dir, way+".outbox.refused")); err != nil || !strings.Contains(string(b), "visit-1") {
			t.Errorf("%s: what was rejected is not kept: %v", way, err)
		}
	}
}

// TestErrorsOfTheReceiver has the receiver report errors of its own for longer than
// anybody's patience.
func TestErrorsOfTheReceiver(t *testing.T) {
	calls := 0
	w := &way{name: "hl7", send: func(context.Context, Visit) error { calls++; return fmt.Errorf("%w: AE", errReceiver) }}
	deliver := w.deliver()
	item, _ := json.Marshal(visit("visit-1"))
	for try := 1; ; try++ {
		err := deliver(t.Context(), item)
		if err == nil {
			t.Fatal("it was taken")
		}
		if strings.HasPrefix(fmt.Sprintf("%T", err), "outbox.") {
			if try != patience || calls != patience {
				t.Errorf("laid aside after %d tries", try)
			}
			return
		}
		if try > patience {
			t.Fatal("it holds up all others")
		}
	}
}

func TestSettings(t *testing.T) {
	for setting, value := range map[string]string{
		SettingHL7: "10.0.0.5:2575", SettingFHIR: "ftp://his", SettingCA: "/nowhere/ca.pem",
	} {
		_, err := Open(t.TempDir(), map[string]string{setting: value})
		var e *kiosk.Error
		if err == nil || !strings.Contains(err.Error(), setting) {
			t.Errorf("%s = %q: %v, %v", setting, value, err, e)
		}
	}
	s := sender(t, t.TempDir(), nil)
	if err := s.Tell(visit("visit-1")); err != nil || s.Waiting() != 0 {
		t.Errorf("without a system: %v, %d wait", err, s.Waiting())
	}
}
