package hall

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

var (
	lin  = kiosk.Person{ID: "C-1001", Name: "林知远", Role: "citizen"}
	chen = kiosk.Person{ID: "C-1002", Name: "陈思敏", Role: "citizen"}
	su   = kiosk.Person{ID: "W-0101", Name: "苏婉", Group: "综合窗口", Role: "staff", Way: kiosk.WayPIN}

	linCard  = kiosk.IDCard{Number: "330106195603210019", Name: "林知远", Birth: time.Date(1956, 3, 21, 0, 0, 0, 0, time.UTC)}
	fangCard = kiosk.IDCard{Number: "330106198511034118", Name: "方文", Birth: time.Date(1985, 11, 3, 0, 0, 0, 0, time.UTC)} // nobody knows him
)

// catalogRows and residentRows are the feeds of the demo district.
func catalogRows(t testing.TB) (rows []kiosk.Row) {
	t.Helper()
	for id, raw := range demo.HallServices() {
		rows = append(rows, kiosk.Row{Key: id, Revision: 1, JSON: raw})
	}
	return rows
}

func residentRows() (rows []kiosk.Row) {
	for _, r := range demo.HallResidents() {
		rows = append(rows, kiosk.Row{Key: "id/" + Holder(r.IDNumber), JSON: r.JSON}, kiosk.Row{Key: "person/" + r.Person, JSON: r.JSON})
	}
	return rows
}

func options(t testing.TB, more ...kiosktest.Option) []kiosktest.Option {
	return append([]kiosktest.Option{
		kiosktest.WithNow(morning), kiosktest.WithLane("B"), kiosktest.WithPlace(view.T("政务服务大厅", "Service Hall")),
		kiosktest.WithFeed(FeedServices, catalogRows(t)...), kiosktest.WithFeed(FeedResidents, residentRows()...),
	}, more...)
}

func begin(t testing.TB, more ...kiosktest.Option) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, New(), options(t, more...)...)
	tm.Start()
	tm.WantPage("start")
	return tm
}

// touch answers the page with that ID, once it stands.
func touch(tm *kiosktest.Terminal, page, action string) view.Page {
	p := tm.WantPage(page)
	tm.Answer(action, nil)
	return p
}

