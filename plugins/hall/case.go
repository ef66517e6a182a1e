package hall

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/workday"
)

// State is how far a case has come.
type State string

// The states.
const (
	StateSubmitted  State = "submitted"  // 待受理
	StateCorrecting State = "correcting" // 待补正
	StateAccepted   State = "accepted"   // 已受理: the legal clock runs
	StateSuspended  State = "suspended"  // 中止计时
	StateApproved   State = "approved"   // 准予,待领取
	StateClosed     State = "closed"     // 已领取
	StateDenied     State = "denied"     // 不予许可
	StateRefused    State = "refused"    // 不予受理
	StateWithdrawn  State = "withdrawn"  // 申请人撤回
)

// Over reports whether nothing more is to be done in a state.
func (s State) Over() bool {
	switch s {
	case StateClosed, StateDenied, StateRefused, StateWithdrawn:
		return true
	}
	return false
}

// Decided reports whether the authority has said yes or no: the case can be rated.
func (s State) Decided() bool {
	switch s {
	case StateApproved, StateClosed, StateDenied, StateRefused:
		return true
	}
	return false
}

// Action is what a Change does.
type Action string

// The actions. Supplement and Withdraw are the applicant's, all others the clerk's.
const (
	Accept     Action = "accept"
	Correct    Action = "correct"
	Refuse     Action = "refuse"
	Suspend    Action = "suspend"
	Resume     Action = "resume"
	Approve    Action = "approve"
	Deny       Action = "deny"
	HandOut    Action = "hand-out"
	Supplement Action = "supplement"
	Withdraw   Action = "withdraw"
	Keep       Action = "keep" // settles a dispute by leaving the case as it is
)

// rule says from which states an action leads where. An empty to is the state it began in.
type rule struct {
	from      []State
	to        State
	reason    bool // must be given
	applicant bool // does it, and nobody else
}

var rules = map[Action]rule{
	Accept:     {from: []State{StateSubmitted}, to: StateAccepted},
	Correct:    {from: []State{StateSubmitted}, to: StateCorrecting, reason: true},
	Refuse:     {from: []State{StateSubmitted, StateCorrecting}, to: StateRefused, reason: true},
	Suspend:    {from: []State{StateAccepted}, to: StateSuspended, reason: true},
	Resume:     {from: []State{StateSuspended}, to: StateAccepted},
	Approve:    {from: []State{StateAccepted}, to: StateApproved},
	Deny:       {from: []State{StateAccepted}, to: StateDenied, reason: true},
	HandOut:    {from: []State{StateApproved}, to: StateClosed},
	Supplement: {from: []State{StateCorrecting, StateAccepted}, applicant: true},
	Withdraw:   {from: []State{StateSubmitted, StateCorrecting, StateAccepted, StateSuspended}, to: StateWithdrawn, applicant: true},
	Keep: {from: []State{StateSubmitted, StateCorrecting, StateAccepted, StateSuspended, StateApproved,
		StateClosed, StateDenied, StateRefused, StateWithdrawn}, reason: true},
}

// Actions are what a clerk can do in a state, in the order of their buttons.
func (s State) Actions() (all []Action) {
	for _, a := range []Action{Accept, Approve, HandOut, Resume, Correct, Suspend, Deny, Refuse} {
		if slices.Contains(rules[a].from, s) {
			all = append(all, a)
		}
	}
	return all
}

// NeedsReason reports whether an action must be explained to the applicant.
func (a Action) NeedsReason() bool { return rules[a].reason }

// Case is an application and what became of it. It changes by Apply alone.
type Case struct {
	Submitted Submitted `json:"submitted"`
	State     State     `json:"state"`
	Materials []Handed  `json:"materials"` // as they are now
	Wanted    []string  `json:"wanted,omitempty"`
	Accepted  time.Time `json:"accepted,omitzero"`
	Stopped   []Stop    `json:"stopped,omitempty"` // of the legal clock
	Decided   time.Time `json:"decided,omitzero"`
	History   []Change  `json:"history,omitempty"` // what was done, in order
}

// Stop is a time in which the legal clock stood still. A zero To goes on.
type Stop struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"`
	Reason string    `json:"reason"`
}

func newCase(s Submitted) Case {
	return Case{Submitted: s, State: StateSubmitted, Materials: slices.Clone(s.Materials)}
}

