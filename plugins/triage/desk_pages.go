package triage

import (
	"fmt"
	"strconv"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/rules"
)

// The answers of the desk's pages, besides the decisions.
const (
	actionMeasure    = "measure"
	actionOtherLevel = "level"

	fieldLevel  = "level"
	fieldReason = "reason"
	fieldMind   = "mind"
	fieldOxygen = "oxygen"
)

// lookAgain is how often the queue is drawn anew.
const lookAgain = 15 * time.Second

func queuePage(r *rules.Rules, queue []Waiting, now time.Time) view.Page {
	t := view.Table{
		Key: view.Key{Key: "queue"},
		Columns: []view.Text{view.T("级别", "Level"), view.T("号码", "Ticket"), view.T("姓名", "Name"), view.T("科室", "Department"),
			view.T("已等", "Waited"), view.T("状态", "State")},
		Empty: view.T("现在没有人候诊。", "Nobody is waiting."),
	}
	due, called := 0, 0
	for _, w := range queue {
		if w.Due(r, now) {
			due++
		}
		if w.Called {
			called++
		}
		name := w.Name
		if name == "" {
			name = "—"
		}
		t.Rows = append(t.Rows, []string{w.Level.String(), Ticket(r, w), name, r.DepartmentName(w.Department).ZH,
			fmt.Sprintf("%d 分", int(now.Sub(w.Since).Minutes())), state(r, w, now)})
		t.IDs = append(t.IDs, w.Code)
	}
	p := view.Page{
		ID:      "triage-queue",
		Title:   view.T("候诊队列", "The queue"),
		Body:    []view.Node{t},
		Actions: []view.Action{{ID: actionDone, Label: view.T("退出", "Sign out")}},
		Timeout: lookAgain,
	}
	switch {
	case called > 0:
		p.Body = append([]view.Node{view.Notice{Key: view.Key{Key: "called"}, Tone: view.Warning,
			Text: view.Tf("有 %d 位病人在呼叫护士", "Calling for a nurse: %d", called)}}, p.Body...)
	case due > 0:
		p.Body = append([]view.Node{view.Notice{Key: view.Key{Key: "due"}, Tone: view.Warning,
			Text: view.Tf("有 %d 位病人超过时限,请重新评估", "Waited too long: %d. Please assess again", due)}}, p.Body...)
	}
	return p
}

// state is a case's state, short; tables speak Chinese, as the staff does.
func state(r *rules.Rules, w Waiting, now time.Time) string {
	switch {
	case w.Called:
		return "呼叫护士"
	case w.Due(r, now):
		return "超时 须复评"
	case w.Confirmed:
		return "已确认"
	}
	return "待确认"
}

func casePage(r *rules.Rules, w Waiting, now time.Time) view.Page {
	l := r.Level(w.Level)
	f := []view.Fact{
		{Label: view.T("姓名", "Name"), Value: orNobody(w.Name)},
		{Label: view.T("年龄", "Age"), Value: ageText(w.Told)},
		{Label: view.T("来看", "Comes for"), Value: r.Complaint(w.Told.Complaint).Name},
		{Label: view.T("级别", "Level"), Value: l.Name},
		{Label: view.T("科室", "Department"), Value: r.DepartmentName(w.Department)},
		{Label: view.T("已等", "Waited"), Value: view.Tf("%d 分钟,上次评估 %s", "%d minutes, last looked at %s", int(now.Sub(w.Since).Minutes()), w.Looked.In(now.Location()).Format("15:04"))},
	}
	if w.Told.Text != "" {
		f = append(f, view.Fact{Label: view.T("本人描述", "In own words"), Value: view.Same(w.Told.Text)})
	}
	for _, s := range []rules.Sign{rules.Temperature, rules.Pulse, rules.Respiration, rules.Systolic, rules.SpO2} {
		if v := w.Told.Vitals.Of(s); v > 0 {
			f = append(f, view.Fact{Label: view.T("测得", "Measured"), Value: rules.SignText(s, v)})
		}
	}
	p := view.Page{
		ID:    "triage-case",
		Title: view.Same(Ticket(r, w)),
		Body:  append([]view.Node{view.Receipt{Key: view.Key{Key: "facts"}, Number: Ticket(r, w), Facts: f}}, reasonNodes(w.Level, w.Reasons)...),
		Actions: []view.Action{
			{ID: Confirm, Label: view.T("确认级别", "Confirm the level"), Primary: true},
			{ID: actionOtherLevel, Label: view.T("调整级别", "Another level")},
			{ID: actionMeasure, Label: view.T("测量并复评", "Measure and assess")},
			{ID: Seen, Label: view.T("已接诊", "Seen by a doctor")},
			{ID: Left, Label: view.T("已离开", "Has left")},
		},
	}
	if w.Due(r, now) {
		p.Body = append([]view.Node{view.Notice{Tone: view.Warning, Text: view.T("等候超过这一级的时限,请重新评估。", "This case has waited longer than its level may. Please assess it again.")}}, p.Body...)
	}
	return p
}

