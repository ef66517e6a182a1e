package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// tiles draws view.Tiles: big choices in a grid. Where the look offers fewer at
// once than there are, they are leafed through.
type tiles struct {
	act   func(id string)
	look  look
	node  view.Tiles
	leaf  int
	tiles []*tile
	pager *pager     // nil while all are shown
	head  *paragraph // nil for none
	flat  bool       // all of the page's stand lower
	box   *fyne.Container
}

// leaves are the tiles shown at once, leaf by leaf.
func (t *tiles) leaves() [][]view.Tile {
	all, most := t.node.Tiles, t.look.Variant.Tiles()
	var leaves [][]view.Tile
	for ; len(all) > most; all = all[most:] {
		leaves = append(leaves, all[:most])
	}
	return append(leaves, all)
}

func (t *tiles) turn(leaf int) {
	t.leaf = leaf
	t.show(t.node, t.look)
}

func (t *tiles) show(n view.Node, l look) {
	t.look, t.node, t.tiles, t.pager = l, n.(view.Tiles), nil, nil
	var objs []fyne.CanvasObject
	t.head = nil
	if title := l.say(t.node.Title); title != "" {
		t.head = newParagraph(l, title, theme.Type{Size: l.Body.Size, Bold: true}, l.InkSoft).atMost(1)
		objs = append(objs, t.head.object())
	}
	leaves := t.leaves()
	t.leaf = min(max(t.leaf, 0), len(leaves)-1)
	if len(leaves) > 1 {
		t.pager = newPager(l, "tiles", t.leaf, len(leaves), t.turn)
		objs = append(objs, t.pager.object())
	}
	for _, vt := range leaves[t.leaf] {
		one := newTile(l, vt, func() { t.act(vt.ID) })
		one.flat = t.flat || t.head != nil && len(leaves[t.leaf]) == 1
		t.tiles = append(t.tiles, one)
		objs = append(objs, one)
	}
	if t.box == nil {
		t.box = arrange(t.layout)
	}
	replace(t.box, objs...)
}

func (t *tiles) object() fyne.CanvasObject { return t.box }
func (t *tiles) fills() bool               { return true }

// alone reports whether a heading has one tile below it, which then is as wide as
// the page: half a row would look as if something were missing.
func (t *tiles) alone() bool { return t.head != nil && len(t.tiles) == 1 }

func (t *tiles) columns(width float32) int {
	if t.alone() {
		return 1
	}
	n := 2
	if (width > t.look.Column*1.05 || t.look.seated()) && !t.look.Variant.Elder { // more beside each other where height is dear
		n = 3
	}
	if t.head != nil { // the columns of all groups stand below each other
		return n
	}
	return min(n, len(t.tiles))
}

// flatten has the tiles stand lower, each icon beside its words.
func (t *tiles) flatten(on bool) {
	for _, one := range t.tiles {
		one.flat = on || t.alone()
		one.content.Refresh()
	}
	t.flat = on
	t.box.Refresh()
}

func (t *tiles) cell(width float32) (w, h float32) {
	cols := float32(t.columns(width))
	w = (width - (cols-1)*t.look.M) / cols
	for _, one := range t.tiles {
		h = max(h, one.height(w))
	}
	return w, h
}

func (t *tiles) height(width float32) float32 {
	cols := t.columns(width)
	rows := (len(t.tiles) + cols - 1) / cols
	_, h := t.cell(width)
	total := float32(rows)*(h+t.gap()) - t.gap()
	if t.pager != nil {
		total += t.look.M + t.pager.height(width)
	}
	return total + t.headHeight(width)
}

// gap is between one row and the next.
func (t *tiles) gap() float32 {
	if t.flat {
		return t.look.S
	}
	return t.look.M
}

// headHeight is the heading's, with the space below it.
func (t *tiles) headHeight(width float32) float32 {
	if t.head == nil {
		return 0
	}
	return t.head.height(width) + t.look.XS
}

func (t *tiles) layout(size fyne.Size) {
	cols := t.columns(size.Width)
	w, h := t.cell(size.Width)
	top := t.headHeight(size.Width)
	if t.head != nil {
		put(t.head.object(), 0, 0, size.Width, top-t.look.XS)
	}
	if t.pager != nil {
		ph := t.pager.height(size.Width)
		size.Height -= ph + t.look.M
		put(t.pager.object(), 0, size.Height+t.look.M, size.Width, ph)
	}
	size.Height -= top
	// Tiles grow with the room there is, up to a hand's breadth.
	most := t.look.Tile
	switch {
	case t.flat:
		most = h * 1.5
	case t.alone():
		most = t.look.Tile * 0.55
	}
	if rows := float32((len(t.tiles) + cols - 1) / cols); rows > 0 {
		h = max(h, min(most, (size.Height+t.gap())/rows-t.gap()))
	}
	for i, one := range t.tiles {
		put(one, float32(i%cols)*(w+t.look.M), top+float32(i/cols)*(h+t.gap()), w, h)
	}
}

