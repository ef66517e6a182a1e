package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// model drives a journal and a center by chance: crashes, lost, doubled and
// late acks, restores of either end, pruning, new epochs.
type model struct {
	t    *testing.T
	r    *rapid.T
	dir  string
	runs int
	path string
	j    *Journal
	now  time.Time

	issued map[string]chainKey // ID of every record that Append returned and that must arrive
	center map[chainKey][]record.Record
	safe   map[chainKey]int
	life   int // of the center
	late   []wire.Ack

	backup  string // a copy of the journal
	backedT map[string]bool
}

func (m *model) open() {
	j, err := tryOpen(m.t, m.path, func(o *Options) {
		o.Retention = time.Hour
		o.Clock = func() time.Time { return m.now }
	})
	if err != nil {
		m.r.Fatal(err)
	}
	m.j = j
}

func (m *model) newPath() string {
	m.runs++
	return filepath.Join(m.dir, fmt.Sprint(m.runs), "journal.db")
}

func (m *model) lane() record.Lane { return record.Lane(rapid.IntRange(0, 1).Draw(m.r, "lane")) }

func (m *model) ack(k chainKey, code wire.Code) wire.Ack {
	rs := m.center[k]
	a := wire.Ack{Terminal: "gate-1", Epoch: k.epoch, Lane: k.lane, CommittedSeq: int64(len(rs)), CommittedHash: make([]byte, 32),
		SafeSeq: int64(m.safe[k]), Incarnation: fmt.Sprint(m.life), Code: code}
	if len(rs) > 0 {
		h := rs[len(rs)-1].Hash
		a.CommittedHash = h[:]
	}
	return a
}

// deliver is the center taking a batch. A fork must never happen: that is what
// epochs are for.
func (m *model) deliver(b Batch) wire.Ack {
	k := chainKey{b.Chain.Epoch, b.Chain.Lane}
	have := m.center[k]
	if b.First > int64(len(have))+1 {
		return m.ack(k, wire.Gap)
	}
	prev := record.Hash{}
	if b.First > 1 {
		prev = have[b.First-2].Hash
	}
	if b.Prev != prev {
		m.r.Fatalf("epoch %d, %s: the batch from %d does not continue the center's history", k.epoch, k.lane, b.First)
	}
	for i := range b.Records {
		r := b.Records[i]
		if b.Chain.Next(prev, &r) != r.Hash {
			m.r.Fatalf("record %d does not continue the chain", r.Seq)
		}
		if prev = r.Hash; r.Seq <= int64(len(have)) {
			if have[r.Seq-1].Hash != r.Hash {
				m.r.Fatalf("epoch %d, %s, record %d has two histories", k.epoch, k.lane, r.Seq)
			}
			continue
		}
		have = append(have, r)
	}
	m.center[k] = have
	return m.ack(k, wire.OK)
}

// take gives an ack to the journal, as the uplink does.
func (m *model) take(a wire.Ack) {
	err := m.j.Acknowledge(m.t.Context(), a)
	if errors.Is(err, ErrRolledBack) && a.Epoch == m.j.Epoch() {
		if _, err := m.j.RaiseEpoch(m.t.Context(), 0, "cursor"); err != nil {
			m.r.Fatal(err)
		}
		return
	}
	if err != nil && !errors.Is(err, ErrRolledBack) && !errors.Is(err, ErrCenterLost) {
		m.r.Fatal(err)
	}
}

func (m *model) batch(c record.Chain) Batch {
	b, err := m.j.Batch(m.t.Context(), c, rapid.IntRange(1, 4).Draw(m.r, "records"), 1<<20)
	if err != nil {
		m.r.Fatal(err)
	}
	return b
}

// Append adds records.
func (m *model) Append(*rapid.T) {
	for range rapid.IntRange(1, 4).Draw(m.r, "n") {
		a, err := m.j.Append(m.t.Context(), Entry{Lane: m.lane(), Kind: "k", Version: 1, Body: []byte("{}")})
		if err != nil {
			m.r.Fatal(err)
		}
		m.issued[a.ID.String()] = chainKey{a.Chain.Epoch, a.Chain.Lane}
	}
}

// Send delivers a batch; its ack arrives, twice, late or never.
func (m *model) Send(*rapid.T) {
	cs := m.j.Chains(m.lane())
	a := m.deliver(m.batch(cs[rapid.IntRange(0, len(cs)-1).Draw(m.r, "chain")].Chain))
	switch rapid.SampledFrom([]string{"arrives", "arrives", "twice", "late", "never"}).Draw(m.r, "ack") {
	case "twice":
		m.take(a)
		m.take(a)
	case "arrives":
		m.take(a)
	case "late":
		m.late = append(m.late, a)
	}
}