// Why a change cannot be made though nobody came before.
var (
	ErrNotNow      = errors.New("this cannot be done in the state the case is in")
	ErrNoReason    = errors.New("a reason is needed")
	ErrOutstanding = errors.New("a material that may follow has not come yet")
	ErrWhose       = errors.New("this is not his to do")
)

// Apply makes a change, or says why it cannot be made and leaves the case alone.
// It does not look at versions: that is Chain's.
func (c *Case) Apply(ch Change) error {
	r, known := rules[ch.Action]
	switch {
	case !known:
		return fmt.Errorf("%q: %w", ch.Action, ErrNotNow)
	case !slices.Contains(r.from, c.State):
		return ErrNotNow
	case r.reason && ch.Reason == "":
		return ErrNoReason
	case r.applicant != (ch.By == ""):
		return ErrWhose
	case ch.Action == Approve && len(c.Outstanding()) > 0:
		return ErrOutstanding
	}
	if ch.Action == Supplement {
		if err := c.supplement(ch); err != nil {
			return err
		}
	} else if r.to != "" {
		c.State = r.to
	}
	switch ch.Action {
	case Correct:
		c.Wanted = slices.Clone(ch.Wanted)
	case Accept:
		c.Accepted = ch.At
	case Suspend:
		c.Stopped = append(c.Stopped, Stop{From: ch.At, Reason: ch.Reason})
	case Resume:
		c.Stopped[len(c.Stopped)-1].To = ch.At
	case Approve, Deny, Refuse:
		c.Decided = ch.At
	}
	c.History = append(c.History, ch)
	return nil
}

// supplement takes materials in: those asked for, after which the case is looked
// at anew, or, once it is accepted, those that were to follow.
func (c *Case) supplement(ch Change) error {
	open := c.Asked()
	if len(ch.Materials) == 0 || slices.ContainsFunc(ch.Materials, func(h Handed) bool { return !slices.Contains(open, h.Material) }) {
		return ErrNotNow
	}
	c.Materials = slices.Clone(c.Materials)
	for _, h := range ch.Materials {
		i := slices.IndexFunc(c.Materials, func(o Handed) bool { return o.Material == h.Material })
		if i < 0 {
			c.Materials = append(c.Materials, h)
		} else {
			c.Materials[i] = h
		}
	}
	if c.State == StateCorrecting {
		c.State, c.Wanted = StateSubmitted, nil
	}
	return nil
}

// Outstanding are the materials that were to follow and have not come.
func (c *Case) Outstanding() (ids []string) {
	for _, h := range c.Materials {
		if h.How == Later {
			ids = append(ids, h.Material)
		}
	}
	return ids
}

// Asked are the materials that the applicant is asked for now.
func (c *Case) Asked() []string {
	switch {
	case c.State == StateCorrecting && len(c.Wanted) > 0:
		return c.Wanted
	case c.State == StateCorrecting || c.State == StateAccepted:
		return c.Outstanding()
	}
	return nil
}

// Clock is the legal clock of a case at a moment.
type Clock struct {
	Running  bool
	Used     int       // working days since it was accepted
	Promised time.Time // last day of what was promised; zero while it stands still, or where nothing was
	Legal    time.Time // of what the law allows
	Overdue  bool      // the promised day is past
	Unlawful bool      // the legal one is
	Close    bool      // the promised day is today or the next working day
}

// AcceptWithin is how many working days an authority has to accept an
// application or to say, once and completely, what is missing (行政许可法 第三十二条).
const AcceptWithin = 5

// Clock reads the legal clock of a case. Before it is accepted the clock is that
// of AcceptWithin. A day is one of now's zone. The error is a *workday.MissingYear
// where the calendar does not reach.
func (c *Case) Clock(cal workday.Calendar, now time.Time) (k Clock, err error) {
	zone := now.Location()
	var stops []workday.Span
	start, promised, legal := c.Accepted.In(zone), c.Submitted.Promised, c.Submitted.Legal
	switch c.State {
	case StateSubmitted:
		// What came after a correction is looked at from the day it came.
		start, promised, legal = c.since().In(zone), AcceptWithin, AcceptWithin
	case StateAccepted, StateSuspended:
		for _, s := range c.Stopped {
			stops = append(stops, workday.Span{From: s.From.In(zone), To: inZone(s.To, zone)})
		}
	default:
		return k, nil
	}
	k.Running = c.State != StateSuspended
	if k.Used, err = cal.Used(start, now, stops...); err != nil || !k.Running {
		return k, err
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	if legal > 0 {
		if k.Legal, _, err = cal.Due(start, legal, stops...); err != nil {
			return k, err
		}
		k.Unlawful = today.After(k.Legal)
	}
	if promised > 0 || legal == 0 {
		if k.Promised, _, err = cal.Due(start, max(promised, 1), stops...); err != nil {
			return k, err
		}
	} else {
		k.Promised = k.Legal
	}
	k.Overdue = today.After(k.Promised)
	if left, err := cal.Used(today, k.Promised); err == nil {
		k.Close = !k.Overdue && left <= 1
	}
	return k, nil
}

// since is when the case last came to the clerks.
func (c *Case) since() time.Time {
	for i := len(c.History) - 1; i >= 0; i-- {
		if c.History[i].Action == Supplement {
			return c.History[i].At
		}
	}
	return c.Submitted.At
}

func inZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}