type tile struct {
	*touch
	look   look
	ground *canvas.Rectangle
	disc   *canvas.Rectangle
	icon   *fyne.Container // nil for none
	title  *paragraph
	detail *paragraph // nil for none
	flat   bool       // the icon stands beside the words
}

func newTile(l look, v view.Tile, tapped func()) *tile {
	t := &tile{look: l, ground: l.outlined(l.Surface, l.Line, l.RadiusM)}
	disc, mark, ink, second := l.BrandSoft, l.Brand, l.Ink, l.InkSoft
	if v.Tone != view.Calm { // it is not to be had just now
		tint := l.Tone(v.Tone)
		disc, mark, ink, second = tint.Soft, tint.Strong, l.InkSoft, tint.Ink
	}
	t.disc = panel(disc, l.RadiusM)
	t.icon = l.symbol(v.Icon, mark)
	t.title = newParagraph(l, l.say(v.Title), l.Heading, ink).atMost(2)
	objs := []fyne.CanvasObject{t.ground}
	if t.icon != nil {
		objs = append(objs, t.disc, t.icon)
	}
	objs = append(objs, t.title.object())
	if detail := l.say(v.Detail); detail != "" {
		t.detail = newParagraph(l, detail, l.Small, second).atMost(2)
		objs = append(objs, t.detail.object())
	}
	t.touch = newTouch(v.ID, arrange(t.layout, objs...), tapped)
	t.words = l.sentences(l.say(v.Title), l.say(v.Detail))
	t.onPress = func(down bool) {
		t.ground.FillColor = l.Surface
		if down {
			t.ground.FillColor = l.BrandSoft
		}
		t.ground.Refresh()
	}
	return t
}

func (t *tile) height(width float32) float32 {
	if t.flat {
		return t.look.Touch + t.look.S
	}
	l, w := t.look, width-2*t.look.M
	h := 2*l.M + t.title.height(w)
	if t.icon != nil {
		h += l.IconL + l.S
	}
	if t.detail != nil {
		h += l.XS/2 + t.detail.height(w)
	}
	return max(h, 2*l.Touch)
}

func (t *tile) layout(size fyne.Size) {
	if t.flat {
		t.layoutFlat(size)
		return
	}
	l, w := t.look, size.Width-2*t.look.M
	put(t.ground, 0, 0, size.Width, size.Height)
	t.title.resize(l.Heading, 2)
	if t.detail != nil {
		t.detail.resize(l.Small, 2)
	}
	if t.icon != nil {
		// The icon grows with the room above the words.
		free := size.Height - t.height(size.Width) + l.IconL
		side := min(max(free*0.7, l.IconL), l.IconXL*0.8)
		put(t.disc, l.M, l.M, side, side)
		inset := side * (1 - glyph) / 2
		put(t.icon, l.M+inset, l.M+inset, side-2*inset, side-2*inset)
	}
	bottom := size.Height - l.M
	if t.detail != nil {
		h := t.detail.height(w)
		bottom -= h
		put(t.detail.object(), l.M, bottom, w, h)
		bottom -= l.XS / 2
	}
	h := t.title.height(w)
	y := bottom - h
	if t.icon == nil { // words alone stand in the middle
		up := (y - l.M) / 2
		y -= up
		if t.detail != nil {
			t.detail.object().Move(t.detail.object().Position().SubtractXY(0, up))
		}
	}
	put(t.title.object(), l.M, y, w, h)
}

func (t *tile) layoutFlat(size fyne.Size) {
	l := t.look
	put(t.ground, 0, 0, size.Width, size.Height)
	x := l.S
	most, name := l.IconL, l.Lead
	if size.Height > 1.8*l.Touch { // a tile that stands alone
		x, most, name = l.M, l.IconXL*0.8, l.Heading
	}
	if t.icon != nil {
		side := min(most, size.Height-2*l.XS)
		put(t.disc, x, (size.Height-side)/2, side, side)
		put(t.icon, x+side*(1-glyph)/2, (size.Height-side*glyph)/2, side*glyph, side*glyph)
		x += side + x
	}
	w, room := size.Width-x-l.S, size.Height-l.XS
	detail := float32(0)
	if t.detail != nil {
		t.detail.resize(l.Small, 1)
		detail = t.detail.height(w)
	}
	t.title.fitInto(w, room-detail, 2, name.Size, l.Small.Size)
	h := t.title.height(w)
	y := (size.Height - h - detail) / 2
	put(t.title.object(), x, y, w, h)
	if t.detail != nil {
		put(t.detail.object(), x, y+h, w, detail)
	}
}
