package network

// #include "network.h"
import "C"

// Operations is how many floating-point operations a descriptor takes: two for each
// weight of a convolution and place that it is applied to.
const Operations = 553_400_000

// Peak does rounds of multiplying and adding as fast as the path can, from registers
// alone, and returns how many floating-point operations those were. A benchmark that
// times it knows what no forward pass can undercut.
func (p Path) Peak(rounds int) (operations int64) {
	C.ting_peak(p.c(), C.int(rounds))
	return int64(rounds) * int64(p.c().flops)
}
