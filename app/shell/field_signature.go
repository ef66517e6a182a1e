package shell

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// signatureControl is the entry of a FieldSignature: a place to draw on with a
// finger. Strokes are kept by the place's width, so that another size of screen
// keeps them; the last one can be taken back, and all can.
type signatureControl struct {
	field   *field
	look    look
	strokes [][]spot // in widths of the place
	drawing bool     // the last stroke goes on
	file    []byte   // the strokes as PNG; nil until asked for

	ground *canvas.Rectangle
	line   *canvas.Rectangle // to sign above
	hint   *canvas.Text
	raster *canvas.Raster
	pad    *signaturePad
	undo   *button
	clear  *button
	ink    *sketch // what is drawn, in pixels
	inked  int     // how many points of it
	box    *fyne.Container
}

// The shape of the place to sign, and how large the picture of it is.
const (
	signatureWide = 1200 // pixels
	leastTrace    = 0.12 // of the width, all strokes together: less is a slip of the finger
	mostSpots     = 20_000
)

func newSignatureControl(f *field) *signatureControl {
	s := &signatureControl{field: f}
	s.raster = canvas.NewRaster(s.draw)
	s.pad = newSignaturePad(s)
	s.box = arrange(s.layout)
	return s
}

func (s *signatureControl) show(l look) {
	s.look = l
	s.ground = l.outlined(l.Surface, l.Line, l.RadiusS)
	s.line = canvas.NewRectangle(l.Line)
	s.hint = l.text(l.say(view.T("请用手指在这里签名", "Sign here with a finger")), l.Body, l.InkFaint)
	s.hint.Hidden = len(s.strokes) > 0
	s.undo = newButton(l, "signature:undo", "undo", l.say(view.T("撤销一笔", "Undo")), l.secondary(), func() { s.take(1) })
	s.clear = newButton(l, "signature:clear", "reset", l.say(view.T("重写", "Start again")), l.secondary(), func() { s.take(len(s.strokes)) })
	s.ink = nil
	objs := []fyne.CanvasObject{s.ground, s.line, s.hint, s.raster, s.pad}
	if len(s.strokes) > 0 {
		objs = append(objs, s.undo, s.clear)
	}
	replace(s.box, objs...)
}

// take takes back the last strokes.
func (s *signatureControl) take(n int) {
	s.strokes = s.strokes[:max(len(s.strokes)-n, 0)]
	s.drawing = false
	s.touched()
}

// touched tells that the signature is another one.
func (s *signatureControl) touched() {
	s.file = nil
	s.field.changed()
}

func (s *signatureControl) leave() { s.drawing = false }

// wipe forgets the signature: its visitor has gone.
func (s *signatureControl) wipe() {
	for _, st := range s.strokes {
		clear(st)
	}
	clear(s.file)
	if s.ink != nil {
		clear(s.ink.img.Pix)
	}
	s.strokes, s.file, s.ink = nil, nil, nil
}

// stroke goes on with a line to a place of the pad, or begins one.
func (s *signatureControl) stroke(at fyne.Position) {
	size := s.pad.Size()
	if size.Width <= 0 || s.spots() >= mostSpots {
		return
	}
	if at.X < 0 || at.Y < 0 || at.X > size.Width || at.Y > size.Height {
		s.drawing = false // a finger that leaves the place has lifted
		return
	}
	p := spot{at.X / size.Width, at.Y / size.Width}
	if !s.drawing {
		s.strokes = append(s.strokes, nil)
		s.drawing = true
	}
	last := &s.strokes[len(s.strokes)-1]
	*last = append(*last, p)
	s.hint.Hide()
	s.raster.Refresh()
}

// end lifts the finger.
func (s *signatureControl) end() {
	if s.drawing {
		s.drawing = false
		s.touched()
	}
}

func (s *signatureControl) spots() (n int) {
	for _, st := range s.strokes {
		n += len(st)
	}
	return n
}

// trace is how far the finger has gone, in widths.
func (s *signatureControl) trace() (long float64) {
	for _, st := range s.strokes {
		for i := 1; i < len(st); i++ {
			long += math.Hypot(float64(st[i].x-st[i-1].x), float64(st[i].y-st[i-1].y))
		}
	}
	return long
}

