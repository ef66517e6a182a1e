package shell

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// keys touches on-screen keys by their names: "n i space".
func (b *bench) keys(names string) {
	b.t.Helper()
	for _, n := range strings.Fields(names) {
		b.tap("key:" + n)
	}
}

// spell touches the keys of letters.
func (b *bench) spell(letters string) {
	b.t.Helper()
	for _, r := range letters {
		b.tap("key:" + string(r))
	}
}

// offered are the candidates in sight.
func (b *bench) offered() []string {
	var all []string
	if k := b.s.page.keyboard; k != nil {
		for _, c := range k.strip.cells[:k.strip.shown] {
			all = append(all, c.text)
		}
	}
	return all
}

// typed is what stands in the field of that ID.
func (b *bench) typed(id string) string { return b.s.page.fields()[id].Text }

func kiosk1(o *Options) { o.Mode = Kiosk }

func TestPinyin_NameAddressTitle(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-name")
	b.spell("zhangwei")
	if got := b.offered(); len(got) == 0 || got[0] != "张伟" {
		t.Fatalf("offered %q", got)
	}
	if !b.says("zhang wei") {
		t.Errorf("the letters are not seen: %q", b.words())
	}
	b.tap("cand:0")
	b.tap("key:done")
	b.spell("beijingshichaoyangqu")
	b.tap("key:space")
	b.keys("8 8")
	b.spell("hao")
	b.tap("key:space", "key:done")
	b.spell("hongloumeng")
	b.tap("key:space")
	if n, a, c := b.typed("name"), b.typed("address"), b.typed("title"); n != "张伟" || a != "北京市朝阳区88号" || c != "红楼梦" {
		t.Errorf("%q, %q, %q", n, a, c)
	}
}

func TestPinyin_APartIsChosenAndTheRestGoesOn(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-address")
	b.spell("beijingshi")
	i := slices.Index(b.offered(), "北京")
	if i < 0 {
		t.Fatalf("offered %q", b.offered())
	}
	b.tap([]string{"cand:0", "cand:1", "cand:2", "cand:3", "cand:4"}[i])
	if !b.says("北京 shi") || b.typed("address") != "" {
		t.Errorf("on screen: %q", b.words())
	}
	b.keys("erase erase")
	if !b.says("北京 s") {
		t.Errorf("on screen: %q", b.words())
	}
	b.keys("erase erase") // the last letter, then the choice
	if !b.says("bei jing") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("key:space")
	if got := b.typed("address"); got != "北京" {
		t.Errorf("address = %q", got)
	}
	b.keys("erase")
	if got := b.typed("address"); got != "北" {
		t.Errorf("erased to %q", got)
	}
}

func TestPinyin_PagesAndAllCandidates(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-address")
	b.spell("yi")
	first := b.offered()
	b.tap("cand:next")
	second := b.offered()
	if len(second) == 0 || slices.Contains(second, first[0]) {
		t.Fatalf("%q, then %q", first, second)
	}
	b.tap("cand:previous")
	if !slices.Equal(b.offered(), first) {
		t.Errorf("back: %q", b.offered())
	}
	b.tap("cand:all")
	if b.find("key:q") != nil || b.s.page.keyboard.all == nil {
		t.Fatal("the keys are still there")
	}
	grid := b.s.page.keyboard.all
	if n := len(grid.cells); n < 100 {
		t.Errorf("only %d candidates", n)
	}
	if grid.body.most() <= 0 {
		t.Error("all candidates fit: there is nothing to scroll")
	}
	test.Tap(grid.cells[60])
	if got := b.typed("address"); got != grid.cells[60].text || b.find("key:q") == nil {
		t.Errorf("address = %q, keys %v", got, b.find("key:q"))
	}
}

func TestPinyin_PunctuationAndLetters(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-address")
	b.spell("nihao")
	b.keys("， lang a")
	b.tap("key:shift", "key:B", "key:c", "key:shift", "key:shift", "key:D", "key:E", "key:shift", "key:symbols", "key:@", "key:symbols", "key:lang")
	b.spell("nihao")
	b.press(fyne.KeyReturn) // as it was typed
	if got := b.typed("address"); got != "你好，aBcDE@nihao" {
		t.Errorf("address = %q", got)
	}
	b.s.page.active.empty()
	b.keys("lang")
	if b.find("key:，") != nil || b.find("key:,") == nil {
		t.Error("letters have Chinese punctuation")
	}
}

