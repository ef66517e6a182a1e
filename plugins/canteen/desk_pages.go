package canteen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The answers of the desk's pages.
const (
	actionFind    = "find"
	actionClose   = "close"
	actionRefresh = "refresh"
	actionSignOut = "sign-out"
	actionNext    = "next"
	actionEnter   = "enter"
	actionRecount = "recount"
	actionDone    = "done"
	actionPrint   = "print"
	actionTopUp   = "topup"
	actionPayout  = "payout"
	actionAdjust  = "adjust"
	actionLimit   = "limit"

	fieldWho       = "who"
	fieldFen       = "fen"
	fieldReason    = "reason"
	fieldMore      = "more"
	fieldDirection = "direction"
	fieldGuardian  = "guardian"

	directionAdd  = "add"
	directionTake = "take"
)

// reasonLen is how long a reason may be, in characters.
const reasonLen = 60

func done() []view.Action {
	return []view.Action{{ID: actionDone, Label: view.T("知道了", "I see"), Primary: true}}
}

func said(id string, title, text, detail view.Text) view.Page {
	return view.Page{ID: id, Title: title, Tone: view.Warning, Actions: done(),
		Body: []view.Node{view.Notice{Tone: view.Warning, Text: text, Detail: detail}}}
}

func notCashierPage() view.Page {
	return said("not-cashier", view.T("您不是本站的收银员", "You are no cashier of this site"),
		view.T("收银台只对收银员开放", "The desk is for cashiers only"),
		view.T("需要时请管理员在本机的设置中加入您的部门或编号。", "If you should be one, the administrator adds your group or number to this terminal's settings."))
}

func notEnteredPage(err error) view.Page {
	return said("not-entered", view.T("没有记账", "Nothing was entered"), kiosk.VisitorText(err),
		view.T("账户和本班现金都没有变化。请稍后再试。", "Neither the account nor the drawer has changed. Please try again later."))
}

func notPrintedPage(err error) view.Page {
	return said("not-printed", view.T("没有打印", "It was not printed"), kiosk.VisitorText(err),
		view.T("账已经记好,只是没有打印。", "The books are right; only the slip is missing."))
}

func noDinerPage(p holderRow) view.Page {
	return said("no-diner", view.Same(p.Name), view.T("没有食堂登记", "Not registered for the canteen"),
		view.T("请先在中心登记过敏情况和补助,账户随即开通。", "First register allergies and subsidy at the center; the account is then open."))
}

