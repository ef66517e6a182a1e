// Package gallery keeps the face templates of a site's own enrolled members.
//
// It is the only place where a terminal stores biometric data. Each person's
// templates, name and consent are encrypted under a key of that person alone; those
// keys are wrapped by a key of the device that is bound to terminal, site and machine.
// Erasing somebody destroys his key and changes the device's, so that neither a backup
// nor what a disk leaves behind can be read again; the files are described in store.go.
// What is kept and searched is turned by a secret of the gallery, so that its templates
// match those of no other (turn.go); Rekey changes that secret.
//
// Guarantees:
//   - Put returns only after the entry is on disk; Erase and Limit take effect in
//     memory before anything can fail.
//   - A file that cannot be read is set aside and reported, never emptied.
//   - Files copied to another terminal, site or machine do not open: ErrOtherDevice.
//   - No template, name or number appears in an error of this package.
//
// Callers must not copy descriptors they pass in, must not search for a citizen
// who is not a member, and must check consent (Covers) with every match.
//
// Search is exact, among a million shots too (package search). Any number of
// searches run at a time; a change waits for those under way, milliseconds, and
// no search that begins after Erase has returned, or has failed, finds the person.
// Test with descriptors made by the test itself: the gallery does not care where a
// point of 128 dimensions comes from.
package gallery

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/gallery/search"
)

// Errors, to be tested with errors.Is.
var (
	ErrOtherDevice = errors.New("the face gallery belongs to another terminal or site")
	ErrInUse       = errors.New("the face gallery is in use by another process")
	ErrSetAside    = errors.New("part of the face gallery could not be read and was set aside")
	ErrShots       = errors.New("these are no face descriptors")
)

// Entry is what is kept of a person besides his templates.
type Entry struct {
	Person   kiosk.Person  // ID, Name, Group and Role
	Purposes []string      // module IDs that the consent still covers
	Consent  kiosk.Consent // as it was given
	Template string        // the ID of the enrolment, new with every Put
	Shots    int
	Model    string // of the weights that described the shots; others' distances mean nothing
	// Alike are the members who look so much like this person that a face alone does
	// not tell them apart, in order. It is mutual: Put marks them too.
	Alike []string
}

// Covers reports whether the consent covers a purpose.
func (e Entry) Covers(purpose string) bool { return slices.Contains(e.Purposes, purpose) }

// Binding is what a gallery belongs to.
type Binding struct {
	Terminal, Site string
	// Machine is what tells this machine from others, as /etc/machine-id does; "" for
	// none. A gallery that was made without is bound to the first one it is opened on.
	Machine string
}

// Gallery is the templates of one terminal. Its methods are safe for several goroutines.
type Gallery struct {
	store *store

	write   sync.Mutex // held by Put, Erase and Limit: one change at a time
	mu      sync.RWMutex
	shots   *search.Index // its owners are places in members
	members []member
	byID    map[string]int32
	free    []int32 // places in members without a person
}

type member struct {
	Entry
	key   keyID // in the store
	stale bool  // the disk still has an older, wider consent
}

// Open reads the gallery in dir, making one where there is none. Problems that
// left the rest usable are returned beside it, each wrapping ErrSetAside.
func Open(dir string, b Binding) (*Gallery, []error, error) {
	st, saved, problems, err := openStore(dir, b)
	if err != nil {
		return nil, problems, fmt.Errorf("open face gallery: %w", err)
	}
	g := empty()
	g.store = st
	g.members = make([]member, 0, len(saved))
	g.byID = make(map[string]int32, len(saved))
	for i := range saved {
		l := &saved[i]
		if old, twice := g.byID[l.entry.Person.ID]; twice {
			// No crash leaves such a pair; files put together by hand may. The younger
			// consent is the one that was meant last.
			if !l.entry.Consent.Time.After(g.members[old].Consent.Time) {
				continue
			}
			g.drop(old)
		}
		err := g.add(member{Entry: l.entry, key: l.id}, l.shots)
		clear(l.shots)
		if err != nil {
			return nil, problems, errors.Join(fmt.Errorf("open face gallery: %w", err), g.Close())
		}
	}
	for id := range g.byID {
		g.markAlike(id)
	}
	return g, problems, nil
}

// turn is what shots are turned by; nil where nothing is stored.
func (g *Gallery) turn() *turn {
	if g.store == nil {
		return nil
	}
	return g.store.turn
}

func empty() *Gallery { return &Gallery{shots: search.New(), byID: map[string]int32{}} }

// Close forgets everybody and releases the files.
func (g *Gallery) Close() error {
	g.write.Lock()
	defer g.write.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shots.Clear()
	g.members, g.byID, g.free = nil, map[string]int32{}, nil
	return g.store.close()
}

