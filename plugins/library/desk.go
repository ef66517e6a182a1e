package library

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// usualStaff are the groups whose staff may use the desk where the site names none.
const usualStaff = "图书馆,图书室"

// desk is the librarian's: the module on a staffed terminal, by SettingDesk. It is
// the same module and not one of its own, for it makes the same records.
type desk struct {
	system system
	staff  []string // groups

	mu      sync.Mutex
	settled map[string]bool // tasks decided here that the feed still has
}

func newDesk(sys system, groups string) *desk {
	if groups == "" {
		groups = usualStaff
	}
	return &desk{system: sys, staff: strings.Split(groups, ","), settled: map[string]bool{}}
}

// serve is a visit. Nobody goes on who is not of the library's staff.
func (d *desk) serve(ctx context.Context, s kiosk.Session) error {
	v := &deskVisit{visit: newVisit(s, d.system), desk: d}
	defer v.leave()
	d.system.report(ctx, s)
	p, err := s.Identify(ctx, kiosk.IdentifyRequest{Prompt: view.T("图书馆工作人员请认证", "Library staff, please show who you are"), Roles: []string{"staff"}})
	if err != nil {
		if ctx.Err() == nil && kiosk.CodeOf(err) == kiosk.CodeCancelled {
			return nil
		}
		return err
	}
	if !slices.ContainsFunc(d.staff, func(g string) bool { return strings.TrimSpace(g) == p.Group }) {
		slog.Warn("library: somebody who is not of the library's staff came to its desk", "op", "desk")
		return over(v.say(ctx, deniedPage()))
	}
	v.clerk = p
	for {
		tasks, err := v.tasks(ctx)
		if err != nil {
			return over(v.failed(ctx, "list the tasks", err))
		}
		a, err := v.choose(ctx, deskPage(p, len(tasks), d.system.away()))
		if err != nil {
			return over(err)
		}
		switch a.Action {
		case actionTasks:
			err = v.work(ctx, tasks)
		case actionFees:
			err = v.fees(ctx)
		case actionLend:
			err = v.lendAnyway(ctx)
		}
		if err != nil && !errors.Is(err, errBack) {
			return over(err)
		}
		v.reader = nil
	}
}

// over is how a part of a visit that is over ends the visit.
func over(err error) error {
	if errors.Is(err, errBack) || errors.Is(err, errLeft) {
		return nil
	}
	return err
}

// deskVisit is one visit to the desk.
type deskVisit struct {
	*visit
	desk  *desk
	clerk kiosk.Person
}

// tasks are what is to be looked into, the oldest first.
func (v *deskVisit) tasks(ctx context.Context) (tasks []TaskRow, err error) {
	for after := ""; ; {
		rows, err := v.s.List(ctx, kiosk.ListRequest{Feed: FeedTasks, After: after})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			after = row.Key
			var t TaskRow
			if json.Unmarshal(row.JSON, &t) == nil && !v.desk.isSettled(t) {
				tasks = append(tasks, t)
			}
		}
		if len(rows) == 0 {
			slices.SortStableFunc(tasks, func(a, b TaskRow) int { return a.At.Compare(b.At) })
			return tasks, nil
		}
	}
}

// key tells a task that has come again, with other loans, from the one decided on.
func (t TaskRow) key() string {
	k := t.ID
	for _, l := range t.Loans {
		k += " " + l.ID
	}
	return k
}

func (d *desk) isSettled(t TaskRow) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settled[t.key()]
}

// work goes through the tasks.
func (v *deskVisit) work(ctx context.Context, tasks []TaskRow) error {
	for {
		books := map[string]Copy{}
		for _, t := range tasks {
			c, found, err := lookup[Copy](ctx, v.s, FeedHoldings, t.Copy)
			if err != nil {
				return v.failed(ctx, "name the books", err)
			}
			if !found {
				c = Copy{Barcode: t.Copy}
			}
			books[t.Copy] = c
		}
		a, err := v.choose(ctx, tasksPage(tasks, books))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(tasks, func(t TaskRow) bool { return actionTask+t.ID == a.Action })
		if i < 0 {
			return errBack
		}
		done, err := v.task(ctx, tasks[i], books[tasks[i].Copy])
		if err != nil && !errors.Is(err, errBack) {
			return err
		}
		if done {
			tasks = slices.Delete(tasks, i, i+1)
		}
	}
}

