package canteen

import (
	"context"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// noon of a Monday.
var noon = time.Date(2026, time.March, 2, 12, 1, 0, 0, time.FixedZone("CST", 8*60*60))

const day = "2026-03-02"

var (
	lin   = kiosk.Person{ID: "2020-0107", Name: "林知夏", Group: "六年级(1)班", Role: "pupil", Way: kiosk.WayFace}
	zhou  = kiosk.Person{ID: "2020-0115", Name: "周景行", Group: "六年级(1)班", Role: "pupil", Way: kiosk.WayCard}
	cook  = kiosk.Person{ID: "T-0052", Name: "罗惠芳", Group: "食堂", Role: "staff", Way: kiosk.WayPIN}
	clerk = kiosk.Person{ID: "T-0047", Name: "方静宜", Group: "教务处", Role: "staff", Way: kiosk.WayPIN}

	breakfast = WindowRow{ID: "breakfast", Title: view.T("早餐", "Breakfast"), From: "06:30", Until: "08:00"}
	lunch     = WindowRow{ID: "lunch", Title: view.T("午餐", "Lunch"), From: "11:00", Until: "13:00", Subsidised: true}
	mealA     = MealRow{ID: "A", Title: view.T("红烧鸡块套餐", "Braised chicken"), Dishes: view.T("鸡块、青菜、米饭", "chicken, greens, rice"), Fen: 1200}
	mealB     = MealRow{ID: "B", Title: view.T("番茄鸡蛋面", "Tomato and egg noodles"), Fen: 900, Allergens: []string{"egg", "gluten"}}
)

// site is what came down to a till, as options.
type site struct {
	windows  []WindowRow
	meals    map[string]MealRow // by the whole key
	diners   map[string]DinerRow
	accounts map[string]AccountRow
	share    *ShareRow
	lane     string
	now      time.Time
}

func usual() *site {
	return &site{
		windows:  []WindowRow{breakfast, lunch},
		meals:    map[string]MealRow{MenuKey("1", "lunch", "A"): mealA},
		diners:   map[string]DinerRow{lin.ID: {Subsidy: 500}, zhou.ID: {}},
		accounts: map[string]AccountRow{lin.ID: {Fen: 5000}, zhou.ID: {Fen: 2000}},
		share:    &ShareRow{Fen: 100_000, Serial: 1},
		lane:     "1",
		now:      noon,
	}
}

func (st *site) options(module string) []kiosktest.Option {
	o := []kiosktest.Option{kiosktest.WithLane(st.lane), kiosktest.WithNow(st.now)}
	for _, w := range st.windows {
		o = append(o, kiosktest.WithFeed(FeedWindows, kiosktest.Row(w.ID, w)))
	}
	for k, m := range st.meals {
		o = append(o, kiosktest.WithFeed(FeedMenu, kiosktest.Row(k, m)))
	}
	for id, d := range st.diners {
		o = append(o, kiosktest.WithFeed(FeedDiners, kiosktest.Row(id, d)))
	}
	for id, a := range st.accounts {
		o = append(o, kiosktest.WithFeed(FeedAccounts, kiosktest.Row(id, a)))
	}
	if st.share != nil {
		o = append(o, kiosktest.WithFeed(FeedShares, kiosktest.Row("test-1/"+module, *st.share)))
	}
	for _, p := range []kiosk.Person{lin, zhou, cook, clerk} {
		o = append(o, kiosktest.WithFeed(kiosk.FeedPeople, kiosktest.Row(p.ID, kiosk.PersonRow{
			ID: p.ID, Name: p.Name, Group: p.Group, Role: p.Role, Cards: []string{"card-" + p.ID}})))
	}
	return o
}

// counter starts a counter and waits until it rests.
func counter(t testing.TB, st *site) *kiosktest.Terminal {
	t.Helper()
	return started(t, patient(), st)
}

// patient is a counter that does not look anew by itself, so that a test on a
// slow machine meets the page that it has seen.
func patient() *Counter {
	c := New().(*Counter)
	c.look = time.Hour
	return c
}

func started(t testing.TB, m kiosk.Module, st *site) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, m, st.options(m.Manifest().ID)...)
	tm.Start()
	if m.Manifest().ID == ID {
		tm.WantPage("idle")
	}
	return tm
}

// again is a module whose directory is that of an earlier start.
type again struct {
	kiosk.Module
	dir string
}

func (a again) Start(ctx context.Context, s kiosk.Setup) error {
	s.Dir = a.dir
	return a.Module.(kiosk.Starter).Start(ctx, s)
}

func sees(tm *kiosktest.Terminal, v kiosk.Verdict) { tm.Sees(kiosk.Sighting{Verdict: v, Track: 1}) }

func comes(tm *kiosktest.Terminal, p kiosk.Person) {
	tm.Sees(kiosk.Sighting{Verdict: kiosk.Recognised, Person: p, Track: 1})
}

// comesFor is comes, and waits for the page that follows.
func comesFor(t testing.TB, tm *kiosktest.Terminal, p kiosk.Person, page string) view.Page {
	t.Helper()
	rev := tm.Page().Rev
	comes(tm, p)
	return tm.WantPageAfter(rev, page)
}

func sales(t testing.TB, tm *kiosktest.Terminal) []Sale {
	t.Helper()
	return kiosktest.Records[Sale](tm)
}

// facts are a receipt's, by their Chinese label.
func facts(p view.Page) map[string]string {
	all := map[string]string{}
	for _, n := range p.Body {
		if r, ok := n.(view.Receipt); ok {
			for _, f := range r.Facts {
				all[f.Label.ZH] = f.Value.ZH
			}
		}
	}
	return all
}
