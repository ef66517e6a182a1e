package shell

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	xdraw "golang.org/x/image/draw"

	"github.com/luohu/ting/kiosk/view"
)

// mapNode draws view.Map. Areas and lines are a picture, drawn away from the
// loop and broader than the frame, so that a finger can pull it without a wait;
// markers and names lie over it. What the visitor moved to stays across updates
// until the module asks for other bounds.
type mapNode struct {
	page   *pageView
	look   look
	node   view.Map
	shapes []shape
	whole  extent
	frame  mapView
	own    bool // the visitor has moved the map

	marks      []mapMark
	marksScale float64
	ground     *ground // nil until drawn
	wanted     mapView // the last frame a ground was asked for, in pixels

	card    *canvas.Rectangle
	raster  *canvas.Raster
	over    *fyne.Container // markers and names
	face    *mapFace
	buttons []*button // nearer, farther, everything
	bar     *canvas.Rectangle
	barText *canvas.Text
	credit  *canvas.Text
	halo    *canvas.Rectangle // behind credit
	legend  *legend           // nil for none
	empty   *paragraph        // nil while there are features
	box     *fyne.Container
}

func newMapNode(v *pageView) *mapNode {
	m := &mapNode{page: v}
	m.raster = canvas.NewRaster(m.draw)
	m.over = container.NewWithoutLayout()
	m.face = newMapFace(m, m.raster, m.over)
	m.box = arrange(m.layout)
	return m
}

func (m *mapNode) show(n view.Node, l look) {
	v := n.(view.Map)
	same := slices.EqualFunc(v.Layers, m.node.Layers, sameLayer)
	moved := !sameBounds(v.Bounds, m.node.Bounds)
	restyled := m.look.Theme != l.Theme
	m.node, m.look = v, l
	if !same {
		m.shapes, m.whole = shapesOf(v)
		m.marks = nil
	}
	if moved {
		m.own = false
	}
	if !same || restyled {
		m.wanted = mapView{}
	}
	m.build()
	if m.frame.w > 0 {
		m.reframe(m.frame.w, m.frame.h)
	}
}

func sameBounds(a, b *view.Bounds) bool {
	return a == b || a != nil && b != nil && *a == *b
}

func sameLayer(a, b view.Layer) bool {
	return a.Role == b.Role && a.Name == b.Name && a.Tone == b.Tone && a.Cluster == b.Cluster &&
		slices.EqualFunc(a.Features, b.Features, func(f, g view.Feature) bool {
			return f.ID == g.ID && f.Name == g.Name && f.Tone == g.Tone && f.Icon == g.Icon && f.Geometry.Shape == g.Geometry.Shape &&
				slices.EqualFunc(f.Geometry.Parts, g.Geometry.Parts, func(p, q [][]view.Position) bool {
					return slices.EqualFunc(p, q, slices.Equal[[]view.Position])
				})
		})
}

// build makes what stands around and over the map.
func (m *mapNode) build() {
	l := m.look
	m.card = l.outlined(l.Map.Paper, l.Line, l.RadiusM)
	m.empty, m.legend = nil, nil
	objs := []fyne.CanvasObject{m.card}
	if len(m.shapes) == 0 {
		m.empty = emptyWords(l, m.node.Empty)
		replace(m.box, append(objs, m.empty.object())...)
		return
	}
	press := func(f func()) func() {
		return func() {
			m.page.shell.touched()
			f()
		}
	}
	m.buttons = []*button{
		newButton(l, "map:in", "add", "", l.secondary(), press(func() { m.zoom(2, m.mid()) })).named(view.T("放大地图", "Zoom in")),
		newButton(l, "map:out", "remove", "", l.secondary(), press(func() { m.zoom(0.5, m.mid()) })).named(view.T("缩小地图", "Zoom out")),
		newButton(l, "map:all", "fit", "", l.secondary(), press(m.reset)).named(view.T("看整张地图", "Show all of the map")),
	}
	m.bar, m.barText = canvas.NewRectangle(l.Map.Label), l.text("", l.Small, l.Map.Label)
	m.credit, m.halo = l.text("", l.Small, l.Map.Label), panel(l.Map.Halo, l.XS)
	objs = append(objs, m.face, m.bar, m.barText, m.halo, m.credit)
	for _, b := range m.buttons {
		objs = append(objs, b)
	}
	for _, layer := range m.node.Layers {
		if words := l.say(layer.Name); words != "" && len(layer.Features) > 0 {
			if m.legend == nil {
				m.legend = newLegend(l)
			}
			m.legend.add(l.roleColour(layer), words, swatchOf(layer))
		}
	}
	if m.legend != nil {
		objs = append(objs, m.legend.objects()...)
	}
	replace(m.box, objs...)
}

