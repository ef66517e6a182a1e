package shell

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // the formats of view.Picture
	_ "image/png"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	xdraw "golang.org/x/image/draw"

	"github.com/luohu/ting/kiosk/view"
)

// picture draws view.Picture on a card, its caption below. Decoding is done away
// from the loop: a large picture takes longer than a frame. While it lasts, and
// where the file is broken behind its header, the words of Alt stand in its place.
type picture struct {
	page    *pageView
	look    look
	node    view.Picture
	w, h    int         // in pixels, of the file
	img     image.Image // nil until decoded
	ground  *canvas.Rectangle
	drawn   *canvas.Image // nil while there is no img
	icon    *canvas.Image
	alt     *paragraph
	caption *paragraph // nil for none
	box     *fyne.Container
}

func newPicture(v *pageView) *picture {
	p := &picture{page: v}
	p.box = arrange(p.layout)
	return p
}

func (p *picture) show(n view.Node, l look) {
	v := n.(view.Picture)
	same := bytes.Equal(v.Data, p.node.Data)
	p.node, p.look = v, l
	if same {
		p.draw()
		return
	}
	p.img = nil
	p.w, p.h, _ = view.PictureSize(v.Data) // the page was validated
	p.draw()
	p.load(v.Data)
}

// load decodes a file in the background; of several the last one counts.
func (p *picture) load(file []byte) {
	p.page.shell.aside.do(p, func() func() {
		img, err := decodePicture(file)
		return func() {
			if !bytes.Equal(file, p.node.Data) {
				return
			}
			if p.img = img; err != nil {
				p.page.shell.log.Warn("a picture cannot be decoded", "op", "draw picture", "cause", err)
			}
			p.draw()
		}
	})
}

// decodePicture decodes a file whose size was checked, to at most what a screen
// can show.
func decodePicture(file []byte) (image.Image, error) {
	const longest = 2160 // of a side
	if _, _, err := view.PictureSize(file); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	if side := max(b.Dx(), b.Dy()); side > longest {
		small := image.NewRGBA(image.Rect(0, 0, max(b.Dx()*longest/side, 1), max(b.Dy()*longest/side, 1)))
		xdraw.ApproxBiLinear.Scale(small, small.Rect, img, b, draw.Src, nil)
		return small, nil
	}
	return img, nil
}

func (p *picture) draw() {
	l := p.look
	p.ground = panel(l.Sunken, l.RadiusM)
	objs := []fyne.CanvasObject{p.ground}
	p.drawn, p.icon, p.alt, p.caption = nil, nil, nil, nil
	if p.img != nil {
		p.drawn = canvas.NewImageFromImage(p.img)
		p.drawn.FillMode, p.drawn.CornerRadius = canvas.ImageFillContain, l.RadiusM
		p.ground.FillColor = color.Transparent
		objs = append(objs, p.drawn)
	} else {
		p.icon = l.icon("photo", l.InkFaint, l.IconL)
		p.alt = newParagraph(l, l.say(p.node.Alt), l.Body, l.InkSoft).centered().atMost(4)
		objs = append(objs, p.icon, p.alt.object())
	}
	if words := l.say(p.node.Caption); words != "" {
		p.caption = newParagraph(l, words, l.Small, l.InkSoft).centered().atMost(3)
		objs = append(objs, p.caption.object())
	}
	replace(p.box, objs...)
}

func (p *picture) object() fyne.CanvasObject { return p.box }
func (p *picture) fills() bool               { return false }

// frame is the size of the picture on the page: as broad as its column, never
// taller than the theme's measure, and small ones not blown up.
func (p *picture) frame(width float32) (w, h float32) {
	if p.w == 0 || p.h == 0 {
		return width, p.look.Picture / 2
	}
	const least, blown = 0.4, 2 // of the column; times the file's own size
	w = min(width, max(float32(p.w)*blown/p.look.pixels, width*least))
	h = w * float32(p.h) / float32(p.w)
	if h > p.look.Picture {
		w, h = w*p.look.Picture/h, p.look.Picture
	}
	return w, max(h, 1)
}

func (p *picture) height(width float32) float32 {
	_, h := p.frame(width)
	if p.caption != nil {
		h += p.look.XS + p.caption.height(width)
	}
	return h
}

func (p *picture) layout(size fyne.Size) {
	l := p.look
	w, h := p.frame(size.Width)
	x := (size.Width - w) / 2
	put(p.ground, x, 0, w, h)
	if p.drawn != nil {
		put(p.drawn, x, 0, w, h)
	} else {
		words := p.alt.height(w - 2*l.M)
		y := (h - l.IconL - l.S - words) / 2
		put(p.icon, x+(w-l.IconL)/2, y, l.IconL, l.IconL)
		put(p.alt.object(), x+l.M, y+l.IconL+l.S, w-2*l.M, words)
	}
	if p.caption != nil {
		put(p.caption.object(), 0, h+l.XS, size.Width, p.caption.height(size.Width))
	}
}
