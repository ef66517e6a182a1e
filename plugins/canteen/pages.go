package canteen

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The actions of the counter's pages.
const (
	actionCard    = "card"
	actionPIN     = "pin"
	actionStaff   = "staff"
	actionConfirm = "confirm"
	actionSecond  = "second"
	actionDecline = "decline"
)

func mealAction(m MealRow) string { return "meal:" + m.ID }

// How long pages stay. The next sighting waits for none of them but those that
// ask something.
const (
	soldStays    = 4 * time.Second
	alreadyStays = 8 * time.Second
	refusalStays = 8 * time.Second
	askStays     = 20 * time.Second
	callStays    = 20 * time.Second // where somebody has to come
)

func prompt() view.Text { return view.T("请看镜头取餐", "Please look at the camera") }

func confirmPrompt() view.Text {
	return view.T("老师确认:这份餐含有过敏原", "Staff: this meal contains an allergen. Confirm who you are")
}

// otherWays stand on every page that has not served the diner, in the same order
// and of the same size.
func otherWays() []view.Action {
	return []view.Action{
		{ID: actionCard, Label: view.T("刷卡 / 扫码", "Card or code"), Icon: "card"},
		{ID: actionPIN, Label: view.T("密码", "PIN"), Icon: "pin"},
		{ID: actionStaff, Label: view.T("找老师", "Ask a teacher"), Icon: "staff"},
	}
}

func viewfinder(hint view.Text) view.Viewfinder {
	return view.Viewfinder{Key: view.Key{Key: "camera"}, Hint: hint}
}

func windowTitle(w WindowRow) view.Text {
	return view.T(w.Title.ZH+" "+w.From+"–"+w.Until, w.Title.In(view.EN)+" "+w.From+"–"+w.Until)
}

// idlePage is the page at rest: what there is now, and what it costs.
func idlePage(b board) view.Page {
	p := view.Page{ID: "idle", Title: view.T("食堂用餐", "Canteen"), Actions: otherWays()}
	if !b.open {
		p.Body = []view.Node{
			viewfinder(view.T("现在不是用餐时间", "No meals are served right now")),
			view.Notice{Key: view.Key{Key: "when"}, Text: opens(b)},
		}
		return p
	}
	p.Title = windowTitle(b.window)
	p.Body = []view.Node{viewfinder(view.T("请看镜头,也可以刷卡或扫码", "Look at the camera, tap your card or hold up your code"))}
	if len(b.meals) == 0 {
		p.Body = append(p.Body, view.Notice{Key: view.Key{Key: "menu"}, Tone: view.Warning,
			Text: view.T("这个窗口还没有菜单", "There is no menu for this counter yet")})
		return p
	}
	l := view.List{Key: view.Key{Key: "menu"}}
	for _, m := range b.meals {
		l.Items = append(l.Items, view.ListItem{Title: mealLine(m), Detail: dishes(m), Icon: "canteen"})
	}
	p.Body = append(p.Body, l)
	return p
}

func mealLine(m MealRow) view.Text {
	return view.T(m.Title.ZH+"  "+Yuan(m.Fen), m.Title.In(view.EN)+"  "+Yuan(m.Fen))
}

// dishes are what a meal is made of, and what is in it that some must not eat.
func dishes(m MealRow) view.Text {
	if len(m.Allergens) == 0 {
		return m.Dishes
	}
	a := allergenNames(m.Allergens)
	t := view.T(m.Dishes.ZH+"(含:"+a.ZH+")", m.Dishes.In(view.EN)+" (contains "+a.EN+")")
	return t
}

// opens says when meals are served again.
func opens(b board) view.Text {
	switch {
	case b.next.ID == "":
		return view.T("本机还没有收到用餐时间,请找老师。", "This till has no meal times yet. Please ask a teacher.")
	case b.today:
		return view.T(b.next.Title.ZH+" "+b.next.From+" 开始", b.next.Title.In(view.EN)+" begins at "+b.next.From)
	}
	return view.T("今天供餐已结束,明天 "+b.next.From+" 再见", "Meals are over for today. See you tomorrow at "+b.next.From)
}

func cardPage() view.Page {
	return view.Page{
		ID:    "card",
		Icon:  "card",
		Title: view.T("刷卡或扫码", "Card or code"),
		Body: []view.Node{
			view.TextNode{Large: true, Text: view.T("请把卡贴近读卡器,或把码对准扫码口", "Hold your card to the reader, or your code to the scanner")},
			view.TextNode{Text: view.T("读到后马上扣款,不用再按。", "The meal is charged at once; there is nothing else to press.")},
		},
		Actions: otherWays(),
		Timeout: refusalStays,
	}
}

func card(p kiosk.Person, tone view.Tone, detail view.Text) view.PersonCard {
	return view.PersonCard{
		Key:    view.Key{Key: "person"},
		Name:   view.Same(view.MaskName(p.Name)),
		Line:   view.Same(p.Group),
		Tone:   tone,
		Detail: detail,
	}
}