func TestPinyin_AKeyboardComposesToo(t *testing.T) {
	for _, mode := range []Mode{Desk, Kiosk} {
		b := newBench(t, func(o *Options) { o.Mode = mode })
		b.sample("keys-address")
		hand := func(s string) { b.typeKeys(s, 300*time.Millisecond) }
		hand("woaibeijing")
		if got := b.offered(); len(got) == 0 || got[0] != "我爱北京" {
			t.Fatalf("offered %q", got)
		}
		if mode == Desk && (b.find("key:q") != nil || !b.says("1")) {
			t.Error("a desk shows on-screen keys, or no numbers beside the candidates")
		}
		hand(" ")
		hand("shi")
		second := b.offered()[1]
		hand("2")
		hand(",")
		b.press(fyne.KeyLeft)
		hand("ab") // a phrase again
		b.press(fyne.KeyEscape)
		b.s.sink.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
		b.s.sink.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
		hand("ab")
		if got := b.typed("address"); got != "我爱北京"+second+"ab，" {
			t.Errorf("mode %d: address = %q", mode, got)
		}
		b.press(fyne.KeyDelete)
		b.press(fyne.KeyHome)
		b.press(fyne.KeyDelete)
		if got := b.typed("address"); got != "爱北京"+second+"ab" {
			t.Errorf("mode %d: address = %q", mode, got)
		}
	}
}

func TestKeys_FitTheField(t *testing.T) {
	b := newBench(t, kiosk1)
	for name, want := range map[string]struct{ there, not string }{
		"keys-name":    {"key:q", "key:1"},
		"keys-address": {"key:1", "key:shift"},
		"keys-id":      {"key:X", "key:clear"},
		"keys-phone":   {"key:clear", "key:X"},
		"keys-amount":  {"key:.", "key:clear"},
		"keys-code":    {"key:/", "key:lang"},
		"keys-plate":   {"key:京", "key:q"},
		"keys-mail":    {"key:@", "key:lang"},
	} {
		b.sample(name)
		if b.find(want.there) == nil || b.find(want.not) != nil {
			t.Errorf("%s: %s is missing, or %s is there", name, want.there, want.not)
		}
	}
	b.sample("keys-plate")
	b.keys("京 A 1 2 3 4 5 6 7")
	if got := b.typed("plate"); got != "京A123456" {
		t.Errorf("plate = %q", got)
	}
}

func TestKeys_TypeOnlyWhatTheFieldTakes(t *testing.T) {
	for _, c := range []struct {
		f           view.Field
		typed, want string
	}{
		{view.Field{Kind: view.FieldID}, "1101051949123100x2", "11010519491231002"}, // X only at the end
		{view.Field{Kind: view.FieldID}, "11010519491231002x9", "11010519491231002X"},
		{view.Field{Kind: view.FieldNumber}, "1.5-a", "15"},
		{view.Field{Kind: view.FieldNumber, Decimals: 2}, ".1.2.345", "1.23"},
		{view.Field{Kind: view.FieldNumber, Min: "-9"}, "-3-4", "-34"},
		{view.Field{Kind: view.FieldPhone}, "010-1234-5678", "010-12345678"},
		{view.Field{Kind: view.FieldPIN, MaxLen: 4}, "12x345", "1234"},
		{view.Field{Kind: view.FieldText, MaxLen: 3, Keyboard: view.KeyboardCode}, "a\u202eb\u200bcd", "abc"},
		{view.Field{Kind: view.FieldText, Format: view.FormatCredit}, "91ab", "91AB"},
	} {
		b := newBench(t, nil)
		c.f.ID, c.f.Label = "f", view.Same("f")
		b.present(oneField(c.f))
		b.typeKeys(c.typed, time.Second)
		if got := b.typed("f"); got != c.want {
			t.Errorf("%s: %q became %q, want %q", c.f.Kind, c.typed, got, c.want)
		}
	}
}

func TestKeys_AreLargeEnough(t *testing.T) {
	const least = 88
	b := newBench(t, kiosk1)
	for _, p := range sample.Keys() {
		b.present(p.Page)
		walk(b.s.root, func(o fyne.CanvasObject) {
			if k, ok := o.(*key); ok && (k.Size().Width < least || k.Size().Height < least) {
				t.Errorf("%s: %s is %v", p.Name, k.id, k.Size())
			}
		})
	}
}

