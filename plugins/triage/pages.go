package triage

import (
	"slices"
	"strconv"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/rules"
)

// The answers of the patient's pages.
const (
	actionSelf      = "self"
	actionOther     = "for-other"
	actionAgain     = "again"
	actionNone      = "none"
	actionNext      = "next"
	actionIDCard    = "id-card"
	actionMember    = "member"
	actionNumber    = "number"
	actionAnonymous = "anonymous"
	actionWords     = "words"
	actionSkip      = "skip"
	actionDone      = "done"

	fieldTicket   = "ticket"
	fieldDangers  = "dangers"
	fieldNumber   = "number"
	fieldName     = "name"
	fieldAge      = "age"
	fieldSex      = "sex"
	fieldPregnant = "pregnant"
	fieldWords    = "words"
	fieldPain     = "pain"

	yes = "yes"
	no  = "no"
)

const (
	steps       = 6 // dangers, who, about, complaint, questions, vital signs
	resultStays = 60 * time.Second
)

// disclaimer is on the first page and on every result.
var disclaimer = view.T("本机只安排就诊先后,不作诊断,不开药。", "This terminal only orders the queue. It makes no diagnosis and prescribes nothing.")

func next(label view.Text) []view.Action {
	return []view.Action{{ID: actionNext, Label: label, Primary: true}}
}

var nextLabel = view.T("下一步", "Next")

// called is above every page once a nurse was called.
func calledNotice(called bool, body ...view.Node) []view.Node {
	if !called {
		return body
	}
	return append([]view.Node{view.Notice{Key: view.Key{Key: "called"}, Tone: view.Warning,
		Text: view.T("已经呼叫护士,请不要离开。可以先继续回答。", "A nurse has been called. Please stay here; you can go on answering meanwhile.")}}, body...)
}

func beginPage() view.Page {
	return view.Page{
		ID:    "triage-begin",
		Title: view.T("预检分诊", "Triage"),
		Body: []view.Node{
			view.TextNode{Text: view.T("请回答几个问题,先看最急的病人。大约两分钟。", "Please answer a few questions, so that the most urgent are seen first. It takes about two minutes.")},
			view.Tiles{Tiles: []view.Tile{
				{ID: actionSelf, Title: view.T("我自己看病", "I am the patient"), Icon: "person"},
				{ID: actionOther, Title: view.T("我陪家人看病", "I am here with somebody"), Detail: view.T("孩子、老人或说话不便的病人", "A child, an elder, or somebody who cannot speak"), Icon: "family"},
				{ID: actionAgain, Title: view.T("我有号,但加重了", "I have a ticket and feel worse"), Detail: view.T("重新评估", "To be assessed again"), Icon: "ticket"},
			}},
			view.Notice{Text: disclaimer},
		},
	}
}

func ticketPage(wrong view.Text) view.Page {
	return view.Page{
		ID:    "triage-ticket",
		Title: view.T("您的号码", "Your ticket"),
		Body: []view.Node{
			view.TextNode{Text: view.T("请扫描小票上的二维码,或输入号码。", "Scan the code on your slip, or type its number.")},
			view.Form{Key: view.Key{Key: "ticket"}, Fields: []view.Field{{
				ID: fieldTicket, Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.T("号码", "Number"),
				Hint: view.T("例如 E-7K2MP", "For example E-7K2MP"), Required: true, MaxLen: 12, Error: wrong,
			}}},
		},
		Actions: next(nextLabel),
	}
}

