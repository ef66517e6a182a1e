package hall

import (
	"errors"
	"slices"
)

// Basis is what a change was made upon: the version of the thing its maker saw,
// and the change that had led there. It is part of every change.
//
// The version alone would not do: of two clerks who both change version 3 without
// a network, one is taken and the other is not; what the other did next builds on
// a version 4 that never came to be, and must not be laid upon the first one's.
type Basis struct {
	ID       string `json:"id"`               // of this change: UUIDv7
	Expected int    `json:"expected_version"` // the version seen, from 1
	After    string `json:"after"`            // the ID of the change, or opening, that made it
}

func (b Basis) basis() Basis { return b }

// ErrMismatch is why a change was not made: somebody else had changed the thing
// before. A person has to look at both.
var ErrMismatch = errors.New("it was changed by somebody else before")

// Chain decides about the changes of one thing as they arrive, in any order, and
// keeps what cannot be made. A change is made exactly when it builds on what is
// there; one whose basis has not arrived waits; any other is disputed: nothing is
// ever overwritten, and nothing is dropped.
//
// A Chain is stored as JSON between arrivals. Its zero value waits for the opening.
type Chain[C interface{ basis() Basis }] struct {
	Version  int            `json:"version"` // 0 before the opening
	Last     string         `json:"last"`    // the newest change made, or the opening
	Waiting  []C            `json:"waiting,omitempty"`
	Disputed []Disputed[C]  `json:"disputed,omitempty"`
	Made     map[string]int `json:"made,omitempty"` // the version that each change made led to, by ID
}

// Disputed is a change that was not made.
type Disputed[C any] struct {
	Change   C      `json:"change"`
	Why      string `json:"why"`
	Resolved string `json:"resolved,omitempty"` // the change by which a person settled it
}

// Open makes version 1. A second opening is refused: false.
func (c *Chain[C]) Open(id string, apply func(C) error) bool {
	if c.Version > 0 {
		return c.Last == id || c.Made[id] == 1
	}
	c.Version, c.Last, c.Made = 1, id, map[string]int{id: 1}
	c.drain(apply)
	return true
}

// Take decides about a change. apply makes it, or says why it cannot be made and
// has no effect. A change that has arrived before is left alone.
func (c *Chain[C]) Take(ch C, apply func(C) error) {
	if c.has(ch.basis().ID) {
		return
	}
	c.Waiting = append(c.Waiting, ch)
	c.drain(apply)
}

// has reports whether a change has arrived.
func (c *Chain[C]) has(id string) bool {
	_, made := c.Made[id]
	return made || slices.ContainsFunc(c.Waiting, func(w C) bool { return w.basis().ID == id }) || c.disputed(id) >= 0
}

func (c *Chain[C]) disputed(id string) int {
	return slices.IndexFunc(c.Disputed, func(d Disputed[C]) bool { return d.Change.basis().ID == id })
}

// drain decides about all that wait, until nothing more can be decided.
func (c *Chain[C]) drain(apply func(C) error) {
	if c.Version == 0 {
		return
	}
	for {
		i := slices.IndexFunc(c.Waiting, func(w C) bool { return c.decidable(w.basis()) })
		if i < 0 {
			return
		}
		ch := c.Waiting[i]
		c.Waiting = slices.Delete(c.Waiting, i, i+1)
		b := ch.basis()
		err := ErrMismatch
		if b.Expected == c.Version && b.After == c.Last {
			err = apply(ch)
		}
		if err != nil {
			c.Disputed = append(c.Disputed, Disputed[C]{Change: ch, Why: err.Error()})
			continue
		}
		c.Version++
		c.Last = b.ID
		c.Made[b.ID] = c.Version
	}
}

// decidable reports whether what a change builds on has arrived and been decided:
// it then either is the newest state, or will never be again.
func (c *Chain[C]) decidable(b Basis) bool {
	_, made := c.Made[b.After]
	return made || c.disputed(b.After) >= 0 || b.Expected <= c.Version && b.After == ""
}

// Resolve notes that a person settled a disputed change by another one. It
// reports whether there was such a dispute, still open.
func (c *Chain[C]) Resolve(disputed, by string) bool {
	i := c.disputed(disputed)
	if i < 0 || c.Disputed[i].Resolved != "" {
		return false
	}
	c.Disputed[i].Resolved = by
	return true
}

// Unsettled are the disputes that wait for a person.
func (c *Chain[C]) Unsettled() (open []Disputed[C]) {
	for _, d := range c.Disputed {
		if d.Resolved == "" {
			open = append(open, d)
		}
	}
	return open
}
