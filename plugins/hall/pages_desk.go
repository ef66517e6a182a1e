package hall

import (
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// The answers of a desk's pages about the queue.
const (
	actionCallNext   = "call-next"
	actionCallNumber = "call-number"
	actionCases      = "cases"
	actionSignOut    = "sign-out"
	actionOpenCase   = "open-case"

	fieldNumber = "number"
	fieldWindow = "window"
)

// refresh is how often a desk's page looks at the feeds again.
const refresh = 5 * time.Second

// deskRows is how many of those who wait a desk lists.
const deskRows = 12

func notAClerkPage() view.Page {
	return view.Page{
		ID: "not-a-clerk", Title: view.T("您没有窗口权限", "You may not work at a counter"), Tone: view.Refusal,
		Body: []view.Node{view.Notice{Tone: view.Refusal, Text: view.T("只有窗口人员可以登录综合窗口", "Only clerks may sign in here"),
			Detail: view.T("需要权限请联系大厅管理员。", "Please ask the hall's administrator.")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("知道了", "Understood"), Primary: true}},
	}
}

var ticketStateNames = map[TicketState]view.Text{
	Waits:  view.T("等候中", "waiting"),
	Called: view.T("已叫号", "called"),
	Served: view.T("办理中", "being served"),
	Done:   view.T("已办结", "done"),
	Missed: view.T("已过号", "missed"),
	Left:   view.T("已退号", "given back"),
}

// Name is what a ticket's state is called.
func (s TicketState) Name() view.Text { return ticketStateNames[s] }

// withSaid puts what has just been done, or why not, above a page's body.
func withSaid(p view.Page, said view.Notice) view.Page {
	if !said.Text.IsZero() {
		said.Key = view.Key{Key: "said"}
		p.Body = append([]view.Node{said}, p.Body...)
	}
	return p
}

func (c *clerk) heading() view.Text {
	return view.T(c.window+" 号窗口 · "+c.who.Name, "Counter "+c.window+", "+c.who.Name)
}

// matter is what a ticket is about.
func (c *clerk) matter(t Ticket) view.Text {
	name := c.service(t.Taken.Service).Name
	switch {
	case t.Taken.Case != "" && name.IsZero():
		return view.T("办件 "+t.Taken.Case, "Case "+t.Taken.Case)
	case t.Taken.Case != "":
		return view.T(name.ZH+" · 办件 "+t.Taken.Case, name.EN+", case "+t.Taken.Case)
	case name.IsZero():
		return view.T("咨询", "A question")
	}
	return name
}

func deskPage(c *clerk, q Queue, said view.Notice) view.Page {
	now := c.s.Now()
	waiting := q.Waiting(c.window)
	done := 0
	for _, t := range q {
		if t.State == Done && t.Window == c.window {
			done++
		}
	}
	var rows [][]string
	for _, t := range waiting[:min(len(waiting), deskRows)] {
		note := ""
		switch {
		case t.For != "":
			note = "转入 Sent here"
		case t.Taken.Priority != "":
			note = t.Taken.Priority.Name().ZH + " " + t.Taken.Priority.Name().EN
		}
		rows = append(rows, []string{t.Taken.Number, c.matter(t).ZH, note, fmt.Sprint(int(now.Sub(t.Taken.At) / time.Minute))})
	}
	return withSaid(view.Page{
		ID: "desk", Title: c.heading(),
		Body: []view.Node{
			view.TextNode{Key: view.Key{Key: "count"}, Large: true, Text: view.Tf("等候 %d 人,本窗口今日办结 %d 人", "%d waiting, %d served here today", len(waiting), done)},
			view.Table{Key: view.Key{Key: "waiting"}, Columns: []view.Text{view.T("号码", "Number"), view.T("事项", "About"), view.T("优先", "Priority"), view.T("已等(分钟)", "Minutes")},
				Rows: rows, Empty: view.T("现在没有人等候。", "Nobody is waiting now.")},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
				ID: fieldNumber, Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.T("凭号叫号(过号回来的,或扫号票)", "Call a number (who missed it, or a scanned ticket)"), MaxLen: 48,
			}}},
		},
		Actions: []view.Action{
			{ID: actionCallNext, Label: view.T("叫下一位", "Call the next"), Icon: "bell", Primary: true},
			{ID: actionCallNumber, Label: view.T("叫这个号", "Call this number"), Icon: "ticket"},
			{ID: actionCases, Label: view.T("办件", "Cases"), Icon: "list"},
			{ID: actionSlip, Label: view.T("打指引单", "Print a slip"), Icon: "printer"},
			{ID: actionSignOut, Label: view.T("退出登录", "Sign out"), Icon: "lock"},
		},
	}, said)
}

