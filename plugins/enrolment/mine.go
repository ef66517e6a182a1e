package enrolment

import (
	"context"
	"encoding/json"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// mine shows the identified person himself what is known of him here. The whole
// extract, with the records of every module, is the center's to give.
func (e *Enrolment) mine(ctx context.Context, s kiosk.Session) error {
	p, err := identify(ctx, s, kiosk.IdentifyRequest{
		Prompt:  view.T("请先证明您是谁,然后查看您的信息", "Show who you are, then see what is known of you"),
		Purpose: recognisedFor(e.purposes),
	})
	if err != nil {
		return err
	}
	var row ConsentsRow
	known := true
	r, err := s.Lookup(ctx, FeedConsents, p.ID)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		err = json.Unmarshal(r.JSON, &row)
	case kiosk.CodeOf(err) == kiosk.CodeNotFound:
		err = nil
	}
	if err != nil {
		known = false // not granted, or unreadable: the page says so, and whom to ask
	}
	a, err := choose(ctx, s, minePage(p, row, known, e.purposes))
	if err != nil {
		return err
	}
	switch a.Action {
	case actionWithdraw:
		return e.withdrawFor(ctx, s, p)
	case actionEnrol:
		return e.enrolAnew(ctx, s, p)
	}
	return nil
}

// enrolAnew asks somebody identified to agree to the newest text.
func (e *Enrolment) enrolAnew(ctx context.Context, s kiosk.Session, p kiosk.Person) error {
	text := wording(e.purposes)
	if _, err := choose(ctx, s, consentPage(text)); err != nil {
		return err
	}
	a, err := e.agree(ctx, s, p, "")
	if err != nil {
		return err
	}
	return e.take(ctx, s, p, text, a)
}

// outdated reports whether somebody agreed to another text than today's.
func (r ConsentsRow) outdated() bool {
	for _, s := range r.Said {
		if s.Given && s.TextVersion != TextVersion {
			return true
		}
	}
	return false
}

func (r ConsentsRow) given() bool {
	for _, s := range r.Said {
		if s.Given {
			return true
		}
	}
	return false
}

func minePage(p kiosk.Person, row ConsentsRow, known bool, purposes []Purpose) view.Page {
	page := view.Page{
		ID:    "mine",
		Title: view.T("我的信息", "What is known of me"),
		Body: []view.Node{view.Receipt{Key: view.Key{Key: "profile"}, Number: p.ID, Facts: []view.Fact{
			{Label: view.T("姓名", "Name"), Value: view.Same(view.MaskName(p.Name))},
			{Label: view.T("班级或部门", "Class or department"), Value: view.Same(orDash(p.Group))},
			{Label: view.T("身份", "Role"), Value: roleTitle(p.Role)},
		}}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}},
	}
	if !known {
		page.Body = append(page.Body, view.Notice{Tone: view.Warning, Text: view.T("本机暂时查不到您的同意记录", "This terminal cannot read your consents right now"),
			Detail: view.T("请找工作人员查询。", "Please ask the staff.")})
		return page
	}
	if row.outdated() {
		page.Body = append(page.Body, view.Notice{Tone: view.Warning, Text: view.T("同意书已更新,请重新确认", "The consent text has changed; please decide anew"),
			Detail: view.T("您同意的是旧版本:在重新确认之前,旧的同意仍按原来的内容有效。", "You agreed to an older version, which holds as it was until you decide.")})
		page.Actions = append(page.Actions, view.Action{ID: actionEnrol, Label: view.T("阅读新版本", "Read the new version")})
	}
	said := view.List{Key: view.Key{Key: "said"}, Empty: view.T("没有同意过使用人脸", "You have not agreed to the use of your face")}
	for _, w := range row.Said {
		title := titleOf(w.Purpose)
		if w.Purpose == "" {
			title = view.T("全部用途", "Every purpose")
		}
		item := view.ListItem{Icon: "withdraw", Title: title, Detail: view.T("已撤回,"+day(w.Withdrawn), "Withdrawn, "+day(w.Withdrawn))}
		if w.Given {
			item.Icon = "check-circle"
			item.Detail = view.T("同意,"+day(w.Consented)+",文本 "+orDash(w.TextVersion)+givenByChild(w).ZH,
				"Agreed, "+day(w.Consented)+", text "+orDash(w.TextVersion)+givenByChild(w).EN)
		}
		said.Items = append(said.Items, item)
	}
	held := view.List{Key: view.Key{Key: "held"}, Empty: view.T("没有终端保存您的人脸模板", "No terminal keeps a template of your face")}
	for _, t := range row.Templates {
		item := view.ListItem{Icon: "face", Title: view.Same(t.Terminal), Detail: view.T("保存人脸模板,自 "+day(t.Stored), "Keeps a face template since "+day(t.Stored))}
		if !t.Erased.IsZero() {
			item.Icon = "erase"
			item.Detail = view.T("人脸模板已于 "+day(t.Erased)+" 删除", "The face template was deleted on "+day(t.Erased))
		}
		held.Items = append(held.Items, item)
	}
	page.Body = append(page.Body, said, held, view.TextNode{Text: view.T(
		"人脸模板本身不能查看,也不会离开所在终端。进出、就餐等业务记录的完整档案,可凭证件向学校或服务窗口申请导出。",
		"A template itself cannot be looked at and never leaves its terminal. The whole extract, with the records of every service, is given at the office.")})
	if row.given() {
		page.Actions = append(page.Actions, view.Action{ID: actionWithdraw, Label: view.T("撤回同意", "Withdraw consent")})
	}
	return page
}

// givenByChild names the guardian where somebody else agreed.
func givenByChild(w Said) view.Text {
	if w.GivenBy == "" || w.GivenBy == "self" {
		return view.Text{}
	}
	return view.T(",由监护人同意", ", by a guardian")
}

func day(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

func roleTitle(role string) view.Text {
	switch role {
	case "pupil":
		return view.T("学生", "Pupil")
	case "staff":
		return view.T("教职工", "Staff")
	case "visitor":
		return view.T("访客", "Visitor")
	case "citizen":
		return view.T("居民", "Citizen")
	}
	return view.Same(orDash(role))
}
