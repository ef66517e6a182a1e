package search

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/luohu/ting/devices/face"
)

// benchShots is how many shots a person of the benchmark has.
const benchShots = 2

// rival is another way to search. begin returns it ready, and what ends it.
type rival struct {
	name  string
	begin func(x *Index, shots []face.Descriptor) (nearest func(*face.Descriptor) Result, end func())
}

// rivals are measured beside ours; the tag faiss adds one.
var rivals = []rival{
	{"plain-go", func(x *Index, _ []face.Descriptor) (func(*face.Descriptor) Result, func()) {
		return func(d *face.Descriptor) Result {
			r, _ := plain(x, d)
			return r
		}, func() {}
	}},
	{"gonum", func(x *Index, shots []face.Descriptor) (func(*face.Descriptor) Result, func()) {
		m := blas32.General{Rows: len(shots), Cols: face.Dim, Stride: face.Dim}
		for i := range shots {
			m.Data = append(m.Data, shots[i][:]...)
		}
		products := blas32.Vector{N: len(shots), Inc: 1, Data: make([]float32, len(shots))}
		return func(d *face.Descriptor) Result {
			blas32.Gemv(blas.NoTrans, 1, m, blas32.Vector{N: face.Dim, Inc: 1, Data: d[:]}, 0, products)
			f := newFinding()
			for i, p := range products.Data {
				_, owner := x.Shot(i)
				switch s := 2 - 2*p; {
				case owner == f.owner:
					f.best = min(f.best, s)
				case s < f.best:
					f.best, f.second, f.owner = s, f.best, owner
				case s < f.second:
					f.second = s
				}
			}
			return Result{f.owner, math.Sqrt(float64(f.best)), math.Sqrt(float64(f.second))}
		}, func() {}
	}},
}

// BenchmarkNearest searches a gallery with two shots a person for faces as a camera
// sees them, half of them members', half strangers'. Descriptors are as alike as the
// network's: two shots of a person are 0.28 apart, of two people 0.6. Beside ours, on
// every path, are plain Go, gonum and (tag faiss) FAISS's IndexFlatL2. recall is the
// part of probes with the nearest person and the distance to the second as by
// comparing every shot.
func BenchmarkNearest(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		people := newPopulation()
		x := New()
		shots := make([]face.Descriptor, 0, n)
		for i := range n / benchShots {
			for j := range benchShots {
				shots = append(shots, people.shot(uint64(i), uint64(j)))
			}
			if err := x.Add(int32(i), shots[len(shots)-benchShots:]); err != nil {
				b.Fatal(err)
			}
		}
		probes, wants := make([]face.Descriptor, 32), make([]Result, 32)
		for i := range probes {
			who := 1<<40 + uint64(i)
			if i%2 == 0 {
				who = uint64(i * n / (32 * benchShots))
			}
			probes[i] = people.shot(who, 1<<30)
			wants[i], _ = plain(x, &probes[i])
		}
		run := func(name string, nearest func(*face.Descriptor) Result) {
			b.Run(fmt.Sprintf("shots=%d/%s", n, name), func(b *testing.B) {
				right, all := 0, 0
				for i := 0; b.Loop(); i++ {
					r, want := nearest(&probes[i%len(probes)]), wants[i%len(probes)]
					if r.Owner == want.Owner && math.Abs(r.Second-want.Second) < 1e-4 {
						right++
					}
					all++
				}
				b.ReportMetric(float64(right)/float64(all), "recall")
			})
		}
		for _, r := range rivals {
			nearest, end := r.begin(x, shots)
			run(r.name, nearest)
			end()
		}
		for path := range paths {
			if path.Supported() {
				x.path = path
				run("ting-"+path.String(), func(d *face.Descriptor) Result {
					r, _ := x.Nearest(d)
					return r
				})
			}
		}
		x.Clear()
	}
}

// population is people whose descriptors spread as the network's do: around a
// common mean, mostly in a few of the dimensions.
type population struct{ axes [24]face.Descriptor }

func newPopulation() *population {
	p := new(population)
	for i := range p.axes {
		p.axes[i] = point(1<<50 + uint64(i))
	}
	return p
}

func (p *population) shot(who, n uint64) face.Descriptor {
	r := rand.New(rand.NewPCG(who, 1))
	d := point(1 << 51)
	for _, axis := range p.axes {
		by := 0.105 * float32(r.NormFloat64())
		for j := range d {
			d[j] += by * axis[j]
		}
	}
	return near(unit(d), 0.2, who<<8^n)
}