func attendPage(c *clerk, t Ticket, said view.Notice) view.Page {
	now := c.s.Now()
	facts := []view.Fact{
		{Label: view.T("状态", "State"), Value: t.State.Name()},
		{Label: view.T("事项", "About"), Value: c.matter(t)},
		{Label: view.T("已等", "Waited"), Value: view.Tf("%d 分钟", "%d minutes", int(t.CalledAt.Sub(t.Taken.At)/time.Minute))},
		{Label: view.T("叫号次数", "Calls"), Value: view.Same(fmt.Sprint(t.Calls))},
	}
	if t.Taken.Priority != "" {
		facts = append(facts, view.Fact{Label: view.T("优先", "Priority"), Value: t.Taken.Priority.Name()})
	}
	if t.State == Served {
		facts = append(facts, view.Fact{Label: view.T("已办", "For"), Value: view.Tf("%d 分钟", "%d minutes", int(now.Sub(t.CalledAt)/time.Minute))})
	}
	p := view.Page{
		ID: "attend", Title: c.heading(),
		Body: []view.Node{view.Receipt{Key: view.Key{Key: "ticket"}, Number: t.Taken.Number, Facts: facts}},
	}
	if t.State == Called {
		p.Actions = []view.Action{
			{ID: string(Serve), Label: view.T("已到窗口", "He is here"), Icon: "check", Primary: true},
			{ID: string(Recall), Label: view.T("再叫一次", "Call again"), Icon: "bell"},
			{ID: string(NoShow), Label: view.T("过号", "No-show"), Icon: "close"},
		}
	} else {
		p.Actions = []view.Action{
			{ID: string(Finish), Label: view.T("办完了", "Done"), Icon: "check", Primary: true},
			{ID: actionCases, Label: view.T("办件", "Cases"), Icon: "list"},
		}
		if t.Taken.Case != "" {
			p.Actions = append(p.Actions, view.Action{ID: actionOpenCase, Label: view.T("打开他的办件", "His case"), Icon: "document"})
		}
	}
	p.Actions = append(p.Actions, view.Action{ID: string(Transfer), Label: view.T("转其他窗口", "Send on"), Icon: "forward"})
	return withSaid(p, said)
}

func transferPage(t Ticket) view.Page {
	return view.Page{
		ID: "transfer", Title: view.T(t.Taken.Number+" 转到几号窗口?", "To which counter with "+t.Taken.Number+"?"),
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
				ID: fieldWindow, Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.T("窗口号", "Counter"), Required: true, MaxLen: 8,
			}}},
			view.TextNode{Text: view.T("他不用重新取号,会排在那个窗口的第一位。", "He needs no new ticket and is the first there.")},
		},
		Actions: []view.Action{{ID: string(Transfer), Label: view.T("转过去", "Send on"), Icon: "forward", Primary: true}},
	}
}

func slipChoicePage(typed string, all []catalog.Service, said view.Notice) view.Page {
	p := searchPage(typed, all)
	p.ID, p.Title, p.Step, p.Steps = "slip-choice", view.T("打印哪个事项的指引单?", "A slip for which service?"), 0, 0
	return withSaid(p, said)
}

// slipPrint is what a slip says: what is needed, and the code that opens the
// service at a terminal.
func slipPrint(s catalog.Service) view.Page {
	list := view.List{Empty: view.T("不需要材料。", "Nothing is needed.")}
	for _, m := range s.Materials {
		list.Items = append(list.Items, view.ListItem{Title: m.Name, Detail: materialDetail(m)})
	}
	return view.Page{
		ID: "slip-print", Title: s.Name,
		Body: []view.Node{
			view.TextNode{Text: view.T("在自助终端选「扫指引单」,把下面的二维码对准扫码口。", "At a terminal choose \"Scan a slip\" and hold this code before the scanner.")},
			view.QRCode{Data: qrService + s.ID, Label: view.Same(s.Code)},
			view.TextNode{Text: view.T("申请材料(政府已有的不用带):", "Materials (not those the government has):")},
			list,
		},
	}
}
