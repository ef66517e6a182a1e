package library

import (
	"context"
	"errors"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// account shows what the recognised reader has, and renews it.
func (v *visit) account(ctx context.Context) error {
	items, err := v.system.items(ctx, v.s, v.reader)
	if err != nil {
		return v.failed(ctx, "list the loans", err)
	}
	var note view.Notice
	for {
		titles, err := v.titles(ctx)
		if err != nil {
			return v.failed(ctx, "name the holds", err)
		}
		a, err := v.choose(ctx, accountPage(v.person, *v.reader, items, titles, note, v.s.Now()))
		if err != nil {
			return err
		}
		switch {
		case a.Action == actionRenewAll:
			note, err = v.renewAll(ctx, items)
		case strings.HasPrefix(a.Action, actionRenew):
			note, err = v.renewOne(ctx, items, strings.TrimPrefix(a.Action, actionRenew))
		case strings.HasPrefix(a.Action, actionCancelHold):
			note, err = v.cancelHold(ctx, strings.TrimPrefix(a.Action, actionCancelHold))
		case a.Action == actionPrint:
			note = printNote(v.s.Print(ctx, accountSlip(v.s, v.person, *v.reader, items)))
		default:
			return errLeft
		}
		if err != nil {
			return err
		}
	}
}

// renewOne renews one book, in place.
func (v *visit) renewOne(ctx context.Context, items []Item, copyID string) (view.Notice, error) {
	it, err := v.system.renew(ctx, v.s, v.reader, copyID)
	if err != nil {
		return v.notDone(ctx, "renew", err)
	}
	for i := range items {
		if items[i].Copy.Barcode == copyID {
			items[i] = it
		}
	}
	return renewedNote(it), nil
}

// renewAll renews what can be, and says how much that was.
func (v *visit) renewAll(ctx context.Context, items []Item) (view.Notice, error) {
	done, not, err := v.system.renewAll(ctx, v.s, v.reader, items)
	if err != nil {
		return v.notDone(ctx, "renew all", err)
	}
	return renewedAllNote(done, not), nil
}

// titles are the names of the titles somebody waits for.
func (v *visit) titles(ctx context.Context) (map[string]string, error) {
	if _, ours := v.system.(*own); !ours {
		return nil, nil
	}
	names := map[string]string{}
	for _, h := range v.reader.Holds {
		if h.Ready == "" {
			continue
		}
		c, found, err := lookup[Copy](ctx, v.s, FeedHoldings, h.Ready)
		if err != nil {
			return nil, err
		}
		if found {
			names[h.Title] = c.Title
		}
	}
	if len(names) == len(v.reader.Holds) {
		return names, nil
	}
	books, err := readBooks(ctx, v.s)
	if err != nil {
		return nil, err
	}
	for _, b := range books {
		names[b.ID] = b.Title
	}
	return names, nil
}

// cancelHold lets somebody wait no more.
func (v *visit) cancelHold(ctx context.Context, title string) (view.Notice, error) {
	o, ours := v.system.(*own)
	if !ours {
		return view.Notice{}, nil
	}
	a, err := v.choose(ctx, cancelHoldPage())
	if errors.Is(err, errBack) || err == nil && a.Action != actionYes {
		return view.Notice{}, nil
	}
	if err != nil {
		return view.Notice{}, err
	}
	if _, err := o.hold(ctx, v.s, Hold{Title: title, Person: v.reader.Person, At: moment(v.s), Cancelled: true}); err != nil {
		return v.notDone(ctx, "cancel a hold", err)
	}
	for i, h := range v.reader.Holds {
		if h.Title == title {
			v.reader.Holds = append(v.reader.Holds[:i:i], v.reader.Holds[i+1:]...)
			break
		}
	}
	return view.Notice{Tone: view.Success, Text: view.T("预约已取消", "You no longer wait for it")}, nil
}
