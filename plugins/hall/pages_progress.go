package hall

import (
	"slices"
	"strconv"
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// The answers of the pages about a case, a rating and a ticket.
const (
	actionSupplement   = "supplement"
	actionWithdrawCase = "withdraw"
	actionRate         = "rate"
	actionOrdinary     = "ordinary"

	fieldCauses = "causes"
)

func findPage(typed string, wrong, trouble view.Text) view.Page {
	return withTrouble(view.Page{
		ID: "find", Title: view.T("查进度、补材料、评价", "Progress, materials and rating"), Icon: "qrcode",
		Body: []view.Node{
			view.TextNode{Large: true, Text: view.T("请扫回执上的二维码,或输入编号", "Scan the receipt's QR code, or enter its number")},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
				ID: fieldCode, Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.T("回执编号", "Number on the receipt"),
				Hint:  view.T("例如 260302-K7QM-3XRV,横线可以不输", "For instance 260302-K7QM-3XRV; the lines may be left out"),
				Value: typed, Error: wrong, Required: true, MaxLen: 64,
			}}},
		},
		Actions: []view.Action{{ID: actionNext, Label: view.T("查询", "Look it up"), Icon: "search", Primary: true}},
	}, trouble)
}

var stateNames = map[State]view.Text{
	StateSubmitted:  view.T("待受理", "Waiting to be accepted"),
	StateCorrecting: view.T("待补正", "Waiting for you"),
	StateAccepted:   view.T("办理中", "Under way"),
	StateSuspended:  view.T("暂停计时", "Suspended"),
	StateApproved:   view.T("已办结,待领取", "Granted, to be collected"),
	StateClosed:     view.T("已领取", "Collected"),
	StateDenied:     view.T("不予许可", "Denied"),
	StateRefused:    view.T("不予受理", "Not accepted"),
	StateWithdrawn:  view.T("已撤回", "Withdrawn"),
}

// Name is what a state is called.
func (s State) Name() view.Text { return stateNames[s] }

// stagesOf are the stages of a case, with the days on which they were reached.
func stagesOf(p Progress) view.Steps {
	when := func(states ...State) view.Text {
		for i := len(p.Days) - 1; i >= 0; i-- {
			if slices.Contains(states, p.Days[i].State) {
				return view.Same(p.Days[i].At.Format("01-02 15:04"))
			}
		}
		return view.Text{}
	}
	end := view.Step{Title: view.T("办结", "Decided"), Detail: when(StateApproved)}
	st := view.Steps{Key: view.Key{Key: "stages"}, Steps: []view.Step{
		{Title: view.T("提交", "Handed in"), Detail: when(StateSubmitted)},
		{Title: view.T("受理", "Accepted"), Detail: when(StateAccepted)},
		end,
		{Title: view.T("领取", "Collected"), Detail: when(StateClosed)},
	}}
	switch p.State {
	case StateSubmitted:
		st.Now = 1
	case StateCorrecting:
		st.Now, st.Tone = 1, view.Warning
		st.Steps[1].Title = view.T("待补正", "Waiting for you")
		st.Steps[1].Detail = when(StateCorrecting)
	case StateAccepted:
		st.Now = 2
	case StateSuspended:
		st.Now, st.Tone = 2, view.Warning
		st.Steps[2].Detail = view.T("暂停计时", "suspended")
	case StateApproved:
		st.Now = 3
	case StateClosed:
		st.Now = len(st.Steps)
	case StateDenied, StateRefused, StateWithdrawn:
		at, step := 2, view.Step{Title: p.State.Name(), Detail: when(p.State)}
		if when(StateAccepted).IsZero() {
			at = 1
		}
		st.Steps = append(st.Steps[:at:at], step)
		st.Now, st.Tone = at, view.Refusal
	}
	return st
}

func progressPage(p Progress) view.Page {
	page := view.Page{ID: "progress", Title: p.Name, Body: []view.Node{stagesOf(p)}}
	facts := []view.Fact{
		{Label: view.T("现在", "Now"), Value: p.State.Name()},
		{Label: view.T("申请人", "Applicant"), Value: view.Same(p.Masked)},
	}
	if p.State == StateAccepted && p.Promised > 0 {
		facts = append(facts, view.Fact{Label: view.T("承诺期限", "Promised within"), Value: days(p.Promised, view.Text{})})
	}
	page.Body = append(page.Body, view.Receipt{Key: view.Key{Key: "receipt"}, Number: p.Number, Facts: facts})
	if p.Reason != "" && p.State != StateAccepted && p.State != StateApproved && p.State != StateClosed {
		page.Body = append(page.Body, view.Notice{Key: view.Key{Key: "reason"}, Tone: view.Warning, Text: view.T("窗口说明:"+p.Reason, "The clerk says: "+p.Reason)})
	}
	if p.Disputed {
		page.Body = append(page.Body, view.Notice{Key: view.Key{Key: "disputed"}, Tone: view.Warning,
			Text: view.T("这个办件有两份不一致的处理,正在人工核对", "Two entries about this case do not agree; a clerk looks into it")})
	}
	if len(p.Asked) > 0 {
		list := view.List{Key: view.Key{Key: "asked"}}
		for _, h := range p.Asked {
			list.Items = append(list.Items, view.ListItem{Title: h.Name, Detail: view.T("请补交", "Please hand it in"), Icon: "camera"})
		}
		page.Body = append(page.Body, list)
		page.Actions = append(page.Actions, view.Action{ID: actionSupplement, Label: view.T("现在补交", "Hand in now"), Icon: "camera", Primary: true})
	}
	if p.State.Decided() && !p.Rated {
		page.Actions = append(page.Actions, view.Action{ID: actionRate, Label: view.T("评价这次服务", "Rate the service"), Icon: "star", Primary: len(page.Actions) == 0})
	}
	page.Actions = append(page.Actions, view.Action{ID: actionTicket, Label: view.T("取号问窗口", "Ask at a counter"), Icon: "ticket"})
	if slices.Contains(rules[Withdraw].from, p.State) {
		page.Actions = append(page.Actions, view.Action{ID: actionWithdrawCase, Label: view.T("撤回申请", "Withdraw"), Icon: "undo"})
	}
	page.Actions = append(page.Actions, view.Action{ID: actionDone, Label: view.T("完成", "Done"), Icon: "check"})
	return page
}

