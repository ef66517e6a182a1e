package camera

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// Hub shares one camera among several readers, each of which is a Camera
// itself. Every reader gets the newest frame; one that is slow misses frames
// and never holds up the camera or another reader.
//
// While the camera is away each waiting reader gets the camera's error, and
// frames again when it is back: nobody has to do anything. The camera is not
// read while the hub is paused or has no reader, so an idle terminal renders and
// decodes nothing; Pause leaves readers waiting.
//
// A Hub runs one goroutine, which Close ends. All methods are safe for several goroutines.
type Hub struct {
	cam  Camera
	stop context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	frame   *Frame        // the newest, nil before the first and while err is set
	err     error         // why there is none now
	version uint64        // rises with every change of frame and err
	news    chan struct{} // closed and replaced at every change
	readers int
	paused  bool
	closed  bool
	wanted  chan struct{}      // capacity 1: wakes run after a change of readers or paused
	idle    context.CancelFunc // ends a read that is no longer wanted
}

// errorPause is the least time between two reads that fail, so that a driver
// that fails at once is not asked in a tight loop.
const errorPause = 250 * time.Millisecond

// NewHub starts to share cam, which then belongs to the hub.
func NewHub(cam Camera) *Hub {
	ctx, stop := context.WithCancel(context.Background())
	h := &Hub{cam: cam, stop: stop, done: make(chan struct{}), news: make(chan struct{}), wanted: make(chan struct{}, 1)}
	go h.run(ctx)
	return h
}

// Name is the camera's.
func (h *Hub) Name() string { return h.cam.Name() }

// Pause stops reading the camera until Resume. Readers wait meanwhile.
func (h *Hub) Pause() { h.change(func() { h.paused = true }) }

// Resume reads the camera again.
func (h *Hub) Resume() { h.change(func() { h.paused = false }) }

// Paused reports whether Pause was called last.
func (h *Hub) Paused() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.paused
}

// Reader adds a reader. Its first frame is one taken after this call.
func (h *Hub) Reader() *Reader {
	r := &Reader{hub: h, closed: make(chan struct{})}
	h.change(func() {
		h.readers++
		r.seen = h.version
	})
	return r
}

// Close ends every reader's Next with os.ErrClosed and closes the camera.
func (h *Hub) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		<-h.done
		return nil
	}
	h.closed = true
	h.mu.Unlock()
	h.stop()
	<-h.done
	h.publish(nil, os.ErrClosed)
	return h.cam.Close()
}

// change applies f and has run look at the outcome.
func (h *Hub) change(f func()) {
	h.mu.Lock()
	f()
	if h.idle != nil && !h.active() {
		h.idle()
	}
	h.mu.Unlock()
	select {
	case h.wanted <- struct{}{}:
	default:
	}
}

// active reports whether the camera is to be read. h.mu is held.
func (h *Hub) active() bool { return h.readers > 0 && !h.paused }

func (h *Hub) run(ctx context.Context) {
	defer close(h.done)
	for ctx.Err() == nil {
		f, asked, err := h.read(ctx)
		switch {
		case !asked:
			select {
			case <-h.wanted:
			case <-ctx.Done():
			}
		case err == nil:
			h.publish(f, nil)
		case errors.Is(err, context.Canceled):
			// Paused, or closing: no news for a reader.
		default:
			h.publish(nil, err)
			select {
			case <-time.After(errorPause):
			case <-ctx.Done():
			}
		}
	}
}

// read reads one frame. asked is false when the camera is not to be read now.
func (h *Hub) read(ctx context.Context) (f *Frame, asked bool, err error) {
	h.mu.Lock()
	if !h.active() {
		h.mu.Unlock()
		return nil, false, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	h.idle = cancel
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.idle = nil
		h.mu.Unlock()
		cancel()
	}()
	f, err = h.cam.Next(ctx)
	return f, true, err
}

func (h *Hub) publish(f *Frame, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.frame, h.err = f, err
	h.version++
	close(h.news)
	h.news = make(chan struct{})
}

// Reader is one reader of a Hub. It is a Camera: Next is for one goroutine.
type Reader struct {
	hub    *Hub
	seen   uint64
	once   sync.Once
	closed chan struct{}
}

var _ Camera = (*Reader)(nil)

// Next waits for a frame newer than the last one, or for news that the camera is away.
func (r *Reader) Next(ctx context.Context) (*Frame, error) {
	h := r.hub
	for {
		h.mu.Lock()
		f, err, version, news, closed := h.frame, h.err, h.version, h.news, h.closed
		h.mu.Unlock()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		select {
		case <-r.closed:
			return nil, os.ErrClosed
		default:
		}
		if version != r.seen {
			r.seen = version
			return f, err
		}
		if closed {
			return nil, os.ErrClosed
		}
		select {
		case <-news:
		case <-r.closed:
		case <-ctx.Done():
		}
	}
}

// MeterFace implements Metered.
func (r *Reader) MeterFace(mean uint8) {
	if m, ok := r.hub.cam.(Metered); ok {
		m.MeterFace(mean)
	}
}

// Name is the camera's.
func (r *Reader) Name() string { return r.hub.cam.Name() }

// Close ends a waiting Next and takes the reader off the hub. The camera and
// the other readers go on.
func (r *Reader) Close() error {
	r.once.Do(func() {
		close(r.closed)
		r.hub.change(func() { r.hub.readers-- })
	})
	return nil
}
