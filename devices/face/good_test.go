package face_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/luohu/ting/devices/face"
)

func TestFlaw(t *testing.T) {
	good := face.Quality{Size: 120, Brightness: 120, Contrast: 40, Sharpness: 200}
	for _, test := range []struct {
		change func(*face.Quality)
		want   face.Flaw
	}{
		{func(*face.Quality) {}, face.Flawless},
		{func(q *face.Quality) { q.Size = face.MinSize - 1 }, face.TooSmall},
		{func(q *face.Quality) { q.Brightness = face.MinBrightness - 1 }, face.TooDark},
		{func(q *face.Quality) { q.Brightness = face.MaxBrightness + 1 }, face.TooBright},
		{func(q *face.Quality) { q.Contrast = face.MinContrast - 1 }, face.Flat},
		{func(q *face.Quality) { q.Sharpness = face.MinSharpness - 1 }, face.Blurred},
		{func(q *face.Quality) { q.Yaw = face.MaxYaw + 0.1 }, face.Turned},
		{func(q *face.Quality) { q.Yaw = -face.MaxYaw - 0.1 }, face.Turned},
		{func(q *face.Quality) { q.Brightness, q.Contrast = 10, 1 }, face.TooDark},
	} {
		q := good
		test.change(&q)
		if got := q.Flaw(); got != test.want {
			t.Errorf("%+v: %q, want %q", q, got, test.want)
		}
	}
}

// TestDescriptorHidesItself keeps a template out of every usual way of printing.
func TestDescriptorHidesItself(t *testing.T) {
	d := face.Descriptor{0.123456}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, d) + fmt.Sprintf(verb, &d) + fmt.Sprintf(verb, face.Face{Descriptor: d}); strings.Contains(s, "0.12") {
			t.Errorf("%s prints the descriptor", verb)
		}
	}
}

func TestCovered(t *testing.T) {
	bare := face.Quality{Contrast: 40, MouthContrast: 33, EyeContrast: 36, EyeShade: -12, ColourGap: 3}
	for _, test := range []struct {
		name   string
		change func(*face.Quality)
		want   face.Covering
	}{
		{"nothing", func(*face.Quality) {}, face.Uncovered},
		{"a mask", func(q *face.Quality) { q.MouthContrast = 7 }, face.Mask},
		{"a coloured mask with folds", func(q *face.Quality) { q.ColourGap = 25 }, face.Mask},
		{"dark glasses", func(q *face.Quality) { q.EyeShade, q.EyeContrast = 40, 70 }, face.Sunglasses},
		{"dark glasses in colour", func(q *face.Quality) { q.EyeShade, q.EyeContrast, q.ColourGap = 40, 70, 18 }, face.Sunglasses},
		{"deep-set eyes", func(q *face.Quality) { q.EyeShade = 40 }, face.Uncovered},
		{"fog, in which nothing has contrast", func(q *face.Quality) { q.Contrast, q.MouthContrast = 12, 4 }, face.Uncovered},
	} {
		q := bare
		test.change(&q)
		if got := q.Covered(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
