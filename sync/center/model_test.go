package center

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// model is a center and the journals of its terminals, all of them the real ones,
// that chance drives: batches that are lost, doubled and late, answers that are lost,
// processes that end at any moment, files put back, moved and copied at both ends.
type model struct {
	t       *testing.T
	r       *rapid.T
	s       *site
	boxes   []*box
	late    []sent // batches that are still on their way
	backup  string // the center's last
	backups int
	aged    bool // a terminal was put back: see CenterPutBack
	cloned  bool // two machines are one terminal
}

// box is a machine with a terminal's disk.
type box struct {
	m      *model
	tm     *terminal
	device string
	dir    string
	runs   int
	path   string
	j      *journal.Journal
	done   map[uuid.UUID]bool // records that Append returned, unless they went with a disk
	copied string             // of the journal
	had    map[uuid.UUID]bool // what it held
}

type sent struct {
	tm   *terminal
	head wire.Head
	body []byte
}

func (b *box) open() {
	j, err := journal.Open(context.Background(), b.path, journal.Options{Terminal: b.tm.ID, Device: b.device, Log: discard(),
		Retention: -1, MinFree: -1, Reserve: -1}) // what is safe is deleted at once
	if err != nil {
		b.m.r.Fatal(err)
	}
	b.j = j
}

func (b *box) newPath() string {
	b.runs++
	dir := filepath.Join(b.dir, fmt.Sprint(b.runs))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.m.r.Fatal(err)
	}
	return filepath.Join(dir, "journal.db")
}

// copyFiles copies a journal as it lies there, as the end of a process or a copying
// of the disk finds it.
func (m *model) copyFiles(from, to string, suffixes ...string) {
	for _, suffix := range suffixes {
		in, err := os.Open(from + suffix)
		if errors.Is(err, os.ErrNotExist) {
			if err := os.Remove(to + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				m.r.Fatal(err)
			}
			continue
		}
		if err != nil {
			m.r.Fatal(err)
		}
		out, err := os.Create(to + suffix)
		if err == nil {
			_, err = io.Copy(out, in)
			err = errors.Join(err, out.Close())
		}
		if err = errors.Join(err, in.Close()); err != nil {
			m.r.Fatal(err)
		}
	}
}

func (m *model) box() *box { return m.boxes[rapid.IntRange(0, len(m.boxes)-1).Draw(m.r, "box")] }

func (m *model) add(tm *terminal, device string) *box {
	b := &box{m: m, tm: tm, device: device, dir: m.t.TempDir(), done: map[uuid.UUID]bool{}}
	b.path = b.newPath()
	m.boxes = append(m.boxes, b)
	return b
}

// post brings a batch to the center. It fails when a wire's other end says something
// that no center may say.
func (m *model) post(s sent) wire.Ack {
	tm := *s.tm
	tm.URL = m.s.url
	a, err := tm.TrySend(context.Background(), s.head, s.body)
	if err != nil {
		m.r.Fatal(err)
	}
	return a
}

// next reads a batch of a chain.
func (b *box) next(c record.Chain, limit int) (journal.Batch, sent) {
	batch, err := b.j.Batch(context.Background(), c, limit, 1<<20)
	if err != nil {
		b.m.r.Fatal(err)
	}
	h := wire.Head{Terminal: c.Terminal, Epoch: c.Epoch, Lane: c.Lane, First: batch.First, Count: len(batch.Records), Prev: batch.Prev[:],
		Format: rapid.IntRange(wire.Rows, wire.Newest).Draw(b.m.r, "format")}
	return batch, sent{b.tm, h, wire.EncodeRecords(batch.Records, h.Format)}
}

// take does with an answer what the uplink does.
func (b *box) take(batch journal.Batch, a wire.Ack) {
	ctx := context.Background()
	err := b.j.Acknowledge(ctx, a)
	switch {
	case err == nil:
	case errors.Is(err, journal.ErrRolledBack) && batch.Chain.Epoch == b.j.Epoch():
		if _, err := b.j.RaiseEpoch(ctx, 0, "the center's cursor"); err != nil {
			b.m.r.Fatal(err)
		}
	case errors.Is(err, journal.ErrRolledBack):
		if n := len(batch.Records); n > 0 && (a.Code == wire.OK || a.Code == wire.Fork) {
			if err := b.j.Settle(ctx, batch.Chain, batch.Records[n-1].Seq); err != nil {
				b.m.r.Fatal(err)
			}
		}
	default: // the center lost what it had called safe, above all
		b.m.r.Fatal(err)
	}
}

