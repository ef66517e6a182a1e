package journal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
)

// ChainStatus is the state of one chain.
type ChainStatus struct {
	record.Chain
	Head  int64 // number of the last record; 0 for none
	Hash  record.Hash
	Acked int64 // the center's cursor
	Safe  int64
	// Kept counts the records that are still here, sent or not.
	Kept int64
	// Incarnation is the center's, as of the last saved ack. When the center is
	// restored from a backup it changes, and every chain must be asked about anew.
	Incarnation string
}

// Unsent counts the records that the center has not acknowledged.
func (c ChainStatus) Unsent() int64 { return c.Head - c.Acked }

// Chains lists the chains of a lane that have records here, the oldest epoch
// first, and always the current one last.
func (j *Journal) Chains(l record.Lane) []ChainStatus {
	b := j.snapshot()
	return b.status(l)
}

func (b *book) status(l record.Lane) []ChainStatus {
	var out []ChainStatus
	for k, c := range b.chains {
		if k.lane == l && (c.seq > c.anchorSeq || k.epoch == b.epoch) {
			out = append(out, ChainStatus{Chain: b.name(k), Head: c.seq, Hash: c.hash, Acked: c.ackedSeq,
				Safe: c.safeSeq, Kept: c.seq - c.anchorSeq, Incarnation: c.incarnation})
		}
	}
	slices.SortFunc(out, func(x, y ChainStatus) int { return cmp.Compare(x.Epoch, y.Epoch) })
	return out
}

// Unsent counts the records that the center has not acknowledged, in all chains.
func (j *Journal) Unsent() int64 {
	var n int64
	for _, c := range j.snapshot().chains {
		n += c.unsent()
	}
	return n
}

// Epoch is the current epoch.
func (j *Journal) Epoch() int64 { return j.snapshot().epoch }

// Terminal is the terminal's ID.
func (j *Journal) Terminal() string { return j.opts.Terminal }

// LaneStatus sums up a lane.
type LaneStatus struct {
	Lane   record.Lane
	Head   int64       // of the current epoch
	Hash   record.Hash // of the head
	Unsent int64       // in all epochs
	Oldest time.Time   // when the oldest unsent record was made; zero for none
}

// Status is what a maintenance page shows.
type Status struct {
	Terminal  string
	Epoch     int64
	Lanes     []LaneStatus // the more urgent first
	Unsent    int64
	Size      int64     // bytes of the database and its log
	Free      int64     // bytes free on its file system
	FullSince time.Time // when records began to be refused for want of room; zero when they are taken
	Failure   error     // why the journal has stopped
	// ClockBehind is by how much the clock is behind the newest record. Records
	// made meanwhile carry that record's time.
	ClockBehind time.Duration
	Raised      string   // why this Open began a new epoch; "" when it did not
	Salvage     *Salvage // what became of a damaged file at this Open
}

// Status reads the journal's state. With a journal that has failed or closed,
// what memory and the file system know is returned beside the error.
func (j *Journal) Status(ctx context.Context) (Status, error) {
	b := j.snapshot()
	s := Status{Terminal: b.terminal, Epoch: b.epoch, Unsent: j.Unsent(), FullSince: j.room.fullSince(),
		Raised: j.raised, Salvage: j.salvage, Failure: j.Err()}
	var last uuid.UUID
	for _, l := range record.Lanes {
		_, c := b.current(l)
		if string(c.lastID[:]) > string(last[:]) {
			last = c.lastID
		}
		s.Lanes = append(s.Lanes, LaneStatus{Lane: l, Head: c.seq, Hash: c.hash})
	}
	if last != uuid.Nil {
		s.ClockBehind = max(0, time.UnixMilli(int64(milliseconds(last))).Sub(j.opts.Clock().Truncate(time.Millisecond)))
	}
	s.Size = fileSize(j.path)
	s.Free, _ = j.room.free()
	if err := j.ready(); err != nil {
		return s, err
	}
	for i := range s.Lanes {
		if err := oldest(ctx, j.ro, b, &s.Lanes[i]); err != nil {
			return s, fmt.Errorf("read the journal's state: %w", classify(err))
		}
	}
	return s, nil
}

// oldest counts a lane's unsent records and finds the oldest.
func oldest(ctx context.Context, q querier, b book, l *LaneStatus) error {
	for k, c := range b.chains {
		if k.lane != l.Lane || c.unsent() == 0 {
			continue
		}
		l.Unsent += c.unsent()
		rs, err := readRecords(ctx, q, k, c.ackedSeq, c.ackedSeq+1, 1, 1)
		if err != nil {
			return err
		}
		for i := range rs {
			if t := rs[i].Time(); l.Oldest.IsZero() || t.Before(l.Oldest) {
				l.Oldest = t
			}
		}
	}
	return nil
}
