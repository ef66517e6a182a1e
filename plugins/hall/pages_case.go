package hall

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
	"github.com/luohu/ting/plugins/hall/workday"
)

// The answers of a desk's pages about a case.
const (
	actionFind    = "find"
	actionConfirm = "confirm"
	actionKeep    = "keep"
	actionInstead = "instead"

	itemMaterial = "material:"
	itemDispute  = "dispute:"

	fieldReason = "reason"
	fieldWanted = "wanted"
)

// mostCases is how many cases a desk lists; others are found by their number.
const mostCases = 300

func missingYear(year int) view.Notice {
	return view.Notice{Key: view.Key{Key: "calendar"}, Tone: view.Warning,
		Text:   view.Tf("缺 %d 年的工作日历,期限算不出来", "There is no calendar of working days for %d: time limits cannot be told", year),
		Detail: view.T("请管理员按国务院办公厅的放假通知录入。", "The administrator enters it from the State Council's notice.")}
}

// left is what a clerk reads of a case's clock.
func left(f CaseFile, k Clock) view.Text {
	switch {
	case f.Case.State == StateSuspended:
		return view.Tf("暂停,已用 %d 天", "suspended after %d days", k.Used)
	case k.Unlawful:
		return view.Tf("超法定期限,已用 %d 天", "beyond the law, %d days", k.Used)
	case k.Overdue:
		return view.Tf("超承诺期限,已用 %d 天", "overdue, %d days", k.Used)
	case k.Promised.IsZero():
		return view.Text{}
	}
	return view.T(k.Promised.Format("01-02")+" 到期", "due "+k.Promised.Format("01-02"))
}

func casesPage(all []listed, missing *workday.MissingYear, typed string, wrong view.Text) view.Page {
	t := view.Table{Key: view.Key{Key: "cases"},
		Columns: []view.Text{view.T("编号", "Number"), view.T("事项", "Service"), view.T("申请人", "Applicant"), view.T("状态", "State"), view.T("期限", "Time limit")},
		Empty:   view.T("没有要办的件。", "There is nothing to do.")}
	for _, l := range all[:min(len(all), mostCases)] {
		s := l.file.Case.Submitted
		state := l.file.Case.State.Name().ZH
		if len(l.file.Chain.Unsettled()) > 0 {
			state = "有冲突 · " + state
		}
		t.Rows = append(t.Rows, []string{s.Case, s.Name.ZH, s.Applicant.Name, state, left(l.file, l.clock).ZH})
		t.IDs = append(t.IDs, s.Case)
	}
	p := view.Page{
		ID: "cases", Title: view.T("办件", "Cases"),
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
				ID: fieldCode, Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.T("按编号找(已办结的也能找到)", "By number (also those that are over)"), Value: typed, Error: wrong, MaxLen: 64,
			}}},
			t,
		},
		Actions: []view.Action{{ID: actionFind, Label: view.T("查找", "Find"), Icon: "search", Primary: true}},
	}
	if missing != nil {
		p.Body = append([]view.Node{missingYear(missing.Year)}, p.Body...)
	}
	return p
}

func noCasePage(number string) view.Page {
	return view.Page{
		ID: "no-case", Title: view.T("没有找到办件", "There is no such case"), Tone: view.Warning,
		Body: []view.Node{view.Notice{Tone: view.Warning, Text: view.T("没有编号为 "+number+" 的办件", "There is no case "+number),
			Detail: view.T("终端刚提交的要等中心收到;两个月前办结的在中心查。", "One just handed in has to reach the center first; one that was over two months ago is found there.")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("返回", "Back"), Primary: true}},
	}
}

