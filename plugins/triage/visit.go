package triage

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/handover"
	"github.com/luohu/ting/plugins/triage/rules"
)

// How a part of the visit ends without its purpose being reached.
var (
	errBack = errors.New("one page back")
	errLeft = errors.New("the visitor left")
	errSkip = errors.New("nothing to ask here")
)

// ask asks a page and sorts out the ways to leave it.
func ask(ctx context.Context, s kiosk.Session, p view.Page) (view.Answer, error) {
	a, err := s.Ask(ctx, p)
	switch {
	case err != nil:
		return a, err
	case a.Action == view.ActionTimeout:
		return a, errLeft
	case a.Action == view.ActionBack:
		return a, errBack
	}
	return a, nil
}

// visit is one patient at the terminal.
type visit struct {
	*Triage
	s kiosk.Session

	caseID, code string
	before       Waiting // of one who was assessed already; its Level is 0 otherwise
	told         rules.Case
	other        bool // somebody else speaks for the patient
	patient      handover.Patient
	person       kiosk.Person
	known        string
	asked        []handover.Asked
	called       rules.Level // for which level a nurse was called; 0 for none
}

// Serve implements kiosk.Module.
func (t *Triage) Serve(ctx context.Context, s kiosk.Session) error {
	v := &visit{Triage: t, s: s, caseID: s.Visit().ID, code: codeOf(s.Visit().ID), known: "anonymous",
		told: rules.Case{AgeMonths: rules.AgeUnknown, Answers: map[string]string{}}}
	err := v.conduct(ctx)
	if errors.Is(err, errLeft) || errors.Is(err, errBack) {
		return nil
	}
	return err
}

// conduct goes through the pages; Back leads one page back, and from the first to
// the end. A critical case ends it at once: the nurse asks the rest.
func (v *visit) conduct(ctx context.Context) error {
	steps := []func(context.Context) error{
		v.begin, v.dangers(1), v.dangers(2), v.identify, v.about, v.complain, v.question, v.measure,
	}
	direction := 1
	for i := 0; i < len(steps); i += direction {
		err := steps[i](ctx)
		switch {
		case errors.Is(err, errSkip):
			continue
		case errors.Is(err, errBack) && i > 0:
			direction = -1
		case err != nil:
			return err
		case v.called == rules.Critical:
			return v.finish(ctx)
		default:
			direction = 1
		}
	}
	return v.finish(ctx)
}

// begin says what this is, and asks for whom.
func (v *visit) begin(ctx context.Context) error {
	a, err := ask(ctx, v.s, beginPage())
	if err != nil {
		return err
	}
	v.other = a.Action == actionOther
	if a.Action == actionAgain {
		return v.again(ctx)
	}
	return nil
}

// again finds the case of one who has a ticket already.
func (v *visit) again(ctx context.Context) error {
	wrong := view.Text{}
	for {
		a, err := v.ticket(ctx, wrong)
		if err != nil {
			return err
		}
		code := strings.ToUpper(strings.TrimSpace(a))
		if i := strings.LastIndexByte(code, '-'); i >= 0 {
			code = code[i+1:]
		}
		if row, ok := v.find(ctx, code); ok {
			v.before, v.caseID, v.code, v.told = row, row.Case, row.Code, row.Told
			if v.told.Answers == nil {
				v.told.Answers = map[string]string{}
			}
			v.told.Vitals = rules.Vitals{} // they are what may have changed
			return nil
		}
		wrong = view.T("没有找到这个号码,请核对,或返回重新分诊", "This number was not found. Please check it, or go back and begin anew")
	}
}

// ticket has a ticket's number typed, or its code held before the scanner.
func (v *visit) ticket(ctx context.Context, wrong view.Text) (string, error) {
	asking, stop := context.WithCancel(ctx)
	defer stop()
	scanned := make(chan string, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := v.s.Scan(asking); err == nil {
			scanned <- c.Text
			stop()
		}
	}()
	a, err := ask(asking, v.s, ticketPage(wrong))
	stop()
	<-done
	select {
	case text := <-scanned:
		if ctx.Err() == nil {
			return text, nil
		}
	default:
	}
	return a.Text(fieldTicket), err
}