// dangersPage asks a page of red flags, those that can concern the patient.
func dangersPage(r *rules.Rules, page int, c rules.Case, other, called bool) view.Page {
	var options []view.Option
	var chosen []string
	for _, f := range r.RedFlags {
		if f.Page != page {
			continue
		}
		if (f.ID == "infant-fever" || f.ID == "child") && !other {
			continue // nobody of that age stands here alone
		}
		options = append(options, view.Option{Value: f.ID, Label: f.Ask})
		if slices.Contains(c.Flags, f.ID) {
			chosen = append(chosen, f.ID)
		}
	}
	title := view.T("有没有下面的危险情况", "Is there any of these dangers?")
	if page == 2 {
		title = view.T("再看看这些情况", "And any of these?")
	}
	return view.Page{
		ID:    "triage-dangers-" + strconv.Itoa(page),
		Title: title,
		Step:  1, Steps: steps,
		Body: calledNotice(called, view.Form{Key: view.Key{Key: "dangers"}, Fields: []view.Field{{
			ID: fieldDangers, Kind: view.FieldChoices, Label: view.T("有的请点,可以点几项", "Touch what applies, as many as there are"),
			Options: options, Chosen: chosen, Min: "1",
		}}}),
		Actions: []view.Action{
			{ID: actionNone, Label: view.T("都没有", "None of these")},
			{ID: actionNext, Label: view.T("有,下一步", "Yes, next"), Primary: true},
		},
	}
}

func whoPage(called bool) view.Page {
	return view.Page{
		ID:    "triage-who",
		Title: view.T("病人是谁", "Who is the patient?"),
		Step:  2, Steps: steps,
		Body: calledNotice(called, view.Tiles{Tiles: []view.Tile{
			{ID: actionIDCard, Title: view.T("身份证", "Identity card"), Icon: "id-card"},
			{ID: actionMember, Title: view.T("就诊卡、刷脸或密码", "Patient card, face or PIN"), Icon: "card"},
			{ID: actionNumber, Title: view.T("输入身份证号", "Type the identity number"), Icon: "keyboard"},
			{ID: actionAnonymous, Title: view.T("暂不说明", "Not now"), Detail: view.T("一样分诊", "You are triaged all the same"), Icon: "eye-off"},
		}}),
	}
}

func cardPage() view.Page {
	return view.Page{
		ID:    "triage-card",
		Title: view.T("请把身份证放在读卡区", "Lay the identity card on the reader"),
		Step:  2, Steps: steps, Icon: "idcard-reader", Tone: view.Busy,
		Body: []view.Node{view.TextNode{Text: view.T("读完再拿开。", "Take it back when it has been read.")}},
	}
}

func numberPage() view.Page {
	return view.Page{
		ID:    "triage-number",
		Title: view.T("病人的身份证号", "The patient's identity number"),
		Step:  2, Steps: steps,
		Body: []view.Node{view.Form{Key: view.Key{Key: "number"}, Fields: []view.Field{
			{ID: fieldNumber, Kind: view.FieldID, Label: view.T("身份证号", "Identity number"), Required: true},
			{ID: fieldName, Kind: view.FieldText, Keyboard: view.KeyboardName, Label: view.T("姓名", "Name"), Required: true, MaxLen: 20},
		}}},
		Actions: next(nextLabel),
	}
}

func troublePage(err error) view.Page {
	return view.Page{
		ID:    "triage-trouble",
		Title: view.T("这种方式暂时不能用", "This way does not work just now"),
		Tone:  view.Warning,
		Body: []view.Node{
			view.TextNode{Text: kiosk.VisitorText(err)},
			view.TextNode{Text: view.T("请换一种方式,或选择暂不说明。", "Please take another way, or choose Not now.")},
		},
		Actions: []view.Action{{ID: actionNext, Label: view.T("换一种方式", "Another way"), Primary: true}},
	}
}

// ages are what is asked of those whose birthday is not known: the limits of the
// rules' age bands, in words. The value is an age in months of that band.
var ages = []struct {
	months int
	label  view.Text
}{
	{1, view.T("未满 3 个月", "Under 3 months")},
	{18, view.T("3 个月到 3 岁", "3 months to 3 years")},
	{5 * 12, view.T("3 岁到 8 岁", "3 to 8 years")},
	{11 * 12, view.T("8 岁到 14 岁", "8 to 14 years")},
	{15 * 12, view.T("14 岁到 16 岁", "14 to 16 years")},
	{40 * 12, view.T("16 岁到 65 岁", "16 to 65 years")},
	{75 * 12, view.T("65 岁以上", "Over 65")},
}

