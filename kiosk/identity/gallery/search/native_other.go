//go:build !amd64 || !cgo

package search

// Supported reports whether this processor can run the path.
func (p Path) Supported() bool { return p == Portable }

// native is never reached: no path but Portable is supported.
func (c *chunk) native(Path, *probe, int, int, float32, *[lastBlock]int32) int {
	panic("search: a path that is not supported")
}
