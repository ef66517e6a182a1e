package canteen

import (
	"context"
	"strings"

	"github.com/luohu/ting/kiosk"
)

// closeShift has the drawer counted, says by how much it is out, and closes the
// shift. It is done when the shift is closed.
func (v *atDesk) closeShift(ctx context.Context) (done bool, err error) {
	in := counting{}
	for {
		shift := v.till.book.atWork()
		a, err := v.s.Ask(ctx, countPage(shift, in))
		if err != nil || a.Action != actionNext {
			return false, err
		}
		in.typed = strings.TrimSpace(a.Text(fieldFen))
		counted, ok := parseFen(in.typed)
		if in.wrong = !ok || counted < 0; in.wrong {
			continue
		}
		a, err = v.s.Ask(ctx, variancePage(shift, counted))
		if err != nil {
			return false, err
		}
		if a.Action != actionEnter {
			if a.Action == actionRecount {
				continue
			}
			return false, nil
		}
		variance := counted - (shift.In - shift.Out)
		why := strings.TrimSpace(a.Text(fieldReason))
		if variance != 0 && why == "" {
			continue
		}
		r := Shift{ID: shift.ID, Till: tillID(v.s.Visit()), By: v.cashier.ID, Opened: shift.Opened, Closed: v.s.Now(),
			Entries: shift.Number, In: shift.In, Out: shift.Out, Counted: counted, Variance: variance, Reason: why}
		v.till.mu.Lock()
		receipt, err := v.till.enter(ctx, v.s, entry{shift: &openShift{}, record: func(string, string, int64) kiosk.Record { return r }})
		v.till.mu.Unlock()
		if err != nil {
			return false, err
		}
		slip := shiftPage(r, v.cashier, receipt)
		a, err = v.s.Ask(ctx, slip)
		if err == nil && a.Action == actionPrint {
			slip.Actions, slip.Timeout = nil, 0
			err = v.print(ctx, slip)
		}
		return true, err
	}
}