func ageOf(value string) int {
	n, err := strconv.Atoi(value)
	if err != nil || !slices.ContainsFunc(ages, func(a struct {
		months int
		label  view.Text
	}) bool {
		return a.months == n
	}) {
		return rules.AgeUnknown
	}
	return n
}

func yesText(b bool) view.Text {
	if b {
		return view.T("有", "Yes")
	}
	return view.T("没有", "No")
}

func aboutPage(c rules.Case) view.Page {
	var fields []view.Field
	if c.AgeMonths == rules.AgeUnknown {
		age := view.Field{ID: fieldAge, Kind: view.FieldChoice, Label: view.T("年龄", "Age"), Required: true}
		for _, a := range ages {
			age.Options = append(age.Options, view.Option{Value: strconv.Itoa(a.months), Label: a.label})
		}
		fields = append(fields, age, view.Field{ID: fieldSex, Kind: view.FieldChoice, Label: view.T("性别", "Sex"), Required: true, Options: []view.Option{
			{Value: string(rules.Male), Label: view.T("男", "Male")}, {Value: string(rules.Female), Label: view.T("女", "Female")},
		}})
	}
	fields = append(fields, view.Field{ID: fieldPregnant, Kind: view.FieldChoice, Label: view.T("怀孕了吗", "Pregnant?"), Value: no, Options: []view.Option{
		{Value: no, Label: view.T("没有,或不适用", "No, or does not apply")}, {Value: yes, Label: view.T("怀孕,或可能怀孕", "Yes, or perhaps")},
	}})
	return view.Page{
		ID:    "triage-about",
		Title: view.T("病人的情况", "About the patient"),
		Step:  3, Steps: steps,
		Body:    []view.Node{view.Form{Key: view.Key{Key: "about"}, Fields: fields}},
		Actions: next(nextLabel),
	}
}

// complaintPage offers complaints: those found, or all of them.
func complaintPage(r *rules.Rules, found []rules.Complaint, called bool) view.Page {
	id, title := "triage-complaint", view.T("今天哪里不舒服", "What is wrong today?")
	list := append(slices.Clone(r.Complaints), r.Other)
	actions := []view.Action{{ID: actionWords, Label: view.T("用自己的话说", "In my own words"), Icon: "edit"}}
	if found != nil {
		id, title, list, actions = "triage-found", view.T("您说的是哪一项", "Which of these is it?"), found, nil
	}
	items := make([]view.ListItem, 0, len(list))
	for _, c := range list {
		items = append(items, view.ListItem{ID: c.ID, Title: c.Name, Icon: c.Icon})
	}
	return view.Page{
		ID: id, Title: title,
		Step: 4, Steps: steps,
		Body:    calledNotice(called, view.List{Key: view.Key{Key: "complaints"}, Items: items}),
		Actions: actions,
	}
}

func wordsPage(text string) view.Page {
	return view.Page{
		ID:    "triage-words",
		Title: view.T("请说说哪里不舒服", "Please say what is wrong"),
		Step:  4, Steps: steps,
		Body: []view.Node{view.Form{Key: view.Key{Key: "words"}, Fields: []view.Field{{
			ID: fieldWords, Kind: view.FieldText, Label: view.T("怎么不舒服,多久了", "What it is, and since when"),
			Hint:  view.T("例如:肚子疼两天,越来越重", "For example: pain in the belly for two days, getting worse"),
			Value: text, Required: true, MaxLen: 200,
		}}}},
		Actions: next(nextLabel),
	}
}

// pains are what is offered of the scale from 0 to 10.
var pains = []struct {
	score int
	label view.Text
}{
	{0, view.T("不疼", "No pain")},
	{2, view.T("有一点疼", "A little")},
	{4, view.T("疼,还能做事", "Hurts, but I can go on")},
	{6, view.T("很疼,不能做事", "Hurts much, I cannot go on")},
	{8, view.T("非常疼,坐立不安", "Very much, I cannot sit still")},
	{10, view.T("疼得受不了", "Unbearable")},
}

func painOf(value string) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > 10 {
		return 0
	}
	return n
}

