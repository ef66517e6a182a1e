package canteen

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

// TestPupilEats is the main visit: nothing is touched.
func TestPupilEats(t *testing.T) {
	tm := counter(t, usual())
	p := comesFor(t, tm, lin, "sold")
	got := sales(t, tm)
	want := []Sale{{No: 1, Person: lin.ID, Day: day, Window: "lunch", Meal: "A", Title: mealA.Title.ZH,
		Price: 1200, Own: 700, Subsidy: 500, Way: "face", Lane: "1", At: noon}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Sale{}, "ID", "Book", "At")); diff != "" {
		t.Fatalf("sales (-want +got):\n%s", diff)
	}
	if got[0].ID == "" || got[0].Book == "" || !got[0].At.Equal(noon) {
		t.Errorf("sale %+v", got[0])
	}
	if diff := cmp.Diff(map[string]string{"餐品": "红烧鸡块套餐", "餐价": "¥12.00 · 补助 ¥5.00", "扣款": "¥7.00", "余额": "¥43.00"}, facts(p)); diff != "" {
		t.Errorf("on the page (-want +got):\n%s", diff)
	}
	if c := p.Body[0].(view.PersonCard); c.Name.ZH != "林*夏" || p.Tone != view.Success {
		t.Errorf("card %+v, tone %q", c, p.Tone)
	}
	for _, r := range tm.Records() {
		if bytes.Contains(r.JSON, []byte(lin.Name)) {
			t.Errorf("a record names the diner: %s", r.JSON)
		}
	}
	tm.Advance(soldStays)
	tm.WantPage("idle")
}

// TestNextDinerDoesNotWait: the page of the one before is still on screen.
func TestNextDinerDoesNotWait(t *testing.T) {
	tm := counter(t, usual())
	comesFor(t, tm, lin, "sold")
	p := comesFor(t, tm, zhou, "sold")
	if c := p.Body[0].(view.PersonCard); c.Name.ZH != "周*行" || facts(p)["余额"] != "¥8.00" {
		t.Errorf("the second page is %+v", p.Body)
	}
	if s := sales(t, tm); len(s) != 2 || s[1].No != 2 || s[1].Subsidy != 0 || s[1].Way != "card" {
		t.Errorf("sales %+v", s)
	}
}

// TestEveryWayHasAsManySteps: by card, code, PIN and staff as by face; the camera
// may be gone.
func TestEveryWayHasAsManySteps(t *testing.T) {
	for name, come := range map[string]func(*kiosktest.Terminal){
		"card": func(tm *kiosktest.Terminal) { p := lin; p.Way = kiosk.WayCard; comes(tm, p) },
		"code": func(tm *kiosktest.Terminal) { tm.Scan("card-" + lin.ID) },
		"pin": func(tm *kiosktest.Terminal) {
			tm.Answer(actionPIN, nil)
			p := lin
			p.Way = kiosk.WayPIN
			tm.Identifies(p)
		},
		"staff": func(tm *kiosktest.Terminal) {
			tm.Answer(actionStaff, nil)
			p := lin
			p.Way, p.By = kiosk.WayStaff, clerk.ID
			tm.Identifies(p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			tm := counter(t, usual())
			sees(tm, kiosk.NoCamera)
			p := tm.WantPage("no-camera")
			if diff := cmp.Diff(otherWays(), p.Actions); diff != "" {
				t.Errorf("ways (-want +got):\n%s", diff)
			}
			come(tm)
			tm.WantPage("sold")
			if s := sales(t, tm); len(s) != 1 || s[0].Person != lin.ID {
				t.Errorf("sales %+v", s)
			}
			if name == "staff" && sales(t, tm)[0].By != clerk.ID {
				t.Error("the sale does not say who vouched")
			}
		})
	}
}

func TestUnknownCode(t *testing.T) {
	tm := counter(t, usual())
	tm.Scan("0000")
	tm.WantPage("card-unknown")
	tm.Scan("")
	tm.Scan("card-" + zhou.ID)
	tm.WantPage("sold")
}

