package shell

import (
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk/view"
)

func (b *bench) shiftTab() {
	b.s.sink.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	b.press(fyne.KeyTab)
	b.s.sink.shift = false
}

// TestTab_GoesRoundOnEveryPage: from every control Tab leads to every other and
// back, in the reverse order with Shift; there is no trap, and nothing that can
// be touched is left out.
func TestTab_GoesRoundOnEveryPage(t *testing.T) {
	for _, mode := range []Mode{Kiosk, Desk} {
		b := newBench(t, func(o *Options) {
			o.Mode = mode
			o.Shortcuts = []Shortcut{{Module: "enrolment", Title: view.T("人脸登记", "Enrol"), Icon: "face"}}
		})
		b.s.SetStatus(Status{IdleLeft: time.Minute})
		for _, p := range sample.All() {
			b.present(p.Page)
			all := b.s.stops()
			var seen []string
			b.press(fyne.KeyTab)
			start := b.s.focused.id
			for range 200 {
				seen = append(seen, b.s.focused.id)
				if b.press(fyne.KeyTab); b.s.focused.id == start {
					break
				}
			}
			if b.s.focused.id != start {
				t.Errorf("%s: Tab does not come back to %q: %q", p.Name, start, seen)
				continue
			}
			for _, st := range all {
				if !slices.Contains(seen, st.id) {
					t.Errorf("%s: Tab never reaches %q", p.Name, st.id)
				}
			}
			walk(b.s.page.box, func(o fyne.CanvasObject) {
				if btn, ok := o.(*button); ok && !slices.Contains(seen, btn.id) && !hasKey(btn.id) {
					t.Errorf("%s: Tab never reaches the button %q", p.Name, btn.id)
				}
			})
			for i := len(seen) - 1; i >= 0; i-- {
				if b.shiftTab(); b.s.focused.id != seen[i] {
					t.Errorf("%s: Shift-Tab comes to %q, want %q", p.Name, b.s.focused.id, seen[i])
					break
				}
			}
		}
	}
}

// hasKey reports whether a keyboard has a key of its own for that.
func hasKey(id string) bool {
	for _, no := range unfocusable {
		if len(id) >= len(no) && id[:len(no)] == no {
			return true
		}
	}
	return false
}

func TestFocus_IsSeenAndActivates(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("tiles")
	if b.s.focused.ring.Visible() {
		t.Fatal("the mark is seen before a key was pressed")
	}
	b.press(fyne.KeyTab)
	ring := b.s.focused.ring
	tile := b.find(b.s.focused.id).(fyne.CanvasObject)
	at := place(tile)
	if !ring.Visible() || ring.Position().X > at.X || ring.Position().Y > at.Y || ring.Size().Width < tile.Size().Width {
		t.Errorf("the mark lies at %v, %v; the tile at %v, %v", ring.Position(), ring.Size(), at, tile.Size())
	}
	first := b.s.focused.id
	b.press(fyne.KeyRight)
	if b.s.focused.id == first {
		t.Error("the arrow does not move")
	}
	b.press(fyne.KeyLeft)
	b.press(fyne.KeyDown)
	b.press(fyne.KeyUp)
	if b.s.focused.id != first {
		t.Errorf("around in a square: %q, want %q", b.s.focused.id, first)
	}
	b.typeKeys(" ", time.Second)
	if a := b.answer(); a.Action != first {
		t.Errorf("space answers %q", a.Action)
	}
	b.now = b.now.Add(time.Second)
	b.press(fyne.KeyRight)
	second := b.s.focused.id
	b.press(fyne.KeyReturn)
	if a := b.answer(); a.Action != second {
		t.Errorf("Enter answers %q", a.Action)
	}
	b.now = b.now.Add(time.Second)
	b.tap(first)
	if ring.Visible() {
		t.Error("the mark stays although somebody touches")
	}
}