func questionsPage(complaint rules.Complaint, c rules.Case, called bool) view.Page {
	var fields []view.Field
	for _, q := range complaint.Questions {
		f := view.Field{ID: q.ID, Kind: view.FieldChoice, Label: q.Ask, Required: true, Value: c.Answers[q.ID]}
		for _, o := range q.Options {
			f.Options = append(f.Options, view.Option{Value: o.Value, Label: o.Label})
		}
		fields = append(fields, f)
	}
	pain := view.Field{ID: fieldPain, Kind: view.FieldChoice, Label: view.T("疼不疼", "Does it hurt?"), Required: true}
	for _, p := range pains {
		pain.Options = append(pain.Options, view.Option{Value: strconv.Itoa(p.score), Label: p.label})
	}
	return view.Page{
		ID:    "triage-questions",
		Title: complaint.Name,
		Step:  5, Steps: steps,
		Body:    calledNotice(called, view.Form{Key: view.Key{Key: complaint.ID}, Fields: append(fields, pain)}),
		Actions: next(nextLabel),
	}
}

// doubtText says what to do about a measurement the device itself doubts; zero
// when it may be used.
func doubtText(doubts []string) view.Text {
	for _, d := range doubts {
		switch d {
		case "moved":
			return view.T("刚才动了,请坐稳不说话,再测一次", "You moved. Please sit still without talking, and measure again")
		case "cuff-loose":
			return view.T("袖带松了,请绑紧再测一次", "The cuff is loose. Please tighten it and measure again")
		case "wrong-position":
			return view.T("请把手臂放在和心脏一样高的位置,再测一次", "Please hold the arm as high as the heart, and measure again")
		}
	}
	return view.Text{}
}

func vitalsPage(v rules.Vitals, again view.Text, called bool) view.Page {
	var facts []view.ListItem
	add := func(s rules.Sign, todo view.Text) {
		title := todo
		icon := "next"
		if value := v.Of(s); value > 0 {
			title, icon = rules.SignText(s, value), "check"
		}
		facts = append(facts, view.ListItem{Title: title, Icon: icon})
	}
	add(rules.Temperature, view.T("体温:把额温枪对准额头", "Temperature: point the thermometer at the forehead"))
	add(rules.Systolic, view.T("血压和脉搏:把手臂伸进袖带,按开始", "Blood pressure and pulse: put your arm into the cuff and press start"))
	body := []view.Node{view.List{Key: view.Key{Key: "signs"}, Items: facts}}
	if !again.IsZero() {
		body = append([]view.Node{view.Notice{Key: view.Key{Key: "again"}, Tone: view.Warning, Text: again}}, body...)
	}
	return view.Page{
		ID:    "triage-vitals",
		Title: view.T("测一测", "Let us measure"),
		Step:  6, Steps: steps,
		Body:    calledNotice(called, body...),
		Actions: []view.Action{{ID: actionSkip, Label: view.T("跳过,由护士测", "Skip, the nurse will do it")}},
	}
}

// callText is what the terminal says aloud.
func callText(place view.Text) view.Text {
	return view.T("请护士立即到预检分诊机,"+place.ZH, "A nurse to the triage terminal, please, at once: "+place.EN)
}

func toneOf(l rules.Level) view.Tone {
	if l <= rules.Emergency {
		return view.Warning
	}
	return view.Success
}

// Ticket is the number of a ticket as people read it: the department's letter, and
// the code.
func Ticket(r *rules.Rules, w Waiting) string { return r.Letter(w.Department) + "-" + w.Code }

func facts(r *rules.Rules, w Waiting) []view.Fact {
	l := r.Level(w.Level)
	within := view.Tf("%d 分钟内", "within %d minutes", l.Minutes)
	if l.Minutes == 0 {
		within = view.T("立即", "at once")
	}
	return []view.Fact{
		{Label: view.T("级别", "Level"), Value: l.Name},
		{Label: view.T("科室", "Department"), Value: r.DepartmentName(w.Department)},
		{Label: view.T("就诊", "To be seen"), Value: within},
	}
}

