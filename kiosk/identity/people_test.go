package identity

import (
	"context"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
)

// listening is feeds that tell when they are being listed.
type listening struct {
	*feeds
	listed func()
}

func (l listening) List(ctx context.Context, r kiosk.ListRequest) ([]kiosk.Row, error) {
	rows, err := l.feeds.List(ctx, r)
	if r.After == "" {
		l.listed()
	}
	return rows, err
}

// TestCardThatComesWhileTheIndexIsRead: the feed changes between reading the rows
// and keeping the index made of them.
func TestCardThatComesWhileTheIndexIsRead(t *testing.T) {
	f := listening{feeds: &feeds{}, listed: func() {}}
	p := newPeople(f, time.Now)
	f.set(kiosk.FeedPeople, "1", kiosk.PersonRow{ID: "1", Cards: []string{"0001"}})
	change := true
	f.listed = func() {
		if change {
			change = false
			f.set(kiosk.FeedPeople, "1", kiosk.PersonRow{ID: "1", Cards: []string{"0001", "0002"}})
			p.changed()
		}
	}
	p.feeds = f
	if row, err := p.card(t.Context(), "0001"); err != nil || row.ID != "1" {
		t.Fatalf("the old card: %+v, %v", row, err)
	}
	if row, err := p.card(t.Context(), "0002"); err != nil || row.ID != "1" {
		t.Errorf("the new card: %+v, %v", row, err)
	}
}
