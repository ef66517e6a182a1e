package host

import (
	"context"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// A process may show this many pages at once, and one per pageEvery on average.
// Beyond that its calls wait, so that a flood costs the module its own time and
// the terminal next to nothing.
const (
	pageBurst = 30
	pageEvery = 50 * time.Millisecond
)

// paced is a session that slows down a module showing pages without end.
type paced struct {
	kiosk.Session
	mu   sync.Mutex
	next time.Time // when the page after the burst may be shown
}

func (s *paced) Show(ctx context.Context, p view.Page) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	return s.Session.Show(ctx, p)
}

func (s *paced) Ask(ctx context.Context, p view.Page) (view.Answer, error) {
	if err := s.wait(ctx); err != nil {
		return view.Answer{}, err
	}
	return s.Session.Ask(ctx, p)
}

func (s *paced) wait(ctx context.Context) error {
	s.mu.Lock()
	now := time.Now()
	if earliest := now.Add(-pageBurst * pageEvery); s.next.Before(earliest) {
		s.next = earliest
	}
	s.next = s.next.Add(pageEvery)
	pause := s.next.Sub(now)
	s.mu.Unlock()
	if pause <= 0 {
		return nil
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
