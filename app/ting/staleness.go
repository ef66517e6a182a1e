package main

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/feed"
)

// freshness watches how old what came down from the center is.
type freshness struct {
	cache  *feed.Cache
	limits feed.Limits
	began  time.Time
	stale  atomic.Pointer[[]string] // nil before the first look
}

// freshEvery is how often it is looked: limits are hours.
const freshEvery = 15 * time.Second

func (f *freshness) look(ctx context.Context) error {
	stale, err := f.cache.Stale(ctx, f.limits, f.began)
	if err == nil {
		f.stale.Store(&stale)
	}
	return err
}

func (f *freshness) run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(freshEvery)
	defer tick.Stop()
	for {
		if err := f.look(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (f *freshness) names() []string {
	if f == nil || f.stale.Load() == nil {
		return nil
	}
	return *f.stale.Load()
}

// withdrawals reports that nobody may be let in by face any more.
func (f *freshness) withdrawals() bool { return slices.Contains(f.names(), kiosk.FeedRevocations) }

// troubles are what people see of it.
func (f *freshness) troubles() (list []trouble) {
	for _, name := range f.names() {
		said := view.T("资料过旧("+name+"),请检查网络", "out of date ("+name+"): check the network")
		if name == kiosk.FeedRevocations {
			said = view.T("撤回信息过旧,暂停刷脸,请用卡、码或找工作人员", "withdrawals are out of date: faces are not used; card, code or staff")
		}
		list = append(list, trouble{"feed-" + name, view.T("中心资料", "Center's data"), said, "older than its limit"})
	}
	return list
}