func (v *visit) find(ctx context.Context, code string) (w Waiting, ok bool) {
	rows := map[string]Waiting{}
	if row, err := v.s.Lookup(ctx, FeedWaiting, code); err == nil {
		if err := json.Unmarshal(row.JSON, &w); err == nil {
			rows[w.Code] = w
		}
	}
	v.recent.over(rows)
	w, ok = rows[code]
	return w, ok
}

// dangers asks a page of red flags; what is named calls a nurse before anything
// else is asked.
func (v *visit) dangers(page int) func(context.Context) error {
	return func(ctx context.Context) error {
		a, err := ask(ctx, v.s, dangersPage(v.rules, page, v.told, v.other, v.called > 0))
		if err != nil {
			return err
		}
		named := map[string]bool{}
		if a.Action == actionNext {
			for _, id := range a.Fields[fieldDangers].Chosen {
				named[id] = true
			}
		}
		kept := v.told.Flags[:0:0]
		for _, id := range v.told.Flags {
			if f, ok := v.rules.Flag(id); ok && f.Page != page {
				kept = append(kept, id)
			}
		}
		v.told.Flags = kept
		level := rules.Level(0)
		for _, f := range v.rules.RedFlags {
			if named[f.ID] {
				v.told.Flags = append(v.told.Flags, f.ID)
				level = mostSevere(level, f.Level)
			}
		}
		if level == 0 || level > rules.Emergency {
			return nil
		}
		return v.call(ctx, level)
	}
}

// mostSevere is the more severe of two levels, of which either may be 0 for none.
func mostSevere(a, b rules.Level) rules.Level {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// call calls a nurse, aloud and by an urgent record, once per level.
func (v *visit) call(ctx context.Context, level rules.Level) error {
	if v.called != 0 && v.called <= level {
		return nil
	}
	v.called = level
	if err := v.s.Speak(ctx, callText(v.s.Visit().Place)); err != nil && ctx.Err() == nil {
		slog.Warn("triage: the call was not spoken", "op", "speak", "code", kiosk.CodeOf(err))
	}
	now := v.s.Now()
	if _, err := v.s.Record(ctx, Called{Case: v.caseID, Code: v.code, Level: level, Flags: v.told.Flags, At: now}); err != nil {
		if ctx.Err() != nil {
			return err
		}
		slog.Error("triage: a call could not be recorded", "op", "record", "code", kiosk.CodeOf(err))
	}
	return nil
}

// complain asks why the patient comes.
func (v *visit) complain(ctx context.Context) error {
	for {
		a, err := ask(ctx, v.s, complaintPage(v.rules, nil, v.called > 0))
		if err != nil {
			return err
		}
		if a.Action != actionWords {
			v.told.Complaint, v.told.Text = a.Action, ""
			return nil
		}
		err = v.words(ctx)
		if !errors.Is(err, errBack) {
			return err
		}
	}
}

// words takes the patient's own words, and offers what they name.
func (v *visit) words(ctx context.Context) error {
	a, err := ask(ctx, v.s, wordsPage(v.told.Text))
	if err != nil {
		return err
	}
	v.told.Text = strings.TrimSpace(a.Text(fieldWords))
	found := v.rules.Find(v.told.Text)
	if len(found) > maxFound {
		found = found[:maxFound]
	}
	if a, err = ask(ctx, v.s, complaintPage(v.rules, append(found, v.rules.Other), v.called > 0)); err != nil {
		return err
	}
	v.told.Complaint = a.Action
	return nil
}

// maxFound is how many complaints are offered for somebody's own words.
const maxFound = 5

// question asks what belongs to the complaint, and how much it hurts. Answers that
// are dangers call a nurse.
func (v *visit) question(ctx context.Context) error {
	complaint := v.rules.Complaint(v.told.Complaint)
	a, err := ask(ctx, v.s, questionsPage(complaint, v.told, v.called > 0))
	if err != nil {
		return err
	}
	v.told.Answers, v.asked = map[string]string{}, nil
	for _, q := range complaint.Questions {
		value := a.Text(q.ID)
		v.told.Answers[q.ID] = value
		for _, o := range q.Options {
			if o.Value == value {
				v.asked = append(v.asked, handover.Asked{ID: complaint.ID + "/" + q.ID, Ask: q.Ask, Answer: o.Label, Yes: yesNo(value)})
			}
		}
	}
	v.told.Pain = painOf(a.Text(fieldPain))
	return v.callIfNeeded(ctx)
}

func yesNo(value string) *bool {
	switch value {
	case yes, no:
		b := value == yes
		return &b
	}
	return nil
}

// callIfNeeded calls a nurse when what is known by now asks for one.
func (v *visit) callIfNeeded(ctx context.Context) error {
	if a := v.rules.Assess(v.told); a.CallsNurse() {
		return v.call(ctx, a.Level)
	}
	return nil
}

// finish records the case and tells the patient where to go. A level that was
// given before, or for which a nurse was called, does not fall.
func (v *visit) finish(ctx context.Context) error {
	a := v.rules.Assess(v.told)
	if floor := mostSevere(v.before.Level, v.called); floor != 0 && floor < a.Level {
		a.Level = floor
		a.Reasons = append([]rules.Reason{{Level: floor, Leg: rules.LegSaid, Rule: "before", Source: "caution",
			Text: view.T("先前已评为这一级,只有护士可以调低", "Given before; only a nurse can lower it")}}, a.Reasons...)
		if floor == rules.Critical {
			a.Department = "resus"
		}
	}
	if a.CallsNurse() {
		if err := v.call(ctx, a.Level); err != nil {
			return err
		}
	}
	now := v.s.Now()
	r := Assessed{Case: v.caseID, Code: v.code, Person: v.person.ID, Name: view.MaskName(v.patient.Name), Known: v.known, Told: v.told,
		Level: a.Level, Reasons: a.Reasons, NEWS2: a.NEWS2, Department: a.Department, Rules: a.Rules, Again: v.before.Level != 0, At: now}
	if r.Again {
		r.Name, r.Known = v.before.Name, "ticket"
	}
	if _, err := v.s.Record(ctx, r); err != nil {
		if ctx.Err() != nil {
			return err
		}
		slog.Error("triage: a case could not be recorded", "op", "record", "code", kiosk.CodeOf(err))
		_, err = ask(ctx, v.s, notRecordedPage(v.rules, a))
		return err
	}
	row := rowOf(r, v.before)
	v.recent.put(row, now, false)
	v.handOver(r, a, now)
	ahead := 0
	for _, w := range waiting(ctx, v.s, &v.recent) {
		if w.Department == row.Department && w.Code != row.Code && Compare(w, row) < 0 {
			ahead++
		}
	}
	p := resultPage(v.rules, row, a, ahead)
	if err := v.s.Print(ctx, slipPage(v.rules, row, a, v.s.Visit().Place, now)); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p = withoutSlip(p)
	}
	_, err := ask(ctx, v.s, p)
	return err
}

