package protocol

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// The shared memory: Slots pictures of at most SlotSize bytes. It takes only as
// much of the machine's memory as pictures were written to it.
const (
	Slots    = 4
	SlotSize = MaxSide * MaxSide * 3
)

const memorySize = Slots * SlotSize

// Memory is the shared memory, mapped.
type Memory struct{ mapped []byte }

// CreateMemory makes shared memory, mapped for writing, and the file to hand to
// the process. The caller closes both.
func CreateMemory() (*Memory, *os.File, error) {
	fd, err := unix.MemfdCreate("ting-face-frames", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, fmt.Errorf("make shared memory for pictures: %w", err)
	}
	f := os.NewFile(uintptr(fd), "ting-face-frames")
	if err := f.Truncate(memorySize); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("size shared memory for pictures: %w", err)
	}
	// Nobody can make it smaller: a mapping never faults.
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("seal shared memory for pictures: %w", err)
	}
	m, err := mapMemory(f, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return m, f, nil
}

// OpenMemory maps, for reading, the shared memory that the process inherited.
func OpenMemory(f *os.File) (*Memory, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("shared memory for pictures: %w", err)
	}
	if info.Size() != memorySize {
		return nil, fmt.Errorf("shared memory for pictures has %d bytes, it must have %d", info.Size(), memorySize)
	}
	return mapMemory(f, unix.PROT_READ)
}

func mapMemory(f *os.File, protection int) (*Memory, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, memorySize, protection, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map shared memory for pictures: %w", err)
	}
	// Pictures of people have no place in a crash dump.
	if err := unix.Madvise(b, unix.MADV_DONTDUMP); err != nil {
		return nil, errors.Join(fmt.Errorf("keep pictures out of crash dumps: %w", err), unix.Munmap(b))
	}
	return &Memory{mapped: b}, nil
}

// Slot returns the first n bytes of a slot.
func (m *Memory) Slot(i, n int) []byte { return m.mapped[i*SlotSize:][:n:n] }

// Close unmaps the memory: no slot may be touched afterwards.
func (m *Memory) Close() error {
	b := m.mapped
	m.mapped = nil
	return unix.Munmap(b)
}
