package center

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/plugins/library/sip2"
	"github.com/luohu/ting/sync/center/projection"
)

const currency = "CNY"

// standing is what a reader may not do, as the field says it.
func (c *selfCheck) standing(r reader) (s sip2.PatronStatus) {
	now := c.now()
	switch library.MayBorrow(r.account, now) {
	case library.Blocked:
		s |= sip2.ChargeDenied | sip2.RenewalDenied | sip2.HoldDenied
	case library.OwesTooMuch:
		s |= sip2.ChargeDenied | sip2.RenewalDenied | sip2.TooMuchFines
	case library.HasOverdue:
		s |= sip2.ChargeDenied | sip2.TooManyOverdue
	case library.TooMany:
		s |= sip2.ChargeDenied | sip2.TooManyCharged
	}
	return s
}

func (c *selfCheck) patronStatus(ctx context.Context, lang, patron, password, message string) sip2.Message {
	r := c.find(ctx, patron, password)
	answer := &sip2.PatronStatusResponse{Language: lang, At: c.now(), Institution: c.inst.ID, Patron: patron, Valid: sip2.Is(r.known), Screen: screen(message)}
	if !r.known {
		answer.Status = sip2.AllDenied
		answer.Screen = append(answer.Screen, c.unknown(r))
		return answer
	}
	answer.Status, answer.Name, answer.ValidPassword = c.standing(r), r.row.Name, r.password
	answer.Currency, answer.Fees = currency, library.Yuan(r.account.Owes)
	answer.Screen = append(answer.Screen, c.greeting(r)...)
	return answer
}

func (c *selfCheck) unknown(r reader) string {
	if r.trouble {
		return c.trouble()
	}
	return c.say("没有这位读者", "Unknown patron")
}

// greeting is what a reader is told when he is recognised, if there is anything.
func (c *selfCheck) greeting(r reader) []string {
	if r.password == sip2.No {
		return screen(c.say("密码不对", "Wrong password"))
	}
	if why := library.MayBorrow(r.account, c.now()); why != "" {
		return screen(c.reason(why, r.account, library.Copy{}))
	}
	if slices.ContainsFunc(r.account.Holds, func(h library.ReaderHold) bool { return h.Ready != "" }) {
		return screen(c.say("预约的书到了,请到预约架取", "A book waits for you on the hold shelf"))
	}
	return nil
}

func (c *selfCheck) enable(ctx context.Context, m *sip2.PatronEnable) sip2.Message {
	r := c.find(ctx, m.Patron, m.PatronPassword)
	answer := &sip2.PatronEnableResponse{Language: sip2.LangUnknown, At: c.now(), Institution: c.inst.ID, Patron: m.Patron, Valid: sip2.Is(r.known)}
	if !r.known {
		answer.Status = sip2.AllDenied
		return answer
	}
	answer.Status, answer.Name, answer.ValidPassword = c.standing(r), r.row.Name, r.password
	answer.Screen = screen(c.say("本系统不接受自助机开卡", "Cards are not enabled from here"))
	return answer
}

func (c *selfCheck) patronInformation(ctx context.Context, m *sip2.PatronInformation) sip2.Message {
	r := c.find(ctx, m.Patron, m.PatronPassword)
	answer := &sip2.PatronInformationResponse{Language: m.Language, At: c.now(), Institution: c.inst.ID, Patron: m.Patron, Valid: sip2.Is(r.known)}
	if !r.known {
		answer.Status = sip2.AllDenied
		answer.Screen = screen(c.unknown(r))
		return answer
	}
	var ready, waiting, charged, overdue, fines []string
	for _, h := range r.account.Holds {
		if h.Ready != "" {
			ready = append(ready, h.Ready)
		} else {
			waiting = append(waiting, h.Title)
		}
	}
	for _, l := range r.account.Loans {
		charged = append(charged, l.Copy)
	}
	for _, l := range r.account.Overdue(c.now()) {
		overdue = append(overdue, l.Copy)
	}
	for _, ch := range r.told.Charges {
		fines = append(fines, ch.Copy)
	}
	n := func(list []string) sip2.Count { return sip2.Count(len(list)) }
	limit := func(most int) *sip2.Count { c := sip2.Count(most); return &c }
	answer.Status, answer.Name, answer.ValidPassword = c.standing(r), r.row.Name, r.password
	answer.Holds, answer.Overdue, answer.Charged, answer.Fines, answer.UnavailableHolds = n(ready), n(overdue), n(charged), n(fines), n(waiting)
	answer.HoldsLimit, answer.ChargedLimit = limit(r.account.Terms.Holds), limit(r.account.Terms.Most)
	answer.Currency, answer.Fees = currency, library.Yuan(r.account.Owes)
	if most := r.account.Terms.OweMost; most > 0 {
		answer.FeeLimit = library.Yuan(most)
	}
	answer.Class, answer.Home = r.account.Class, c.inst.ID
	answer.Screen = c.greeting(r)
	switch m.Summary.First() {
	case sip2.HoldItems:
		answer.HoldItems = window(ready, m.Start, m.End)
	case sip2.OverdueItems:
		answer.OverdueItems = window(overdue, m.Start, m.End)
	case sip2.ChargedItems:
		answer.ChargedItems = window(charged, m.Start, m.End)
	case sip2.FineItems:
		answer.FineItems = window(fines, m.Start, m.End)
	case sip2.UnavailableHolds:
		answer.UnavailableItems = window(waiting, m.Start, m.End)
	}
	return answer
}

