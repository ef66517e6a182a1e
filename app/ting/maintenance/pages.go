package maintenance

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// What can be touched.
const (
	tileDevices  = "devices"
	tileJournal  = "journal"
	tileNetwork  = "network"
	tileVersions = "versions"
	tileLog      = "log"
	tileOperate  = "operate"

	actionAgain   = "again"
	actionVerify  = "verify"
	actionConfirm = "confirm"
	actionDone    = "done"
	actionPrints  = "prints"

	operateSpeak    = "speak"
	operateRestart  = "restart"
	operateReboot   = "reboot"
	operateShutdown = "shutdown"
	operateLeave    = "leave"
)

var (
	done  = view.Action{ID: actionDone, Label: view.T("返回", "Back"), Icon: "back"}
	again = view.Action{ID: actionAgain, Label: view.T("刷新", "Refresh"), Primary: true}
	key   = view.Key{Key: "list"}
)

func busyPage(text view.Text) view.Page {
	return view.Page{ID: "maintenance-busy", Tone: view.Busy, Title: text}
}

func refusedPage() view.Page {
	return view.Page{
		ID: "maintenance-refused", Tone: view.Refusal, Title: view.T("您没有维护本机的权限", "You may not maintain this terminal"),
		Body:    []view.Node{view.Notice{Tone: view.Refusal, Text: view.T("请联系本机的管理员。", "Please ask whoever looks after this terminal.")}},
		Actions: []view.Action{done}, Timeout: 15 * time.Second,
	}
}

// menuPage sums everything up, so that most visits end here.
func (v *visit) menuPage(j Journal, journalErr error) view.Page {
	good := view.T("一切正常", "All is well")
	devices := good
	if n := bad(v.c.Devices()) + bad(v.c.Modules()); n > 0 {
		devices = view.Tf("%d 项需要处理", "%d need somebody", n)
	}
	records := view.Tf("待上传 %d 条", "%d to send", j.Unsent)
	if journalErr != nil || j.Failure != nil {
		records = view.T("记录有问题", "The records are in trouble")
	}
	net := v.c.Network()
	line := view.T("未联网", "Offline")
	switch {
	case net.Center == "":
		line = view.T("单机运行", "On its own")
	case net.Online:
		line = view.T("已联网", "Online")
	}
	warnings := 0
	for _, l := range v.c.Log() {
		if l.Level >= slog.LevelWarn {
			warnings++
		}
	}
	tiles := []view.Tile{
		{ID: tileDevices, Title: view.T("设备", "Devices"), Detail: devices, Icon: "tool"},
		{ID: tileJournal, Title: view.T("记录", "Records"), Detail: records, Icon: "document"},
		{ID: tileNetwork, Title: view.T("网络", "Network"), Detail: line, Icon: "network"},
		{ID: tileVersions, Title: view.T("版本与模块", "Versions"), Detail: view.Same(v.c.Version), Icon: "info"},
		{ID: tileLog, Title: view.T("运行日志", "Log"), Detail: view.Tf("近期警告 %d 条", "%d warnings lately", warnings), Icon: "list"},
	}
	if len(v.allowed()) > 0 {
		tiles = append(tiles, view.Tile{ID: tileOperate, Title: view.T("操作", "Operate"), Detail: view.T("重启、试音等", "Restart, sound and more"), Icon: "settings"})
	}
	return view.Page{
		ID: "maintenance", Title: view.T("本机维护", "Maintenance"),
		Body:    []view.Node{view.Tiles{Key: key, Tiles: tiles}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("离开维护", "Leave maintenance"), Icon: "close"}},
	}
}

func bad(states []State) int {
	n := 0
	for _, s := range states {
		if !s.Good {
			n++
		}
	}
	return n
}

func item(name view.Text, state view.Text, good bool) view.ListItem {
	icon := "check-circle"
	if !good {
		icon = "warning"
	}
	return view.ListItem{Title: name, Detail: state, Icon: icon}
}

func statesPage(id string, title view.Text, states []State) view.Page {
	var items []view.ListItem
	for _, s := range states {
		items = append(items, item(s.Name, s.State, s.Good))
	}
	return view.Page{
		ID: id, Title: title,
		Body:    []view.Node{view.List{Key: key, Items: items, Empty: view.T("没有设备", "There is none")}},
		Actions: []view.Action{done, again},
	}
}

