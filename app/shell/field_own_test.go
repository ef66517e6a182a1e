package shell

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

func TestDate_ChosenInTheCalendar(t *testing.T) {
	b := newBench(t, nil)
	b.sample("field-date") // 2026-03-03 to 2026-04-15; alone on the page, so it is open
	if !b.says("2026年3月12日 星期四") || b.find("calendar:2026-03-12") == nil {
		t.Fatalf("on screen: %q", b.words())
	}
	b.tap("calendar:2026-03-02") // out of bounds
	b.tap("calendar:forth", "calendar:2026-04-15")
	if b.find("calendar:2026-04-15") != nil || !b.says("2026年4月15日 星期三") {
		t.Errorf("after choosing: %q", b.words())
	}
	b.tap("ok")
	if d, err := b.answer().Date("day", time.UTC); err != nil || d.Format(time.DateOnly) != "2026-04-15" {
		t.Errorf("day = %v, %v", d, err)
	}
}

func TestDate_TurnsOnlyToWhatMayBeChosen(t *testing.T) {
	b := newBench(t, nil)
	b.sample("field-date")
	b.tap("calendar:back") // nothing in February may be chosen
	if !b.says("2026年3月") || b.find("calendar:2026-03-05") == nil {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("calendar:forth", "calendar:forth")
	if b.find("calendar:2026-04-10") == nil {
		t.Errorf("on screen: %q", b.words())
	}
}

func TestDate_BirthdayBeginsWithTheYear(t *testing.T) {
	b := newBench(t, nil)
	b.sample("field-birthday") // 2014-01-01 to 2026-03-02
	b.tap("field:born", "calendar:2019-01-01", "calendar:2019-05-01", "calendar:2019-05-17")
	if !b.says("2019年5月17日 星期五") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("field:born", "calendar:zoom", "calendar:zoom")
	if b.find("key:q") != nil {
		t.Error("letters are offered to a date")
	}
	if b.find("calendar:2013-01-01").(*button).onTapped != nil {
		t.Error("a year that cannot be chosen can be touched")
	}
}

func TestDate_StaysAcrossUpdatesAndLanguages(t *testing.T) {
	b := newBench(t, nil)
	b.sample("field-date")
	b.tap("calendar:2026-03-20")
	b.sample("field-date")
	b.tap("ting.language")
	if !b.says("Friday, 20 March 2026") {
		t.Errorf("on screen: %q", b.words())
	}
}

// sign draws a line across the pad.
func (b *bench) sign(from, to fyne.Position) {
	b.t.Helper()
	var pad *signaturePad
	walk(b.s.root, func(o fyne.CanvasObject) {
		if p, ok := o.(*signaturePad); ok {
			pad = p
		}
	})
	if pad == nil {
		b.t.Fatal("there is no place to sign")
	}
	const steps = 20
	step := fyne.NewPos((to.X-from.X)/steps, (to.Y-from.Y)/steps)
	for i := 1; i <= steps; i++ {
		e := &fyne.DragEvent{Dragged: fyne.Delta{DX: step.X, DY: step.Y}}
		e.Position = from.AddXY(step.X*float32(i), step.Y*float32(i))
		pad.Dragged(e)
	}
	pad.DragEnd()
}

func TestSignature_DrawnUndoneAndHandedIn(t *testing.T) {
	b := newBench(t, nil)
	b.sample("field-signature")
	b.tap("ok")
	b.noAnswer()
	if !b.says("请用手指签名") {
		t.Errorf("nothing is said beside an empty signature: %q", b.words())
	}
	b.sign(fyne.NewPos(100, 100), fyne.NewPos(110, 100)) // a slip
	b.now = b.now.Add(time.Second)
	b.tap("ok")
	b.noAnswer()
	b.tap("signature:clear")
	b.sign(fyne.NewPos(100, 200), fyne.NewPos(600, 200))
	b.sign(fyne.NewPos(300, 50), fyne.NewPos(300, 300))
	b.sample("field-signature") // an update keeps it
	b.tap("ting.language")      // so does the other language
	b.tap("signature:undo")
	b.now = b.now.Add(time.Second)
	b.tap("ok")
	file, ok := b.answer().Image("signature")
	if !ok {
		t.Fatal("no signature came")
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	// The first line is there, the second was taken back. The pad is 960 wide, the file 1200.
	const k = 1200.0 / 960
	dark := func(x, y float64) bool {
		v, _, _, _ := img.At(int(x*k), int(y*k)).RGBA()
		return v < 0x8000
	}
	if !dark(350, 200) || dark(300, 100) || dark(10, 10) {
		t.Errorf("drawn: %v, undone: %v, paper: %v", dark(350, 200), dark(300, 100), dark(10, 10))
	}
}

func TestSignature_IsForgottenWithItsPage(t *testing.T) {
	b := newBench(t, nil)
	b.sample("field-signature")
	b.sign(fyne.NewPos(100, 200), fyne.NewPos(600, 200))
	s := b.s.page.forms[0].fields[0].own.(*signatureControl)
	file := s.value().Image
	if len(file) == 0 {
		t.Fatal("no signature")
	}
	kept := s.file
	b.sample("gate-idle")
	if len(s.strokes) != 0 || !bytes.Equal(kept, make([]byte, len(kept))) {
		t.Error("the signature is still in memory")
	}
}

func TestPhoto_TakenLookedAtAndTakenAgain(t *testing.T) {
	b := newBench(t, func(o *Options) {
		o.Viewfinder = samplePicture()
		o.Mirror = true
	})
	b.sample("field-photo")
	b.s.Beat()
	if b.s.preview.on() {
		t.Fatal("the camera is open before anybody asked for it")
	}
	b.tap("ok")
	b.noAnswer()
	if !b.says("请拍一张照片") {
		t.Errorf("on screen: %q", b.words())
	}
	b.tap("photo:open")
	b.tap("photo:take") // before the first picture
	if b.find("photo:again") != nil {
		t.Error("a photo without a picture")
	}
	b.s.Beat()
	b.tap("photo:take")
	if b.s.preview.on() || b.find("photo:again") == nil {
		t.Error("the camera stays open after the photo was taken")
	}
	b.sample("field-photo") // an update keeps it
	b.now = b.now.Add(time.Second)
	b.tap("ok")
	file, ok := b.answer().Image("photo")
	if !ok {
		t.Fatal("no photo came")
	}
	img, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil || img.Bounds().Dx() < 400 {
		t.Fatalf("photo %v, %v", img.Bounds(), err)
	}
	// The drawing's wall is lighter on its left: nobody's mirror image is kept.
	light := func(x int) uint32 {
		v, _, _, _ := img.At(x, img.Bounds().Dy()/8).RGBA()
		return v
	}
	if light(20) <= light(img.Bounds().Dx()-20) {
		t.Error("the photo is a mirror image")
	}
	b.tap("photo:remove")
	b.now = b.now.Add(time.Second)
	b.tap("ok")
	b.noAnswer()
}

func TestPhoto_WithoutACameraSaysSo(t *testing.T) {
	b := newBench(t, nil)
	b.sample("field-photo")
	if !b.says("没有摄像头") || b.find("photo:open") != nil {
		t.Errorf("on screen: %q", b.words())
	}
}

// TestPhoto_OfAPaper is taken with the document camera: never the visitor's own face,
// and not as in a mirror.
func TestPhoto_OfAPaper(t *testing.T) {
	paper := &onePicture{}
	b := newBench(t, func(o *Options) {
		o.Viewfinder, o.Papers, o.Mirror = samplePicture(), paper, true
	})
	page := view.Page{ID: "papers", Title: view.Same("x"), Body: []view.Node{view.Form{Key: view.Key{Key: "f"}, Fields: []view.Field{
		{ID: "face", Kind: view.FieldPhoto, Label: view.Same("face")}, {ID: "paper", Kind: view.FieldPhoto, Label: view.Same("paper"), Paper: true},
	}}}, Actions: []view.Action{{ID: "ok", Label: view.Same("ok")}}}
	b.present(page)
	if !b.says("高拍仪") {
		t.Errorf("on screen: %q", b.words())
	}
	b.s.page.eachField(func(f *field) {
		if c, ok := f.own.(*photoControl); ok && !f.node.Paper {
			c.begin(true)
		}
	})
	b.s.Beat()
	if b.s.preview.photo() == nil || paper.asked > 0 {
		t.Fatal("the face is not seen by the camera that sees faces")
	}
	b.s.page.eachField(func(f *field) {
		if c, ok := f.own.(*photoControl); ok && f.node.Paper {
			c.begin(true)
		}
	})
	if b.s.preview.photo() != nil {
		t.Error("the face is taken for a paper")
	}
	b.s.preview.step()
	img := b.s.preview.photo()
	if img == nil || paper.asked == 0 {
		t.Fatal("no paper is seen")
	}
	// The paper is dark at its left: it is not turned round.
	if left, right := img.RGBAAt(1, 1).R, img.RGBAAt(img.Rect.Dx()-2, 1).R; left >= right {
		t.Errorf("the paper is a mirror image: %d at its left, %d at its right", left, right)
	}
}

// onePicture is a document camera under which lies a paper that is dark at its left.
type onePicture struct{ asked int }

func (o *onePicture) Latest(after uint64) (Picture, bool) {
	o.asked++
	const w, h = 640, 480
	p := Picture{Seq: 1, Pix: make([]byte, 3*w*h), W: w, H: h, Stride: 3 * w}
	for i := range p.Pix {
		p.Pix[i] = byte(i / 3 % w * 255 / w)
	}
	return p, after == 0
}

func TestPhoto_FitsAnAnswer(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 2592, 1944))
	x := uint32(1)
	for i := range noise.Pix {
		x = x*1664525 + 1013904223
		noise.Pix[i] = byte(x >> 24)
	}
	file, small, err := encodePhoto(noise)
	if err != nil || len(file) > view.MaxImageBytes || max(small.Rect.Dx(), small.Rect.Dy()) > photoLongest {
		t.Errorf("%d bytes, %v, %v", len(file), small.Rect, err)
	}
}
