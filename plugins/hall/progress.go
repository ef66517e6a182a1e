package hall

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// progress shows how far a case is, to whoever has its number, and what can be
// done about it.
func (v *visit) progress(ctx context.Context) error {
	typed, wrong := "", view.Text{}
	for {
		code, got, a, err := either(ctx, v.s, func(trouble view.Text) view.Page { return findPage(typed, wrong, trouble) }, v.s.Scan)
		if err != nil {
			return err
		}
		typed = a.Text(fieldCode)
		if got {
			typed = code.Text
		}
		number, err := ParseNumber(typed)
		if err != nil {
			wrong = view.T("编号不对,请对照回执逐位核对", "This is no case number; please check it against the receipt")
			if got {
				typed = ""
			}
			continue
		}
		p, found, err := v.known(ctx, number)
		switch {
		case err != nil:
			return err
		case !found:
			wrong = view.T("没有查到。刚提交的,请在提交的那台终端查,或过一会儿再试", "Not found. If it was handed in just now, please ask at that terminal, or try again in a while")
			continue
		}
		if err := v.look(ctx, p); !errors.Is(err, errBack) {
			return err
		}
		wrong = view.Text{}
	}
}

// known is what this terminal knows of a case: the feed's row, or what was done
// here and has not come back yet.
func (v *visit) known(ctx context.Context, number string) (p Progress, found bool, err error) {
	p, found, err = lookup[Progress](ctx, v.s, FeedProgress, number)
	if err != nil {
		return p, false, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if f, here := v.cases[number]; here && !found {
		p, found = f.Progress(), true
	}
	// What was done here is shown until the center has decided about it.
	for _, ch := range v.pending[number] {
		if ch.Expected == p.Version && ch.After == p.Last {
			p.Version, p.Last = p.Version+1, ch.ID
			p.after(ch)
		}
	}
	p.Rated = p.Rated || v.rated[number]
	return p, found, nil
}

// after is what a change of the applicant makes of the progress.
func (p *Progress) after(ch Change) {
	switch ch.Action {
	case Withdraw:
		p.State, p.Asked = StateWithdrawn, nil
		p.Days = append(slices.Clone(p.Days), Stage{StateWithdrawn, ch.At})
	case Supplement:
		if p.State == StateCorrecting {
			p.State = StateSubmitted
		}
		p.Asked = slices.DeleteFunc(slices.Clone(p.Asked), func(h Handed) bool {
			return slices.ContainsFunc(ch.Materials, func(m Handed) bool { return m.Material == h.Material })
		})
	}
}

// look shows a case and does what is chosen about it.
func (v *visit) look(ctx context.Context, p Progress) error {
	for {
		a, err := ask(ctx, v.s, progressPage(p))
		if err != nil {
			return err
		}
		switch a.Action {
		case actionSupplement:
			err = v.supplement(ctx, p)
		case actionWithdrawCase:
			err = v.withdraw(ctx, p)
		case actionRate:
			err = v.rate(ctx, p)
		case actionTicket:
			err = v.ticket(ctx, TicketTaken{Service: p.Service, Case: p.Number}, "")
		default:
			return errHome
		}
		if err != nil && !errors.Is(err, errBack) {
			return err
		}
		if again, found, err := v.known(ctx, p.Number); err == nil && found {
			p = again
		}
	}
}

// holder makes sure that it is the applicant who changes his case: whoever finds
// a receipt may read how far it is, and no more.
func (v *visit) holder(ctx context.Context, p Progress) error {
	app := application{service: catalog.Service{Name: p.Name}}
	if err := v.identify(ctx, &app); err != nil {
		return err
	}
	who := app.applicant
	if p.Person != "" && p.Person == who.Person || p.Holder != "" && p.Holder == Holder(who.IDNumber) {
		return nil
	}
	if _, err := ask(ctx, v.s, notYoursPage()); err != nil {
		return err
	}
	return errBack
}

// supplement takes what was asked for.
func (v *visit) supplement(ctx context.Context, p Progress) error {
	if err := v.holder(ctx, p); err != nil {
		return err
	}
	wanted := make([]catalog.Material, 0, len(p.Asked))
	service, _ := v.service(p.Service)
	for _, h := range p.Asked {
		m := catalog.Material{ID: h.Material, Name: h.Name}
		if i := slices.IndexFunc(service.Materials, func(m catalog.Material) bool { return m.ID == h.Material }); i >= 0 {
			m = service.Materials[i]
		}
		m.MayFollow = true // each may be left for another time
		wanted = append(wanted, m)
	}
	photos, later := map[string][]picture{}, []string{}
	if err := v.photograph(ctx, p.Service, wanted, photos, &later); err != nil {
		return err
	}
	ch := Change{Action: Supplement}
	for _, m := range wanted {
		if len(photos[m.ID]) == 0 {
			continue
		}
		pages, err := v.recordPictures(ctx, p.Number, m.ID, photos[m.ID])
		if err != nil {
			return v.notStored(ctx, err)
		}
		ch.Materials = append(ch.Materials, Handed{Material: m.ID, Name: m.Name, How: Photo, Pages: pages})
	}
	if len(ch.Materials) == 0 {
		return errBack
	}
	if err := v.change(ctx, p, ch); err != nil {
		return v.notStored(ctx, err)
	}
	_, err := ask(ctx, v.s, changedPage(p.Number, view.T("材料已补交", "The materials are handed in"), view.T("窗口人员会继续办理,请留意通知。", "The clerks go on with it.")))
	return err
}

func (v *visit) withdraw(ctx context.Context, p Progress) error {
	if a, err := ask(ctx, v.s, confirmWithdrawPage(p)); err != nil || a.Action != actionWithdrawCase {
		return orBack(err)
	}
	if err := v.holder(ctx, p); err != nil {
		return err
	}
	if err := v.change(ctx, p, Change{Action: Withdraw}); err != nil {
		return v.notStored(ctx, err)
	}
	_, err := ask(ctx, v.s, changedPage(p.Number, view.T("申请已撤回", "The application is withdrawn"), view.T("需要时可以重新申请。", "You can apply again at any time.")))
	return err
}

func orBack(err error) error {
	if err == nil {
		return errBack
	}
	return err
}

// change records a change upon what the applicant has seen.
func (v *visit) change(ctx context.Context, p Progress, ch Change) error {
	ch.Basis = Basis{ID: newID(), Expected: p.Version, After: p.Last}
	ch.Case, ch.At, ch.Window = p.Number, v.s.Now(), v.s.Visit().Lane
	if _, err := v.s.Record(ctx, Changed{ch}); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.pending) > mostRemembered {
		clear(v.pending)
	}
	v.pending[p.Number] = append(v.pending[p.Number], ch)
	return nil
}