// swatchOf is the look of what is in a layer.
func swatchOf(layer view.Layer) float32 {
	switch layer.Features[0].Geometry.Shape {
	case view.Point, view.MultiPoint:
		return swatchPoint
	case view.LineString, view.MultiLineString:
		return swatchLine
	}
	return swatchArea
}

// roleColour is what a layer's features are known by.
func (l look) roleColour(layer view.Layer) color.NRGBA {
	switch layer.Role {
	case view.RoleGround:
		return l.Map.Ground
	case view.RoleWater:
		return l.Map.Water
	case view.RoleGreen:
		return l.Map.Green
	case view.RoleBuilding:
		return l.Map.Building
	case view.RoleRoad:
		return l.Map.Casing
	case view.RoleBoundary:
		return l.Map.Boundary
	case view.RoleHere:
		return l.Accent
	}
	return l.Tone(layer.Tone).Strong
}

func (m *mapNode) object() fyne.CanvasObject { return m.box }
func (m *mapNode) fills() bool               { return true }

func (m *mapNode) legendHeight(width float32) float32 {
	if m.legend == nil {
		return 0
	}
	return m.legend.height(width-2*m.look.M) + 2*m.look.XS
}

func (m *mapNode) height(width float32) float32 { return m.look.Atlas + m.legendHeight(width) }

func (m *mapNode) layout(size fyne.Size) {
	l := m.look
	put(m.card, 0, 0, size.Width, size.Height)
	if m.empty != nil {
		put(m.empty.object(), l.M, 0, size.Width-2*l.M, size.Height)
		return
	}
	h := size.Height - m.legendHeight(size.Width)
	in := l.Stroke
	w, mh := size.Width-2*in, h-2*in
	put(m.face, in, in, w, mh)
	m.reframe(w, mh)
	y := in + mh - l.S
	for _, b := range slices.Backward(m.buttons) {
		y -= l.Touch
		put(b, in+w-l.S-l.Touch, y, l.Touch, l.Touch)
		y -= l.XS
	}
	m.placeScale(in+l.S, in+mh-l.S)
	m.placeCredit(in+l.S, in+l.S, w-2*l.S)
	if m.legend != nil {
		m.legend.place(l.M, h+l.XS, size.Width-2*l.M)
	}
}

// placeScale draws the bar that says how far is how far, above bottom.
func (m *mapNode) placeScale(x, bottom float32) {
	l := m.look
	longest := float64(l.Touch) * 2 * m.frame.metres()
	long := math.Pow(10, math.Floor(math.Log10(longest)))
	for _, k := range []float64{5, 2} {
		if k*long <= longest {
			long *= k
			break
		}
	}
	switch {
	case long >= 1000:
		m.barText.Text = l.say(view.Tf("%g 公里", "%g km", long/1000))
	default:
		m.barText.Text = l.say(view.Tf("%g 米", "%g m", long))
	}
	size := m.barText.MinSize()
	w := float32(long / m.frame.metres())
	put(m.bar, x, bottom-l.Stroke*2, w, l.Stroke*2)
	put(m.barText, x, bottom-l.Stroke*2-size.Height, size.Width, size.Height)
}

func (m *mapNode) placeCredit(x, y, w float32) {
	l := m.look
	m.credit.Text = l.fit(l.say(m.node.Credit), l.Small, w-2*l.XS)
	size := m.credit.MinSize()
	m.halo.Hidden = m.credit.Text == ""
	put(m.halo, x, y, size.Width+l.XS, size.Height)
	put(m.credit, x+l.XS/2, y, size.Width, size.Height)
}

func (m *mapNode) mid() spot { return spot{m.frame.w / 2, m.frame.h / 2} }