func notYoursPage() view.Page {
	return view.Page{
		ID: "not-yours", Title: view.T("不是申请人本人", "You are not the applicant"), Tone: view.Refusal,
		Body: []view.Node{view.Notice{Tone: view.Refusal, Text: view.T("这个办件只能由申请人本人变更", "Only the applicant can change this case"),
			Detail: view.T("代办请到窗口,带上委托书。", "If you act for him, please come to a counter with his authorisation.")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("知道了", "Understood"), Primary: true}},
	}
}

func confirmWithdrawPage(p Progress) view.Page {
	return view.Page{
		ID: "confirm-withdraw", Title: view.T("要撤回这份申请吗?", "Withdraw this application?"),
		Body: []view.Node{
			view.TextNode{Large: true, Text: p.Name},
			view.Notice{Tone: view.Warning, Text: view.T("撤回后不再办理,要办需重新申请", "It is then not gone on with; you would have to apply again")},
		},
		Actions: []view.Action{
			{ID: actionDone, Label: view.T("不撤回", "No"), Icon: "back", Primary: true},
			{ID: actionWithdrawCase, Label: view.T("撤回", "Withdraw"), Icon: "undo"},
		},
	}
}

func changedPage(number string, title, next view.Text) view.Page {
	return view.Page{
		ID: "changed", Title: title, Tone: view.Success,
		Body:    []view.Node{view.Receipt{Number: number, Facts: []view.Fact{{Label: view.T("接下来", "Next"), Value: next}}}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("好的", "All right"), Primary: true}},
		Timeout: receiptStays,
	}
}

// The five grades, by what is answered: those of the national rating of services
// (政务服务"好差评").
const poorGrade = 2 // and below: why is asked

var grades = []struct {
	id    string
	grade int
	name  view.Text
}{
	{"grade-5", 5, view.T("非常满意", "Very satisfied")},
	{"grade-4", 4, view.T("满意", "Satisfied")},
	{"grade-3", 3, view.T("基本满意", "Fairly satisfied")},
	{"grade-2", 2, view.T("不满意", "Not satisfied")},
	{"grade-1", 1, view.T("非常不满意", "Not satisfied at all")},
}

// GradeName is what a grade is called.
func GradeName(grade int) view.Text {
	for _, g := range grades {
		if g.grade == grade {
			return g.name
		}
	}
	return view.Same(strconv.Itoa(grade))
}

func gradeOf(action string) int {
	for _, g := range grades {
		if g.id == action {
			return g.grade
		}
	}
	return 0
}

func ratePage(p Progress) view.Page {
	list := view.List{Key: view.Key{Key: "grades"}}
	for _, g := range grades {
		list.Items = append(list.Items, view.ListItem{ID: g.id, Title: g.name, Icon: "star"})
	}
	return view.Page{
		ID: "rate", Title: view.T("您对这次服务满意吗?", "Were you satisfied?"),
		Body: []view.Node{view.TextNode{Text: p.Name}, list, view.TextNode{Text: view.T("每个办件评价一次,办理人员看不到是谁评的。", "Once for each case; the clerk does not see who rated.")}},
	}
}

// causes are why somebody was not satisfied.
var causes = []view.Option{
	{Value: "waiting", Label: view.T("等候时间太长", "I waited too long")},
	{Value: "again", Label: view.T("跑了不止一趟", "I had to come more than once")},
	{Value: "materials", Label: view.T("要的材料和公布的不一样", "Other materials were asked for than published")},
	{Value: "late", Label: view.T("没有按时办结", "It was not done in time")},
	{Value: "unclear", Label: view.T("说明不清楚", "It was not explained")},
	{Value: "manner", Label: view.T("态度不好", "The manner")},
}

