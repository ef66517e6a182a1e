package identity

import (
	"context"
	"sync"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// asking shows pages without waiting for their answers: the camera and the card
// reader are listened to meanwhile. It belongs to one goroutine.
type asking struct {
	host    host.Asker
	ctx     context.Context
	cancel  context.CancelFunc
	answers chan answered
	newest  uint64
	last    chan struct{}      // closed when the newest Ask has returned; nil before the first
	stop    context.CancelFunc // gives it up
	running sync.WaitGroup
}

type answered struct {
	page uint64
	view.Answer
	err error
}

// newAsking begins; end has to be called.
func newAsking(ctx context.Context, a host.Asker) *asking {
	ctx, cancel := context.WithCancel(ctx)
	return &asking{host: a, ctx: ctx, cancel: cancel, answers: make(chan answered)}
}

// stillHere says that the visitor stands before the camera, to whoever asks for it.
func (k *asking) stillHere() {
	if p, ok := k.host.(host.Presence); ok {
		p.StillHere()
	}
}

// ask shows p. The page before is given up first: two calls under way at once
// could reach the screen in either order.
func (k *asking) ask(p view.Page) {
	if k.stop != nil {
		k.stop()
	}
	ctx, cancel := context.WithCancel(k.ctx)
	before, done := k.last, make(chan struct{})
	k.last, k.stop = done, cancel
	k.newest++
	page := k.newest
	k.running.Go(func() {
		defer close(done)
		defer cancel()
		if before != nil {
			<-before
		}
		a, err := k.host.Ask(ctx, p)
		select {
		case k.answers <- answered{page: page, Answer: a, err: err}:
		case <-ctx.Done():
		}
	})
}

// stale reports whether an answer is of a page that is gone.
func (k *asking) stale(a answered) bool {
	return a.page != k.newest || kiosk.CodeOf(a.err) == kiosk.CodeSuperseded && k.ctx.Err() == nil
}

func (k *asking) end() {
	k.cancel()
	k.running.Wait()
}
