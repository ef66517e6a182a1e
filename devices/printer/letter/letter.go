// Package letter lays a slip out on paper of A4, as a letter that can be kept and
// filed, and makes a PDF of it. The words are text in the typeface of official letters
// (AR PL SungtiL GB, from Debian's fonts-arphic-gbsn00lp, embedded in part); a line with
// a character that it lacks is drawn.
package letter

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"strings"
	"sync"

	"github.com/go-pdf/fpdf"
	"github.com/skip2/go-qrcode"
	"golang.org/x/image/font/sfnt"

	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/raster"
)

// File is the typeface.
const File = "/usr/share/fonts/truetype/arphic-gbsn00lp/gbsn00lp.ttf"

// ErrNoTypeface is wrapped by errors of a machine without the typeface.
var ErrNoTypeface = errors.New("the typeface for letters is not installed (apt-get install fonts-arphic-gbsn00lp)")

// Measures, in millimetres and points.
const (
	margin    = 25.0
	width     = 210 - 2*margin
	textSize  = 12.0 // points
	lineStep  = 7.5  // of the usual size
	drawnLine = 5.3  // of the usual size, of a line that is drawn: its characters are as large then
	qrSide    = 35.0
	dotsPerMM = 8.0 // of pictures and drawn lines, as on a slip
	columns   = 76  // letters of the usual size in a line
)

var typeface = sync.OnceValues(func() (*face, error) {
	b, err := os.ReadFile(File)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTypeface, err)
	}
	f, err := sfnt.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", File, err)
	}
	return &face{bytes: b, font: f}, nil
})

type face struct {
	bytes []byte
	mu    sync.Mutex
	font  *sfnt.Font
	buf   sfnt.Buffer
}

// has reports whether all characters of s can be written.
func (f *face) has(s string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range s {
		if i, err := f.font.GlyphIndex(&f.buf, r); err != nil || i == 0 {
			return false
		}
	}
	return true
}

// Ready says whether letters can be made here.
func Ready() error {
	_, err := typeface()
	return err
}

// PDF makes the letter. A slip that cannot be printed is printer.ErrSlip.
func PDF(s printer.Slip) ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	f, err := typeface()
	if err != nil {
		return nil, err
	}
	l := &sheets{Fpdf: fpdf.New("P", "mm", "A4", ""), face: f}
	l.draw, _ = raster.Load() // without it rare characters are squares
	l.AddUTF8FontFromBytes("song", "", f.bytes)
	l.SetMargins(margin, margin, margin)
	l.SetAutoPageBreak(true, margin)
	l.AddPage()
	for _, b := range s.Blocks {
		if err := l.block(b); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := l.Output(&out); err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	return out.Bytes(), nil
}

// sheets is a letter in the making.
type sheets struct {
	*fpdf.Fpdf
	face   *face
	draw   *raster.Drawer
	images int
}

func (l *sheets) block(b printer.Block) error {
	switch b := b.(type) {
	case printer.Text:
		size := float64(max(b.Size, 1))
		scale := 1 + (size-1)*0.35 // twice as large is loud on a letter
		for _, line := range printer.Wrap(b.Text, int(columns/scale)) {
			if err := l.line(line, scale, b.Bold, map[printer.Align]string{printer.Centre: "C", printer.Right: "R"}[b.Align]); err != nil {
				return err
			}
		}
	case printer.Pair:
		for _, line := range b.Beside(columns) {
			// Label and value stand at the sides of the paper whatever the typeface's widths.
			label, value, both := strings.Cut(line, "   ")
			if both && label != "" {
				if err := l.pair(label, strings.TrimSpace(value)); err != nil {
					return err
				}
				continue
			}
			align := ""
			if strings.HasPrefix(line, " ") {
				align = "R"
			}
			if err := l.line(strings.TrimSpace(line), 1, false, align); err != nil {
				return err
			}
		}
	case printer.Rule:
		y := l.GetY() + lineStep/3
		l.Line(margin, y, margin+width, y)
		l.SetY(y + lineStep/3)
	case printer.Space:
		l.Ln(lineStep * float64(b.Lines))
	case printer.QR:
		code, err := qrcode.New(b.Data, qrcode.Medium)
		if err != nil {
			return fmt.Errorf("%w: QR code: %w", printer.ErrSlip, err)
		}
		return l.picture(code.Image(-8), qrSide, "C")
	case printer.Picture:
		p := raster.Fit(b.Image, width*dotsPerMM)
		return l.picture(p, float64(p.Rect.Dx())/dotsPerMM, "C")
	}
	return nil
}

// pair sets a label at the left and its value at the right of one line.
func (l *sheets) pair(label, value string) error {
	if !l.face.has(label + value) {
		y := l.GetY()
		if err := l.line(label, 1, false, ""); err != nil {
			return err
		}
		if l.GetY() > y { // not on the next page
			l.SetY(y)
		}
		return l.line(value, 1, false, "R")
	}
	l.SetFont("song", "", textSize)
	l.CellFormat(width/2, lineStep, label, "", 0, "L", false, 0, "")
	l.CellFormat(width/2, lineStep, value, "", 1, "R", false, 0, "")
	return nil
}

// line sets one line of text.
func (l *sheets) line(s string, scale float64, bold bool, align string) error {
	if !l.face.has(s) && l.draw != nil {
		p := l.draw.Line(s, 2, bold)
		y := l.GetY()
		if err := l.picture(p, float64(p.Rect.Dx())/high(p)*drawnLine*scale, align); err != nil {
			return err
		}
		l.SetY(max(l.GetY(), y+lineStep*scale))
		return nil
	}
	l.SetFont("song", "", textSize*scale)
	if bold {
		l.SetTextRenderingMode(2) // filled and drawn round: the typeface has no bold cut
		l.SetLineWidth(0.2)
		defer l.SetTextRenderingMode(0)
	}
	l.CellFormat(width, lineStep*scale, s, "", 1, align, false, 0, "")
	return nil
}

// high is the height of a drawn line, in dots.
func high(p *image.Gray) float64 { return float64(p.Rect.Dy()) }

// picture sets a picture of a width in millimetres.
func (l *sheets) picture(p image.Image, w float64, align string) error {
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	w = min(w, width)
	h := w * float64(p.Bounds().Dy()) / float64(p.Bounds().Dx())
	l.images++
	name := fmt.Sprint("picture", l.images)
	o := fpdf.ImageOptions{ImageType: "PNG"}
	l.RegisterImageOptionsReader(name, o, &b)
	if l.GetY()+h > 297-margin {
		l.AddPage()
	}
	x := margin + map[string]float64{"C": (width - w) / 2, "R": width - w}[align]
	l.ImageOptions(name, x, l.GetY(), w, h, true, o, 0, "")
	l.SetX(margin)
	return l.Error()
}
