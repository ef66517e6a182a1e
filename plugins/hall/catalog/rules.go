package catalog

import (
	"slices"

	"github.com/luohu/ting/kiosk/pinyin"
	"github.com/luohu/ting/kiosk/view"
)

// Answers are an applicant's answers, by question.
type Answers map[string]string

// holds reports whether all conditions hold for the answers.
func (a Answers) holds(when []Condition) bool {
	for _, c := range when {
		if !slices.Contains(c.Answers, a[c.Question]) {
			return false
		}
	}
	return true
}

// Next is the first question that is to be asked and has no answer yet.
func (s Service) Next(a Answers) (Question, bool) {
	for _, q := range s.Questions {
		if _, answered := a[q.ID]; !answered && a.holds(q.When) {
			return q, true
		}
	}
	return Question{}, false
}

// Without are the answers without those to a question and to all after it, for
// somebody who goes back to change his mind.
func (s Service) Without(a Answers, question string) Answers {
	kept := Answers{}
	for _, q := range s.Questions {
		if q.ID == question {
			break
		}
		if v, ok := a[q.ID]; ok {
			kept[q.ID] = v
		}
	}
	return kept
}

// Option is the answer somebody gave.
func (q Question) Option(value string) (Option, bool) {
	for _, o := range q.Options {
		if o.Value == value {
			return o, true
		}
	}
	return Option{}, false
}

// Wanted are the materials that the answers call for, in the list's order.
func (s Service) Wanted(a Answers) []Material {
	var wanted []Material
	for _, m := range s.Materials {
		if a.holds(m.When) {
			wanted = append(wanted, m)
		}
	}
	return wanted
}

// Event is an occasion in the life of a person or a company (人生事件、企业生命周期).
type Event struct {
	ID       string
	Name     view.Text
	Icon     string // a name in assets/icons
	Audience Audience
}

// Events are all of them, in the order of a life.
var Events = []Event{
	{"birth", view.T("生育收养", "Birth and adoption"), "family", Person},
	{"school", view.T("上学就学", "School"), "school", Person},
	{"work", view.T("就业创业", "Work"), "work", Person},
	{"residence", view.T("户籍居住", "Household and residence"), "id-card", Person},
	{"housing", view.T("住房安居", "Housing"), "house", Person},
	{"marriage", view.T("结婚离婚", "Marriage"), "person", Person},
	{"health", view.T("就医医保", "Health insurance"), "health", Person},
	{"travel", view.T("出境出行", "Travel and driving"), "passport", Person},
	{"support", view.T("扶困助残", "Support and disability"), "wheelchair", Person},
	{"retirement", view.T("养老退休", "Retirement"), "elder", Person},
	{"farewell", view.T("身后之事", "Death and estate"), "document", Person},
	{"founding", view.T("开办企业", "Founding a company"), "building", Entity},
	{"permits", view.T("经营许可", "Business permits"), "stamp", Entity},
	{"staffing", view.T("用工社保", "Employees"), "staff", Entity},
	{"building", view.T("工程建设", "Building works"), "tool", Entity},
	{"closing", view.T("企业注销", "Closing a company"), "close", Entity},
}

// EventOf is the life event of that ID.
func EventOf(id string) (Event, bool) {
	i := slices.IndexFunc(Events, func(e Event) bool { return e.ID == id })
	if i < 0 {
		return Event{}, false
	}
	return Events[i], true
}

// For are the services of an audience that belong to a life event; "" is any.
func For(all []Service, a Audience, event string) []Service {
	var some []Service
	for _, s := range all {
		if slices.Contains(s.Audiences, a) && (event == "" || slices.Contains(s.Events, event)) {
			some = append(some, s)
		}
	}
	return some
}

// Search finds services by what is typed: characters, pinyin or initials of the
// name or of what people call it, or a code. The best come first.
func Search(all []Service, typed string) []Service {
	var found []Service
	for _, r := range pinyin.Rank(typed, all, func(s Service) []string {
		return append([]string{s.Name.ZH, s.Name.EN, s.Code, s.BasicCode}, s.Spoken...)
	}) {
		found = append(found, r.Item)
	}
	return found
}