// window is the part of a list from start to end, counted from 1; what is not said
// is the whole.
func window(list []string, start, end string) []string {
	from, to := 1, len(list)
	if n, err := strconv.Atoi(strings.TrimSpace(start)); err == nil && n > 1 {
		from = n
	}
	if n, err := strconv.Atoi(strings.TrimSpace(end)); err == nil && n >= 0 && n < to {
		to = n
	}
	if from > to {
		return nil
	}
	return list[from-1 : to]
}

func (c *selfCheck) itemInformation(ctx context.Context, m *sip2.ItemInformation) sip2.Message {
	it := c.item(ctx, m.Item)
	answer := &sip2.ItemInformationResponse{Circulation: sip2.CirculationOne, Marker: sip2.MarkerNone, FeeType: sip2.FeeOther, At: c.now(), Item: m.Item}
	if it.trouble || !it.known {
		if it.trouble {
			answer.Screen = screen(c.trouble())
		}
		return answer
	}
	answer.Circulation, answer.Marker = sip2.Available, sip2.MarkerTattleTape
	switch {
	case it.where.Loan != nil:
		answer.Circulation, answer.Due = sip2.Charged, c.dueTime(it.where.Loan.Due)
	case it.where.HeldFor != "":
		answer.Circulation = sip2.OnHoldShelf
	}
	if n := len(it.waiting); n > 0 {
		answer.HoldQueue = strconv.Itoa(n)
	}
	answer.Item, answer.Title, answer.Owner = it.copy.Barcode, it.copy.Title, c.inst.ID
	answer.MediaType, answer.Location, answer.CallNumber = sip2.MediaBook, it.copy.Shelf, it.copy.Call
	return answer
}

func (c *selfCheck) hold(ctx context.Context, m *sip2.Hold) sip2.Message {
	r, it := c.find(ctx, m.Patron, m.PatronPassword), c.item(ctx, m.Item)
	title := m.Title
	if it.known {
		title = it.copy.ID
	}
	answer := &sip2.HoldResponse{Available: sip2.Is(it.known && it.where.Loan == nil && it.where.HeldFor == ""), At: c.now(), Institution: c.inst.ID,
		Patron: m.Patron, Item: m.Item, Title: title}
	why := ""
	switch waits := slices.ContainsFunc(r.account.Holds, func(h library.ReaderHold) bool { return h.Title == title }); {
	case r.trouble || it.trouble:
		why = c.trouble()
	case !r.known:
		why = c.say("没有这位读者", "Unknown patron")
	case r.password == sip2.No:
		why = c.say("密码不对", "Wrong password")
	case title == "":
		why = c.say("没有查到这本书", "Unknown item")
	case m.Mode == sip2.HoldAdd && r.account.Blocked != "":
		why = c.reason(library.Blocked, r.account, it.copy)
	case m.Mode == sip2.HoldAdd && waits:
		why = c.say("已经预约了", "Already on hold for you")
	case m.Mode == sip2.HoldAdd && len(r.account.Holds) >= r.account.Terms.Holds:
		why = c.say("预约已满", "No more holds")
	case m.Mode == sip2.HoldRemove && !waits:
		why = c.say("没有预约", "There is no hold")
	case m.Mode != sip2.HoldAdd && m.Mode != sip2.HoldRemove:
		why = c.say("不支持", "Not supported")
	default:
		if err := c.record(ctx, library.Hold{Title: title, Person: r.account.Person, At: c.now(), Cancelled: m.Mode == sip2.HoldRemove}); err != nil {
			why = c.trouble()
			break
		}
		answer.OK = true
		if m.Mode == sip2.HoldAdd {
			answer.Position = strconv.Itoa(len(it.waiting) + 1)
		}
	}
	answer.Screen = screen(why)
	return answer
}

// feePaid takes note of a payment. One that comes twice under the same transaction
// ID is the same.
func (c *selfCheck) feePaid(ctx context.Context, m *sip2.FeePaid) sip2.Message {
	r := c.find(ctx, m.Patron, m.PatronPassword)
	answer := &sip2.FeePaidResponse{Accepted: sip2.No, At: c.now(), Institution: c.inst.ID, Patron: m.Patron, Transaction: m.Transaction}
	fen, err := library.ParseYuan(m.Amount)
	why := ""
	switch {
	case r.trouble:
		why = c.trouble()
	case !r.known:
		why = c.say("没有这位读者", "Unknown patron")
	case r.password == sip2.No:
		why = c.say("密码不对", "Wrong password")
	case m.Currency != "" && m.Currency != currency:
		why = c.say("只收人民币", "CNY only")
	case err != nil || fen <= 0:
		why = c.say("金额不对", "Wrong amount")
	default:
		if m.Transaction != "" && c.paidAlready(ctx, r.account.Person, m.Transaction) {
			answer.Accepted = sip2.Yes
			return answer
		}
		if fen > r.account.Owes {
			why = c.say("应缴 "+library.Yuan(r.account.Owes)+" 元", "Only "+library.Yuan(r.account.Owes)+" yuan is owed")
			break
		}
		f := library.Fee{Person: r.account.Person, Fen: fen, At: c.now(), Transaction: m.Transaction, Reason: fmt.Sprintf("sip2 %s", m.PaymentType)}
		if err := c.record(ctx, f); err != nil {
			why = c.trouble()
			break
		}
		answer.Accepted = sip2.Yes
	}
	answer.Screen = screen(why)
	return answer
}

func (c *selfCheck) paidAlready(ctx context.Context, person, transaction string) bool {
	var n int
	err := c.ledger.Querier(ctx, func(q projection.Querier) error {
		return q.One(`SELECT COUNT(*) FROM library_fees WHERE site = ? AND person = ? AND paying = ?`, []any{c.inst.Site, person, transaction}, &n)
	})
	return !errors.Is(err, projection.ErrNotFound) && n > 0
}