// soldPage says that the tray is paid: name, meal, price, balance.
func soldPage(p kiosk.Person, o offer, balance int64, r kiosk.Receipt, at time.Time) view.Page {
	facts := []view.Fact{{Label: view.T("餐品", "Meal"), Value: o.meal.Title}}
	if o.subsidy > 0 {
		facts = append(facts, view.Fact{Label: view.T("餐价", "Price"), Value: view.T(
			Yuan(o.meal.Fen)+" · 补助 "+Yuan(o.subsidy), Yuan(o.meal.Fen)+", subsidy "+Yuan(o.subsidy))})
	}
	facts = append(facts,
		view.Fact{Label: view.T("扣款", "Charged"), Value: yuan(o.own)},
		view.Fact{Label: view.T("余额", "Balance"), Value: yuan(balance)})
	page := view.Page{
		ID:    "sold",
		Title: view.T("请慢用", "Enjoy your meal"),
		Tone:  view.Success,
		Body: []view.Node{
			card(p, view.Success, view.Tf("%s 扣款 %s", "%s  charged %s", at.Format("15:04"), Yuan(o.own))),
			view.Receipt{Key: view.Key{Key: "receipt"}, Number: r.Short(), Facts: facts},
		},
		Timeout: soldStays,
	}
	if balance < o.meal.Fen {
		page.Body = append(page.Body, view.Notice{Key: view.Key{Key: "low"}, Tone: view.Warning,
			Text: view.T("余额不够下一餐了,请充值", "The balance will not pay the next meal; please top up")})
	}
	return page
}

func choosePage(o *order, a account, day string) view.Page {
	ts := view.Tiles{Key: view.Key{Key: "meals"}}
	for _, m := range o.meals[:min(len(o.meals), 6)] {
		of := price(a.diner, o.window, m, day, a.today)
		detail := view.Same(Yuan(of.own))
		if of.subsidy > 0 {
			detail = view.Tf("%s(补助后)", "%s after subsidy", Yuan(of.own))
		}
		t := view.Tile{ID: mealAction(m), Title: m.Title, Detail: detail, Icon: "canteen"}
		if bad := allergenNames(forbidden(a.diner, m)); !bad.IsZero() {
			t.Tone, t.Detail = view.Warning, view.T(Yuan(of.own)+" 过敏:"+bad.ZH, Yuan(of.own)+" allergy: "+bad.EN)
		}
		ts.Tiles = append(ts.Tiles, t)
	}
	return view.Page{
		ID:      "choose",
		Title:   view.T("请选择餐品", "Which meal?"),
		Body:    []view.Node{card(o.person, view.Calm, view.Tf("余额 %s", "Balance %s", Yuan(a.balance))), ts},
		Actions: []view.Action{{ID: actionDecline, Label: view.T("不要了", "None")}},
		Timeout: askStays,
	}
}

func allergyPage(o *order) view.Page {
	bad := allergenNames(o.confirmed)
	return view.Page{
		ID:    "allergy",
		Title: view.T("请等一等", "Please wait"),
		Tone:  view.Warning,
		Body: []view.Node{
			card(o.person, view.Warning, o.meal.Title),
			view.Notice{
				Key: view.Key{Key: "why"}, Tone: view.Warning,
				Text:   view.T("过敏提醒:这份餐含有"+bad.ZH, "Allergy: this meal contains "+bad.EN),
				Detail: view.T("还没有扣款。请换一份,或请老师来确认。", "Nothing was charged. Take another meal, or have a teacher confirm."),
			},
		},
		Actions: []view.Action{
			{ID: actionDecline, Label: view.T("不要这份", "Not this one"), Primary: true},
			{ID: actionConfirm, Label: view.T("老师确认", "Staff confirms"), Icon: "staff"},
		},
		Timeout: callStays,
	}
}

func allergyRefusedPage(o *order) view.Page {
	return view.Page{
		ID:    "not-confirmed",
		Title: view.T("没有售出", "Not sold"),
		Tone:  view.Refusal,
		Body: []view.Node{
			card(o.person, view.Refusal, o.meal.Title),
			view.Notice{Tone: view.Refusal, Text: view.T("没有老师确认,这份餐不能取", "Without a teacher's confirmation this meal cannot be taken"),
				Detail: view.T("没有扣款。请换一份没有过敏原的餐。", "Nothing was charged. Please take a meal without the allergen.")},
		},
		Timeout: refusalStays,
	}
}

