package triage

import (
	"cmp"
	"context"
	"errors"
	"log/slog"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/rules"
)

// measure lets the patient measure what the terminal's devices can. Without
// devices, or when they are away, the nurse does it.
func (v *visit) measure(ctx context.Context) error {
	again := view.Text{}
	for !v.told.Vitals.Measured() {
		signs, action, err := v.measureOnce(ctx, again)
		switch {
		case err != nil && (ctx.Err() != nil || errors.Is(err, errBack) || errors.Is(err, errLeft)):
			return err
		case err != nil:
			slog.Info("triage: nothing can be measured here", "op", "measure", "code", kiosk.CodeOf(err))
			return nil
		case action != "":
			return nil // skipped
		}
		again = doubtText(signs.Doubts)
		if !again.IsZero() {
			continue
		}
		take(&v.told.Vitals, signs)
		if err := v.callIfNeeded(ctx); err != nil {
			return err
		}
	}
	return nil
}

// measureOnce waits for a measurement or for the visitor, whoever comes first.
func (v *visit) measureOnce(ctx context.Context, again view.Text) (signs kiosk.VitalSigns, action string, err error) {
	measuring, stop := context.WithCancel(ctx)
	defer stop()
	type measured struct {
		signs kiosk.VitalSigns
		err   error
	}
	got := make(chan measured, 1)
	go func() {
		s, err := v.s.Measure(measuring)
		got <- measured{s, err}
		stop() // the page has nothing more to wait for
	}()
	a, err := ask(measuring, v.s, vitalsPage(v.told.Vitals, again, v.called > 0))
	stop()
	m := <-got
	switch {
	case ctx.Err() != nil:
		return signs, "", ctx.Err()
	case m.err == nil:
		return m.signs, "", nil
	case err == nil || errors.Is(err, errBack) || errors.Is(err, errLeft):
		return signs, a.Action, err
	}
	return signs, "", m.err
}

// take adds what was measured to what is known.
func take(v *rules.Vitals, s kiosk.VitalSigns) {
	v.Temperature = cmp.Or(s.Temperature, v.Temperature)
	v.Pulse = cmp.Or(s.Pulse, v.Pulse)
	if s.Systolic > 0 {
		v.Systolic, v.Diastolic = s.Systolic, s.Diastolic
	}
}
