package tour

import (
	"testing"

	"github.com/luohu/ting/fyne-tests/district"
)

const canteenCounter = `
[[module]]
id = "canteen"
lane = "1"
grant = ["identify", "watch", "record", "feeds"]
`

const canteenStaff = `
[[module]]
id = "canteen-desk"
grant = ["identify", "record", "feeds", "print"]

[[module]]
id = "canteen-account"
grant = ["identify", "record", "feeds", "print"]
`

// walkCanteen stands before a canteen's counter, sits at its cashier's desk, and
// looks at an account.
func walkCanteen(t *testing.T, a *album, full bool) {
	for _, o := range []struct {
		id, title, lang, extra string
	}{
		{"canteen", "Canteen: counter", "", ""},
		{"canteen-english", "Canteen: counter, English", "en", ""},
		{"canteen-elder", "Canteen: counter, elder", "", "[display]\nelder = true\n"},
	} {
		if full || o.id == "canteen" {
			t.Run(o.id, func(t *testing.T) {
				c := a.chapter(o.id, o.title, "A counter at breakfast, and who comes", "1080x1920")
				// Its breakfast has egg in it, every day of the week.
				g := openGate(t, c, district.Options{Lang: o.lang, Extra: o.extra, Module: canteenCounter, Zone: district.Hour(7)})
				walkCounter(g, full)
			})
		}
	}
	if full {
		t.Run("choice", func(t *testing.T) { walkChoice(t, a) })
		for _, lang := range []string{"zh", "en"} {
			t.Run("account-"+lang, func(t *testing.T) { walkAccount(t, a, lang) })
		}
	}
	t.Run("desk", func(t *testing.T) { walkCashier(t, a, full) })
}

func walkCounter(g *gate, full bool) {
	g.chapter.add(g.t, g.guide.Display, "idle", "what there is, and what it costs")
	g.see("sold", "sold", "a pupil is recognised and has paid", "pupil 1 for 6s")
	g.rest()
	if full {
		g.see("already", "already", "the same pupil once more", "pupil 1 for 6s")
		g.rest()
		g.see("balance", "balance", "not enough on the account", "pupil 12 for 6s")
		g.rest()
	}
	g.see("allergy", "allergy", "an allergy stops the sale", "pupil 6 for 8s")
	g.Go("confirm", "identify")
	g.shoot("identify", "confirm", "a member of staff says who he is")
	g.begin()
	g.Type(g.CardOf("T-0052"))
	g.Press("Return")
	g.Terminal.WaitFor(g.mark, patience, "page", "id=sold")
	g.WaitDrawn(g.seen)
	g.chapter.add(g.t, g.guide.Display, "confirmed", "and the meal is sold")
	g.rest()
	if full {
		g.see("stranger", "stranger", "somebody nobody knows", "stranger 1 for 8s")
		g.rest()
		g.begin()
		g.Type(g.Card(2))
		g.Press("Return")
		g.Terminal.WaitFor(g.mark, patience, "page", "id=sold")
		g.WaitDrawn(g.seen)
		g.chapter.add(g.t, g.guide.Display, "card", "a pupil paid by card")
		g.rest()
		g.Center.Kill()
		g.see("sold", "offline", "the center is away: meals are sold inside the quota", "pupil 3 for 6s")
		g.rest()
	}
	g.wantNoComplaint()
}

// walkChoice stands before a counter with several meals, at noon.
func walkChoice(t *testing.T, a *album) {
	c := a.chapter("canteen-choice", "Canteen: a choice of meals", "A counter with three meals, at noon", "1080x1920")
	g := openGate(t, c, district.Options{Zone: district.Hour(12), Module: `
[[module]]
id = "canteen"
lane = "3"
grant = ["identify", "watch", "record", "feeds"]
`})
	c.add(t, g.guide.Display, "idle", "three meals")
	g.see("choose", "choose", "which meal?", "pupil 5 for 8s")
	g.begin()
	g.guide.Touch("meal:B")
	g.Terminal.WaitFor(g.mark, patience, "page", "id=sold")
	g.WaitDrawn(g.seen)
	c.add(t, g.guide.Display, "sold", "a free lunch")
	g.rest()
	g.wantNoComplaint()
}

// walkAccount looks at an account, and sets a limit with the guardian's code.
func walkAccount(t *testing.T, a *album, lang string) {
	c := a.chapter("canteen-account-"+lang, "Canteen: account, "+lang, "A pupil's account, and his guardian", "1080x1920")
	d := district.New(t, district.Options{Lang: lang, Mode: "kiosk", Locked: true, Module: canteenStaff, Camera: district.NoCamera})
	d.OpenEmpty("ting.home")
	g := &guide{Screen: d.Screen, t: t, chapter: c, log: d.Terminal}
	g.Go("canteen-account", "identify")
	d.Type(d.CardOf("2022-0226"))
	d.Press("Return")
	g.shoot("my-account", "account", "the account", "limit")
	g.Go("limit", "code")
	g.shoot("code", "code", "the guardian's code")
	d.Fill("246810")
	g.shoot("limit", "limit", "a limit for a day")
	g.wantNoComplaint()
}

// walkCashier works at the cashier's desk.
func walkCashier(t *testing.T, a *album, full bool) {
	district.Need(t, "xdotool", "import")
	const size = "1366x768"
	c := a.chapter("canteen-desk", "Canteen: cashier's desk", "Top up, take back, close the shift", size)
	d := district.New(t, district.Options{Size: size, Mode: "desk", Module: canteenStaff, Camera: district.NoCamera})
	d.OpenEmpty("ting.home")
	g := &guide{Screen: d.Screen, t: t, chapter: c, log: d.Terminal}
	g.Go("rail:canteen-desk", "identify")
	g.shoot("identify", "sign-in", "the cashier signs in")
	d.Type(d.CardOf("T-0052"))
	d.Press("Return")
	g.shoot("desk", "desk", "the drawer, the takings, what was entered")
	if !full {
		g.wantNoComplaint()
		return
	}
	g.Go("find", "find")
	g.Type("lzx")
	g.shoot("find", "find", "a diner is found by initials", "2020-0107")
	g.Go("2020-0107", "account")
	g.shoot("account", "account", "an account")
	g.Go("topup", "topup")
	g.Type("50")
	g.shoot("topup", "topup", "cash comes in")
	g.Press("Return")
	g.shoot("confirm", "confirm", "looked at once more")
	g.Go("enter", "entered")
	g.shoot("entered", "entered", "entered")
	g.Go("done", "account")
	g.Go("adjust", "adjust")
	g.shoot("adjust", "adjust", "a correction needs a reason")
	g.Go("ting.back", "account")
	g.Go("ting.back", "find")
	g.Go("ting.back", "desk")
	g.Go("close", "count")
	g.Type("45")
	g.Press("Return")
	g.shoot("variance", "variance", "the drawer is short")
	g.wantNoComplaint()
}
