// Package journal notes what a terminal has printed: when, for which module and page,
// and what became of it. It survives a restart and a loss of power, and holds nothing
// of what stood on the paper: neither names nor numbers, nor a page's title.
//
// The file has one JSON object a line; a later line with the same number replaces an
// earlier one, and a last line that was cut off is left out. It is kept short.
package journal

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
	"time"
)

// State is what became of something that was to be printed.
type State string

// The states.
const (
	Waiting State = "waiting"  // for the printer, or for paper
	Printed State = "printed"  // the printer has confirmed all of it
	Failed  State = "failed"   // the printer could not; Reason says why
	GivenUp State = "given-up" // the visitor did not wait for paper
	Unknown State = "unknown"  // the terminal was stopped meanwhile
)

// Entry is one piece of paper.
type Entry struct {
	ID     int64     `json:"id"` // rising from 1
	At     time.Time `json:"at"`
	Module string    `json:"module"`          // its ID
	Page   string    `json:"page"`            // the page's ID, not its words
	Again  int64     `json:"again,omitempty"` // it is a reprint of that entry
	State  State     `json:"state"`
	Reason string    `json:"reason,omitempty"` // the printer's, without anything of the paper's
	Ended  time.Time `json:"ended,omitzero"`
}

// How much is kept.
const (
	mostEntries = 500
	mostLines   = 2000 // of the file, before it is written anew
	mostReason  = 200  // bytes
	mostFile    = 4 << 20
)

// Journal is an open journal. Its methods are safe for several goroutines.
type Journal struct {
	path string
	now  func() time.Time

	mu      sync.Mutex
	entries map[int64]Entry
	last    int64
	file    *os.File
	lines   int
}

// Open opens the journal at path, or makes one. now is the clock. What was waiting when
// the terminal ended is Unknown from then on.
func Open(path string, now func() time.Time) (*Journal, error) {
	j := &Journal{path: path, now: now, entries: map[int64]Entry{}}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("print journal: %w", err)
	case info.Size() > mostFile:
		return nil, fmt.Errorf("print journal: %s is no journal of ours: %d bytes", path, info.Size())
	default:
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("print journal: %w", err)
		}
		j.entries = Parse(b)
	}
	for id, e := range j.entries {
		j.last = max(j.last, id)
		if e.State == Waiting {
			e.State, e.Reason, e.Ended = Unknown, "the terminal was stopped meanwhile", now()
			j.entries[id] = e
		}
	}
	return j, j.rewrite()
}

// Parse reads a journal's file. Lines that are none are left out.
func Parse(b []byte) map[int64]Entry {
	entries := map[int64]Entry{}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<16)
	for lines.Scan() {
		var e Entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.ID > 0 && e.State != "" {
			entries[e.ID] = e
		}
	}
	return entries
}

// Begin notes that something is to be printed, and returns its number.
func (j *Journal) Begin(module, page string, again int64) (int64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	return j.last, j.write(Entry{ID: j.last, At: j.now(), Module: module, Page: page, Again: again, State: Waiting})
}

// End notes what became of it.
func (j *Journal) End(id int64, s State, reason string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	e, ok := j.entries[id]
	if !ok {
		return fmt.Errorf("print journal: there is no entry %d", id)
	}
	e.State, e.Reason, e.Ended = s, reason[:min(len(reason), mostReason)], j.now()
	return j.write(e)
}

// Entries are those there are, the newest first.
func (j *Journal) Entries() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sorted()
}

func (j *Journal) sorted() []Entry {
	return slices.SortedFunc(maps.Values(j.entries), func(a, b Entry) int { return cmp.Compare(b.ID, a.ID) })
}

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	err := j.file.Close()
	j.file = nil
	return err
}

// write makes an entry durable.
func (j *Journal) write(e Entry) error {
	j.entries[e.ID] = e
	delete(j.entries, j.last-mostEntries)
	if j.file == nil {
		return fmt.Errorf("print journal: %w", os.ErrClosed)
	}
	if j.lines >= mostLines {
		return j.rewrite()
	}
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("print journal: %w", err)
	}
	j.lines++
	if _, err = j.file.Write(append(b, '\n')); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("print journal: %w", err)
	}
	return nil
}

// rewrite writes the file anew, with one line for each entry.
func (j *Journal) rewrite() error {
	var b bytes.Buffer
	kept := j.sorted()
	if len(kept) > mostEntries {
		for _, e := range kept[mostEntries:] {
			delete(j.entries, e.ID)
		}
		kept = kept[:mostEntries]
	}
	for _, e := range slices.Backward(kept) {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("print journal: %w", err)
		}
		b.Write(append(line, '\n'))
	}
	f, err := os.OpenFile(j.path+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("print journal: %w", err)
	}
	if _, err = f.Write(b.Bytes()); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(j.path+".new", j.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("print journal: %w", err), f.Close())
	}
	if j.file != nil {
		err = j.file.Close()
	}
	j.file, j.lines = f, len(kept)
	return err
}