func TestFocus_InAFormTypesAndChooses(t *testing.T) {
	b := newBench(t, kiosk1)
	b.present(view.Page{ID: "p", Body: []view.Node{view.Form{Fields: []view.Field{
		{ID: "a", Kind: view.FieldNumber, Label: view.Same("a")},
		{ID: "c", Kind: view.FieldChoice, Label: view.Same("c"), Options: []view.Option{{Value: "1", Label: view.Same("one")}, {Value: "2", Label: view.Same("two")}}},
		{ID: "z", Kind: view.FieldNumber, Label: view.Same("z")},
	}}}, Actions: []view.Action{{ID: "ok", Label: view.Same("ok"), Primary: true}}})
	b.typeKeys("12", time.Second)
	b.press(fyne.KeyTab)
	b.typeKeys("7", time.Second) // meant for nothing
	b.press(fyne.KeyRight)
	b.typeKeys(" ", time.Second)
	b.press(fyne.KeyTab)
	b.typeKeys("34", time.Second)
	b.press(fyne.KeyReturn)
	a := b.answer()
	if a.Action != "ok" || a.Text("a") != "12" || a.Text("c") != "2" || a.Text("z") != "34" {
		t.Errorf("answer = %+v %v", a, a.Fields)
	}
}

func TestFocus_InRows(t *testing.T) {
	b := newBench(t, kiosk1)
	b.present(manyRows(100_000))
	rows := b.s.page.order[0].(*list).rows
	b.press(fyne.KeyDown) // the only rows there are
	b.press(fyne.KeyDown)
	b.press(fyne.KeyReturn)
	if a := b.answer(); a.Action != "row-2" {
		t.Errorf("action = %q", a.Action)
	}
	b.now = b.now.Add(time.Second)
	b.press(fyne.KeyEnd)
	if rows.cursor != 99_999 || rows.GetScrollOffset() < rows.most()-1 {
		t.Errorf("End: row %d, offset %v of %v", rows.cursor, rows.GetScrollOffset(), rows.most())
	}
	b.press(fyne.KeyPageUp)
	b.press(fyne.KeyReturn)
	if a := b.answer(); a.Action == "row-99999" {
		t.Errorf("action = %q", a.Action)
	}
	if y, h := rows.place(); y < -1 || y+h > rows.Size().Height+1 {
		t.Errorf("the cursor is out of sight: %v", y)
	}
	b.press(fyne.KeyHome)
	if rows.cursor != 0 || rows.GetScrollOffset() != 0 {
		t.Errorf("Home: row %d, offset %v", rows.cursor, rows.GetScrollOffset())
	}
}

func TestFocus_SurvivesAnUpdateAndStaysInThePanel(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("tiles")
	b.press(fyne.KeyTab)
	b.press(fyne.KeyTab)
	before := b.s.focused.id
	b.sample("tiles")
	if b.s.focused.id != before || !b.s.focused.ring.Visible() {
		t.Errorf("an update takes the focus from %q to %q", before, b.s.focused.id)
	}
	b.tap("ting.display")
	for range 20 {
		b.press(fyne.KeyTab)
		if st, i, _ := b.s.current(); i < 0 || place(st.o).Y < b.s.panel.box.Position().Y {
			t.Fatalf("Tab leads out of the panel, to %q", b.s.focused.id)
		}
	}
	b.press(fyne.KeyEscape)
	if b.s.panel.open {
		t.Error("Escape does not close the panel")
	}
}

func TestEscapeIsBack(t *testing.T) {
	b := newBench(t, kiosk1)
	b.sample("keys-name")
	b.press(fyne.KeyEscape)
	if a := b.answer(); a.Action != view.ActionBack {
		t.Errorf("action = %q", a.Action)
	}
}

// TestTab_GoesThroughBothPagesOfADesk: the two visits may show the same page.
func TestTab_GoesThroughBothPagesOfADesk(t *testing.T) {
	b, _ := deskBench(t)
	b.tap("rail:hall")
	b.visit("", "hall", numberPage("n"))
	b.tap("tab:new")
	b.visit("1", "enrolment", numberPage("n"))
	b.hold(fyne.KeyBackslash, 0)
	seen := map[string]bool{}
	typed := map[*pageView]bool{}
	for range len(b.s.stops()) {
		b.press(fyne.KeyTab)
		if seen[b.s.focused.id] {
			t.Fatalf("Tab comes back to %q before it has been everywhere: %v", b.s.focused.id, seen)
		}
		seen[b.s.focused.id] = true
		if b.s.page.active != nil {
			b.typeKeys("7", time.Second)
			typed[b.s.page] = true
		}
	}
	if len(seen) != len(b.s.stops()) || len(typed) != 2 {
		t.Errorf("Tab reached %d of %d, and typed into %d pages", len(seen), len(b.s.stops()), len(typed))
	}
	for _, v := range b.s.desk.shown() {
		if got := v.fields()["n"].Text; got != "7" {
			t.Errorf("a page holds %q", got)
		}
	}
}
