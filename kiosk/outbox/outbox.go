// Package outbox keeps what a module has to hand to a foreign system (a library's
// SIP2 server, a hospital's interface engine) until that system has taken it.
//
//	box, err := outbox.Open(filepath.Join(setup.Dir, "outbox"))
//	…
//	go box.Deliver(ctx, func(ctx context.Context, item []byte) error { return send(ctx, item) })
//	…
//	err = box.Put(message) // on the disk when it returns
//
// Guarantees: what Put took is delivered at least once, in the order of Put, also
// after a power cut; an item is delivered again when the power was cut between its
// delivery and the note of it, so that a receiver must know it by something it
// carries. One item that the receiver will never take (Refused) is laid aside and
// does not hold up the others.
//
// It is a way out, not a store: what happened is a record (kiosk.Session.Record).
// Only this process may have the file open. Its methods may be called by any
// goroutine, Deliver by one at a time.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/kiosk"
)

// Limits, in bytes.
const (
	MaxItem  = 1 << 20   // of one item
	MaxBytes = 256 << 20 // of all that wait
	// compactAt is the size from which a file whose items are half gone is written anew.
	compactAt = 1 << 20
)

// The pauses after a failed delivery double from the first to the longest.
const (
	firstPause   = time.Second
	longestPause = time.Minute
)

// Outbox is a queue in a file.
type Outbox struct {
	path string

	mu      sync.Mutex
	file    file
	size    int64 // of the file
	waiting [][]byte
	bytes   int64 // of waiting
	more    chan struct{}
	closed  bool
}

// file is what an outbox needs of an *os.File.
type file interface {
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Open opens the outbox in the file named, which is made when it is not there. A
// file that ends in the middle of an item, as a power cut leaves it, is mended; one
// that is damaged elsewhere is kept beside as PATH.damaged and begun anew with all
// that could be read.
func Open(path string) (*Outbox, error) {
	const op = "open the outbox"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &kiosk.Error{Code: kiosk.CodeUnavailable, Op: op, Cause: err, Hint: "the module must be able to write to its directory"}
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, &kiosk.Error{Code: kiosk.CodeUnavailable, Op: op, Cause: err, Hint: "another process has this outbox open; end it"}
	}
	o := &Outbox{path: path, file: f, more: make(chan struct{}, 1)}
	if err := o.load(f); err != nil {
		f.Close()
		return nil, &kiosk.Error{Code: kiosk.CodeUnavailable, Op: op, Cause: err}
	}
	return o, nil
}

func (o *Outbox) load(f *os.File) error {
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	var sound int
	var damaged bool
	o.waiting, sound, damaged = decode(b)
	for _, item := range o.waiting {
		o.bytes += int64(len(item))
	}
	o.size = int64(sound)
	if damaged {
		slog.Error("an outbox is damaged", "op", "open the outbox", "file", o.path, "read", len(o.waiting), "bytes_lost", len(b)-sound,
			"hint", "what stands in the file of the same name with .damaged may have to be sent by hand")
		if err := os.WriteFile(o.path+".damaged", b, 0o600); err != nil {
			return err
		}
	}
	if sound == len(b) {
		return nil
	}
	if err := f.Truncate(o.size); err != nil {
		return err
	}
	return f.Sync()
}

// Put adds an item at the end; it is on the disk when Put returns. It fails with
// CodeDiskFull when there is no room; nothing is then stored.
func (o *Outbox) Put(item []byte) error {
	const op = "put into the outbox"
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.closed:
		return &kiosk.Error{Code: kiosk.CodeShutdown, Op: op}
	case len(item) > MaxItem:
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: op, Cause: fmt.Errorf("%d bytes, at most %d", len(item), MaxItem)}
	case o.bytes+int64(len(item)) > MaxBytes:
		return &kiosk.Error{Code: kiosk.CodeDiskFull, Op: op, Cause: fmt.Errorf("%d items wait", len(o.waiting)),
			Hint: "the receiver has been away for very long; bring it back"}
	}
	if err := o.append(encode(kindItem, item)); err != nil {
		return &kiosk.Error{Code: kiosk.CodeDiskFull, Op: op, Cause: err, Hint: "make room on the terminal's disk"}
	}
	o.waiting = append(o.waiting, slices.Clone(item))
	o.bytes += int64(len(item))
	select {
	case o.more <- struct{}{}:
	default: // one signal is waiting already
	}
	return nil
}