// rowOf is the row of an assessment; the case may have one already.
func rowOf(a Assessed, before Waiting) Waiting {
	since := a.At
	if !before.Since.IsZero() {
		since = before.Since
	}
	return Waiting{Case: a.Case, Code: a.Code, Name: a.Name, Told: a.Told, Level: a.Level, Reasons: a.Reasons, Department: a.Department,
		Since: since, Looked: a.At, Called: a.Level <= rules.Emergency}
}

// handOver tells the hospital's own system, now or when it is back.
func (v *visit) handOver(r Assessed, a rules.Assessment, now time.Time) {
	visit := v.s.Visit()
	asked := v.asked
	for _, f := range v.rules.RedFlags {
		if f.Page > 0 && len(v.told.Flags) > 0 {
			named := false
			for _, id := range v.told.Flags {
				named = named || id == f.ID
			}
			asked = append(asked, handover.Asked{ID: "flag/" + f.ID, Ask: f.Ask, Answer: yesText(named), Yes: &named})
		}
	}
	err := v.sender.Tell(handover.Visit{
		ID: visit.ID, Ticket: v.rules.Letter(r.Department) + "-" + r.Code, Site: visit.Site, Terminal: visit.Terminal, At: now,
		Patient: v.patient, Case: r.Told, Complaint: v.rules.Complaint(r.Told.Complaint).Name, Assessment: a,
		Level: v.rules.Level(a.Level).Name, Department: v.rules.DepartmentName(r.Department), Asked: asked,
	})
	if err != nil {
		slog.Error("triage: the hospital's system is not told", "op", "hand over", "code", kiosk.CodeOf(err), "cause", err)
	}
}