// maxReasons is how many reasons a page gives; the record has all of them.
const maxReasons = 4

// reasonNodes are the reasons that decided a level, in full: a list would cut them.
func reasonNodes(level rules.Level, reasons []rules.Reason) (nodes []view.Node) {
	for _, x := range reasons {
		if x.Level == level && len(nodes) < maxReasons {
			nodes = append(nodes, view.TextNode{Text: view.T("· "+x.Text.ZH, "· "+x.Text.EN)})
		}
	}
	return nodes
}

func resultPage(r *rules.Rules, w Waiting, a rules.Assessment, ahead int) view.Page {
	l := r.Level(a.Level)
	p := view.Page{
		ID:    "triage-result",
		Title: l.Name,
		Tone:  toneOf(a.Level),
		Icon:  "triage",
	}
	if a.CallsNurse() {
		p.Body = append(p.Body, view.TextNode{Large: true, Text: view.T("已经呼叫护士。请留在这里,不要离开。", "A nurse has been called. Please stay right here.")},
			view.TextNode{Text: view.T("身边有工作人员,请马上告诉他。", "If there is staff near you, tell them at once.")})
	} else {
		p.Body = append(p.Body, view.TextNode{Large: true, Text: view.T("请到"+l.Area.ZH+"候诊", "Please wait in "+l.Area.EN)})
	}
	f := facts(r, w)
	if !a.CallsNurse() {
		f = append(f, view.Fact{Label: view.T("前面还有", "Before you"), Value: view.Tf("%d 人", "%d", ahead)})
	}
	p.Body = append(p.Body,
		view.Receipt{Key: view.Key{Key: "ticket"}, Number: Ticket(r, w), Facts: f})
	p.Body = append(p.Body, reasonNodes(a.Level, a.Reasons)...)
	p.Body = append(p.Body,
		view.Notice{Text: view.T("等候时加重了,请马上告诉护士,或在这里重新评估。"+disclaimer.ZH, "If you feel worse while you wait, tell a nurse at once or be assessed again here. "+disclaimer.EN)},
	)
	p.Actions = []view.Action{{ID: actionDone, Label: view.T("知道了", "I see"), Primary: true}}
	p.Timeout = resultStays
	return p
}

// withoutSlip is the result for a patient who gets no slip: he photographs it.
func withoutSlip(p view.Page) view.Page {
	p.Body = append([]view.Node{view.Notice{Key: view.Key{Key: "no-slip"}, Text: view.T("没有打出小票,请记下或拍下号码。", "There is no slip. Please note the number down or photograph it.")}}, p.Body...)
	return p
}

func slipPage(r *rules.Rules, w Waiting, a rules.Assessment, place view.Text, now time.Time) view.Page {
	return view.Page{
		ID:    "triage-slip",
		Title: view.T("预检分诊", "Triage"),
		Body: []view.Node{
			view.Receipt{Number: Ticket(r, w), Facts: append(facts(r, w),
				view.Fact{Label: view.T("地点", "Place"), Value: place},
				view.Fact{Label: view.T("时间", "Time"), Value: view.Same(now.Format("2006-01-02 15:04"))})},
			view.QRCode{Data: w.Code, Label: view.T("加重了,用它重新评估", "Feel worse? Be assessed again with this")},
			view.TextNode{Text: disclaimer},
		},
	}
}

func notRecordedPage(r *rules.Rules, a rules.Assessment) view.Page {
	return view.Page{
		ID:    "triage-not-recorded",
		Title: view.T("暂时不能取号", "No ticket can be given just now"),
		Tone:  view.Warning,
		Body: append([]view.Node{
			view.TextNode{Large: true, Text: view.T("请直接找护士,告诉她:"+r.Level(a.Level).Name.ZH, "Please go straight to a nurse and say: "+r.Level(a.Level).Name.EN)},
		}, reasonNodes(a.Level, a.Reasons)...),
		Actions: []view.Action{{ID: actionDone, Label: view.T("知道了", "I see"), Primary: true}},
		Timeout: resultStays,
	}
}
