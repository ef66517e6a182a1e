package shell

import (
	"bytes"
	"image"
	"image/jpeg"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	xdraw "golang.org/x/image/draw"

	"github.com/luohu/ting/kiosk/view"
)

// photoControl is the entry of a FieldPhoto. The camera's picture is shown only
// after the visitor has asked for it, and until he has taken it; then he looks
// at it, and takes it again if he likes.
type photoControl struct {
	field *field
	look  look
	live  bool
	file  []byte      // JPEG; nil for none
	img   image.Image // the same, to be drawn

	ground *canvas.Rectangle
	icon   *canvas.Image
	words  *paragraph
	drawn  *canvas.Image
	left   *button // the one action of the moment, or the second
	right  *button // nil for none
	box    *fyne.Container
}

// The picture that is handed in: what people see on a screen and a printer prints.
const (
	photoLongest = 1280 // pixels
	photoQuality = 88
)

func newPhotoControl(f *field) *photoControl {
	p := &photoControl{field: f}
	p.box = arrange(p.layout)
	return p
}

func (p *photoControl) value() view.Value { return view.Value{Image: bytes.Clone(p.file)} }

// leave puts the camera away.
func (p *photoControl) leave() { p.setLive(false) }

// wipe forgets the photo: its visitor has gone.
func (p *photoControl) wipe() {
	clear(p.file)
	if img, ok := p.img.(*image.RGBA); ok {
		clear(img.Pix)
	}
	p.file, p.img, p.live = nil, nil, false
}

func (p *photoControl) show(l look) {
	p.look = l
	p.ground = panel(l.Sunken, l.RadiusM)
	p.icon, p.words, p.drawn, p.right = nil, nil, nil, nil
	objs := []fyne.CanvasObject{p.ground}
	preview := p.field.page.shell.preview
	switch {
	case p.live:
		preview.restyle(l)
		objs = append(objs, preview.box)
		p.left = newButton(l, "photo:take", "camera", l.say(view.T("拍照", "Take it")), l.primary(), p.take)
		p.right = newButton(l, "photo:cancel", "close", l.say(view.T("取消", "Cancel")), l.secondary(), func() { p.begin(false) })
	case p.img != nil:
		p.drawn = canvas.NewImageFromImage(p.img)
		p.drawn.FillMode, p.drawn.CornerRadius = canvas.ImageFillContain, l.RadiusM
		objs = append(objs, p.drawn)
		p.left = newButton(l, "photo:again", "camera", l.say(view.T("重拍", "Take it again")), l.secondary(), func() { p.begin(true) })
		p.right = newButton(l, "photo:remove", "trash", l.say(view.T("删除", "Remove")), l.secondary(), p.remove)
	default:
		icon, words := "camera", view.T("触摸按钮,打开摄像头", "Touch the button to open the camera")
		if p.onDesk() {
			icon, words = "document", view.T("把材料平放在高拍仪下,再触摸按钮", "Lay the paper flat under the document camera, then touch the button")
		}
		if !p.hasCamera() {
			icon, words = "camera-off", view.T("这台终端没有摄像头,请找工作人员", "This terminal has no camera; please ask the staff")
		}
		p.icon = l.icon(icon, l.InkFaint, l.IconXL)
		p.words = newParagraph(l, l.say(words), l.Body, l.InkSoft).centered().atMost(3)
		objs = append(objs, p.icon, p.words.object())
		p.left = newButton(l, "photo:open", "camera", l.say(view.T("打开摄像头", "Open the camera")), l.secondary(), func() { p.begin(true) })
		if !p.hasCamera() {
			p.left = nil
		}
	}
	for _, b := range []*button{p.left, p.right} {
		if b != nil {
			objs = append(objs, b)
		}
	}
	replace(p.box, objs...)
}

// onDesk reports whether the photo is taken with the document camera.
func (p *photoControl) onDesk() bool {
	return p.field.node.Paper && p.field.page.shell.opts.Papers != nil
}

func (p *photoControl) hasCamera() bool {
	return p.onDesk() || p.field.page.shell.opts.Viewfinder != nil
}

