package identity

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity/gallery"
	"github.com/luohu/ting/kiosk/identity/receipt"
)

const receiptsFile = "receipts.jsonl"

// receipts tells the center, by records, which templates this terminal holds and
// which it has erased. Nothing may be lost between the gallery's files and the
// journal's, which know nothing of each other: so a file beside the gallery says
// which templates were recorded, and at the next start what the gallery holds is
// compared with it. A record may be made twice then; the center counts templates,
// not records.
//
// The file names persons by number, as the journal does, and no templates but by ID.
// It forgets whoever has been recorded as erased when the terminal starts.
type receipts struct {
	path     string
	recorder host.Recorder // nil: nobody is told
	now      func() time.Time

	mu      sync.Mutex
	held    map[string]string      // recorded as stored and not as erased: template to person
	leaving map[string]receiptLine // erased, or about to be, and not yet recorded so
}

// receiptLine is a line of the file: a template, and what has become of it.
type receiptLine struct {
	Template string        `json:"template"`
	Person   string        `json:"person,omitempty"`
	Is       string        `json:"is"`
	Cause    receipt.Cause `json:"cause,omitempty"`
	At       time.Time     `json:"at,omitzero"`

	gone bool // the erasure is complete
}

// What becomes of a template.
const (
	isStored  = "stored"  // recorded as stored
	isLeaving = "leaving" // the erasure begins
	isErased  = "erased"  // recorded as erased
)

// openReceipts reads the file. One that cannot be read is begun anew: the templates
// here are then recorded once more.
func openReceipts(path string, r host.Recorder, now func() time.Time) *receipts {
	s := &receipts{path: path, recorder: r, now: now, held: map[string]string{}, leaving: map[string]receiptLine{}}
	b, err := os.ReadFile(path)
	if err != nil {
		return s
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		var l receiptLine
		if json.Unmarshal(lines.Bytes(), &l) != nil || l.Template == "" {
			continue // torn by a power cut
		}
		switch l.Is {
		case isStored:
			s.held[l.Template] = l.Person
		case isLeaving:
			s.leaving[l.Template] = l
		case isErased:
			delete(s.held, l.Template)
			delete(s.leaving, l.Template)
		}
	}
	return s
}

// reconcile records what happened around the end of the last run, and compacts the
// file. entries is everything in the gallery.
func (s *receipts) reconcile(ctx context.Context, entries []gallery.Entry) error {
	if s.recorder == nil {
		return nil
	}
	here := map[string]bool{}
	var failed []error
	for _, e := range entries {
		here[e.Template] = true
		s.mu.Lock()
		delete(s.leaving, e.Template) // the erasure was not finished, and whoever wanted it wants it again
		_, told := s.held[e.Template]
		s.mu.Unlock()
		if !told {
			failed = append(failed, s.stored(ctx, e, nil))
		}
	}
	s.mu.Lock()
	for template, person := range s.held {
		if _, known := s.leaving[template]; !known && !here[template] {
			s.leaving[template] = receiptLine{Template: template, Person: person, Is: isLeaving, Cause: receipt.Lost, At: s.now()}
		}
	}
	for template, l := range s.leaving {
		l.gone = true // it is not in the gallery, whose files are the truth
		s.leaving[template] = l
	}
	s.mu.Unlock()
	failed = append(failed, s.compact(), s.settle(ctx))
	return errors.Join(failed...)
}

// compact writes the file anew, without what is over.
func (s *receipts) compact() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b bytes.Buffer
	for _, template := range slices.Sorted(maps.Keys(s.held)) {
		b.Write(line(receiptLine{Template: template, Person: s.held[template], Is: isStored}))
	}
	for _, template := range slices.Sorted(maps.Keys(s.leaving)) {
		b.Write(line(s.leaving[template]))
	}
	return writeFile(s.path, b.Bytes())
}

