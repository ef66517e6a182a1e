package hall

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
	"github.com/luohu/ting/plugins/hall/workday"
)

// file is a case as the center knows it, with what was done here on top.
func (c *clerk) file(ctx context.Context, number string) (CaseFile, bool, error) {
	f, found, err := lookup[CaseFile](ctx, c.s, FeedCases, number)
	if err != nil || !found {
		return f, found, err
	}
	c.onTop(&f)
	return f, true, nil
}

func (c *clerk) onTop(f *CaseFile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	number := f.Case.Submitted.Case
	kept := unheard(c.changes[number], &f.Chain)
	for _, ch := range kept {
		f.Take(ch)
	}
	if len(kept) == 0 {
		delete(c.changes, number)
	} else {
		c.changes[number] = kept
	}
}

// listed is a case in the list, with its clock.
type listed struct {
	file  CaseFile
	clock Clock
}

// cases lists what is to be done: disputes first, then what is late, then the oldest.
func (c *clerk) cases(ctx context.Context) error {
	typed, wrong := "", view.Text{}
	for {
		all, missing, err := c.readCases(ctx)
		if err != nil {
			return err
		}
		a, again, err := c.look(ctx, casesPage(all, missing, typed, wrong))
		switch {
		case err != nil:
			return err
		case again:
			continue
		}
		wrong = view.Text{}
		number := a.Action
		if a.Action == actionFind {
			typed = a.Text(fieldCode)
			if number, err = ParseNumber(typed); err != nil {
				wrong = view.T("编号不对,请对照回执核对", "This is no case number; please check it")
				continue
			}
		}
		if err := c.open(ctx, number); err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
}

func (c *clerk) readCases(ctx context.Context) (all []listed, missing *workday.MissingYear, err error) {
	cal, err := readCalendar(ctx, c.s)
	if err != nil {
		return nil, nil, err
	}
	now := c.s.Now()
	err = each(ctx, c.s, FeedCases, func(r kiosk.Row) error {
		f, err := decode[CaseFile](r)
		if err != nil {
			return err
		}
		c.onTop(&f)
		if f.Case.State.Over() && len(f.Chain.Unsettled()) == 0 {
			return nil
		}
		k, err := f.Case.Clock(cal, now)
		if err != nil && !errors.As(err, &missing) {
			return err
		}
		all = append(all, listed{f, k})
		return nil
	})
	slices.SortStableFunc(all, func(a, b listed) int {
		return cmp.Or(
			boolFirst(len(a.file.Chain.Unsettled()) > 0, len(b.file.Chain.Unsettled()) > 0),
			boolFirst(a.clock.Unlawful, b.clock.Unlawful), boolFirst(a.clock.Overdue, b.clock.Overdue), boolFirst(a.clock.Close, b.clock.Close),
			boolFirst(a.file.Case.State == StateSubmitted, b.file.Case.State == StateSubmitted),
			a.file.Case.Submitted.At.Compare(b.file.Case.Submitted.At),
		)
	})
	return all, missing, err
}

// open shows a case and does what the clerk decides about it.
func (c *clerk) open(ctx context.Context, number string) error {
	said := view.Notice{}
	for {
		f, found, err := c.file(ctx, number)
		if err != nil {
			return err
		}
		if !found {
			_, err := ask(ctx, c.s, noCasePage(number))
			return orBack(err)
		}
		cal, err := readCalendar(ctx, c.s)
		if err != nil {
			return err
		}
		service := c.service(f.Case.Submitted.Service)
		a, again, err := c.look(ctx, casePage(f, service, cal, c.s.Now(), said))
		switch {
		case err != nil:
			return err
		case again:
			continue
		}
		said = view.Notice{}
		switch material, isMaterial := strings.CutPrefix(a.Action, itemMaterial); {
		case isMaterial:
			err = c.material(ctx, f, material)
		case strings.HasPrefix(a.Action, itemDispute):
			said, err = c.settle(ctx, f, strings.TrimPrefix(a.Action, itemDispute))
		case rules[Action(a.Action)].to != "":
			said, err = c.decide(ctx, f, Action(a.Action))
		}
		if err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
}

// service is a service of the catalog; without a name when it is not there any more.
func (c *clerk) service(id string) catalog.Service {
	for _, s := range c.services {
		if s.ID == id {
			return s
		}
	}
	return catalog.Service{}
}

// decide asks for what an action needs, and records it.
func (c *clerk) decide(ctx context.Context, f CaseFile, action Action) (view.Notice, error) {
	ch := Change{Action: action}
	wrong := view.Text{}
	for {
		a, err := ask(ctx, c.s, decidePage(f, action, ch, wrong))
		if err != nil {
			return view.Notice{}, err
		}
		if a.Action != actionConfirm {
			return view.Notice{}, errBack
		}
		ch.Reason, ch.Wanted = strings.TrimSpace(a.Text(fieldReason)), a.Chosen(fieldWanted)
		if action.NeedsReason() && ch.Reason == "" {
			wrong = view.T("请写明理由,申请人会看到", "Please give the reason; the applicant reads it")
			continue
		}
		return c.change(ctx, f, ch)
	}
}

// settle has a clerk look at a change that was not made.
func (c *clerk) settle(ctx context.Context, f CaseFile, id string) (view.Notice, error) {
	i := slices.IndexFunc(f.Chain.Unsettled(), func(d Disputed[Change]) bool { return d.Change.ID == id })
	if i < 0 {
		return view.Notice{}, errBack
	}
	d := f.Chain.Unsettled()[i]
	a, err := ask(ctx, c.s, disputePage(f, d))
	if err != nil {
		return view.Notice{}, err
	}
	ch := Change{Action: Keep, Reason: strings.TrimSpace(a.Text(fieldReason)), Resolves: id}
	switch a.Action {
	case actionKeep:
	case actionInstead:
		ch.Action, ch.Wanted = d.Change.Action, d.Change.Wanted
	default:
		return view.Notice{}, errBack
	}
	if ch.Reason == "" {
		ch.Reason = d.Change.Reason
	}
	if ch.Reason == "" {
		ch.Reason = "核对冲突"
	}
	return c.change(ctx, f, ch)
}

// change records a change upon the case as the clerk saw it. If it was changed
// meanwhile, as far as this terminal knows, nothing is recorded and he looks again;
// what nobody here can know, the center finds.
func (c *clerk) change(ctx context.Context, seen CaseFile, ch Change) (view.Notice, error) {
	number := seen.Case.Submitted.Case
	f, found, err := c.file(ctx, number)
	if err != nil {
		return view.Notice{}, err
	}
	if !found || f.Chain.Version != seen.Chain.Version || f.Chain.Last != seen.Chain.Last {
		return warn(view.T("这个办件刚刚有了变化,请看过再处理", "The case has just been changed; please look at it again")), nil
	}
	ch.Basis = seen.Next(newID())
	ch.Case, ch.By, ch.Window, ch.At = number, c.who.ID, c.window, c.s.Now()
	if err := f.Case.Apply(ch); err != nil {
		return warn(whyNot(err)), nil
	}
	if _, err := c.s.Record(ctx, DeskChanged{ch}); err != nil {
		return c.notStored(ctx, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes[number] = append(c.changes[number], ch)
	name := ch.Action.Name()
	return view.Notice{Tone: view.Success, Text: view.T("已记录:"+name.ZH, "Recorded: "+name.EN)}, nil
}

// whyNot is why a case's rules refuse a change, for a clerk.
func whyNot(err error) view.Text {
	switch {
	case errors.Is(err, ErrOutstanding):
		return view.T("还有容缺材料没有补来,不能准予", "A material that may follow has not come yet; it cannot be granted")
	case errors.Is(err, ErrNoReason):
		return view.T("请写明理由", "Please give a reason")
	case errors.Is(err, ErrWhose):
		return view.T("这一步只能由申请人做", "Only the applicant can do this")
	}
	return view.T("办件现在的状态不能这样处理", "This cannot be done in the state the case is in")
}

// material shows the pictures of a material.
func (c *clerk) material(ctx context.Context, f CaseFile, id string) error {
	digests := []string{f.Case.Submitted.Signature}
	name := view.T("申请人签名", "Signature")
	if i := slices.IndexFunc(f.Case.Materials, func(h Handed) bool { return h.Material == id }); i >= 0 {
		digests, name = f.Case.Materials[i].Pages, f.Case.Materials[i].Name
	}
	var pictures []picture
	missing := 0
	for _, digest := range digests {
		p, ok, err := c.picture(ctx, f.Case.Submitted.Case, digest)
		if err != nil {
			return err
		}
		if !ok {
			missing++
			continue
		}
		pictures = append(pictures, p)
	}
	if missing > 0 {
		slog.Warn("hall: pictures have not come yet", "op", "lookup "+FeedPages, "missing", missing)
	}
	_, err := ask(ctx, c.s, picturesPage(name, pictures, missing))
	return err
}

// picture puts a picture together from its parts.
func (c *clerk) picture(ctx context.Context, number, digest string) (picture, bool, error) {
	var parts []Page
	for i := 0; i == 0 || i < parts[0].Parts; i++ {
		p, found, err := lookup[Page](ctx, c.s, FeedPages, pageKey(number, digest, i))
		if err != nil || !found {
			return picture{}, false, err
		}
		parts = append(parts, p)
	}
	p, ok := join(digest, parts)
	return p, ok, nil
}
