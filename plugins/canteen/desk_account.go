package canteen

import (
	"context"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/pinyin"
	"github.com/luohu/ting/kiosk/view"
)

// foundMost is how many people a search lists.
const foundMost = 20

// find looks somebody up by name, pinyin, number or card, and works on his account.
func (v *atDesk) find(ctx context.Context) error {
	all, err := people(ctx, v.s)
	if err != nil {
		return err
	}
	typed := ""
	for {
		a, err := v.s.Ask(ctx, findPage(typed, matching(all, typed)))
		if err != nil {
			return err
		}
		typed = strings.TrimSpace(a.Text(fieldWho))
		switch a.Action {
		case view.ActionBack, view.ActionTimeout:
			return nil
		case view.ActionChange:
			continue
		case actionNext:
			hits := matching(all, typed)
			if len(hits) != 1 {
				continue
			}
			a.Action = hits[0].ID
		}
		for _, p := range all {
			if p.ID == a.Action {
				if err := v.account(ctx, p); err != nil {
					return err
				}
			}
		}
	}
}

// matching are the people that what was typed can mean, the best first.
func matching(all []holderRow, typed string) []holderRow {
	if typed == "" {
		return nil
	}
	for _, p := range all {
		if p.ID == typed || slices.Contains(p.Cards, typed) {
			return []holderRow{p}
		}
	}
	var hits []holderRow
	for _, r := range pinyin.Rank(typed, all, func(p holderRow) []string { return []string{p.Name, p.Group} }) {
		hits = append(hits, r.Item)
	}
	return hits[:min(len(hits), foundMost)]
}

// account shows an account, and does with it what the cashier wants.
func (v *atDesk) account(ctx context.Context, row holderRow) error {
	for {
		p, why, err := v.person(ctx, row)
		if err != nil {
			return err
		}
		if why != none {
			_, err := v.s.Ask(ctx, noDinerPage(row))
			return err
		}
		a, err := v.s.Ask(ctx, accountPage(p))
		if err != nil {
			return err
		}
		switch a.Action {
		case actionTopUp:
			err = v.cash(ctx, p, EntryTopUp)
		case actionPayout:
			err = v.cash(ctx, p, EntryPayout)
		case actionAdjust:
			err = v.adjust(ctx, p)
		case actionLimit:
			err = v.limit(ctx, p)
		case actionPrint:
			err = v.print(ctx, statementSlip(p.holderRow, p.balance, p.limit, p.lines, v.s.Now()))
		case view.ActionTimeout:
		default:
			i := slices.IndexFunc(p.lines, func(l StatementRow) bool { return refundable(l) && l.ID == a.Action })
			if i < 0 {
				return nil
			}
			err = v.refund(ctx, p, p.lines[i])
		}
		if err != nil {
			return err
		}
	}
}

// refundable reports whether a line of a statement can be taken back whole.
func refundable(l StatementRow) bool { return l.Kind == "sale" && l.Sold != nil && !l.Refunded }

// print prints a slip; the printer may be away.
func (v *atDesk) print(ctx context.Context, p view.Page) error {
	err := v.s.Print(ctx, p)
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	_, err = v.s.Ask(ctx, notPrintedPage(err))
	return err
}

// most is the largest amount that is entered at once: 5000 yuan.
const most = 500_000

// cash takes cash, or gives it back.
func (v *atDesk) cash(ctx context.Context, p person, kind string) error {
	var typed, why string
	var wrong view.Text
	for {
		a, err := v.s.Ask(ctx, cashPage(kind, p, typed, why, wrong))
		if err != nil {
			return err
		}
		if a.Action != actionNext {
			return nil
		}
		typed, why = strings.TrimSpace(a.Text(fieldFen)), strings.TrimSpace(a.Text(fieldReason))
		fen, ok := parseFen(typed)
		switch {
		case !ok || fen <= 0 || fen > most:
			wrong = view.Tf("金额应在 0.01 到 %s 元之间", "An amount from 0.01 to %s yuan, please", Yuan(most)[len("¥"):])
			continue
		case kind == EntryPayout && fen > p.balance:
			wrong = view.Tf("余额只有 %s", "The balance is only %s", Yuan(p.balance))
			continue
		}
		e := Entry{Kind: kind, Person: p.ID, Fen: fen, Reason: why}
		if kind == EntryPayout {
			e.Fen = -fen
		}
		done, err := v.confirmed(ctx, p, e)
		if err != nil || done {
			return err
		}
		wrong = view.Text{}
	}
}

