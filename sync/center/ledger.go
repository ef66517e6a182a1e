package center

import (
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
)

// ledger is what the transaction of a group knows: the terminals and the chains of
// all its batches, read and locked in one go, and what was decided to append. It
// writes that at the end, in one go too, so that the log is held for a moment only.
type ledger struct {
	tx       *store.Tx
	devices  map[string]store.Device
	accounts map[record.Chain]*account // of chains that have begun
	order    []*account                // as they were first appended to
}

// account is a chain: its cursor as it will be, and what brings it there.
type account struct {
	store.Chain
	before   int64 // the number that is stored already
	fresh    []record.Record
	received time.Time
	l        *ledger
}

// openLedger reads what a group is about. chains is the transaction's LockChains, or
// its Chains when the group brings nothing.
func openLedger(tx *store.Tx, group []*batch, chains func([]record.Chain) ([]store.Chain, error)) (*ledger, error) {
	l := &ledger{tx: tx, accounts: map[record.Chain]*account{}}
	terminals, names := map[string]bool{}, map[record.Chain]bool{}
	for _, b := range group {
		terminals[b.head.Terminal], names[b.chain] = true, true
	}
	var err error
	if l.devices, err = tx.DevicesNamed(keys(terminals)); err != nil {
		return nil, err
	}
	found, err := chains(keys(names))
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		l.accounts[c.Chain] = &account{Chain: c, before: c.Seq, l: l}
	}
	return l, nil
}

func keys[K comparable, V any](m map[K]V) []K {
	list := make([]K, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	return list
}

// begin begins a chain.
func (l *ledger) begin(name record.Chain, site string) (*account, error) {
	c, err := l.tx.NewChain(name, 0, site)
	if err != nil {
		return nil, err
	}
	a := &account{Chain: c, l: l}
	l.accounts[name] = a
	return a, nil
}

// take appends records that continue the chain.
func (a *account) take(rs []record.Record, received time.Time) {
	if len(rs) == 0 {
		return
	}
	if len(a.fresh) == 0 {
		a.l.order = append(a.l.order, a)
	}
	last := rs[len(rs)-1]
	a.fresh, a.received = append(a.fresh, rs...), received
	a.Seq, a.Hash = last.Seq, last.Hash
}

// hashAt is the hash that the chain has at a number up to its cursor.
func (a *account) hashAt(seq int64) (record.Hash, error) {
	switch {
	case seq == 0:
		return record.Hash{}, nil
	case seq == a.Seq:
		return a.Hash, nil
	case seq > a.before:
		return a.fresh[seq-a.before-1].Hash, nil
	}
	return a.l.tx.HashAt(a.ID, seq)
}

// compare says how many of the batch's records the chain has already, and whether
// its history is the batch's. Each hash covers all before it: where the last
// common number agrees, so do all the earlier ones.
func (l *ledger) compare(a *account, b *batch) (known int, same bool, err error) {
	stored, err := a.hashAt(b.head.First - 1)
	if err != nil {
		return 0, false, err
	}
	if stored != b.prev {
		return 0, false, nil
	}
	overlap := int(min(int64(len(b.records)), a.Seq-b.head.First+1))
	if overlap == 0 {
		return 0, true, nil
	}
	last := b.records[overlap-1]
	if stored, err = a.hashAt(last.Seq); err != nil || stored == last.Hash {
		return overlap, err == nil, err
	}
	for known < overlap {
		if stored, err = a.hashAt(b.records[known].Seq); err != nil {
			return 0, false, err
		}
		if stored != b.records[known].Hash {
			break
		}
		known++
	}
	return known, false, nil
}

// settle writes what was decided.
func (l *ledger) settle() error {
	if len(l.order) == 0 {
		return nil
	}
	appends, cursors := make([]store.Append, len(l.order)), make([]store.Cursor, len(l.order))
	for i, a := range l.order {
		appends[i] = store.Append{Chain: a.ID, Records: a.fresh, Received: a.received}
		cursors[i] = store.Cursor{Chain: a.ID, Seq: a.Seq, Hash: a.Hash}
	}
	if err := l.tx.MoveCursors(cursors); err != nil {
		return err
	}
	if err := l.tx.Append(appends); err != nil {
		return err
	}
	for _, a := range l.order {
		if !a.Forked {
			continue
		}
		// What was only kept while the terminal was in quarantine is in the log now.
		if err := l.tx.DropFork(a.ID, a.before+1, a.Seq); err != nil {
			return err
		}
	}
	return nil
}
