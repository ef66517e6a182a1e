package center

import (
	"context"
	"strconv"
	"time"

	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/plugins/library/sip2"
)

// dueTime writes a due date as a moment: the last second of its day.
func (c *selfCheck) dueTime(due string) string {
	day, err := time.ParseInLocation(time.DateOnly, due, c.zone)
	if err != nil {
		return due
	}
	return sip2.FormatTime(day.Add(24*time.Hour - time.Second))
}

// happened is when something was done: what the self-check says of a thing that is
// past, and now for all else. A clock that is ahead is not believed.
func (c *selfCheck) happened(noBlock sip2.Flag, said ...time.Time) time.Time {
	now := c.now()
	if !noBlock.Yes() {
		return now
	}
	for _, t := range said {
		if !t.IsZero() && t.Before(now) {
			return t.In(c.zone)
		}
	}
	return now
}

// soon is how long a checkout that comes again is the same one, whose answer was lost.
const soon = time.Minute

func (c *selfCheck) checkout(ctx context.Context, m *sip2.Checkout) sip2.Message {
	r, it := c.find(ctx, m.Patron, m.PatronPassword), c.item(ctx, m.Item)
	answer := &sip2.CheckoutResponse{Renewed: sip2.No, Magnetic: sip2.Unknown, Desensitize: sip2.No, At: c.now(), Institution: c.inst.ID,
		Patron: m.Patron, Item: m.Item, Title: it.copy.Title, Valid: sip2.Is(r.known), ValidPassword: r.password}
	refuse := func(why string) sip2.Message {
		answer.Screen = screen(why)
		return answer
	}
	switch {
	case r.trouble || it.trouble:
		return refuse(c.trouble())
	case !r.known:
		return refuse(c.say("没有这位读者", "Unknown patron"))
	case r.password == sip2.No:
		return refuse(c.say("密码不对", "Wrong password"))
	case !it.known && !m.NoBlock.Yes():
		return refuse(c.say("没有查到这本书", "Unknown item"))
	case it.copy.Barcode == "":
		return refuse(c.say("没有条码", "No item"))
	}
	at := c.happened(m.NoBlock, m.At)
	if l := it.where.Loan; l != nil && l.Person == r.account.Person {
		return c.checkoutAgain(ctx, m, r, it, answer, at)
	}
	noBlock := m.NoBlock.Yes() || m.Cancel.Yes() // it has happened already
	if why := library.MayLend(r.account, it.copy, it.where, c.now()); why != "" && !noBlock {
		return refuse(c.reason(why, r.account, it.copy))
	}
	due := r.account.Terms.DueOn(at)
	if m.NoBlock.Yes() && m.NoBlockDue.After(at) {
		due = m.NoBlockDue.In(c.zone).Format(time.DateOnly)
	}
	loan := library.Loan{Copy: it.copy.Barcode, Title: it.copy.ID, Person: r.account.Person, At: at, Due: due, FinePerDay: r.account.Terms.FinePerDay,
		FineMost: r.account.Terms.FineMost, Home: it.copy.Site, Lane: c.inst.Location, Way: "sip2"}
	if noBlock {
		loan.Override = "no block"
	}
	if err := c.record(ctx, loan); err != nil {
		return refuse(c.trouble())
	}
	return c.lent(answer, due)
}

// lent completes the answer to a checkout that was done.
func (c *selfCheck) lent(answer *sip2.CheckoutResponse, due string) sip2.Message {
	answer.OK, answer.Magnetic, answer.Desensitize, answer.Due = true, sip2.No, sip2.Yes, c.dueTime(due)
	answer.MediaType = sip2.MediaBook
	answer.Valid, answer.ValidPassword = "", "" // SIPServer sends them with refusals only
	return answer
}

// checkoutAgain is a checkout of a book that the reader has: the same once more, or
// a renewal.
func (c *selfCheck) checkoutAgain(ctx context.Context, m *sip2.Checkout, r reader, it item, answer *sip2.CheckoutResponse, at time.Time) sip2.Message {
	l := *it.where.Loan
	if at.Sub(l.At).Abs() < soon && l.Renewals == 0 {
		return c.lent(answer, l.Due)
	}
	answer.Renewed = sip2.Yes
	if m.NoBlock.Yes() && at.Before(l.At) {
		return c.lent(answer, l.Due) // it came late, and what came after it is known
	}
	why := library.MayRenew(r.account, l, it.waiting, c.now())
	if !m.RenewalPolicy.Yes() {
		why = library.LentToYou
	}
	if why != "" && !m.NoBlock.Yes() {
		answer.Renewed = sip2.No
		answer.Screen = screen(c.reason(why, r.account, it.copy))
		return answer
	}
	due := r.account.Terms.RenewedTo(l.Due, at)
	if err := c.record(ctx, library.Renewal{Copy: l.Copy, Person: l.Person, Loan: l.ID, At: at, Due: due, Home: it.copy.Site}); err != nil {
		answer.Screen = screen(c.trouble())
		return answer
	}
	return c.lent(answer, due)
}