// sheet is a photograph of a page; plain ones are small, noisy ones large.
func sheet(w, h int, noisy bool) []byte {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	seed := uint32(1)
	for i := range img.Pix {
		img.Pix[i] = 0xf0
		if noisy {
			seed = seed*1664525 + 1013904223
			img.Pix[i] = byte(seed >> 24)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 80}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func signature() []byte {
	img := image.NewGray(image.Rect(0, 0, 200, 80))
	for x := range 200 {
		img.SetGray(x, 40+x%7, color.Gray{Y: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func photograph(tm *kiosktest.Terminal, page, action string, image []byte) {
	tm.WantPage(page)
	tm.AnswerWith(action, map[string]view.Value{fieldPhoto: {Image: image}})
}

// toResidence goes to the residence permit's guide.
func toResidence(tm *kiosktest.Terminal) {
	touch(tm, "start", actionPerson)
	touch(tm, "events", "residence")
	touch(tm, "services", "residence-permit")
	tm.WantPage("guide")
}

// answered goes on to the identity: a rented home.
func answered(tm *kiosktest.Terminal) {
	touch(tm, "guide", actionApply)
	touch(tm, "question-half-year", "yes")
	touch(tm, "question-basis", "home")
	touch(tm, "question-home", "rent")
	tm.WantPage("identity")
}

func sign(tm *kiosktest.Terminal, phone string) {
	tm.WantPage("contact")
	tm.Answer(actionNext, map[string]string{fieldPhone: phone})
	tm.WantPage("sign")
	tm.AnswerWith(actionSubmit, map[string]view.Value{fieldSignature: {Image: signature()}})
}

func submitted(t *testing.T, tm *kiosktest.Terminal) Submitted {
	t.Helper()
	all := kiosktest.Records[Submitted](tm)
	if len(all) != 1 {
		t.Fatalf("%d applications recorded", len(all))
	}
	return all[0]
}

// TestApplication is the main visit, from the life event to the receipt.
func TestApplication(t *testing.T) {
	tm := begin(t)
	toResidence(tm)
	answered(tm)
	tm.Answer(actionIDCard, nil)
	tm.WantPage("id-card")
	tm.LayIDCard(linCard)
	r := tm.Identifies(lin)
	if r.Person != lin.ID || !r.Live || !slices.Contains(r.Ways, kiosk.WayPIN) || r.Purpose != ID {
		t.Errorf("the card's holder is asked for by %+v", r)
	}
	p := touch(tm, "materials", actionNext)
	list := p.Body[1].(view.List)
	if !strings.Contains(list.Items[0].Detail.ZH, "免提交") || list.Items[len(list.Items)-1].Icon != "camera" || len(list.Items) != 3 {
		t.Errorf("materials: %+v", list.Items)
	}
	lease := sheet(800, 1100, false)
	photograph(tm, "photo-lease-0", actionMore, lease)
	photograph(tm, "photo-lease-1", actionNext, sheet(300, 420, true))
	sign(tm, "13800138000")
	p = tm.WantPage("submitted")
	sub := submitted(t, tm)
	if p.Body[0].(view.Receipt).Number != sub.Case || p.Body[1].(view.QRCode).Data != "ting:hall:case:"+sub.Case {
		t.Errorf("the receipt does not say the case's number: %+v", p.Body)
	}
	if strings.Contains(p.Body[0].(view.Receipt).Facts[1].Value.ZH, "知") {
		t.Error("the name is not masked")
	}
	if n, err := ParseNumber(sub.Case); err != nil || n != sub.Case {
		t.Errorf("number %q: %v", sub.Case, err)
	}
	want := Submitted{
		ID: sub.ID, Case: sub.Case, Service: "residence-permit", Code: "11330197247001013X500070902100001", Name: view.T("居住证申领", "Residence permit"),
		Applicant: Applicant{Name: "林知远", IDNumber: linCard.Number, Person: lin.ID, Way: "idcard+face", Phone: "13800138000"},
		Answers:   map[string]string{"half-year": "yes", "basis": "home", "home": "rent"},
		Materials: []Handed{
			{Material: "id-card", Name: view.T("居民身份证", "Identity card"), How: Paperless, Holding: "330***********0019"},
			{Material: "photo", Name: view.T("近期免冠证件照", "A recent portrait photograph"), How: Paperless, Holding: "2025-****-06"},
			{Material: "lease", Name: view.T("房屋租赁合同", "Lease of your home"), How: Photo, Pages: sub.Materials[2].Pages},
		},
		Signature: picture{bytes: signature()}.digest(), Legal: 15, Promised: 5, Visits: 1, At: tm.Now(),
	}
	if diff := cmp.Diff(want, sub); diff != "" {
		t.Errorf("application (-want +got):\n%s", diff)
	}
	// The case comes after all its pictures, which can be put together again.
	records := tm.Records()
	if last := records[len(records)-1]; last.Kind != KindSubmitted || last.Key != "application/"+sub.Case {
		t.Errorf("the last record is %+v", last.Kind)
	}
	pages := map[string][]Page{}
	for _, p := range kiosktest.Records[Page](tm) {
		pages[p.Digest] = append([]Page{p}, pages[p.Digest]...) // in the wrong order
	}
	for _, digest := range append(sub.Materials[2].Pages, sub.Signature) {
		if _, ok := join(digest, pages[digest]); !ok {
			t.Errorf("picture %.8s… cannot be put together of %d parts", digest, len(pages[digest]))
		}
	}
	if got, _ := join(sub.Materials[2].Pages[0], pages[sub.Materials[2].Pages[0]]); !bytes.Equal(got.bytes, lease) {
		t.Error("a small photograph is changed")
	}
	tm.Answer(actionPrint, nil)
	p = tm.WantPageAfter(p.Rev, "submitted")
	if got := tm.Printed(); len(got) != 1 || got[0].Body[0].(view.Receipt).Number != sub.Case {
		t.Errorf("printed %+v", got)
	}
	tm.PaperOut()
	tm.Answer(actionPrint, nil)
	p = tm.WantPageAfter(p.Rev, "submitted")
	if n := p.Body[0].(view.Notice); n.Tone != view.Warning || n.Text.IsZero() {
		t.Errorf("without paper: %+v", n)
	}
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil {
		t.Errorf("Serve = %v", err)
	}
}

// TestWithoutTheFace: by PIN it is as many pages; so it is by the staff for
// somebody whom the district does not know, and by another way without a card.
func TestWithoutTheFace(t *testing.T) {
	pages := func(tm *kiosktest.Terminal) (ids []string) {
		for _, p := range tm.Pages() {
			if len(ids) == 0 || ids[len(ids)-1] != p.ID {
				ids = append(ids, p.ID)
			}
		}
		return ids
	}
	visit := func(how func(tm *kiosktest.Terminal), photos ...string) (*kiosktest.Terminal, []string) {
		tm := begin(t)
		toResidence(tm)
		answered(tm)
		tm.Answer(actionIDCard, nil)
		tm.WantPage("id-card")
		how(tm)
		touch(tm, "materials", actionNext)
		for _, m := range photos {
			photograph(tm, "photo-"+m+"-0", actionNext, sheet(80, 80, false))
		}
		sign(tm, "")
		tm.WantPage("submitted")
		return tm, pages(tm)
	}
	as := func(p kiosk.Person, way kiosk.Way, card kiosk.IDCard) func(tm *kiosktest.Terminal) {
		p.Way = way
		return func(tm *kiosktest.Terminal) {
			tm.LayIDCard(card)
			tm.WantPage(kiosktest.PageIdentify)
			if r := tm.Identifies(p); p.ID == su.ID && (!slices.Equal(r.Roles, []string{"staff"}) || slices.Contains(r.Ways, kiosk.WayFace)) {
				t.Errorf("the staff are asked by %+v", r)
			}
		}
	}
	_, byFace := visit(as(lin, kiosk.WayFace, linCard), "lease")
	tm, byPIN := visit(as(lin, kiosk.WayPIN, linCard), "lease")
	if diff := cmp.Diff(byFace, byPIN); diff != "" {
		t.Errorf("pages by face (-) and by PIN (+):\n%s", diff)
	}
	if way := submitted(t, tm).Applicant.Way; way != "idcard+pin" {
		t.Errorf("way %s", way)
	}
	tm, byStaff := visit(as(su, kiosk.WayPIN, fangCard), "id-card", "photo", "lease")
	// Nothing is held of him, so that he has more to photograph; who he is takes as many pages.
	if a := submitted(t, tm).Applicant; a.Way != "idcard+staff" || a.By != su.ID || a.Person != "" || a.Name != "方文" {
		t.Errorf("applicant %+v", a)
	}
	upTo := func(ids []string) int { return slices.Index(ids, "materials") }
	if upTo(byStaff) != upTo(byFace) {
		t.Errorf("%d pages to be identified by the staff, %d by face", upTo(byStaff), upTo(byFace))
	}
}

func TestOtherWay(t *testing.T) {
	tm := begin(t)
	toResidence(tm)
	answered(tm)
	tm.Answer(actionOther, nil)
	card := chen
	card.Way = kiosk.WayCard
	if r := tm.Identifies(card); r.Person != "" || len(r.Ways) != 0 || !r.Live {
		t.Errorf("asked %+v", r)
	}
	p := tm.WantPage("materials")
	if first := p.Body[1].(view.List).Items[0]; !strings.Contains(first.Detail.ZH, "免提交") {
		t.Errorf("what the district holds of %s is asked for: %+v", chen.ID, first)
	}
}

// TestExpiredLicenceIsAskedFor: what the government held no longer holds.
func TestExpiredLicenceIsAskedFor(t *testing.T) {
	var s catalog.Service
	if err := json.Unmarshal(demo.HallServices()["resident-insurance"], &s); err != nil {
		t.Fatal(err)
	}
	var res Resident
	for _, r := range demo.HallResidents() {
		if r.Person == chen.ID {
			if err := json.Unmarshal(r.JSON, &res); err != nil {
				t.Fatal(err)
			}
		}
	}
	for day, want := range map[string]string{"2025-12-31": "", "2026-01-01": "permit"} {
		at, _ := time.ParseInLocation(time.DateOnly, day, zone)
		held, wanted := prepare(s, catalog.Answers{"local": "no"}, res, at)
		var ids []string
		for _, m := range wanted {
			ids = append(ids, m.ID)
		}
		if strings.Join(ids, " ") != want || len(held)+len(wanted) != 2 {
			t.Errorf("%s: held %v, wanted %v", day, held, ids)
		}
	}
}

func TestMaterialThatFollows(t *testing.T) {
	tm := begin(t)
	touch(tm, "start", actionPerson)
	touch(tm, "events", "residence")
	touch(tm, "services", "spouse-move")
	touch(tm, "guide", actionApply)
	touch(tm, "identity", actionOther)
	tm.Identifies(chen)
	touch(tm, "materials", actionNext)
	p := tm.WantPage("photo-household-register-0")
	if offersAction(p, actionLater) {
		t.Error("a household register may not follow")
	}
	tm.Answer(actionMissing, nil)
	touch(tm, "missing", actionDone)
	photograph(tm, "photo-household-register-0", actionNext, sheet(100, 100, false))
	photograph(tm, "photo-application-0", actionNext, sheet(100, 100, false))
	touch(tm, "photo-dwelling-0", actionLater)
	sign(tm, "")
	p = tm.WantPage("submitted")
	sub := submitted(t, tm)
	if last := sub.Materials[len(sub.Materials)-1]; last.Material != "dwelling" || last.How != Later || len(last.Pages) > 0 {
		t.Errorf("%+v", last)
	}
	if facts := p.Body[0].(view.Receipt).Facts; !strings.Contains(facts[len(facts)-1].Value.ZH, "补交") {
		t.Errorf("the receipt does not say what is to follow: %+v", facts)
	}
}

func offersAction(p view.Page, id string) bool {
	return slices.ContainsFunc(p.Actions, func(a view.Action) bool { return a.ID == id })
}

// TestBackIsOnePageBack walks backwards through the application.
func TestBackIsOnePageBack(t *testing.T) {
	tm := begin(t)
	toResidence(tm)
	answered(tm)
	tm.Answer(actionOther, nil)
	tm.Identifies(lin)
	touch(tm, "materials", actionNext)
	photograph(tm, "photo-lease-0", actionMore, sheet(80, 80, false))
	tm.WantPage("photo-lease-1")
	tm.Back()
	tm.WantPage("photo-lease-0")
	tm.Back()
	tm.WantPage("materials")
	tm.Back()
	tm.WantPage("identity")
	tm.Back()
	tm.WantPage("question-home")
	tm.Back()
	tm.WantPage("question-basis")
	tm.Answer("work", nil) // the home is not asked for now
	tm.WantPage("identity")
	tm.Back()
	tm.WantPage("question-basis")
	tm.Back()
	tm.WantPage("question-half-year")
	tm.Back()
	tm.WantPage("guide")
	tm.Back()
	tm.WantPage("services")
	tm.Back()
	tm.WantPage("events")
	tm.Back()
	tm.WantPage("start")
	tm.Back()
	if err := tm.WantEnd(); err != nil || len(tm.Records()) > 0 {
		t.Errorf("Serve = %v, records %v", err, tm.Records())
	}
}

func TestSearchAndSlip(t *testing.T) {
	tm := begin(t)
	touch(tm, "start", actionSearch)
	p := tm.WantPage("search")
	tm.Answer(view.ActionBack, nil)
	tm.WantPage("start")
	tm.Answer(actionSearch, nil)
	tm.WantPageAfter(p.Rev, "search")
	tm.Answer("residence-permit", nil)
	tm.WantPage("guide")
	tm.Back()
	tm.WantPage("search")
	tm.Back()
	touch(tm, "start", actionSlip)
	p = tm.WantPage("slip")
	tm.Scan("https://example.invalid/")
	p = tm.WantPageAfter(p.Rev, "slip")
	if p.Body[1].(view.Form).Fields[0].Error.IsZero() {
		t.Error("a strange code is not explained")
	}
	tm.Scan("ting:hall:service:sole-trader")
	if p := tm.WantPage("guide"); p.Title.ZH != "个体工商户设立登记" {
		t.Errorf("the slip leads to %s", p.Title.ZH)
	}
	tm.Back()
	touch(tm, "start", actionSlip)
	tm.WantPage("slip")
	tm.Answer(actionNext, map[string]string{fieldCode: "1133019724700808X8400013100100101"})
	if p := tm.WantPage("guide"); p.Title.ZH != "公司设立登记" {
		t.Errorf("the code leads to %s", p.Title.ZH)
	}
}

func TestNumbers(t *testing.T) {
	seen := map[string]bool{}
	for range 40 {
		n := newNumber(morning)
		if seen[n] {
			t.Fatalf("%s twice", n)
		}
		seen[n] = true
		for _, typed := range []string{n, strings.ToLower(n), " " + strings.ReplaceAll(n, "-", "") + " ", qrCase + n} {
			if got, err := ParseNumber(typed); err != nil || got != n {
				t.Fatalf("%q is read as %q, %v; want %q", typed, got, err, n)
			}
		}
		// Any one character wrong, and any two behind the day exchanged, are found.
		body := strings.ReplaceAll(n, "-", "")
		for i := len(numberDay); i < len(body); i++ {
			for _, l := range letters {
				if wrong := body[:i] + string(l) + body[i+1:]; wrong != body {
					if _, err := ParseNumber(wrong); err == nil {
						t.Fatalf("%s passes for %s", wrong, body)
					}
				}
			}
			if i+1 < len(body) && body[i] != body[i+1] {
				wrong := body[:i] + string(body[i+1]) + string(body[i]) + body[i+2:]
				if _, err := ParseNumber(wrong); err == nil {
					t.Fatalf("%s passes for %s", wrong, body)
				}
			}
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("260302-K7QM-3XRV")
	f.Add(qrCase + "260302-2222-2222")
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			return
		}
		if again, err := ParseNumber(n); err != nil || again != n {
			t.Errorf("%q is read as %q, and that as %q (%v)", s, n, again, err)
		}
	})
}

func TestShrink(t *testing.T) {
	for name, taken := range map[string][]byte{
		"large": sheet(1000, 1400, false),
		"noise": sheet(600, 800, true), // the worst there is
	} {
		p, err := shrink(taken)
		if err != nil || len(p.bytes) > pictureBytes || name == "noise" && len(taken) <= pictureBytes {
			t.Errorf("%s: %d bytes of %d, %v", name, len(p.bytes), len(taken), err)
		}
		if w, h, err := view.PictureSize(p.bytes); err != nil || h > pictureLongest || w >= h {
			t.Errorf("%s: %d×%d, %v", name, w, h, err)
		}
	}
	small := sheet(300, 400, false)
	if p, err := shrink(small); err != nil || !bytes.Equal(p.bytes, small) {
		t.Errorf("a small one is changed: %v", err)
	}
	if _, err := shrink([]byte("no picture")); kiosk.CodeOf(err) != kiosk.CodeInvalid {
		t.Errorf("%v", err)
	}
}

func TestJoinWantsEveryPart(t *testing.T) {
	jpg := sheet(400, 400, true)
	p := picture{"image/jpeg", jpg}
	parts := func() []Page {
		half := len(jpg) / 2
		return []Page{{Digest: p.digest(), Part: 1, Parts: 2, Bytes: jpg[half:]}, {Digest: p.digest(), Part: 0, Parts: 2, Bytes: jpg[:half], Media: "image/jpeg"}}
	}
	if got, ok := join(p.digest(), parts()); !ok || !bytes.Equal(got.bytes, jpg) {
		t.Error("whole: not joined")
	}
	for name, harm := range map[string]func([]Page) []Page{
		"one missing": func(ps []Page) []Page { return ps[:1] },
		"none":        func([]Page) []Page { return nil },
		"twice":       func(ps []Page) []Page { return append(ps, ps[0]) },
		"changed":     func(ps []Page) []Page { ps[0].Bytes = append(slices.Clone(ps[0].Bytes), 0); return ps },
		"of another":  func(ps []Page) []Page { ps[0].Digest = "x"; return ps },
	} {
		if _, ok := join(p.digest(), harm(parts())); ok {
			t.Errorf("%s: joined", name)
		}
	}
}
