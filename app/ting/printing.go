package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/luohu/ting/app/ting/maintenance"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/journal"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// printing puts pages on paper. While the paper is at its end the visit waits for
// whoever refills it, and printing goes on by itself. What was printed is in the
// journal, without its words; those are kept in memory for a while, so that the staff
// can have a slip printed again that was torn or lost.
type printing struct {
	device  printer.Printer
	journal *journal.Journal // nil where it cannot be written: printing goes on
	lang    view.Lang
	log     *slog.Logger
	now     func() time.Time

	mu   sync.Mutex
	kept []keptSlip // the newest last
}

type keptSlip struct {
	id     int64
	at     time.Time
	module string
	page   string
	slip   printer.Slip
}

// How long and how many slips can be printed again.
const (
	keepsFor  = 15 * time.Minute
	keepsMost = 20
)

// looksForPaper is how often the printer is looked at while its paper is at its end.
const looksForPaper = 200 * time.Millisecond

// Print implements host.Printer.
func (p *printing) Print(ctx context.Context, v kiosk.Visit, a host.Asker, page view.Page) error {
	const op = "print"
	s, err := slip(page, p.lang)
	if err != nil {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: op, Cause: err}
	}
	return p.noted(keptSlip{at: p.now(), module: v.Module, page: page.ID, slip: s}, 0, func() error {
		return p.refilled(ctx, a, s)
	})
}

// noted prints with an entry in the journal; again is the entry of which it is a reprint.
func (p *printing) noted(k keptSlip, again int64, print func() error) error {
	if p.journal != nil {
		id, err := p.journal.Begin(k.module, k.page, again)
		if err != nil {
			p.log.Warn("what is printed is not noted", "op", "print", "cause", err)
		}
		k.id = id
	}
	if again == 0 {
		p.keep(k)
	}
	err := print()
	if p.journal != nil && k.id > 0 {
		state, reason := journal.Printed, ""
		switch {
		case errors.Is(err, errGivenUp), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			state = journal.GivenUp
		case err != nil:
			state, reason = journal.Failed, rootCause(err)
		}
		if failed := p.journal.End(k.id, state, reason); failed != nil {
			p.log.Warn("what was printed is not noted", "op", "print", "cause", failed)
		}
	}
	return err
}

// rootCause is the printer's own word for what went wrong.
func rootCause(err error) string {
	for _, e := range []error{printer.ErrNoPaper, printer.ErrCoverOpen, printer.ErrFault, printer.ErrAway, printer.ErrSlip} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return string(kiosk.CodeOf(err))
}

// errGivenUp is told when nobody waits for paper any more.
var errGivenUp = errors.New("the visitor did not wait for paper")

// refilled prints a slip, and waits for paper in between. What may be on the paper in
// part is printed again with a mark.
func (p *printing) refilled(ctx context.Context, a host.Asker, s printer.Slip) error {
	first, next := p.now(), s
	for {
		err := p.device.Print(ctx, next)
		if !errors.Is(err, printer.ErrNoPaper) && !errors.Is(err, printer.ErrCoverOpen) || a == nil {
			return p.said(err)
		}
		if errors.Is(err, printer.ErrPartly) {
			next = s.Again(first)
		}
		if waited := p.awaitPaper(ctx, a, err); waited != nil {
			if errors.Is(waited, errGivenUp) {
				return errors.Join(p.said(err), errGivenUp)
			}
			return waited
		}
	}
}

// awaitPaper asks for somebody with paper, until the printer is well or the visitor
// does not want to wait.
func (p *printing) awaitPaper(ctx context.Context, a host.Asker, cause error) error {
	asking, stop := context.WithCancel(ctx)
	type answered struct {
		view.Answer
		err error
	}
	answers := make(chan answered, 1)
	go func() {
		given, err := a.Ask(asking, refillPage(cause))
		answers <- answered{given, err}
	}()
	asked := true
	defer func() {
		stop()
		if asked {
			<-answers
		}
	}()
	look := time.NewTicker(looksForPaper)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if p.device.Health().OK() {
				stop()
				if asked {
					<-answers
					asked = false
				}
				return a.Show(ctx, printingPage())
			}
		case got := <-answers:
			asked = false
			switch {
			case kiosk.CodeOf(got.err) == kiosk.CodeSuperseded && ctx.Err() == nil:
				answers = nil // the module shows something else: printing goes on behind it
			case got.err != nil:
				return got.err
			default:
				return errGivenUp
			}
		}
	}
}

