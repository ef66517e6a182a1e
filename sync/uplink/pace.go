package uplink

import (
	"math/rand/v2"
	"time"

	"github.com/luohu/ting/sync/wire"
)

// size is how much goes into a batch: it grows by a step with every batch that was
// taken and left some behind, and halves with every one that was too much. It begins
// with few bytes, not with few records: hundreds of small ones are a few kilobytes on
// the line, and each batch has a head and an answer.
type size struct {
	records int
	bytes   int
}

const (
	easeRecords = 100 // no fewer for a center that has too much to do
	stepRecords = 50
	stepBytes   = 64 << 10
	leastBytes  = 4 << 10
)

func newSize() size { return size{wire.MaxRecords, stepBytes} }

func (s *size) grow() {
	s.records = min(s.records+stepRecords, wire.MaxRecords)
	s.bytes = min(s.bytes+stepBytes, wire.MaxBatchBytes)
}

func (s *size) halve() {
	s.records = max(s.records/2, 1)
	s.bytes = max(s.bytes/2, leastBytes)
}

// ease is halve for a center that has too much to do. Far smaller batches would
// make it more, not less.
func (s *size) ease() {
	s.records = max(s.records/2, min(s.records, easeRecords))
	s.bytes = max(s.bytes/2, min(s.bytes, stepBytes))
}

// halveBelow is halve after a batch of n records, which may have been fewer
// than were allowed: the next one must truly be smaller.
func (s *size) halveBelow(n int) {
	s.records = max(min(s.records, n), 1)
	s.halve()
}

// backoff gives the time to wait after the nth failure in a row: full jitter
// below a bound that doubles up to a limit.
type backoff struct {
	least, most time.Duration
	failures    int
	random      func(int64) int64 // in [0, n); nil is math/rand
}

func (b *backoff) next() time.Duration {
	bound := b.least << min(b.failures, 20)
	if bound > b.most || bound <= 0 {
		bound = b.most
	}
	b.failures++
	return time.Duration(b.draw(int64(bound))) + time.Millisecond
}

func (b *backoff) reset() { b.failures = 0 }

// busy is how long to leave a center alone that said it has too much to do, and to
// come back after d at the earliest: the oftener in a row, the longer, or all those
// that it turned away would keep it from ever doing it.
func (b *backoff) busy(d time.Duration) time.Duration {
	d = max(d, b.least)
	return d + max(b.next(), time.Duration(b.draw(int64(d))))
}

// after spreads what was told to come back after d over the time from d to 2d.
func (b *backoff) after(d time.Duration) time.Duration {
	d = max(d, b.least)
	return d + time.Duration(b.draw(int64(d)))
}

func (b *backoff) draw(n int64) int64 {
	if b.random != nil {
		return b.random(n)
	}
	return rand.Int64N(max(n, 1))
}