// append writes a frame, or leaves the file as it was.
func (o *Outbox) append(frame []byte) error {
	_, err := o.file.WriteAt(frame, o.size)
	if err == nil {
		err = o.file.Sync()
	}
	if err != nil {
		return errors.Join(err, o.file.Truncate(o.size))
	}
	o.size += int64(len(frame))
	return nil
}

// Waiting are the items that are still to be delivered, the oldest first.
func (o *Outbox) Waiting() [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([][]byte, len(o.waiting))
	for i, item := range o.waiting {
		all[i] = slices.Clone(item)
	}
	return all
}

// Len is how many items wait.
func (o *Outbox) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.waiting)
}

// refused marks an item that the receiver will never take.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// Refused marks an error of a delivery that will be the same however often it is
// tried: the item is laid aside, in PATH.refused, and the next one has its turn.
func Refused(err error) error { return refused{err} }

// Deliver hands the items to send, one after the other, until ctx ends, and
// returns ctx's error; CodeShutdown when the outbox was closed. An item that could
// not be sent is tried again after a pause, and no other before it.
func (o *Outbox) Deliver(ctx context.Context, send func(context.Context, []byte) error) error {
	pause := firstPause
	for {
		item, err := o.next(ctx)
		if err != nil {
			return err
		}
		err = send(ctx, item)
		if r := (refused{}); errors.As(err, &r) {
			slog.Error("the receiver refuses an item", "op", "deliver from the outbox", "file", o.path, "cause", r.error,
				"hint", "it is kept in the file of the same name with .refused")
			err = o.layAside(item)
		}
		if err == nil {
			err = o.done()
		}
		if err == nil {
			pause = firstPause
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		slog.Warn("an item waits in the outbox", "op", "deliver from the outbox", "file", o.path, "waiting", o.Len(), "again_in", pause, "cause", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// next waits for the oldest item.
func (o *Outbox) next(ctx context.Context) ([]byte, error) {
	for {
		o.mu.Lock()
		closed := o.closed
		var item []byte
		if len(o.waiting) > 0 {
			item = slices.Clone(o.waiting[0])
		}
		o.mu.Unlock()
		switch {
		case closed:
			return nil, &kiosk.Error{Code: kiosk.CodeShutdown, Op: "deliver from the outbox"}
		case item != nil:
			return item, ctx.Err()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-o.more:
		}
	}
}

// done notes that the oldest item was delivered.
func (o *Outbox) done() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return &kiosk.Error{Code: kiosk.CodeShutdown, Op: "deliver from the outbox"}
	}
	var err error
	if len(o.waiting) == 1 {
		err = errors.Join(o.file.Truncate(0), o.file.Sync())
		o.size = 0
	} else {
		err = o.append(encode(kindDone, nil))
	}
	if err != nil {
		return err
	}
	o.bytes -= int64(len(o.waiting[0]))
	o.waiting = slices.Delete(o.waiting, 0, 1)
	if o.size > compactAt && o.bytes < o.size/2 {
		return o.compact()
	}
	return nil
}

// compact writes the file anew, with what still waits.
func (o *Outbox) compact() error {
	var b []byte
	for _, item := range o.waiting {
		b = append(b, encode(kindItem, item)...)
	}
	f, err := os.OpenFile(o.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		_, err = f.Write(b)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(o.path+".new", o.path)
	}
	if err != nil {
		f.Close()
		return err
	}
	old := o.file
	o.file, o.size = f, int64(len(b))
	return errors.Join(old.Close(), syncDir(o.path))
}

// layAside keeps an item that the receiver will not take.
func (o *Outbox) layAside(item []byte) error {
	f, err := os.OpenFile(o.path+".refused", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(encode(kindItem, item))
	return errors.Join(err, f.Sync(), f.Close())
}

// Close closes the file; what waits is delivered after the next Open.
func (o *Outbox) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil
	}
	o.closed = true
	close(o.more)
	return o.file.Close()
}
