package enrolment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

var (
	li      = kiosk.Person{ID: "2019-0317", Name: "李小明", Group: "三年二班", Role: "pupil"}
	teacher = kiosk.Person{ID: "T-0042", Name: "赵老师", Role: "staff", Way: kiosk.WayPIN}
	canteen = Purpose{Module: "canteen", Title: view.T("食堂就餐", "eating at the canteen")}
)

func start(t *testing.T, m kiosk.Module) *kiosktest.Terminal {
	t.Helper()
	tm := kiosktest.New(t, m)
	tm.Start()
	tm.WantPage("start")
	return tm
}

// touch answers the page with that ID, once it stands.
func touch(tm *kiosktest.Terminal, page, action string, fields map[string]string) {
	tm.WantPage(page)
	tm.Answer(action, fields)
}

// agree comes as far as the question who the visitor is.
func agree(tm *kiosktest.Terminal) {
	touch(tm, "start", actionEnrol, nil)
	touch(tm, "consent", actionAgree, nil)
	tm.WantPage("who")
}

// penned is a signature as a terminal sends it.
func penned() view.Value {
	img := image.NewGray(image.Rect(0, 0, 1200, 400))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for x := range 600 {
		for y := range 6 {
			img.SetGray(200+x, 150+x/8+y, color.Gray{})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return view.Value{Image: b.Bytes()}
}

// sign answers the page that asks for the person's own signature.
func sign(tm *kiosktest.Terminal) {
	tm.WantPage("sign")
	tm.AnswerWith(actionAgree, map[string]view.Value{fieldSignature: penned()})
}

// guardianSigns answers the page of a guardian's consent.
func guardianSigns(tm *kiosktest.Terminal, relation, name string) {
	tm.WantPage("guardian")
	tm.AnswerWith(actionAgree, map[string]view.Value{fieldRelation: {Text: relation}, fieldGuardian: {Text: name}, fieldSignature: penned()})
}

// signature is the digest under which penned is kept.
func signature(t *testing.T, tm *kiosktest.Terminal) string {
	t.Helper()
	signed := kiosktest.Records[Signed](tm)
	if len(signed) != 1 {
		t.Fatalf("%d signatures are kept", len(signed))
	}
	sum := sha256.Sum256(signed[0].Picture)
	if signed[0].SHA256 != hex.EncodeToString(sum[:]) {
		t.Error("the digest is of something else")
	}
	return signed[0].SHA256
}

func wantRecords[R kiosk.Record](t *testing.T, tm *kiosktest.Terminal, want ...R) {
	t.Helper()
	if diff := cmp.Diff(want, kiosktest.Records[R](tm), cmpopts.EquateApproxTime(0), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestMemberEnrols(t *testing.T) {
	tm := start(t, New())
	agree(tm)
	tm.Answer(actionMember, nil)
	r := tm.Identifies(li)
	if slices.Contains(r.Ways, kiosk.WayFace) || len(r.Ways) == 0 {
		t.Errorf("who is to be enrolled is asked by %v", r.Ways)
	}
	touch(tm, "age", actionAdult, nil)
	sign(tm)
	got := tm.Enrols(kiosk.Enrolment{Person: li, Template: "t1", Shots: 5})
	want := kiosk.EnrolRequest{Person: li.ID, Name: li.Name, Purposes: []string{"enrolment", "gate"},
		Consent: kiosk.Consent{TextVersion: TextVersion, GivenBy: "self", Way: "signature", Time: tm.Now()}}
	if diff := cmp.Diff(want, got, cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("enrolled (-want +got):\n%s", diff)
	}
	p := tm.WantPage("enrolled")
	wantRecords(t, tm, Consented{Person: li.ID, Name: li.Name, Role: "pupil", Group: "三年二班", Purposes: want.Purposes,
		TextVersion: TextVersion, TextSHA256: wording([]Purpose{Gate}).Digest(), GivenBy: "self", Way: "signature", Signature: signature(t, tm),
		At: tm.Now(), Template: "t1"})
	receipt := p.Body[0].(view.Receipt)
	if receipt.Number != tm.Records()[1].Receipt.Short() || strings.Contains(receipt.Facts[0].Value.ZH, li.Name) {
		t.Errorf("receipt %+v", receipt)
	}
	tm.Answer(actionDone, nil)
	if err := tm.WantEnd(); err != nil {
		t.Errorf("Serve = %v", err)
	}
}

func TestVisitorEnrols(t *testing.T) {
	tm := start(t, New(Gate, canteen))
	agree(tm)
	tm.Answer(actionVisitor, nil)
	p := tm.WantPage("name")
	offered := p.Body[0].(view.Form).Fields[0].Value
	if !strings.HasPrefix(offered, "访客") || offered == "访客" {
		t.Errorf("the name offered is %q", offered)
	}
	tm.Answer(actionNext, map[string]string{fieldName: "   "})
	p = tm.WantPageAfter(p.Rev, "name")
	if p.Body[0].(view.Form).Fields[0].Error.IsZero() {
		t.Error("an empty name is not explained")
	}
	tm.Answer(actionNext, map[string]string{fieldName: " 周  小  舟 "})
	touch(tm, "age", actionAdult, nil)
	sign(tm)
	r := tm.Enrols(kiosk.Enrolment{Person: kiosk.Person{ID: "V-0000012345", Name: "周 小 舟", Role: "visitor"}})
	if r.Person != "" || r.Name != "周 小 舟" || !slices.Equal(r.Purposes, []string{"canteen", "enrolment", "gate"}) {
		t.Errorf("enrolled %+v", r)
	}
	p = tm.WantPage("enrolled")
	if facts := p.Body[0].(view.Receipt).Facts; facts[len(facts)-1].Value.ZH != "V-0000012345" {
		t.Errorf("the receipt does not tell the visitor his number: %+v", facts)
	}
	if c := kiosktest.Records[Consented](tm); len(c) != 1 || c[0].Person != "V-0000012345" || c[0].Role != "visitor" {
		t.Errorf("records %+v", c)
	}
}

func TestVisitorKeepsTheNumber(t *testing.T) {
	tm := start(t, New())
	agree(tm)
	tm.Answer(actionVisitor, nil)
	touch(tm, "name", actionNext, nil)
	touch(tm, "age", actionAdult, nil)
	sign(tm)
	if r := tm.Enrols(kiosk.Enrolment{}); r.Name != visitorName(tm.Page().ID) && !strings.HasPrefix(r.Name, "访客") {
		t.Errorf("enrolled as %q", r.Name)
	}
	tm.WantPage("enrolled")
}

func TestChildNeedsGuardian(t *testing.T) {
	tests := []struct{ relation, name, want string }{
		{"母亲", "陈静", "陈静(母亲)"},
		{"父亲", " 李  强 ", "李 强(父亲)"},
		{"nobody offered this", "陈静", "陈静(其他监护人)"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			tm := start(t, New())
			agree(tm)
			tm.Answer(actionMember, nil)
			tm.Identifies(li)
			touch(tm, "age", actionChild, nil)
			guardianSigns(tm, tt.relation, tt.name)
			r := tm.Identifies(teacher)
			if !slices.Equal(r.Roles, []string{"staff"}) || slices.Contains(r.Ways, kiosk.WayFace) {
				t.Errorf("the witness is asked by %+v", r)
			}
			e := tm.Enrols(kiosk.Enrolment{Person: li})
			if e.Consent.GivenBy != tt.want || e.Consent.Way != "signature" {
				t.Errorf("consent %+v, want by %s", e.Consent, tt.want)
			}
			tm.WantPage("enrolled")
			c := kiosktest.Records[Consented](tm)
			if len(c) != 1 || c[0].GivenBy != tt.want || c[0].Way != "signature" || c[0].Signature != signature(t, tm) || c[0].Witness != teacher.ID {
				t.Errorf("records %+v", c)
			}
		})
	}
}

func TestStaffAreNotAskedTheirAge(t *testing.T) {
	tm := start(t, New())
	agree(tm)
	tm.Answer(actionMember, nil)
	tm.Identifies(teacher)
	sign(tm)
	tm.Enrols(kiosk.Enrolment{Person: teacher})
	tm.WantPage("enrolled")
}

// TestNothingWithoutConsent: wherever the visitor turns back, nobody is enrolled
// and nothing is recorded.
func TestNothingWithoutConsent(t *testing.T) {
	steps := []struct {
		name string
		to   func(tm *kiosktest.Terminal)
	}{
		{"declines", func(tm *kiosktest.Terminal) {
			touch(tm, "start", actionEnrol, nil)
			touch(tm, "consent", actionDecline, nil)
		}},
		{"back from the text", func(tm *kiosktest.Terminal) {
			touch(tm, "start", actionEnrol, nil)
			touch(tm, "consent", view.ActionBack, nil)
		}},
		{"back from who", func(tm *kiosktest.Terminal) { agree(tm); tm.Back() }},
		{"not identified", func(tm *kiosktest.Terminal) {
			agree(tm)
			tm.Answer(actionMember, nil)
			tm.IdentifyFails(kiosk.CodeCancelled)
		}},
		{"back from the name", func(tm *kiosktest.Terminal) {
			agree(tm)
			tm.Answer(actionVisitor, nil)
			touch(tm, "name", view.ActionBack, nil)
		}},
		{"the guardian declines", func(tm *kiosktest.Terminal) {
			agree(tm)
			tm.Answer(actionMember, nil)
			tm.Identifies(li)
			touch(tm, "age", actionChild, nil)
			touch(tm, "guardian", actionDecline, nil)
		}},
		{"no witness", func(tm *kiosktest.Terminal) {
			agree(tm)
			tm.Answer(actionMember, nil)
			tm.Identifies(li)
			touch(tm, "age", actionChild, nil)
			guardianSigns(tm, "母亲", "陈静")
			tm.IdentifyFails(kiosk.CodeCancelled)
		}},
		{"gives up before the camera", func(tm *kiosktest.Terminal) {
			agree(tm)
			tm.Answer(actionMember, nil)
			tm.Identifies(teacher)
			sign(tm)
			tm.EnrolFails(kiosk.CodeCancelled)
		}},
	}
	for _, tt := range steps {
		t.Run(tt.name, func(t *testing.T) {
			tm := start(t, New())
			rev := tm.Page().Rev
			tt.to(tm)
			tm.WantPageAfter(rev, "start")
			if len(tm.Records())+len(tm.Forgotten()) > 0 {
				t.Errorf("records %v, forgotten %v", tm.Records(), tm.Forgotten())
			}
			tm.Back()
			if err := tm.WantEnd(); err != nil {
				t.Errorf("Serve = %v", err)
			}
		})
	}
}

func TestNotEnrolled(t *testing.T) {
	for _, code := range []kiosk.Code{kiosk.CodeInvalid, kiosk.CodeUnavailable, kiosk.CodeDiskFull} {
		t.Run(string(code), func(t *testing.T) {
			tm := start(t, New())
			agree(tm)
			tm.Answer(actionMember, nil)
			tm.Identifies(teacher)
			sign(tm)
			tm.EnrolFails(code)
			p := tm.WantPage("not-enrolled")
			if p.Body[0].(view.Notice).Text.IsZero() || len(tm.Records()) > 0 {
				t.Errorf("page %+v, records %v", p, tm.Records())
			}
			tm.Answer(actionDone, nil)
			if err := tm.WantEnd(); err != nil {
				t.Errorf("Serve = %v", err)
			}
		})
	}
}

// TestConsentNotStored: a template whose consent cannot be recorded is erased.
func TestConsentNotStored(t *testing.T) {
	tm := start(t, New())
	agree(tm)
	tm.Answer(actionMember, nil)
	tm.Identifies(teacher)
	sign(tm)
	tm.DiskFull()
	tm.Enrols(kiosk.Enrolment{Person: teacher})
	tm.WantPage("not-stored")
	if diff := cmp.Diff([]kiosktest.Forgotten{{Person: teacher.ID}}, tm.Forgotten(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("forgotten (-want +got):\n%s", diff)
	}
}

func TestWithdraw(t *testing.T) {
	tm := start(t, New())
	touch(tm, "start", actionWithdraw, nil)
	r := tm.Identifies(li)
	if len(r.Ways) != 0 {
		t.Errorf("only %v are offered to withdraw", r.Ways)
	}
	if r.Purpose != "gate" {
		t.Errorf("the face is looked for under %q: who agreed to the gate alone would not be recognised", r.Purpose)
	}
	touch(tm, "confirm", actionWithdraw, nil)
	tm.WantPage("withdrawn")
	// Nothing but being recognised here would remain, so everything goes.
	if diff := cmp.Diff([]kiosktest.Forgotten{{Person: li.ID}}, tm.Forgotten(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("forgotten (-want +got):\n%s", diff)
	}
	wantRecords(t, tm, Withdrawn{Person: li.ID, At: tm.Now()})
	if rec := tm.Records()[0]; !rec.Kind.Urgent || rec.Receipt.Lane != "urgent" || rec.Key != "person/"+li.ID {
		t.Errorf("record %+v", rec)
	}
	tm.Advance(resultStays)
	if err := tm.WantEnd(); err != nil {
		t.Errorf("Serve = %v", err)
	}
}

func TestWithdrawSomePurposes(t *testing.T) {
	choose := map[string]struct {
		fields map[string]string
		want   []string
	}{
		"one":  {map[string]string{"gate": withdrawValue, "canteen": keepValue}, []string{"gate"}},
		"both": {map[string]string{"gate": withdrawValue, "canteen": withdrawValue}, nil},
	}
	for name, tt := range choose {
		t.Run(name, func(t *testing.T) {
			tm := start(t, New(Gate, canteen))
			touch(tm, "start", actionWithdraw, nil)
			if r := tm.Identifies(li); r.Purpose != ID {
				t.Errorf("the face is looked for under %q, which he may have withdrawn before", r.Purpose)
			}
			touch(tm, "purposes", actionWithdraw, tt.fields)
			tm.WantPage("withdrawn")
			if diff := cmp.Diff([]kiosktest.Forgotten{{Person: li.ID, Purposes: tt.want}}, tm.Forgotten(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("forgotten (-want +got):\n%s", diff)
			}
			wantRecords(t, tm, Withdrawn{Person: li.ID, Purposes: tt.want, At: tm.Now()})
		})
	}
	t.Run("none", func(t *testing.T) {
		tm := start(t, New(Gate, canteen))
		rev := tm.Page().Rev
		touch(tm, "start", actionWithdraw, nil)
		tm.Identifies(li)
		touch(tm, "purposes", actionWithdraw, map[string]string{"gate": keepValue, "canteen": keepValue})
		tm.WantPageAfter(rev, "start")
		if len(tm.Forgotten())+len(tm.Records()) > 0 {
			t.Error("something was withdrawn")
		}
	})
}

func TestKeepsConsent(t *testing.T) {
	tm := start(t, New())
	rev := tm.Page().Rev
	touch(tm, "start", actionWithdraw, nil)
	tm.Identifies(li)
	touch(tm, "confirm", actionDecline, nil)
	tm.WantPageAfter(rev, "start")
	if len(tm.Forgotten())+len(tm.Records()) > 0 {
		t.Error("something was withdrawn")
	}
}

// TestWithdrawalNotStored: the face is forgotten though the record is not, and
// the page says which of the two is missing.
func TestWithdrawalNotStored(t *testing.T) {
	tm := start(t, New())
	tm.DiskFull()
	touch(tm, "start", actionWithdraw, nil)
	tm.Identifies(li)
	touch(tm, "confirm", actionWithdraw, nil)
	p := tm.WantPage("withdraw-trouble")
	if len(tm.Forgotten()) != 1 {
		t.Error("the face waits for the record")
	}
	if s := p.Body[0].(view.Notice).Text.ZH; !strings.Contains(s, "已停用") {
		t.Errorf("the page says %q", s)
	}
}

func TestNotGranted(t *testing.T) {
	tm := kiosktest.New(t, New(), kiosktest.WithGrants(kiosk.PermRecord))
	tm.Start()
	touch(tm, "start", actionWithdraw, nil)
	if err := tm.WantEnd(); kiosk.CodeOf(err) != kiosk.CodeDenied {
		t.Errorf("Serve = %v, want CodeDenied", err)
	}
}

func TestNames(t *testing.T) {
	for typed, want := range map[string]string{
		"周小舟": "周小舟", "  Ann   Lee ": "Ann Lee", "": "", " \t ": "", "a\xff": "", strings.Repeat("长", nameLen): strings.Repeat("长", nameLen),
		strings.Repeat("长", nameLen+1): "",
	} {
		name, ok := cleanName(typed)
		if ok != (want != "") || ok && name != want {
			t.Errorf("cleanName(%q) = %q, %t; want %q", typed, name, ok, want)
		}
	}
	if visitorName("a") == visitorName("b") {
		t.Error("two visits offer the same visitor number")
	}
}

// TestConsentTextSaysEverything: the words the law asks for are in both wordings.
func TestConsentTextSaysEverything(t *testing.T) {
	var zh, en string
	for _, n := range consentText([]Purpose{Gate, canteen}) {
		text := n.(view.TextNode).Text
		zh, en = zh+text.ZH, en+text.EN
	}
	for _, word := range []string{"进出校门", "食堂就餐", "加密", "不上传", "刷卡", "密码", "撤回", "删除", "14", "监护人"} {
		if !strings.Contains(zh, word) {
			t.Errorf("the Chinese text does not say %s", word)
		}
	}
	for _, word := range []string{"school gate", "canteen", "encrypted", "not uploaded", "Card", "PIN", "withdraw", "deleted", "14", "guardian"} {
		if !strings.Contains(en, word) {
			t.Errorf("the English text does not say %s", word)
		}
	}
}
