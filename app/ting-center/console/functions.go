package console

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"time"

	qrcode "github.com/skip2/go-qrcode"

	"github.com/luohu/ting/kiosk/view"
)

// functions are what the templates call; times are shown in the district's zone.
func (c *Console) functions() template.FuncMap {
	zone := c.opt.Zone
	moment := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05") }
	return template.FuncMap{
		"nodes":   func(l view.Lang, p view.Page) nodesOf { return nodesOf{l, p} },
		"node":    drawn,
		"of":      func(p page, data any) page { p.Data = data; return p },
		"clock":   func(t time.Time) string { return t.In(zone).Format("15:04:05") },
		"hour":    func(t time.Time) string { return t.In(zone).Format("01-02 15:00") },
		"date":    moment,
		"day":     func(t time.Time) string { return t.In(zone).Format(time.DateOnly) },
		"way":     func(l view.Lang, way string) string { return wayTitle(way).In(l) },
		"cause":   func(l view.Lang, cause string) string { return causeTitle(cause).In(l) },
		"iso":     func(t time.Time) string { return t.In(zone).Format(time.RFC3339) },
		"unix":    func(t time.Time) int64 { return t.Unix() },
		"ago":     func(l view.Lang, t time.Time) string { return ago(c.opt.Center.Now().Sub(t)).In(l) },
		"left":    func(l view.Lang, t time.Time) string { return left(t.Sub(c.opt.Center.Now())).In(l) },
		"gone":    func(t time.Time) bool { return !t.After(c.opt.Center.Now()) },
		"seconds": seconds,
		"span":    func(l view.Lang, d time.Duration) string { return span(d).In(l) },
		"count":   count,
		"qr":      qrPicture,
		"add":     func(a, b int) int { return a + b },
		"action":  actionTitle,
		"may":     func(r Role, p Permission) bool { return r.May(p) },
	}
}

// ago says how long ago something was.
func ago(d time.Duration) view.Text {
	switch {
	case d < 5*time.Second:
		return view.T("刚刚", "just now")
	case d < time.Minute:
		return view.Tf("%d 秒前", "%d s ago", int(d.Seconds()))
	case d < time.Hour:
		return view.Tf("%d 分钟前", "%d min ago", int(d.Minutes()))
	case d < 24*time.Hour:
		return view.Tf("%d 小时前", "%d h ago", int(d.Hours()))
	}
	return view.Tf("%d 天前", "%d d ago", int(d.Hours()/24))
}

// left says how long it is until something.
func left(d time.Duration) view.Text {
	switch {
	case d <= 0:
		return view.T("已过期", "expired")
	case d < time.Hour:
		return view.Tf("剩 %d 分钟", "%d min left", int(d.Minutes())+1)
	case d < 48*time.Hour:
		return view.Tf("剩 %d 小时", "%d h left", int(d.Hours()))
	}
	return view.Tf("剩 %d 天", "%d d left", int(d.Hours()/24))
}

// seconds writes how far a clock is off.
func seconds(d time.Duration) string {
	if d.Abs() < 500*time.Millisecond {
		return "0 s"
	}
	return fmt.Sprintf("%+.0f s", d.Seconds())
}

// span says how long something is.
func span(d time.Duration) view.Text {
	switch {
	case d < time.Hour:
		return view.Tf("%d 分钟", "%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return view.Tf("%d 小时", "%d h", int(d.Hours()))
	}
	return view.Tf("%d 天", "%d d", int(d.Hours()/24))
}

// count writes a number with its thousands apart.
func count(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "\u2009" + s[i:]
	}
	return s
}

// qrPicture draws a QR code as a picture within the page.
func qrPicture(data string) (template.URL, error) {
	png, err := qrcode.Encode(data, qrcode.Medium, 240)
	if err != nil {
		return "", err
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)), nil
}

// actionTitles say the audit log's actions in words.
var actionTitles = map[string]view.Text{
	"console.signin":      view.T("登录", "signed in"),
	"console.signout":     view.T("退出", "signed out"),
	"account.make":        view.T("新建账号", "made an account"),
	"account.role":        view.T("更改角色", "changed a role"),
	"account.password":    view.T("设置密码", "set a password"),
	"account.disable":     view.T("停用账号", "disabled an account"),
	"account.enable":      view.T("启用账号", "enabled an account"),
	"account.signout":     view.T("强制退出", "signed somebody out"),
	"account.locked":      view.T("账号暂时锁定", "account locked for a while"),
	"code.make":           view.T("生成登记码", "made an enrolment code"),
	"code.drop":           view.T("作废登记码", "voided enrolment codes"),
	"terminal.enrol":      view.T("终端登记", "terminal enrolled"),
	"terminal.renew":      view.T("证书续期", "certificate renewed"),
	"terminal.revoked":    view.T("停用终端", "revoked a terminal"),
	"terminal.quarantine": view.T("终端隔离", "terminal quarantined"),
	"terminal.approve":    view.T("批准登记", "let a terminal in"),
	"terminal.refuse":     view.T("拒绝登记", "kept a terminal out"),
	"terminal.guessed":    view.T("核对码多次输错", "digits guessed at too often"),
	"fork.keep":           view.T("保留旧纪元的分叉", "kept a fork of an old epoch"),
	"fork.propose":        view.T("提出计入分叉", "proposed to take a fork in"),
	"fork.adopt":          view.T("计入分叉", "took a fork in"),
	"fork.dismiss":        view.T("不计入分叉", "dismissed a fork"),
	"fork.reopen":         view.T("重新打开分叉", "opened a fork again"),
	"letter.replay":       view.T("重放记录", "replayed records"),
	"letter.read":         view.T("查看记录内容", "read a record"),
	"letter.accepted":     view.T("记录不计入", "accepted a record as void"),
	"letter.compensated":  view.T("补记更正", "recorded a correction"),
	"letter.undo":         view.T("撤销处理", "undid a decision"),
	"consent.withdraw":    view.T("登记撤回同意", "recorded a withdrawal"),
	"faces.soon":          view.T("存储人脸达到 8 万人", "faces of 80,000 persons are stored"),
	"faces.duty":          view.T("存储人脸达到 10 万人，须备案", "faces of 100,000 persons are stored: to be filed"),
	"person.export":       view.T("导出个人信息", "exported what is known of a person"),
	"person.reveal":       view.T("查看完整姓名", "looked at a full name"),
	"policy.retention":    view.T("设置人脸保存期限", "set how long faces are kept"),
	"projection.rebuild":  view.T("重建数据", "rebuilt a projection"),
	"center.backup":       view.T("备份", "backup"),
	"center.restored":     view.T("从备份恢复", "restored from a backup"),
	"audit.verify":        view.T("校验操作记录", "verified the audit log"),
	"audit.export":        view.T("导出操作记录", "exported the audit log"),
	"audit.broken":        view.T("操作记录校验失败", "the audit log did not verify"),
}

func actionTitle(l view.Lang, action string) string {
	if t, ok := actionTitles[action]; ok {
		return t.In(l)
	}
	return action
}
