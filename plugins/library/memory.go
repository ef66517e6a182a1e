package library

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// memory knows what this terminal itself did lately: the feeds that tell where
// copies are come back from the center late, or not at all. It is a cache of
// records that are durable elsewhere: what is lost of it comes down again.
type memory struct {
	mu     sync.Mutex
	copies map[string]deed // the last one by copy
	holds  map[[2]string]holdDeed
	fees   []feeDeed
	path   string // "" keeps nothing on disk
}

// deed is what was last done with a copy.
type deed struct {
	At      time.Time `json:"at"`
	Loan    *OpenLoan `json:"loan,omitempty"` // nil: it came back
	HeldFor string    `json:"held_for,omitempty"`
}

type holdDeed struct {
	At        time.Time `json:"at"`
	Cancelled bool      `json:"cancelled,omitempty"`
}

type feeDeed struct {
	Person string    `json:"person"`
	Fen    int64     `json:"fen"`
	At     time.Time `json:"at"`
}

// entry is a line of the file.
type entry struct {
	Copy  string    `json:"copy,omitempty"`
	Deed  *deed     `json:"deed,omitempty"`
	Title string    `json:"title,omitempty"`
	By    string    `json:"by,omitempty"`
	Hold  *holdDeed `json:"hold,omitempty"`
	Fee   *feeDeed  `json:"fee,omitempty"`
}

// remembered is how long a deed is kept: longer than a terminal is without its center.
const remembered = 60 * 24 * time.Hour

func newMemory() *memory {
	return &memory{copies: map[string]deed{}, holds: map[[2]string]holdDeed{}}
}

// openMemory reads what the terminal did before it was started, and writes anew
// what of it still counts.
func openMemory(dir string, now time.Time) *memory {
	m := newMemory()
	if dir == "" {
		return m
	}
	m.path = filepath.Join(dir, "recent.jsonl")
	f, err := os.Open(m.path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			slog.Warn("library: what was done before the start is not known", "op", "open memory", "cause", err)
		}
		return m
	}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil { // a half line is where the power went
			m.apply(e)
		}
	}
	_ = f.Close() // only read
	m.compact(now)
	return m
}

func (m *memory) apply(e entry) {
	switch {
	case e.Deed != nil:
		if old, known := m.copies[e.Copy]; !known || !e.Deed.At.Before(old.At) {
			m.copies[e.Copy] = *e.Deed
		}
	case e.Hold != nil:
		m.holds[[2]string{e.Title, e.By}] = *e.Hold
	case e.Fee != nil:
		m.fees = append(m.fees, *e.Fee)
	}
}

// compact writes a file of what still counts. The lock is not needed yet.
func (m *memory) compact(now time.Time) {
	since := now.Add(-remembered)
	f, err := os.Create(m.path + ".new")
	if err != nil {
		slog.Warn("library: recent deeds are not kept", "op", "open memory", "cause", err)
		return
	}
	w := json.NewEncoder(f)
	for id, d := range m.copies {
		if d.At.Before(since) {
			delete(m.copies, id)
		} else if err == nil {
			err = w.Encode(entry{Copy: id, Deed: &d})
		}
	}
	for k, h := range m.holds {
		if h.At.Before(since) {
			delete(m.holds, k)
		} else if err == nil {
			err = w.Encode(entry{Title: k[0], By: k[1], Hold: &h})
		}
	}
	var fees []feeDeed
	for _, p := range m.fees {
		if !p.At.Before(since) {
			fees = append(fees, p)
			if err == nil {
				err = w.Encode(entry{Fee: &p})
			}
		}
	}
	m.fees = fees
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(m.path+".new", m.path)
	}
	if err != nil {
		slog.Warn("library: recent deeds are not kept", "op", "open memory", "cause", err)
	}
}

func (m *memory) note(e entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.apply(e)
	if m.path == "" {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		var f *os.File
		if f, err = os.OpenFile(m.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_, err = f.Write(append(line, '\n'))
			err = errors.Join(err, f.Close())
		}
	}
	if err != nil {
		slog.Warn("library: a deed is remembered until the next start only", "op", "note", "cause", err)
	}
}

func (m *memory) did(copyID string, d deed) { m.note(entry{Copy: copyID, Deed: &d}) }

func (m *memory) held(title, person string, h holdDeed) {
	m.note(entry{Title: title, By: person, Hold: &h})
}

func (m *memory) paid(f feeDeed) { m.note(entry{Fee: &f}) }

// last is what this terminal last did with a copy.
func (m *memory) last(copyID string) (deed, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.copies[copyID]
	return d, ok
}

// lentTo are the loans this terminal made to somebody, as it last knew them.
func (m *memory) lentTo(person string) (loans []OpenLoan, at []time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.copies {
		if d.Loan != nil && d.Loan.Person == person {
			loans = append(loans, *d.Loan)
			at = append(at, d.At)
		}
	}
	return loans, at
}

// holdsBy are the words of somebody on titles.
func (m *memory) holdsBy(person string) map[string]holdDeed {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[string]holdDeed{}
	for k, h := range m.holds {
		if k[1] == person {
			all[k[0]] = h
		}
	}
	return all
}

// paidSince is what somebody paid here after a moment.
func (m *memory) paidSince(person string, at time.Time) (fen int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.fees {
		if p.Person == person && p.At.After(at) {
			fen += p.Fen
		}
	}
	return fen
}
