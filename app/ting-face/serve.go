package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/protocol"
	"github.com/luohu/ting/devices/face/tracker"
)

// maxCameras bounds the cameras whose faces are followed; the one unused longest makes room.
const maxCameras = 16

// server answers requests. Each worker holds the scratch memory of one analysis;
// one camera's frames are analysed one after the other.
type server struct {
	conn    *protocol.Conn
	memory  *protocol.Memory
	workers chan *analyst
	lastID  atomic.Uint64 // of a track

	mu      sync.Mutex
	cameras map[string]*scene
}

// scene is what one camera sees.
type scene struct {
	mu      sync.Mutex
	tracker *tracker.Tracker
	used    time.Time // guarded by the server's mutex
}

func newServer(conn *protocol.Conn, memory *protocol.Memory, m *loaded) (*server, error) {
	s := &server{conn: conn, memory: memory, cameras: map[string]*scene{}}
	// A track's number is never used twice, also not after a restart.
	s.lastID.Store(uint64(time.Now().UnixNano()))
	n := min(protocol.Slots, max(1, runtime.GOMAXPROCS(0)))
	s.workers = make(chan *analyst, n)
	for range n {
		a, err := newAnalyst(m)
		if err != nil {
			return nil, err
		}
		s.workers <- a
	}
	return s, nil
}

// serve answers until the socket ends, and returns why it did.
func (s *server) serve() error {
	for {
		message, err := s.conn.Receive()
		if err != nil {
			return err
		}
		if message.Kind != protocol.KindRequest {
			return fmt.Errorf("a message of kind %d makes no sense here; install ting and ting-face from the same build", message.Kind)
		}
		// The terminal has no more requests under way than slots, so neither goroutines.
		id := message.ID
		r, err := protocol.ParseRequest(message.Body)
		if err != nil {
			if err := s.fail(id, err); err != nil {
				return err
			}
			continue
		}
		go s.answer(id, r)
	}
}

func (s *server) fail(id uint64, why error) error {
	return s.conn.Send(protocol.Message{Kind: protocol.KindFailure, ID: id, Body: protocol.Text(why.Error()).Append(nil)})
}

// answer analyses one picture. A failed Send needs no care: the terminal is gone,
// and the reader of the socket sees that.
func (s *server) answer(id uint64, r protocol.Request) {
	faces, err := s.analyze(r)
	if err != nil {
		_ = s.fail(id, err)
		return
	}
	body := protocol.AppendFaces(nil, faces)
	_ = s.conn.Send(protocol.Message{Kind: protocol.KindFaces, ID: id, Body: body})
	clear(body)
}

func (s *server) analyze(r protocol.Request) ([]face.Face, error) {
	scene := s.scene(r.Camera)
	scene.mu.Lock()
	defer scene.mu.Unlock()
	worker := <-s.workers
	defer func() { s.workers <- worker }()
	pixels := s.memory.Slot(r.Slot, 3*r.W*r.H)
	return worker.analyze(time.Now(), scene.tracker, pixels, r)
}

// scene finds a camera's scene. Pictures without a camera have nothing to do with
// each other: each is a scene of its own.
func (s *server) scene(camera string) *scene {
	now := time.Now()
	if camera == "" {
		return &scene{tracker: s.newTracker()}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sc := s.cameras[camera]
	if sc == nil {
		if len(s.cameras) >= maxCameras {
			s.forgetOldest()
		}
		sc = &scene{tracker: s.newTracker()}
		s.cameras[camera] = sc
	}
	sc.used = now
	return sc
}

func (s *server) newTracker() *tracker.Tracker {
	return tracker.New(func() uint64 { return s.lastID.Add(1) })
}

func (s *server) forgetOldest() {
	var oldest string
	for name, sc := range s.cameras {
		if oldest == "" || sc.used.Before(s.cameras[oldest].used) {
			oldest = name
		}
	}
	delete(s.cameras, oldest)
}
