package shell

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	goqr "github.com/skip2/go-qrcode"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// qrcode draws view.QRCode; a page whose data no code can hold says so.
type qrcode struct {
	look   look
	ground *canvas.Rectangle
	code   *canvas.Image // nil when the data does not fit
	label  *paragraph
	data   string
	bits   *image.Gray
	box    *fyne.Container
}

func (q *qrcode) show(n view.Node, l look) {
	v := n.(view.QRCode)
	q.look = l
	q.ground = l.outlined(l.Surface, l.Line, l.RadiusM)
	if v.Data != q.data {
		q.data, q.bits = v.Data, encodeQR(v.Data)
	}
	words := l.say(v.Label)
	ink := l.InkSoft
	q.code = nil
	objs := []fyne.CanvasObject{q.ground}
	if q.bits == nil {
		words, ink = l.say(view.T("这个二维码太长,无法显示。请找工作人员。", "This QR code is too long to show. Please ask the staff.")), l.Tone(view.Warning).Ink
	} else {
		q.code = canvas.NewImageFromImage(q.bits)
		q.code.ScaleMode, q.code.FillMode = canvas.ImageScalePixels, canvas.ImageFillContain
		objs = append(objs, q.code)
	}
	q.label = newParagraph(l, words, l.Body, ink).centered().atMost(3)
	objs = append(objs, q.label.object())
	if q.box == nil {
		q.box = arrange(q.layout)
	}
	replace(q.box, objs...)
}

// encodeQR makes one pixel per module, without a border; nil when data is too long.
func encodeQR(data string) *image.Gray {
	code, err := goqr.New(data, goqr.Medium)
	if err != nil {
		return nil
	}
	code.DisableBorder = true
	rows := code.Bitmap()
	img := image.NewGray(image.Rect(0, 0, len(rows), len(rows)))
	for y, row := range rows {
		for x, dark := range row {
			if !dark {
				img.Set(x, y, theme.Paper)
			}
		}
	}
	return img
}

func (q *qrcode) object() fyne.CanvasObject { return q.box }
func (q *qrcode) fills() bool               { return false }

// side is the code's: at least 240 px, as its contract says.
func (q *qrcode) side(width float32) float32 { return min(q.look.QR, width-2*q.look.L) }

func (q *qrcode) height(width float32) float32 {
	l := q.look
	h := 2 * l.L
	if q.code != nil {
		h += q.side(width)
	}
	if q.label.s != "" {
		h += l.M + q.label.height(width-2*l.M)
	}
	return h
}

func (q *qrcode) layout(size fyne.Size) {
	l := q.look
	// The card is as wide as the code wants it, in the middle of its room.
	y := l.L
	if q.code != nil {
		side := q.side(size.Width)
		card := min(size.Width, side+4*l.L)
		put(q.ground, (size.Width-card)/2, 0, card, size.Height)
		put(q.code, (size.Width-side)/2, y, side, side)
		y += side + l.M
	} else {
		put(q.ground, 0, 0, size.Width, size.Height)
	}
	w := size.Width - 2*l.M
	put(q.label.object(), l.M, y, w, q.label.height(w))
}
