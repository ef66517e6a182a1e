// Package rules decides how urgent a patient's case is and which department it
// belongs to, by rules that are data.
//
// The rules stand in rules.json, with a version and the source of each; clinicians
// edit a copy, try it with "ting-module triage check FILE" and name it in
// terminal.toml. Three legs are looked at, and the most severe wins: what the
// patient says (red flags, the complaint's questions, pain), what was measured,
// each sign by itself, and NEWS2 for adults. NEWS2's own table is in news2.go: its
// publisher forbids changing it.
//
// Guarantees: a level never falls because something more is known; what fits no
// rule, or was not measured, is never the lowest level. Nothing here is a
// diagnosis: the level orders the queue until a nurse has looked.
//
// Try it on cases: [Rules.Assess] is a pure function.
package rules

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// Level is how urgent a case is: I (1) cannot wait at all, IV (4) can.
type Level int

// The levels of the consensus.
const (
	Critical   Level = 1
	Emergency  Level = 2
	Urgent     Level = 3
	LessUrgent Level = 4
)

// String is the level's Roman numeral.
func (l Level) String() string {
	if l < Critical || l > LessUrgent {
		return fmt.Sprintf("Level(%d)", int(l))
	}
	return [...]string{"Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"}[l-1]
}

// Rules are a set of rules. Load checks it; its fields are those of rules.json.
type Rules struct {
	Version       string         `json:"version"`
	Title         view.Text      `json:"title"`
	Note          view.Text      `json:"note"`
	Sources       []Source       `json:"sources"`
	Levels        []LevelRule    `json:"levels"`
	Departments   []Department   `json:"departments"`
	RedFlags      []RedFlag      `json:"red_flags"`
	VitalLimits   []VitalLimit   `json:"vital_limits"`
	NEWS2         []Score        `json:"news2"`        // the aggregate, the highest first
	NEWS2Single   Score          `json:"news2_single"` // one sign alone
	Pain          []Score        `json:"pain"`         // 0 to 10, the highest first
	Consciousness map[Mind]Level `json:"consciousness"`
	Complaints    []Complaint    `json:"complaints"`
	Other         Complaint      `json:"other"` // what fits none of them
}

// Source is where a rule comes from.
type Source struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// LevelRule is what a level means at this hospital.
type LevelRule struct {
	Level   Level     `json:"level"`
	Name    view.Text `json:"name"`
	Minutes int       `json:"minutes"` // until a doctor must have seen the patient
	Area    view.Text `json:"area"`
	Source  string    `json:"source"`
}

// Department is where patients queue.
type Department struct {
	ID     string    `json:"id"`
	Letter string    `json:"letter"` // of its tickets
	Name   view.Text `json:"name"`
}

// RedFlag is a danger that is asked about before anything else.
type RedFlag struct {
	ID         string    `json:"id"`
	Page       int       `json:"page"` // 1 or 2 where it is asked outright; 0: by the complaint's questions, or found in words
	Level      Level     `json:"level"`
	Department string    `json:"department"`
	Source     string    `json:"source"`
	Ask        view.Text `json:"ask"`
	Words      Words     `json:"words"`
}

// Words are what a complaint or danger is called. Each is a piece of text; where
// several are joined by '+', all of them have to be there.
type Words struct {
	ZH []string `json:"zh"`
	EN []string `json:"en"`
}

// VitalLimit gives a level to a sign beyond its limits, for patients of an age.
type VitalLimit struct {
	ID         string   `json:"id"`
	Sign       Sign     `json:"sign"`
	Level      Level    `json:"level"`
	Source     string   `json:"source"`
	Below      *float64 `json:"below"` // less than this
	Above      *float64 `json:"above"` // more than this
	FromMonths int      `json:"from_months"`
	ToMonths   int      `json:"to_months"` // below this age; 0 is any
}

// Score gives a level to a score of this or more.
type Score struct {
	Score  int    `json:"score"`
	Level  Level  `json:"level"`
	Source string `json:"source"`
}

// Complaint is why somebody comes.
type Complaint struct {
	ID                 string     `json:"id"`
	Name               view.Text  `json:"name"`
	Icon               string     `json:"icon"`
	Level              Level      `json:"level"` // at least
	Source             string     `json:"source"`
	Department         string     `json:"department"`
	ChildDepartment    string     `json:"child_department"`    // below ChildAge; "" is Department
	PregnantDepartment string     `json:"pregnant_department"` // "" is Department
	Words              Words      `json:"words"`
	Questions          []Question `json:"questions"`
}

// Question is asked of those with a complaint.
type Question struct {
	ID      string    `json:"id"`
	Ask     view.Text `json:"ask"`
	Options []Option  `json:"options"`
}

// Option is an answer to a question; Level is 0 where it says nothing.
type Option struct {
	Value      string    `json:"value"`
	Label      view.Text `json:"label"`
	Level      Level     `json:"level"`
	Department string    `json:"department"`
}

//go:embed rules.json
var builtIn []byte

// Default are the rules that come with the program.
func Default() *Rules {
	r, err := Parse(builtIn)
	if err != nil {
		panic(fmt.Sprintf("triage: the built-in rules: %v", err)) // a test parses them
	}
	return r
}

// Load reads and checks a file of rules.
func Load(path string) (*Rules, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// Parse reads and checks rules. The error names every rule that is wrong.
func Parse(b []byte) (*Rules, error) {
	r := &Rules{}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("the rules cannot be read: %w", err)
	}
	if problems := r.problems(); len(problems) > 0 {
		return nil, fmt.Errorf("%d rules are wrong:\n  - %s", len(problems), strings.Join(problems, "\n  - "))
	}
	return r, nil
}

// Level is what is said of a level.
func (r *Rules) Level(l Level) LevelRule {
	for _, x := range r.Levels {
		if x.Level == l {
			return x
		}
	}
	return LevelRule{Level: l}
}

// DepartmentName is what a department is called, its ID where nobody knows.
func (r *Rules) DepartmentName(id string) view.Text { return r.department(id).Name }

// Letter is the letter of a department's tickets.
func (r *Rules) Letter(id string) string { return r.department(id).Letter }

func (r *Rules) department(id string) Department {
	for _, d := range r.Departments {
		if d.ID == id {
			return d
		}
	}
	return Department{ID: id, Letter: "T", Name: view.Same(id)}
}

// Flag is the red flag with an ID.
func (r *Rules) Flag(id string) (RedFlag, bool) {
	i := slices.IndexFunc(r.RedFlags, func(f RedFlag) bool { return f.ID == id })
	if i < 0 {
		return RedFlag{}, false
	}
	return r.RedFlags[i], true
}

// Complaint is the complaint with an ID; Other where there is none.
func (r *Rules) Complaint(id string) Complaint {
	for _, c := range r.Complaints {
		if c.ID == id {
			return c
		}
	}
	return r.Other
}
