package center

import (
	"fmt"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/canteen"
)

// How much of a kind a board lists.
const (
	boardShifts   = 20
	boardDoubts   = 50
	boardBalances = 2000
)

// doubts are what somebody has to look at: second refunds of a sale, refunds
// whose sale never came, tills whose clock is ahead, and meals sold in spite of
// an allergy.
func (b *boardOf) doubts() ([]view.Node, error) {
	type doubt struct {
		kind, person, title, sale, allergens, confirmed string
		moved, ahead, sales                             int64
		at                                              int64
	}
	var list []doubt
	err := b.q.Each(`SELECT kind, person, title, sale, allergens, confirmed, moved, ahead, at,
		(SELECT COUNT(*) FROM canteen_transactions s WHERE s.site = t.site AND s.id = t.sale)
		FROM canteen_transactions t WHERE site = ? AND at >= ? AND (moved = 0 OR ahead = 1 OR confirmed <> '' OR
		kind = 'refund' AND NOT EXISTS (SELECT 1 FROM canteen_transactions s WHERE s.site = t.site AND s.id = t.sale))
		ORDER BY at DESC, id DESC LIMIT ?`, []any{b.site, b.now.AddDate(0, 0, -7).UnixMicro(), boardDoubts}, func(scan func(...any) error) error {
		var d doubt
		err := scan(&d.kind, &d.person, &d.title, &d.sale, &d.allergens, &d.confirmed, &d.moved, &d.ahead, &d.at, &d.sales)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, d := range list {
		who, err := b.names.find(d.person)
		if err != nil {
			return nil, err
		}
		var why []string
		if d.moved == 0 {
			why = append(why, "重复退餐,未入账 Refunded before; not booked")
		}
		if d.kind == canteen.EntryRefund && d.sales == 0 {
			why = append(why, "原消费尚未到达 Its sale has not arrived")
		}
		if d.ahead == 1 {
			why = append(why, "本机时钟快了 The till's clock was ahead")
		}
		if d.confirmed != "" {
			by, err := b.names.find(d.confirmed)
			if err != nil {
				return nil, err
			}
			why = append(why, fmt.Sprintf("过敏原(%s)经 %s 确认 Allergen confirmed", allergens(d.allergens), by.Name))
		}
		rows = append(rows, []string{b.clock(d.at), who.Name, strings.TrimSpace(canteen.KindText(d.kind).ZH + " " + d.title), strings.Join(why, "; ")})
	}
	return []view.Node{
		heading("doubts", view.T("需要核对(近七天)", "To be looked at (seven days)")),
		view.Table{Key: key("doubts"), Columns: []view.Text{view.T("时间", "Time"), view.T("姓名", "Name"), view.T("业务", "Entry"), view.T("原因", "Why")},
			Rows: rows, Empty: view.T("没有需要核对的业务。", "There is nothing to look at.")},
	}, nil
}

func allergens(codes string) string {
	var names []string
	for _, c := range strings.Split(codes, ",") {
		name := canteen.Allergens[c].ZH
		if name == "" {
			name = c
		}
		names = append(names, name)
	}
	return strings.Join(names, "、")
}

func (b *boardOf) clock(at int64) string {
	return time.UnixMicro(at).In(b.l.zone).Format("01-02 15:04")
}

// shifts are the last that cashiers closed.
func (b *boardOf) shifts() ([]view.Node, error) {
	type shift struct {
		cashier, reason                  string
		opened, closed                   int64
		in, out, counted, variance, many int64
	}
	var list []shift
	err := b.q.Each(`SELECT cashier, opened, closed, entries, cash_in, cash_out, counted, variance, reason FROM canteen_shifts
		WHERE site = ? ORDER BY closed DESC, id DESC LIMIT ?`, []any{b.site, boardShifts}, func(scan func(...any) error) error {
		var s shift
		err := scan(&s.cashier, &s.opened, &s.closed, &s.many, &s.in, &s.out, &s.counted, &s.variance, &s.reason)
		list = append(list, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, s := range list {
		who, err := b.names.find(s.cashier)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{b.clock(s.opened), b.clock(s.closed), who.Name, fmt.Sprint(s.many), canteen.Yuan(s.in), canteen.Yuan(s.out),
			canteen.Yuan(s.counted), canteen.Yuan(s.variance), s.reason})
	}
	return []view.Node{
		heading("shifts", view.T("交班记录", "Shifts")),
		view.Table{Key: key("shifts"), Columns: []view.Text{view.T("开始", "From"), view.T("交班", "Until"), view.T("收银员", "Cashier"), view.T("笔数", "Entries"),
			view.T("收现", "Cash in"), view.T("付现", "Cash out"), view.T("清点", "Counted"), view.T("长短款", "Variance"), view.T("说明", "Reason")},
			Rows: rows, Align: append(ends(3, 5), view.AlignStart), Empty: view.T("还没有交班。", "No shift is closed yet.")},
	}, nil
}

// quota is what the tills may spend without the center.
func (b *boardOf) quota() ([]view.Node, error) {
	var quota, out int64
	if err := b.q.One(`SELECT COALESCE(SUM(fen), 0) FROM canteen_quotas WHERE site = ?`, []any{b.site}, &quota); err != nil {
		return nil, err
	}
	list, err := shares(b.q, b.site)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, s := range list {
		state := "已生效 taken"
		if s.taken < s.serial {
			state = "等待终端确认 waiting for the till"
		}
		rows = append(rows, []string{s.till, canteen.Yuan(s.wanted), canteen.Yuan(s.fen), canteen.Yuan(s.out), state})
		out += s.out
	}
	return []view.Node{
		heading("quota", view.Tf("离线额度 %s · 已分出 %s", "Offline quota %s, handed out %s", canteen.Yuan(quota), canteen.Yuan(out))),
		view.Table{Key: key("quota"), Columns: []view.Text{view.T("收银机", "Till"), view.T("设定", "Wanted"), view.T("下发", "Given"), view.T("占用", "Out"), view.T("状态", "State")},
			Rows: rows, Align: append(ends(1, 3), view.AlignStart), Empty: view.T("还没有设定离线额度:本站的收银机不能扣款。", "No quota is set: this site's tills cannot charge.")},
	}, nil
}

// turnedAway counts those whom counters sold nothing today.
func (b *boardOf) turnedAway() ([]view.Node, error) {
	var rows [][]string
	err := b.q.Each(`SELECT why, COUNT(*) FROM canteen_refused WHERE site = ? AND day = ? GROUP BY why ORDER BY COUNT(*) DESC, why`,
		[]any{b.site, b.day}, func(scan func(...any) error) error {
			var why string
			var n int64
			err := scan(&why, &n)
			rows = append(rows, []string{whyText(why), fmt.Sprint(n)})
			return err
		})
	if err != nil {
		return nil, err
	}
	return []view.Node{view.Table{Key: key("refused"), Columns: []view.Text{view.T("今日未售出原因", "Not sold today"), view.T("次数", "Times")},
		Rows: rows, Empty: view.T("今天没有未售出的情况。", "Everybody was served today.")}}, nil
}

func whyText(why string) string {
	switch why {
	case "closed":
		return "不在用餐时间 No window open"
	case "no-menu":
		return "没有菜单 No menu"
	case "no-account":
		return "没有账户 No account"
	case "limit":
		return "超过限额 Over the limit"
	case "balance":
		return "余额不足 Balance too low"
	case "quota":
		return "离线额度用完 Quota used up"
	case "allergy":
		return "过敏,未确认 Allergy, not confirmed"
	}
	return why
}

// balances are all accounts, by class and name's number.
func (b *boardOf) balances() ([]view.Node, error) {
	type balance struct {
		person string
		fen    int64
	}
	var list []balance
	err := b.q.Each(`SELECT account, fen FROM canteen_balances WHERE site = ? AND account LIKE 'diner/%' ORDER BY account LIMIT ?`,
		[]any{b.site, boardBalances}, func(scan func(...any) error) error {
			var x balance
			err := scan(&x.person, &x.fen)
			x.person = strings.TrimPrefix(x.person, "diner/")
			list = append(list, x)
			return err
		})
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, x := range list {
		who, err := b.names.find(x.person)
		if err != nil {
			return nil, err
		}
		var limit int64
		if err := b.q.One(`SELECT COALESCE(SUM(fen), 0) FROM canteen_limits WHERE site = ? AND person = ?`, []any{b.site, x.person}, &limit); err != nil {
			return nil, err
		}
		cell := "—"
		if limit > 0 {
			cell = canteen.Yuan(limit)
		}
		rows = append(rows, []string{x.person, who.Name, who.Group, canteen.Yuan(x.fen), cell})
	}
	return []view.Node{
		heading("balances", view.Tf("账户余额(%d)", "Balances (%d)", len(rows))),
		view.Table{Key: key("balances"), Columns: []view.Text{view.T("编号", "Number"), view.T("姓名", "Name"), view.T("班级 / 部门", "Class"),
			view.T("余额", "Balance"), view.T("每日限额", "Daily limit")},
			Rows: rows, Align: ends(3, 2), Empty: view.T("还没有账户。", "There are no accounts yet.")},
	}, nil
}