func orNobody(name string) view.Text {
	if name == "" {
		return view.T("未说明", "Not said")
	}
	return view.Same(name)
}

func ageText(c rules.Case) view.Text {
	switch {
	case c.AgeMonths < 0:
		return view.T("不详", "Unknown")
	case c.AgeMonths < 36:
		return view.Tf("%d 个月", "%d months", c.AgeMonths)
	}
	return view.Tf("%d 岁", "%d", c.AgeMonths/12)
}

func levelPage(r *rules.Rules, w Waiting, level rules.Level, reason string, wrong view.Text) view.Page {
	f := view.Field{ID: fieldLevel, Kind: view.FieldChoice, Label: view.T("级别", "Level"), Value: strconv.Itoa(int(level)), Required: true}
	for _, l := range r.Levels {
		f.Options = append(f.Options, view.Option{Value: strconv.Itoa(int(l.Level)), Label: l.Name})
	}
	return view.Page{
		ID:    "triage-level",
		Title: view.T("调整级别", "Another level"),
		Body: []view.Node{
			view.TextNode{Text: view.T("现在是"+r.Level(w.Level).Name.ZH, "It is now "+r.Level(w.Level).Name.EN)},
			view.Form{Key: view.Key{Key: "level"}, Fields: []view.Field{f,
				{ID: fieldReason, Kind: view.FieldText, Label: view.T("理由", "Reason"), Hint: view.T("调低时必须填写", "Needed to lower it"), Value: reason, MaxLen: 120, Error: wrong},
			}},
		},
		Actions: next(view.T("确定", "Decide")),
	}
}

func signsPage(v rules.Vitals) view.Page {
	number := func(id string, label view.Text, value float64, low, high string, decimals int) view.Field {
		f := view.Field{ID: id, Kind: view.FieldNumber, Label: label, Min: low, Max: high, Decimals: decimals, MaxLen: 5}
		if value > 0 {
			f.Value = strconv.FormatFloat(value, 'f', -1, 64)
		}
		return f
	}
	oxygen := no
	if v.Oxygen {
		oxygen = yes
	}
	return view.Page{
		ID:    "triage-signs",
		Title: view.T("生命体征", "Vital signs"),
		Body: []view.Node{view.Form{Key: view.Key{Key: "signs"}, Fields: []view.Field{
			number("temperature", view.T("体温 ℃", "Temperature, °C"), v.Temperature, "25", "45", 1),
			number("pulse", view.T("脉搏 次/分", "Pulse, a minute"), v.Pulse, "10", "300", 0),
			number("respiration", view.T("呼吸 次/分", "Breathing, a minute"), v.Respiration, "2", "90", 0),
			number("systolic", view.T("收缩压 mmHg", "Systolic pressure, mmHg"), v.Systolic, "30", "300", 0),
			number("diastolic", view.T("舒张压 mmHg", "Diastolic pressure, mmHg"), v.Diastolic, "10", "200", 0),
			number("spo2", view.T("血氧 %", "Oxygen saturation, %"), v.SpO2, "30", "100", 0),
			{ID: fieldMind, Kind: view.FieldChoice, Label: view.T("意识", "Awake"), Value: string(v.Mind), Options: []view.Option{
				{Value: string(rules.Alert), Label: view.T("清醒", "Alert")},
				{Value: string(rules.Confused), Label: view.T("新出现的糊涂", "Newly confused")},
				{Value: string(rules.ToVoice), Label: view.T("叫得应", "Responds to voice")},
				{Value: string(rules.ToPain), Label: view.T("痛才有反应", "Responds to pain")},
				{Value: string(rules.Unresponsive), Label: view.T("没有反应", "Unresponsive")},
			}},
			{ID: fieldOxygen, Kind: view.FieldChoice, Label: view.T("在吸氧吗", "Given oxygen?"), Value: oxygen, Options: []view.Option{
				{Value: no, Label: view.T("没有", "No")}, {Value: yes, Label: view.T("吸氧", "Yes")},
			}},
		}}},
		Actions: next(view.T("评估", "Assess")),
	}
}

func leftPage(r *rules.Rules, w Waiting) view.Page {
	return view.Page{
		ID:    "triage-left",
		Title: view.T("病人离开了吗", "Has the patient left?"),
		Tone:  view.Warning,
		Body: []view.Node{view.TextNode{Text: view.T("确定后,"+Ticket(r, w)+" 不再排队。请先找过病人。",
			Ticket(r, w)+" will no longer be in the queue. Please look for the patient first.")}},
		Actions: next(view.T("确定离开", "Yes, has left")),
	}
}

func notStoredPage(err error) view.Page {
	return view.Page{
		ID:    "triage-not-stored",
		Title: view.T("没有存下来", "It was not stored"),
		Tone:  view.Warning,
		Body: []view.Node{view.TextNode{Text: kiosk.VisitorText(err)},
			view.TextNode{Text: view.T("队列没有改变,请再试一次。", "The queue is as it was. Please try again.")}},
		Actions: next(view.T("返回", "Back")),
	}
}
