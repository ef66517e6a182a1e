package library

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The answers of this module's pages. Those that end in a colon are followed by a
// barcode or a title's ID.
const (
	actionBorrow     = "borrow"
	actionReturn     = "return"
	actionMine       = "mine"
	actionFind       = "find"
	actionType       = "type"
	actionDone       = "done"
	actionYes        = "yes"
	actionNo         = "no"
	actionPrint      = "print"
	actionRenewAll   = "renew-all"
	actionHold       = "hold"
	actionSearch     = "search"
	actionUndo       = "undo:"
	actionRenew      = "renew:"
	actionCancelHold = "cancel-hold:"
	actionBook       = "book:"

	fieldBarcode = "barcode"
	fieldTitle   = "title"
)

// How long pages stay that nobody has to answer.
const (
	receiptStays = 45 * time.Second
	noticeStays  = 30 * time.Second
)

func startPage(search bool, away view.Text) view.Page {
	tiles := []view.Tile{
		{ID: actionBorrow, Title: view.T("借书", "Borrow"), Detail: view.T("先认证,再逐本扫描", "Show who you are, then scan"), Icon: "book"},
		{ID: actionReturn, Title: view.T("还书", "Return"), Detail: view.T("直接扫描,不用认证", "Just scan your books"), Icon: "undo"},
		{ID: actionMine, Title: view.T("我的借阅", "My loans"), Detail: view.T("续借、预约、费用", "Renew, holds, fees"), Icon: "list"},
	}
	if search {
		tiles = append(tiles, view.Tile{ID: actionFind, Title: view.T("查书与预约", "Find a book"), Detail: view.T("书名、作者、拼音首字母", "By title, author or pinyin"), Icon: "search"})
	}
	p := view.Page{ID: "start", Title: view.T("图书借还", "Library"), Body: []view.Node{view.Tiles{Key: view.Key{Key: "do"}, Tiles: tiles}}}
	if !away.IsZero() {
		p.Body = append(p.Body, view.Notice{Key: view.Key{Key: "away"}, Tone: view.Warning, Text: away,
			Detail: view.T("照常还书;借书有数量限制,联网后自动登记", "Returns as usual; a few books can be borrowed, and are recorded once it is back")})
	}
	return p
}

func readerCard(p kiosk.Person, a Account, tone view.Tone) view.PersonCard {
	return view.PersonCard{Key: view.Key{Key: "reader"}, Name: view.Same(view.MaskName(p.Name)), Line: view.Same(p.Group), Tone: tone,
		Detail: view.Tf("在借 %d / %d 册", "%d of %d on loan", len(a.Loans), a.Terms.Most)}
}

func note(tone view.Tone, text, detail view.Text) view.Notice {
	return view.Notice{Key: view.Key{Key: "note"}, Tone: tone, Text: text, Detail: detail}
}

func scanNote() view.Notice {
	return note(view.Calm, view.T("请把书的条码对准扫描口", "Hold the book's barcode to the scanner"),
		view.T("一本接一本扫描,扫错了点一下那本书就可以撤销", "One after the other; touch a book below to take a wrong one off"))
}

func busyNote() view.Notice {
	return note(view.Busy, view.T("正在登记…", "One moment…"), view.T("请不要拿走这本书", "Please leave the book where it is"))
}

func lentNote(it Item) view.Notice {
	switch {
	case it.Offline:
		return note(view.Warning, titled(it.Copy, "已借出", "is yours"), view.T("图书馆系统暂时连不上,联网后自动登记;应还日期以系统为准", "The library's system is away; this is recorded once it is back, and the date is the system's"))
	case it.Renewed:
		return note(view.Success, titled(it.Copy, "原在您名下,已续借", "was yours already and is renewed"), dueText(it))
	}
	return note(view.Success, titled(it.Copy, "借好了", "is yours"), dueText(it))
}

func undoneNote(it Item) view.Notice {
	return note(view.Success, titled(it.Copy, "已撤销,没有借出", "is not borrowed"), view.T("请把这本书放回架上", "Please put it back"))
}

func notABarcode() view.Notice {
	return note(view.Warning, view.T("这不是图书条码", "This is no book's barcode"), view.T("请对准书背面或首页的馆藏条码,不是 ISBN 定价条码旁的二维码", "Use the library's own label on the back or first page"))
}

func alreadyNote(barcode string, list []Item) view.Notice {
	c := Copy{Barcode: barcode}
	for _, it := range list {
		if it.Copy.Barcode == barcode {
			c = it.Copy
		}
	}
	return note(view.Calm, titled(c, "已经扫过了", "is on the list already"), view.T("请扫下一本,或者点“完成”", "Scan the next one, or touch Done"))
}