// deskPage is where a cashier begins: the drawer, the day's takings, and what was
// entered here.
func deskPage(cashier kiosk.Person, shift openShift, day dayTakings, mine []ownEntry) view.Page {
	rows := make([][]string, 0, len(day.meals)+1)
	for _, m := range day.meals {
		rows = append(rows, []string{m.window.ZH, m.Title, fmt.Sprint(m.Count), Yuan(m.Own), Yuan(m.Subsidy), Yuan(m.Own + m.Subsidy)})
	}
	if len(rows) > 0 {
		rows = append(rows, []string{"合计", "", fmt.Sprint(day.sum.Count), Yuan(day.sum.Own), Yuan(day.sum.Subsidy), Yuan(day.sum.Own + day.sum.Subsidy)})
	}
	since := shift.Opened.Format("01-02 15:04")
	if shift.By != cashier.ID {
		since += " " + shift.By
	}
	own := view.Table{Key: view.Key{Key: "mine"}, Columns: []view.Text{view.T("时间", "Time"), view.T("编号", "Number"), view.T("业务", "Entry"),
		view.T("金额", "Amount"), view.T("原因", "Reason")}, Align: []view.Align{view.AlignStart, view.AlignStart, view.AlignStart, view.AlignEnd},
		Empty: view.T("本机今天还没有记账。", "Nothing was entered here today.")}
	for _, e := range mine {
		own.Rows = append(own.Rows, []string{e.At.Format("15:04"), e.Person, KindText(e.Kind).ZH, Yuan(e.Fen), e.Reason})
	}
	return view.Page{
		ID:    "desk",
		Title: view.T("食堂收银台", "Canteen cashier"),
		Body: []view.Node{
			view.TextNode{Key: view.Key{Key: "due"}, Large: true, Text: view.Tf("抽屉应有现金 %s", "Cash due in the drawer: %s", Yuan(shift.In-shift.Out))},
			view.TextNode{Key: view.Key{Key: "shift"}, Text: view.T(
				fmt.Sprintf("%s · %s 开班 · 收现 %s · 付现 %s · %d 笔", cashier.Name, since, Yuan(shift.In), Yuan(shift.Out), shift.Number),
				fmt.Sprintf("%s, shift since %s: %s in, %s out, %d entries", cashier.Name, since, Yuan(shift.In), Yuan(shift.Out), shift.Number))},
			view.TextNode{Key: view.Key{Key: "day"}, Text: view.Tf("今日营业额 %s · %d 份", "Takings today: %s · %d meals", Yuan(day.sum.Own+day.sum.Subsidy), day.sum.Count)},
			view.Table{Key: view.Key{Key: "takings"}, Columns: []view.Text{view.T("餐次", "Window"), view.T("餐品", "Meal"), view.T("份数", "Meals"),
				view.T("个人", "Diners"), view.T("补助", "Subsidy"), view.T("合计", "Sum")}, Rows: rows,
				Align: []view.Align{view.AlignStart, view.AlignStart, view.AlignEnd, view.AlignEnd, view.AlignEnd, view.AlignEnd},
				Empty: view.T("今天还没有售出,或还没有上传。", "Nothing is sold today, or has reached the center.")},
			view.TextNode{Key: view.Key{Key: "mine-title"}, Text: view.T("本机今天的记账", "Entered here today")},
			own,
		},
		Actions: []view.Action{
			{ID: actionFind, Label: view.T("办理业务", "Find a diner"), Icon: "search", Primary: true},
			{ID: actionClose, Label: view.T("交班", "Close the shift"), Icon: "clock"},
			{ID: actionRefresh, Label: view.T("刷新", "Refresh"), Icon: "sync"},
			{ID: actionSignOut, Label: view.T("退出", "Sign out")},
		},
	}
}

func findPage(typed string, hits []holderRow) view.Page {
	l := view.List{Key: view.Key{Key: "hits"}}
	for _, p := range hits {
		l.Items = append(l.Items, view.ListItem{ID: p.ID, Title: view.Same(p.Name), Detail: view.Same(strings.TrimSpace(p.Group + "  " + p.ID)), Icon: "person"})
	}
	if typed != "" {
		l.Empty = view.T("没有找到。请换个写法,或刷卡。", "Nobody found. Type it differently, or tap the card.")
	} else {
		l.Empty = view.T("输入姓名、拼音首字母、学号,或刷卡。", "Type a name, initials in pinyin or a number, or tap a card.")
	}
	return view.Page{
		ID:    "find",
		Title: view.T("找人", "Find a diner"),
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "who"}, Fields: []view.Field{{ID: fieldWho, Kind: view.FieldText, Keyboard: view.KeyboardName,
				Label: view.T("姓名、拼音、学号或卡号", "Name, pinyin, number or card"), Value: typed, Live: true}}},
			l,
		},
		Actions: []view.Action{{ID: actionNext, Label: view.T("打开", "Open"), Primary: true}},
	}
}

// KindText is what a line of a statement is called, by its kind.
func KindText(kind string) view.Text {
	switch kind {
	case "sale":
		return view.T("用餐", "Meal")
	case EntryTopUp:
		return view.T("现金充值", "Cash top-up")
	case EntryPayout:
		return view.T("现金退款", "Payout")
	case EntryRefund:
		return view.T("退餐", "Refund")
	case EntryAdjust:
		return view.T("更正", "Correction")
	case SourceOnline:
		return view.T("线上充值", "Online top-up")
	case SourceOpening:
		return view.T("期初余额", "Opening balance")
	}
	return view.Same(kind)
}

// what a line of a statement is about.
func (l StatementRow) what() string {
	words := []string{KindText(l.Kind).ZH}
	for _, w := range []string{l.Title, l.Reason} {
		if w != "" {
			words = append(words, w)
		}
	}
	if l.Refunded {
		words = append(words, "(已退)")
	}
	return strings.Join(words, " ")
}