// TestRefusals: nobody is charged what he has not, may not, or need not pay.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(*site)
		who    kiosk.Person
		page   string
	}{
		{"no window", func(s *site) { s.now = noon.Add(3 * time.Hour) }, lin, "closed"},
		{"a window ends on the minute", func(s *site) { s.now = noon.Add(59 * time.Minute) }, lin, "closed"},
		{"no menu", func(s *site) { s.meals = nil }, lin, "no-menu"},
		{"another lane's menu", func(s *site) {
			m := mealA
			m.Lanes = []string{"2"}
			s.meals = map[string]MealRow{MenuKey("1", "lunch", "A"): m}
		}, lin, "no-menu"},
		{"not of the register", func(s *site) { delete(s.diners, lin.ID) }, lin, "no-account"},
		{"no money", func(s *site) { s.accounts[zhou.ID] = AccountRow{Fen: 1199} }, zhou, "balance"},
		{"nothing counted yet", func(s *site) { delete(s.accounts, zhou.ID) }, zhou, "balance"},
		{"over the limit", func(s *site) { s.accounts[zhou.ID] = AccountRow{Fen: 9000, Limit: 1199} }, zhou, "limit"},
		{"over the limit with what was eaten elsewhere", func(s *site) {
			s.accounts[zhou.ID] = AccountRow{Fen: 9000, Limit: 2000, Meals: []SoldMeal{{Sale: "x", Day: day, Window: "breakfast", Own: 801}}}
		}, zhou, "limit"},
		{"no quota", func(s *site) { s.share = nil }, zhou, "quota"},
		{"a small quota", func(s *site) { s.share.Fen = 1199 }, zhou, "quota"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st := usual()
			tt.change(st)
			tm := counter(t, st)
			p := comesFor(t, tm, tt.who, tt.page)
			want := 2 // the share that was taken, and the refusal
			if st.share == nil {
				want = 1
			}
			tm.WantRecords(want)
			if s := sales(t, tm); len(s) > 0 {
				t.Errorf("sold %+v", s)
			}
			r := kiosktest.Records[Refused](tm)
			if len(r) != 1 || r[0].Why != tt.page || r[0].Lane != "1" {
				t.Errorf("refusals %+v", r)
			}
			tm.Advance(p.Timeout)
			tm.WantPage("idle")
			comesFor(t, tm, tt.who, tt.page) // and again, within the minute
			if r := kiosktest.Records[Refused](tm); len(r) != 1 {
				t.Errorf("%d refusals are recorded, of one diner within a minute", len(r))
			}
		})
	}
}

// TestExactly: what is there to the fen is enough.
func TestExactly(t *testing.T) {
	st := usual()
	st.accounts[zhou.ID] = AccountRow{Fen: 1200, Limit: 1200}
	st.share.Fen = 1200
	tm := counter(t, st)
	if p := comesFor(t, tm, zhou, "sold"); facts(p)["余额"] != "¥0.00" {
		t.Errorf("page %+v", p.Body)
	}
}

// TestFreeMeal needs neither money nor quota.
func TestFreeMeal(t *testing.T) {
	st := usual()
	st.diners[zhou.ID] = DinerRow{Subsidy: 9999}
	st.accounts, st.share = map[string]AccountRow{}, nil
	tm := counter(t, st)
	comesFor(t, tm, zhou, "sold")
	if s := sales(t, tm); s[0].Own != 0 || s[0].Subsidy != 1200 || s[0].Price != 1200 {
		t.Errorf("sale %+v", s[0])
	}
}

// TestSecondLook: the same diner is charged again only when he asks for more, and
// pays that himself.
func TestSecondLook(t *testing.T) {
	tm := counter(t, usual())
	comesFor(t, tm, lin, "sold")
	comesFor(t, tm, lin, "already")
	if n := len(sales(t, tm)); n != 1 {
		t.Fatalf("%d sales for one tray", n)
	}
	tm.Advance(alreadyStays)
	tm.WantPage("idle")
	comesFor(t, tm, lin, "already")
	tm.Answer(actionSecond, nil)
	tm.WantPage("sold")
	if s := sales(t, tm); len(s) != 2 || s[1].Own != 1200 || s[1].Subsidy != 0 {
		t.Errorf("sales %+v", s)
	}
	// Whoever lingers on that page keeps nobody waiting.
	comesFor(t, tm, lin, "already")
	comesFor(t, tm, zhou, "sold")
}

// TestEatenElsewhere: another till's sale of the day, heard from the center.
func TestEatenElsewhere(t *testing.T) {
	st := usual()
	st.accounts[lin.ID] = AccountRow{Fen: 4300, Meals: []SoldMeal{
		{Sale: "x", Day: day, Window: "lunch", Own: 700, Subsidy: 500, At: noon.Add(-time.Hour)}}}
	tm := counter(t, st)
	comesFor(t, tm, lin, "already")
	// It is taken back at the desk: he may eat.
	row := st.accounts[lin.ID]
	row.Fen, row.Meals[0].Refunded = 5000, true
	tm.SetFeed(FeedAccounts, kiosktest.Row(lin.ID, row))
	tm.Advance(alreadyStays)
	tm.WantPage("idle")
	comesFor(t, tm, lin, "sold")
	if s := sales(t, tm); s[0].Subsidy != 500 {
		t.Errorf("sale %+v", s[0])
	}
}

