package library

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func accountPage(p kiosk.Person, a Account, items []Item, titles map[string]string, n view.Notice, now time.Time) view.Page {
	body := []view.Node{readerCard(p, a, view.Calm)}
	if !n.Text.IsZero() {
		body = append(body, n)
	}
	if a.Owes > 0 {
		body = append(body, view.Notice{Key: view.Key{Key: "owes"}, Tone: view.Warning, Text: view.Tf("待缴费用 %s 元", "You owe %s yuan", Yuan(a.Owes)),
			Detail: view.T("请到服务台缴纳", "Please pay at the desk")})
	}
	some := false
	rows := make([]view.ListItem, 0, len(items))
	for _, it := range items {
		row := view.ListItem{ID: actionRenew + it.Copy.Barcode, Title: view.Same(name(it.Copy)), Icon: "book", Detail: loanDetail(it, now)}
		if it.Why == "" {
			some = true
		} else {
			row.ID = ""
		}
		if Late(it.Loan.Due, now) > 0 {
			row.Icon = "warning"
		}
		rows = append(rows, row)
	}
	body = append(body, view.List{Key: view.Key{Key: "loans"}, Items: rows, Empty: view.T("现在没有借书。", "You have no books on loan.")})
	if len(a.Holds) > 0 {
		var holds []view.ListItem
		for _, h := range a.Holds {
			title := titles[h.Title]
			if title == "" {
				title = h.Title
			}
			detail := view.T("排队中 · 点此取消预约", "waiting · touch to cancel")
			if h.Ready != "" {
				detail = view.T("已到预约架,请取书 · 点此取消预约", "on the hold shelf for you · touch to cancel")
			}
			holds = append(holds, view.ListItem{ID: actionCancelHold + h.Title, Title: view.T("预约:"+title, "Hold: "+title), Detail: detail, Icon: "clock"})
		}
		body = append(body, view.List{Key: view.Key{Key: "holds"}, Items: holds})
	}
	actions := []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Icon: "check", Primary: !some}}
	if some {
		actions = append([]view.Action{{ID: actionRenewAll, Label: view.T("全部续借", "Renew all"), Icon: "sync", Primary: true}}, actions...)
	}
	if len(items) > 0 {
		actions = append(actions, view.Action{ID: actionPrint, Label: view.T("打印清单", "Print the list"), Icon: "printer"})
	}
	return view.Page{ID: "account", Title: view.T("我的借阅", "My loans"), Tone: n.Tone, Body: body, Actions: actions}
}

// loanDetail says when a book is due, and whether touching it renews it.
func loanDetail(it Item, now time.Time) view.Text {
	due := shortDue(it.Due)
	if late := Late(it.Loan.Due, now); late > 0 {
		due = view.Tf("已逾期 %d 天,请尽快归还", "%d days overdue, please return it", late)
	}
	if it.Why != "" {
		why := renewWhy(it.Why)
		if it.Why == IsOverdue {
			return due
		}
		return view.T(due.ZH+" · "+why.ZH, due.EN+" · "+why.EN)
	}
	if it.Left < 0 {
		return view.T(due.ZH+" · 点此续借", due.EN+" · touch to renew")
	}
	return view.Tf(due.ZH+" · 点此续借(还可 %d 次)", due.EN+" · touch to renew (%d left)", it.Left)
}

func renewWhy(r Reason) view.Text {
	switch r {
	case RenewedOften:
		return view.T("续借次数已用完", "no renewals left")
	case Awaited:
		return view.T("有人预约,不能续借", "others wait for it")
	case IsOverdue:
		return view.T("已逾期,不能续借", "overdue")
	case OwesTooMuch:
		return view.T("请先缴清费用", "fees are due first")
	case Blocked:
		return view.T("暂停借阅", "borrowing is suspended")
	}
	return view.T("暂时不能续借", "cannot be renewed now")
}

func renewedNote(it Item) view.Notice {
	if it.Offline {
		return note(view.Warning, titled(it.Copy, "的续借已记下", "will be renewed"), view.T("图书馆系统暂时连不上,联网后自动登记", "The library's system is away; this is recorded once it is back"))
	}
	return note(view.Success, titled(it.Copy, "已续借", "is renewed"), dueText(it))
}

func renewedAllNote(done, not int) view.Notice {
	switch {
	case done == 0:
		return note(view.Warning, view.T("没有可以续借的书", "Nothing could be renewed"), view.T("原因写在每本书下面", "Each book says why"))
	case not == 0:
		return note(view.Success, view.Tf("已续借 %d 册", "%d renewed", done), view.Text{})
	}
	return note(view.Success, view.Tf("已续借 %d 册", "%d renewed", done), view.Tf("%d 册不能续借,原因写在书下面", "%d could not be; each says why", not))
}

func cancelHoldPage() view.Page {
	return view.Page{ID: "cancel-hold", Title: view.T("取消这个预约?", "Stop waiting for this book?"), Tone: view.Warning,
		Body:    []view.Node{view.TextNode{Text: view.T("取消后要重新排队。", "If you change your mind, you wait at the end of the line.")}},
		Actions: []view.Action{{ID: actionYes, Label: view.T("取消预约", "Stop waiting"), Primary: true}, {ID: actionNo, Label: view.T("继续等", "Keep waiting")}}}
}