// Append makes records.
func (m *model) Append(*rapid.T) {
	b := m.box()
	for range rapid.IntRange(1, 4).Draw(m.r, "n") {
		a, err := b.j.Append(context.Background(), journal.Entry{Lane: record.Lane(rapid.IntRange(0, 1).Draw(m.r, "lane")), Kind: "model.thing", Version: 1,
			Key: "thing/1", Body: fmt.Appendf(nil, `{"n":%d}`, len(b.done))})
		if err != nil {
			m.r.Fatal(err)
		}
		b.done[a.ID] = true
	}
}

// Send sends a batch, through a line that does with it and its answer as it likes.
func (m *model) Send(*rapid.T) {
	b := m.box()
	chains := b.j.Chains(record.Lane(rapid.IntRange(0, 1).Draw(m.r, "lane")))
	chain := chains[rapid.IntRange(0, len(chains)-1).Draw(m.r, "chain")].Chain
	batch, s := b.next(chain, rapid.IntRange(0, 4).Draw(m.r, "records"))
	switch rapid.SampledFrom([]string{"good", "good", "lost", "late", "doubled", "answer lost"}).Draw(m.r, "line") {
	case "good":
		b.take(batch, m.post(s))
	case "late":
		m.late = append(m.late, s)
	case "doubled":
		m.post(s)
		b.take(batch, m.post(s))
	case "answer lost":
		m.post(s)
	}
}

// Late lets a batch arrive that was long under way. Whoever sent it has given up.
func (m *model) Late(*rapid.T) {
	if len(m.late) == 0 {
		m.r.Skip("none")
	}
	i := rapid.IntRange(0, len(m.late)-1).Draw(m.r, "which")
	s := m.late[i]
	m.late = append(m.late[:i], m.late[i+1:]...)
	m.post(s)
}

// Prune deletes what may be deleted.
func (m *model) Prune(*rapid.T) {
	if _, err := m.box().j.Prune(context.Background()); err != nil {
		m.r.Fatal(err)
	}
}

// Crash ends a terminal's process at any moment.
func (m *model) Crash(*rapid.T) {
	b := m.box()
	old := b.path
	b.path = b.newPath()
	m.copyFiles(old, b.path, "", "-wal", ".origin")
	_ = b.j.Close() // of the files that nobody looks at any more
	b.open()
}

// Copy copies a journal, as an administrator might.
func (m *model) Copy(*rapid.T) {
	b := m.box()
	b.copied, b.had = b.newPath(), map[uuid.UUID]bool{}
	m.copyFiles(b.path, b.copied, "", "-wal")
	for id := range b.done {
		b.had[id] = true
	}
}

// PutBack puts the copy in the journal's place. What nobody else has seen since is
// lost by that.
func (m *model) PutBack(*rapid.T) {
	b := m.box()
	if b.copied == "" {
		m.r.Skip("none")
	}
	m.aged = true
	_ = b.j.Close()
	m.copyFiles(b.copied, b.path, "", "-wal")
	b.open()
	seen := m.seen()
	for id := range b.done {
		if !b.had[id] && seen[id] == 0 {
			delete(b.done, id)
		}
	}
}

// Move puts a terminal's disk into another machine, key and all.
func (m *model) Move(*rapid.T) {
	b := m.box()
	_ = b.j.Close()
	b.device += "+"
	b.open()
}

// Clone copies a terminal's disk into a machine that believes to be the same, while
// the other goes on: the one thing that no number can tell until both have sent.
func (m *model) Clone(*rapid.T) {
	if m.cloned {
		m.r.Skip("one is enough")
	}
	m.cloned = true
	b := m.boxes[0]
	twin := m.add(b.tm, b.device)
	m.copyFiles(b.path, twin.path, "", "-wal", ".origin")
	twin.open()
}

// CenterEnds ends the center's process and starts it again.
func (m *model) CenterEnds(*rapid.T) {
	m.s.close()
	m.start()
}

func (m *model) start() {
	dir := m.s.dir
	m.s = serve(m.t, Options{Dir: dir, MinFree: -1})
}

// CenterBackup makes a backup and verifies it: what is in it is safe.
func (m *model) CenterBackup(*rapid.T) {
	m.backups++
	m.backup = filepath.Join(m.t.TempDir(), fmt.Sprint("backup-", m.backups))
	if _, err := m.s.c.Backup(context.Background(), "model", m.backup); err != nil {
		m.r.Fatal(err)
	}
}

// CenterPutBack destroys the center's database and restores its last backup.
func (m *model) CenterPutBack(*rapid.T) {
	if m.backup == "" {
		m.r.Skip("none")
	}
	if m.aged {
		m.r.Skip("no promise covers both ends being put back")
	}
	dir, onServer := m.s.dir, m.s.c.db.Shared()
	m.s.close()
	where := filepath.Join(dir, "center.db")
	if onServer {
		databases.Delete(dir)
		where = database(m.t, dir)
	} else {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(where + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
				m.r.Fatal(err)
			}
		}
	}
	if _, err := Restore(context.Background(), m.backup, where); err != nil {
		m.r.Fatal(err)
	}
	m.start()
}