// TestOneSubsidyADay, also where two windows are subsidised.
func TestOneSubsidyADay(t *testing.T) {
	st := usual()
	supper := WindowRow{ID: "supper", Title: view.T("晚餐", "Supper"), From: "17:00", Until: "18:30", Subsidised: true}
	st.windows = append(st.windows, supper)
	st.meals[MenuKey("1", "supper", "A")] = mealA
	tm := counter(t, st)
	comesFor(t, tm, lin, "sold")
	tm.Advance(5 * time.Hour)
	tm.WantPage("idle")
	comesFor(t, tm, lin, "sold")
	if s := sales(t, tm); s[0].Subsidy != 500 || s[1].Subsidy != 0 || s[1].Window != "supper" {
		t.Errorf("sales %+v", s)
	}
	tm.Advance(24 * time.Hour) // Tuesday: the standing menu has none
	tm.WantPage("idle")
	comesFor(t, tm, lin, "no-menu")
}

// TestChoice: several meals at one counter.
func TestChoice(t *testing.T) { synctest.Test(t, testChoice) }

func testChoice(t *testing.T) {
	st := usual()
	st.meals[MenuKey("1", "lunch", "B")] = mealB
	tm := counter(t, st)
	p := comesFor(t, tm, lin, "choose")
	tiles := p.Body[1].(view.Tiles).Tiles
	if len(tiles) != 2 || tiles[0].Detail.ZH != "¥7.00(补助后)" || tiles[1].Detail.ZH != "¥4.00(补助后)" {
		t.Errorf("tiles %+v", tiles)
	}
	comes(tm, zhou) // stands behind him: his page does not take the screen
	synctest.Wait()
	tm.Answer("meal:B", nil)
	tm.WantPage("sold")
	if s := sales(t, tm); len(s) != 1 || s[0].Meal != "B" || s[0].Own != 400 || s[0].Person != lin.ID {
		t.Errorf("sales %+v", s)
	}
	tm.Advance(soldStays)
	tm.WantPage("choose") // the one behind is asked now
	tm.Answer(actionDecline, nil)
	tm.WantPage("idle")
	comesFor(t, tm, zhou, "choose")
	tm.Advance(askStays) // and walks away
	tm.WantPage("idle")
	if n := len(sales(t, tm)); n != 1 {
		t.Errorf("%d sales", n)
	}
}

// TestDatedMenuWins over the standing one.
func TestDatedMenuWins(t *testing.T) {
	st := usual()
	st.meals[MenuKey(day, "lunch", "F")] = MealRow{ID: "F", Title: view.T("节日餐", "Feast"), Fen: 800}
	tm := counter(t, st)
	comesFor(t, tm, zhou, "sold")
	if s := sales(t, tm); s[0].Meal != "F" || s[0].Own != 800 {
		t.Errorf("sale %+v", s[0])
	}
}

// TestAllergyStopsTheSale until a member of staff says who he is.
func TestAllergyStopsTheSale(t *testing.T) {
	st := usual()
	st.meals = map[string]MealRow{MenuKey("1", "lunch", "B"): mealB}
	st.diners[lin.ID] = DinerRow{Allergies: []string{"egg", "peanut"}}
	for name, tt := range map[string]struct {
		act  func(*kiosktest.Terminal)
		page string
		sold int
	}{
		"declined":        {func(tm *kiosktest.Terminal) { tm.Answer(actionDecline, nil) }, "idle", 0},
		"walks away":      {func(tm *kiosktest.Terminal) { tm.Advance(callStays) }, "idle", 0},
		"nobody confirms": {func(tm *kiosktest.Terminal) { tm.Answer(actionConfirm, nil); tm.IdentifyFails(kiosk.CodeCancelled) }, "not-confirmed", 0},
		"locked":          {func(tm *kiosktest.Terminal) { tm.Answer(actionConfirm, nil); tm.IdentifyFails(kiosk.CodeLocked) }, "not-confirmed", 0},
		"confirmed":       {func(tm *kiosktest.Terminal) { tm.Answer(actionConfirm, nil); tm.Identifies(cook) }, "sold", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tm := counter(t, st)
				p := comesFor(t, tm, lin, "allergy")
				if n := p.Body[1].(view.Notice); n.Text.ZH != "过敏提醒:这份餐含有蛋类" || p.Tone != view.Warning {
					t.Errorf("notice %+v", n)
				}
				if len(tm.Spoken()) != 1 {
					t.Errorf("spoken %v", tm.Spoken())
				}
				comes(tm, zhou) // does not take the page away
				comes(tm, lin)
				sees(tm, kiosk.NoFace) // and neither does looking for a teacher
				synctest.Wait()
				tt.act(tm)
				tm.WantPage(tt.page)
				got := sales(t, tm)
				if len(got) != tt.sold {
					t.Fatalf("sales %+v", got)
				}
				if tt.sold == 1 {
					if diff := cmp.Diff([]string{"egg"}, got[0].Confirmed); diff != "" || got[0].ConfirmedBy != cook.ID {
						t.Errorf("the sale does not say who confirmed what: %+v", got[0])
					}
				}
			})
		})
	}
}