// start is what the map shows before anybody moves it.
func (m *mapNode) start(w, h float32) mapView {
	e := m.whole
	if b := m.node.Bounds; b != nil {
		e = extentOf(*b)
	}
	return frameOf(e, w, h)
}

// reframe takes another size, or other things to show.
func (m *mapNode) reframe(w, h float32) {
	if w <= 0 || h <= 0 || len(m.shapes) == 0 {
		return
	}
	if !m.own {
		m.see(m.start(w, h))
		return
	}
	f := m.frame
	f.w, f.h = w, h
	m.see(f)
}

// reset shows everything again.
func (m *mapNode) reset() {
	m.own = false
	m.see(m.start(m.frame.w, m.frame.h))
	m.refreshScale()
}

func (m *mapNode) zoom(by float64, at spot) {
	m.own = true
	m.see(m.frame.zoomed(by, at))
	m.refreshScale()
}

func (m *mapNode) pull(dx, dy float32) {
	m.own = true
	m.see(m.frame.moved(dx, dy))
}

func (m *mapNode) refreshScale() {
	m.layout(m.box.Size())
	m.box.Refresh()
}

// see shows a frame.
func (m *mapNode) see(f mapView) {
	m.frame = f
	m.want()
	m.mark()
	m.raster.Refresh()
}

// margin is how much broader than the frame the ground is drawn, on each side.
const margin = 0.2

// want asks for a ground when the one there is does not cover the frame.
func (m *mapNode) want() {
	px := max(m.look.pixels, 0.1)
	f := m.frame
	if w := m.wanted; w.scale == f.scale*float64(px) && m.covers(w, px) {
		return
	}
	f.scale *= float64(px)
	f.w, f.h = f.w*px*(1+2*margin), f.h*px*(1+2*margin)
	m.wanted = f
	t, layers, shapes := m.look.Theme, m.node.Layers, m.shapes
	m.page.shell.aside.do(m, func() func() {
		g := drawGround(t, layers, shapes, f, px)
		return func() {
			if g.frame == m.wanted {
				m.ground = g
				m.raster.Refresh()
			}
		}
	})
}

// covers reports whether a ground drawn for w has all of the frame.
func (m *mapNode) covers(w mapView, px float32) bool {
	dx := math.Abs(w.mid.x-m.frame.mid.x) * w.scale
	dy := math.Abs(w.mid.y-m.frame.mid.y) * w.scale
	return dx+float64(m.frame.w*px/2) <= float64(w.w/2)+1 && dy+float64(m.frame.h*px/2) <= float64(w.h/2)+1
}

// draw is the raster: the part of the ground that the frame shows. While a
// ground of another scale is being drawn, the one there is is stretched.
func (m *mapNode) draw(w, h int) image.Image {
	out := newSketch(w, h)
	out.ground(m.look.Map.Paper)
	m.drawGround(out, w, h)
	if k := float32(w) / max(m.raster.Size().Width, 1); m.legend == nil {
		out.round(m.look.RadiusM*k, true, true)
	} else {
		out.round(m.look.RadiusM*k, true, false)
	}
	return out.img
}

func (m *mapNode) drawGround(out *sketch, w, h int) {
	if m.ground == nil || m.frame.w <= 0 {
		return
	}
	f := m.frame
	px := float32(w) / f.w
	f.scale, f.w, f.h = f.scale*float64(px), float32(w), float32(h)
	g := m.ground.frame
	a, b := f.spot(g.place(spot{0, 0})), f.spot(g.place(spot{g.w, g.h}))
	to := image.Rect(int(math.Round(float64(a.x))), int(math.Round(float64(a.y))), int(math.Round(float64(b.x))), int(math.Round(float64(b.y))))
	src := m.ground.img
	if alike(to.Dx(), src.Rect.Dx()) && alike(to.Dy(), src.Rect.Dy()) {
		draw.Draw(out.img, out.img.Rect, src, image.Pt(-to.Min.X, -to.Min.Y), draw.Src)
		return
	}
	if to.Dx() < 1<<14 && to.Dy() < 1<<14 {
		xdraw.NearestNeighbor.Scale(out.img, to, src, src.Rect, draw.Src, nil)
	}
}

