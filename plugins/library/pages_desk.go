package library

import (
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The answers of the desk's pages.
const (
	actionTasks   = "tasks"
	actionFees    = "fees"
	actionLend    = "lend"
	actionNobody  = "nobody"
	actionSettled = "settled"
	actionPay     = "pay"
	actionWaive   = "waive"
	actionTask    = "task:"
	actionKeep    = "keep:"

	fieldReason = "reason"
	fieldReader = "reader"
	fieldAmount = "amount"
)

func deniedPage() view.Page {
	return view.Page{ID: "denied", Title: view.T("这里只供图书馆工作人员使用", "This is for the library's staff"), Tone: view.Refusal,
		Body:    []view.Node{view.Notice{Key: view.Key{Key: "why"}, Tone: view.Refusal, Text: view.T("您没有图书服务台的权限", "You may not use the librarian's desk"), Detail: view.T("需要权限请联系管理员", "Ask the administrator if you should")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}}, Timeout: noticeStays}
}

func deskPage(p kiosk.Person, tasks int, away view.Text) view.Page {
	todo := view.Tile{ID: actionTasks, Title: view.T("待处理", "Tasks"), Detail: view.T("没有待处理事项", "Nothing to look into"), Icon: "bell"}
	if tasks > 0 {
		todo.Detail, todo.Tone = view.Tf("%d 件", "%d to look into", tasks), view.Warning
	}
	page := view.Page{ID: "desk", Title: view.T("图书服务台", "Librarian's desk"), Body: []view.Node{
		view.TextNode{Text: view.T(p.Name+",您好", "Hello, "+p.Name)},
		view.Tiles{Key: view.Key{Key: "do"}, Tiles: []view.Tile{todo,
			{ID: actionFees, Title: view.T("收费与减免", "Fees"), Detail: view.T("逾期费", "What readers owe"), Icon: "payment"},
			{ID: actionLend, Title: view.T("人工借书", "Lend by hand"), Detail: view.T("自助机不借的,写明原因可以借", "Against the rules, for a reason"), Icon: "book"}}}}}
	if !away.IsZero() {
		page.Body = append(page.Body, view.Notice{Key: view.Key{Key: "away"}, Tone: view.Warning, Text: away})
	}
	return page
}

func kindText(kind string) view.Text {
	if kind == TaskRefused {
		return view.T("系统未接受离线记录", "The library's system refused it")
	}
	return view.T("一书两借", "Lent twice")
}

func tasksPage(tasks []TaskRow, books map[string]Copy) view.Page {
	items := make([]view.ListItem, 0, len(tasks))
	for _, t := range tasks {
		k := kindText(t.Kind)
		items = append(items, view.ListItem{ID: actionTask + t.ID, Title: view.T(k.ZH+":"+name(books[t.Copy]), k.EN+": "+name(books[t.Copy])),
			Detail: view.Same(t.Copy + " · " + t.At.Format("2006-01-02 15:04")), Icon: "warning"})
	}
	return view.Page{ID: "tasks", Title: view.T("待处理", "Tasks"),
		Body:    []view.Node{view.List{Key: view.Key{Key: "tasks"}, Items: items, Empty: view.T("没有需要处理的事项。", "There is nothing to look into.")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("返回", "Back"), Primary: true}}}
}

func taskPage(t TaskRow, c Copy, people map[string]kiosk.PersonRow) view.Page {
	reason := view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{ID: fieldReason, Kind: view.FieldText, Label: view.T("备注", "Note"),
		Hint: view.T("怎样核实的", "How it was found out"), MaxLen: 60}}}
	if t.Kind == TaskRefused {
		p := people[t.Person]
		return view.Page{ID: "task", Title: kindText(t.Kind), Tone: view.Warning,
			Body: []view.Node{view.Receipt{Key: view.Key{Key: "facts"}, Number: t.Copy, Facts: []view.Fact{
				{Label: view.T("书名", "Title"), Value: view.Same(name(c))}, {Label: view.T("读者", "Reader"), Value: view.Same(p.Name + " " + p.Group)},
				{Label: view.T("办理时间", "Done at"), Value: view.Same(t.At.Format("2006-01-02 15:04"))}, {Label: view.T("系统说", "The system says"), Value: view.Same(t.Message)}}},
				view.TextNode{Text: view.T("书已在读者手里。请在图书馆系统中补录,然后标记为已处理。", "The reader has the book. Enter the loan in the library's system, then mark this as done.")}, reason},
			Actions: []view.Action{{ID: actionSettled, Label: view.T("已处理", "Done"), Icon: "check", Primary: true}}}
	}
	items := make([]view.ListItem, 0, len(t.Loans)+1)
	for _, l := range t.Loans {
		p := people[l.Person]
		items = append(items, view.ListItem{ID: actionKeep + l.ID, Title: view.Same(p.Name + " " + p.Group), Icon: "person",
			Detail: view.T(l.At.Format("1月2日 15:04")+" 借,"+l.Due+" 应还 · 书在他手里", "since "+l.At.Format("2 Jan 15:04")+", due "+l.Due+" · he has the book")})
	}
	items = append(items, view.ListItem{ID: actionNobody, Title: view.T("都没有,书在馆里", "Nobody: the book is here"), Detail: view.T("两条借阅都结束", "Both loans are over"), Icon: "library"})
	return view.Page{ID: "task", Title: view.T("《"+name(c)+"》在谁手里?", "Who has "+name(c)+"?"), Tone: view.Warning,
		Body: []view.Node{view.TextNode{Text: view.T("条码 "+t.Copy+" 被借给了两个人。请核实后点选书在谁手里,其余借阅会结束,记录都保留。",
			"Barcode "+t.Copy+" was lent to two people. Find out, then touch who has it; the other loan ends, and every record is kept.")},
			view.List{Key: view.Key{Key: "loans"}, Items: items}, reason}}
}

