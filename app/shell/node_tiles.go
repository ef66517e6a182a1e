package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

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
	pager *pager // nil while all are shown
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
	leaves := t.leaves()
	t.leaf = min(max(t.leaf, 0), len(leaves)-1)
	if len(leaves) > 1 {
		t.pager = newPager(l, "tiles", t.leaf, len(leaves), t.turn)
		objs = append(objs, t.pager.object())
	}
	for _, vt := range leaves[t.leaf] {
		one := newTile(l, vt, func() { t.act(vt.ID) })
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

func (t *tiles) columns(width float32) int {
	n := 2
	if width > t.look.Column || t.look.seated() { // more beside each other where height is dear
		n = 3
	}
	return min(n, len(t.tiles))
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
	total := float32(rows)*(h+t.look.M) - t.look.M
	if t.pager != nil {
		total += t.look.M + t.pager.height(width)
	}
	return total
}

func (t *tiles) layout(size fyne.Size) {
	cols := t.columns(size.Width)
	w, h := t.cell(size.Width)
	if t.pager != nil {
		ph := t.pager.height(size.Width)
		size.Height -= ph + t.look.M
		put(t.pager.object(), 0, size.Height+t.look.M, size.Width, ph)
	}
	// Tiles grow with the room there is, up to a hand's breadth.
	if rows := float32((len(t.tiles) + cols - 1) / cols); rows > 0 {
		h = max(h, min(t.look.Tile, (size.Height+t.look.M)/rows-t.look.M))
	}
	for i, one := range t.tiles {
		put(one, float32(i%cols)*(w+t.look.M), float32(i/cols)*(h+t.look.M), w, h)
	}
}

type tile struct {
	*touch
	look   look
	ground *canvas.Rectangle
	disc   *canvas.Rectangle
	icon   *canvas.Image // nil for none
	title  *paragraph
	detail *paragraph // nil for none
}

func newTile(l look, v view.Tile, tapped func()) *tile {
	t := &tile{look: l, ground: l.outlined(l.Surface, l.Line, l.RadiusM)}
	t.disc = panel(l.BrandSoft, l.RadiusM)
	t.icon = l.icon(v.Icon, l.Brand, l.IconL*glyph)
	heading := l.Heading
	t.title = newParagraph(l, l.say(v.Title), heading, l.Ink).atMost(2)
	objs := []fyne.CanvasObject{t.ground}
	if t.icon != nil {
		objs = append(objs, t.disc, t.icon)
	}
	objs = append(objs, t.title.object())
	if detail := l.say(v.Detail); detail != "" {
		t.detail = newParagraph(l, detail, l.Small, l.InkSoft).atMost(2)
		objs = append(objs, t.detail.object())
	}
	t.touch = newTouch(v.ID, arrange(t.layout, objs...), tapped)
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
	l, w := t.look, size.Width-2*t.look.M
	put(t.ground, 0, 0, size.Width, size.Height)
	if t.icon != nil {
		put(t.disc, l.M, l.M, l.IconL, l.IconL)
		inset := l.IconL * (1 - glyph) / 2
		put(t.icon, l.M+inset, l.M+inset, l.IconL-2*inset, l.IconL-2*inset)
	}
	bottom := size.Height - l.M
	if t.detail != nil {
		h := t.detail.height(w)
		bottom -= h
		put(t.detail.object(), l.M, bottom, w, h)
		bottom -= l.XS / 2
	}
	h := t.title.height(w)
	put(t.title.object(), l.M, bottom-h, w, h)
}
