package store

import (
	"errors"
	"time"

	"github.com/luohu/ting/sync/record"
)

// On SQLite the one writer has locked everything already.

func (s *sqliteSession) lastPosition() (n int64, err error) {
	return n, s.one(`SELECT COALESCE(MAX(position), 0) FROM inbox`, nil, []any{&n})
}

func (s *sqliteSession) chains(names []record.Chain, _ bool) (list []Chain, err error) {
	tx := &Tx{s: s}
	for _, name := range names {
		c, err := tx.Chain(name)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func (s *sqliteSession) devicesNamed(terminals []string) (map[string]Device, error) {
	tx, found := &Tx{s: s}, map[string]Device{}
	for _, t := range terminals {
		d, err := tx.Device(t)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found[t] = d
	}
	return found, nil
}

func (s *sqliteSession) newChain(c record.Chain, branch int64, site string) (Chain, error) {
	out := Chain{Chain: c, Branch: branch, Site: site}
	err := s.one(`INSERT INTO chains (terminal, epoch, lane, branch, site, seq, hash)
		VALUES (?, ?, ?, ?, ?, 0, ?) RETURNING id`,
		[]any{c.Terminal, c.Epoch, c.Lane, branch, site, out.Hash[:]}, []any{&out.ID})
	return out, err
}

func (s *sqliteSession) append(list []Append) error {
	p, err := s.stmt(`INSERT INTO inbox (chain, seq, id, kind, version, key, body, hash, received_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for _, a := range list {
		at := millis(a.Received)
		for i := range a.Records {
			r := &a.Records[i]
			if _, err := p.ExecContext(s.ctx, a.Chain, r.Seq, r.ID[:], r.Kind, r.Version, r.Key, body(r), r.Hash[:], at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sqliteSession) moveCursors(list []Cursor) error {
	for _, c := range list {
		if _, err := s.exec(`UPDATE chains SET seq = ?, hash = ? WHERE id = ?`, []any{c.Seq, c.Hash[:], c.Chain}); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteSession) lockRevision() error { return nil }

func (s *sqliteSession) changedRows(rows []FeedPut) (changed []FeedPut, err error) {
	tx := &Tx{s: s}
	for _, r := range rows {
		old, _, err := tx.FeedRow(r.Site, r.Feed, r.Key)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if differs(err == nil && !old.Deleted, old.Value, r.Value) {
			changed = append(changed, r)
		}
	}
	return changed, nil
}

func (s *sqliteSession) putRows(rows []FeedPut, revision uint64, owner string, at time.Time) error {
	for i, r := range rows {
		if _, err := s.exec(putRow, []any{r.Site, r.Feed, r.Key, revision + uint64(i), r.Value == nil, r.Value, owner, millis(at)}); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqliteSession) forUpdate() string { return "" }

func (s *sqliteSession) identity() (string, error) { return "", nil }

func (s *sqliteSession) markSafe(cursors map[int64]int64) error {
	for chain, seq := range cursors {
		if _, err := s.exec(`UPDATE chains SET safe_seq = ? WHERE id = ? AND safe_seq < ?`, []any{seq, chain, seq}); err != nil {
			return err
		}
	}
	return nil
}