// rate takes the applicant's word on how he was served, once.
func (v *visit) rate(ctx context.Context, p Progress) error {
	a, err := ask(ctx, v.s, ratePage(p))
	if err != nil {
		return err
	}
	r := Rated{Case: p.Number, Grade: gradeOf(a.Action), At: v.s.Now()}
	if r.Grade == 0 {
		return errBack
	}
	if r.Grade <= poorGrade {
		a, err := ask(ctx, v.s, causesPage())
		if err != nil {
			return err
		}
		if a.Action == actionNext {
			r.Causes = a.Chosen(fieldCauses)
		}
	}
	if _, err := v.s.Record(ctx, r); err != nil {
		return v.notStored(ctx, err)
	}
	v.mu.Lock()
	v.rated[p.Number] = true
	v.mu.Unlock()
	_, err = ask(ctx, v.s, thanksPage(r.Grade))
	return err
}

// ticket takes a place in the queue. born, where it is known, tells an elder.
func (v *visit) ticket(ctx context.Context, t TicketTaken, born string) error {
	if elder(born, v.s.Now()) {
		t.Priority = Elder
	} else {
		a, err := ask(ctx, v.s, priorityPage())
		if err != nil {
			return err
		}
		switch p := Priority(a.Action); p {
		case Elder, Disabled:
			t.Priority = p
		}
	}
	now := v.s.Now()
	t.ID, t.At, t.Day = newID(), now, now.Format("2006-01-02")
	queue, err := readQueue(ctx, v.s, t.Day)
	if err != nil {
		return err
	}
	queue = v.withOwn(queue, t.Day)
	t.Number = v.takeNumber(t.Day, letterOf(v.s.Visit()), queue)
	if _, err := v.s.Record(ctx, t); err != nil {
		return v.notStored(ctx, err)
	}
	var mine Ticket
	mine.Open(t)
	ahead, wait := queue.Ahead(mine), queue.Forecast(mine, now)
	v.mu.Lock()
	v.tickets[t.ID] = mine
	v.mu.Unlock()
	name := view.Text{}
	if s, ok := v.service(t.Service); ok {
		name = s.Name
	}
	return v.receipt(ctx, ticketPage(t, name, ahead, wait))
}

// withOwn adds the tickets that were taken here and have not come back yet.
func (h *Hall) withOwn(q Queue, day string) Queue {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, t := range h.tickets {
		if t.Taken.Day != day {
			delete(h.tickets, id)
			continue
		}
		if slices.ContainsFunc(q, func(o Ticket) bool { return o.Taken.ID == id }) {
			delete(h.tickets, id) // the center has it
			continue
		}
		q = append(q, t)
	}
	slices.SortFunc(q, func(a, b Ticket) int { return strings.Compare(a.Taken.ID, b.Taken.ID) })
	return q
}

var _ kiosk.Starter = (*Hall)(nil)