// mark draws markers and names for the frame.
func (m *mapNode) mark() {
	l := m.look
	if m.marks == nil || m.marksScale != m.frame.scale {
		m.marks, m.marksScale = marksAt(m.node.Layers, m.shapes, m.frame.scale, l.Marker), m.frame.scale
	}
	seen := visibleMarks(l, m.node.Layers, m.marks, m.frame)
	names := &mapLabels{look: l, frame: m.frame, taken: m.covered()}
	objs := names.names(m.node.Layers, m.shapes, seen)
	for _, p := range seen {
		objs = append(objs, l.drawMark(p, m.node.Layers[p.shape.layer].Role)...)
	}
	m.over.Objects = objs
	m.over.Refresh()
}

// covered is what lies over the map: no name is written below it.
func (m *mapNode) covered() (all []box) {
	l := m.look
	column := float32(len(m.buttons))*(l.Touch+l.XS) + l.S
	all = append(all, box{m.frame.w - l.Touch - 2*l.S, m.frame.h - column, m.frame.w, m.frame.h},
		box{0, m.frame.h - l.S - l.Small.Size*2, l.Touch*2 + 2*l.S, m.frame.h})
	if !m.node.Credit.IsZero() {
		all = append(all, box{0, 0, l.measure(l.say(m.node.Credit), l.Small).Width + 2*l.S, l.S + l.Small.Size*1.5})
	}
	return all
}

// tapped answers with what lies under a finger, or zooms into a cluster.
func (m *mapNode) tapped(at spot) {
	m.page.shell.touched()
	reach := m.look.Touch / 2
	var best *placedMark
	least := reach
	for _, p := range visibleMarks(m.look, m.node.Layers, m.marks, m.frame) {
		d := float32(math.Hypot(float64(p.spot.x-at.x), float64(p.spot.y-at.y)))
		if d <= max(least, p.r) && (p.many > 1 || p.shape.id != "") {
			best, least = &p, d
		}
	}
	switch {
	case best != nil && best.many > 1:
		m.open(*best)
	case best != nil:
		m.page.act(best.shape.id)
	default:
		if s := touchedShape(m.shapes, m.frame, at, reach/2); s != nil {
			m.page.act(s.id)
		}
	}
}

// open zooms in so far that a cluster falls apart.
func (m *mapNode) open(p placedMark) {
	f := frameOf(p.all, m.frame.w, m.frame.h)
	m.own = true
	if f.scale <= m.frame.scale*1.5 {
		f = m.frame.zoomed(2, p.spot)
	}
	m.see(f)
	m.refreshScale()
}

// mapFace takes the touches of a map, and shows what is in it and no more.
type mapFace struct {
	widget.BaseWidget
	m    *mapNode
	clip *container.Clip
}

func newMapFace(m *mapNode, inside ...fyne.CanvasObject) *mapFace {
	f := &mapFace{m: m}
	f.clip = container.NewClip(arrange(func(size fyne.Size) {
		for _, o := range inside {
			put(o, 0, 0, size.Width, size.Height)
		}
	}, inside...))
	f.clip.ExtendBaseWidget(f.clip) // or it lays nothing out before it is drawn
	f.ExtendBaseWidget(f)
	return f
}

// CreateRenderer implements fyne.Widget.
func (f *mapFace) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(f.clip) }

// Tapped implements fyne.Tappable.
func (f *mapFace) Tapped(e *fyne.PointEvent) { f.m.tapped(spot{e.Position.X, e.Position.Y}) }

// Dragged implements fyne.Draggable.
func (f *mapFace) Dragged(e *fyne.DragEvent) { f.m.pull(e.Dragged.DX, e.Dragged.DY) }

// DragEnd implements fyne.Draggable.
func (f *mapFace) DragEnd() { f.m.page.shell.touched() }

// Scrolled implements fyne.Scrollable: a desk has a wheel.
func (f *mapFace) Scrolled(e *fyne.ScrollEvent) {
	const notch = 40
	f.m.zoom(math.Pow(2, float64(e.Scrolled.DY)/notch/4), spot{e.Position.X, e.Position.Y})
}

// String names the part of the map in view, for tests and logs.
func (f mapView) String() string {
	return fmt.Sprintf("%.4f,%.4f ×%.0f", f.mid.x*360-180, latitude(f.mid.y), f.scale)
}

// alike holds for lengths that differ by rounding only.
func alike(a, b int) bool { return a-b <= 1 && b-a <= 1 }
