package triage

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/rules"
)

// Desk is the nurse's module: who waits, who has waited too long, and the decision
// on each. Make it with NewDesk.
type Desk struct {
	rules  *rules.Rules
	recent recent
}

// NewDesk returns the module with the built-in rules; Start may replace them.
func NewDesk() *Desk { return &Desk{rules: rules.Default()} }

// Manifest implements kiosk.Module.
func (d *Desk) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          DeskID,
		Version:     "1.0.0",
		Title:       view.T("分诊护士台", "Triage nurse"),
		Icon:        "triage",
		Group:       view.T("就医", "Health"),
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermRecord, kiosk.PermFeeds},
		Records:     []kiosk.RecordKind{KindDeskAssessed, KindDecided},
		Feeds:       []string{FeedWaiting},
	}
}

// Start implements kiosk.Starter.
func (d *Desk) Start(_ context.Context, s kiosk.Setup) (err error) {
	d.rules, err = loadRules(s.Settings)
	return err
}

// Serve implements kiosk.Module. Only staff get in.
func (d *Desk) Serve(ctx context.Context, s kiosk.Session) error {
	nurse, err := s.Identify(ctx, kiosk.IdentifyRequest{
		Prompt: view.T("护士请登录", "Nurse: please sign in"), Purpose: DeskID, Roles: []string{"staff"},
	})
	if err != nil {
		if ctx.Err() == nil && kiosk.CodeOf(err) == kiosk.CodeCancelled {
			return nil
		}
		return err
	}
	for {
		queue := waiting(ctx, s, &d.recent)
		a, err := s.Ask(ctx, queuePage(d.rules, queue, s.Now()))
		if err != nil {
			return err
		}
		switch a.Action {
		case view.ActionTimeout: // look again
		case view.ActionBack, actionDone:
			return nil
		default:
			for _, w := range queue {
				if w.Code == a.Action {
					if err := d.look(ctx, s, nurse, w); err != nil && !errors.Is(err, errBack) {
						return err
					}
				}
			}
		}
	}
}

// look shows a case and takes what the nurse decides.
func (d *Desk) look(ctx context.Context, s kiosk.Session, nurse kiosk.Person, w Waiting) error {
	a, err := ask(ctx, s, casePage(d.rules, w, s.Now()))
	if errors.Is(err, errLeft) {
		return errBack
	}
	if err != nil {
		return err
	}
	switch a.Action {
	case Confirm, Seen:
		return d.decide(ctx, s, nurse, w, Decided{Decision: a.Action, Level: w.Level})
	case actionMeasure:
		return d.measure(ctx, s, nurse, w)
	case actionOtherLevel:
		return d.relevel(ctx, s, nurse, w)
	case Left:
		if _, err := ask(ctx, s, leftPage(d.rules, w)); err != nil {
			return err
		}
		return d.decide(ctx, s, nurse, w, Decided{Decision: Left, Level: w.Level})
	}
	return errBack
}

// relevel raises or lowers a level. To lower needs a reason: it is the only way a
// case becomes less urgent.
func (d *Desk) relevel(ctx context.Context, s kiosk.Session, nurse kiosk.Person, w Waiting) error {
	level, reason, wrong := w.Level, "", view.Text{}
	for {
		a, err := ask(ctx, s, levelPage(d.rules, w, level, reason, wrong))
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(a.Text(fieldLevel))
		level, reason = rules.Level(n), strings.TrimSpace(a.Text(fieldReason))
		decision := Raise
		switch {
		case level < rules.Critical || level > rules.LessUrgent || level == w.Level:
			decision, level = Confirm, w.Level
		case level > w.Level:
			decision = Lower
		}
		if decision == Lower && reason == "" {
			wrong = view.T("调低级别要写明理由", "To lower a level, please give the reason")
			continue
		}
		return d.decide(ctx, s, nurse, w, Decided{Decision: decision, Level: level, Reason: reason})
	}
}

// measure takes what the nurse measured and assesses anew. The level does not fall
// by it.
func (d *Desk) measure(ctx context.Context, s kiosk.Session, nurse kiosk.Person, w Waiting) error {
	a, err := ask(ctx, s, signsPage(w.Told.Vitals))
	if err != nil {
		return err
	}
	told := w.Told
	told.Vitals = vitalsOf(a, told.Vitals)
	found := d.rules.Assess(told)
	level, reasons, department := found.Level, found.Reasons, found.Department
	if w.Level < level {
		level, department = w.Level, w.Department
		for _, r := range w.Reasons {
			if r.Level == w.Level {
				reasons = append([]rules.Reason{r}, reasons...)
			}
		}
	}
	now := s.Now()
	r := Assessed{Case: w.Case, Code: w.Code, Name: w.Name, Known: "ticket", Told: told, Level: level, Reasons: reasons, NEWS2: found.NEWS2,
		Department: department, Rules: found.Rules, By: nurse.ID, Again: true, At: now}
	if _, err := s.Record(ctx, deskAssessed{r}); err != nil {
		return d.notStored(ctx, s, err)
	}
	row := rowOf(r, w)
	row.Called = w.Called
	d.recent.put(row, now, false)
	return d.look(ctx, s, nurse, row)
}

func (d *Desk) decide(ctx context.Context, s kiosk.Session, nurse kiosk.Person, w Waiting, r Decided) error {
	r.Case, r.Code, r.From, r.By, r.At = w.Case, w.Code, w.Level, nurse.ID, s.Now()
	if _, err := s.Record(ctx, r); err != nil {
		return d.notStored(ctx, s, err)
	}
	row := w
	row.Level, row.Looked, row.Called, row.Confirmed = r.Level, r.At, false, true
	d.recent.put(row, r.At, r.Decision == Seen || r.Decision == Left)
	return nil
}

func (d *Desk) notStored(ctx context.Context, s kiosk.Session, err error) error {
	if ctx.Err() != nil {
		return err
	}
	slog.Error("triage: a decision could not be recorded", "op", "record", "code", kiosk.CodeOf(err))
	_, err = ask(ctx, s, notStoredPage(err))
	return err
}

// deskAssessed is the same record, told by the desk: a module's kinds begin with
// its own ID.
type deskAssessed struct{ Assessed }

// RecordKind implements kiosk.Record.
func (deskAssessed) RecordKind() kiosk.RecordKind { return KindDeskAssessed }

// vitalsOf reads the nurse's form; what was left empty stays as it was.
func vitalsOf(a view.Answer, v rules.Vitals) rules.Vitals {
	set := func(id string, to *float64) {
		if x, err := strconv.ParseFloat(a.Text(id), 64); err == nil && x > 0 {
			*to = x
		}
	}
	set("temperature", &v.Temperature)
	set("pulse", &v.Pulse)
	set("respiration", &v.Respiration)
	set("systolic", &v.Systolic)
	set("diastolic", &v.Diastolic)
	set("spo2", &v.SpO2)
	if m := a.Text(fieldMind); m != "" {
		v.Mind = rules.Mind(m)
	}
	v.Oxygen = a.Text(fieldOxygen) == yes
	return v
}
