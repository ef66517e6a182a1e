package shell

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// displayPanel is where a person chooses how pages are shown and whether they
// are read out: switches that rise from the bottom edge, where every hand
// reaches them. The page stays behind a veil as it was.
type displayPanel struct {
	look  look
	shell *Shell
	open  bool

	veil     *veil
	ground   *canvas.Rectangle
	title    *paragraph
	switches []*displaySwitch
	reset    *button
	done     *button
	box      *fyne.Container
}

func newDisplayPanel(l look, s *Shell) *displayPanel {
	p := &displayPanel{look: l, shell: s}
	p.box = arrange(p.layout)
	return p
}

func (p *displayPanel) restyle(l look) {
	p.look = l
	p.build()
}

// show opens the panel.
func (p *displayPanel) show() {
	p.shell.touched()
	p.open = true
	p.build()
}

// close puts the panel away; it may be closed already.
func (p *displayPanel) close() {
	if p.open {
		p.open = false
		p.build()
	}
}

func (p *displayPanel) dismiss() {
	p.shell.touched()
	p.close()
}

func (p *displayPanel) build() {
	if !p.open {
		p.switches = nil
		replace(p.box)
		return
	}
	l, s, d := p.look, p.shell, p.shell.display
	p.veil = newVeil("display:close", l.Veil, p.dismiss)
	p.ground = l.outlined(l.Surface, l.Surface, l.RadiusL)
	p.title = newParagraph(l, l.say(view.T("显示与语音", "Display & voice")), l.Heading, l.Ink).atMost(1)
	p.switches = []*displaySwitch{
		newDisplaySwitch(l, "lang", "language", languageName(otherLanguage(d.Lang)),
			l.say(view.T("Switch to English", "切换到中文")), false, s.switchLanguage),
		p.toggle("elder", "elder", view.T("大字版", "Large type"), view.T("字大、步骤慢", "Bigger, slower"),
			d.Elder, func(d *Display) { d.Elder = !d.Elder }),
		p.toggle("voice", "speaker", view.T("语音播报", "Read aloud"), view.T("读出每一页", "Speaks pages"),
			d.Voice, func(d *Display) { d.Voice = !d.Voice }),
		p.toggle("contrast", "contrast", view.T("高对比度", "High contrast"), view.T("黑白分明", "Black on white"),
			d.Contrast, func(d *Display) { d.Contrast = !d.Contrast }),
		p.toggle("night", "night", view.T("夜间模式", "Dark"), view.T("暗处不刺眼", "Easy in the dark"),
			d.Night, func(d *Display) { d.Night = !d.Night }),
		p.toggle("seated", "wheelchair", view.T("轮椅高度", "Within reach"), view.T("按键都在下半屏", "Buttons low"),
			d.Seated, func(d *Display) { d.Seated = !d.Seated }),
	}
	p.reset = newButton(l, "display:reset", "reset", l.say(view.T("恢复默认", "As before")), l.secondary(), p.restore)
	p.done = newButton(l, "display:done", "check", l.say(view.T("完成", "Done")), l.primary(), p.dismiss)
	objs := []fyne.CanvasObject{p.veil, p.ground, p.title.object()}
	for _, sw := range p.switches {
		objs = append(objs, sw)
	}
	replace(p.box, append(objs, p.reset, p.done)...)
}

func (p *displayPanel) toggle(id, icon string, title, detail view.Text, on bool, change func(*Display)) *displaySwitch {
	l := p.look
	return newDisplaySwitch(l, id, icon, l.say(title), l.say(detail), on, func() { p.shell.choose(change) })
}

// restore takes back what was chosen; the panel stays, so that it can be seen.
func (p *displayPanel) restore() {
	p.shell.touched()
	p.shell.chosen = false
	p.shell.wear(p.shell.usual())
}