func causesPage() view.Page {
	return view.Page{
		ID: "causes", Title: view.T("哪里没有做好?", "What was not right?"),
		Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
			ID: fieldCauses, Kind: view.FieldChoices, Label: view.T("可以选几项,也可以不选", "Any number of them"), Options: causes,
		}}}},
		Actions: []view.Action{
			{ID: actionNext, Label: view.T("提交评价", "Send"), Primary: true},
			{ID: actionDone, Label: view.T("不说原因", "Without a reason")},
		},
	}
}

func thanksPage(grade int) view.Page {
	p := view.Page{
		ID: "thanks", Title: view.T("谢谢您的评价", "Thank you"), Tone: view.Success,
		Body:    []view.Node{view.TextNode{Large: true, Text: GradeName(grade)}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}},
		Timeout: receiptStays,
	}
	if grade <= poorGrade {
		p.Body = append(p.Body, view.TextNode{Text: view.T("差评会转给督办人员核实整改。", "It goes to those who look into it.")})
	}
	return p
}

func priorityPage() view.Page {
	return view.Page{
		ID: "priority", Title: view.T("排队取号", "Take a ticket"),
		Body: []view.Node{view.Tiles{Key: view.Key{Key: "priority"}, Tiles: []view.Tile{
			{ID: actionOrdinary, Title: view.T("普通取号", "Ordinary"), Icon: "ticket"},
			{ID: string(Elder), Title: view.T("60 岁及以上", "Sixty or older"), Detail: view.T("优先叫号", "Called first"), Icon: "elder"},
			{ID: string(Disabled), Title: view.T("残障、孕妇、行动不便", "Disabled, pregnant"), Detail: view.T("优先叫号", "Called first"), Icon: "wheelchair"},
		}}},
	}
}

// forecast is a waiting time in words. It is rounded up to five minutes and given
// as a span: nobody can know it to the minute.
func forecast(wait time.Duration) view.Text {
	const step = 5 * time.Minute
	if wait <= 2*time.Minute {
		return view.T("马上就到您", "It is your turn soon")
	}
	from := wait.Truncate(step)
	to := from + step
	if wait > 20*time.Minute {
		to += step
	}
	if from == 0 {
		return view.Tf("大约 %d 分钟以内", "Within about %d minutes", int(to/time.Minute))
	}
	return view.Tf("大约 %d 至 %d 分钟", "About %d to %d minutes", int(from/time.Minute), int(to/time.Minute))
}

func ticketPage(t TicketTaken, service view.Text, ahead int, wait time.Duration) view.Page {
	facts := []view.Fact{
		{Label: view.T("前面还有", "Ahead of you"), Value: view.Tf("%d 人", "%d", ahead)},
		{Label: view.T("预计等候", "Waiting time"), Value: forecast(wait)},
		{Label: view.T("取号时间", "Taken"), Value: stamp(t.At)},
	}
	if !service.IsZero() {
		facts = append([]view.Fact{{Label: view.T("事项", "Service"), Value: service}}, facts...)
	}
	if t.Priority != "" {
		facts = append(facts, view.Fact{Label: view.T("优先", "Priority"), Value: t.Priority.Name()})
	}
	return view.Page{
		ID: "ticket", Title: view.T("您的号码", "Your number"), Tone: view.Success,
		Body: []view.Node{
			view.Receipt{Key: view.Key{Key: "ticket"}, Number: t.Number, Facts: facts},
			view.TextNode{Text: view.T("任何一个窗口都能办您的事。听到叫号或看到屏幕显示后,请到相应窗口;过号不用重取,请告诉窗口。",
				"Any counter can serve you. Go to the one that is called or shown; if you miss your call, tell a counter: no new ticket is needed.")},
			view.QRCode{Key: view.Key{Key: "qr"}, Data: qrTicket + t.Number, Label: view.T("窗口可扫码", "For the counter")},
		},
		Actions: receiptActions(),
		Timeout: receiptStays,
	}
}

// Name is what a priority is called.
func (p Priority) Name() view.Text {
	switch p {
	case Elder:
		return view.T("老年人优先", "Elder")
	case Disabled:
		return view.T("残障优先", "Disabled")
	}
	return view.T("普通", "Ordinary")
}

// CauseName is what a cause of a poor rating is called.
func CauseName(value string) view.Text {
	for _, c := range causes {
		if c.Value == value {
			return c.Label
		}
	}
	return view.Same(value)
}

var actionNames = map[Action]view.Text{
	Accept:     view.T("受理", "Accept"),
	Correct:    view.T("要求补正", "Ask for correction"),
	Refuse:     view.T("不予受理", "Refuse"),
	Suspend:    view.T("暂停计时", "Suspend"),
	Resume:     view.T("恢复计时", "Resume"),
	Approve:    view.T("准予", "Grant"),
	Deny:       view.T("不予许可", "Deny"),
	HandOut:    view.T("发放结果", "Hand out"),
	Supplement: view.T("补交材料", "Supplement"),
	Withdraw:   view.T("撤回", "Withdraw"),
	Keep:       view.T("维持现状", "Keep as it is"),
}

// Name is what an action is called.
func (a Action) Name() view.Text { return actionNames[a] }
