package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/sync/center/projection"
)

// Board implements projection.Board: the day's takings, who owes, whether the
// books agree, and what needs somebody's eye. It is for signed-in staff and names
// people in full.
func (l *Ledger) Board(_ context.Context, q projection.Querier, site string, now time.Time) (view.Page, error) {
	b := boardOf{l: l, q: q, site: site, now: now.In(l.zone), day: l.day(now), names: directory{q: q, site: site, known: map[string]kiosk.PersonRow{}}}
	page := view.Page{ID: "canteen", Title: view.T("食堂账目", "Canteen")}
	for _, part := range []func() ([]view.Node, error){
		b.takings, b.week, b.overdrawn, b.reconciliation, b.doubts, b.shifts, b.quota, b.turnedAway, b.balances,
	} {
		nodes, err := part()
		if err != nil {
			return view.Page{}, err
		}
		page.Body = append(page.Body, nodes...)
	}
	return page, nil
}

// boardOf makes one board.
type boardOf struct {
	l     *Ledger
	q     projection.Querier
	site  string
	now   time.Time
	day   string
	names directory
}

func key(name string) view.Key { return view.Key{Key: name} }

func heading(name string, t view.Text) view.TextNode {
	return view.TextNode{Key: key(name + "-title"), Text: t}
}

// takings are today's, by window and meal, refunds taken off.
func (b *boardOf) takings() ([]view.Node, error) {
	var rows [][]string
	var count, own, subsidy int64
	err := b.q.Each(`SELECT meal_window, meal, MIN(title), SUM(CASE WHEN kind = 'sale' THEN 1 ELSE -1 END),
		SUM(CASE WHEN kind = 'sale' THEN own ELSE -own END), SUM(CASE WHEN kind = 'sale' THEN subsidy ELSE -subsidy END)
		FROM canteen_transactions WHERE site = ? AND day = ? AND moved = 1 AND kind IN ('sale', 'refund')
		GROUP BY meal_window, meal ORDER BY meal_window, meal`, []any{b.site, b.day}, func(scan func(...any) error) error {
		var w, meal, title string
		var n, o, s int64
		err := scan(&w, &meal, &title, &n, &o, &s)
		rows = append(rows, []string{b.windowName(w), title, fmt.Sprint(n), canteen.Yuan(o), canteen.Yuan(s), canteen.Yuan(o + s)})
		count, own, subsidy = count+n, own+o, subsidy+s
		return err
	})
	if err != nil {
		return nil, err
	}
	return []view.Node{
		view.TextNode{Key: key("today"), Large: true, Text: view.Tf("今日 %d 份 · %s", "%d meals today, %s", count, canteen.Yuan(own+subsidy))},
		view.TextNode{Key: key("split"), Text: view.T(
			fmt.Sprintf("%s · 个人 %s · 补助 %s", b.day, canteen.Yuan(own), canteen.Yuan(subsidy)),
			fmt.Sprintf("%s: %s paid by diners, %s by the district", b.day, canteen.Yuan(own), canteen.Yuan(subsidy)))},
		view.Table{Key: key("takings"), Columns: []view.Text{view.T("餐次", "Window"), view.T("餐品", "Meal"), view.T("份数", "Meals"),
			view.T("个人", "Diners"), view.T("补助", "Subsidy"), view.T("合计", "Sum")},
			Rows: rows, Align: ends(2, 4), Empty: view.T("今天还没有售出。", "Nothing is sold today yet.")},
	}, nil
}

// ends aligns so many columns of words, then so many of numbers.
func ends(words, numbers int) (a []view.Align) {
	for range words {
		a = append(a, view.AlignStart)
	}
	for range numbers {
		a = append(a, view.AlignEnd)
	}
	return a
}

// week is the takings of the last seven days.
func (b *boardOf) week() ([]view.Node, error) {
	const days = 7
	c := view.Chart{Key: key("week"), Type: view.ChartBar, Stacked: true, Title: view.T("近七天营业额", "Takings of seven days"), Unit: view.T("元", "yuan"),
		Series: []view.Series{{Name: view.T("个人", "Diners")}, {Name: view.T("补助", "Subsidy")}}}
	for i := range days {
		day := b.now.AddDate(0, 0, i-days+1)
		var own, subsidy int64
		err := b.q.One(`SELECT COALESCE(SUM(CASE WHEN kind = 'sale' THEN own ELSE -own END), 0),
			COALESCE(SUM(CASE WHEN kind = 'sale' THEN subsidy ELSE -subsidy END), 0)
			FROM canteen_transactions WHERE site = ? AND day = ? AND moved = 1 AND kind IN ('sale', 'refund')`,
			[]any{b.site, day.Format(time.DateOnly)}, &own, &subsidy)
		if err != nil {
			return nil, err
		}
		c.Labels = append(c.Labels, view.Same(day.Format("01-02")))
		// A refund without its sale, which is still on its way, would be below 0.
		c.Series[0].Values = append(c.Series[0].Values, float64(max(own, 0))/100)
		c.Series[1].Values = append(c.Series[1].Values, float64(max(subsidy, 0))/100)
	}
	return []view.Node{c}, nil
}

