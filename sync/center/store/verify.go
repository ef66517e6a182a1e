package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/luohu/ting/sync/record"
)

// Verified is what Verify read.
type Verified struct {
	Chains, Records int64
	Branches        int64 // other histories of a chain, taken in by an administrator
	Position        int64 // the end of the log
	// Problems says what is wrong, at most mostProblems of it; empty when nothing is.
	Problems []string
}

const (
	mostProblems = 20
	verifyPage   = 2000
)

func (v *Verified) wrong(format string, a ...any) {
	if len(v.Problems) < mostProblems {
		v.Problems = append(v.Problems, fmt.Sprintf(format, a...))
	}
}

// ErrProblems is wrapped by Err.
var ErrProblems = errors.New("the log does not hold")

// Err is nil when nothing is wrong.
func (v *Verified) Err() error {
	if len(v.Problems) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrProblems, v.Problems[0])
}

// Verify reads the whole log: each chain has every record from the first to its
// cursor, each record's hash is that of its bytes after the one before it, and
// the cursor names the last. It sees one snapshot, while the center works.
func (db *DB) Verify(ctx context.Context) (v Verified, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		v = Verified{}
		if v.Position, err = tx.LastPosition(); err != nil {
			return err
		}
		chains, err := tx.chains()
		if err != nil {
			return err
		}
		for _, c := range chains {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := tx.verifyChain(c, &v); err != nil {
				return err
			}
		}
		return nil
	})
	return v, err
}

func (tx *Tx) chains() (list []Chain, err error) {
	err = tx.Each(`SELECT id, terminal, epoch, lane, branch, site, seq, hash FROM chains ORDER BY id`, nil, func(scan func(...any) error) error {
		var c Chain
		var hash []byte
		err := scan(&c.ID, &c.Terminal, &c.Epoch, &c.Lane, &c.Branch, &c.Site, &c.Seq, &hash)
		copy(c.Hash[:], hash)
		list = append(list, c)
		return err
	})
	return list, err
}

// verifyChain walks one chain. A branch does not begin with its chain: its first
// record is taken as it is, and so is one after a number that another branch has.
func (tx *Tx) verifyChain(c Chain, v *Verified) error {
	name := fmt.Sprintf("%s, epoch %d, %v", c.Terminal, c.Epoch, c.Lane)
	if c.Branch > 0 {
		v.Branches++
		name += fmt.Sprintf(", branch %d", c.Branch)
	} else {
		v.Chains++
	}
	var last int64
	var hash record.Hash
	for {
		n, from := 0, last
		err := tx.Each(`SELECT seq, id, kind, version, key, body, hash FROM inbox WHERE chain = ? AND seq > ? ORDER BY seq LIMIT ?`,
			[]any{c.ID, from, verifyPage}, func(scan func(...any) error) error {
				r, err := scanRecord(scan)
				if err != nil {
					return err
				}
				n++
				v.Records++
				follows := r.Seq == last+1 && (c.Branch == 0 || last > 0)
				switch {
				case !follows && c.Branch == 0:
					v.wrong("%s: record %d follows record %d", name, r.Seq, last)
				case follows && c.Next(hash, &r) != r.Hash:
					v.wrong("%s: the hash of record %d does not hold", name, r.Seq)
				}
				last, hash = r.Seq, r.Hash
				return nil
			})
		if err != nil {
			return err
		}
		if n < verifyPage {
			break
		}
	}
	if last != c.Seq || !bytes.Equal(hash[:], c.Hash[:]) {
		v.wrong("%s: the log ends at record %d, the cursor says %d", name, last, c.Seq)
	}
	return nil
}