// Late delivers an ack out of order. One of a center that was since restored
// does not come: the signature over its life is checked before.
func (m *model) Late(*rapid.T) {
	if len(m.late) == 0 {
		m.r.Skip("none")
	}
	i := rapid.IntRange(0, len(m.late)-1).Draw(m.r, "which")
	a := m.late[i]
	m.late = append(m.late[:i], m.late[i+1:]...)
	k := chainKey{a.Epoch, a.Lane}
	if _, ok := m.j.snapshot().chains[k]; !ok || a.Incarnation != fmt.Sprint(m.life) {
		return
	}
	m.take(a)
}

// Crash leaves the files as they are and opens them elsewhere.
func (m *model) Crash(*rapid.T) {
	old := m.path
	m.path = m.newPath()
	m.copyTo(old, m.path)
	copyOver(m.t, old+".origin", m.path+".origin")
	m.j.Close()
	m.open()
}

func (m *model) copyTo(from, to string) {
	if err := mkdirFor(to); err != nil {
		m.r.Fatal(err)
	}
	copyJournal(m.t, from, to)
}

// Reopen ends the process in order.
func (m *model) Reopen(*rapid.T) {
	m.j.Close()
	m.open()
}

// Backup copies the journal, as an administrator might.
func (m *model) Backup(*rapid.T) {
	m.backup = m.newPath()
	m.copyTo(m.path, m.backup)
	m.backedT = map[string]bool{}
	for id := range m.issued {
		m.backedT[id] = true
	}
}

// PutBack puts the copy in the journal's place. What only this terminal had
// since is lost by that, and nothing else may be.
func (m *model) PutBack(*rapid.T) {
	if m.backup == "" {
		m.r.Skip("none")
	}
	m.j.Close()
	copyJournal(m.t, m.backup, m.path)
	m.open()
	arrived := m.arrived()
	for id := range m.issued {
		if !m.backedT[id] && arrived[id] == 0 {
			delete(m.issued, id)
		}
	}
	m.late = nil
}

// Safe is a verified backup of the center.
func (m *model) Safe(*rapid.T) {
	for k, rs := range m.center {
		m.safe[k] = len(rs)
	}
}

// CenterPutBack restores the center's backup.
func (m *model) CenterPutBack(*rapid.T) {
	if m.backup != "" {
		m.r.Skip("both ends restored from backups may lose records") // no promise covers that
	}
	for k := range m.center {
		m.center[k] = m.center[k][:m.safe[k]]
	}
	m.life++
}

// Later lets time pass and deletes what may be deleted; the clock may go back too.
func (m *model) Later(*rapid.T) {
	m.now = m.now.Add(time.Duration(rapid.IntRange(-30, 120).Draw(m.r, "minutes")) * time.Minute)
	if _, err := m.j.Prune(m.t.Context()); err != nil {
		m.r.Fatal(err)
	}
}

func (m *model) arrived() map[string]int {
	n := map[string]int{}
	for _, rs := range m.center {
		for _, r := range rs {
			n[r.ID.String()]++
		}
	}
	return n
}

// check is run after every step: the journal's own chains are in order.
func (m *model) check() {
	if _, err := m.j.Verify(m.t.Context()); err != nil {
		m.r.Fatal(err)
	}
}

// settle lets the network be good until nothing is left to send. Then every
// record that was promised is at the center, once.
func (m *model) settle() {
	for _, l := range record.Lanes {
		for _, c := range m.j.Chains(l) { // as the uplink asks when the center's life changes
			m.take(m.ack(chainKey{c.Epoch, l}, wire.OK))
		}
		for round := 0; ; round++ {
			if round > 10_000 {
				m.r.Fatal("sending does not end")
			}
			var next *ChainStatus
			for _, c := range m.j.Chains(l) {
				if c.Unsent() > 0 {
					next = &c
					break
				}
			}
			if next == nil {
				break
			}
			b := m.batch(next.Chain)
			a := m.deliver(b)
			if a.CommittedSeq > next.Head { // an older copy was put back: these are there
				if err := m.j.Settle(m.t.Context(), b.Chain, b.Records[len(b.Records)-1].Seq); err == nil {
					continue
				}
			}
			m.take(a)
		}
	}
	arrived := m.arrived()
	for id, k := range m.issued {
		if arrived[id] != 1 {
			m.r.Fatalf("record %s of epoch %d, %s arrived %d times", id, k.epoch, k.lane, arrived[id])
		}
	}
	for id, n := range arrived {
		if n > 1 {
			m.r.Fatalf("record %s arrived %d times", id, n)
		}
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := &model{t: t, r: r, dir: t.TempDir(), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC),
			issued: map[string]chainKey{}, center: map[chainKey][]record.Record{}, safe: map[chainKey]int{}}
		m.path = m.newPath()
		m.open()
		defer func() { m.j.Close() }()
		r.Repeat(map[string]func(*rapid.T){
			"append": m.Append, "append again": m.Append, "send": m.Send, "send again": m.Send, "late ack": m.Late,
			"crash": m.Crash, "reopen": m.Reopen, "backup": m.Backup, "put back": m.PutBack,
			"safe": m.Safe, "center put back": m.CenterPutBack, "later": m.Later,
			"": func(*rapid.T) { m.check() },
		})
		m.settle()
	})
}
