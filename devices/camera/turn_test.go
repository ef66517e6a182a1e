package camera

import (
	"testing"
)

// TestTurn names the corners a b c d clockwise from the top left.
func TestTurn(t *testing.T) {
	f := &Frame{W: 3, H: 2, Stride: 12, Pix: make([]byte, 24), Seq: 7}
	for x, v := range map[int]byte{0: 'a', 6: 'b', 18: 'c', 12: 'd'} {
		f.Pix[x], f.Pix[x+1], f.Pix[x+2] = v, v, v
	}
	for want, turn := range map[string]Turn{
		"abcd": {}, "dabc": {Degrees: 90}, "cdab": {Degrees: 180}, "bcda": {Degrees: 270},
		"badc": {Mirror: true}, "adcb": {Degrees: 90, Mirror: true}, "dcba": {Degrees: 180, Mirror: true}, "cbad": {Degrees: 270, Mirror: true},
	} {
		g := turn.apply(f)
		last, bottom := 3*(g.W-1), g.Stride*(g.H-1)
		got := string([]byte{g.Pix[0], g.Pix[last], g.Pix[bottom+last], g.Pix[bottom]})
		if got != want || g.Seq != 7 || g.W*g.H != 6 {
			t.Errorf("%+v: corners %s, want %s; %d×%d", turn, got, want, g.W, g.H)
		}
	}
	if _, err := Turned(nil, Turn{Degrees: 45}); err == nil {
		t.Error("45 degrees are accepted")
	}
}

// BenchmarkTurn turns a picture of 640×480 upright.
func BenchmarkTurn(b *testing.B) {
	f := &Frame{W: 640, H: 480, Stride: 1920, Pix: make([]byte, 1920*480)}
	for b.Loop() {
		Turn{Degrees: 90}.apply(f)
	}
}