// TestKeys_NeverCoverTheField shows every field of a form on each screen while
// it is typed into.
func TestKeys_NeverCoverTheField(t *testing.T) {
	for _, size := range []fyne.Size{{Width: 1080, Height: 1920}, {Width: 800, Height: 1280}, {Width: 1280, Height: 800}, {Width: 1100, Height: 780}} {
		for _, mode := range []Mode{Kiosk, Desk} {
			b := newBench(t, func(o *Options) { o.Mode, o.Windowed = mode, size })
			b.sample("keys-name")
			for _, id := range []string{"name", "address", "title", "phone"} {
				b.tap("field:" + id)
				if o := b.find("keyboard:" + id); o != nil {
					test.Tap(o) // a desk's keys have to be called
				}
				w := b.find("field:" + id).(*well)
				top, bottom := place(w).Y, place(w).Y+w.Size().Height
				limit := b.s.page.box.Position().Y + b.s.page.box.Size().Height
				if k := b.s.page.keyboard; k != nil {
					limit = place(k.box).Y
				}
				body := b.s.page.body().scroll
				if from := place(body).Y; top < from-1 || bottom > from+body.Size().Height+1 || bottom > limit {
					t.Errorf("%v, mode %d: %s lies at %.0f to %.0f, its room is %.0f to %.0f", size, mode, id, top, bottom, from, min(limit, from+body.Size().Height))
				}
			}
		}
	}
}

// TestKeys_KeepTheirHeight goes from a board of four rows to one of five.
func TestKeys_KeepTheirHeight(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Mode, o.Windowed = Kiosk, fyne.NewSize(1280, 800) })
	b.sample("keys-name")
	least := b.find("key:q").(*key).Size().Height
	b.tap("key:done")
	if got := b.find("key:q").(*key).Size().Height; b.find("key:1") == nil || got < least*0.9 {
		t.Errorf("keys of %.0f became %.0f tall", least, got)
	}
}

func TestKeys_CanBePutAway(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-name")
	b.tap("key:hide")
	if b.find("key:q") != nil || b.find("keyboard:name") == nil {
		t.Fatal("the keys are still there, or there is no way to have them again")
	}
	b.tap("field:name")
	if b.find("key:q") == nil {
		t.Error("a touch on the field does not bring the keys back")
	}
	d := newBench(t, func(o *Options) { o.Mode = Desk })
	d.sample("keys-name")
	if d.find("key:q") != nil {
		t.Error("a desk begins with on-screen keys")
	}
	d.tap("keyboard:name")
	if d.find("key:q") == nil {
		t.Error("a desk's button shows no keys")
	}
}

func TestCaretGoesWhereOneTouches(t *testing.T) {
	b := newBench(t, kiosk1)
	b.present(oneField(view.Field{ID: "f", Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.Same("f"), Value: "ABCDEF"}))
	w := b.find("field:f").(*well)
	b.now = b.now.Add(time.Second)
	test.TapAt(w, fyne.NewPos(w.place[2]+1, 20))
	b.keys("x")
	if got := b.typed("f"); got != "ABxCDEF" {
		t.Errorf("f = %q", got)
	}
	b.keys("erase erase")
	if got := b.typed("f"); got != "ACDEF" {
		t.Errorf("f = %q", got)
	}
	b.now = b.now.Add(time.Second)
	w = b.find("field:f").(*well)
	test.TapAt(w, fyne.NewPos(w.place[2]+1, 20))
	test.TapAt(w, fyne.NewPos(w.place[2]+1, 20)) // at once again: everything
	b.keys("z")
	if got := b.typed("f"); got != "z" {
		t.Errorf("f = %q", got)
	}
	b.tap("clear:f")
	if got := b.typed("f"); got != "" || b.find("clear:f") != nil {
		t.Errorf("f = %q", got)
	}
}

func TestErase_RepeatsWhileHeldAndStopsWhenTheFingerSlidesAway(t *testing.T) {
	b := newBench(t, kiosk1)
	b.present(oneField(view.Field{ID: "f", Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.Same("f"), Value: strings.Repeat("x", 40)}))
	erase := b.find("key:erase").(*key)
	var due func()
	var after time.Duration
	erase.wait = func(d time.Duration, f func()) func() {
		due, after = f, d
		return func() { due = nil }
	}
	erase.MouseDown(nil)
	if n := len(b.typed("f")); n != 39 || after != heldFor {
		t.Errorf("%d left after the finger came down, the next goes after %v", n, after)
	}
	for range 6 {
		due()
	}
	if n := len(b.typed("f")); n != 33 || after != heldEvery {
		t.Errorf("%d left while it is held, the next goes after %v", n, after)
	}
	erase.MouseOut()
	if due != nil {
		t.Error("it goes on after the finger slid away")
	}
}