// TestOnlyStaffConfirm: not even a member of staff for himself.
func TestOnlyStaffConfirm(t *testing.T) {
	st := usual()
	st.meals = map[string]MealRow{MenuKey("1", "lunch", "B"): mealB}
	st.diners[cook.ID] = DinerRow{Allergies: []string{"gluten"}}
	st.accounts[cook.ID] = AccountRow{Fen: 5000}
	tm := counter(t, st)
	comesFor(t, tm, cook, "allergy")
	tm.Answer(actionConfirm, nil)
	r := tm.Identifies(cook)
	if diff := cmp.Diff([]string{"staff"}, r.Roles); diff != "" {
		t.Errorf("roles %v", r.Roles)
	}
	tm.WantPage("not-confirmed")
	if len(sales(t, tm)) != 0 {
		t.Error("he confirmed it himself")
	}
}

// TestDiskFull: nothing is sold, and nothing is held against the quota or the
// account.
func TestDiskFull(t *testing.T) {
	st := usual()
	st.share.Fen = 1200
	tm := counter(t, st)
	tm.DiskFull()
	comesFor(t, tm, zhou, "not-stored")
	tm.DiskFree()
	tm.Advance(callStays)
	tm.WantPage("idle")
	comesFor(t, tm, zhou, "sold")
	if s := sales(t, tm); len(s) != 1 || s[0].No != 2 {
		t.Errorf("sales %+v", s)
	}
}

// TestUnseen: every verdict but Recognised has its page, with the other ways.
func TestUnseen(t *testing.T) {
	titles := map[string]kiosk.Verdict{}
	for _, verdict := range []kiosk.Verdict{kiosk.Stranger, kiosk.TooDark, kiosk.TooFar, kiosk.TwoFaces, kiosk.Withdrawn,
		kiosk.CardUnknown, kiosk.Lookalike, kiosk.NoCamera, kiosk.NoEngine} {
		t.Run(string(verdict), func(t *testing.T) {
			tm := counter(t, usual())
			sees(tm, verdict)
			p := tm.WantPage(string(verdict))
			if other, twice := titles[p.Title.ZH]; twice {
				t.Errorf("the same title as %s", other)
			}
			titles[p.Title.ZH] = verdict
			if diff := cmp.Diff(otherWays(), p.Actions); diff != "" {
				t.Errorf("ways (-want +got):\n%s", diff)
			}
			if p.Timeout > 0 {
				tm.Advance(p.Timeout)
				tm.WantPage("idle")
			} else {
				tm.Answer(actionCard, nil)
				tm.WantPage("card")
				sees(tm, kiosk.NoFace) // it is back
				tm.Advance(refusalStays)
				tm.WantPage("idle")
			}
			if len(tm.Records()) > 1 { // the share that it took
				t.Errorf("records %v", tm.Records())
			}
		})
	}
}

// TestWrongPIN leads back, or says that it is locked.
func TestWrongPIN(t *testing.T) {
	for code, page := range map[kiosk.Code]string{kiosk.CodeCancelled: "idle", kiosk.CodeLocked: "locked", kiosk.CodeUnavailable: "trouble"} {
		t.Run(string(code), func(t *testing.T) {
			tm := counter(t, usual())
			rev := tm.Page().Rev
			tm.Answer(actionPIN, nil)
			tm.IdentifyFails(code)
			tm.WantPageAfter(rev, page)
		})
	}
}

// TestNotGranted ends the visit and says what is missing.
func TestNotGranted(t *testing.T) {
	m := New()
	tm := kiosktest.New(t, m, append(usual().options(ID), kiosktest.WithGrants(kiosk.PermIdentify, kiosk.PermWatch))...)
	tm.Start()
	if code := kiosk.CodeOf(tm.WantEnd()); code != kiosk.CodeDenied {
		t.Errorf("Serve = %s", code)
	}
}