func alreadyPage(o *order, had SoldMeal) view.Page {
	return view.Page{
		ID:    "already",
		Title: view.T("您已经取过餐", "You have had your meal"),
		Body: []view.Node{
			card(o.person, view.Calm, view.Tf("%s 已扣款 %s", "%s  %s charged", had.At.Format("15:04"), Yuan(had.Own))),
			view.Notice{Key: view.Key{Key: "why"}, Text: view.T("没有再次扣款", "Nothing more was charged"),
				Detail: view.T("还想再要一份,请按下面的按钮。加餐没有补助。", "For a second helping touch the button below. It is not subsidised.")},
		},
		Actions: []view.Action{{ID: actionSecond, Label: view.T("再要一份", "A second helping")},
			{ID: actionDecline, Label: view.T("不用了", "No, thank you")}},
		Timeout: alreadyStays,
	}
}

// away is a page that turns somebody away.
func away(id string, title view.Text, tone view.Tone, p kiosk.Person, detail, text, do view.Text) view.Page {
	return view.Page{
		ID: id, Title: title, Tone: tone,
		Body: []view.Node{
			card(p, tone, detail),
			view.Notice{Key: view.Key{Key: "why"}, Tone: tone, Text: text, Detail: do},
		},
		Timeout: refusalStays,
	}
}

func cannotPayPage(why reason, p kiosk.Person, o offer, st standing) view.Page {
	title := view.T("这次没有扣款", "Nothing was charged")
	cost := view.T(o.meal.Title.ZH+" "+Yuan(o.own), o.meal.Title.In(view.EN)+" "+Yuan(o.own))
	switch why {
	case overLimit:
		return away(string(why), title, view.Refusal, p, cost,
			view.Tf("今天的限额 %s · 已用 %s", "The daily limit is %s, of which %s is spent", Yuan(st.limit), Yuan(st.spent())),
			view.T("限额由监护人设定,可以请老师帮忙。", "The guardian has set the limit. A teacher can help."))
	case noMoney:
		return away(string(why), title, view.Refusal, p, cost,
			view.Tf("余额 %s · 不够付这份餐", "The balance of %s does not pay this meal", Yuan(st.balance)),
			view.T("请到收银台充值,或请老师帮忙。", "Please top up at the cashier's, or ask a teacher."))
	}
	return away(string(why), view.T("请到收银台付款", "Please pay at the cashier's"), view.Warning, p, cost,
		view.T("本机与中心断开太久,暂时不能再扣款", "This till has been without its center for too long to charge more"),
		view.T("您没有做错什么。请工作人员检查网络。", "You did nothing wrong. Staff: please check the network."))
}

func noAccountPage(p kiosk.Person) view.Page {
	return away(string(noAccount), view.T("还没有餐卡账户", "There is no account yet"), view.Refusal, p, view.Text{},
		view.T("食堂还没有您的账户或过敏登记", "The canteen has no account or no allergy form of yours"),
		view.T("请到收银台办理,或请老师帮忙。", "Please go to the cashier's, or ask a teacher."))
}

func closedPage(b board) view.Page {
	return view.Page{
		ID: string(closed), Title: view.T("现在不是用餐时间", "No meals are served right now"),
		Body:    []view.Node{viewfinder(view.Text{}), view.Notice{Text: opens(b), Detail: view.T("没有扣款。", "Nothing was charged.")}},
		Timeout: refusalStays,
	}
}

func noMenuPage(b board) view.Page {
	return view.Page{
		ID: string(noMenu), Title: windowTitle(b.window), Tone: view.Warning,
		Body: []view.Node{view.Notice{Tone: view.Warning, Text: view.T("这个窗口还没有菜单,请到别的窗口", "There is no menu here yet; please go to another counter"),
			Detail: view.T("没有扣款。请工作人员在中心录入菜单。", "Nothing was charged. Staff: please enter the menu at the center.")}},
		Timeout: refusalStays,
	}
}

func notStoredPage(err error) view.Page {
	return view.Page{
		ID:    "not-stored",
		Title: view.T("暂时不能扣款", "Nothing can be charged right now"),
		Tone:  view.Warning,
		Body: []view.Node{view.Notice{Tone: view.Warning, Text: kiosk.VisitorText(err),
			Detail: view.T("没有扣款。您没有做错什么,请找工作人员。", "Nothing was charged. You did nothing wrong; please ask the staff.")}},
		Actions: otherWays(),
		Timeout: callStays,
	}
}

func lockedPage(err error) view.Page {
	return view.Page{
		ID:      "locked",
		Title:   view.T("请稍后再试密码", "Please try the PIN again later"),
		Tone:    view.Refusal,
		Body:    []view.Node{view.Notice{Tone: view.Refusal, Text: kiosk.VisitorText(err)}},
		Actions: otherWays(),
		Timeout: refusalStays,
	}
}

func troublePage(err error) view.Page {
	return view.Page{
		ID:      "trouble",
		Title:   view.T("请换一种方式", "Please use another way"),
		Tone:    view.Warning,
		Body:    []view.Node{view.Notice{Tone: view.Warning, Text: kiosk.VisitorText(err)}},
		Actions: otherWays(),
		Timeout: refusalStays,
	}
}