func (p *displayPanel) layout(size fyne.Size) {
	if !p.open {
		return
	}
	l := p.look
	cols, lower := 2, float32(0.5) // of an upright screen's height
	if size.Width > size.Height {
		cols, lower = 3, 1
	}
	width := min(size.Width, l.Column*1.25)
	inner := width - 2*l.L
	rows := (len(p.switches) + cols - 1) / cols
	title := p.title.height(inner)
	// The switches give way where the lower half is short.
	fixed := 2*l.L + title + l.M + l.M + l.Button
	cell := min(l.Switch, (size.Height*lower-fixed+l.S)/float32(rows)-l.S)
	cell = max(cell, l.Touch)
	height := fixed + float32(rows)*(cell+l.S) - l.S
	x, y := (size.Width-width)/2, size.Height-height

	put(p.veil, 0, 0, size.Width, size.Height)
	p.ground.BottomLeftCornerRadius, p.ground.BottomRightCornerRadius = 0, 0
	p.ground.TopLeftCornerRadius, p.ground.TopRightCornerRadius = l.RadiusL, l.RadiusL
	put(p.ground, x, y, width, height)
	x, y = x+l.L, y+l.L
	put(p.title.object(), x, y, inner, title)
	y += title + l.M
	w := (inner - float32(cols-1)*l.S) / float32(cols)
	for i, sw := range p.switches {
		put(sw, x+float32(i%cols)*(w+l.S), y+float32(i/cols)*(cell+l.S), w, cell)
	}
	y += float32(rows)*(cell+l.S) - l.S + l.M
	half := (inner - l.S) / 2
	put(p.reset, x, y, half, l.Button)
	put(p.done, x+half+l.S, y, half, l.Button)
}

// displaySwitch is one choice of the panel: filled while it is on.
type displaySwitch struct {
	*touch
	look   look
	ground *canvas.Rectangle
	disc   *canvas.Circle
	icon   *fyne.Container
	tick   *fyne.Container // nil while it is off
	title  *paragraph
	detail *paragraph
}

func newDisplaySwitch(l look, id, icon, title, detail string, on bool, tapped func()) *displaySwitch {
	fill, edge, disc, glyphInk := l.Surface, l.Line, l.BrandSoft, l.Brand
	if on {
		fill, edge, disc, glyphInk = l.BrandSoft, l.Brand, l.Brand, l.OnBrand
	}
	sw := &displaySwitch{look: l, ground: l.outlined(fill, edge, l.RadiusM), disc: canvas.NewCircle(disc), icon: l.symbol(icon, glyphInk)}
	sw.title = newParagraph(l, title, theme.Type{Size: l.Body.Size, Bold: true}, l.Ink)
	sw.detail = newParagraph(l, detail, l.Small, l.InkSoft)
	objs := []fyne.CanvasObject{sw.ground, sw.disc, sw.icon, sw.title.object(), sw.detail.object()}
	if on {
		sw.tick = l.symbol("check-circle", l.Brand)
		objs = append(objs, sw.tick)
	}
	sw.touch = newTouch("display:"+id, arrange(sw.layout, objs...), tapped)
	sw.words = l.sentences(title, detail)
	if on {
		sw.words = l.sentences(title, l.say(view.T("已打开", "It is on")))
	}
	sw.onPress = func(down bool) {
		sw.ground.FillColor = fill
		if down {
			sw.ground.FillColor = l.BrandSoft
		}
		sw.ground.Refresh()
	}
	return sw
}

func (sw *displaySwitch) layout(size fyne.Size) {
	l := sw.look
	put(sw.ground, 0, 0, size.Width, size.Height)
	side := min(l.IconL, size.Height-2*l.XS)
	y := (size.Height - side) / 2
	put(sw.disc, l.S, y, side, side)
	inset := side * (1 - glyph) / 2
	put(sw.icon, l.S+inset, y+inset, side*glyph, side*glyph)
	x := l.S + side + l.S
	w := size.Width - x - l.S
	if sw.tick != nil {
		w -= l.IconS + l.XS
		put(sw.tick, size.Width-l.S-l.IconS, (size.Height-l.IconS)/2, l.IconS, l.IconS)
	}
	room := size.Height - 2*l.XS
	const share = 0.55 // of the room is the title's
	sw.title.fitInto(w, room*share, 1, l.Body.Size, l.Small.Size)
	sw.detail.resize(l.Small, 1)
	th, dh := sw.title.height(w), sw.detail.height(w)
	at := (size.Height - th - dh) / 2
	put(sw.title.object(), x, at, w, th)
	put(sw.detail.object(), x, at+th, w, dh)
}

// veil dims what is behind it and keeps every touch, drag and wheel from it.
type veil struct{ *touch }

func newVeil(id string, c color.Color, tapped func()) *veil {
	return &veil{newTouch(id, canvas.NewRectangle(c), tapped)}
}

// Dragged implements fyne.Draggable.
func (*veil) Dragged(*fyne.DragEvent) {}

// DragEnd implements fyne.Draggable.
func (*veil) DragEnd() {}

// Scrolled implements fyne.Scrollable.
func (*veil) Scrolled(*fyne.ScrollEvent) {}