// begin opens the camera for this field, or puts it away.
func (p *photoControl) begin(on bool) {
	page := p.field.page
	page.shell.touched()
	if on {
		page.activate(p.field)
		page.eachField(func(f *field) { // there is one live picture
			if other, ok := f.own.(*photoControl); ok && other != p {
				other.setLive(false)
			}
		})
	}
	p.setLive(on)
	p.redraw()
	page.reveal(p.field)
}

func (p *photoControl) setLive(on bool) {
	p.live = on
	p.field.page.watch()
}

func (p *photoControl) redraw() {
	p.field.redraw()
	p.field.page.relayout()
}

// take keeps the picture that is on screen.
func (p *photoControl) take() {
	img := p.field.page.shell.preview.photo()
	if img == nil { // the camera has not shown anything yet
		p.field.page.shell.touched()
		return
	}
	file, small, err := encodePhoto(img)
	if err != nil {
		p.field.page.shell.log.Error("a photo cannot be encoded", "op", "take photo", "cause", err)
		return
	}
	p.file, p.img = file, small
	p.setLive(false)
	p.field.changed()
	p.field.page.relayout()
}

func (p *photoControl) remove() {
	p.wipe()
	p.field.changed()
	p.field.page.relayout()
}

// encodePhoto makes a JPEG file that an answer has room for.
func encodePhoto(img *image.RGBA) (file []byte, small *image.RGBA, err error) {
	b := img.Bounds()
	small = img
	if side := max(b.Dx(), b.Dy()); side > photoLongest {
		small = image.NewRGBA(image.Rect(0, 0, b.Dx()*photoLongest/side, b.Dy()*photoLongest/side))
		xdraw.CatmullRom.Scale(small, small.Rect, img, b, xdraw.Src, nil)
	}
	for quality := photoQuality; ; quality -= 20 {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}); err != nil {
			return nil, nil, err
		}
		if out.Len() <= view.MaxImageBytes || quality < 30 {
			return out.Bytes(), small, nil
		}
	}
}

func (p *photoControl) object() fyne.CanvasObject { return p.box }

// frame is the size of the picture: as a camera's, never taller than the theme's
// measure.
func (p *photoControl) frame(width float32) (w, h float32) {
	const camera = 0.75
	w, h = width, width*camera
	if most := p.look.Picture; h > most {
		w, h = most/camera, most
	}
	return w, h
}

func (p *photoControl) height(width float32) float32 {
	_, h := p.frame(width)
	if p.left != nil && !p.beside(width) {
		h += p.look.S + p.look.Touch
	}
	return h
}

// beside reports whether the buttons stand beside the picture.
func (p *photoControl) beside(width float32) bool {
	w, _ := p.frame(width)
	return width-w > p.look.Panel/2
}

func (p *photoControl) layout(size fyne.Size) {
	l := p.look
	w, h := p.frame(size.Width)
	x := (size.Width - w) / 2
	if p.beside(size.Width) {
		x = 0
	}
	put(p.ground, x, 0, w, h)
	switch {
	case p.live:
		put(p.field.page.shell.preview.box, x, 0, w, h)
	case p.drawn != nil:
		put(p.drawn, x, 0, w, h)
	default:
		words := p.words.height(w - 2*l.M)
		y := (h - l.IconXL - l.S - words) / 2
		put(p.icon, x+(w-l.IconXL)/2, y, l.IconXL, l.IconXL)
		put(p.words.object(), x+l.M, y+l.IconXL+l.S, w-2*l.M, words)
	}
	if p.left == nil {
		return
	}
	if p.beside(size.Width) {
		bw := min(size.Width-w-l.M, l.Panel/2)
		put(p.left, w+l.M, 0, bw, l.Touch)
		if p.right != nil {
			put(p.right, w+l.M, l.Touch+l.S, bw, l.Touch)
		}
		return
	}
	if p.right == nil {
		put(p.left, x, h+l.S, w, l.Touch)
		return
	}
	half := (w - l.S) / 2
	put(p.right, x, h+l.S, half, l.Touch)
	put(p.left, x+half+l.S, h+l.S, half, l.Touch)
}
