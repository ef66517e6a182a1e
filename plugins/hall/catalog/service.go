// Package catalog is the list of services a hall offers, in the fields of
// China's service item lists (实施清单), and the rules by which the answers to a
// few questions say which materials somebody has to bring.
//
// A Service is data: it comes down from the center as a row of the feed
// hall-services, one per service, and is checked when it is read (Check). A row
// that is wrong is left out and said in the log, never served half.
//
// Everything here is a pure function of its arguments.
package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// today bounds birthdays in checks that have none.
var today = time.Time{}

// Level is the lowest level of government at which a service is asked for.
type Level string

// The levels of a district.
const (
	District  Level = "district"
	Street    Level = "street"
	Community Level = "community"
)

// Audience is whom a service is for.
type Audience string

// The audiences (服务对象).
const (
	Person Audience = "person" // 自然人
	Entity Audience = "entity" // 法人和其他组织
)

// Service is one item of the list.
type Service struct {
	ID      string    `json:"id"` // short and lasting: "residence-permit"
	Name    view.Text `json:"name"`
	Spoken  []string  `json:"spoken,omitempty"` // what people call it
	Summary view.Text `json:"summary"`          // one sentence of what it is for

	CodeLayout Layout `json:"code_layout"`
	BasicCode  string `json:"basic_code"` // 基本编码
	Code       string `json:"code"`       // 实施编码 or 业务办理项编码

	Authority view.Text  `json:"authority"` // 实施主体
	Basis     string     `json:"basis"`     // 设定依据: the law and its article
	Level     Level      `json:"level"`
	Audiences []Audience `json:"audiences"`
	Events    []string   `json:"events"` // life events, as in Events

	Conditions []view.Text `json:"conditions"`
	Questions  []Question  `json:"questions,omitempty"`
	Materials  []Material  `json:"materials"`

	// LegalDays and PromisedDays are time limits in working days. 0 promised days
	// is decided on the spot (即办件); 0 legal days is no legal limit.
	LegalDays    int       `json:"legal_days"`
	PromisedDays int       `json:"promised_days"`
	Fee          Fee       `json:"fee"`
	Visits       int       `json:"visits"`                // how often somebody has to come, at most
	Result       view.Text `json:"result"`                // what one gets
	CounterOnly  bool      `json:"counter_only,omitzero"` // a person has to be met; the terminal gives a ticket
	Why          view.Text `json:"why,omitzero"`          // why, for CounterOnly
}

// Fee is what it costs, in fen.
type Fee struct {
	Fen   int64     `json:"fen"`
	Basis view.Text `json:"basis,omitzero"` // who set it, or when it differs
}

// Source is who has a material.
type Source string

// The sources (来源渠道).
const (
	Own        Source = "applicant"  // 申请人自备
	Government Source = "government" // 政府部门核发
	Other      Source = "other"      // 其他
)

// Form is the shape in which a material is wanted.
type Form string

// The forms.
const (
	Original   Form = "original"
	Copy       Form = "copy"
	Electronic Form = "electronic"
)

// Material is one of what has to be shown.
type Material struct {
	ID     string    `json:"id"`
	Name   view.Text `json:"name"`
	Hint   view.Text `json:"hint,omitzero"` // what to look for on it
	Source Source    `json:"source"`
	Form   Form      `json:"form"`
	Copies int       `json:"copies"`
	// MayFollow lets the case be accepted without it (容缺受理); it is brought later.
	MayFollow bool `json:"may_follow,omitzero"`
	// Holding is the kind of electronic licence that stands for it, "id-card": whoever
	// has one in the government's hands is not asked for the paper.
	Holding string `json:"holding,omitempty"`
	// When says for which answers it is wanted; all of them must hold. None is always.
	When []Condition `json:"when,omitempty"`
}

// Condition holds when the question named was given one of the answers.
type Condition struct {
	Question string   `json:"question"`
	Answers  []string `json:"answers"`
}

// Question is asked before the materials, for the applicant knows his situation
// and not the rules. It is asked when its own conditions hold, as a Material is wanted.
type Question struct {
	ID      string      `json:"id"`
	Text    view.Text   `json:"text"`
	Options []Option    `json:"options"`
	When    []Condition `json:"when,omitempty"`
}

// Option is one answer.
type Option struct {
	Value string    `json:"value"`
	Label view.Text `json:"label"`
	// Stop says, where it is not empty, that with this answer the service is not to be
	// had, and what to do instead. Counter says so too, but a person at a counter can help.
	Stop    view.Text `json:"stop,omitzero"`
	Counter view.Text `json:"counter,omitzero"`
}

