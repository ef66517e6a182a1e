package console

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center"
)

// How the console is live: a page holds regions, each with the topics that change
// it. The stream tells which topics changed, never what; the page then asks for
// itself again and puts the regions in their place. So there is one way of drawing
// a page, what a stream carries is no secret, and whatever a browser missed while
// it was away is made up by asking once.

const (
	liveGather  = 300 * time.Millisecond // news within it is told together
	livePulse   = 15 * time.Second       // shows a dead connection to both ends
	liveStreams = 256
)

// hub listens to the center once, for all streams of this process.
type hub struct {
	mu      sync.Mutex
	origin  string // of this process: marks of another one say nothing here
	told    int64
	streams map[*stream]struct{}
	done    chan struct{}
	ended   <-chan struct{}
}

// stream is one browser's. What it was not told yet adds up; a slow one holds up
// nobody and misses nothing.
type stream struct {
	news  chan struct{}
	topic map[string]bool
}

func (h *hub) start(ctx context.Context, events *center.Events) {
	h.origin, h.streams, h.done, h.ended = secret()[:8], map[*stream]struct{}{}, make(chan struct{}), ctx.Done()
	incoming, stop := events.Listen()
	go func() {
		defer close(h.done)
		defer stop()
		gathered := map[string]bool{}
		var moment <-chan time.Time
		for {
			select {
			case e := <-incoming:
				for _, t := range topics(e) {
					gathered[t] = true
				}
				if moment == nil {
					moment = time.After(liveGather)
				}
			case <-moment:
				h.tell(gathered)
				gathered, moment = map[string]bool{}, nil
			case <-ctx.Done():
				return
			}
		}
	}()
}

func (h *hub) wait() { <-h.done }

// topics are what of the console an event changes.
func topics(e center.Event) (list []string) {
	if e.Terminal != "" {
		list = append(list, "terminals", "terminal/"+e.Terminal)
	}
	if e.Line != nil {
		list = append(list, "lines")
	}
	if e.Board != "" {
		list = append(list, "boards", "letters")
	}
	if e.Enrolled || e.Alarm {
		list = append(list, "enrolments", "forks", "audit")
	}
	return append(list, e.Changed...)
}

func (h *hub) tell(topics map[string]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told++
	for s := range h.streams {
		maps.Copy(s.topic, topics)
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
}

// mark names the news told so far.
func (h *hub) mark() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at()
}

func (h *hub) at() string { return fmt.Sprintf("%s.%d", h.origin, h.told) }

// join begins a stream for a browser that knows the news up to a mark, nil when
// there are too many.
func (h *hub) join(known string) *stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams) >= liveStreams {
		return nil
	}
	s := &stream{news: make(chan struct{}, 1), topic: map[string]bool{}}
	if known != h.at() {
		s.topic["all"] = true
		s.news <- struct{}{}
	}
	h.streams[s] = struct{}{}
	return s
}

func (h *hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.streams, s)
}

// take is what a stream was not told yet, and the mark that it then knows.
func (h *hub) take(s *stream) (topics []string, mark string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	topics = slices.Sorted(maps.Keys(s.topic))
	clear(s.topic)
	return topics, h.at()
}

// live streams the names of what changed as server-sent events, until the session
// ends: then it says so and ends too.
func (c *Console) live(w http.ResponseWriter, v visit) error {
	known := v.Header.Get("Last-Event-ID")
	if known == "" {
		known = v.FormValue("after")
	}
	s := c.hub.join(known)
	if s == nil {
		w.Header().Set("Retry-After", "30")
		return &problem{http.StatusServiceUnavailable, view.T("打开的实时页面过多。", "Too many live pages are open.")}
	}
	defer c.hub.leave(s)
	control := http.NewResponseController(w)
	send := func(event string) error {
		if err := control.SetWriteDeadline(time.Now().Add(30 * time.Second)); err != nil {
			return err
		}
		fmt.Fprint(w, event)
		return control.Flush()
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy in front must not gather it
	if err := send("retry: 3000\n:\n\n"); err != nil {
		return nil
	}
	pulse := time.NewTicker(livePulse)
	defer pulse.Stop()
	for {
		event := ":\n\n"
		select {
		case <-s.news:
			topics, mark := c.hub.take(s)
			// A terminal's ID holds no line end: it could not have enrolled.
			event = fmt.Sprintf("id: %s\nevent: changed\ndata: %s\n\n", mark, strings.Join(topics, " "))
		case <-pulse.C:
		case <-v.Context().Done():
			return nil
		case <-c.hub.ended:
			return nil
		}
		if !c.stillSignedIn(v.Context(), v) {
			_ = send("event: signedout\ndata: -\n\n") // it is gone either way
			return nil
		}
		if send(event) != nil {
			return nil
		}
	}
}