func line(l receiptLine) []byte {
	b, err := json.Marshal(l)
	if err != nil {
		panic(err) // strings and a time of this program's own
	}
	return append(b, '\n')
}

// note appends a line to the file. It wants s.mu held.
func (s *receipts) note(l receiptLine) error {
	f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(line(l))
	return errors.Join(err, f.Sync(), f.Close())
}

// stored records a template that the gallery has taken. consent is nil where a
// module records it.
func (s *receipts) stored(ctx context.Context, e gallery.Entry, consent *kiosk.Consent) error {
	if s.recorder == nil {
		return nil
	}
	r := receipt.Stored{Person: e.Person.ID, Template: e.Template, Purposes: e.Purposes, At: s.now()}
	if consent != nil {
		r.Consent = &receipt.Consent{TextVersion: consent.TextVersion, GivenBy: consent.GivenBy, Way: consent.Way, At: consent.Time}
		r.Name, r.Group, r.Role = e.Person.Name, e.Person.Group, e.Person.Role
	}
	if err := s.append(ctx, r); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[e.Template] = e.Person.ID
	// Not noted, it is recorded once more at the next start: no reason to fail.
	_ = s.note(receiptLine{Template: e.Template, Person: e.Person.ID, Is: isStored})
	return nil
}

// leave notes that a template is about to be erased, so that its receipt has the
// right cause and time also after a power cut. settle records it.
func (s *receipts) leave(e gallery.Entry, cause receipt.Cause) {
	if s.recorder == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, before := s.leaving[e.Template]; before {
		return
	}
	l := receiptLine{Template: e.Template, Person: e.Person.ID, Is: isLeaving, Cause: cause, At: s.now()}
	s.leaving[e.Template] = l
	_ = s.note(l) // on a full disk the erasure goes on all the same
}

// gone says that the erasure of a template is complete, or of all that are leaving.
func (s *receipts) gone(template string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, l := range s.leaving {
		if template == "" || t == template {
			l.gone = true
			s.leaving[t] = l
		}
	}
}

// settle records every erasure that is complete and not recorded yet. What cannot
// be recorded now is tried again with the next call.
func (s *receipts) settle(ctx context.Context) error {
	if s.recorder == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := slices.SortedFunc(maps.Values(s.leaving), func(a, b receiptLine) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Template, b.Template))
	})
	for _, l := range waiting {
		if !l.gone {
			continue
		}
		if err := s.append(ctx, receipt.Erased{Person: l.Person, Template: l.Template, Cause: l.Cause, At: l.At}); err != nil {
			return err
		}
		delete(s.leaving, l.Template)
		delete(s.held, l.Template)
		_ = s.note(receiptLine{Template: l.Template, Is: isErased}) // else recorded once more
	}
	return nil
}

// owed is how many erasures are not recorded yet.
func (s *receipts) owed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.leaving)
}

// recordWithin bounds how long the journal may take. A record of what happened is
// made also when the visit that caused it has ended meanwhile.
const recordWithin = 10 * time.Second

func (s *receipts) append(ctx context.Context, r kiosk.Record) error {
	body, err := json.Marshal(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
	defer cancel()
	_, err = s.recorder.Append(ctx, r.RecordKind(), r.AggregateKey(), body)
	return err
}

// writeFile makes b the content of a file, all of it or nothing, mode 0600.
func writeFile(path string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fs.FileMode(0o600))
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return os.Rename(f.Name(), path)
}

// entries is everything in the gallery.
func (i *Identity) entries() (all []gallery.Entry) {
	if i.gallery == nil {
		return nil
	}
	for _, id := range i.gallery.Persons() {
		if e, ok := i.gallery.Entry(id); ok {
			all = append(all, e)
		}
	}
	return all
}

// OwedReceipts is how many erasures are not recorded yet, for the gallery's disk or the
// journal is full. They are tried again.
func (i *Identity) OwedReceipts() int { return i.receipts.owed() }
