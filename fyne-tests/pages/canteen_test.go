package pages

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/canteen"
)

var (
	canteenNoon = time.Date(2026, time.March, 2, 12, 1, 0, 0, time.FixedZone("CST", 8*60*60))
	diner       = kiosk.Person{ID: "1", Name: "陈一雨", Group: "三年级2班", Role: "pupil", Way: kiosk.WayFace}
	cashier     = kiosk.Person{ID: "T-1", Name: "罗惠芳", Group: "食堂", Role: "staff", Way: kiosk.WayPIN}
)

// canteenFeeds is what came down to a canteen's tills.
func canteenFeeds() []kiosktest.Option {
	sale := canteen.StatementRow{ID: "s1", Kind: "sale", Fen: -700, Title: "红烧鸡块套餐", At: canteenNoon.AddDate(0, 0, -3),
		Sold: &canteen.Sold{Day: "2026-02-27", Window: "lunch", Meal: "A", Title: "红烧鸡块套餐", Price: 1200, Own: 700, Subsidy: 500}}
	rows := map[string][]kiosk.Row{
		canteen.FeedWindows: {kiosktest.Row("lunch", canteen.WindowRow{ID: "lunch", Title: view.T("午餐", "Lunch"), From: "11:00", Until: "13:00", Subsidised: true})},
		canteen.FeedMenu: {
			kiosktest.Row("1/lunch/A", canteen.MealRow{ID: "A", Title: view.T("红烧鸡块套餐", "Braised chicken"), Dishes: view.T("鸡块、青菜、米饭", "chicken, greens, rice"), Fen: 1200, Lanes: []string{"1", "3"}}),
			kiosktest.Row("1/lunch/B", canteen.MealRow{ID: "B", Title: view.T("番茄鸡蛋面", "Tomato and egg noodles"), Dishes: view.T("手擀面、番茄、鸡蛋", "noodles, tomato, egg"), Fen: 900, Allergens: []string{"egg", "gluten"}, Lanes: []string{"2", "3"}})},
		canteen.FeedDiners:     {kiosktest.Row("1", canteen.DinerRow{Subsidy: 500, Allergies: []string{"egg"}, GuardianCode: "set"})},
		canteen.FeedAccounts:   {kiosktest.Row("1", canteen.AccountRow{Fen: 5000, Limit: 2500})},
		canteen.FeedShares:     {kiosktest.Row("test-1/canteen", canteen.ShareRow{Fen: 9000, Serial: 1})},
		canteen.FeedTakings:    {kiosktest.Row("2026-03-02/lunch/A", canteen.TakingsRow{Title: "红烧鸡块套餐", Count: 212, Own: 148_400, Subsidy: 106_000})},
		canteen.FeedStatements: {kiosktest.Row(canteen.StatementKey("1", sale.At, "s1"), sale)},
		kiosk.FeedPeople:       {kiosktest.Row("1", kiosk.PersonRow{ID: "1", Name: diner.Name, Group: diner.Group, Role: "pupil"})},
	}
	o := []kiosktest.Option{kiosktest.WithNow(canteenNoon)}
	for feed, r := range rows {
		o = append(o, kiosktest.WithFeed(feed, r...))
	}
	return o
}

// numbered gives a receipt a number that is the same in every run.
func numbered(p view.Page) view.Page {
	for i, n := range p.Body {
		if r, ok := n.(view.Receipt); ok && r.Number != "" {
			r.Number = "7GQK-4M2P"
			p.Body[i] = r
		}
	}
	return p
}

// TestCanteenPages draws what the canteen's modules show, led there by a script.
func TestCanteenPages(t *testing.T) {
	needTypeface(t)
	open := func(m kiosk.Module, lane string) *kiosktest.Terminal {
		tm := kiosktest.New(t, m, append(canteenFeeds(), kiosktest.WithLane(lane))...)
		tm.Start()
		return tm
	}
	come := func(tm *kiosktest.Terminal, page string) view.Page {
		tm.WantPage("idle")
		tm.Sees(kiosk.Sighting{Verdict: kiosk.Recognised, Person: diner, Track: 1})
		return numbered(tm.WantPage(page))
	}
	desk := func() *kiosktest.Terminal {
		tm := open(canteen.NewDesk(), "")
		tm.Identifies(cashier)
		tm.WantPage("desk")
		return tm
	}
	kioskSize, deskSize := fyne.NewSize(1080, 1920), fyne.NewSize(1280, 720)
	for _, tt := range []struct {
		name string
		size fyne.Size
		page func() view.Page
	}{
		{"idle", kioskSize, func() view.Page { return open(canteen.New(), "3").WantPage("idle") }},
		{"sold", kioskSize, func() view.Page { return come(open(canteen.New(), "1"), "sold") }},
		{"choose", kioskSize, func() view.Page { return come(open(canteen.New(), "3"), "choose") }},
		{"allergy", kioskSize, func() view.Page { return come(open(canteen.New(), "2"), "allergy") }},
		{"account", kioskSize, func() view.Page {
			tm := open(canteen.NewAccount(), "")
			tm.Identifies(diner)
			return tm.WantPage("my-account")
		}},
		{"desk", deskSize, func() view.Page { return desk().Page() }},
		{"desk-account", deskSize, func() view.Page {
			tm := desk()
			tm.Answer("find", nil)
			tm.WantPage("find")
			tm.Answer("next", map[string]string{"who": "cyy"})
			return tm.WantPage("account")
		}},
		{"desk-variance", deskSize, func() view.Page {
			tm := desk()
			tm.Answer("close", nil)
			tm.WantPage("count")
			tm.Answer("next", map[string]string{"fen": "2.50"})
			return tm.WantPage("variance")
		}},
	} {
		for _, lang := range []view.Lang{view.ZH, view.EN} {
			t.Run(tt.name+"-"+string(lang), func(t *testing.T) {
				hold(t, draw(t, tt.page(), lang, tt.size, shell.Status{Network: shell.Online}))
			})
		}
	}
}
