package shell

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// longPage is a page that is taller than the screen.
func longPage() view.Page {
	p := view.Page{ID: "long", Actions: []view.Action{{ID: "ok", Label: view.Same("ok"), Primary: true}}}
	for i := range 30 {
		p.Body = append(p.Body, view.Notice{Text: view.Same(fmt.Sprint("sentence ", i)), Detail: view.Same("detail")})
	}
	p.Body = append(p.Body, view.Form{Fields: []view.Field{{ID: "f", Kind: view.FieldChoice, Label: view.Same("f"),
		Options: []view.Option{{Value: "a", Label: view.Same("a")}, {Value: "b", Label: view.Same("b")}}}}})
	return p
}

func manyRows(n int) view.Page {
	l := view.List{}
	for i := range n {
		l.Items = append(l.Items, view.ListItem{ID: fmt.Sprint("row-", i), Title: view.Same(fmt.Sprint("row ", i))})
	}
	return view.Page{ID: "rows", Body: []view.Node{l}}
}

// byHand has the frames of g turned by the function returned, which reports
// whether there was one.
func (b *bench) byHand(g *glide) (turn func() bool) {
	var due func()
	g.wait = func(_ time.Duration, f func()) func() {
		due = f
		return func() { due = nil }
	}
	return func() bool {
		f := due
		if f == nil {
			return false
		}
		due = nil
		b.now = b.now.Add(frame)
		f()
		return true
	}
}

// swipe moves a finger over g by dy in so many steps of ten milliseconds.
func (b *bench) swipe(g *glide, dy float32, steps int) {
	for range steps {
		b.now = b.now.Add(10 * time.Millisecond)
		g.drag(dy / float32(steps))
	}
}

func TestSwipe_ThrowsAndComesToAStand(t *testing.T) {
	for name, p := range map[string]view.Page{"page": longPage(), "rows": manyRows(100_000)} {
		b := newBench(t, nil)
		b.present(p)
		g := b.s.page.body().glide
		if name == "rows" {
			g = b.s.page.order[0].(*list).rows.glide
		}
		turn := b.byHand(g)
		b.swipe(g, -600, 6)
		under := g.offset()
		if under < 590 || under > 610 {
			t.Fatalf("%s: the finger went 600, the page %v", name, under)
		}
		g.end()
		if !g.brake.Visible() {
			t.Errorf("%s: nothing can stop it", name)
		}
		frames := 0
		for at := under; turn(); frames++ {
			if g.offset() < at || frames > 1000 {
				t.Fatalf("%s: from %v to %v in frame %d", name, at, g.offset(), frames)
			}
			at = g.offset()
		}
		if g.offset() < under+300 || frames < 10 {
			t.Errorf("%s: thrown from %v only to %v in %d frames", name, under, g.offset(), frames)
		}
		if g.glides() || g.brake.Visible() {
			t.Errorf("%s: it does not stand", name)
		}
	}
}

func TestSwipe_StopsAtATouchWhichTouchesNothing(t *testing.T) {
	b := newBench(t, nil)
	b.present(manyRows(1000))
	rows := b.s.page.order[0].(*list).rows
	turn := b.byHand(rows.glide)
	b.swipe(rows.glide, -600, 6)
	rows.glide.end()
	turn()
	at := rows.GetScrollOffset()
	b.tapAt(place(rows).AddXY(100, 300))
	b.noAnswer()
	b.now = b.now.Add(time.Second)
	if rows.GetScrollOffset() != at || turn() {
		t.Errorf("it goes on from %v to %v", at, rows.GetScrollOffset())
	}
	b.tapAt(place(rows).AddXY(100, 300)) // now it stands
	b.answer()
}