// CaseFile is a case with the changes that arrived for it. It is stored and sent
// to desks as JSON.
type CaseFile struct {
	Case       Case          `json:"case"`
	Chain      Chain[Change] `json:"chain"`
	Duplicates []Submitted   `json:"duplicates,omitempty"` // other applications under the same number
	Rating     int           `json:"rating,omitempty"`     // 0 is none yet
}

// Open takes the application in.
func (f *CaseFile) Open(s Submitted) {
	if f.Chain.Version == 0 {
		f.Case = newCase(s)
	}
	if !f.Chain.Open(s.ID, f.apply) && !slices.ContainsFunc(f.Duplicates, func(d Submitted) bool { return d.ID == s.ID }) {
		f.Duplicates = append(f.Duplicates, s)
	}
}

// Take takes a change in, whenever it arrives.
func (f *CaseFile) Take(ch Change) { f.Chain.Take(ch, f.apply) }

func (f *CaseFile) apply(ch Change) error {
	if err := f.Case.Apply(ch); err != nil {
		return err
	}
	if ch.Resolves != "" {
		f.Chain.Resolve(ch.Resolves, ch.ID)
	}
	return nil
}

// Next is the basis of a change to the file as it is.
func (f *CaseFile) Next(id string) Basis {
	return Basis{ID: id, Expected: f.Chain.Version, After: f.Chain.Last}
}

// Progress is what a terminal may show of a case to whoever holds its number.
type Progress struct {
	Number   string    `json:"number"`
	Service  string    `json:"service"`
	Name     view.Text `json:"name"`   // of the service
	Holder   string    `json:"holder"` // Holder of the applicant, to tell whether it is he
	Person   string    `json:"person,omitempty"`
	Masked   string    `json:"masked"` // the applicant's name, masked
	State    State     `json:"state"`
	Version  int       `json:"version"`
	Last     string    `json:"last"`
	Asked    []Handed  `json:"asked,omitempty"` // materials that are to be handed in now
	Reason   string    `json:"reason,omitempty"`
	Days     []Stage   `json:"days"` // when what happened
	Promised int       `json:"promised_days"`
	Result   view.Text `json:"result,omitzero"`
	Rated    bool      `json:"rated,omitzero"`
	Disputed bool      `json:"disputed,omitzero"` // a person has to look at it first
}

// Stage is one dated step of a Progress.
type Stage struct {
	State State     `json:"state"`
	At    time.Time `json:"at"`
}

// Progress is the case as its applicant may see it.
func (f *CaseFile) Progress() Progress {
	s := f.Case.Submitted
	p := Progress{
		Number: s.Case, Service: s.Service, Name: s.Name, Holder: Holder(s.Applicant.IDNumber), Person: s.Applicant.Person,
		Masked: view.MaskName(s.Applicant.Name), State: f.Case.State, Version: f.Chain.Version, Last: f.Chain.Last,
		Days: []Stage{{StateSubmitted, s.At}}, Promised: s.Promised, Rated: f.Rating > 0, Disputed: len(f.Chain.Unsettled()) > 0,
	}
	for _, ch := range f.Case.History {
		if to := rules[ch.Action].to; to != "" {
			p.Days = append(p.Days, Stage{to, ch.At})
		}
		if ch.Action != Keep && ch.By != "" {
			p.Reason = ch.Reason
		}
	}
	asked := f.Case.Asked()
	for _, h := range f.Case.Materials {
		if slices.Contains(asked, h.Material) {
			p.Asked = append(p.Asked, Handed{Material: h.Material, Name: h.Name})
		}
	}
	return p
}