func troubleNote(err error) view.Notice {
	return note(view.Warning, kiosk.VisitorText(err), view.T("这本书没有登记,请再扫一次或找工作人员", "This book was not recorded; please scan it again or ask the staff"))
}

// titled is a sentence about a book.
func titled(c Copy, zh, en string) view.Text {
	name := c.Title
	if name == "" {
		name = c.Barcode
	}
	return view.T("《"+name+"》"+zh, name+" "+en)
}

// dueText says until when a book is lent.
func dueText(it Item) view.Text {
	if day, err := time.Parse(time.DateOnly, it.Due); err == nil {
		return view.T("请在 "+day.Format("2006年1月2日")+" 前归还", "Due back by "+day.Format("2 January 2006"))
	}
	if it.Due == "" {
		return view.Text{}
	}
	return view.T("应还日期 "+it.Due, "Due "+it.Due)
}

func shortDue(due string) view.Text {
	if day, err := time.Parse(time.DateOnly, due); err == nil {
		return view.T(day.Format("1月2日")+"前归还", "due "+day.Format("2 Jan"))
	}
	return view.T("应还 "+due, "due "+due)
}

// doneActions stand below a list that grows.
func doneActions(some bool, none view.Text) []view.Action {
	done := view.Action{ID: actionDone, Label: view.T("完成", "Done"), Icon: "check", Primary: true}
	if !some {
		done = view.Action{ID: actionDone, Label: none}
	}
	return []view.Action{done, {ID: actionType, Label: view.T("输入条码", "Type a barcode"), Icon: "keyboard"}}
}

func borrowPage(p kiosk.Person, a Account, list []Item, n view.Notice) view.Page {
	items := make([]view.ListItem, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- { // the newest stands on top
		it := list[i]
		due := shortDue(it.Due)
		items = append(items, view.ListItem{ID: actionUndo + it.Copy.Barcode, Title: view.Same(name(it.Copy)), Icon: "book",
			Detail: view.T(due.ZH+" · 点此撤销", due.EN+" · touch to undo")})
	}
	return view.Page{
		ID: "borrow", Title: view.Tf("借书 · 本次 %d 册", "Borrow · %d so far", len(list)), Tone: n.Tone,
		Body: []view.Node{readerCard(p, a, view.Calm), n,
			view.List{Key: view.Key{Key: "books"}, Items: items, Empty: view.T("还没有扫描图书。", "No book scanned yet.")}},
		Actions: doneActions(len(list) > 0, view.T("不借了", "Not now")),
	}
}

func name(c Copy) string {
	if c.Title == "" {
		return c.Barcode
	}
	return c.Title
}

func undoPage(it Item) view.Page {
	return view.Page{
		ID: "undo", Title: view.T("撤销这一本?", "Take this one off?"), Tone: view.Warning,
		Body: []view.Node{view.TextNode{Large: true, Text: titled(it.Copy, "", "")},
			view.TextNode{Text: view.T("撤销后这本书没有借出,请放回架上。", "It will not be borrowed; please put it back on the shelf.")}},
		Actions: []view.Action{{ID: actionYes, Label: view.T("撤销", "Take it off"), Icon: "undo", Primary: true}, {ID: actionNo, Label: view.T("不撤销", "Keep it")}},
	}
}

func typePage(value string, wrong view.Text) view.Page {
	return view.Page{
		ID: "type", Title: view.T("输入条码", "Type the barcode"),
		Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{ID: fieldBarcode, Kind: view.FieldText, Keyboard: view.KeyboardCode,
			Label: view.T("馆藏条码", "Barcode"), Hint: view.T("印在书的背面或首页,例如 10100011", "On the back or the first page, as in 10100011"),
			Value: value, Error: wrong, Required: true, MaxLen: longestBarcode}}}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("确定", "OK"), Icon: "check", Primary: true}},
	}
}

func receiptPage(p kiosk.Person, a Account, list []Item) view.Page {
	var facts []view.Fact
	offline := false
	for _, it := range list {
		facts = append(facts, view.Fact{Label: view.Same(name(it.Copy)), Value: shortDue(it.Due)})
		offline = offline || it.Offline
	}
	page := view.Page{
		ID: "receipt", Title: view.Tf("借书成功,共 %d 册", "Borrowed: %d", len(list)), Tone: view.Success,
		Body: []view.Node{readerCard(p, a, view.Success), view.Receipt{Key: view.Key{Key: "receipt"}, Number: list[len(list)-1].Number, Facts: facts}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Icon: "check", Primary: true},
			{ID: actionPrint, Label: view.T("打印凭条", "Print a slip"), Icon: "printer"}},
		Timeout: receiptStays,
	}
	if offline {
		page.Body = append(page.Body, note(view.Warning, view.T("图书馆系统暂时连不上,联网后自动登记", "The library's system is away; this is recorded once it is back"), view.Text{}))
	}
	return page
}

