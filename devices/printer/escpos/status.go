package escpos

import (
	"errors"
	"fmt"

	"github.com/luohu/ting/devices/printer"
)

// Status is what a printer answers to DLE EOT 1 to 4, a byte each.
type Status struct {
	Offline   bool
	CoverOpen bool
	PaperOut  bool
	PaperLow  bool
	Jammed    bool // the cutter, or an error that needs a restart
	Hot       bool // the head; it goes on by itself when it has cooled
}

// The requests, in the order in which ParseStatus takes the answers.
const (
	askPrinter = 1
	askOffline = 2
	askError   = 3
	askPaper   = 4
)

// ErrStatus is wrapped by the error about bytes that are no status.
var ErrStatus = errors.New("not a printer's status")

// ParseStatus reads the answers to the four requests. Each has fixed bits, so
// that another device at the other end, or noise, is not taken for a printer.
func ParseStatus(b [4]byte) (Status, error) {
	for i, v := range b {
		if v&0x93 != 0x12 {
			return Status{}, fmt.Errorf("%w: answer %d is %#02x (is it an ESC/POS printer, and is the baud rate right?)", ErrStatus, i+1, v)
		}
	}
	return Status{
		Offline:   b[0]&0x08 != 0,
		CoverOpen: b[1]&0x04 != 0,
		PaperOut:  b[3]&0x60 != 0,
		PaperLow:  b[3]&0x0c != 0,
		Jammed:    b[2]&0x28 != 0,
		Hot:       b[2]&0x40 != 0,
	}, nil
}

// Bytes are the four answers of a printer in that state.
func (s Status) Bytes() [4]byte {
	set := func(v byte, on bool) byte {
		if on {
			return v
		}
		return 0
	}
	return [4]byte{
		0x12 | set(0x08, s.Offline || s.CoverOpen || s.PaperOut || s.Jammed),
		0x12 | set(0x04, s.CoverOpen) | set(0x20, s.PaperOut) | set(0x40, s.Jammed || s.Hot),
		0x12 | set(0x08, s.Jammed) | set(0x40, s.Hot),
		0x12 | set(0x60, s.PaperOut) | set(0x0c, s.PaperLow || s.PaperOut),
	}
}

// Err is why it cannot print now, or nil.
func (s Status) Err() error {
	switch {
	case s.CoverOpen:
		return printer.ErrCoverOpen
	case s.PaperOut:
		return printer.ErrNoPaper
	case s.Jammed:
		return fmt.Errorf("%w: cutter or mechanism", printer.ErrFault)
	case s.Hot:
		return fmt.Errorf("%w: the head is too hot, it goes on by itself", printer.ErrFault)
	case s.Offline:
		return fmt.Errorf("%w: it is switched offline", printer.ErrFault)
	}
	return nil
}

// hint is what to do about Err.
func (s Status) hint() string {
	switch {
	case s.CoverOpen:
		return "close the cover"
	case s.PaperOut:
		return "put in a new roll"
	case s.Jammed:
		return "free the cutter and switch the printer off and on"
	case s.Hot:
		return "wait"
	}
	return "press the printer's feed or online key"
}
