package gallery

import (
	"fmt"

	"github.com/luohu/ting/kiosk/identity/gallery/search"
)

// Rekey changes every key there is: the device's, everybody's own, and the secret
// that shots are turned by. Nobody has to enrol again, and all distances stay what
// they were; but what leaked before, keys or templates, is worth nothing after. It
// writes the gallery anew beside the old one (so it needs that much room) and then
// overwrites the old; where it fails, or the power does, one of the two stands whole.
//
// Searches wait while it runs: it is for a terminal that is not open.
func (g *Gallery) Rekey() error {
	g.write.Lock()
	defer g.write.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.store.mend(); err != nil {
		return fmt.Errorf("face gallery: rekey: %w", err)
	}
	secret := newSecret()
	before, after := g.store.turn, newTurn(&secret)
	all := make([]loaded, 0, len(g.byID))
	defer func() {
		for _, l := range all {
			clear(l.shots)
		}
	}()
	for _, i := range g.byID {
		shots := g.shots.Shots(i)
		for k := range shots {
			plain := before.back(&shots[k])
			shots[k] = after.forth(&plain)
		}
		all = append(all, loaded{id: g.members[i].key, saved: saved{g.members[i].Entry, shots}})
	}
	turned := search.New()
	for _, l := range all {
		if err := turned.Add(g.byID[l.entry.Person.ID], l.shots); err != nil {
			turned.Clear()
			return fmt.Errorf("face gallery: rekey: %w", err)
		}
	}
	err := g.store.rebuild(all, newSecret(), secret)
	if g.store.site != secret {
		turned.Clear()
		return fmt.Errorf("face gallery: rekey: %w", err)
	}
	g.shots.Clear()
	g.shots = turned
	if err != nil {
		return fmt.Errorf("face gallery: rekey: the new keys hold, but the old files are still there: %w", err)
	}
	return nil
}
