package main

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/sync/wire"
)

// began remembers since when each part of the terminal is as it is.
type began struct {
	mu    sync.Mutex
	parts map[[2]string]wire.Part
}

// since says when a part came into the state it is in: now, unless it was in it before.
func (b *began) since(p wire.Part, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := [2]string{p.Kind, p.Name}
	if old, known := b.parts[key]; known && old.State == p.State && old.Reason == p.Reason {
		return old.Since
	}
	if b.parts == nil {
		b.parts = map[[2]string]wire.Part{}
	}
	p.Since = now
	b.parts[key] = p
	return now
}

// The states of a feed.
const (
	stateStale = "stale"
	stateFresh = "fresh"
)

// parts is how each module, device and feed of the terminal is, for the center.
func (t *terminal) parts() []wire.Part {
	now := time.Now()
	var list []wire.Part
	add := func(p wire.Part) {
		if p.Since.IsZero() {
			p.Since = t.began.since(p, now)
		}
		list = append(list, p)
	}
	for _, m := range t.host.Status() {
		p := wire.Part{Kind: wire.PartModule, Name: m.ID, State: string(m.State), Well: m.State == host.Running}
		if !p.Well {
			p.Reason = m.Reason
		}
		add(p)
	}
	device := func(name string, h devices.Health) {
		add(wire.Part{Kind: wire.PartDevice, Name: name, State: string(h.State), Well: h.OK(), Reason: h.Reason, Since: h.Since})
	}
	wrong := map[string]string{}
	for _, tr := range t.troubles() {
		wrong[tr.key] = tr.log
	}
	told := func(name string) { // of which only troubles are known
		h := devices.Health{State: devices.Ready, Reason: wrong[name]}
		if h.Reason != "" {
			h.State = devices.Faulty
		}
		device(name, h)
	}
	if t.finder != nil {
		told("camera")
	}
	if t.engine != nil {
		told("face-engine")
	}
	if t.speech != nil && t.config.Speaker.URL != "" {
		told("speaker")
	}
	for _, lane := range sortedKeys(t.barriers.lanes) {
		device("barrier-"+lane, t.barriers.lanes[lane].Health())
	}
	for _, a := range t.peripherals.attached() {
		device(a.key, a.health())
	}
	if t.fresh != nil {
		stale := t.fresh.names()
		for _, name := range sortedKeys(t.fresh.limits) {
			p := wire.Part{Kind: wire.PartFeed, Name: name, State: stateFresh, Well: true, Limit: wire.Seconds(t.fresh.limits[name] / time.Second)}
			if slices.Contains(stale, name) {
				p.State, p.Well = stateStale, false
			}
			add(p)
		}
	}
	slices.SortStableFunc(list, func(a, b wire.Part) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return list
}
