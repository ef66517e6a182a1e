package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/luohu/ting/kiosk/view"
)

// ChildAge is below what age, in months, a patient belongs to the children's
// departments: 14 years.
const ChildAge = 14 * 12

// AgeUnknown is the age of whom nobody knows how old he is; he counts as an adult.
const AgeUnknown = -1

// Sex as GB/T 2261.1 writes it.
type Sex string

// The sexes.
const (
	SexUnknown Sex = "0"
	Male       Sex = "1"
	Female     Sex = "2"
)

// Case is what is known of a patient's case.
type Case struct {
	AgeMonths int      `json:"age_months"` // AgeUnknown
	Sex       Sex      `json:"sex,omitempty"`
	Pregnant  bool     `json:"pregnant,omitempty"`
	Flags     []string `json:"flags,omitempty"` // IDs of red flags that were said to be there
	// Complaint is the ID of a complaint, "" for none; Answers are those to its
	// questions, by Question.ID.
	Complaint string            `json:"complaint,omitempty"`
	Answers   map[string]string `json:"answers,omitempty"`
	Text      string            `json:"text,omitempty"` // in the patient's own words, Chinese or English
	Pain      int               `json:"pain,omitempty"` // 0 to 10
	Vitals    Vitals            `json:"vitals,omitzero"`
}

// Child reports whether the patient belongs to the children's departments.
func (c Case) Child() bool { return c.AgeMonths >= 0 && c.AgeMonths < ChildAge }

// Leg is by which of the ways a reason was found.
type Leg string

// The legs.
const (
	LegSaid     Leg = "said"     // the patient's words and answers
	LegMeasured Leg = "measured" // a sign by itself
	LegNEWS2    Leg = "news2"
)

// Reason is why a level was given.
type Reason struct {
	Level      Level     `json:"level"`
	Leg        Leg       `json:"leg"`
	Rule       string    `json:"rule"` // the rule's ID
	Text       view.Text `json:"text"` // in plain words
	Source     string    `json:"source"`
	department string
}

// Assessment is what the rules make of a case.
type Assessment struct {
	Level            Level     `json:"level"`
	Reasons          []Reason  `json:"reasons"` // the most severe first; those of Level decided it
	Department       string    `json:"department"`
	DepartmentReason view.Text `json:"department_reason"`
	NEWS2            *NEWS2    `json:"news2,omitempty"` // for adults of whom something was measured
	Rules            string    `json:"rules"`           // their version
}

// CallsNurse reports whether a nurse has to come at once.
func (a Assessment) CallsNurse() bool { return a.Level <= Emergency }

// Assess gives a case its level and department.
func (r *Rules) Assess(c Case) Assessment {
	a := Assessment{Rules: r.Version}
	complaint := r.complaintOf(c)
	a.Reasons = append(a.Reasons, r.said(c, complaint)...)
	a.Reasons = append(a.Reasons, r.measured(c)...)
	if adult := c.AgeMonths == AgeUnknown || c.AgeMonths >= AdultAge; adult && !c.Pregnant {
		if n := Score2(c.Vitals); n.Missing < newsParts {
			a.NEWS2 = &n
			a.Reasons = append(a.Reasons, r.warned(n)...)
		}
	}
	if !c.Vitals.Measured() {
		a.Reasons = append(a.Reasons, Reason{Level: Urgent, Leg: LegMeasured, Rule: "not-measured", Source: "caution",
			Text: view.T("体温、脉搏、血压没有测全,由护士复核", "Temperature, pulse and blood pressure were not all measured; a nurse will check")})
	}
	slices.SortStableFunc(a.Reasons, func(x, y Reason) int { return cmp.Compare(x.Level, y.Level) })
	a.Level = LessUrgent
	if len(a.Reasons) > 0 {
		a.Level = min(a.Level, a.Reasons[0].Level)
	}
	a.Department, a.DepartmentReason = r.whereTo(c, complaint, a)
	return a
}

// newsParts is of how many parts NEWS2 is the sum.
const newsParts = 7

// complaintOf is what the patient comes for: what was chosen, else what his words
// say, else Other.
func (r *Rules) complaintOf(c Case) Complaint {
	if c.Complaint != "" {
		return r.Complaint(c.Complaint)
	}
	if found := r.Find(c.Text); len(found) > 0 {
		return found[0]
	}
	return r.Other
}

// said gathers what the patient's words and answers mean.
func (r *Rules) said(c Case, complaint Complaint) (all []Reason) {
	words := newWords(c.Text)
	for _, f := range r.RedFlags {
		switch {
		case slices.Contains(c.Flags, f.ID):
		case words.hold(f.Words) && !r.excluded(f, c):
		default:
			continue
		}
		all = append(all, Reason{Level: f.Level, Leg: LegSaid, Rule: f.ID, Text: f.Ask, Source: f.Source, department: f.Department})
	}
	for _, q := range complaint.Questions {
		for _, o := range q.Options {
			if o.Value == c.Answers[q.ID] && o.Level > 0 {
				all = append(all, Reason{Level: o.Level, Leg: LegSaid, Rule: complaint.ID + "/" + q.ID, Source: complaint.Source, department: o.Department,
					Text: view.T(q.Ask.ZH+" "+o.Label.ZH, q.Ask.EN+" "+o.Label.EN)})
			}
		}
	}
	for _, p := range r.Pain {
		if c.Pain >= p.Score {
			all = append(all, Reason{Level: p.Level, Leg: LegSaid, Rule: "pain", Source: p.Source,
				Text: view.Tf("疼痛 %d 分(满分 10 分)", "Pain %d of 10", c.Pain)})
			break
		}
	}
	why := view.Tf("来看:%s", "Comes for: %s", complaint.Name.ZH)
	why.EN = "Comes for: " + complaint.Name.EN
	return append(all, Reason{Level: complaint.Level, Leg: LegSaid, Rule: complaint.ID, Text: why, Source: complaint.Source})
}

