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

func (k *asking) ask(p view.Page) {
	k.newest++
	page := k.newest
	k.running.Go(func() {
		a, err := k.host.Ask(k.ctx, p)
		select {
		case k.answers <- answered{page: page, Answer: a, err: err}:
		case <-k.ctx.Done():
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
