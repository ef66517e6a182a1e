package journal

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// The errors a caller may tell apart with errors.Is.
var (
	// ErrDiskFull says that nothing was stored, and everything else goes on.
	ErrDiskFull = errors.New("no room on the disk: free some, or make the disk larger")
	// ErrDurability says that the disk failed to keep what it was given. Nothing works
	// until the journal is opened anew.
	ErrDurability = errors.New("the disk did not keep what was written: restart the terminal, and replace the disk if this comes again")
	// ErrInUse says that another process owns the file.
	ErrInUse = errors.New("the journal is in use by another process")
	// ErrClosed says that the journal was closed.
	ErrClosed = errors.New("the journal is closed")
	// ErrCorrupt says that what was read does not continue the chain.
	ErrCorrupt = errors.New("the journal is damaged: restart the terminal to salvage it")
	// ErrRolledBack says that the center has more, or others, of this chain than the
	// journal has: this file was put back from a backup or cloned.
	ErrRolledBack = errors.New("the center knows records of this chain that the journal does not")
	// ErrCenterLost says that the center's cursor is before records that it declared
	// safe and that are therefore no longer here.
	ErrCenterLost = errors.New("the center has lost records that it had declared safe")
	// ErrOtherTerminal says that the file belongs to another terminal ID.
	ErrOtherTerminal = errors.New("the journal belongs to another terminal")
)

// classify turns a storage error into one of ours. Errors that are not about
// storage (a caller's own, a constraint) come back as they are.
func classify(err error) error {
	var se sqlite3.Error
	if err == nil || !errors.As(err, &se) {
		return err
	}
	switch {
	case se.Code == sqlite3.ErrFull:
		return fmt.Errorf("%w (%w)", ErrDiskFull, err)
	case se.Code == sqlite3.ErrCorrupt, se.Code == sqlite3.ErrNotADB:
		return fmt.Errorf("%w (%w)", ErrCorrupt, err)
	case se.Code != sqlite3.ErrIoErr:
		return err
	}
	switch se.ExtendedCode {
	case sqlite3.ErrIoErrFsync, sqlite3.ErrIoErrDirFsync:
		// Whatever the reason, even a lack of room: after a failed fsync nobody
		// knows what is on the disk.
	default:
		switch se.SystemErrno {
		case syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG:
			return fmt.Errorf("%w (%w)", ErrDiskFull, err)
		}
	}
	return fmt.Errorf("%w (%w)", ErrDurability, err)
}

// isStorage reports whether err says something about the file rather than
// about one caller's wish.
func isStorage(err error) bool {
	var se sqlite3.Error
	if !errors.As(err, &se) {
		return false
	}
	switch se.Code {
	case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrCorrupt, sqlite3.ErrNotADB, sqlite3.ErrNomem,
		sqlite3.ErrReadonly, sqlite3.ErrCantOpen:
		return true
	}
	return false
}