func (v *visit) devicesPage() view.Page {
	p := statesPage("maintenance-devices", view.T("设备", "Devices"), v.c.Devices())
	if v.c.Prints != nil {
		p.Actions = []view.Action{done, {ID: actionPrints, Label: view.T("打印记录", "What was printed"), Icon: "printer"}, again}
	}
	return p
}

// printID is what touching a print answers with.
func printID(p Print) string { return fmt.Sprintf("print-%d", p.ID) }

func printsPage(all []Print) view.Page {
	var items []view.ListItem
	for _, p := range all {
		when := p.At.Local().Format("01-02 15:04:05")
		i := item(p.What, view.T(when+"  "+p.State.ZH, when+"  "+p.State.EN), p.Good)
		if p.Again {
			i.ID, i.Icon = printID(p), "printer"
		}
		items = append(items, i)
	}
	return view.Page{
		ID: "maintenance-prints", Title: view.T("打印记录", "What was printed"),
		Body: []view.Node{
			view.TextNode{Text: view.T("点按带打印机图标的一条,可以补打。内容只在内存中保留 15 分钟。",
				"Touch one with a printer beside it to print it again. What stood on it is kept in memory for 15 minutes only.")},
			view.List{Key: key, Items: items, Empty: view.T("还没有打印过", "Nothing was printed yet")},
		},
		Actions: []view.Action{done, again},
	}
}

func reprintPage(p Print) view.Page {
	when := p.At.Local().Format("15:04:05")
	return view.Page{
		ID: "maintenance-reprint", Tone: view.Warning, Icon: "printer", Title: view.T("要补打这一张吗?", "Print this one again?"),
		Body: []view.Node{view.Notice{
			Text:   view.T(p.What.ZH+" · "+when, p.What.EN+" · "+when),
			Detail: view.T("补打的小票会标明“补打”。您的操作会被记录。", "It is marked as a reprint. What you do is recorded."),
		}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("取消", "Cancel")}, {ID: actionConfirm, Label: view.T("补打", "Print"), Primary: true}},
		Timeout: 30 * time.Second,
	}
}

func (v *visit) journalPage(j Journal, err error) view.Page {
	now := v.s.Now()
	items := []view.ListItem{item(view.T("待上传", "To be sent"), view.Tf("%d 条", "%d records", j.Unsent), true)}
	if !j.Oldest.IsZero() {
		items = append(items, item(view.T("最早一条", "The oldest of them"), ago(now, j.Oldest), now.Sub(j.Oldest) < 24*time.Hour))
	}
	full := j.FullSince.IsZero()
	items = append(items,
		item(view.T("记录文件", "The journal's size"), size(j.Size), true),
		item(view.T("磁盘余量", "Room left on the disk"), size(j.Free), full),
		item(view.T("纪元", "Epoch"), view.Same(fmt.Sprint(j.Epoch)), true))
	if !full {
		items = append(items, item(view.T("磁盘已满", "The disk is full"), ago(now, j.FullSince), false))
	}
	for _, e := range []error{j.Failure, err} {
		if e != nil {
			items = append(items, item(view.T("故障", "Failure"), view.Same(brief(e.Error())), false))
		}
	}
	return view.Page{
		ID: "maintenance-journal", Title: view.T("记录", "Records"),
		Body:    []view.Node{view.List{Key: key, Items: items}},
		Actions: []view.Action{done, {ID: actionVerify, Label: view.T("逐条校验", "Check them all"), Icon: "shield"}, again},
	}
}

func verifiedPage(records int64, err error) view.Page {
	p := view.Page{ID: "maintenance-verified", Tone: view.Success, Title: view.T("记录完好", "The records are in order"), Actions: []view.Action{done}}
	text := view.Tf("共 %d 条,每一条都与前一条相符。", "%d records, and each continues the one before it.", records)
	if err != nil {
		p.Tone, p.Title = view.Warning, view.T("记录有问题", "The records are not in order")
		text = view.Same(brief(err.Error()))
	}
	p.Body = []view.Node{view.Notice{Tone: p.Tone, Text: text}}
	return p
}