// task has the librarian decide.
func (v *deskVisit) task(ctx context.Context, t TaskRow, c Copy) (done bool, err error) {
	people := map[string]kiosk.PersonRow{}
	var ids []string
	if t.Person != "" {
		ids = append(ids, t.Person)
	}
	for _, l := range t.Loans {
		ids = append(ids, l.Person)
	}
	for _, id := range ids {
		p, found, err := lookup[kiosk.PersonRow](ctx, v.s, kiosk.FeedPeople, id)
		if err != nil {
			return false, v.failed(ctx, "name the readers", err)
		}
		if !found {
			p = kiosk.PersonRow{ID: id, Name: id}
		}
		people[id] = p
	}
	a, err := v.choose(ctx, taskPage(t, c, people))
	if err != nil {
		return false, err
	}
	now := moment(v.s)
	r := Settled{Task: t.ID, Copy: t.Copy, By: v.clerk.ID, At: now, Reason: a.Text(fieldReason)}
	var stands *OpenLoan
	switch {
	case a.Action == actionNobody || a.Action == actionSettled:
	case strings.HasPrefix(a.Action, actionKeep):
		r.Kept = strings.TrimPrefix(a.Action, actionKeep)
	default:
		return false, nil
	}
	for _, l := range t.Loans {
		if l.ID == r.Kept {
			stands = &l
		} else {
			r.Closed = append(r.Closed, l.ID)
		}
	}
	if _, err := v.s.Record(ctx, r); err != nil {
		return false, v.failed(ctx, "record a decision", err)
	}
	if o, ours := v.system.(*own); ours && t.Kind == TaskDouble {
		o.memory.did(t.Copy, deed{At: now, Loan: stands})
	}
	v.desk.mu.Lock()
	v.desk.settled[t.key()] = true
	v.desk.mu.Unlock()
	return true, nil
}

// findReader asks whom it is about: by his number, or by his card at the scanner.
func (v *deskVisit) findReader(ctx context.Context) error {
	defer v.stopScan()
	value, wrong := "", view.Text{}
	for {
		a, code, err := v.askOrScan(ctx, readerPage(value, wrong))
		if err != nil {
			return err
		}
		value = strings.TrimSpace(code)
		if code == "" {
			value = strings.TrimSpace(a.Text(fieldReader))
		}
		p, found, err := v.person(ctx, value)
		if err != nil {
			return v.failed(ctx, "find a reader", err)
		}
		if !found {
			wrong = view.T("没有这位读者", "There is no such reader")
			continue
		}
		who := kiosk.Person{ID: p.ID, Name: p.Name, Group: p.Group, Role: p.Role, Way: kiosk.WayStaff, By: v.clerk.ID}
		account, err := v.system.account(ctx, v.s, who)
		if err != nil {
			return v.failed(ctx, "read the account", err)
		}
		v.visit.person, v.reader = who, account
		return nil
	}
}

// person finds somebody by his number or that of his card.
func (v *deskVisit) person(ctx context.Context, number string) (p kiosk.PersonRow, found bool, err error) {
	if number == "" || len(number) > longestBarcode {
		return p, false, nil
	}
	if p, found, err = lookup[kiosk.PersonRow](ctx, v.s, kiosk.FeedPeople, number); err != nil || found {
		return p, found, err
	}
	for after := ""; ; {
		rows, err := v.s.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople, After: after})
		if err != nil || len(rows) == 0 {
			return p, false, err
		}
		for _, row := range rows {
			after = row.Key
			var p kiosk.PersonRow
			if json.Unmarshal(row.JSON, &p) == nil && slices.Contains(p.Cards, number) {
				return p, true, nil
			}
		}
	}
}

