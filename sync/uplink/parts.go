package uplink

import (
	"slices"
	"time"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// partsAgain is how soon parts go up again that have not changed.
const partsAgain = 10 * time.Minute

// parts remembers which parts of the terminal the center knows, so that they need
// not go up with every batch.
type parts struct {
	going       []wire.Part // with the exchange under way; nil for none
	known       []wire.Part
	at          time.Time
	incarnation string
}

// fresh is what the next batch of a lane says of the parts. One lane speaks of them.
func (p *parts) fresh(l record.Lane, now []wire.Part) []wire.Part {
	p.going = nil
	if l == record.Ordinary && (!slices.Equal(now, p.known) || time.Since(p.at) >= partsAgain) {
		p.going = now
	}
	return p.going
}

// heard notes a verified answer. A center that is another, or an older one of itself,
// may not have been told.
func (p *parts) heard(a answer) {
	switch {
	case p.going != nil && (a.ack.Code == wire.OK || a.ack.Code == wire.Gap):
		p.known, p.at, p.incarnation = p.going, time.Now(), a.ack.Incarnation
	case a.ack.Incarnation != p.incarnation:
		p.known = nil
	}
}
