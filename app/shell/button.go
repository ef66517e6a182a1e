package shell

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// touch is anything that can be touched: it shows that a finger is down and
// tells when the finger was lifted on it.
type touch struct {
	widget.BaseWidget
	id       string // for tests and logs: an action's or key's name, never a visitor's words
	words    string // spoken when the focus comes to it
	content  fyne.CanvasObject
	onTapped func()
	onPress  func(down bool) // redraws, nil for none
	onDown   func(down bool) // acts when the finger comes down, and learns that it left; nil for none
	pressed  bool
}

func newTouch(id string, content fyne.CanvasObject, tapped func()) *touch {
	t := &touch{id: id, content: content, onTapped: tapped}
	t.ExtendBaseWidget(t)
	return t
}

// CreateRenderer implements fyne.Widget.
func (t *touch) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(t.content) }

// Tapped implements fyne.Tappable.
func (t *touch) Tapped(*fyne.PointEvent) {
	if t.onTapped != nil {
		t.onTapped()
	}
}

// MouseDown implements desktop.Mouseable.
func (t *touch) MouseDown(*desktop.MouseEvent) { t.press(true) }

// MouseUp implements desktop.Mouseable.
func (t *touch) MouseUp(*desktop.MouseEvent) { t.press(false) }

// MouseIn implements desktop.Hoverable.
func (t *touch) MouseIn(*desktop.MouseEvent) {}

// MouseMoved implements desktop.Hoverable.
func (t *touch) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable: a finger that slides away is not told of
// when it is lifted.
func (t *touch) MouseOut() { t.press(false) }

func (t *touch) press(down bool) {
	if down == t.pressed {
		return
	}
	t.pressed = down
	if down {
		finger = t
	} else if finger == pressable(t) {
		finger = nil
	}
	if t.onPress != nil {
		t.onPress(down)
	}
	if t.onDown != nil {
		t.onDown(down)
	}
}

// touchID names what can be touched, for tests and the focus.
func (t *touch) touchID() string { return t.id }

// touchable is anything on the screen that has a name and can be touched.
type touchable interface {
	fyne.Widget
	fyne.Tappable
	touchID() string
}

// paint is the colours of a button.
type paint struct {
	fill, pressed, stroke, ink color.NRGBA
}

func (l look) primary() paint {
	return paint{fill: l.Brand, pressed: l.Pressed, stroke: l.Brand, ink: l.OnBrand}
}

func (l look) secondary() paint {
	return paint{fill: l.Surface, pressed: l.BrandSoft, stroke: l.Line, ink: l.Brand}
}

func (l look) onBrand() paint {
	return paint{fill: l.BrandVeil, pressed: l.BarPressed, stroke: l.BrandVeil, ink: l.OnBar}
}

func (l look) key() paint {
	return paint{fill: l.Surface, pressed: l.BrandSoft, stroke: l.Line, ink: l.Ink}
}

func (l look) quietKey() paint {
	return paint{fill: l.Sunken, pressed: l.BrandSoft, stroke: l.Sunken, ink: l.Brand}
}

// boardKey is a key of the keyboard that does something else than type.
func (l look) boardKey() paint {
	return paint{fill: l.BrandSoft, pressed: l.Line, stroke: l.BrandSoft, ink: l.Brand}
}

// button is an icon and a word on a rounded ground.
type button struct {
	*touch
	look   look
	icon   *fyne.Container // nil for none
	label  string
	ty     theme.Type
	ink    color.NRGBA
	upper  bool // the icon stands above the word
	quiet  bool // the icon stands alone, since there is no room for the word
	after  bool // the icon points onwards and stands after the word
	ground *canvas.Rectangle
	word   *canvas.Text
}

func newButton(l look, id, icon, label string, p paint, tapped func()) *button {
	b := &button{look: l, label: oneLine(label), ty: theme.Type{Size: l.Body.Size, Bold: true}, ink: p.ink, after: icon == "next" || icon == "forward"}
	b.ground = l.outlined(p.fill, p.stroke, l.RadiusM)
	b.icon = l.symbol(icon, p.ink)
	b.word = l.text("", b.ty, p.ink)
	objs := []fyne.CanvasObject{b.ground}
	if b.icon != nil {
		objs = append(objs, b.icon)
	}
	if b.label != "" {
		objs = append(objs, b.word)
	}
	b.touch = newTouch(id, arrange(b.place, objs...), tapped)
	b.words = b.label
	b.onPress = func(down bool) {
		b.ground.FillColor = p.fill
		if down {
			b.ground.FillColor = p.pressed
		}
		b.ground.Refresh()
	}
	return b
}

// named gives a button without a word one to be spoken.
func (b *button) named(t view.Text) *button {
	b.words = b.look.say(t)
	return b
}

// sized sets the type of the word.
func (b *button) sized(ty theme.Type) *button {
	b.ty = ty
	b.word.TextSize, b.word.TextStyle.Bold, b.word.FontSource = ty.Size, ty.Bold, b.look.Source(ty.Bold)
	return b
}

func (b *button) side() float32 { return b.ty.Size * 1.25 }

// natural is the width at which nothing is cut.
func (b *button) natural() float32 {
	w := 2 * b.look.S
	if b.upper {
		return max(b.look.measure(b.label, b.ty).Width+2*b.look.XS, b.look.Touch)
	}
	if b.icon != nil {
		w += b.side()
	}
	if b.label != "" {
		w += b.look.measure(b.label, b.ty).Width
	}
	if b.icon != nil && b.label != "" {
		w += b.look.S
	}
	return max(w, b.look.Touch)
}

func (b *button) place(size fyne.Size) {
	put(b.ground, 0, 0, size.Width, size.Height)
	side, gap, pad := b.side(), b.look.S, b.look.XS
	if b.icon == nil {
		side, gap = 0, 0
	}
	b.word.Hidden = b.quiet
	if b.label == "" || b.quiet {
		put(b.icon, (size.Width-side)/2, (size.Height-side)/2, side, side)
		return
	}
	room := size.Width - 2*pad
	if !b.upper {
		room -= side + gap
	}
	b.word.Text = b.look.fit(b.label, b.ty, room)
	w := b.word.MinSize()
	if b.upper {
		side *= 1.35
		gap = b.look.XS / 2
		y := (size.Height - side - gap - w.Height) / 2
		if b.icon != nil {
			put(b.icon, (size.Width-side)/2, y, side, side)
		}
		put(b.word, (size.Width-w.Width)/2, y+side+gap, w.Width, w.Height)
		return
	}
	x := (size.Width - side - gap - w.Width) / 2
	if b.after && b.icon != nil {
		put(b.word, x, (size.Height-w.Height)/2, w.Width, w.Height)
		put(b.icon, x+w.Width+gap, (size.Height-side)/2, side, side)
		return
	}
	if b.icon != nil {
		put(b.icon, x, (size.Height-side)/2, side, side)
	}
	put(b.word, x+side+gap, (size.Height-w.Height)/2, w.Width, w.Height)
}
