package kiosktest

import (
	"context"
	"errors"
	"slices"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// The devices of a Terminal, as its services are.
type (
	printer Terminal
	scanner Terminal
	idCards Terminal
	vitals  Terminal
	scale   Terminal
	speaker Terminal
)

// devices is what the test's hands have done with them.
type devices struct {
	printed []view.Page
	noPaper bool
	spoken  []view.Text

	codes   waiting[kiosk.ScannedCode]
	cards   waiting[kiosk.IDCard]
	signs   waiting[kiosk.VitalSigns]
	weights waiting[int64]
}

// waiting holds what was laid down for a call that waits for it.
type waiting[T any] struct {
	asked int // calls that wait
	given []T
}

// take waits until the test has given something.
func take[T any](ctx context.Context, tm *Terminal, of func(*devices) *waiting[T]) (v T, err error) {
	tm.change(func() { of(&tm.devices).asked++ })
	defer tm.change(func() { of(&tm.devices).asked-- })
	for {
		tm.mu.Lock()
		w, changed := of(&tm.devices), tm.changed
		if len(w.given) > 0 {
			v, w.given = w.given[0], w.given[1:]
			tm.mu.Unlock()
			return v, nil
		}
		tm.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

// give waits until a call wants v, and gives it.
func give[T any](tm *Terminal, what string, of func(*devices) *waiting[T], v T) {
	tm.t.Helper()
	tm.wait("the module to "+what, func() bool { return of(&tm.devices).asked > 0 })
	tm.change(func() { w := of(&tm.devices); w.given = append(w.given, v) })
}

// Scan holds a code before the scanner, once the module waits for one.
func (tm *Terminal) Scan(text string) {
	tm.t.Helper()
	give(tm, "scan", func(d *devices) *waiting[kiosk.ScannedCode] { return &d.codes }, kiosk.ScannedCode{Text: text})
}

// LayIDCard lays a card on the reader, once the module waits for one.
func (tm *Terminal) LayIDCard(c kiosk.IDCard) {
	tm.t.Helper()
	give(tm, "read an ID card", func(d *devices) *waiting[kiosk.IDCard] { return &d.cards }, c)
}

// Measured has the thermometer or cuff measure, once the module waits for it.
func (tm *Terminal) Measured(v kiosk.VitalSigns) {
	tm.t.Helper()
	give(tm, "measure", func(d *devices) *waiting[kiosk.VitalSigns] { return &d.signs }, v)
}

// Weighed lays something on the scale, once the module waits for it.
func (tm *Terminal) Weighed(milligrams int64) {
	tm.t.Helper()
	give(tm, "weigh", func(d *devices) *waiting[int64] { return &d.weights }, milligrams)
}

// Printed are the pages printed until now, in order.
func (tm *Terminal) Printed() []view.Page {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return slices.Clone(tm.devices.printed)
}

// PaperOut ends the printer's paper, until PaperIn.
func (tm *Terminal) PaperOut() { tm.change(func() { tm.devices.noPaper = true }) }

// PaperIn puts a new roll in.
func (tm *Terminal) PaperIn() { tm.change(func() { tm.devices.noPaper = false }) }

// Spoken are the sentences the module had said until now, in order.
func (tm *Terminal) Spoken() []view.Text {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return slices.Clone(tm.devices.spoken)
}

func (p *printer) Print(_ context.Context, _ kiosk.Visit, _ host.Asker, page view.Page) (err error) {
	tm := (*Terminal)(p)
	tm.change(func() {
		if tm.devices.noPaper {
			err = &kiosk.Error{
				Code: kiosk.CodeUnavailable, Op: "print", Cause: errors.New("the paper is at its end"),
				Visitor: view.T("打印纸用完了,请拍照留存。", "The printer is out of paper. Please take a photograph instead."),
			}
			return
		}
		tm.devices.printed = append(tm.devices.printed, page)
	})
	return err
}

func (s *scanner) Scan(ctx context.Context) (kiosk.ScannedCode, error) {
	return take(ctx, (*Terminal)(s), func(d *devices) *waiting[kiosk.ScannedCode] { return &d.codes })
}

func (c *idCards) Read(ctx context.Context) (kiosk.IDCard, error) {
	return take(ctx, (*Terminal)(c), func(d *devices) *waiting[kiosk.IDCard] { return &d.cards })
}

func (v *vitals) Measure(ctx context.Context) (kiosk.VitalSigns, error) {
	return take(ctx, (*Terminal)(v), func(d *devices) *waiting[kiosk.VitalSigns] { return &d.signs })
}

func (s *scale) Weigh(ctx context.Context) (int64, error) {
	return take(ctx, (*Terminal)(s), func(d *devices) *waiting[int64] { return &d.weights })
}

func (s *speaker) Speak(t view.Text) error {
	tm := (*Terminal)(s)
	tm.change(func() { tm.devices.spoken = append(tm.devices.spoken, t) })
	return nil
}
