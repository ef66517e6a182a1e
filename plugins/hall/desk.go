package hall

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// DeskID is the clerks' module's name in terminal.toml.
const DeskID = "hall-desk"

// clerkGroup is whose staff may work at a desk, unless the site says otherwise.
const clerkGroup = "综合窗口"

// Desk is the clerks' module: any window handles any matter. Make it with NewDesk.
type Desk struct {
	groups []string // whose members are clerks

	mu      sync.Mutex
	changes map[string][]Change      // made here, by case, as long as the feed does not have them
	steps   map[string][]QueueChange // made here, by ticket, likewise
}

// NewDesk returns the clerks' module.
func NewDesk() kiosk.Module {
	return &Desk{groups: []string{clerkGroup}, changes: map[string][]Change{}, steps: map[string][]QueueChange{}}
}

// Manifest implements kiosk.Module.
func (d *Desk) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          DeskID,
		Version:     "1.0.0",
		Title:       view.T("综合窗口", "Service counter"),
		Icon:        "counter",
		Group:       view.T("政务", "Government"),
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermRecord, kiosk.PermFeeds, kiosk.PermPrint},
		Records:     []kiosk.RecordKind{KindDeskChanged, KindDeskQueue},
		Feeds:       []string{FeedServices, FeedCalendar, FeedCases, FeedPages, FeedQueue},
	}
}

// Start implements kiosk.Starter. The setting "groups" names the groups of the
// people feed whose staff are clerks, separated by commas.
func (d *Desk) Start(_ context.Context, s kiosk.Setup) error {
	listed, said := s.Settings["groups"]
	if !said {
		return nil
	}
	d.groups = nil
	for _, g := range strings.Split(listed, ",") {
		if g = strings.TrimSpace(g); g != "" {
			d.groups = append(d.groups, g)
		}
	}
	if len(d.groups) == 0 {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start hall-desk", Hint: `the setting "groups" names nobody: leave it out, or name groups of the people feed`}
	}
	return nil
}

// clerk is one clerk at a window.
type clerk struct {
	*Desk
	s        kiosk.Session
	who      kiosk.Person
	window   string
	services []catalog.Service
}

// Serve implements kiosk.Module.
func (d *Desk) Serve(ctx context.Context, s kiosk.Session) error {
	window := s.Visit().Lane
	if window == "" {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "serve hall-desk", Visitor: view.T("这台终端还没有设置窗口号", "This desk has no window number yet"),
			Hint: `set lane = "3", the window's number, in the module's table of terminal.toml`}
	}
	who, err := s.Identify(ctx, kiosk.IdentifyRequest{Prompt: view.T("请窗口人员登录", "Clerk, please sign in"), Roles: []string{"staff"}})
	switch {
	case err != nil && ctx.Err() == nil && kiosk.CodeOf(err) == kiosk.CodeCancelled:
		return nil
	case err != nil:
		return err
	case !slices.Contains(d.groups, who.Group):
		slog.Warn("hall: somebody who is no clerk was turned away", "op", "sign in", "code", kiosk.CodeDenied)
		_, err := ask(ctx, s, notAClerkPage())
		return over(err)
	}
	c := &clerk{Desk: d, s: s, who: who, window: window}
	if c.services, err = readServices(ctx, s); err != nil {
		return err
	}
	return over(c.work(ctx))
}

// over is the end of a visit by the clerk's own doing.
func over(err error) error {
	if errors.Is(err, errBack) || errors.Is(err, errLeft) || errors.Is(err, errHome) {
		return nil
	}
	return err
}

// look asks a page that is drawn anew every few seconds: a timeout is no end, but
// a reason to look at the feeds again.
func (c *clerk) look(ctx context.Context, p view.Page) (a view.Answer, again bool, err error) {
	p.Timeout = refresh
	a, err = ask(ctx, c.s, p)
	if errors.Is(err, errLeft) {
		return a, true, nil
	}
	return a, false, err
}