func (c *selfCheck) checkin(ctx context.Context, m *sip2.Checkin) sip2.Message {
	it := c.item(ctx, m.Item)
	answer := &sip2.CheckinResponse{Resensitize: sip2.No, Magnetic: sip2.Unknown, Alert: sip2.No, At: c.now(), Institution: c.inst.ID,
		Item: m.Item, Location: it.copy.Shelf, Title: it.copy.Title, CallNumber: it.copy.Call}
	loan := it.where.Loan
	switch {
	case it.trouble:
		answer.Screen = screen(c.trouble())
		return answer
	case it.copy.Barcode == "" || !it.known && loan == nil && !m.NoBlock.Yes():
		answer.Alert, answer.AlertType = sip2.Yes, sip2.AlertOther
		answer.Screen = screen(c.say("没有查到这本书,请交给工作人员", "Unknown item; please hand it to the staff"))
		return answer
	}
	r := library.Return{Copy: it.copy.Barcode, At: c.happened(m.NoBlock, m.Returned, m.At), Home: it.copy.Site, Lane: c.inst.Location, Way: "sip2"}
	if loan != nil && !loan.At.After(r.At) {
		r.Loan, r.Undo = loan.ID, m.Cancel.Yes()
		answer.Patron = loan.Person
	}
	if r.HeldFor = library.NextWaiting(it.waiting); loan == nil && it.where.HeldFor != "" {
		r.HeldFor = it.where.HeldFor
	}
	if err := c.record(ctx, r); err != nil {
		answer.Screen = screen(c.trouble())
		return answer
	}
	answer.OK, answer.Resensitize, answer.Magnetic = r.Loan != "", sip2.Yes, sip2.No
	answer.MediaType = sip2.MediaBook
	switch {
	case r.HeldFor != "":
		answer.Alert, answer.AlertType, answer.HoldPatron = sip2.Yes, sip2.AlertHoldHere, r.HeldFor
		answer.Screen = screen(c.say("有人预约,请放到预约架", "On hold: please put it on the hold shelf"))
	case it.copy.Site != "":
		answer.Alert, answer.AlertType, answer.Destination = sip2.Yes, sip2.AlertSendBranch, it.copy.Site
		answer.Screen = screen(c.say("请转送到所属馆", "Please send it to its own library"))
	case loan == nil:
		answer.Screen = screen(c.say("没有借出记录", "It was not checked out"))
	default:
		if late := library.Late(loan.Due, r.At.In(c.zone)); late > 0 && !r.Undo {
			fen := library.Fine(late, loan.FinePerDay, loan.FineMost)
			answer.Screen = screen(c.say("逾期 "+strconv.Itoa(late)+" 天,应缴 "+library.Yuan(fen)+" 元", strconv.Itoa(late)+" days late; "+library.Yuan(fen)+" yuan to pay"))
		}
	}
	return answer
}

func (c *selfCheck) renew(ctx context.Context, m *sip2.Renew) sip2.Message {
	r := c.find(ctx, m.Patron, m.PatronPassword)
	it := c.item(ctx, c.renewed(r, m))
	answer := &sip2.RenewResponse{Renewed: sip2.No, Magnetic: sip2.Unknown, Desensitize: sip2.No, At: c.now(), Institution: c.inst.ID,
		Patron: m.Patron, Item: m.Item, Title: it.copy.Title}
	why := ""
	switch l := it.where.Loan; {
	case r.trouble || it.trouble:
		why = c.trouble()
	case !r.known:
		why = c.say("没有这位读者", "Unknown patron")
	case r.password == sip2.No:
		why = c.say("密码不对", "Wrong password")
	case l == nil || l.Person != r.account.Person:
		why = c.reason(library.NotLent, r.account, it.copy)
	default:
		no := library.MayRenew(r.account, *l, it.waiting, c.now())
		if no != "" && !m.NoBlock.Yes() {
			why = c.reason(no, r.account, it.copy)
			break
		}
		at := c.happened(m.NoBlock, m.At)
		due := r.account.Terms.RenewedTo(l.Due, at)
		if m.NoBlock.Yes() && m.NoBlockDue.After(at) {
			due = max(due, m.NoBlockDue.In(c.zone).Format(time.DateOnly))
		}
		if err := c.record(ctx, library.Renewal{Copy: l.Copy, Person: l.Person, Loan: l.ID, At: at, Due: due, Home: it.copy.Site}); err != nil {
			why = c.trouble()
			break
		}
		answer.OK, answer.Renewed, answer.Magnetic = true, sip2.Yes, sip2.No
		answer.Item, answer.Due, answer.MediaType = it.copy.Barcode, c.dueTime(due), sip2.MediaBook
	}
	answer.Screen = screen(why)
	return answer
}