func casePage(f CaseFile, service catalog.Service, cal workday.Calendar, now time.Time, said view.Notice) view.Page {
	s := f.Case.Submitted
	k, clockErr := f.Case.Clock(cal, now)
	applicant := s.Applicant.Name
	if s.Applicant.IDNumber != "" {
		applicant += " " + s.Applicant.IDNumber
	}
	facts := []view.Fact{
		{Label: view.T("状态", "State"), Value: f.Case.State.Name()},
		{Label: view.T("申请人", "Applicant"), Value: view.Same(applicant)},
		{Label: view.T("核验方式", "Identified by"), Value: view.Same(s.Applicant.Way)},
		{Label: view.T("电话", "Telephone"), Value: view.Same(s.Applicant.Phone)},
		{Label: view.T("提交", "Handed in"), Value: stamp(s.At.In(now.Location()))},
	}
	if t := left(f, k); !t.IsZero() {
		facts = append(facts, view.Fact{Label: view.T("期限", "Time limit"), Value: t})
	}
	if !k.Legal.IsZero() {
		facts = append(facts, view.Fact{Label: view.T("法定到期", "By law"), Value: view.Same(k.Legal.Format(time.DateOnly))})
	}
	for _, q := range service.Questions {
		if o, ok := q.Option(s.Answers[q.ID]); ok {
			facts = append(facts, view.Fact{Label: q.Text, Value: o.Label})
		}
	}
	p := view.Page{ID: "case", Title: s.Name}
	var missing *workday.MissingYear
	if errors.As(clockErr, &missing) {
		p.Body = append(p.Body, missingYear(missing.Year))
	}
	for _, d := range f.Chain.Unsettled() {
		name := d.Change.Action.Name()
		p.Body = append(p.Body, view.List{Key: view.Key{Key: "dispute-" + d.Change.ID}, Items: []view.ListItem{{
			ID: itemDispute + d.Change.ID, Icon: "warning",
			Title:  view.T("冲突待核对:"+who(d.Change).ZH+"「"+name.ZH+"」没有执行", "To be settled: \""+name.EN+"\" by "+who(d.Change).EN+" was not made"),
			Detail: view.Same(d.Change.At.In(now.Location()).Format("01-02 15:04")),
		}}})
	}
	p.Body = append(p.Body, view.Receipt{Key: view.Key{Key: "facts"}, Number: s.Case, Facts: facts}, materialsOf(f), historyOf(f, now.Location()))
	for i, a := range f.Case.State.Actions() {
		p.Actions = append(p.Actions, view.Action{ID: string(a), Label: a.Name(), Icon: actionIcons[a], Primary: i == 0})
	}
	return withSaid(p, said)
}

var actionIcons = map[Action]string{
	Accept: "check", Approve: "stamp", HandOut: "upload", Resume: "play", Correct: "edit", Suspend: "pause", Deny: "close", Refuse: "close",
}

// who made a change.
func who(ch Change) view.Text {
	if ch.By == "" {
		return view.T("申请人", "the applicant")
	}
	return view.Same(ch.By)
}

func materialsOf(f CaseFile) view.List {
	list := view.List{Key: view.Key{Key: "materials"}}
	for _, h := range f.Case.Materials {
		item := view.ListItem{Title: h.Name}
		switch h.How {
		case Paperless:
			item.Icon, item.Detail = "check-circle", view.T("电子证照 "+h.Holding, "Held electronically, "+h.Holding)
		case Later:
			item.Icon, item.Detail = "clock", view.T("容缺,还没补来", "To follow, not here yet")
		default:
			item.ID, item.Icon, item.Detail = itemMaterial+h.Material, "photo", view.Tf("%d 页,点开查看", "%d pages, touch to see", len(h.Pages))
		}
		list.Items = append(list.Items, item)
	}
	list.Items = append(list.Items, view.ListItem{ID: itemMaterial + "signature", Title: view.T("申请人签名", "Signature"), Icon: "signature"})
	return list
}

func historyOf(f CaseFile, zone *time.Location) view.Table {
	t := view.Table{Key: view.Key{Key: "history"}, Columns: []view.Text{view.T("时间", "Time"), view.T("处理", "Done"), view.T("谁", "By"), view.T("窗口", "Counter"), view.T("说明", "Reason")},
		Empty: view.T("还没有处理记录。", "Nothing has been done yet.")}
	for _, ch := range f.Case.History {
		t.Rows = append(t.Rows, []string{ch.At.In(zone).Format("01-02 15:04"), ch.Action.Name().ZH, who(ch).ZH, ch.Window, ch.Reason})
	}
	return t
}

// mostReason is how long a reason may be.
const mostReason = 200

