package shell

import (
	"image"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell/sample"
	"github.com/luohu/ting/kiosk/view"
)

func TestPictureIsTakenOnlyWhileAViewfinderIsOnScreen(t *testing.T) {
	v := samplePicture()
	b := newBench(t, func(o *Options) { o.Viewfinder = v })
	b.sample("pin")
	if b.s.preview.on() || b.s.preview.step() != nil {
		t.Error("pictures are taken behind a form")
	}
	b.sample("gate-idle")
	if b.s.preview.step() == nil || !b.s.preview.raster.Visible() {
		t.Fatal("no picture at the gate")
	}
	if b.s.preview.step() != nil {
		t.Error("the same picture was drawn twice")
	}
}

func TestFaceBoxCarriesItsLabelInsideThePicture(t *testing.T) {
	v := samplePicture(
		FaceBox{Tone: view.Success, Label: view.T("陈*雨", "陈*雨")},
		FaceBox{Rect: image.Rect(600, 440, 700, 560)}, // reaches over the edge
	)
	b := newBench(t, func(o *Options) { o.Viewfinder = v })
	b.sample("gate-idle")
	b.s.Beat()
	if !b.says("陈*雨") {
		t.Errorf("no label: %q", b.words())
	}
	size := b.s.preview.box.Size()
	for i, f := range b.s.preview.boxes[:2] {
		at, to := f.edge.Position(), f.edge.Position().AddXY(f.edge.Size().Width, f.edge.Size().Height)
		if at.X < 0 || at.Y < 0 || to.X > size.Width || to.Y > size.Height {
			t.Errorf("box %d lies at %v to %v of %v", i, at, to, size)
		}
	}
}

func TestMirrorTurnsPictureAndBoxes(t *testing.T) {
	pix := []byte{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}
	pic := Picture{Pix: pix, W: 4, H: 1, Stride: 12}
	got := convert(nil, pic, image.Rect(1, 0, 4, 1), true)
	if got.Pix[0] != 4 || got.Pix[4] != 3 || got.Pix[8] != 2 || got.Pix[3] != 0xff {
		t.Errorf("mirrored = %v", got.Pix)
	}
	if got := convert(got, pic, image.Rect(1, 0, 4, 1), false); got.Pix[0] != 2 || got.Pix[8] != 4 {
		t.Errorf("as it is = %v", got.Pix)
	}
	b := newBench(t, func(o *Options) { o.Mirror = true; o.Viewfinder = samplePicture() })
	p := b.s.preview
	p.crop = image.Rect(0, 0, 640, 480)
	if at := p.onScreen(image.Rect(0, 0, 64, 48), fyne.NewSize(640, 480)); at[0] != 576 || at[2] != 640 {
		t.Errorf("a face at the left edge is drawn from %v to %v", at[0], at[2])
	}
}

func TestPictureShorterThanItSays(t *testing.T) {
	pic := Picture{Pix: make([]byte, 10), W: 640, H: 480, Stride: 1920}
	if got := convert(nil, pic, image.Rect(0, 0, 640, 480), false); got.Rect.Dx() != 640 {
		t.Errorf("converted to %v", got.Rect)
	}
}

func TestCoverFillsThePlace(t *testing.T) {
	for _, c := range []struct {
		w, h  int
		ratio float32
		want  image.Rectangle
	}{
		{640, 480, 0.75, image.Rect(140, 0, 500, 480)},
		{640, 480, 2, image.Rect(0, 80, 640, 400)},
		{640, 480, 0, image.Rect(0, 0, 640, 480)},
		{0, 480, 1, image.Rectangle{}},
	} {
		if got := cover(c.w, c.h, c.ratio); got != c.want {
			t.Errorf("cover(%d, %d, %v) = %v, want %v", c.w, c.h, c.ratio, got, c.want)
		}
	}
}

func TestMessageStandsInThePicturesPlace(t *testing.T) {
	v := samplePicture()
	b := newBench(t, func(o *Options) { o.Viewfinder = v })
	b.sample("gate-idle")
	b.s.Beat()
	v.pic = Picture{Seq: 2, Message: view.T("摄像头已断开", "The camera is unplugged")}
	b.s.Beat()
	if !b.says("摄像头已断开") || b.s.preview.raster.Visible() {
		t.Errorf("unplugged: %q", b.words())
	}
	v.pic = samplePicture().pic
	v.pic.Seq = 3
	b.s.Beat()
	if b.says("摄像头已断开") || !b.s.preview.raster.Visible() {
		t.Errorf("plugged back: %q", b.words())
	}
}

func TestPreviewSurvivesChangesOfPageAndLanguage(t *testing.T) {
	b := newBench(t, func(o *Options) { o.Viewfinder = samplePicture() })
	b.sample("gate-idle")
	b.s.Beat()
	b.sample("gate-stranger")
	b.tap("ting.language")
	if !b.s.preview.raster.Visible() {
		t.Error("the picture went away with the page")
	}
	if !b.says("We could not recognise you") {
		t.Errorf("on screen: %q", b.words())
	}
}

// BenchmarkConvert: 0.2 ms for what an upright gate shows of a 640×480
// picture, on preview's own goroutine.
func BenchmarkConvert(b *testing.B) {
	pix, _ := sample.Picture(0)
	pic := Picture{Pix: pix, W: sample.PictureW, H: sample.PictureH, Stride: 3 * sample.PictureW}
	crop := cover(pic.W, pic.H, 1080.0/1100)
	b.SetBytes(int64(crop.Dx() * crop.Dy() * 3))
	var dst *image.RGBA
	for b.Loop() {
		dst = convert(dst, pic, crop, true)
	}
}