func accountPage(p person) view.Page {
	limit := view.T("不限", "none")
	if p.limit > 0 {
		limit = yuan(p.limit)
	}
	body := []view.Node{
		view.TextNode{Key: view.Key{Key: "balance"}, Large: true, Text: view.Tf("余额 %s", "Balance %s", Yuan(p.balance))},
		view.TextNode{Key: view.Key{Key: "more"}, Text: view.T(
			fmt.Sprintf("今日已用 %s · 每日限额 %s · 每餐补助 %s", Yuan(p.spent()), limit.ZH, Yuan(p.diner.Subsidy)),
			fmt.Sprintf("Spent today %s, daily limit %s, subsidy of a meal %s", Yuan(p.spent()), limit.EN, Yuan(p.diner.Subsidy)))},
	}
	if len(p.diner.Allergies) > 0 {
		a := allergenNames(p.diner.Allergies)
		body = append(body, view.Notice{Key: view.Key{Key: "allergies"}, Tone: view.Warning, Text: view.T("过敏:"+a.ZH, "Allergies: "+a.EN)})
	}
	t := view.Table{Key: view.Key{Key: "lines"}, Columns: []view.Text{view.T("时间", "Time"), view.T("业务", "Entry"), view.T("金额", "Amount")},
		Align: []view.Align{view.AlignStart, view.AlignStart, view.AlignEnd}, Empty: view.T("还没有记录。", "There is nothing yet.")}
	for _, l := range p.lines {
		t.Rows = append(t.Rows, []string{l.At.Format("01-02 15:04"), l.what(), Yuan(l.Fen)})
		id := ""
		if refundable(l) {
			id = l.ID
		}
		t.IDs = append(t.IDs, id)
	}
	page := view.Page{
		ID:    "account",
		Title: view.Same(strings.Join([]string{p.Name, p.Group, p.ID}, " ")),
		Body:  body,
		Actions: []view.Action{
			{ID: actionTopUp, Label: view.T("现金充值", "Cash top-up"), Icon: "add", Primary: true},
			{ID: actionAdjust, Label: view.T("更正", "Correct"), Icon: "edit"},
			{ID: actionPayout, Label: view.T("现金退款", "Pay out")},
			{ID: actionLimit, Label: view.T("每日限额", "Daily limit")},
			{ID: actionPrint, Label: view.T("打印对账单", "Print statement"), Icon: "printer"},
		},
	}
	if slices.ContainsFunc(p.lines, refundable) {
		page.Body = append(page.Body, view.TextNode{Key: view.Key{Key: "how"}, Text: view.T("退餐:点一下那一笔用餐。", "To take a meal back, touch its line.")})
	}
	page.Body = append(page.Body, t)
	return page
}

func cashTitle(kind string) view.Text {
	if kind == EntryPayout {
		return view.T("现金退款", "Pay out in cash")
	}
	return view.T("现金充值", "Cash top-up")
}

func fenField(label view.Text, value string, wrong view.Text) view.Field {
	return view.Field{ID: fieldFen, Kind: view.FieldNumber, Label: label, Value: value, Error: wrong, Required: true, Decimals: 2, MaxLen: 8}
}

func reasonField(value string, required bool) view.Field {
	return view.Field{ID: fieldReason, Kind: view.FieldText, Label: view.T("原因", "Reason"), Value: value, Required: required, MaxLen: reasonLen}
}

func next() []view.Action {
	return []view.Action{{ID: actionNext, Label: view.T("下一步", "Next"), Primary: true}}
}

func cashPage(kind string, p person, typed, why string, wrong view.Text) view.Page {
	fields := []view.Field{fenField(view.T("金额(元)", "Amount in yuan"), typed, wrong)}
	if kind == EntryPayout {
		fields = append(fields, reasonField(why, true))
	}
	return view.Page{
		ID: kind, Title: cashTitle(kind), Step: 1, Steps: 3,
		Body: []view.Node{
			view.TextNode{Text: view.T(p.Name+",余额 "+Yuan(p.balance), p.Name+", balance "+Yuan(p.balance))},
			view.Form{Key: view.Key{Key: "form"}, Fields: fields},
		},
		Actions: next(),
	}
}

// adjustment is what was typed of a correction.
type adjustment struct {
	direction, fen, reason string
	wrong                  view.Text
}