// adjust puts an account right without cash.
func (v *atDesk) adjust(ctx context.Context, p person) error {
	var in adjustment
	for {
		a, err := v.s.Ask(ctx, adjustPage(p, in))
		if err != nil {
			return err
		}
		if a.Action != actionNext {
			return nil
		}
		in = adjustment{direction: a.Text(fieldDirection), fen: strings.TrimSpace(a.Text(fieldFen)), reason: strings.TrimSpace(a.Text(fieldReason))}
		fen, ok := parseFen(in.fen)
		switch {
		case !ok || fen <= 0 || fen > most:
			in.wrong = view.Tf("金额应在 0.01 到 %s 元之间", "An amount from 0.01 to %s yuan, please", Yuan(most)[len("¥"):])
			continue
		case in.reason == "" || in.direction != directionAdd && in.direction != directionTake:
			continue // the terminal has asked for them already
		case in.direction == directionTake && fen > p.balance:
			in.wrong = view.Tf("余额只有 %s", "The balance is only %s", Yuan(p.balance))
			continue
		}
		if in.direction == directionTake {
			fen = -fen
		}
		done, err := v.confirmed(ctx, p, Entry{Kind: EntryAdjust, Person: p.ID, Fen: fen, Reason: in.reason})
		if err != nil || done {
			return err
		}
	}
}

// refund takes a whole sale back.
func (v *atDesk) refund(ctx context.Context, p person, l StatementRow) error {
	a, err := v.s.Ask(ctx, refundPage(p, l))
	if err != nil || a.Action != actionNext {
		return err
	}
	why := strings.TrimSpace(a.Text(fieldReason))
	if more := strings.TrimSpace(a.Text(fieldMore)); more != "" {
		why = strings.TrimSpace(why + " " + more)
	}
	if why == "" {
		return nil
	}
	sold := *l.Sold
	_, err = v.confirmed(ctx, p, Entry{Kind: EntryRefund, Person: p.ID, Fen: sold.Own, Of: l.ID, Sold: &sold, Reason: why})
	return err
}

// confirmed has the cashier look at an entry once more, and makes it.
func (v *atDesk) confirmed(ctx context.Context, p person, e Entry) (done bool, err error) {
	a, err := v.s.Ask(ctx, confirmPage(p, e))
	if err != nil || a.Action != actionEnter {
		return false, err
	}
	receipt, balance, why, err := v.enter(ctx, p.holderRow, e)
	switch {
	case err != nil:
		return true, err
	case why != none:
		_, err := v.s.Ask(ctx, cannotEnterPage(why, balance))
		return true, err
	}
	slip := enteredPage(p.holderRow, e, balance, receipt, v.cashier)
	a, err = v.s.Ask(ctx, slip)
	if err == nil && a.Action == actionPrint {
		slip.Actions, slip.Timeout = nil, 0
		err = v.print(ctx, slip)
	}
	return true, err
}

// enter makes an entry, by what is known at this moment, and says what is then on
// the account. What is taken must be there, and be within the till's share.
func (v *atDesk) enter(ctx context.Context, row holderRow, e Entry) (r kiosk.Receipt, balance int64, why reason, err error) {
	v.till.mu.Lock()
	defer v.till.mu.Unlock()
	a, why, err := v.till.account(ctx, v.s, row.ID)
	if err != nil || why != none {
		return r, 0, why, err
	}
	if e.Fen < 0 {
		free, err := v.till.free(ctx, v.s, -e.Fen)
		switch {
		case err != nil:
			return r, 0, none, err
		case -e.Fen > a.balance:
			return r, a.balance, noMoney, nil
		case -e.Fen > free:
			return r, a.balance, overQuota, nil
		}
	}
	if e.Kind == EntryRefund && slices.ContainsFunc(v.mine(), func(o ownEntry) bool { return o.Of == e.Of }) {
		return r, a.balance, refundedBefore, nil
	}
	shift := v.till.book.atWork()
	shift.Number++
	switch e.Kind {
	case EntryTopUp:
		shift.In += e.Fen
	case EntryPayout:
		shift.Out -= e.Fen
	}
	e.By, e.Shift, e.At = v.cashier.ID, shift.ID, v.s.Now()
	r, err = v.till.enter(ctx, v.s, entry{person: e.Person, fen: e.Fen, shift: &shift, record: func(id, book string, no int64) kiosk.Record {
		e.ID, e.Book, e.No = id, book, no
		return e
	}})
	return r, a.balance + e.Fen, none, err
}

// limit sets a diner's daily limit, as his guardian wants it.
func (v *atDesk) limit(ctx context.Context, p person) error {
	typed, who, wrong := "", "", view.Text{}
	if p.limit > 0 {
		typed = Yuan(p.limit)[len("¥"):]
	}
	for {
		a, err := v.s.Ask(ctx, limitPage(typed, who, wrong))
		if err != nil || a.Action != actionNext {
			return err
		}
		typed, who = strings.TrimSpace(a.Text(fieldFen)), strings.TrimSpace(a.Text(fieldGuardian))
		fen, ok := parseFen(typed)
		if !ok || fen < 0 || fen > most {
			wrong = view.T("请输入每天最多花多少元,0 为不限", "How many yuan a day, at most? 0 is no limit")
			continue
		}
		if who == "" {
			continue
		}
		_, err = v.s.Record(ctx, Limit{Person: p.ID, Fen: fen, GivenBy: who, By: v.cashier.ID, At: v.s.Now(), kind: KindDeskLimit})
		if err != nil {
			return err
		}
		_, err = v.s.Ask(ctx, limitSetPage(fen))
		return err
	}
}
