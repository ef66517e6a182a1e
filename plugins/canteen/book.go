package canteen

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Book is what a till must not forget when it starts again: the entries it made
// that the center may not have counted yet, those of the last two days, the
// number of the next one, and the share of the quota it has taken.
//
// The journal has the records, but it is the terminal's and cannot be asked. So an
// entry is written here first, and to disk, then recorded, then marked as done. An
// entry that was begun and is not done may or may not be in the journal: it is
// recorded again with the same ID (see till.complete), and the center counts it
// once. An entry alone, without a record, would forget a sale; the other order
// would forget that it was spent.
//
// The file is lines of a checksum and JSON. A line that a power cut tore, at the
// end, was never promised to anybody and is cut off. A damaged line before others
// is an error: what a till has spent cannot be guessed.
type Book struct {
	mu    sync.Mutex
	path  string
	file  *os.File // nil for a book that is kept in memory alone
	lines int      // in the file

	id        string
	last      int64
	share     ShareRow
	toldShare int64 // the serial of the newest share that the center was told of
	shift     openShift
	entries   []*bookEntry
}

// openShift is the cashier's shift under way; zero when none is.
type openShift struct {
	ID     string    `json:"id,omitempty"`
	By     string    `json:"by,omitempty"`
	Opened time.Time `json:"opened,omitzero"`
	Number int64     `json:"entries,omitempty"`
	In     int64     `json:"in,omitempty"`
	Out    int64     `json:"out,omitempty"`
}

// bookEntry is one change of an account made here.
type bookEntry struct {
	ID     string          `json:"id"`
	No     int64           `json:"no"`
	Person string          `json:"person"`
	Fen    int64           `json:"fen"`            // added to the account
	Meal   *SoldMeal       `json:"meal,omitempty"` // of a sale
	Kind   string          `json:"kind"`           // of the record
	Body   json.RawMessage `json:"body"`           // the record
	At     time.Time       `json:"at"`

	Done     bool `json:"done,omitempty"`     // the record is in the journal
	Released bool `json:"released,omitempty"` // it takes nothing of the quota any more

	before openShift // the shift as it was before the entry, should that be dropped
}

// bookLine is one line of the file: one of its fields, but that the shift may
// change with an entry.
type bookLine struct {
	Book     string     `json:"book,omitempty"` // the first line: the book's ID
	Last     int64      `json:"last,omitempty"` // likewise: the number of the newest entry before
	Begin    *bookEntry `json:"begin,omitempty"`
	Done     string     `json:"done,omitempty"`
	Drop     string     `json:"drop,omitempty"`
	Released []string   `json:"released,omitempty"`
	Share    *ShareRow  `json:"share,omitempty"`
	Told     int64      `json:"told,omitempty"`
	Shift    *openShift `json:"shift,omitempty"`
}

// ErrBook is wrapped by every error about a book that cannot be read.
var ErrBook = errors.New("the till's book is damaged")

// keptFor is how long an entry is remembered that takes nothing of the quota.
const keptFor = 48 * time.Hour

// OpenBook opens the book of that path, or begins one. With "" it is kept in
// memory alone.
func OpenBook(path string) (*Book, error) {
	b := &Book{path: path, id: uuid.NewString()}
	if path == "" {
		return b, nil
	}
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if err := b.read(raw); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrBook, path, err)
		}
	}
	if err := b.rewrite(); err != nil {
		return nil, err
	}
	return b, nil
}

// Close closes the file.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	b.file = nil
	return err
}

func (b *Book) read(raw []byte) error {
	for n := 1; len(raw) > 0; n++ {
		text, rest, whole := bytes.Cut(raw, []byte("\n"))
		l, err := parseLine(text)
		if !whole || err != nil {
			if len(rest) > 0 {
				return fmt.Errorf("line %d: %w", n, cause(err))
			}
			return nil // torn at the end
		}
		if (l.Book != "") != (n == 1) {
			return fmt.Errorf("line %d: the book's ID stands in the first line, and there alone", n)
		}
		if err := b.apply(l); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		raw = rest
	}
	return nil
}