func adjustPage(p person, in adjustment) view.Page {
	return view.Page{
		ID: "adjust", Title: view.T("更正账户", "Correct the account"), Step: 1, Steps: 3,
		Body: []view.Node{
			view.TextNode{Text: view.T(p.Name+",余额 "+Yuan(p.balance)+"。更正不收付现金。", p.Name+", balance "+Yuan(p.balance)+". No cash moves.")},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
				{ID: fieldDirection, Kind: view.FieldChoice, Label: view.T("方向", "Direction"), Value: in.direction, Required: true, Options: []view.Option{
					{Value: directionAdd, Label: view.T("补给账户", "Add")}, {Value: directionTake, Label: view.T("从账户扣", "Take")}}},
				fenField(view.T("金额(元)", "Amount in yuan"), in.fen, in.wrong),
				reasonField(in.reason, true),
			}},
		},
		Actions: next(),
	}
}

// refundReasons are the usual ones.
var refundReasons = []view.Option{
	{Value: "没有取餐", Label: view.T("没有取餐", "Not taken")},
	{Value: "餐品有问题", Label: view.T("餐品有问题", "The meal was bad")},
	{Value: "认错了人", Label: view.T("认错了人", "Somebody else's")},
	{Value: "其他", Label: view.T("其他", "Other")},
}

func refundPage(p person, l StatementRow) view.Page {
	return view.Page{
		ID: "refund", Title: view.T("退餐", "Take a meal back"), Step: 1, Steps: 3,
		Body: []view.Node{
			view.Receipt{Facts: []view.Fact{
				{Label: view.T("时间", "Time"), Value: view.Same(l.At.Format("01-02 15:04"))},
				{Label: view.T("姓名", "Name"), Value: view.Same(p.Name)},
				{Label: view.T("餐品", "Meal"), Value: view.Same(l.Title)},
				{Label: view.T("退回账户", "Back to the account"), Value: yuan(l.Sold.Own)},
				{Label: view.T("冲回补助", "Subsidy taken back"), Value: yuan(l.Sold.Subsidy)},
			}},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
				{ID: fieldReason, Kind: view.FieldChoice, Label: view.T("原因", "Reason"), Required: true, Options: refundReasons},
				{ID: fieldMore, Kind: view.FieldText, Label: view.T("说明", "More"), MaxLen: reasonLen},
			}},
		},
		Actions: next(),
	}
}

func confirmPage(p person, e Entry) view.Page {
	facts := []view.Fact{
		{Label: view.T("姓名", "Name"), Value: view.T(p.Name+" "+p.Group, p.Name+" "+p.Group)},
		{Label: view.T("业务", "Entry"), Value: KindText(e.Kind)},
		{Label: view.T("金额", "Amount"), Value: yuan(e.Fen)},
		{Label: view.T("现在余额", "Balance now"), Value: yuan(p.balance)},
		{Label: view.T("之后余额", "Balance then"), Value: yuan(p.balance + e.Fen)},
	}
	switch e.Kind {
	case EntryTopUp:
		facts = append(facts, view.Fact{Label: view.T("收现金", "Cash to take"), Value: yuan(e.Fen)})
	case EntryPayout:
		facts = append(facts, view.Fact{Label: view.T("付现金", "Cash to give"), Value: yuan(-e.Fen)})
	}
	if e.Reason != "" {
		facts = append(facts, view.Fact{Label: view.T("原因", "Reason"), Value: view.Same(e.Reason)})
	}
	return view.Page{
		ID: "confirm", Title: view.T("请核对", "Please check"), Step: 2, Steps: 3,
		Body:    []view.Node{view.Receipt{Facts: facts}},
		Actions: []view.Action{{ID: actionEnter, Label: view.T("确认记账", "Enter it"), Primary: true}},
	}
}