// fees takes what a reader owes, or lets him off it.
func (v *deskVisit) fees(ctx context.Context) error {
	if err := v.findReader(ctx); err != nil {
		return err
	}
	wrong, n := view.Text{}, view.Notice{}
	for {
		a, err := v.choose(ctx, feesPage(v.visit.person, *v.reader, n, wrong))
		if err != nil {
			return err
		}
		if a.Action != actionPay && a.Action != actionWaive {
			return errBack
		}
		f := Fee{Person: v.reader.Person, At: moment(v.s), By: v.clerk.ID, Waived: a.Action == actionWaive, Reason: strings.TrimSpace(a.Text(fieldReason))}
		n, wrong = view.Notice{}, view.Text{}
		switch f.Fen, err = ParseYuan(a.Text(fieldAmount)); {
		case err != nil || f.Fen <= 0:
			wrong = view.T("请输入金额,例如 1.50", "Please enter an amount such as 1.50")
			continue
		case f.Fen > v.reader.Owes:
			wrong = view.Tf("最多 %s 元", "At most %s yuan", Yuan(v.reader.Owes))
			continue
		case f.Waived && f.Reason == "":
			n = note(view.Warning, view.T("减免要写原因", "A waiver needs a reason"), view.Text{})
			continue
		}
		receipt, err := v.system.pay(ctx, v.s, v.reader, f)
		if err != nil {
			if n, err = v.notDone(ctx, "take a fee", err); err != nil {
				return err
			}
			continue
		}
		n = paidNote(f, receipt)
	}
}

// lendAnyway lends to a reader whom the self-check refuses, for a reason.
func (v *deskVisit) lendAnyway(ctx context.Context) error {
	if err := v.findReader(ctx); err != nil {
		return err
	}
	defer v.stopScan()
	var list []Item
	n := scanNote()
	for {
		a, code, err := v.askOrScan(ctx, borrowPage(v.visit.person, *v.reader, list, n))
		switch {
		case errors.Is(err, errBack), err == nil && a.Action == actionDone:
			if len(list) > 0 {
				return v.receipt(ctx, list)
			}
			return errBack
		case err != nil:
			return err
		case a.Action == actionType:
			if code, err = v.typed(ctx); err != nil && !errors.Is(err, errBack) {
				return err
			}
		}
		if barcode, undo := strings.CutPrefix(a.Action, actionUndo); undo {
			if list, n, err = v.undo(ctx, list, barcode); err != nil {
				return err
			}
			continue
		}
		barcode, ok := CleanBarcode(code)
		if !ok {
			continue
		}
		it, err := v.system.lend(ctx, v.s, v.reader, order{barcode: barcode, way: string(kiosk.WayStaff), by: v.clerk.ID})
		if r := (*Refusal)(nil); errors.As(err, &r) && r.Reason.Overridable() {
			if it, err = v.override(ctx, barcode, r); errors.Is(err, errBack) {
				n = refusalNote(r)
				continue
			}
		}
		if err != nil {
			if n, err = v.notDone(ctx, "lend", err); err != nil {
				return err
			}
			continue
		}
		list, n = append(list, it), lentNote(it)
	}
}

// override lends against the rules once the librarian has written why.
func (v *deskVisit) override(ctx context.Context, barcode string, r *Refusal) (Item, error) {
	a, err := v.choose(ctx, overridePage(r))
	if err != nil {
		return Item{}, err
	}
	reason := strings.TrimSpace(a.Text(fieldReason))
	if a.Action != actionYes || reason == "" {
		return Item{}, errBack
	}
	return v.system.lend(ctx, v.s, v.reader, order{barcode: barcode, way: string(kiosk.WayStaff), by: v.clerk.ID, override: reason})
}
