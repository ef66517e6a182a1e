//go:build faiss

package search

import (
	"math"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk/identity/gallery/search/faiss"
)

func init() {
	rivals = append(rivals, rival{"faiss-flat-l2", func(x *Index, shots []face.Descriptor) (func(*face.Descriptor) Result, func()) {
		f := faiss.New(shots)
		return func(d *face.Descriptor) Result {
			// Shots of one person are few: the second person is among the nearest.
			rows, squares := f.Nearest(d, 2*benchShots)
			_, owner := x.Shot(int(rows[0]))
			r := Result{owner, math.Sqrt(float64(squares[0])), math.Inf(1)}
			for i := range rows {
				if _, other := x.Shot(int(rows[i])); other != owner {
					r.Second = math.Sqrt(float64(squares[i]))
					break
				}
			}
			return r
		}, f.Close
	}})
}