// enteredPage says that an entry is on disk; it is also the slip.
func enteredPage(p holderRow, e Entry, balance int64, r kiosk.Receipt, cashier kiosk.Person) view.Page {
	facts := []view.Fact{
		{Label: view.T("姓名", "Name"), Value: view.Same(view.MaskName(p.Name))},
		{Label: view.T("业务", "Entry"), Value: KindText(e.Kind)},
		{Label: view.T("金额", "Amount"), Value: yuan(e.Fen)},
		{Label: view.T("余额", "Balance"), Value: yuan(balance)},
		{Label: view.T("收银员", "Cashier"), Value: view.Same(cashier.ID)},
		{Label: view.T("时间", "Time"), Value: view.Same(r.Time.Format("2006-01-02 15:04"))},
	}
	if e.Reason != "" {
		facts = append(facts, view.Fact{Label: view.T("原因", "Reason"), Value: view.Same(e.Reason)})
	}
	return view.Page{
		ID: "entered", Title: view.T("已记账", "Entered"), Tone: view.Success, Step: 3, Steps: 3,
		Body: []view.Node{view.Receipt{Number: r.Short(), Facts: facts}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true},
			{ID: actionPrint, Label: view.T("打印小票", "Print a slip"), Icon: "printer"}},
	}
}

func cannotEnterPage(why reason, balance int64) view.Page {
	title := view.T("没有记账", "Nothing was entered")
	switch why {
	case noMoney:
		return said("not-entered", title, view.Tf("余额只有 %s", "The balance is only %s", Yuan(balance)),
			view.T("账户刚刚有变化,请重新核对。", "The account has changed meanwhile; please check again."))
	case refundedBefore:
		return said("not-entered", title, view.T("这份餐已经退过", "This meal was taken back already"), view.T("请核对账户记录。", "Please look at the account's lines."))
	case overQuota:
		return said("not-entered", title, view.T("本机的离线额度用完了", "This till's share of the quota is used up"),
			view.T("与中心连通后就能继续扣款和退款;充值和退餐不受影响。", "Taking and paying out go on once the center is back; top-ups and refunds are not affected."))
	}
	return said("not-entered", title, view.T("没有食堂登记", "Not registered for the canteen"), view.T("请先在中心登记。", "Please register at the center first."))
}

func limitPage(typed, who string, wrong view.Text) view.Page {
	return view.Page{
		ID: "limit", Title: view.T("每日限额", "Daily limit"),
		Body: []view.Node{
			view.TextNode{Text: view.T("限额由监护人决定:个人每天最多花多少钱,补助不算在内。", "The guardian decides how much of his own money the diner may spend a day; subsidies do not count.")},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
				fenField(view.T("每天最多(元),0 为不限", "Yuan a day, 0 is no limit"), typed, wrong),
				{ID: fieldGuardian, Kind: view.FieldText, Keyboard: view.KeyboardName, Label: view.T("监护人姓名(已核对身份)", "The guardian's name (identity checked)"), Value: who, Required: true, MaxLen: 40},
			}},
		},
		Actions: next(),
	}
}

func limitSetPage(fen int64) view.Page {
	text := view.Tf("每天最多 %s", "At most %s a day", Yuan(fen))
	if fen == 0 {
		text = view.T("不再限额", "There is no limit any more")
	}
	return view.Page{
		ID: "limit-set", Title: view.T("限额已记下", "The limit is recorded"), Tone: view.Success,
		Body: []view.Node{view.Notice{Tone: view.Success, Text: text,
			Detail: view.T("联网的收银机几秒后生效;离线的在联网后生效。", "Tills with a network go by it within seconds, others as soon as they have one.")}},
		Actions: done(), Timeout: 20 * time.Second,
	}
}

// statementSlip is a statement to be printed.
func statementSlip(p holderRow, balance, limit int64, lines []StatementRow, now time.Time) view.Page {
	const printed = 40
	l := view.List{Empty: view.T("还没有记录。", "There is nothing yet.")}
	for _, s := range lines[:min(len(lines), printed)] {
		l.Items = append(l.Items, view.ListItem{Title: view.Same(s.At.Format("01-02 15:04") + "  " + Yuan(s.Fen)), Detail: view.Same(s.what())})
	}
	facts := []view.Fact{
		{Label: view.T("姓名", "Name"), Value: view.Same(view.MaskName(p.Name))},
		{Label: view.T("班级 / 部门", "Class"), Value: view.Same(p.Group)},
		{Label: view.T("编号", "Number"), Value: view.Same(p.ID)},
		{Label: view.T("余额", "Balance"), Value: yuan(balance)},
		{Label: view.T("打印", "Printed"), Value: view.Same(now.Format("2006-01-02 15:04"))},
	}
	if limit > 0 {
		facts = append(facts, view.Fact{Label: view.T("每日限额", "Daily limit"), Value: yuan(limit)})
	}
	return view.Page{ID: "statement", Title: view.T("食堂账户对账单", "Canteen statement"), Body: []view.Node{view.Receipt{Facts: facts}, l}}
}

