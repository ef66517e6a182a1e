package library

import (
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// slip is a page for the slip printer: what a reader takes home. The name is
// masked: slips are left lying about.
func slip(s kiosk.Session, title view.Text, who string, number string, facts []view.Fact) view.Page {
	body := []view.Node{view.TextNode{Text: s.Visit().Place}}
	if who != "" {
		body = append(body, view.TextNode{Text: view.T("读者 "+view.MaskName(who), "Reader "+view.MaskName(who))})
	}
	body = append(body, view.Receipt{Key: view.Key{Key: "receipt"}, Number: number, Facts: facts},
		view.TextNode{Text: view.Same(s.Now().Format("2006-01-02 15:04"))})
	return view.Page{ID: "slip", Title: title, Body: body}
}

func slipPage(s kiosk.Session, p kiosk.Person, list []Item) view.Page {
	var facts []view.Fact
	for _, it := range list {
		facts = append(facts, view.Fact{Label: view.Same(name(it.Copy)), Value: shortDue(it.Due)})
	}
	return slip(s, view.T("借书凭条", "Borrowed"), p.Name, list[len(list)-1].Number, facts)
}

func returnSlip(s kiosk.Session, list []Back) view.Page {
	var facts []view.Fact
	for _, b := range list {
		value := view.T("已归还", "returned")
		if b.Late > 0 {
			value = lateText(b)
		}
		facts = append(facts, view.Fact{Label: view.Same(name(b.Copy)), Value: value})
	}
	return slip(s, view.T("还书凭条", "Returned"), "", list[len(list)-1].Number, facts)
}

func accountSlip(s kiosk.Session, p kiosk.Person, a Account, items []Item) view.Page {
	var facts []view.Fact
	for _, it := range items {
		facts = append(facts, view.Fact{Label: view.Same(name(it.Copy)), Value: shortDue(it.Due)})
	}
	if a.Owes > 0 {
		facts = append(facts, view.Fact{Label: view.T("待缴费用", "Owed"), Value: view.Tf("%s 元", "%s yuan", Yuan(a.Owes))})
	}
	return slip(s, view.T("借阅清单", "On loan"), p.Name, s.Now().Format("0102-1504"), facts)
}