// Parse reads a row of the feed and checks it.
func Parse(raw []byte) (s Service, err error) {
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("service: %w", err)
	}
	return s, s.Check()
}

// Check says everything that is wrong with a service; nil when nothing is.
func (s Service) Check() error {
	var wrong []error
	bad := func(format string, a ...any) {
		wrong = append(wrong, fmt.Errorf("service %q: "+format, append([]any{s.ID}, a...)...))
	}
	if s.ID == "" || len(s.ID) > 48 {
		bad("an id of 1 to 48 bytes is needed")
	}
	for _, t := range []struct {
		what string
		text view.Text
	}{{"name", s.Name}, {"summary", s.Summary}, {"authority", s.Authority}, {"result", s.Result}} {
		if t.text.ZH == "" || t.text.EN == "" {
			bad("%s is missing in a language", t.what)
		}
	}
	code, err := ParseCode(s.CodeLayout, s.Code)
	switch {
	case err != nil:
		bad("%w", err)
	case code.Basic != s.BasicCode:
		bad("the code holds the basic code %s, not %s", code.Basic, s.BasicCode)
	}
	if !slices.Contains([]Level{District, Street, Community}, s.Level) {
		bad("level %q is none of district, street, community", s.Level)
	}
	if len(s.Audiences) == 0 || slices.ContainsFunc(s.Audiences, func(a Audience) bool { return a != Person && a != Entity }) {
		bad("audiences are person and entity")
	}
	for _, e := range s.Events {
		if _, ok := EventOf(e); !ok {
			bad("life event %q is not known", e)
		}
	}
	if len(s.Events) == 0 || s.Basis == "" || len(s.Conditions) == 0 {
		bad("a life event, a legal basis and a condition are needed")
	}
	if s.LegalDays < 0 || s.PromisedDays < 0 || s.LegalDays > 0 && s.PromisedDays > s.LegalDays || s.Visits < 0 || s.Fee.Fen < 0 {
		bad("time limits, visits and fee are not below 0, and what is promised is not more than the law allows")
	}
	if s.CounterOnly && s.Why.IsZero() {
		bad("why somebody has to come to the counter is missing")
	}
	wrong = append(wrong, s.checkQuestions()...)
	return errors.Join(wrong...)
}

// mostOptions is how many answers fit on a page of a question.
const mostOptions = 8

func (s Service) checkQuestions() (wrong []error) {
	bad := func(format string, a ...any) {
		wrong = append(wrong, fmt.Errorf("service %q: "+format, append([]any{s.ID}, a...)...))
	}
	asked := map[string][]string{}
	for _, q := range s.Questions {
		if q.ID == "" || asked[q.ID] != nil || q.Text.IsZero() {
			bad("question %q: an id of its own and a text are needed", q.ID)
		}
		if err := holdable(q.When, asked); err != nil {
			bad("question %q: %w", q.ID, err)
		}
		if len(q.Options) < 2 || len(q.Options) > mostOptions {
			bad("question %q: 2 to %d answers", q.ID, mostOptions)
		}
		values := []string{}
		for _, o := range q.Options {
			if o.Value == "" || o.Label.IsZero() || slices.Contains(values, o.Value) {
				bad("question %q: answer %q needs a value of its own and a label", q.ID, o.Value)
			}
			values = append(values, o.Value)
		}
		asked[q.ID] = values
	}
	ids := map[string]bool{}
	for _, m := range s.Materials {
		if m.ID == "" || len(m.ID) > 48 || ids[m.ID] || m.Name.ZH == "" || m.Name.EN == "" {
			bad("material %q: an id of its own and a name in both languages are needed", m.ID)
		}
		ids[m.ID] = true
		if !slices.Contains([]Source{Own, Government, Other}, m.Source) || !slices.Contains([]Form{Original, Copy, Electronic}, m.Form) || m.Copies < 0 {
			bad("material %q: source, form or number of copies is wrong", m.ID)
		}
		if err := holdable(m.When, asked); err != nil {
			bad("material %q: %w", m.ID, err)
		}
	}
	return wrong
}

// holdable checks that conditions name questions asked before, and answers they have.
func holdable(when []Condition, asked map[string][]string) error {
	for _, c := range when {
		values, ok := asked[c.Question]
		if !ok {
			return fmt.Errorf("it depends on the question %q, which is not asked before", c.Question)
		}
		for _, a := range c.Answers {
			if !slices.Contains(values, a) {
				return fmt.Errorf("the question %q has no answer %q", c.Question, a)
			}
		}
		if len(c.Answers) == 0 {
			return fmt.Errorf("no answer to %q would do", c.Question)
		}
	}
	return nil
}