// counting is what was typed of the drawer's cash.
type counting struct {
	typed string
	wrong bool
}

func countPage(s openShift, in counting) view.Page {
	var wrong view.Text
	if in.wrong {
		wrong = view.T("请输入清点的金额", "Please enter the amount counted")
	}
	return view.Page{
		ID: "count", Title: view.T("交班:清点现金", "Close the shift: count the cash"), Step: 1, Steps: 3,
		Body: []view.Node{
			view.TextNode{Text: view.Tf("本班 %d 笔。请先清点抽屉,再填写金额。", "%d entries in this shift. Count the drawer first, then enter the amount.", s.Number)},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{fenField(view.T("清点金额(元)", "Counted, in yuan"), in.typed, wrong)}},
		},
		Actions: next(),
	}
}

func varianceText(v int64) view.Text {
	switch {
	case v > 0:
		return view.Tf("长款 %s", "%s too much", Yuan(v))
	case v < 0:
		return view.Tf("短款 %s", "%s missing", Yuan(-v))
	}
	return view.T("账实相符", "The drawer is right")
}

func variancePage(s openShift, counted int64) view.Page {
	v := counted - (s.In - s.Out)
	tone := view.Success
	if v != 0 {
		tone = view.Warning
	}
	p := view.Page{
		ID: "variance", Title: view.T("交班:核对", "Close the shift: compare"), Tone: tone, Step: 2, Steps: 3,
		Body: []view.Node{
			view.Notice{Key: view.Key{Key: "variance"}, Tone: tone, Text: varianceText(v)},
			view.Receipt{Facts: []view.Fact{
				{Label: view.T("收现", "Cash in"), Value: yuan(s.In)}, {Label: view.T("付现", "Cash out"), Value: yuan(s.Out)},
				{Label: view.T("应有", "Due"), Value: yuan(s.In - s.Out)}, {Label: view.T("清点", "Counted"), Value: yuan(counted)},
			}},
		},
		Actions: []view.Action{{ID: actionEnter, Label: view.T("确认交班", "Close it"), Primary: true},
			{ID: actionRecount, Label: view.T("重新清点", "Count again")}},
	}
	if v != 0 {
		p.Body = append(p.Body, view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{reasonField("", true)}})
	}
	return p
}

// shiftPage says that the shift is closed; it is also the slip.
func shiftPage(s Shift, cashier kiosk.Person, r kiosk.Receipt) view.Page {
	facts := []view.Fact{
		{Label: view.T("收银员", "Cashier"), Value: view.Same(cashier.Name + " " + cashier.ID)},
		{Label: view.T("开班", "From"), Value: view.Same(s.Opened.Format("01-02 15:04"))},
		{Label: view.T("交班", "Until"), Value: view.Same(s.Closed.Format("01-02 15:04"))},
		{Label: view.T("笔数", "Entries"), Value: view.Same(fmt.Sprint(s.Entries))},
		{Label: view.T("应有", "Due"), Value: yuan(s.In - s.Out)},
		{Label: view.T("清点上交", "Counted and handed over"), Value: yuan(s.Counted)},
		{Label: view.T("长短款", "Variance"), Value: yuan(s.Variance)},
	}
	if s.Reason != "" {
		facts = append(facts, view.Fact{Label: view.T("说明", "Reason"), Value: view.Same(s.Reason)})
	}
	return view.Page{
		ID: "shift-closed", Title: view.T("已交班", "The shift is closed"), Tone: view.Success, Step: 3, Steps: 3,
		Body: []view.Node{view.Receipt{Number: r.Short(), Facts: facts}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true},
			{ID: actionPrint, Label: view.T("打印交班单", "Print"), Icon: "printer"}},
		Timeout: time.Minute,
	}
}
