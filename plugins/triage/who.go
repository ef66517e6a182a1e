package triage

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/handover"
	"github.com/luohu/ting/plugins/triage/rules"
)

// identify asks who the patient is; nobody has to say.
func (v *visit) identify(ctx context.Context) error {
	if v.before.Level != 0 {
		return errSkip
	}
	for {
		a, err := ask(ctx, v.s, whoPage(v.called > 0))
		if err != nil {
			return err
		}
		switch a.Action {
		case actionIDCard:
			err = v.card(ctx)
		case actionMember:
			err = v.member(ctx)
		case actionNumber:
			err = v.number(ctx)
		default:
			v.patient, v.person, v.known = handover.Patient{}, kiosk.Person{}, "anonymous"
			return nil
		}
		if !errors.Is(err, errBack) {
			return err
		}
	}
}

// card reads the patient's identity card.
func (v *visit) card(ctx context.Context) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	type read struct {
		card kiosk.IDCard
		err  error
	}
	got := make(chan read, 1)
	go func() {
		c, err := v.s.ReadIDCard(reading)
		got <- read{c, err}
		stop() // the page has nothing more to wait for
	}()
	_, err := ask(reading, v.s, cardPage())
	stop()
	r := <-got
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.err == nil:
		c := r.card
		v.patient = handover.Patient{Number: c.Number, Name: c.Name, Birth: c.Birth, Sex: rules.Sex(c.Sex)}
		v.person, v.known = kiosk.Person{}, "id-card"
		return nil
	case err != nil && reading.Err() == nil, errors.Is(err, errBack), errors.Is(err, errLeft):
		return err
	}
	if _, err := ask(ctx, v.s, troublePage(r.err)); err != nil {
		return err
	}
	return errBack
}

// member identifies one whom the site knows: face, card, number and PIN, staff.
func (v *visit) member(ctx context.Context) error {
	p, err := v.s.Identify(ctx, kiosk.IdentifyRequest{Prompt: view.T("请证明您是谁", "Please show who you are"), Purpose: ID})
	switch {
	case err == nil:
		v.person, v.known = p, "member"
		v.patient = handover.Patient{Member: p.ID, Name: p.Name}
		return nil
	case ctx.Err() != nil:
		return err
	case kiosk.CodeOf(err) == kiosk.CodeCancelled:
		return errBack
	}
	if _, err := ask(ctx, v.s, troublePage(err)); err != nil {
		return err
	}
	return errBack
}

// number takes an identity number that is typed.
func (v *visit) number(ctx context.Context) error {
	a, err := ask(ctx, v.s, numberPage())
	if err != nil {
		return err
	}
	n := view.IDNumber(a.Text(fieldNumber))
	if wrong := n.Check(v.s.Now()); !wrong.IsZero() {
		return errBack // the terminal has checked it; only a broken one comes here
	}
	born, _ := n.Birthday()
	sex := rules.Female
	if (n[16]-'0')%2 == 1 {
		sex = rules.Male
	}
	v.patient = handover.Patient{Number: string(n), Name: strings.TrimSpace(a.Text(fieldName)), Birth: born, Sex: sex}
	v.person, v.known = kiosk.Person{}, "number"
	return nil
}

// about asks age, sex and pregnancy, as far as they are not known.
func (v *visit) about(ctx context.Context) error {
	if v.before.Level != 0 {
		return errSkip
	}
	now := v.s.Now()
	v.told.Sex, v.told.AgeMonths = v.patient.Sex, rules.AgeUnknown
	if !v.patient.Birth.IsZero() {
		v.told.AgeMonths = months(v.patient.Birth, now)
		if v.told.Sex == rules.Male || !fertile(v.told.AgeMonths) {
			v.told.Pregnant = false
			return errSkip
		}
	}
	a, err := ask(ctx, v.s, aboutPage(v.told))
	if err != nil {
		return err
	}
	if v.told.AgeMonths == rules.AgeUnknown {
		v.told.AgeMonths = ageOf(a.Text(fieldAge))
		v.told.Sex = rules.Sex(a.Text(fieldSex))
	}
	v.told.Pregnant = a.Text(fieldPregnant) == yes && v.told.Sex != rules.Male
	return nil
}

// months is the age of somebody in whole months.
func months(born, now time.Time) int {
	m := (now.Year()-born.Year())*12 + int(now.Month()) - int(born.Month())
	if now.Day() < born.Day() {
		m--
	}
	return max(m, 0)
}

func fertile(months int) bool { return months >= 10*12 && months < 56*12 }