// seen counts how often the center has each record: in its log, or kept of another
// history.
func (m *model) seen() map[uuid.UUID]int {
	n, log := map[uuid.UUID]int{}, map[uuid.UUID]int{}
	if err := m.s.c.db.Read(context.Background(), func(tx *store.Tx) error {
		if err := tx.Log(0, 1<<30, func(r store.Received) error { log[r.Record.ID]++; return nil }); err != nil {
			return err
		}
		return tx.Each(`SELECT id FROM forks`, nil, func(scan func(...any) error) error {
			var id []byte
			err := scan(&id)
			n[uuid.UUID(id)]++
			return err
		})
	}); err != nil {
		m.r.Fatal(err)
	}
	for id, times := range log {
		if times != 1 {
			m.r.Fatalf("record %s is in the log %d times", id, times)
		}
		n[id]++
	}
	return n
}

// settle makes the line good until nothing is left to send, or the center takes no
// more of it.
func (b *box) settle() {
	for _, l := range record.Lanes {
		for _, c := range b.j.Chains(l) { // as the uplink asks a center that it does not know yet
			batch, s := b.next(c.Chain, 0)
			b.take(batch, b.m.post(s))
		}
		stopped := map[record.Chain]bool{}
		for round := 0; ; round++ {
			if round > 10_000 {
				b.m.r.Fatal("the sending does not end")
			}
			var chain record.Chain
			for _, c := range b.j.Chains(l) {
				if c.Unsent() > 0 && !stopped[c.Chain] {
					chain = c.Chain
					break
				}
			}
			if chain.Terminal == "" {
				break
			}
			batch, s := b.next(chain, 50)
			a := b.m.post(s)
			b.take(batch, a)
			if a.Code == wire.Fork {
				stopped[chain] = true // kept, and told no more than once
			} else if a.Code != wire.OK && a.Code != wire.Gap {
				b.m.r.Fatalf("the center answers %s", a.Code)
			}
		}
	}
}

// end wants every record that was ever said to be done at the center, once.
func (m *model) end() {
	for _, b := range m.boxes {
		b.settle()
	}
	seen := m.seen()
	for _, b := range m.boxes {
		here := map[uuid.UUID]bool{}
		if m.cloned {
			// A twin in quarantine keeps what the center does not want to hear of.
			kept, err := b.j.Recent(context.Background(), 1<<20)
			if err != nil {
				m.r.Fatal(err)
			}
			for _, r := range kept {
				here[r.ID] = true
			}
		}
		for id := range b.done {
			if seen[id] == 0 && !here[id] {
				m.r.Fatalf("record %s of %s is lost", id, b.tm.ID)
			}
		}
	}
	if v, err := m.s.c.Verify(context.Background()); err != nil {
		m.r.Fatalf("the log does not hold: %+v, %v", v, err)
	}
	if list, err := m.s.c.Terminals(context.Background()); err != nil {
		m.r.Fatal(err)
	} else if !m.cloned {
		for _, d := range list {
			if d.State != store.Active {
				m.r.Fatalf("%s is %s, and nobody has copied it", d.Terminal, d.State)
			}
		}
	}
}

// TestModel drives a center by chance. The long run is -rapid.checks=2000.
func TestModel(t *testing.T) { onBoth(t, testModel) }

func testModel(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		checks := "6" // each has real commits at both ends
		if strings.HasSuffix(t.Name(), onPostgres) {
			checks = "3"
		}
		if err := f.Value.Set(checks); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Value.Set(f.DefValue) }()
	}
	rapid.Check(t, func(r *rapid.T) {
		m := &model{t: t, r: r}
		m.s = serve(t, Options{MinFree: -1})
		defer func() { m.s.close() }()
		for i := range 2 {
			b := m.add(m.s.enrol(fmt.Sprintf("gate-%d", i), "school-1"), "machine-"+hex.EncodeToString([]byte{byte(i)}))
			b.open()
		}
		defer func() {
			for _, b := range m.boxes {
				_ = b.j.Close()
			}
		}()
		r.Repeat(map[string]func(*rapid.T){
			"append": m.Append, "append again": m.Append, "send": m.Send, "send again": m.Send, "send once more": m.Send, "late": m.Late, "prune": m.Prune,
			"crash": m.Crash, "copy": m.Copy, "put back": m.PutBack, "move": m.Move, "clone": m.Clone,
			"center ends": m.CenterEnds, "center backup": m.CenterBackup, "center put back": m.CenterPutBack,
			"": func(*rapid.T) { m.seen() },
		})
		m.end()
	})
}