func TestSwipe_EndsAtTheEnds(t *testing.T) {
	b := newBench(t, nil)
	b.present(longPage())
	body := b.s.page.body()
	turn := b.byHand(body.glide)
	b.swipe(body.glide, 900, 3)
	body.glide.end()
	if body.scroll.Offset.Y != 0 || !body.glide.glides() {
		t.Errorf("pulled beyond the beginning: %v", body.scroll.Offset.Y)
	}
	turn()
	if body.glide.glides() {
		t.Error("it glides on at the beginning")
	}
	b.swipe(body.glide, -90_000, 3)
	if body.scroll.Offset.Y != body.most() {
		t.Errorf("pulled beyond the end: %v of %v", body.scroll.Offset.Y, body.most())
	}
	body.glide.end()
	turn()
	if body.glide.glides() {
		t.Error("it glides on at the end")
	}
}

func TestSwipe_AFingerThatRestsThrowsNothing(t *testing.T) {
	b := newBench(t, nil)
	b.present(longPage())
	g := b.s.page.body().glide
	b.byHand(g)
	b.swipe(g, -300, 3)
	b.now = b.now.Add(holdStill + time.Millisecond)
	g.end()
	if g.glides() {
		t.Error("it glides after the finger had come to rest")
	}
}

// TestTremble: a finger that moves a little still touches, and one that moves
// more does not.
func TestTremble(t *testing.T) {
	b := newBench(t, nil)
	b.present(manyRows(50))
	var first *row
	walk(b.s.root, func(o fyne.CanvasObject) {
		if r, ok := o.(*row); ok && first == nil {
			first = r
		}
	})
	drag := func(r *row, dy float32) {
		r.MouseDown(nil)
		r.Dragged(&fyne.DragEvent{Dragged: fyne.Delta{DY: dy}})
		r.MouseUp(nil)
		r.DragEnd()
	}
	drag(first, -6)
	if a := b.answer(); a.Action != "row-0" {
		t.Errorf("action = %q", a.Action)
	}
	if first.list.GetScrollOffset() != 0 {
		t.Error("a tremble scrolled")
	}
	b.now = b.now.Add(time.Second)
	drag(first, -60)
	b.noAnswer()
	if first.list.GetScrollOffset() != 60 {
		t.Errorf("offset = %v", first.list.GetScrollOffset())
	}

	b.present(longPage())
	body := b.s.page.body()
	body.to(body.most())
	over := body.scroll.Content.(*dragged)
	option := b.find("choice:f:b").(*button)
	option.MouseDown(nil)
	over.Dragged(&fyne.DragEvent{Dragged: fyne.Delta{DY: 5}})
	over.MouseUp(nil)
	over.DragEnd()
	if got := b.typed("f"); got != "b" {
		t.Errorf("a trembling finger chose %q", got)
	}
	option = b.find("choice:f:a").(*button)
	option.MouseDown(nil)
	over.Dragged(&fyne.DragEvent{Dragged: fyne.Delta{DY: 80}})
	if option.pressed {
		t.Error("an option dragged away from still looks touched")
	}
	over.MouseUp(nil)
	over.DragEnd()
	if got := b.typed("f"); got != "b" {
		t.Errorf("a drag chose %q", got)
	}
}

func TestScrollByKeysAndWheel(t *testing.T) {
	b := newBench(t, nil)
	b.present(longPage())
	body := b.s.page.body()
	for _, c := range []struct {
		key  fyne.KeyName
		want func(at, before float32) bool
	}{
		{fyne.KeyPageDown, func(at, before float32) bool { return at > before+500 }},
		{fyne.KeyPageUp, func(at, _ float32) bool { return at == 0 }},
		{fyne.KeyEnd, func(at, _ float32) bool { return at == body.most() }},
		{fyne.KeyHome, func(at, _ float32) bool { return at == 0 }},
	} {
		before := body.scroll.Offset.Y
		b.press(c.key)
		if at := body.scroll.Offset.Y; !c.want(at, before) {
			t.Errorf("%s: from %v to %v", c.key, before, at)
		}
	}
	body.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.Delta{DY: -100}})
	if body.scroll.Offset.Y != 100 {
		t.Errorf("the wheel scrolled to %v", body.scroll.Offset.Y)
	}
}