func (v *visit) networkPage(n Network) view.Page {
	var items []view.ListItem
	add := func(zh, en string, state view.Text, good bool) {
		items = append(items, item(view.T(zh, en), state, good))
	}
	switch n.Center {
	case "":
		add("区级中心", "Center", view.T("没有设置,单机运行", "none is set; this terminal works on its own"), true)
	default:
		add("区级中心", "Center", view.Same(n.Center), n.Enrolled)
		state := view.T("未联网,记录保存在本机", "offline; records are kept here")
		if n.Online {
			state = view.T("已联网", "online")
		}
		if !n.Enrolled {
			state = view.T("本机尚未在中心登记", "this terminal is not enrolled at the center")
		}
		add("线路", "Line", state, n.Online)
		if !n.LastContact.IsZero() {
			add("最近联系", "Last contact", ago(v.s.Now(), n.LastContact), n.Online)
		}
		if n.Trouble != "" {
			add("原因", "Why", view.Same(brief(n.Trouble)), false)
		}
		if n.Hint != "" {
			add("可以这样处理", "What to do", view.Same(brief(n.Hint)), false)
		}
		if n.ClockError.Abs() >= time.Second {
			add("时钟相差", "The clock is off by", view.Same(n.ClockError.Round(time.Second).String()), n.ClockError.Abs() < time.Minute)
		}
		if !n.Certificate.IsZero() {
			add("证书到期", "Certificate expires", view.Same(n.Certificate.Format(time.DateOnly)), n.Certificate.Sub(v.s.Now()) > 14*24*time.Hour)
		}
	}
	addresses := view.T("没有网络地址", "none")
	if len(n.Addresses) > 0 {
		addresses = view.Same(strings.Join(n.Addresses, "  "))
	}
	add("本机地址", "This machine's addresses", addresses, len(n.Addresses) > 0)
	return view.Page{
		ID: "maintenance-network", Title: view.T("网络", "Network"),
		Body: append(admission(n), view.List{Key: key, Items: items}), Actions: []view.Action{done, again},
	}
}

// admission is what an administrator needs to let this terminal in.
func admission(n Network) []view.Node {
	if n.QR == "" || n.Enrolled {
		return nil
	}
	return []view.Node{
		view.QRCode{Data: n.QR, Label: view.T("请管理员扫码,在控制台批准本机", "An administrator scans this and approves the terminal in the console")},
		view.Notice{
			Text:   view.T("核对码 "+n.Digits[:3]+" "+n.Digits[3:], "Digits "+n.Digits[:3]+" "+n.Digits[3:]),
			Detail: view.T("不能扫码时,在控制台的“终端登记”中输入这六位数字。", "Without a scanner, type these six digits on the console's page Enrolment.")},
	}
}

func (v *visit) versionsPage() view.Page {
	states := []State{
		{view.T("终端程序", "This program"), view.Same(v.c.Version), true},
		{view.T("已运行", "Running since"), ago(v.s.Now(), v.c.Started), true},
	}
	return statesPage("maintenance-versions", view.T("版本与模块", "Versions and modules"), append(states, v.c.Modules()...))
}

func logPage(lines []Line) view.Page {
	items := make([]view.ListItem, 0, len(lines))
	for i := len(lines) - 1; i >= 0; i-- {
		l := lines[i]
		icon := "info"
		if l.Level >= slog.LevelWarn {
			icon = "warning"
		}
		items = append(items, view.ListItem{Title: view.Same(brief(l.Text)), Detail: view.Same(l.Time.Format(time.DateTime) + "  " + l.Level.String()), Icon: icon})
	}
	return view.Page{
		ID: "maintenance-log", Title: view.T("运行日志", "Log"),
		Body:    []view.Node{view.List{Key: key, Items: items, Empty: view.T("还没有日志", "Nothing yet")}},
		Actions: []view.Action{done, again},
	}
}

// operation is something that can be done, and how it is asked about.
type operation struct {
	name, detail, ask, done view.Text
	icon                    string
}

