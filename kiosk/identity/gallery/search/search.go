// Package search finds the nearest of many face descriptors, exactly.
//
// An Index keeps every shot twice: as it is, and rounded to one byte a dimension.
// A search reads the bytes (a fifth of the memory), which bound each distance from
// below; only a shot whose bound is nearer than the second person found so far is
// compared as it is. Nothing is approximated: the answer is that of comparing every
// shot, to the last bit, and the tests hold it to that on every instruction set.
//
// Rows lie in chunks outside Go's heap: huge pages make a search a third faster,
// the collector never copies or scans them, a core dump does not hold them, and a
// removed row is overwritten at once.
//
// A copy for each change, read without a lock (RCU), lost: a search takes 8 ms at
// a million shots and a change microseconds, so a lock costs nobody anything, while
// old copies would keep a withdrawn template in memory until their last reader is
// done. A graph (HNSW) or inverted lists lost because they may miss the second
// person, whose distance the decision needs.
//
// An Index is for any number of searches at a time or one change, never both: its
// owner, package gallery, holds a lock. Test with descriptors made by the test.
package search

import (
	"math"
	"runtime"
	"sync"

	"github.com/luohu/ting/devices/face"
)

// maxLength is the length of a descriptor that the bounds are made for; those of
// package face have length 1.
const maxLength = 1.02

// Index is a set of shots, each of an owner. Make one with New.
type Index struct {
	path   Path
	chunks []*chunk
	n      int
	rows   map[int32][]int32 // of each owner, in no order
}

// New returns an empty index.
func New() *Index { return &Index{path: Best(), rows: map[int32][]int32{}} }

// Len is the number of shots.
func (x *Index) Len() int { return x.n }

// Reserve makes room for n more shots. It fails when there is no memory for them.
func (x *Index) Reserve(n int) error {
	for len(x.chunks)*chunkRows < x.n+n {
		c, err := newChunk()
		if err != nil {
			return err
		}
		x.chunks = append(x.chunks, c)
	}
	return nil
}

// Add adds shots of an owner, who may have some. Shots are finite and no longer
// than 1.02. It fails, having added nothing, when there is no memory for them.
func (x *Index) Add(owner int32, shots []face.Descriptor) error {
	if err := x.Reserve(len(shots)); err != nil {
		return err
	}
	for i := range shots {
		c, r := x.place(x.n)
		c.set(r, owner, &shots[i])
		x.rows[owner] = append(x.rows[owner], int32(x.n))
		x.n++
	}
	return nil
}

// Remove removes and overwrites an owner's shots.
func (x *Index) Remove(owner int32) {
	for len(x.rows[owner]) > 0 {
		mine := x.rows[owner]
		row := mine[len(mine)-1]
		x.rows[owner] = mine[:len(mine)-1]
		x.n--
		last := int32(x.n)
		from, f := x.place(int(last))
		if row != last {
			to, t := x.place(int(row))
			to.move(t, from, f)
			theirs := x.rows[to.owners[t]]
			for i := range theirs {
				if theirs[i] == last {
					theirs[i] = row
				}
			}
		}
		from.wipe(f)
	}
	delete(x.rows, owner)
	for len(x.chunks) > 0 && x.n <= (len(x.chunks)-1)*chunkRows {
		x.chunks[len(x.chunks)-1].free()
		x.chunks = x.chunks[:len(x.chunks)-1]
	}
}

// Clear removes and overwrites everything.
func (x *Index) Clear() {
	for _, c := range x.chunks {
		c.free()
	}
	x.chunks, x.n, x.rows = nil, 0, map[int32][]int32{}
}

// Shots returns an owner's shots, as they were added.
func (x *Index) Shots(owner int32) []face.Descriptor {
	var shots []face.Descriptor
	for _, row := range x.rows[owner] {
		c, r := x.place(int(row))
		shots = append(shots, c.exact[r])
	}
	return shots
}

// Shot returns one of the shots, by a number below Len, and its owner. Numbers
// change with every Remove: they are for drawing some at random.
func (x *Index) Shot(row int) (*face.Descriptor, int32) {
	c, r := x.place(row)
	return &c.exact[r], c.owners[r]
}