// overdrawn are the accounts below 0, the worst first.
func (b *boardOf) overdrawn() ([]view.Node, error) {
	type owing struct {
		person string
		fen    int64
	}
	var list []owing
	var sum int64
	err := b.q.Each(`SELECT account, fen FROM canteen_balances WHERE site = ? AND account LIKE 'diner/%' AND fen < 0 ORDER BY fen, account`,
		[]any{b.site}, func(scan func(...any) error) error {
			var o owing
			err := scan(&o.person, &o.fen)
			o.person = strings.TrimPrefix(o.person, "diner/")
			list, sum = append(list, o), sum+o.fen
			return err
		})
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for _, o := range list {
		who, err := b.names.find(o.person)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{who.Name, who.Group, canteen.Yuan(o.fen)})
	}
	return []view.Node{
		heading("overdrawn", view.Tf("透支 %d 人 · 共 %s", "%d overdrawn by %s together", len(rows), canteen.Yuan(-sum))),
		view.Table{Key: key("overdrawn"), Columns: []view.Text{view.T("姓名", "Name"), view.T("班级 / 部门", "Class"), view.T("余额", "Balance")},
			Rows: rows, Align: ends(2, 1), Empty: view.T("没有透支的账户。", "No account is overdrawn.")},
	}, nil
}

// accountNames are the ledger's accounts besides the diners', in the board's order.
var accountNames = []struct {
	account string
	name    view.Text
}{
	{accountCash, view.T("抽屉现金", "Cash in the drawers")},
	{accountBank, view.T("已上交现金", "Cash handed over")},
	{accountVariance, view.T("长短款", "Variance")},
	{accountOnline, view.T("线上充值", "Online top-ups")},
	{accountOpening, view.T("期初结转", "Opening balances")},
	{accountSubsidy, view.T("应收补助", "Subsidy due")},
	{accountTakings, view.T("餐费收入", "Takings")},
	{accountCorrections, view.T("更正", "Corrections")},
}

// reconciliation compares the balances that are kept with the legs they are the
// sums of, and says whether everything adds up to nothing.
func (b *boardOf) reconciliation() ([]view.Node, error) {
	kept, legs := map[string]int64{}, map[string]int64{}
	sum := func(into map[string]int64, query string) error {
		return b.q.Each(query, []any{b.site}, func(scan func(...any) error) error {
			var account string
			var fen int64
			err := scan(&account, &fen)
			if strings.HasPrefix(account, "diner/") {
				account = "diner/"
			}
			into[account] += fen
			return err
		})
	}
	if err := sum(kept, `SELECT account, fen FROM canteen_balances WHERE site = ?`); err != nil {
		return nil, err
	}
	if err := sum(legs, `SELECT account, SUM(fen) FROM canteen_legs WHERE site = ? GROUP BY account`); err != nil {
		return nil, err
	}
	var different, crooked int64
	if err := b.q.One(`SELECT COUNT(*) FROM canteen_balances b WHERE b.site = ? AND b.fen <>
		(SELECT COALESCE(SUM(l.fen), 0) FROM canteen_legs l WHERE l.site = b.site AND l.account = b.account)`, []any{b.site}, &different); err != nil {
		return nil, err
	}
	if err := b.q.One(`SELECT COUNT(*) FROM (SELECT id FROM canteen_legs WHERE site = ? GROUP BY id HAVING SUM(fen) <> 0) t`,
		[]any{b.site}, &crooked); err != nil {
		return nil, err
	}
	var rows [][]string
	var total int64
	add := func(account string, name view.Text) {
		rows = append(rows, []string{name.ZH + " " + name.EN, canteen.Yuan(kept[account]), canteen.Yuan(legs[account])})
		total += kept[account]
	}
	add("diner/", view.T("用餐人余额", "Diners' balances"))
	for _, a := range accountNames {
		add(a.account, a.name)
	}
	rows = append(rows, []string{"合计 Sum", canteen.Yuan(total), canteen.Yuan(total)})
	n := view.Notice{Key: key("agree"), Tone: view.Success, Text: view.T("账目相符,一分不差", "The books agree to the fen")}
	if different > 0 || crooked > 0 || total != 0 {
		n = view.Notice{Key: key("agree"), Tone: view.Refusal,
			Text:   view.Tf("账目不符:%d 个账户、%d 笔交易、合计差 %s", "The books disagree: %d accounts, %d transactions, by %s", different, crooked, canteen.Yuan(total)),
			Detail: view.T("请停止结算,通知系统管理员重建账目。", "Stop settling, and have the administrator rebuild the ledger.")}
	}
	return []view.Node{n, view.Table{Key: key("ledger"),
		Columns: []view.Text{view.T("科目", "Account"), view.T("余额", "Balance"), view.T("分录之和", "Sum of entries")}, Rows: rows, Align: ends(1, 2)}}, nil
}

func (b *boardOf) windowName(id string) string {
	raw, err := b.q.Row(b.site, canteen.FeedWindows, id)
	var w canteen.WindowRow
	if err != nil || json.Unmarshal(raw, &w) != nil || w.Title.IsZero() {
		return id
	}
	return strings.TrimSpace(w.Title.ZH + " " + w.Title.EN)
}

// directory looks people up in the site's people feed.
type directory struct {
	q     projection.Querier
	site  string
	known map[string]kiosk.PersonRow
}

// find returns the person's row; one that the feed does not have goes by its number.
func (d *directory) find(person string) (kiosk.PersonRow, error) {
	if row, ok := d.known[person]; ok {
		return row, nil
	}
	row := kiosk.PersonRow{ID: person, Name: person}
	raw, err := d.q.Row(d.site, kiosk.FeedPeople, person)
	if err == nil {
		err = json.Unmarshal(raw, &row)
	}
	if err != nil && !errors.Is(err, projection.ErrNotFound) {
		return row, err
	}
	d.known[person] = row
	return row, nil
}