var operations = map[string]operation{
	operateSpeak: {name: view.T("试听扬声器", "Test the speaker"), detail: view.T("播放一句话", "Plays a sentence"), icon: "speak"},
	operateRestart: {
		name: view.T("重启终端程序", "Restart the program"), detail: view.T("几秒钟后恢复", "Back within seconds"), icon: "busy",
		ask: view.T("要重启终端程序吗?", "Restart the program?"), done: view.T("正在重启,请稍候", "Restarting, one moment please"),
	},
	operateReboot: {
		name: view.T("重启机器", "Restart the machine"), detail: view.T("一两分钟后恢复", "Back within minutes"), icon: "tool",
		ask: view.T("要重启这台机器吗?", "Restart this machine?"), done: view.T("正在重启机器", "Restarting the machine"),
	},
	operateShutdown: {
		name: view.T("关机", "Shut down"), detail: view.T("需要到现场开机", "Somebody must come to start it again"), icon: "pause",
		ask: view.T("要关闭这台机器吗?", "Shut this machine down?"), done: view.T("正在关机", "Shutting down"),
	},
	operateLeave: {
		name: view.T("退出终端程序", "Leave the program"), detail: view.T("回到操作系统", "To the operating system"), icon: "close",
		ask: view.T("要退出终端程序吗?", "Leave the program?"), done: view.T("正在退出", "Leaving"),
	},
}

// allowed is what may be done with this terminal.
func (v *visit) allowed() (tiles []view.Tile) {
	for _, o := range []struct {
		id      string
		allowed bool
	}{
		{operateSpeak, v.c.Speak != nil}, {operateRestart, v.c.Restart != nil}, {operateReboot, v.c.Reboot != nil},
		{operateShutdown, v.c.Shutdown != nil}, {operateLeave, v.c.Leave != nil},
	} {
		if o.allowed {
			op := operations[o.id]
			tiles = append(tiles, view.Tile{ID: o.id, Title: op.name, Detail: op.detail, Icon: op.icon})
		}
	}
	return tiles
}

func (v *visit) operatePage() view.Page {
	return view.Page{
		ID: "maintenance-operate", Title: view.T("操作", "Operate"),
		Body: []view.Node{view.Tiles{Key: key, Tiles: v.allowed()}}, Actions: []view.Action{done},
	}
}

func confirmPage(what string) view.Page {
	op := operations[what]
	return view.Page{
		ID: "maintenance-confirm", Tone: view.Warning, Icon: op.icon, Title: op.ask,
		Body: []view.Node{view.TextNode{Text: view.T("您的操作会被记录。记录都已保存在本机,不会丢失。",
			"What you do is recorded. All records are safe on this terminal; none will be lost.")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("取消", "Cancel")}, {ID: actionConfirm, Label: view.T("确定", "Yes"), Primary: true}},
		Timeout: 30 * time.Second,
	}
}

func failedPage(err error) view.Page {
	return view.Page{
		ID: "maintenance-failed", Tone: view.Warning, Title: view.T("没有做成", "This did not work"),
		Body: []view.Node{view.Notice{Tone: view.Warning, Text: view.Same(brief(err.Error()))}}, Actions: []view.Action{done},
	}
}

func spokenPage(err error) view.Page {
	if err != nil {
		p := failedPage(err)
		p.Title = view.T("扬声器没有声音", "The speaker cannot be heard")
		return p
	}
	return view.Page{
		ID: "maintenance-spoken", Tone: view.Success, Title: view.T("播放完了", "It was played"),
		Body:    []view.Node{view.Notice{Tone: view.Success, Text: view.T("没有听到?请检查音量和接线。", "Heard nothing? Check the volume and the cable.")}},
		Actions: []view.Action{done},
	}
}

// ago says how long something lasts.
func ago(now, t time.Time) view.Text {
	d := max(now.Sub(t), 0)
	switch {
	case d < time.Minute:
		return view.T("不到 1 分钟", "less than a minute")
	case d < time.Hour:
		return view.Tf("%d 分钟", "%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return view.Tf("%d 小时", "%d h", int(d.Hours()))
	}
	return view.Tf("%d 天", "%d days", int(d.Hours()/24))
}

func size(bytes int64) view.Text {
	switch {
	case bytes >= 10<<30:
		return view.Same(fmt.Sprintf("%d GiB", bytes>>30))
	case bytes >= 10<<20:
		return view.Same(fmt.Sprintf("%d MiB", bytes>>20))
	}
	return view.Same(fmt.Sprintf("%d KiB", (bytes+1023)>>10))
}

// brief keeps an error to what stands in two lines.
func brief(s string) string {
	const most = 160
	rs := []rune(strings.Join(strings.Fields(s), " "))
	if len(rs) > most {
		return string(rs[:most]) + "…"
	}
	return string(rs)
}