// excluded reports whether words that would raise a flag cannot mean it: a man is
// not pregnant, a grown-up is no infant.
func (r *Rules) excluded(f RedFlag, c Case) bool {
	switch f.ID {
	case "pregnant":
		return c.Sex == Male
	case "infant-fever":
		return c.AgeMonths >= 4
	case "testicle":
		return c.Sex == Female
	}
	return false
}

var signNames = map[Sign]view.Text{
	Temperature: view.T("体温", "Temperature"),
	Pulse:       view.T("脉搏", "Pulse"),
	Respiration: view.T("呼吸", "Breathing"),
	Systolic:    view.T("收缩压", "Systolic blood pressure"),
	SpO2:        view.T("血氧", "Oxygen saturation"),
}

var signUnits = map[Sign]view.Text{
	Temperature: view.Same("℃"),
	Pulse:       view.T("次/分", "a minute"),
	Respiration: view.T("次/分", "a minute"),
	Systolic:    view.Same("mmHg"),
	SpO2:        view.Same("%"),
}

// SignText tells a sign in words: "脉搏 132 次/分".
func SignText(s Sign, v float64) view.Text {
	n, u := signNames[s], signUnits[s]
	return view.T(fmt.Sprintf("%s %.4g %s", n.ZH, v, u.ZH), fmt.Sprintf("%s %.4g %s", n.EN, v, u.EN))
}

// measured looks at each sign by itself.
func (r *Rules) measured(c Case) (all []Reason) {
	worst := map[Sign]Reason{}
	for _, limit := range r.VitalLimits {
		v := c.Vitals.Of(limit.Sign)
		if v <= 0 || !limit.holdsFor(c.AgeMonths) {
			continue
		}
		low, high := limit.Below != nil && v < *limit.Below, limit.Above != nil && v > *limit.Above
		if w, ok := worst[limit.Sign]; !low && !high || ok && w.Level <= limit.Level {
			continue
		}
		t := SignText(limit.Sign, v)
		if low {
			t = view.T(t.ZH+",偏低", t.EN+", low")
		} else {
			t = view.T(t.ZH+",偏高", t.EN+", high")
		}
		worst[limit.Sign] = Reason{Level: limit.Level, Leg: LegMeasured, Rule: limit.ID, Text: t, Source: limit.Source}
	}
	for _, s := range signs {
		if w, ok := worst[s]; ok {
			all = append(all, w)
		}
	}
	if l, ok := r.Consciousness[c.Vitals.Mind]; ok {
		all = append(all, Reason{Level: l, Leg: LegMeasured, Rule: "consciousness", Source: "cn2018",
			Text: view.T("意识不清", "Not fully awake")})
	}
	return all
}

// holdsFor reports whether a limit is one for that age; whose age is unknown is an adult.
func (v VitalLimit) holdsFor(months int) bool {
	if months < 0 {
		months = AdultAge
	}
	return months >= v.FromMonths && (v.ToMonths == 0 || months < v.ToMonths)
}

// warned is the second leg, for adults.
func (r *Rules) warned(n NEWS2) (all []Reason) {
	for _, s := range r.NEWS2 {
		if n.Score >= s.Score {
			all = append(all, Reason{Level: s.Level, Leg: LegNEWS2, Rule: "news2", Source: "news2",
				Text: view.Tf("早期预警评分 NEWS2 为 %d 分", "The early warning score NEWS2 is %d", n.Score)})
			break
		}
	}
	if s := r.NEWS2Single; n.Highest >= s.Score {
		all = append(all, Reason{Level: s.Level, Leg: LegNEWS2, Rule: "news2-single", Source: "news2",
			Text: view.Tf("NEWS2 有一项为 %d 分", "One part of NEWS2 is %d", n.Highest)})
	}
	return all
}

// whereTo finds the department: what decided the level says so first, then the
// patient's age or pregnancy, then the complaint.
func (r *Rules) whereTo(c Case, complaint Complaint, a Assessment) (string, view.Text) {
	if a.Level == Critical {
		return "resus", view.T("病情危急,直接到抢救室", "Critical: straight to the resuscitation room")
	}
	for _, reason := range a.Reasons {
		if reason.Level == a.Level && reason.department != "" {
			if c.Child() && complaint.ChildDepartment != "" && reason.department != "resus" {
				break
			}
			return reason.department, reason.Text
		}
	}
	switch {
	case c.Pregnant && complaint.PregnantDepartment != "":
		return complaint.PregnantDepartment, view.T("怀孕", "Pregnant")
	case c.Child() && complaint.ChildDepartment != "":
		return complaint.ChildDepartment, view.T("未满 14 周岁", "Younger than 14")
	}
	return complaint.Department, view.T("来看:"+complaint.Name.ZH, "Comes for: "+complaint.Name.EN)
}