// Put stores a person's templates and consent, replacing earlier ones, and
// returns the entry with its template's ID once it is on disk. Shots are what
// face.Engine describes: finite and of length 1, else ErrShots.
func (g *Gallery) Put(e Entry, shots []face.Descriptor) (Entry, error) {
	if e.Person.ID == "" || len(e.Purposes) == 0 {
		return Entry{}, errors.New("face gallery: an entry needs a person and a purpose")
	}
	if err := checkShots(shots); err != nil {
		return Entry{}, err
	}
	e.Person = kiosk.Person{ID: e.Person.ID, Name: e.Person.Name, Group: e.Person.Group, Role: e.Person.Role}
	e.Purposes = slices.Compact(slices.Sorted(slices.Values(e.Purposes)))
	e.Shots = len(shots)

	g.write.Lock()
	defer g.write.Unlock()
	var old keyID
	if i, known := g.place(e.Person.ID); known {
		old = g.members[i].key
		// Who looked like somebody still does: only an erasure takes that back.
		e.Alike = append(slices.Clone(e.Alike), g.members[i].Alike...)
	}
	e.Alike = g.others(e)
	shots = g.turn().all(shots)
	defer clear(shots)
	g.mu.Lock()
	err := g.shots.Reserve(len(shots))
	g.mu.Unlock()
	if err != nil {
		return Entry{}, fmt.Errorf("face gallery: store: %w", err)
	}
	key := newKeyID()
	e.Template = key.String()
	if err := g.store.put(key, saved{e, shots}, old); err != nil {
		return Entry{}, fmt.Errorf("face gallery: store: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i, known := g.byID[e.Person.ID]; known {
		g.drop(i)
	}
	if err := g.add(member{Entry: e, key: key}, shots); err != nil {
		return Entry{}, fmt.Errorf("face gallery: store: %w", err) // room was reserved: not reached
	}
	g.markAlike(e.Person.ID)
	return e, nil
}

// Limit takes purposes out of a person's consent; where none remains, the person
// is erased. It reports whether that happened. The effect in memory is
// immediate, also where the disk then fails; calling again tries the disk again.
func (g *Gallery) Limit(person string, withdrawn []string) (erased bool, err error) {
	g.write.Lock()
	defer g.write.Unlock()
	g.mu.Lock()
	i, known := g.byID[person]
	if !known {
		g.mu.Unlock()
		return false, g.repay()
	}
	m := &g.members[i]
	left := slices.DeleteFunc(slices.Clone(m.Purposes), func(p string) bool { return slices.Contains(withdrawn, p) })
	if len(left) == 0 {
		g.mu.Unlock()
		return true, g.erase(i)
	}
	m.stale = m.stale || len(left) < len(m.Purposes)
	m.Purposes = left
	if !m.stale {
		g.mu.Unlock()
		return false, nil
	}
	g.mu.Unlock()
	if err := g.rewrite(i); err != nil {
		return false, fmt.Errorf("face gallery: limit: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.members[i].stale = false
	return false, nil
}

// Erase removes a person: from memory at once, from the disk before it returns.
// Where the disk fails, calling again tries it again.
func (g *Gallery) Erase(person string) error {
	g.write.Lock()
	defer g.write.Unlock()
	i, known := g.place(person)
	if !known {
		return g.repay()
	}
	return g.erase(i)
}

// erase wants g.write held, and g.mu not.
func (g *Gallery) erase(i int32) error {
	g.mu.Lock()
	key := g.members[i].key
	left := g.unmarkAlike(i)
	g.drop(i)
	g.mu.Unlock()
	err := g.store.erase(key)
	for _, i := range left {
		// Nobody's entry goes on naming a person who is erased.
		err = errors.Join(err, g.rewrite(i))
	}
	if err != nil {
		return fmt.Errorf("face gallery: erase: %w", err)
	}
	return nil
}

// rewrite brings a member's entry on disk to what it is in memory. It wants g.write
// held, and g.mu not.
func (g *Gallery) rewrite(i int32) error {
	g.mu.RLock()
	s, key := saved{entry: g.members[i].Entry, shots: g.shots.Shots(i)}, g.members[i].key
	g.mu.RUnlock()
	defer clear(s.shots)
	return g.store.rewrite(key, s)
}

// repay makes durable an erasure that the disk refused before.
func (g *Gallery) repay() error {
	if err := g.store.repay(); err != nil {
		return fmt.Errorf("face gallery: erase: %w", err)
	}
	return nil
}

// Entry returns what is kept of a person.
func (g *Gallery) Entry(person string) (Entry, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, known := g.byID[person]
	if !known {
		return Entry{}, false
	}
	e := g.members[i].Entry
	e.Purposes, e.Alike = slices.Clone(e.Purposes), slices.Clone(e.Alike)
	return e, true
}

// Covers reports whether a person is in the gallery with consent for a purpose.
func (g *Gallery) Covers(person, purpose string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, known := g.byID[person]
	return known && g.members[i].Covers(purpose)
}

// Persons lists the IDs of everybody enrolled, in order.
func (g *Gallery) Persons() []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	ids := make([]string, 0, len(g.byID))
	for id := range g.byID {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// Len is the number of persons and of shots.
func (g *Gallery) Len() (persons, shots int) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.byID), g.shots.Len()
}

func (g *Gallery) place(person string) (int32, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	i, known := g.byID[person]
	return i, known
}

// add and drop want g.mu held for writing.

func (g *Gallery) add(m member, shots []face.Descriptor) error {
	i := int32(len(g.members))
	if n := len(g.free); n > 0 {
		i = g.free[n-1]
	}
	if err := g.shots.Add(i, shots); err != nil {
		return err
	}
	if n := len(g.free); n > 0 {
		g.free = g.free[:n-1]
		g.members[i] = m
	} else {
		g.members = append(g.members, m)
	}
	g.byID[m.Person.ID] = i
	return nil
}

func (g *Gallery) drop(i int32) {
	delete(g.byID, g.members[i].Person.ID)
	g.members[i] = member{}
	g.free = append(g.free, i)
	g.shots.Remove(i)
}

// maxShots is how many shots of a person an entry may hold.
const maxShots = 32

func checkShots(shots []face.Descriptor) error {
	if len(shots) == 0 || len(shots) > maxShots {
		return fmt.Errorf("%w: 1 to %d shots, not %d", ErrShots, maxShots, len(shots))
	}
	for i := range shots {
		var n float64
		for _, x := range shots[i] {
			n += float64(x) * float64(x)
		}
		if !(math.Abs(math.Sqrt(n)-1) < 0.02) { // also false for NaN
			return fmt.Errorf("%w: shot %d is not of length 1", ErrShots, i)
		}
	}
	return nil
}