func (x *Index) place(row int) (*chunk, int) { return x.chunks[row/chunkRows], row % chunkRows }

// Result is what a search found.
type Result struct {
	Owner    int32   // of the nearest shot
	Distance float64 // to it
	Second   float64 // to the nearest shot of any other owner; +Inf when there is none
}

// Nearest returns the shot nearest to d and the nearest of another owner; ok is
// false in an empty index.
func (x *Index) Nearest(d *face.Descriptor) (r Result, ok bool) {
	f := newFinding()
	if p, bounded := newProbe(d); bounded {
		f = x.search(p)
	} else {
		for i := range x.n { // longer than a descriptor can be, or no number at all
			c, r := x.place(i)
			f.compare(d, &c.exact[r], c.owners[r])
		}
	}
	return Result{f.owner, math.Sqrt(float64(f.best)), math.Sqrt(float64(f.second))}, f.owner >= 0
}

// parallelFrom is the number of shots from which a search uses every processor
// (at most parallelMost: more would wait for the same memory).
const (
	parallelFrom = 1 << 15
	parallelMost = 4
)

func (x *Index) search(p *probe) finding {
	parts := min(runtime.GOMAXPROCS(0), parallelMost, len(x.chunks))
	if x.n < parallelFrom || parts < 2 {
		return x.scan(p, 0, x.n)
	}
	var found [parallelMost]finding
	bound := func(i int) int { return int(int64(x.n) * int64(i) / int64(parts)) }
	var all sync.WaitGroup
	for i := 1; i < parts; i++ {
		all.Go(func() { found[i] = x.scan(p, bound(i), bound(i+1)) })
	}
	found[0] = x.scan(p, 0, bound(1))
	all.Wait()
	f := found[0]
	for _, g := range found[1:parts] {
		f.merge(g)
	}
	return f
}

// A scan asks for candidates block by block: short blocks first, until the second
// person's distance is a bound worth having.
const (
	firstBlock = 32
	lastBlock  = 4096
)

// scan searches rows from up to but not including to.
func (x *Index) scan(p *probe, from, to int) finding {
	f := newFinding()
	var candidates [lastBlock]int32
	for block := firstBlock; from < to; block = min(4*block, lastBlock) {
		c, r := x.place(from)
		n := min(block, to-from, chunkRows-r)
		for _, k := range c.candidates(x.path, p, r, n, p.limit(f.second), &candidates) {
			f.compare(&p.exact, &c.exact[r+int(k)], c.owners[r+int(k)])
		}
		from += n
	}
	return f
}

// finding is the nearest so far, with squared distances.
type finding struct {
	owner        int32 // -1 before the first
	best, second float32
}

func newFinding() finding {
	inf := float32(math.Inf(1))
	return finding{owner: -1, best: inf, second: inf}
}

// compare takes one shot into account.
func (f *finding) compare(d, shot *face.Descriptor, owner int32) {
	// Half the dimensions usually show that a shot cannot be second.
	s := squares((*[half]float32)(d[:half]), (*[half]float32)(shot[:half]))
	if s >= f.second {
		return
	}
	s += squares((*[half]float32)(d[half:]), (*[half]float32)(shot[half:]))
	switch {
	case owner == f.owner:
		f.best = min(f.best, s)
	case s < f.best:
		f.best, f.second, f.owner = s, f.best, owner
	case s < f.second:
		f.second = s
	}
}

// merge takes the finding among later rows into account.
func (f *finding) merge(g finding) {
	switch {
	case g.owner == f.owner:
		f.best, f.second = min(f.best, g.best), min(f.second, g.second)
	case g.best < f.best:
		f.best, f.second, f.owner = g.best, min(f.best, g.second), g.owner
	default:
		f.second = min(f.second, g.best)
	}
}

const half = face.Dim / 2

// squares is the squared distance of two half rows. Four sums keep the
// processor's units busy where one would wait for itself.
func squares(a, b *[half]float32) float32 {
	var s0, s1, s2, s3 float32
	for i := 0; i < half; i += 4 {
		d0, d1, d2, d3 := a[i]-b[i], a[i+1]-b[i+1], a[i+2]-b[i+2], a[i+3]-b[i+3]
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	return s0 + s1 + s2 + s3
}
