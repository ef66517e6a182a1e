package network

// #include "network.h"
import "C"

// Path is one compilation of the forward pass, for one instruction set.
type Path int

// The paths, the most portable first.
const (
	Portable Path = iota // four lanes: SSE2, NEON
	AVX2                 // eight lanes, fused multiply-add
	AVX512               // sixteen lanes, twice the registers
	paths
)

// String names the path.
func (p Path) String() string {
	switch p {
	case Portable:
		return "portable"
	case AVX2:
		return "avx2"
	case AVX512:
		return "avx512"
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
