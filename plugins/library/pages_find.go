package library

import (
	"strconv"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func itoa(n int) string { return strconv.Itoa(n) }

func findPage(typed string, found []book) view.Page {
	items := make([]view.ListItem, 0, len(found))
	for _, b := range found {
		items = append(items, view.ListItem{ID: actionBook + b.ID, Title: view.Same(b.Title),
			Detail: view.T(b.Author+" · "+b.Call+" · 共 "+itoa(len(b.copies))+" 册", b.Author+" · "+b.Call+" · "+itoa(len(b.copies))+" copies"), Icon: "book"})
	}
	empty := view.T("输入书名、作者或拼音首字母,例如 xyj。", "Type a title, an author or pinyin initials, as in xyj.")
	if typed != "" {
		empty = view.T("没有找到,请换个词试试。", "Nothing found; try another word.")
	}
	return view.Page{
		ID: "find", Title: view.T("查书与预约", "Find a book"),
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{ID: fieldTitle, Kind: view.FieldText, Keyboard: view.KeyboardTitle, Live: true,
				Label: view.T("书名或作者", "Title or author"), Value: typed, MaxLen: 40}}},
			view.List{Key: view.Key{Key: "found"}, Items: items, Empty: empty},
		},
	}
}

func bookPage(b book, st standing) view.Page {
	facts := []view.Fact{
		{Label: view.T("作者", "Author"), Value: view.Same(b.Author)},
		{Label: view.T("索书号", "Shelf mark"), Value: view.Same(b.Call)},
	}
	if b.Shelf != "" {
		facts = append(facts, view.Fact{Label: view.T("位置", "Where"), Value: view.Same(b.Shelf)})
	}
	if b.MinAge > 0 {
		facts = append(facts, view.Fact{Label: view.T("适合年龄", "Age"), Value: view.Tf("%d 岁以上", "%d and older", b.MinAge)})
	}
	n := view.Notice{Key: view.Key{Key: "standing"}}
	p := view.Page{ID: "book", Title: view.T("《"+b.Title+"》", b.Title)}
	switch {
	case st.here > 0:
		n.Tone, n.Text = view.Success, view.Tf("在架 %d 册", "%d on the shelf", st.here)
		n.Detail = view.T("按索书号到架上取书", "Find it by its shelf mark")
	case st.lent == 0 && st.stays > 0:
		n.Text = view.T("只能在馆内看", "It is read here and not lent")
	default:
		n.Tone, n.Text = view.Warning, view.T("都借出去了", "All copies are out")
		if st.due != "" {
			due := shortDue(st.due)
			n.Detail = view.T("最早 "+due.ZH+",前面有 "+itoa(st.waiting)+" 人等", "The first is "+due.EN+"; "+itoa(st.waiting)+" wait before you")
		}
		p.Actions = append(p.Actions, view.Action{ID: actionHold, Label: view.T("预约", "Keep it for me"), Icon: "clock", Primary: true})
	}
	p.Body = []view.Node{n, view.Receipt{Key: view.Key{Key: "book"}, Number: b.Barcode, Facts: facts}}
	p.Actions = append(p.Actions, view.Action{ID: actionDone, Label: view.T("返回", "Back to the list"), Primary: len(p.Actions) == 0})
	return p
}

func noHoldPage(b book, why Reason, t Terms) view.Page {
	text, detail := view.T("暂时不能预约", "This cannot be kept for you"), view.T("请到服务台办理", "Please ask at the desk")
	switch why {
	case holdMine:
		text, detail = titled(b.Copy, "就在您名下", "is on loan to you"), view.Text{}
	case holdAlready:
		text, detail = titled(b.Copy, "您已经预约了", "is kept for you already"), view.T("到书后会写在“我的借阅”里", "My loans says when it is there")
	case holdTooMany:
		text, detail = view.Tf("最多预约 %d 种", "At most %d titles at a time", t.Holds), view.T("可以在“我的借阅”里取消一个", "Cancel one under My loans")
	case Blocked:
		text, detail = refusal(&Refusal{Reason: Blocked})
	}
	return view.Page{ID: "no-hold", Title: view.T("没有预约", "Not kept"), Tone: view.Refusal,
		Body:    []view.Node{view.Notice{Key: view.Key{Key: "why"}, Tone: view.Refusal, Text: text, Detail: detail}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}}, Timeout: noticeStays}
}

func heldPage(b book, r kiosk.Receipt, place int) view.Page {
	return view.Page{ID: "held", Title: view.T("预约好了", "It will be kept for you"), Tone: view.Success,
		Body: []view.Node{view.Receipt{Key: view.Key{Key: "receipt"}, Number: r.Short(), Facts: []view.Fact{
			{Label: view.T("书名", "Title"), Value: view.Same(b.Title)}, {Label: view.T("排在第", "Your place"), Value: view.T(itoa(place)+" 位", itoa(place))}}},
			view.TextNode{Text: view.T("书到了会放在预约架上,“我的借阅”里会写明。", "Once it is back it stands on the hold shelf, and My loans says so.")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}}, Timeout: noticeStays}
}
