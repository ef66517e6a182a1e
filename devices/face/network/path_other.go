//go:build !amd64

package network

// #include "network.h"
import "C"

// Supported reports whether this processor can run the path.
func (p Path) Supported() bool { return p == Portable }

func (p Path) c() *C.ting_path { return &C.ting_path_portable }