// value is the signature as a PNG file, black on white; nothing where there is
// less than a hand writes.
func (s *signatureControl) value() view.Value {
	if s.trace() < leastTrace {
		return view.Value{}
	}
	if s.file == nil {
		s.file = s.encode()
	}
	return view.Value{Image: bytes.Clone(s.file)}
}

func (s *signatureControl) encode() []byte {
	sk := newSketch(signatureWide, int(signatureWide*s.ratio()))
	sk.ground(theme.Paper) // a document has no look
	for _, st := range s.strokes {
		sk.stroke(scaled(st, signatureWide), s.penShare()*signatureWide, theme.Print)
	}
	gray := image.NewGray(sk.img.Rect)
	for i := range gray.Pix {
		gray.Pix[i] = sk.img.Pix[4*i]
	}
	var b bytes.Buffer
	if err := png.Encode(&b, gray); err != nil || b.Len() > view.MaxImageBytes {
		s.field.page.shell.log.Error("a signature cannot be encoded", "op", "encode signature", "cause", err, "bytes", b.Len())
		return nil
	}
	return b.Bytes()
}

func scaled(ps []spot, by float32) []spot {
	out := make([]spot, len(ps))
	for i, p := range ps {
		out[i] = spot{p.x * by, p.y * by}
	}
	return out
}

// ratio is the pad's height by its width; penShare the pen's width by it.
func (s *signatureControl) ratio() float32 {
	if size := s.pad.Size(); size.Width > 0 {
		return size.Height / size.Width
	}
	return 0.4
}

func (s *signatureControl) penShare() float32 {
	if size := s.pad.Size(); size.Width > 0 {
		return s.look.Pen / size.Width
	}
	return 0.008
}

// draw is the raster. Only what is new since the last time is drawn.
func (s *signatureControl) draw(w, h int) image.Image {
	if s.ink == nil || s.ink.img.Rect.Dx() != w || s.ink.img.Rect.Dy() != h {
		s.ink, s.inked = newSketch(w, h), 0
	}
	seen, pen := 0, s.penShare()*float32(w)
	for _, st := range s.strokes {
		if from := max(s.inked-seen-1, 0); seen+len(st) > s.inked {
			s.ink.stroke(scaled(st[min(from, len(st)-1):], float32(w)), pen, s.look.Ink)
		}
		seen += len(st)
	}
	s.inked = seen
	return s.ink.img
}

func (s *signatureControl) object() fyne.CanvasObject { return s.box }

func (s *signatureControl) height(float32) float32 {
	h := s.look.Signature
	if len(s.strokes) > 0 {
		h += s.look.XS + s.look.Touch
	}
	return h
}

func (s *signatureControl) layout(size fyne.Size) {
	l := s.look
	h := l.Signature
	put(s.ground, 0, 0, size.Width, h)
	const low = 0.78 // of the height
	put(s.line, l.M, h*low, size.Width-2*l.M, l.Hairline)
	word := s.hint.MinSize()
	put(s.hint, (size.Width-word.Width)/2, h*low-word.Height-l.S, word.Width, word.Height)
	put(s.raster, 0, 0, size.Width, h)
	put(s.pad, 0, 0, size.Width, h)
	x := size.Width
	for _, b := range []*button{s.clear, s.undo} {
		w := b.natural()
		x -= w
		put(b, x, h+l.XS, w, l.Touch)
		x -= l.S
	}
}

// signaturePad takes the finger.
type signaturePad struct {
	widget.BaseWidget
	control *signatureControl
	ground  *canvas.Rectangle
}

func newSignaturePad(s *signatureControl) *signaturePad {
	p := &signaturePad{control: s, ground: canvas.NewRectangle(color.Transparent)}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements fyne.Widget.
func (p *signaturePad) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(p.ground)
}

// Dragged implements fyne.Draggable.
func (p *signaturePad) Dragged(e *fyne.DragEvent) {
	if !p.control.drawing { // where the finger was set down
		p.control.stroke(e.Position.SubtractXY(e.Dragged.DX, e.Dragged.DY))
	}
	p.control.stroke(e.Position)
}

// DragEnd implements fyne.Draggable.
func (p *signaturePad) DragEnd() { p.control.end() }

// Tapped implements fyne.Tappable: a dot.
func (p *signaturePad) Tapped(e *fyne.PointEvent) {
	p.control.stroke(e.Position)
	p.control.end()
}
