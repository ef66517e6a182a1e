package center

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// batch is what one request brought, its signature verified and its records
// decoded, on its way through the committer.
type batch struct {
	head    wire.Head
	chain   record.Chain
	prev    record.Hash
	records []record.Record
	broken  error             // why the records do not continue prev, if they do not
	key     ed25519.PublicKey // of the client certificate
	at      time.Time

	answered chan wire.Ack
}

// check looks at the records by themselves. Their numbers and hashes were computed
// when they were read, from the hash that the terminal says came before.
func (b *batch) check() {
	for i := range b.records {
		if err := b.records[i].Validate(); err != nil && b.broken == nil {
			b.broken = err
		}
	}
}

// A group ends at so many batches or records: its commit holds up everybody in it,
// and whoever is urgent and comes a moment later.
const (
	groupBatches = 64
	groupRecords = 4 * wire.MaxRecords
)

// commitLoop commits batches in groups, one fsync for all of a group.
func (c *Center) commitLoop(ctx context.Context) {
	for {
		var first *batch
		select {
		case first = <-c.urgent.queue:
		default:
			select {
			case first = <-c.urgent.queue:
			case first = <-c.ordinary.queue:
			case <-ctx.Done():
				return
			}
		}
		group := []*batch{first}
		for n := len(first.records); len(group) < groupBatches && n < groupRecords; {
			b := c.waiting(first.head.Lane)
			if b == nil {
				break
			}
			group = append(group, b)
			n += len(b.records)
		}
		c.commit(ctx, group)
	}
}

// waiting is a batch that waits already, urgent ones first. An urgent group takes
// only those along: it is on the disk the sooner.
func (c *Center) waiting(of record.Lane) *batch {
	select {
	case b := <-c.urgent.queue:
		return b
	default:
	}
	if of == record.Urgent {
		return nil
	}
	select {
	case b := <-c.urgent.queue:
		return b
	case b := <-c.ordinary.queue:
		return b
	default:
		return nil
	}
}

// commit decides on a group in one transaction and answers after it is durable.
func (c *Center) commit(ctx context.Context, group []*batch) {
	verdicts := make([]verdict, len(group))
	began := time.Now()
	err := c.db.WriteRows(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		l, err := openLedger(tx, group, tx.LockChains)
		if err != nil {
			return err
		}
		for i, b := range group {
			if verdicts[i], err = c.decide(l, b); err != nil {
				return err
			}
		}
		c.tellIngest(tx, group, verdicts)
		return l.settle()
	})
	if err != nil {
		c.uncommitted(ctx, group, err)
		return
	}
	c.metrics.commit.Observe(time.Since(began).Seconds())
	c.metrics.group.Observe(float64(len(group)))
	c.full.Store(false)
	stored := 0
	for i, b := range group {
		v := verdicts[i]
		stored += v.stored
		c.metrics.records.WithLabelValues(b.head.Lane.String()).Add(float64(v.stored))
		c.metrics.repeated.Add(float64(v.repeated))
		if v.known {
			c.contacts.hear(b.head, b.at)
		}
		if v.alarm != "" {
			c.log.Error("center: a terminal's history forked: it is quarantined, both histories are kept",
				"op", "ingest", "terminal", b.head.Terminal, "code", wire.Fork, "cause", v.alarm)
			c.Events.publish(Event{Terminal: b.head.Terminal, Alarm: true})
		} else if v.known {
			c.Events.publish(Event{Terminal: b.head.Terminal})
		}
		b.answered <- v.ack
	}
	if stored > 0 {
		for _, r := range c.runners {
			r.wake()
		}
	}
}

// askLoop answers batches without records: where is the center's cursor? They wait
// for no commit, and none waits for them: thousands of idle terminals must not keep
// the few that have something to bring.
func (c *Center) askLoop(ctx context.Context) {
	for {
		var group []*batch
		select {
		case first := <-c.asks.queue:
			group = append(group, first)
		case <-ctx.Done():
			return
		}
		for len(group) < groupBatches && len(c.asks.queue) > 0 { // nobody else takes from it
			group = append(group, <-c.asks.queue)
		}
		c.tell(ctx, group)
	}
}

// tell answers a group that brings nothing.
func (c *Center) tell(ctx context.Context, group []*batch) {
	verdicts := make([]verdict, len(group))
	err := c.db.Read(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		l, err := openLedger(tx, group, tx.Chains)
		for i, b := range group {
			if err == nil {
				verdicts[i], err = c.decide(l, b)
			}
		}
		return err
	})
	if err != nil {
		c.putOff(group, err)
		return
	}
	for i, b := range group {
		if verdicts[i].known {
			c.contacts.hear(b.head, b.at)
			c.Events.publish(Event{Terminal: b.head.Terminal})
		}
		b.answered <- verdicts[i].ack
	}
}

// committers is how many groups may be under way: while one waits for the disk of a
// server, another is decided. A file has one writer.
func (c *Center) committers() int {
	if c.db.Shared() {
		return 2
	}
	return 1
}

