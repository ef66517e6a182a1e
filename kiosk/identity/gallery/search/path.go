package search

import "github.com/luohu/ting/devices/face"

// Path is a way to find candidates, for one instruction set. All give the same.
type Path int

// The paths, the most portable first.
const (
	Portable   Path = iota // plain Go
	AVX2                   // 16 products at a time
	AVX512VNNI             // 64 products at a time
	paths
)

// String names the path.
func (p Path) String() string {
	switch p {
	case Portable:
		return "portable"
	case AVX2:
		return "avx2"
	case AVX512VNNI:
		return "avx512-vnni"
	}
	return "none"
}

// Best is the fastest path that this processor runs.
func Best() Path {
	for p := paths - 1; p > Portable; p-- {
		if p.Supported() {
			return p
		}
	}
	return Portable
}

// candidates writes to out, and returns, which of the n rows from first on may be
// nearer than the limit's distance, counted from first.
func (c *chunk) candidates(path Path, p *probe, first, n int, limit float32, out *[lastBlock]int32) []int32 {
	if path != Portable {
		return out[:c.native(path, p, first, n, limit, out)]
	}
	found := 0
	for k := range n {
		r := first + k
		product := dot(&c.bytes[r], &p.whole) - p.offset
		if !(c.scales[r]*(p.scale2*float32(product))-c.bases[r] <= limit) {
			out[found] = int32(k)
			found++
		}
	}
	return out[:found]
}

func dot(a *[face.Dim]byte, b *[face.Dim]int16) int32 {
	var s0, s1, s2, s3 int32
	for i := 0; i < face.Dim; i += 4 {
		s0 += int32(a[i]) * int32(b[i])
		s1 += int32(a[i+1]) * int32(b[i+1])
		s2 += int32(a[i+2]) * int32(b[i+2])
		s3 += int32(a[i+3]) * int32(b[i+3])
	}
	return s0 + s1 + s2 + s3
}