func TestKey_ActsWhenTheFingerComesDownAndOnce(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-id")
	k := b.find("key:X").(*key)
	k.MouseDown(nil)
	if got := b.typed("id"); got != "11010519491231002X" {
		t.Errorf("id = %q", got)
	}
	if k.ground.FillColor == b.s.look.key().fill {
		t.Error("a key shows no finger on it")
	}
	k.MouseUp(nil)
	k.Tapped(nil)
	b.keys("erase")
	if got := b.typed("id"); got != "11010519491231002" {
		t.Errorf("id = %q", got)
	}
}

// TestComposition_EndsWithTheVisit: the next visitor sees nothing of it, and
// what was typed is overwritten.
func TestComposition_EndsWithTheVisit(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-name")
	b.spell("zhangwei")
	comp := b.s.page.typist.comp
	p := b.s.page.page
	p.Rev = 99
	b.s.Present(kiosk.Visit{ID: "next"}, p)
	if !comp.Empty() || len(comp.Candidates()) > 0 || b.says("zhang") || b.says("张伟") || len(b.offered()) > 0 {
		t.Errorf("something is left: %q", b.words())
	}
}

func TestLanguageSwitchKeepsTheComposition(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-name")
	b.spell("zhangwei")
	b.tap("ting.language")
	if !b.says("Register a visitor") || !b.says("zhang wei") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("cand:0")
	if got := b.typed("name"); got != "张伟" {
		t.Errorf("name = %q", got)
	}
}

// TestTypedNumberIsNeverOneText: the toolkit remembers the texts it measured.
func TestTypedNumberIsNeverOneText(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-id")
	walk(b.s.root, func(o fyne.CanvasObject) {
		if w, ok := o.(*well); ok {
			for _, g := range w.glyph {
				if len([]rune(g.Text)) != 1 {
					t.Errorf("%q is drawn as one", g.Text)
				}
			}
			if w.field.node.ID == "id" && len(w.glyph) != 17 {
				t.Errorf("%d characters of 17 are drawn", len(w.glyph))
			}
		}
	})
}

func TestCardReader_LeavesNoLettersInAPhrase(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-address")
	b.typeKeys("ni", 300*time.Millisecond)
	b.press(fyne.KeyReturn)
	b.now = b.now.Add(time.Second)
	b.typeKeys("A1B2C3D4", 8*time.Millisecond)
	b.press(fyne.KeyReturn)
	if n := <-b.cards; n != "A1B2C3D4" {
		t.Errorf("card = %q", n)
	}
	if got := b.typed("address"); got != "ni" || len(b.offered()) > 0 {
		t.Errorf("address = %q, offered %q", got, b.offered())
	}
	b.now = b.now.Add(time.Second)
	b.typeKeys("nihao", 60*time.Millisecond) // a fast hand, and Enter
	b.press(fyne.KeyReturn)
	b.settle()
	if len(b.cards) > 0 || b.typed("address") != "ninihao" {
		t.Errorf("address = %q, %d cards", b.typed("address"), len(b.cards))
	}
}

// TestAllCandidates_LeaveThePageWhereItIs.
func TestAllCandidates_LeaveThePageWhereItIs(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-name")
	b.spell("yi")
	before := b.s.page.body().scroll.Offset.Y
	b.tap("cand:all")
	if got := b.s.page.body().scroll.Offset.Y; got != before {
		t.Errorf("the page moved from %v to %v", before, got)
	}
	b.swipe(b.s.page.keyboard.all.body.glide, -300, 3)
	if got := b.s.page.body().scroll.Offset.Y; got != before || b.s.page.keyboard.all.body.scroll.Offset.Y < 290 {
		t.Errorf("the page moved to %v, the candidates to %v", got, b.s.page.keyboard.all.body.scroll.Offset.Y)
	}
}

// TestFieldIsSeenOnceTheWindowHasItsSize: a window begins small.
func TestFieldIsSeenOnceTheWindowHasItsSize(t *testing.T) {
	b := newBench(t, kiosk1)
	b.s.window.Resize(fyne.NewSize(400, 300))
	b.sample("keys-name")
	b.s.window.Resize(fyne.NewSize(1080, 1920))
	if at := b.s.page.body().scroll.Offset.Y; at != 0 {
		t.Errorf("the page is scrolled to %v although its first field is typed into", at)
	}
	b.tap("field:title")
	b.s.window.Resize(fyne.NewSize(1280, 800))
	w := b.find("field:title").(*well)
	body := b.s.page.body().scroll
	if y := place(w).Y; y < place(body).Y || y+w.Size().Height > place(body).Y+body.Size().Height+1 {
		t.Errorf("the field lies at %v, its room begins at %v", y, place(body).Y)
	}
}
