package search

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices/face"
)

// chunkRows is the number of shots in a chunk: 10.7 MB, of which the machine gives
// only what was written.
const chunkRows = 1 << 14

// chunk is a part of an index, in memory of its own.
type chunk struct {
	*rows
	mapped []byte
}

// rows are parallel arrays. Those read by every search come first.
type rows struct {
	bytes  [chunkRows][face.Dim]byte
	scales [chunkRows]float32
	bases  [chunkRows]float32
	owners [chunkRows]int32
	exact  [chunkRows]face.Descriptor
}

func newChunk() (*chunk, error) {
	b, err := unix.Mmap(-1, 0, int(unsafe.Sizeof(rows{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("no memory for %d more face templates: %w", chunkRows, err)
	}
	// Templates have no place in a core dump; huge pages are only faster.
	if err := unix.Madvise(b, unix.MADV_DONTDUMP); err != nil {
		_ = unix.Munmap(b)
		return nil, fmt.Errorf("keep face templates out of core dumps: %w", err)
	}
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE)
	lock(b)
	return &chunk{rows: (*rows)(unsafe.Pointer(&b[0])), mapped: b}, nil
}

// lock keeps memory out of the swap once it is written to. A system may allow a process
// less (RLIMIT_MEMLOCK; 8 MB where nobody raised it, and then a template may be swapped
// out): faces are still recognised there.
func lock(b []byte) {
	_, _, _ = unix.Syscall(unix.SYS_MLOCK2, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MLOCK_ONFAULT)
}

func (c *chunk) set(r int, owner int32, d *face.Descriptor) {
	c.scales[r], c.bases[r] = round(d, &c.bytes[r])
	c.owners[r] = owner
	c.exact[r] = *d
}

func (c *chunk) move(to int, from *chunk, r int) {
	c.bytes[to], c.scales[to], c.bases[to] = from.bytes[r], from.scales[r], from.bases[r]
	c.owners[to], c.exact[to] = from.owners[r], from.exact[r]
}

func (c *chunk) wipe(r int) {
	c.bytes[r], c.exact[r] = [face.Dim]byte{}, face.Descriptor{}
	c.scales[r], c.bases[r], c.owners[r] = 0, 0, 0
}

// free gives the memory back. The kernel clears it before anybody else gets it.
func (c *chunk) free() {
	c.rows = nil
	_ = unix.Munmap(c.mapped) // fails only for what was never mapped
}
