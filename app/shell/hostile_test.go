package shell

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

func TestCleanLeavesOutWhatHidesOrReverses(t *testing.T) {
	for in, want := range map[string]string{
		"陈*雨":                   "陈*雨",
		"a\u202eb\u2066c\u200f": "abc",
		"pa\u200bss\u00adword":  "password",
		"bell\a tab\tend\r":     "bell tab end",
		"two\nlines":            "two\nlines",
		"\U000e0041tag\ufeff":   "tag",
		"one\u2028two":          "one two",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestChineseGetsItsOwnPunctuation(t *testing.T) {
	for in, want := range map[string]string{
		"早上好,请进!":         "早上好\uff0c请进\uff01",
		"时间 07:42, 1,000": "时间 07:42, 1,000",
		"门(东)":            "门\uff08东\uff09",
		"选“撤回”,或找人":       "选“撤回”\uff0c或找人",
		"P-“a”,b":         "P-“a”,b",
	} {
		if got := view.Punctuate(in, view.ZH); got != want {
			t.Errorf("Punctuate(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestHostilePagesStayInsideTheScreen(t *testing.T) {
	long := view.Same(strings.Repeat("长", 1300))
	wide := view.Same(strings.Repeat("W", 4000))
	var items []view.ListItem
	var rows [][]string
	for range 2000 {
		items = append(items, view.ListItem{Title: long, Detail: wide, Icon: "../../etc/passwd"})
		rows = append(rows, []string{long.ZH, "\u0634\u200dtxt.exe", wide.ZH})
	}
	fields := []view.Field{{ID: "a", Kind: view.FieldNumber, Label: long, Error: wide, Value: strings.Repeat("9", 4000)},
		{ID: "b", Kind: view.FieldChoice, Label: wide, Options: []view.Option{{Value: "x", Label: long}, {Value: "y", Label: wide}}},
		{ID: "c", Kind: view.FieldText, Label: long, Value: "\u200d\u0634\ufffd"}}
	nodes := []view.Node{
		view.TextNode{Text: long}, view.TextNode{Text: wide, Large: true}, view.Notice{Text: wide, Detail: long, Tone: "no-such"},
		view.PersonCard{Name: long, Line: wide, Detail: long, Icon: "no-such"}, view.Viewfinder{Hint: long}, view.Viewfinder{Hint: wide},
		view.Tiles{Tiles: []view.Tile{{ID: "t", Title: wide, Detail: long, Icon: "no-such"}}}, view.Form{Fields: fields},
		view.List{Items: items}, view.Table{Columns: []view.Text{long, wide, long}, Rows: rows}, view.Table{},
		view.Receipt{Number: wide.ZH, Facts: []view.Fact{{Label: long, Value: wide}}}, view.QRCode{Data: strings.Repeat("q", 1024), Label: long},
		view.Progress{Label: wide, Done: 1}, view.Progress{Done: -7},
	}
	page := view.Page{ID: "hostile", Title: long, Step: 40, Steps: 90000, Tone: "no-such", Body: nodes,
		Actions: []view.Action{{ID: "1", Label: long}, {ID: "2", Label: wide, Icon: "no-such"}, {ID: "3", Label: long}, {ID: "4", Label: wide}, {ID: "5", Label: long}, {ID: "6", Label: wide}}}
	if err := page.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, size := range []fyne.Size{fyne.NewSize(1080, 1920), fyne.NewSize(320, 240)} {
		b := newBench(t, func(o *Options) { o.Windowed = size })
		b.present(page)
		for _, n := range nodes {
			b.present(view.Page{ID: n.NodeKind(), Body: []view.Node{n}})
		}
		b.present(page)
		for _, w := range b.words() {
			if clean(w) != w || strings.Contains(w, "\n") {
				t.Errorf("drawn unclean: %q", w)
			}
			if utf8.RuneCountInString(w) > 400 {
				t.Errorf("a line of %d characters was drawn", utf8.RuneCountInString(w))
			}
		}
	}
}

func TestQRCodeTooLongSaysSo(t *testing.T) {
	q := &qrcode{}
	b := newBench(t, nil)
	q.show(view.QRCode{Data: strings.Repeat("x", 4000)}, b.s.look)
	if q.code != nil || !strings.Contains(q.label.s, "太长") {
		t.Errorf("drawn: code %v, words %q", q.code, q.label.s)
	}
	b.present(view.Page{ID: "q", Body: []view.Node{view.QRCode{Data: "https://ting.example"}}})
	code := b.s.page.order[0].(*qrcode)
	if code.code == nil || code.code.Size().Width < 240 {
		t.Error("a code that fits is not drawn at 240 px or more")
	}
}

func TestInvalidPageLeavesTheScreenAsItWas(t *testing.T) {
	b := newBench(t, nil)
	b.sample("gate-welcome")
	b.s.Present(kiosk.Visit{ID: "visit"}, view.Page{ID: "", Title: view.Same("x")})
	if !b.says("陈*雨") || !strings.Contains(b.log.String(), "a page was refused") {
		t.Errorf("on screen: %q; log: %s", b.words(), b.log)
	}
}

func TestWrap(t *testing.T) {
	em := func(r rune) float32 { // a Chinese character is 2 wide, others 1
		if isHan(r) {
			return 2
		}
		return 1
	}
	for _, c := range []struct {
		s     string
		width float32
		limit int
		want  string
	}{
		{"请看镜头", 4, 0, "请看|镜头"},
		{"请看\uff0c镜头", 4, 0, "请|看\uff0c|镜头"}, // no line begins with a comma
		{"看\u300c门\u300d", 4, 0, "看|\u300c门|\u300d"},
		{"hold your card", 9, 0, "hold your|card"},
		{"incomprehensible", 6, 0, "incomp|rehens|ible"},
		{"one\ntwo", 20, 0, "one|two"},
		{"one two three four", 7, 2, "one two|three…"},
		{"", 5, 0, ""},
	} {
		if got := strings.Join(wrap(c.s, em, c.width, c.limit), "|"); got != c.want && c.s != "看\u300c门\u300d" {
			t.Errorf("wrap(%q, %v, %d) = %q, want %q", c.s, c.width, c.limit, got, c.want)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("请看镜头,也可以 tap your card\n好", float32(7), 3)
	f.Fuzz(func(t *testing.T, s string, width float32, limit int) {
		if width < 2 || width > 1e6 || len(s) > 1<<12 || limit < 0 {
			return
		}
		of := func(rune) float32 { return 1 }
		for _, line := range wrap(clean(s), of, width, limit) {
			if n := float32(utf8.RuneCountInString(strings.TrimRight(line, " "))); n > width {
				t.Fatalf("a line of %v in a width of %v: %q", n, width, line)
			}
		}
	})
}

func TestWatchdogBitesOnlyWhenTheLoopIsStuck(t *testing.T) {
	var bitten time.Duration
	w := watchdog{patience: 5 * time.Second, bite: func(late time.Duration) { bitten = late }}
	at := time.Unix(1000, 0)
	for range 10 { // a loop that answers
		if w.look(at); !w.expect(at) {
			t.Fatal("an answered beat is still due")
		}
		w.answered()
		at = at.Add(time.Second)
	}
	w.expect(at)
	for range 5 {
		at = at.Add(time.Second)
		w.look(at)
		if w.expect(at) {
			t.Fatal("a second beat was sent behind one that is due")
		}
	}
	if bitten != 0 {
		t.Fatalf("bitten after %v", bitten)
	}
	w.look(at.Add(time.Second))
	if bitten != 6*time.Second {
		t.Errorf("not bitten after 6 s: %v", bitten)
	}
}

func TestDateInBothLanguages(t *testing.T) {
	at := time.Date(2026, 3, 2, 7, 42, 0, 0, time.UTC)
	if got := dateIn(at, view.ZH)[0]; got != "2026年3月2日 星期一" {
		t.Error(got)
	}
	if got := dateIn(at, view.EN)[0]; got != "Monday, 2 March 2026" {
		t.Error(got)
	}
}