func printNote(err error) view.Notice {
	if err != nil {
		return note(view.Warning, kiosk.VisitorText(err), view.T("也可以拍下屏幕留存", "You may photograph the screen instead"))
	}
	return note(view.Success, view.T("凭条已打印,请取走", "Please take your slip"), view.Text{})
}

// printedPage is a page with what became of the slip.
func printedPage(p view.Page, err error) view.Page {
	body := make([]view.Node, 0, len(p.Body)+1)
	for _, n := range p.Body {
		if n.NodeKey() != "note" {
			body = append(body, n)
		}
	}
	p.Body = append(body, printNote(err))
	p.Actions = p.Actions[:1]
	return p
}

func returnNote() view.Notice {
	return note(view.Calm, view.T("请把书的条码对准扫描口", "Hold the book's barcode to the scanner"), view.T("一本接一本扫描,全部扫完点“完成”", "One after the other; touch Done when all are scanned"))
}

func backAlreadyNote() view.Notice {
	return note(view.Calm, view.T("这本已经还了", "This one is returned already"), view.T("请扫下一本,或者点“完成”", "Scan the next one, or touch Done"))
}

// whereTo is what to do with a book that came back.
func whereTo(b Back) view.Text {
	switch {
	case b.Held:
		return view.T("有人预约,请放到“预约架”", "Somebody waits for it: please put it on the hold shelf")
	case b.Transit != "":
		return view.T("这是其他馆的书,请放到“转送箱”", "It belongs to another library: please put it into the transit box")
	case !b.Known:
		return view.T("馆藏里没有这个条码,请交给工作人员", "The holdings have no such barcode: please hand it to the staff")
	case b.Bin != "":
		return view.T("请放到 "+b.Bin+" 号还书箱", "Please put it into bin "+b.Bin)
	}
	return view.T("请放到还书箱", "Please put it into the return box")
}

func backNote(b Back) view.Notice {
	tone, detail := view.Success, whereTo(b)
	if b.Held || b.Transit != "" || !b.Known {
		tone = view.Warning
	}
	if b.Say != "" {
		detail = view.T(detail.ZH+"。"+b.Say, detail.EN+". "+b.Say)
	}
	if b.Late > 0 {
		late := lateText(b)
		detail = view.T(detail.ZH+"。"+late.ZH, detail.EN+". "+late.EN)
	}
	return note(tone, titled(b.Copy, "已归还", "is returned"), detail)
}

func lateText(b Back) view.Text {
	if b.Fen > 0 {
		return view.Tf("逾期 %d 天,需缴 %s 元", "%d days late, %s yuan to pay", b.Late, Yuan(b.Fen))
	}
	return view.Tf("逾期 %d 天,下次请早些还", "%d days late; earlier next time, please", b.Late)
}

func returnPage(list []Back, n view.Notice) view.Page {
	items := make([]view.ListItem, 0, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		b := list[i]
		icon := "check"
		if b.Held || b.Transit != "" || !b.Known {
			icon = "warning"
		}
		items = append(items, view.ListItem{Title: view.Same(name(b.Copy)), Detail: whereTo(b), Icon: icon})
	}
	return view.Page{
		ID: "return", Title: view.Tf("还书 · 已还 %d 册", "Return · %d so far", len(list)), Tone: n.Tone,
		Body:    []view.Node{n, view.List{Key: view.Key{Key: "books"}, Items: items, Empty: view.T("还没有扫描图书。", "No book scanned yet.")}},
		Actions: doneActions(len(list) > 0, view.T("不还了", "Not now")),
	}
}

func returnedPage(list []Back) view.Page {
	var facts []view.Fact
	var fen int64
	for _, b := range list {
		value := whereTo(b)
		if b.Late > 0 {
			value = lateText(b)
		}
		facts = append(facts, view.Fact{Label: view.Same(name(b.Copy)), Value: value})
		fen += b.Fen
	}
	p := view.Page{
		ID: "returned", Title: view.Tf("还书成功,共 %d 册", "Returned: %d", len(list)), Tone: view.Success,
		Body: []view.Node{view.Receipt{Key: view.Key{Key: "receipt"}, Number: list[len(list)-1].Number, Facts: facts}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Icon: "check", Primary: true},
			{ID: actionPrint, Label: view.T("打印凭条", "Print a slip"), Icon: "printer"}},
		Timeout: receiptStays,
	}
	if fen > 0 {
		p.Body = append(p.Body, view.Notice{Key: view.Key{Key: "fee"}, Tone: view.Warning, Text: view.Tf("逾期费共 %s 元,请到服务台缴纳", "%s yuan to pay at the desk", Yuan(fen))})
	}
	return p
}