// renewed is the barcode that a renewal means: its own, or that of the title.
func (c *selfCheck) renewed(r reader, m *sip2.Renew) string {
	if m.Item != "" || m.Title == "" {
		return m.Item
	}
	for _, l := range r.account.Loans {
		if l.Title == m.Title {
			return l.Copy
		}
	}
	return ""
}

func (c *selfCheck) renewAll(ctx context.Context, m *sip2.RenewAll) sip2.Message {
	r := c.find(ctx, m.Patron, m.PatronPassword)
	answer := &sip2.RenewAllResponse{At: c.now(), Institution: c.inst.ID}
	switch {
	case r.trouble:
		answer.Screen = screen(c.trouble())
		return answer
	case !r.known:
		answer.Screen = screen(c.say("没有这位读者", "Unknown patron"))
		return answer
	case r.password == sip2.No:
		answer.Screen = screen(c.say("密码不对", "Wrong password"))
		return answer
	}
	answer.OK = true
	for _, l := range r.account.Loans {
		it := c.item(ctx, l.Copy)
		now := c.now()
		if it.trouble || library.MayRenew(r.account, l, it.waiting, now) != "" {
			answer.Unrenewed = append(answer.Unrenewed, l.Copy)
			continue
		}
		renewal := library.Renewal{Copy: l.Copy, Person: l.Person, Loan: l.ID, At: now, Due: r.account.Terms.RenewedTo(l.Due, now), Home: it.copy.Site}
		if err := c.record(ctx, renewal); err != nil {
			answer.Unrenewed = append(answer.Unrenewed, l.Copy)
			continue
		}
		answer.Renewed = append(answer.Renewed, l.Copy)
	}
	answer.RenewedCount, answer.UnrenewedCount = sip2.Count(len(answer.Renewed)), sip2.Count(len(answer.Unrenewed))
	return answer
}

func (c *selfCheck) trouble() string {
	return c.say("系统暂时不能办理,请稍后再试", "This cannot be done just now; please try again")
}

// reason says in one line why something is not done.
func (c *selfCheck) reason(r library.Reason, a library.Account, b library.Copy) string {
	switch r {
	case library.Stays:
		return c.say("只能在馆内看", "Reference only: not for loan")
	case library.LentToOther:
		return c.say("登记在别人名下,请交给工作人员", "On loan to somebody else")
	case library.LentToYou:
		return c.say("已经在您名下", "Already on loan to you")
	case library.HeldForOther:
		return c.say("有人预约了", "On hold for somebody else")
	case library.TooMany:
		return c.say("已借满 "+strconv.Itoa(a.Terms.Most)+" 册", "You have all "+strconv.Itoa(a.Terms.Most)+" items you may borrow")
	case library.HasOverdue:
		return c.say("有逾期的书还没有还", "You have overdue items")
	case library.OwesTooMuch:
		return c.say("待缴费用 "+library.Yuan(a.Owes)+" 元,请先缴费", "You owe "+library.Yuan(a.Owes)+" yuan")
	case library.Blocked:
		return c.say("您的借阅已暂停", "Your borrowing is suspended")
	case library.TooYoung, library.AgeUnknown:
		return c.say("适合 "+strconv.Itoa(b.MinAge)+" 岁以上读者", "For readers of "+strconv.Itoa(b.MinAge)+" and older")
	case library.NotLent:
		return c.say("没有借出记录", "It is not on loan to this patron")
	case library.RenewedOften:
		return c.say("续借次数已用完", "No renewals left")
	case library.Awaited:
		return c.say("有人预约,不能续借", "Others wait for it")
	case library.IsOverdue:
		return c.say("已逾期,不能续借", "It is overdue")
	}
	return c.say("不能办理,请到服务台", "Please ask at the desk")
}