func refillPage(cause error) view.Page {
	title := view.T("打印纸用完了", "The printer is out of paper")
	if errors.Is(cause, printer.ErrCoverOpen) {
		title = view.T("打印机盖没有关好", "The printer's cover is open")
	}
	return view.Page{
		ID: "ting.paper", Tone: view.Warning, Title: title, Icon: "printer",
		Body: []view.Node{view.Notice{
			Tone:   view.Warning,
			Text:   view.T("请工作人员处理,完成后会自动接着打印。", "Please ask the staff. Printing goes on by itself."),
			Detail: view.T("您办理的事项已经保存,不打印也有效。", "What you did is saved, and valid without the slip."),
		}},
		Actions: []view.Action{{ID: "skip", Label: view.T("不打印了", "Do without it")}},
	}
}

func printingPage() view.Page {
	return view.Page{ID: "ting.printing", Tone: view.Busy, Title: view.T("正在打印,请稍候", "Printing, one moment please")}
}

// said is a printer's error with its sentence for the visitor.
func (p *printing) said(err error) error {
	const op = "print"
	h := p.device.Health()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, printer.ErrNoPaper):
		return away(op, err, h, view.T("打印纸用完了,请拍照留存,或请工作人员换纸。", "The printer is out of paper. Please take a photograph, or ask the staff for paper."))
	case errors.Is(err, printer.ErrCoverOpen):
		return away(op, err, h, view.T("打印机盖没有关好,请告诉工作人员。", "The printer's cover is open. Please tell the staff."))
	}
	return away(op, err, h, view.T("打印机没有响应,请拍照留存。", "The printer does not answer. Please take a photograph instead."))
}

// keep keeps a slip that may be asked for again.
func (p *printing) keep(k keptSlip) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = append(p.forgotten(), k)
	if n := len(p.kept); n > keepsMost {
		p.kept = slices.Delete(p.kept, 0, n-keepsMost)
	}
}

// forgotten are the slips that are still kept; p.mu is held.
func (p *printing) forgotten() []keptSlip {
	p.kept = slices.DeleteFunc(p.kept, func(k keptSlip) bool { return p.now().Sub(k.at) > keepsFor })
	return p.kept
}

// can reports whether a slip can be printed again.
func (p *printing) can(id int64) (keptSlip, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.forgotten() {
		if k.id == id && id > 0 {
			return k, true
		}
	}
	return keptSlip{}, false
}

// again prints a slip again for a member of the staff, marked as a reprint.
func (p *printing) again(ctx context.Context, id int64) error {
	k, ok := p.can(id)
	if !ok {
		return &kiosk.Error{Code: kiosk.CodeNotFound, Op: "reprint", Cause: fmt.Errorf("print %d is no longer kept", id)}
	}
	return p.noted(k, id, func() error { return p.said(p.device.Print(ctx, k.slip.Again(k.at))) })
}

// listsMost is how many prints the staff is shown.
const listsMost = 50

// list is what was printed, the newest first, for the staff.
func (p *printing) list(title func(module string) view.Text) (list []maintenance.Print) {
	if p.journal == nil {
		return nil
	}
	entries := p.journal.Entries()
	for _, e := range entries[:min(len(entries), listsMost)] {
		m := maintenance.Print{ID: e.ID, At: e.At, What: title(e.Module), State: printStates[e.State], Good: e.State == journal.Printed || e.State == journal.Waiting}
		if e.Again > 0 {
			m.What = view.T(m.What.ZH+"(补打)", m.What.EN+" (reprint)")
		}
		if e.Reason != "" {
			m.State = view.T(m.State.ZH+":"+e.Reason, m.State.EN+": "+e.Reason)
		}
		_, m.Again = p.can(e.ID)
		list = append(list, m)
	}
	return list
}

var printStates = map[journal.State]view.Text{
	journal.Waiting: view.T("正在打印", "being printed"),
	journal.Printed: view.T("已打印", "printed"),
	journal.Failed:  view.T("没有打印成功", "not printed"),
	journal.GivenUp: view.T("没有等到打印", "not waited for"),
	journal.Unknown: view.T("打印中断", "interrupted"),
}