func decidePage(f CaseFile, a Action, ch Change, wrong view.Text) view.Page {
	name := a.Name()
	p := view.Page{
		ID: "decide-" + string(a), Title: view.T(name.ZH+":"+f.Case.Submitted.Name.ZH, name.EN+": "+f.Case.Submitted.Name.EN),
		Body: []view.Node{view.Receipt{Key: view.Key{Key: "facts"}, Number: f.Case.Submitted.Case, Facts: []view.Fact{
			{Label: view.T("申请人", "Applicant"), Value: view.Same(f.Case.Submitted.Applicant.Name)},
			{Label: view.T("现在", "Now"), Value: f.Case.State.Name()},
			{Label: view.T("将变为", "Then"), Value: rules[a].to.Name()},
		}}},
		Actions: []view.Action{{ID: actionConfirm, Label: view.T("确认"+name.ZH, "Confirm: "+name.EN), Icon: actionIcons[a], Primary: true}},
	}
	var fields []view.Field
	if a == Correct {
		wanted := view.Field{ID: fieldWanted, Kind: view.FieldChoices, Label: view.T("要补正的材料(一次说全)", "What is to be handed in again (all of it at once)"), Chosen: ch.Wanted, Required: true, Min: "1"}
		for _, h := range f.Case.Materials {
			wanted.Options = append(wanted.Options, view.Option{Value: h.Material, Label: h.Name})
		}
		fields = append(fields, wanted)
	}
	if a.NeedsReason() {
		fields = append(fields, view.Field{ID: fieldReason, Kind: view.FieldText, Label: view.T("理由(申请人会看到)", "Reason (the applicant reads it)"), Value: ch.Reason, Error: wrong, Required: true, MaxLen: mostReason})
	}
	if len(fields) > 0 {
		p.Body = append(p.Body, view.Form{Key: view.Key{Key: "form"}, Fields: fields})
	}
	return p
}

func disputePage(f CaseFile, d Disputed[Change]) view.Page {
	ch := d.Change
	name := ch.Action.Name()
	p := view.Page{
		ID: "dispute", Title: view.T("核对冲突", "Two entries do not agree"), Tone: view.Warning,
		Body: []view.Node{
			view.TextNode{Text: view.T("两边依据的是同一个版本(多半是断网时各自处理的)。系统没有用后到的盖掉先到的,请您核对后决定。",
				"Both were made upon the same version, most likely without a network. Nothing was overwritten; please decide.")},
			view.Table{Key: view.Key{Key: "both"}, Columns: []view.Text{view.Same(""), view.T("现在的办件", "The case as it is"), view.T("没有执行的处理", "What was not made")}, Rows: [][]string{
				{"状态/处理", f.Case.State.Name().ZH, name.ZH},
				{"谁", lastBy(f), who(ch).ZH + " " + ch.Window},
				{"依据版本", fmt.Sprint(f.Chain.Version), fmt.Sprint(ch.Expected)},
				{"说明", lastReason(f), strings.TrimSpace(ch.Reason + " " + strings.Join(ch.Wanted, " "))},
			}},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
				ID: fieldReason, Kind: view.FieldText, Label: view.T("核对说明", "What you found"), Required: true, MaxLen: mostReason,
			}}},
		},
		Actions: []view.Action{{ID: actionKeep, Label: view.T("维持现在的办件", "Keep the case as it is"), Icon: "check", Primary: true}},
	}
	if r := rules[ch.Action]; !r.applicant && r.to != "" && f.Case.canBe(ch.Action) {
		p.Actions = append(p.Actions, view.Action{ID: actionInstead, Label: view.T("改按「"+name.ZH+"」处理", "Make it \""+name.EN+"\""), Icon: "edit", Primary: true})
	}
	return p
}

// canBe reports whether an action can be done in the state the case is in.
func (c *Case) canBe(a Action) bool {
	for _, s := range rules[a].from {
		if s == c.State {
			return true
		}
	}
	return false
}

func lastBy(f CaseFile) string {
	if n := len(f.Case.History); n > 0 {
		return who(f.Case.History[n-1]).ZH + " " + f.Case.History[n-1].Window
	}
	return "申请人"
}

func lastReason(f CaseFile) string {
	if n := len(f.Case.History); n > 0 {
		return f.Case.History[n-1].Reason
	}
	return ""
}

func picturesPage(name view.Text, pictures []picture, missing int) view.Page {
	p := view.Page{
		ID: "pictures", Title: name,
		Actions: []view.Action{{ID: actionDone, Label: view.T("返回", "Back"), Primary: true}},
	}
	for i, one := range pictures {
		p.Body = append(p.Body, view.Picture{Key: view.Key{Key: fmt.Sprint("page-", i)}, Data: one.bytes,
			Alt: view.T(fmt.Sprintf("%s 第 %d 页", name.ZH, i+1), fmt.Sprintf("%s, page %d", name.EN, i+1)), Caption: view.Tf("第 %d 页", "Page %d", i+1)})
	}
	if missing > 0 {
		p.Body = append(p.Body, view.Notice{Tone: view.Warning, Text: view.Tf("还有 %d 页没有传到", "%d pages have not come yet", missing),
			Detail: view.T("终端恢复网络后会自动补齐。", "They follow by themselves when the terminal has a network again.")})
	}
	return p
}