func cannotBorrowPage(p kiosk.Person, r *Refusal) view.Page {
	text, detail := refusal(r)
	return view.Page{
		ID: "cannot-borrow", Title: view.T("现在不能借书", "You cannot borrow just now"), Tone: view.Refusal,
		Body: []view.Node{view.PersonCard{Key: view.Key{Key: "reader"}, Name: view.Same(view.MaskName(p.Name)), Line: view.Same(p.Group)},
			view.Notice{Key: view.Key{Key: "why"}, Tone: view.Refusal, Text: text, Detail: detail}},
		Actions: []view.Action{{ID: actionMine, Label: view.T("看我的借阅", "See my loans"), Icon: "list", Primary: true},
			{ID: actionDone, Label: view.T("完成", "Done")}},
		Timeout: noticeStays,
	}
}

func refusalNote(r *Refusal) view.Notice {
	text, detail := refusal(r)
	return note(view.Refusal, text, detail)
}

func refusedPage(r *Refusal) view.Page {
	text, detail := refusal(r)
	return view.Page{ID: "refused", Title: view.T("暂时不能办理", "This cannot be done just now"), Tone: view.Refusal,
		Body:    []view.Node{view.Notice{Key: view.Key{Key: "why"}, Tone: view.Refusal, Text: text, Detail: detail}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}}, Timeout: noticeStays}
}

// refusal says why something is not done, and what the reader can do.
func refusal(r *Refusal) (text, detail view.Text) {
	desk := view.T("请到服务台办理", "Please ask at the desk")
	switch r.Reason {
	case UnknownCopy:
		return view.T("没有查到这本书", "This book is not in the holdings"), view.T("请把书交给工作人员", "Please hand it to the staff")
	case Stays:
		return titled(r.Copy, "只能在馆内看", "is read here and not lent"), view.T("请放回架上", "Please put it back")
	case LentToOther:
		return titled(r.Copy, "登记在别人名下", "is on loan to somebody else"), view.T("可能上次没有还清,请交给工作人员", "It may not have been returned; please hand it to the staff")
	case LentToYou:
		d := shortDue(r.Until)
		return titled(r.Copy, "已经在您名下", "is yours already"), view.T(d.ZH+",要续借请到“我的借阅”", d.EN+"; renew it under My loans")
	case HeldForOther:
		return titled(r.Copy, "有人预约了", "is kept for somebody else"), view.T("请放回预约架", "Please put it back on the hold shelf")
	case TooMany:
		return view.Tf("已借满 %d 册", "You have all %d books you may borrow", r.Most), view.T("还几本就可以再借", "Return some, then borrow more")
	case HasOverdue:
		return view.T("有逾期的书还没有还", "You have overdue books"), view.T("请先还清逾期的书", "Please return them first")
	case OwesTooMuch:
		return view.Tf("待缴费用 %s 元", "You owe %s yuan", Yuan(r.Fen)), view.T("请先到服务台缴费", "Please pay at the desk first")
	case Blocked:
		if r.Say != "" {
			desk = view.T(r.Say+"。"+desk.ZH, r.Say+". "+desk.EN)
		}
		return view.T("您的借阅已暂停", "Your borrowing is suspended"), desk
	case TooYoung:
		return view.T("《"+name(r.Copy)+"》适合 "+itoa(r.Copy.MinAge)+" 岁以上读者", name(r.Copy)+" is for readers of "+itoa(r.Copy.MinAge)+" and older"), view.T("请选一本别的书,或者请工作人员帮忙", "Please choose another, or ask the staff")
	case AgeUnknown:
		return view.T("《"+name(r.Copy)+"》适合 "+itoa(r.Copy.MinAge)+" 岁以上读者", name(r.Copy)+" is for readers of "+itoa(r.Copy.MinAge)+" and older"), view.T("没有您的出生日期,请到服务台登记", "Your date of birth is not known; please ask at the desk")
	case NotLent:
		return titled(r.Copy, "没有借出记录", "is not on loan"), desk
	case SystemAway:
		return view.T("图书馆系统暂时连不上", "The library's system is away"), view.T("这项业务请稍后再办", "Please come back for this later")
	case UnknownNow:
		return view.T("图书馆系统暂时连不上,无法确认能否借书", "The library's system is away, and it is not known whether you may borrow"), desk
	case OfflineMost:
		return view.Tf("系统连不上时最多借 %d 册", "While the system is away, at most %d books", r.Most), view.T("联网后可以再借", "You can borrow more once it is back")
	case SystemSays:
		if r.Say != "" {
			return titled(r.Copy, "没有办成", "was not done"), view.Same(r.Say)
		}
		return titled(r.Copy, "没有办成", "was not done"), desk
	case RenewedOften, Awaited, IsOverdue:
		return titled(r.Copy, "不能续借", "cannot be renewed"), renewWhy(r.Reason)
	}
	return view.T("暂时不能办理", "This cannot be done just now"), desk
}

func notIdentifiedPage(err error) view.Page {
	return view.Page{ID: "not-identified", Title: view.T("没有完成认证", "We do not know who you are"), Tone: view.Warning,
		Body:    []view.Node{view.Notice{Tone: view.Warning, Text: kiosk.VisitorText(err), Detail: view.T("还书不用认证", "Returns need no sign-in")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}}, Timeout: noticeStays}
}

func failedPage(err error) view.Page {
	return view.Page{ID: "failed", Title: view.T("暂时不能办理", "This cannot be done just now"), Tone: view.Warning,
		Body:    []view.Node{view.Notice{Tone: view.Warning, Text: kiosk.VisitorText(err)}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}}, Timeout: noticeStays}
}
