package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// Passage is somebody known who is about to pass.
type Passage struct {
	Person    kiosk.Person // with the way by which he was identified
	Lane      string
	Direction string // In or Out
	At        time.Time
	// Before is the direction of his newest pass of the day that is known here, and
	// BeforeAt its time; "" for none.
	Before   string
	BeforeAt time.Time
}

// Rule is a school's own rule about who may pass: not during lessons, not without a
// note, not twice with one card. It is asked once somebody is known, before anything
// is recorded and before the barrier. Whoever it refuses is told its sentence; the
// refusal is recorded under its name, the person is not. It must not wait.
type Rule struct {
	Name string // of lower-case letters and '-', as in "passback"
	// Refuse says why a passage may not be; an empty text lets it be.
	Refuse func(Passage) view.Text
}

// Passback keeps a card, or a face, from letting a second person in after the first: who
// has come in must leave before he comes in again. It asks for gates that know which
// way they lead; where one gate serves both, every second pass is Out. Whoever a staff
// member vouches for passes: he slipped out beside somebody, or the other gate was dark.
func Passback() Rule {
	return Rule{Name: "passback", Refuse: func(p Passage) view.Text {
		switch {
		case p.Before != p.Direction || p.Person.Way == kiosk.WayStaff:
			return view.Text{}
		case p.Direction == In:
			return view.T("登记显示您已在校内,请找老师", "You are recorded as inside already; please ask a teacher")
		}
		return view.T("登记显示您已离校,请找老师", "You are recorded as gone already; please ask a teacher")
	}}
}

// Settings of [module.settings] in terminal.toml: lanes that lead one way, separated by
// commas. There Passback holds.
const (
	settingEntry = "entry"
	settingExit  = "exit"
)

// Start implements kiosk.Starter.
func (g *Gate) Start(_ context.Context, s kiosk.Setup) error {
	for name, value := range s.Settings {
		direction := map[string]string{settingEntry: In, settingExit: Out}[name]
		if direction == "" {
			return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start gate", Cause: fmt.Errorf("unknown setting %q", name),
				Hint: "the gate knows the settings entry and exit: lanes that lead one way, as in entry = \"east\""}
		}
		for lane := range strings.SplitSeq(value, ",") {
			lane = strings.TrimSpace(lane)
			if other, twice := g.oneWay[lane]; twice && other != direction {
				return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start gate", Cause: fmt.Errorf("lane %q is entry and exit", lane),
					Hint: "leave a lane that leads both ways out of entry and exit"}
			}
			g.oneWay[lane] = direction
		}
	}
	if len(g.oneWay) > 0 && !slices.ContainsFunc(g.rules, func(r Rule) bool { return r.Name == "passback" }) {
		g.rules = append(g.rules, Passback())
	}
	return nil
}

// refusedBy is the first rule that refuses a passage.
func (g *Gate) refusedBy(p Passage) (rule string, why view.Text) {
	for _, r := range g.rules {
		if r.Name == "passback" && g.oneWay[p.Lane] == "" {
			continue
		}
		if why := r.Refuse(p); !why.IsZero() {
			return r.Name, why
		}
	}
	return "", view.Text{}
}

// ruledPage says why somebody known may not pass.
func ruledPage(p kiosk.Person, why view.Text) view.Page {
	return view.Page{
		ID:      "not-now",
		Title:   view.T("现在不能通行", "You cannot pass now"),
		Tone:    view.Refusal,
		Body:    []view.Node{card(p, view.Refusal, view.Text{}), view.Notice{Tone: view.Refusal, Text: why}},
		Actions: otherWays(),
		Timeout: refusalStays,
	}
}