// tellIngest tells the other centers what became of a group.
func (c *Center) tellIngest(tx *store.Tx, group []*batch, verdicts []verdict) {
	heard, stored := map[string]bool{}, false
	for i, b := range group {
		if v := verdicts[i]; v.known {
			heard[b.head.Terminal] = true
			stored = stored || v.stored > 0
			if v.alarm != "" {
				c.tellOthers(tx, noteAlarm, b.head.Terminal)
			}
		}
	}
	if stored {
		c.tellOthers(tx, noteLog, "")
	}
	if len(heard) > 0 {
		c.tellOthers(tx, noteHeard, strings.Join(keys(heard), " "))
	}
}

// uncommitted answers a group of which nothing was stored. A batch that the
// database refuses must not take the others of its group along for ever.
func (c *Center) uncommitted(ctx context.Context, group []*batch, err error) {
	final := errors.Is(err, store.ErrBroken) || errors.Is(err, store.ErrCorrupt)
	if !final && !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrAway) && len(group) > 1 {
		for _, b := range group {
			c.commit(ctx, []*batch{b})
		}
		return
	}
	if errors.Is(err, store.ErrFull) {
		c.full.Store(true)
	}
	c.putOff(group, err)
	if final {
		c.fail(err)
	}
}

// putOff answers a group that the database does not let decide.
func (c *Center) putOff(group []*batch, err error) {
	retry := wire.Seconds(10)
	if errors.Is(err, store.ErrAway) {
		retry = 2 // a server that starts again, or another that takes over, is soon there
	}
	c.log.Error("center: nothing was stored", "op", "ingest", "code", wire.Busy, "batches", len(group), "cause", err)
	for _, b := range group {
		b.answered <- wire.Ack{Terminal: b.head.Terminal, Epoch: b.head.Epoch, Lane: b.head.Lane,
			Code: wire.Busy, RetryAfter: retry}
	}
}

// verdict is what became of a batch.
type verdict struct {
	ack    wire.Ack
	known  bool // the terminal is who it says
	stored int  // records
	// repeated counts records that were stored already: an answer was lost, or
	// somebody sends an old batch again.
	repeated int
	alarm    string // why it was quarantined, the first time
}

// decide is the center's side of the protocol. It only reads until it is sure;
// an error is the database's, and undoes the whole group.
func (c *Center) decide(l *ledger, b *batch) (v verdict, err error) {
	h := b.head
	v.ack = wire.Ack{Terminal: h.Terminal, Epoch: h.Epoch, Lane: h.Lane, Code: wire.OK}
	refuse := func(code wire.Code) (verdict, error) { v.ack.Code = code; return v, nil }

	d, known := l.devices[h.Terminal]
	switch {
	case !known, !d.PublicKey.Equal(b.key): // or enrolled anew with another key since this certificate
		return refuse(wire.Sig)
	case d.State == store.Revoked:
		return refuse(wire.Revoked)
	}
	v.known = true
	a, begun := l.accounts[b.chain]
	if !begun {
		a = &account{}
	}
	c.cursor(&v.ack, a.Chain)
	if h.First > a.Seq+1 {
		return refuse(wire.Gap)
	}
	if h.Count == 0 {
		if d.State == store.Quarantined {
			return refuse(wire.Fork)
		}
		return v, nil
	}
	if b.broken != nil {
		return refuse(wire.Chain)
	}
	stored, same, err := l.compare(a, b)
	if err != nil {
		return v, err
	}
	fresh := b.records[stored:]
	v.repeated = stored
	if !begun {
		if a, err = l.begin(b.chain, d.Site); err != nil {
			return v, err
		}
	}
	if !same || d.State == store.Quarantined {
		return c.fork(l, b, d, a.Chain, fresh, v)
	}
	v.stored = len(fresh)
	a.take(fresh, b.at)
	c.cursor(&v.ack, a.Chain)
	return v, nil
}

// fork keeps what differs from the history stored and quarantines the terminal,
// unless it was enrolled in a later epoch since: then the other key holder is
// shut out already, and what it still sends of the old epoch is only kept.
func (c *Center) fork(l *ledger, b *batch, d store.Device, cur store.Chain, other []record.Record, v verdict) (verdict, error) {
	v.ack.Code = wire.Fork
	kept, err := l.tx.KeepFork(cur.ID, other, b.at)
	if err != nil || d.State == store.Quarantined {
		return v, err
	}
	where := fmt.Sprintf("epoch %d, lane %v, seq %d", b.chain.Epoch, b.chain.Lane, b.head.First)
	if b.chain.Epoch < d.Epoch {
		if kept == 0 {
			return v, nil
		}
		return v, l.tx.Note(store.Audit{At: b.at, Who: "center", Action: "fork.keep", Subject: d.Terminal, Detail: where})
	}
	v.alarm = where
	if err := l.tx.SetState(d.Terminal, store.Quarantined); err != nil {
		return v, err
	}
	d.State = store.Quarantined
	l.devices[d.Terminal] = d
	return v, l.tx.Note(store.Audit{At: b.at, Who: "center", Action: "terminal.quarantine", Subject: d.Terminal, Detail: v.alarm})
}

// cursor writes a chain's cursor into an acknowledgement.
func (c *Center) cursor(a *wire.Ack, cur store.Chain) {
	a.CommittedSeq, a.CommittedHash, a.SafeSeq = cur.Seq, cur.Hash[:], cur.SafeSeq
	if c.opt.Safe == SafeCommitted {
		a.SafeSeq = cur.Seq
	}
}