func readerPage(value string, wrong view.Text) view.Page {
	return view.Page{ID: "reader", Title: view.T("哪位读者?", "Which reader?"),
		Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{ID: fieldReader, Kind: view.FieldText, Keyboard: view.KeyboardCode,
			Label: view.T("读者号或卡号", "Number, or that of the card"), Hint: view.T("也可以直接扫读者证", "Or scan the reader's card"), Value: value, Error: wrong, Required: true, MaxLen: longestBarcode}}}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("确定", "OK"), Icon: "check", Primary: true}}}
}

func feesPage(p kiosk.Person, a Account, n view.Notice, wrong view.Text) view.Page {
	body := []view.Node{view.PersonCard{Key: view.Key{Key: "reader"}, Name: view.Same(p.Name), Line: view.Same(p.Group), Detail: view.Tf("待缴 %s 元", "owes %s yuan", Yuan(a.Owes))}}
	if !n.Text.IsZero() {
		body = append(body, n)
	}
	page := view.Page{ID: "fees", Title: view.T("收费与减免", "Fees"), Tone: n.Tone}
	if a.Owes > 0 {
		body = append(body, view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
			{ID: fieldAmount, Kind: view.FieldNumber, Decimals: 2, Label: view.T("金额(元)", "Amount in yuan"), Value: Yuan(a.Owes), Error: wrong, Required: true, MaxLen: 9},
			{ID: fieldReason, Kind: view.FieldText, Label: view.T("减免原因", "Reason of a waiver"), MaxLen: 60}}})
		page.Actions = []view.Action{{ID: actionPay, Label: view.T("收费", "Take the money"), Icon: "payment", Primary: true}, {ID: actionWaive, Label: view.T("减免", "Waive"), Icon: "remove"}}
	}
	page.Body = body
	page.Actions = append(page.Actions, view.Action{ID: actionDone, Label: view.T("返回", "Back"), Primary: a.Owes == 0})
	return page
}

func paidNote(f Fee, r kiosk.Receipt) view.Notice {
	if f.Waived {
		return note(view.Success, view.Tf("已减免 %s 元", "%s yuan waived", Yuan(f.Fen)), view.T("单号 "+r.Short(), "Number "+r.Short()))
	}
	return note(view.Success, view.Tf("已收 %s 元", "%s yuan taken", Yuan(f.Fen)), view.T("单号 "+r.Short(), "Number "+r.Short()))
}

func overridePage(r *Refusal) view.Page {
	text, detail := refusal(r)
	return view.Page{ID: "override", Title: view.T("仍然借出?", "Lend it all the same?"), Tone: view.Warning,
		Body: []view.Node{view.Notice{Key: view.Key{Key: "why"}, Tone: view.Warning, Text: text, Detail: detail},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{ID: fieldReason, Kind: view.FieldText, Label: view.T("原因", "Reason"), Required: true, MaxLen: 60}}}},
		Actions: []view.Action{{ID: actionYes, Label: view.T("借出", "Lend it"), Icon: "check", Primary: true}, {ID: actionNo, Label: view.T("不借", "Do not")}}}
}
