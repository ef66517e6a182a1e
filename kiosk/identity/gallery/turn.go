package gallery

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"math"

	"github.com/luohu/ting/devices/face"
)

// turn is a rotation of the space of descriptors that only its gallery knows: what
// is kept on disk and searched is turned. Lengths and distances within one gallery
// stay what they were (to the rounding of float32, 1e-6 at most); between two
// galleries, or before and after Rekey, the same face is as far apart as strangers
// drawn at random are, so templates that leak from two places cannot be matched,
// and a leaked one fits no descriptor that is made elsewhere.
//
// A permutation with signs would keep distances to the last bit, and lost: how far
// each coordinate spreads gives it away. A whole gallery that leaks can still be
// matched to another of the same faces by its statistics: the turn protects
// templates, the encryption protects galleries.
type turn struct {
	rows [face.Dim][face.Dim]float32
}

// newTurn derives the rotation from a secret: Gaussian vectors of an AES-CTR stream,
// made orthonormal, which is uniform among all rotations (and reflections).
func newTurn(k *secret) *turn {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // the key's size is fixed
	}
	stream := cipher.NewCTR(block, make([]byte, aes.BlockSize))
	uniform := func() float64 { // in (0, 1]
		var b [8]byte
		stream.XORKeyStream(b[:], b[:])
		return (float64(binary.LittleEndian.Uint64(b[:])>>11) + 1) / (1 << 53)
	}
	var q [face.Dim][face.Dim]float64
	for i := range q {
		for j := 0; j < face.Dim; j += 2 { // Box and Muller
			r, phi := math.Sqrt(-2*math.Log(uniform())), 2*math.Pi*uniform()
			q[i][j], q[i][j+1] = r*math.Cos(phi), r*math.Sin(phi)
		}
	}
	orthonormal(&q)
	t := &turn{}
	for i := range q {
		for j := range q[i] {
			t.rows[i][j] = float32(q[i][j])
		}
	}
	return t
}

// orthonormal makes rows stand at right angles to each other and have length 1 (Gram
// and Schmidt). It touches nothing but what it is given, and the race detector would
// make it a hundred times slower.
//
//go:norace
func orthonormal(q *[face.Dim][face.Dim]float64) {
	for i := range q {
		row := &q[i]
		for range 2 { // once more takes away what rounding left
			for k := range i {
				var dot float64
				for j, x := range row {
					dot += x * q[k][j]
				}
				for j := range row {
					row[j] -= dot * q[k][j]
				}
			}
		}
		var n float64
		for _, x := range row {
			n += x * x
		}
		for j := range row {
			row[j] /= math.Sqrt(n)
		}
	}
}

// forth turns a descriptor; a nil turn leaves it as it is.
func (t *turn) forth(d *face.Descriptor) face.Descriptor {
	if t == nil {
		return *d
	}
	var out face.Descriptor
	for i := range t.rows {
		row := &t.rows[i]
		var a, b, c, e float64 // four sums, for the processor adds them side by side
		for j := 0; j < face.Dim; j += 4 {
			a += float64(row[j]) * float64(d[j])
			b += float64(row[j+1]) * float64(d[j+1])
			c += float64(row[j+2]) * float64(d[j+2])
			e += float64(row[j+3]) * float64(d[j+3])
		}
		out[i] = float32(a + b + c + e)
	}
	return out
}

// back undoes forth.
func (t *turn) back(d *face.Descriptor) face.Descriptor {
	if t == nil {
		return *d
	}
	var sums [face.Dim]float64
	for i := range t.rows {
		x := float64(d[i])
		for j, y := range t.rows[i] {
			sums[j] += x * float64(y)
		}
	}
	var out face.Descriptor
	for j, x := range sums {
		out[j] = float32(x)
	}
	return out
}

func (t *turn) all(shots []face.Descriptor) []face.Descriptor {
	turned := make([]face.Descriptor, len(shots))
	for i := range shots {
		turned[i] = t.forth(&shots[i])
	}
	return turned
}
