package identity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/pass"
	"github.com/luohu/ting/kiosk/view"
)

// passStays is how long the page waits for a phone: its holder has to find the page
// of the center, perhaps to log in, and to hold the phone before the scanner.
const passStays = 2 * time.Minute

// phone is the pass that an Identify waits for.
type phone struct {
	codes      chan scanned
	cancel     context.CancelFunc // of the scanning; nil while nobody waits
	challenges []pass.Challenge   // of this Identify: a phone may answer the one before
	drawn      time.Time
}

type scanned struct {
	code kiosk.ScannedCode
	err  error
}

func (p *phone) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
}

// beginPass shows a challenge, and scans until the visitor leaves the page.
func (w *identifying) beginPass() {
	c := w.cfg.Passes.Challenge()
	if len(w.phone.challenges) == 0 {
		w.phone.drawn = w.cfg.Now()
	}
	w.phone.challenges = append(w.phone.challenges, c)
	w.ask(passPage(w.cfg.PassPage, c, view.Notice{}))
	ctx, cancel := context.WithCancel(w.ctx)
	w.phone.cancel = cancel
	codes := make(chan scanned)
	w.phone.codes = codes
	w.running.Go(func() {
		for ctx.Err() == nil {
			c, err := w.cfg.Codes.Scan(ctx)
			select {
			case codes <- scanned{c, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				select { // a scanner that fails at once is asked in a while
				case <-time.After(time.Second):
				case <-ctx.Done():
				}
			}
		}
	})
}

// code takes what was held before the scanner.
func (w *identifying) code(c scanned) (p kiosk.Person, done bool, err error) {
	if w.form != kiosk.WayPass {
		return p, false, nil
	}
	if why := c.err; why != nil {
		w.log.Warn("identity: the scanner does not answer", "op", "scan", "cause", why)
		w.sayPass(view.Notice{Tone: view.Warning, Text: view.T("扫码器没有响应,请用其他方式", "The scanner does not answer; please use another way")})
		return p, false, nil
	}
	id, err := w.cfg.Passes.Check(c.code.Text, w.phone.drawn, w.phone.challenges...)
	if err != nil {
		// The error names nobody: a clock that is wrong is for the operator to know.
		w.log.Warn("identity: pass refused", "op", "pass", "visit", w.visit.ID, "cause", err)
		w.sayPass(view.Notice{Tone: view.Refusal, Text: passRefused(err)})
		return p, false, nil //nolint:nilerr // said on the page; the other ways stand
	}
	row, err := w.people.row(w.ctx, id)
	switch kiosk.CodeOf(err) {
	case "":
	case kiosk.CodeNotFound:
		w.sayPass(view.Notice{Tone: view.Refusal, Text: view.T("这里没有您的登记,请找工作人员", "You are not registered here; please ask the staff")})
		return p, false, nil
	default:
		return p, false, err
	}
	p = personOf(row)
	p.Way = kiosk.WayPass
	if !w.accepts(p) {
		w.sayPass(wrongRole)
		return kiosk.Person{}, false, nil
	}
	return p, true, nil
}

// sayPass shows the page again, with a notice and a new challenge.
func (w *identifying) sayPass(n view.Notice) {
	c := w.cfg.Passes.Challenge()
	// Two are enough: what is on screen, and what a phone may have scanned just before.
	w.phone.challenges = append(slices.Clone(w.phone.challenges[max(0, len(w.phone.challenges)-1):]), c)
	w.ask(passPage(w.cfg.PassPage, c, n))
}

func passRefused(err error) view.Text {
	var clock *pass.ClockError
	switch {
	case errors.Is(err, pass.ErrNotPass):
		return view.T("这不是通行码,请先用手机扫上面的二维码", "This is not a pass; first scan the code above with your phone")
	case errors.Is(err, pass.ErrReplayed):
		return view.T("这个通行码已经用过,请等手机换新的", "This pass was used before; wait for a new one on your phone")
	case errors.Is(err, pass.ErrOtherTerminal), errors.Is(err, pass.ErrOtherVisit):
		return view.T("这个通行码不是这次办理用的,请重新扫上面的二维码", "This pass is of another visit; scan the code above again")
	case errors.As(err, &clock):
		return view.T("时间对不上,现在不能用通行码,请用其他方式", "The clocks differ, so passes cannot be used now; please use another way")
	case errors.Is(err, pass.ErrExpired):
		return view.T("通行码过期了,请等手机换新的", "The pass is over; wait for a new one on your phone")
	}
	return view.T("这个通行码不能用,请用其他方式", "This pass cannot be used; please use another way")
}

// passPage shows the challenge, and what to do with it.
func passPage(page string, c pass.Challenge, say view.Notice) view.Page {
	data := c.String()
	if page != "" {
		separator := "?c="
		if strings.Contains(page, "?") {
			separator = "&c="
		}
		data = page + separator + data
	}
	p := view.Page{
		ID:    pagePass,
		Title: view.T("手机通行码", "Phone pass"),
		Body: []view.Node{
			view.TextNode{Key: view.Key{Key: "first"}, Large: true, Text: view.T("一、用手机扫这个二维码", "1. Scan this code with your phone")},
			view.QRCode{Key: view.Key{Key: "challenge"}, Data: data, Label: view.T("只用于这一次办理", "For this visit only")},
			view.TextNode{Key: view.Key{Key: "second"}, Large: true, Text: view.T("二、把手机上的通行码对准扫码口", "2. Hold the pass on your phone before the scanner")},
		},
		Actions: []view.Action{{ID: actionCancel, Label: view.T("返回", "Back")}},
		Timeout: passStays,
	}
	if !say.Text.IsZero() {
		say.Key = view.Key{Key: "hint"}
		p.Body = append(p.Body, say)
	}
	return p
}
