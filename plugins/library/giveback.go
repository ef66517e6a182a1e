package library

import (
	"context"
	"errors"
	"slices"

	"github.com/luohu/ting/kiosk/view"
)

// giveBack takes books back, from whoever brings them: nobody has to say who he is.
func (v *visit) giveBack(ctx context.Context) error {
	defer v.stopScan()
	var list []Back
	note := returnNote()
	for {
		a, code, err := v.askOrScan(ctx, returnPage(list, note))
		switch {
		case errors.Is(err, errBack) && len(list) > 0:
			return v.returned(ctx, list)
		case err != nil:
			return err
		case code == "" && a.Action == actionDone:
			if len(list) == 0 {
				return errBack
			}
			return v.returned(ctx, list)
		case code == "" && a.Action == actionType:
			code, err = v.typed(ctx)
			if errors.Is(err, errBack) {
				continue
			}
			if err != nil {
				return err
			}
		}
		if code == "" {
			continue
		}
		barcode, ok := CleanBarcode(code)
		if !ok {
			note = notABarcode()
			continue
		}
		if slices.ContainsFunc(list, func(b Back) bool { return b.Copy.Barcode == barcode }) {
			note = backAlreadyNote()
			continue
		}
		if v.slow() {
			if err := v.s.Show(ctx, returnPage(list, busyNote())); err != nil {
				return err
			}
		}
		b, err := v.system.takeBack(ctx, v.s, barcode)
		if err != nil {
			if note, err = v.notDone(ctx, "take back", err); err != nil {
				return err
			}
			continue
		}
		list, note = append(list, b), backNote(b)
	}
}

// returned ends a visit: what came back, and what is owed for it.
func (v *visit) returned(ctx context.Context, list []Back) error {
	p := returnedPage(list)
	for {
		a, err := v.choose(ctx, p)
		if err != nil {
			return errors.Join(errLeft, ctx.Err())
		}
		if a.Action != actionPrint {
			return errLeft
		}
		p = printedPage(p, v.s.Print(ctx, returnSlip(v.s, list)))
	}
}

// mine is somebody's own books, holds and fees.
func (v *visit) mine(ctx context.Context) error {
	if err := v.identify(ctx, view.T("请先认证,查看您的借阅", "Show who you are to see your loans")); err != nil {
		return err
	}
	return v.account(ctx)
}