// work is the desk's main page: the queue, and the way to the cases.
func (c *clerk) work(ctx context.Context) error {
	said := view.Notice{}
	for {
		q, err := c.queue(ctx)
		if err != nil {
			return err
		}
		if t, busy := q.At(c.window); busy {
			if said, err = c.attend(ctx, t); err != nil {
				return err
			}
			continue
		}
		a, again, err := c.look(ctx, deskPage(c, q, said))
		if err != nil {
			return err
		}
		if again {
			continue
		}
		said = view.Notice{}
		switch a.Action {
		case actionCallNext:
			if typed := a.Text(fieldNumber); typed != "" { // Enter, after a number was typed or scanned
				said, err = c.callNumber(ctx, q, typed)
				break
			}
			said, err = c.callNext(ctx, q)
		case actionCallNumber:
			said, err = c.callNumber(ctx, q, a.Text(fieldNumber))
		case actionCases:
			err = c.cases(ctx)
		case actionSlip:
			err = c.slip(ctx)
		case actionSignOut:
			return errHome
		}
		if err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
}

// queue is the day's queue as the center knows it, with what was done here on top.
func (c *clerk) queue(ctx context.Context) (Queue, error) {
	q, err := readQueue(ctx, c.s, c.s.Now().Format("2006-01-02"))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range q {
		id := q[i].Taken.ID
		kept := unheard(c.steps[id], &q[i].Chain)
		for _, s := range kept {
			q[i].Take(s)
		}
		if len(kept) == 0 {
			delete(c.steps, id)
		} else {
			c.steps[id] = kept
		}
	}
	return q, nil
}

// unheard are the changes of this terminal that a chain does not have yet.
func unheard[C interface{ basis() Basis }](own []C, c *Chain[C]) []C {
	return slices.DeleteFunc(slices.Clone(own), func(ch C) bool { return c.has(ch.basis().ID) })
}

// step records a step of a ticket and has it on top of the feed until it comes back.
func (c *clerk) step(ctx context.Context, t Ticket, s Step, to string) (refused view.Notice, err error) {
	q := QueueChange{Basis: t.Next(newID()), Ticket: t.Taken.ID, Step: s, Window: c.window, To: to, By: c.who.ID, At: c.s.Now()}
	try := t
	if err := try.apply(q); err != nil {
		return warn(view.T("这个号码现在不能这样处理", "This cannot be done with the number now")), nil
	}
	if _, err := c.s.Record(ctx, q); err != nil {
		return c.notStored(ctx, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps[q.Ticket] = append(c.steps[q.Ticket], q)
	return view.Notice{}, nil
}

// notStored tells a clerk that nothing was kept.
func (c *clerk) notStored(ctx context.Context, cause error) (view.Notice, error) {
	if ctx.Err() != nil || kiosk.CodeOf(cause) == kiosk.CodeDenied {
		return view.Notice{}, cause
	}
	slog.Error("hall: not stored", "op", "record", "code", kiosk.CodeOf(cause))
	return view.Notice{Tone: view.Warning, Text: view.T("没有存下来,刚才的处理没有生效", "It was not stored and has no effect"),
		Detail: view.T("请检查本机的存储空间。", "Please check this terminal's storage.")}, nil
}

func warn(text view.Text) view.Notice { return view.Notice{Tone: view.Warning, Text: text} }

func (c *clerk) callNext(ctx context.Context, q Queue) (view.Notice, error) {
	waiting := q.Waiting(c.window)
	if len(waiting) == 0 {
		return view.Notice{Text: view.T("现在没有人等候", "Nobody is waiting now")}, nil
	}
	return c.step(ctx, waiting[0], Call, "")
}

// callNumber calls somebody by the number he shows: who has missed his call, or
// whom a clerk lets go first.
func (c *clerk) callNumber(ctx context.Context, q Queue, typed string) (view.Notice, error) {
	t, found := q.Find(strings.TrimPrefix(strings.TrimSpace(typed), qrTicket))
	switch {
	case !found:
		return warn(view.T("没有这个号码。中心断线时,刚取的号这里看不到,可以直接为他办理",
			"There is no such number. While the center is away, a number just taken is not seen here; he can be served all the same")), nil
	case t.State == Missed:
		if n, err := c.step(ctx, t, Requeue, ""); err != nil || !n.Text.IsZero() {
			return n, err
		}
		again, err := c.queue(ctx)
		if err != nil {
			return view.Notice{}, err
		}
		if t, found = again.Find(t.Taken.Number); !found {
			return view.Notice{}, nil
		}
	case t.State != Waits:
		name := t.State.Name()
		return warn(view.T("这个号码"+name.ZH+",不能再叫", "The number is "+name.EN+" and cannot be called")), nil
	}
	return c.step(ctx, t, Call, "")
}

// attend is for who was called to this window, until he is done with.
func (c *clerk) attend(ctx context.Context, t Ticket) (said view.Notice, err error) {
	for {
		q, err := c.queue(ctx)
		if err != nil {
			return said, err
		}
		now, at := q.At(c.window)
		if !at || now.Taken.ID != t.Taken.ID {
			i := slices.IndexFunc(q, func(o Ticket) bool { return o.Taken.ID == t.Taken.ID })
			if i >= 0 && q[i].Window != "" && q[i].Window != c.window {
				return warn(view.T(t.Taken.Number+" 已由 "+q[i].Window+" 号窗口先叫走", t.Taken.Number+" was called to counter "+q[i].Window+" before")), nil
			}
			return view.Notice{}, nil
		}
		t = now
		a, again, err := c.look(ctx, attendPage(c, t, said))
		if errors.Is(err, errBack) {
			continue // who was called stays until he is done with
		}
		if err != nil {
			return said, err
		}
		if again {
			continue
		}
		switch a.Action {
		case string(Serve), string(Recall), string(NoShow), string(Finish):
			said, err = c.step(ctx, t, Step(a.Action), "")
		case string(Transfer):
			said, err = c.transfer(ctx, t)
		case actionCases:
			err = c.cases(ctx)
		case actionOpenCase:
			err = c.open(ctx, t.Taken.Case)
		}
		if err != nil && !errors.Is(err, errBack) {
			return said, err
		}
	}
}

func (c *clerk) transfer(ctx context.Context, t Ticket) (view.Notice, error) {
	a, err := ask(ctx, c.s, transferPage(t))
	if err != nil {
		return view.Notice{}, err
	}
	to := strings.TrimSpace(a.Text(fieldWindow))
	if a.Action != string(Transfer) || to == "" {
		return view.Notice{}, errBack
	}
	return c.step(ctx, t, Transfer, to)
}

// slip prints what somebody needs for a service, with a code that a terminal reads.
func (c *clerk) slip(ctx context.Context) error {
	typed, said := "", view.Notice{}
	for {
		a, err := ask(ctx, c.s, slipChoicePage(typed, c.services, said))
		if err != nil {
			return err
		}
		typed = a.Text(fieldSearch)
		i := slices.IndexFunc(c.services, func(s catalog.Service) bool { return s.ID == a.Action })
		if i < 0 {
			continue
		}
		said = view.Notice{Tone: view.Success, Text: view.T("指引单已打印:"+c.services[i].Name.ZH, "Printed: "+c.services[i].Name.EN)}
		if err := c.s.Print(ctx, slipPrint(c.services[i])); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			slog.Warn("hall: a slip was not printed", "op", "print", "code", kiosk.CodeOf(err))
			said = warn(kiosk.VisitorText(err))
		}
	}
}