func cause(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// checksumLen is of the eight hexadecimal digits and a space before the JSON.
const checksumLen = 9

func parseLine(text []byte) (l bookLine, err error) {
	if len(text) < checksumLen || text[checksumLen-1] != ' ' {
		return l, errors.New("no checksum")
	}
	sum, err := strconv.ParseUint(string(text[:checksumLen-1]), 16, 32)
	if err != nil || uint32(sum) != crc32.ChecksumIEEE(text[checksumLen:]) {
		return l, errors.New("the checksum is another")
	}
	return l, json.Unmarshal(text[checksumLen:], &l)
}

func (b *Book) apply(l bookLine) error {
	switch {
	case l.Book != "":
		b.id, b.last = l.Book, l.Last
	case l.Begin != nil:
		if l.Begin.No > b.last {
			b.last = l.Begin.No
		}
		b.entries = append(b.entries, l.Begin)
	case l.Done != "":
		if e := b.find(l.Done); e != nil {
			e.Done = true
		}
	case l.Drop != "":
		b.entries = slices.DeleteFunc(b.entries, func(e *bookEntry) bool { return e.ID == l.Drop })
	case len(l.Released) > 0:
		for _, id := range l.Released {
			if e := b.find(id); e != nil {
				e.Released = true
			}
		}
	case l.Share != nil:
		b.share = *l.Share
	case l.Told != 0:
		b.toldShare = l.Told
	case l.Shift != nil: // below
	default:
		return errors.New("it says nothing")
	}
	if l.Shift != nil {
		b.shift = *l.Shift
	}
	return nil
}

func (b *Book) find(id string) *bookEntry {
	for i := len(b.entries) - 1; i >= 0; i-- {
		if b.entries[i].ID == id {
			return b.entries[i]
		}
	}
	return nil
}

func encode(l bookLine) []byte {
	body, err := json.Marshal(l)
	if err != nil {
		panic(err) // plain structs, and JSON that was made by json.Marshal
	}
	return fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(body), body)
}

// write adds a line and makes it count here. A line that must not be lost is on
// disk before write returns; any other may be lost with the power.
func (b *Book) write(l bookLine, durable bool) error {
	if b.file != nil {
		_, err := b.file.Write(encode(l))
		if err == nil && durable {
			err = b.file.Sync()
		}
		if err != nil {
			// What is in the file is not known now: begin it anew, from what is known.
			return errors.Join(err, b.rewrite())
		}
		b.lines++
	}
	return b.apply(l)
}

// rewrite replaces the file with what counts.
func (b *Book) rewrite() error {
	if b.path == "" {
		return nil
	}
	var out bytes.Buffer
	lines := 1
	out.Write(encode(bookLine{Book: b.id, Last: b.last}))
	add := func(l bookLine) { out.Write(encode(l)); lines++ }
	if b.share != (ShareRow{}) {
		add(bookLine{Share: &b.share})
	}
	if b.toldShare != 0 {
		add(bookLine{Told: b.toldShare})
	}
	if b.shift != (openShift{}) {
		add(bookLine{Shift: &b.shift})
	}
	for _, e := range b.entries {
		add(bookLine{Begin: e})
	}
	next := b.path + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(out.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(next, b.path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(b.path))
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if b.file != nil {
		_ = b.file.Close() // replaced: nothing of it counts any more
	}
	b.file, b.lines = f, lines
	return nil
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// tidy forgets what need not be known any more, and makes the file small again
// once most of it says nothing.
func (b *Book) tidy(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = slices.DeleteFunc(b.entries, func(e *bookEntry) bool {
		return e.Done && e.Released && now.Sub(e.At).Abs() > keptFor
	})
	const spare = 512
	if b.lines < 2*len(b.entries)+spare {
		return nil
	}
	return b.rewrite()
}
