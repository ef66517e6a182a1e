package shell

import (
	"image"
	"image/color"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// previewEvery is the pause between pictures. Each one repaints the window:
// twelve a second look alive and leave the processor to the face engine.
const previewEvery = time.Second / 12

// A picture that has not changed for a while is asked for less often: each
// question wakes the process, and most of a gate's day nobody is there.
const (
	restAfter = 24 // questions without an answer
	restEvery = time.Second / 4
)

// maxBoxes is how many faces are marked at once.
const maxBoxes = 6

// preview is the live picture. There is one, which moves from page to page
// without a flicker. Pictures are taken only while it is on screen.
//
// A picture is converted on preview's own goroutine into the image that is not
// on screen, and swapped in on the loop; the next one is not begun before that.
type preview struct {
	shell *Shell
	wake  chan struct{} // the viewfinder came on screen

	mu     sync.Mutex
	wanted bool    // on screen now
	papers bool    // of the document camera
	ratio  float32 // width over height of its place

	from  Viewfinder  // where the newest picture was taken; its goroutine's own
	seq   uint64      // of that picture; likewise
	spare *image.RGBA // not on screen; handed over with the swap

	// Owned by the loop.
	look    look
	shown   *image.RGBA
	crop    image.Rectangle // of the picture, what shown shows
	raster  *canvas.Raster
	ground  *canvas.Rectangle
	guide   []*canvas.Rectangle
	boxes   []*faceBox
	message *paragraph
	icon    *canvas.Image
	said    view.Text
	faces   []FaceBox
	box     *fyne.Container
}

func newPreview(s *Shell) *preview {
	p := &preview{shell: s, wake: make(chan struct{}, 1)}
	p.raster = canvas.NewRaster(func(int, int) image.Image {
		if p.shown == nil {
			return image.NewUniform(color.Transparent)
		}
		return p.shown
	})
	p.raster.Hide()
	p.box = arrange(p.layout)
	return p
}

// run takes pictures until quit closes.
func (p *preview) run(quit <-chan struct{}) {
	tick := time.NewTicker(previewEvery)
	defer tick.Stop()
	for unchanged := 0; ; {
		if !p.on() {
			tick.Stop()
			p.forget()
			select {
			case <-quit:
				return
			case <-p.wake:
				tick.Reset(previewEvery)
			}
		}
		if swapped := p.step(); swapped != nil {
			select {
			case <-swapped:
			case <-quit:
				return
			}
			if unchanged >= restAfter {
				tick.Reset(previewEvery)
			}
			unchanged = 0
		} else if unchanged++; unchanged == restAfter {
			tick.Reset(restEvery)
		}
		select {
		case <-quit:
			return
		case <-tick.C:
		}
	}
}

// show says whether the picture is on screen, and whether it is that of the document
// camera. One camera's picture is never left standing for the other's.
func (p *preview) show(on, papers bool) {
	papers = papers && p.shell.opts.Papers != nil
	p.mu.Lock()
	other := on && papers != p.papers
	p.wanted = on
	if on {
		p.papers = papers
	}
	p.mu.Unlock()
	if other {
		p.said = view.Text{}
		p.blank()
	}
	if on {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

func (p *preview) on() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wanted && p.sourceLocked() != nil
}

// source is the camera whose picture is shown; nil where there is none.
func (p *preview) source() Viewfinder {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sourceLocked()
}

func (p *preview) sourceLocked() Viewfinder {
	if p.papers {
		return p.shell.opts.Papers
	}
	return p.shell.opts.Viewfinder
}

// mirrored reports whether the picture is drawn as a mirror would: a paper is not.
func (p *preview) mirrored() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shell.opts.Mirror && !p.papers
}

// step takes one picture if there is a new one. The channel it returns closes
// when the picture is on screen; nil means there was none.
func (p *preview) step() <-chan struct{} {
	if !p.on() {
		return nil
	}
	from := p.source()
	if from == nil {
		return nil
	}
	if from != p.from {
		p.from, p.seq = from, 0
	}
	pic, ok := from.Latest(p.seq)
	if !ok {
		return nil
	}
	p.seq = pic.Seq
	p.mu.Lock()
	ratio := p.ratio
	p.mu.Unlock()
	var crop image.Rectangle
	ready := p.spare
	if pic.Message.IsZero() && len(pic.Pix) > 0 {
		crop = cover(pic.W, pic.H, ratio)
		ready = convert(ready, pic, crop, p.mirrored())
	}
	faces := append([]FaceBox(nil), pic.Faces...)
	done := make(chan struct{})
	p.shell.loop.post(func() {
		defer close(done)
		if p.source() != from {
			p.spare = ready
			return // the other camera is shown by now
		}
		if ready != nil && !crop.Empty() {
			p.shown, p.spare = ready, p.shown
		}
		p.crop, p.faces = crop, faces
		p.draw(pic.Message)
	})
	return done
}

// cover is the middle part of a w×h picture that fills a place of that ratio.
func cover(w, h int, ratio float32) image.Rectangle {
	if w <= 0 || h <= 0 {
		return image.Rectangle{}
	}
	cw, ch := w, h
	if ratio > 0 {
		if want := int(float32(h)*ratio + 0.5); want < w {
			cw = max(want, 1)
		} else {
			ch = min(max(int(float32(w)/ratio+0.5), 1), h)
		}
	}
	x, y := (w-cw)/2, (h-ch)/2
	return image.Rect(x, y, x+cw, y+ch)
}

// convert copies a part of a packed RGB picture into dst, which is made anew
// when it has another size. A picture shorter than it says is drawn as far as it goes.
func convert(dst *image.RGBA, pic Picture, crop image.Rectangle, mirror bool) *image.RGBA {
	w, h := crop.Dx(), crop.Dy()
	if dst == nil || dst.Rect.Dx() != w || dst.Rect.Dy() != h {
		dst = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	for y := range h {
		from := (crop.Min.Y+y)*pic.Stride + crop.Min.X*3
		if from+3*w > len(pic.Pix) {
			break
		}
		row := pic.Pix[from : from+3*w]
		out := dst.Pix[y*dst.Stride : y*dst.Stride+4*w]
		if mirror {
			for i, o := 0, len(out)-4; o >= 0; i, o = i+3, o-4 {
				px := row[i : i+3 : i+3]
				q := out[o : o+4 : o+4]
				q[0], q[1], q[2], q[3] = px[0], px[1], px[2], 0xff
			}
			continue
		}
		for i, o := 0, 0; o < len(out); i, o = i+3, o+4 {
			px := row[i : i+3 : i+3]
			q := out[o : o+4 : o+4]
			q[0], q[1], q[2], q[3] = px[0], px[1], px[2], 0xff
		}
	}
	return dst
}

// restyle draws the frame around the picture anew.
func (p *preview) restyle(l look) {
	p.look = l
	p.ground = canvas.NewRectangle(l.Screen)
	p.icon = l.icon("camera-off", l.OnScreen, l.IconXL)
	p.guide = nil
	for range 8 {
		g := canvas.NewRectangle(l.OnScreen)
		g.CornerRadius = l.FaceLine / 2
		p.guide = append(p.guide, g)
	}
	p.boxes = nil
	objs := []fyne.CanvasObject{p.ground, p.raster}
	for _, g := range p.guide {
		objs = append(objs, g)
	}
	for range maxBoxes {
		b := newFaceBox(l)
		p.boxes = append(p.boxes, b)
		objs = append(objs, b.objects()...)
	}
	p.message = nil
	if words := p.trouble(); words != "" {
		p.message = newParagraph(l, words, l.Lead, l.OnScreen).centered().atMost(4)
		objs = append(objs, p.icon, p.message.object())
	}
	p.box.Objects = objs
	p.box.Refresh()
}

// trouble is what stands in the picture's place, if anything.
func (p *preview) trouble() string {
	if !p.said.IsZero() {
		return p.look.say(p.said)
	}
	if p.source() == nil {
		return p.look.say(view.T("这台终端没有摄像头", "This terminal has no camera"))
	}
	return ""
}

// draw shows the newest picture, or message in its place.
func (p *preview) draw(message view.Text) {
	if message != p.said {
		p.said = message
		p.restyle(p.look)
	}
	if p.trouble() != "" || p.shown == nil || p.crop.Empty() {
		p.raster.Hide()
	} else {
		p.raster.Show()
	}
	p.layout(p.box.Size())
	p.raster.Refresh()
}

func (p *preview) layout(size fyne.Size) {
	p.mu.Lock()
	if size.Height > 0 {
		p.ratio = size.Width / size.Height
	}
	p.mu.Unlock()
	l := p.look
	put(p.ground, 0, 0, size.Width, size.Height)
	put(p.raster, 0, 0, size.Width, size.Height)
	if p.message != nil {
		w := size.Width - 2*l.XL
		h := p.message.height(w)
		y := (size.Height - h - l.IconXL - l.M) / 2
		put(p.icon, (size.Width-l.IconXL)/2, y, l.IconXL, l.IconXL)
		put(p.message.object(), l.XL, y+l.IconXL+l.M, w, h)
	}
	live := p.message == nil
	marked := 0
	for i, b := range p.boxes {
		if !live || i >= len(p.faces) || p.crop.Empty() {
			b.hide()
			continue
		}
		b.mark(p.faces[i], p.onScreen(p.faces[i].Rect, size), size)
		marked++
	}
	p.placeGuide(size, live && marked == 0)
}

// photo is the picture that is on screen, as the camera sees it: nobody's
// mirror image belongs into a document. It is nil while there is none.
func (p *preview) photo() *image.RGBA {
	if p.shown == nil || p.crop.Empty() || !p.said.IsZero() {
		return nil
	}
	out := image.NewRGBA(p.shown.Rect)
	copy(out.Pix, p.shown.Pix)
	if p.mirrored() {
		w := out.Rect.Dx()
		for y := range out.Rect.Dy() {
			row := out.Pix[y*out.Stride : y*out.Stride+4*w]
			for i, k := 0, 4*(w-1); i < k; i, k = i+4, k-4 {
				for c := range 4 {
					row[i+c], row[k+c] = row[k+c], row[i+c]
				}
			}
		}
	}
	return out
}

// onScreen is where a rectangle of the picture lies on the screen.
func (p *preview) onScreen(r image.Rectangle, size fyne.Size) (at [4]float32) {
	kx, ky := size.Width/float32(p.crop.Dx()), size.Height/float32(p.crop.Dy())
	x0, x1 := float32(r.Min.X-p.crop.Min.X)*kx, float32(r.Max.X-p.crop.Min.X)*kx
	if p.mirrored() {
		x0, x1 = size.Width-x1, size.Width-x0
	}
	return [4]float32{x0, float32(r.Min.Y-p.crop.Min.Y) * ky, x1, float32(r.Max.Y-p.crop.Min.Y) * ky}
}

// placeGuide draws four corners where a face should come, while there is none.
func (p *preview) placeGuide(size fyne.Size, on bool) {
	l := p.look
	side := min(size.Width, size.Height) * 0.62
	arm, line := side*0.16, l.FaceLine
	x, y := (size.Width-side)/2, (size.Height-side)/2
	for i, g := range p.guide {
		if !on {
			g.Hide()
			continue
		}
		g.Show()
		right, bottom, upright := i&1 == 1, i&2 == 2, i&4 == 4
		w, h := arm, line
		if upright {
			w, h = line, arm
		}
		gx, gy := x, y
		if right {
			gx = x + side - w
		}
		if bottom {
			gy = y + side - h
		}
		put(g, gx, gy, w, h)
	}
}
