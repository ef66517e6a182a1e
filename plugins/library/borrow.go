package library

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// borrow is the visit of somebody with a stack of books.
func (v *visit) borrow(ctx context.Context) error {
	if err := v.identify(ctx, view.T("请先认证,再扫描图书", "First show who you are, then scan your books")); err != nil {
		return err
	}
	if why := v.system.mayBorrow(v.reader, v.s.Now()); why != "" {
		return v.cannotBorrow(ctx, why)
	}
	defer v.stopScan()
	var list []Item
	note := scanNote()
	for {
		a, code, err := v.askOrScan(ctx, borrowPage(v.person, *v.reader, list, note))
		switch {
		case errors.Is(err, errBack) && len(list) > 0:
			return v.receipt(ctx, list) // what is lent is lent: Back does not hide it
		case err != nil:
			return err
		case code == "" && a.Action == actionDone:
			if len(list) == 0 {
				return errBack
			}
			return v.receipt(ctx, list)
		case code == "" && a.Action == actionType:
			code, err = v.typed(ctx)
			if errors.Is(err, errBack) {
				continue
			}
			if err != nil {
				return err
			}
		}
		if barcode, undo := strings.CutPrefix(a.Action, actionUndo); undo {
			if list, note, err = v.undo(ctx, list, barcode); err != nil {
				return err
			}
			continue
		}
		if code == "" {
			continue
		}
		if list, note, err = v.lend(ctx, list, code, ""); err != nil {
			return err
		}
	}
}

// cannotBorrow says why somebody may borrow nothing just now, and what he can do.
func (v *visit) cannotBorrow(ctx context.Context, why Reason) error {
	r := &Refusal{Reason: why, Most: v.reader.Terms.Most, Fen: v.reader.Owes, Say: v.reader.Say}
	a, err := v.choose(ctx, cannotBorrowPage(v.person, r))
	if err != nil {
		return err
	}
	if a.Action == actionMine {
		return v.account(ctx)
	}
	return errLeft
}

// lend lends one more book, and returns the list with it and what to say.
func (v *visit) lend(ctx context.Context, list []Item, code, override string) ([]Item, view.Notice, error) {
	barcode, ok := CleanBarcode(code)
	if !ok {
		return list, notABarcode(), nil
	}
	if slices.ContainsFunc(list, func(it Item) bool { return it.Copy.Barcode == barcode }) {
		return list, alreadyNote(barcode, list), nil
	}
	if v.slow() {
		if err := v.s.Show(ctx, borrowPage(v.person, *v.reader, list, busyNote())); err != nil {
			return list, view.Notice{}, err
		}
	}
	it, err := v.system.lend(ctx, v.s, v.reader, order{barcode: barcode, way: string(v.person.Way), by: v.person.By, override: override})
	if err != nil {
		note, err := v.notDone(ctx, "lend", err)
		return list, note, err
	}
	return append(list, it), lentNote(it), nil
}

// slow reports whether the library's system is asked over a network.
func (v *visit) slow() bool {
	_, ours := v.system.(*own)
	return !ours
}

// notDone is what is said of a book that was not lent, taken back or renewed. An
// error ends the visit.
func (v *visit) notDone(ctx context.Context, op string, err error) (view.Notice, error) {
	if ctx.Err() != nil || kiosk.CodeOf(err) == kiosk.CodeDenied {
		return view.Notice{}, err
	}
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return refusalNote(r), nil
	}
	trouble(op, err)
	return troubleNote(err), nil
}

// undo takes back a book that was scanned by mistake, once the reader says so.
func (v *visit) undo(ctx context.Context, list []Item, barcode string) ([]Item, view.Notice, error) {
	i := slices.IndexFunc(list, func(it Item) bool { return it.Copy.Barcode == barcode })
	if i < 0 {
		return list, scanNote(), nil
	}
	it := list[i]
	a, err := v.choose(ctx, undoPage(it))
	if errors.Is(err, errBack) || err == nil && a.Action != actionYes {
		return list, scanNote(), nil
	}
	if err != nil {
		return list, view.Notice{}, err
	}
	if err := v.system.undo(ctx, v.s, v.reader, it); err != nil {
		note, err := v.notDone(ctx, "undo", err)
		return list, note, err
	}
	return slices.Delete(list, i, i+1), undoneNote(it), nil
}

// receipt ends a visit: what was lent, until when.
func (v *visit) receipt(ctx context.Context, list []Item) error {
	p := receiptPage(v.person, *v.reader, list)
	for {
		a, err := v.choose(ctx, p)
		if err != nil {
			return errors.Join(errLeft, ctx.Err())
		}
		if a.Action != actionPrint {
			return errLeft
		}
		p = printedPage(p, v.s.Print(ctx, slipPage(v.s, v.person, list)))
	}
}
