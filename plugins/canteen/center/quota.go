package center

import (
	"errors"
	"slices"

	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/sync/center/projection"
)

// How the quota is shared. A till may spend a share until it has said that it
// took another, for it may be out of reach. So a share counts as handed out, at
// the largest of all that the till may still go by; a smaller one is given at
// once, and what it sets free only when the till has taken it. At no moment is
// more handed out than the quota, unless the quota itself is made smaller than
// what is out: then nothing is given until the tills have taken less.

func (l *Ledger) quota(tx projection.Tx, r projection.Received, q canteen.Quota) error {
	if _, err := tx.Exec(`INSERT INTO canteen_quotas (site, fen) VALUES (?, ?) ON CONFLICT (site) DO UPDATE SET fen = excluded.fen`,
		r.Site, q.Fen); err != nil {
		return err
	}
	for _, till := range q.Retired {
		if err := retire(tx, r.Site, till); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`UPDATE canteen_shares SET wanted = 0 WHERE site = ?`, r.Site); err != nil {
		return err
	}
	for till, fen := range q.Shares {
		if _, err := tx.Exec(`INSERT INTO canteen_shares (site, till, wanted, fen, serial, taken) VALUES (?, ?, ?, 0, 0, 0)
			ON CONFLICT (site, till) DO UPDATE SET wanted = excluded.wanted`, r.Site, till, fen); err != nil {
			return err
		}
	}
	return distribute(tx, r.Site)
}

// retire takes a till's share back at once. Its serial goes on rising, so that a
// till that was retired by mistake does not take an old share for its newest.
func retire(tx projection.Tx, site, till string) error {
	s := shareOf{till: till}
	err := tx.One(`SELECT serial FROM canteen_shares WHERE site = ? AND till = ?`, []any{site, till}, &s.serial)
	if errors.Is(err, projection.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM canteen_issues WHERE site = ? AND till = ?`, site, till); err != nil {
		return err
	}
	return give(tx, site, &s, 0)
}

func (l *Ledger) share(tx projection.Tx, r projection.Received, s canteen.Share) error {
	n, err := tx.Exec(`UPDATE canteen_shares SET taken = ? WHERE site = ? AND till = ? AND serial >= ? AND taken < ?`,
		s.Serial, r.Site, s.Till, s.Serial, s.Serial)
	if err != nil || n == 0 {
		return err // of a till that is retired, or an older share than the one taken
	}
	if _, err := tx.Exec(`DELETE FROM canteen_issues WHERE site = ? AND till = ? AND serial < ?`, r.Site, s.Till, s.Serial); err != nil {
		return err
	}
	return distribute(tx, r.Site)
}

// shareOf is a till's place in the quota.
type shareOf struct {
	till        string
	wanted, fen int64
	serial      int64
	out         int64 // the largest that the till may go by
	taken       int64
}

func shares(q projection.Querier, site string) (list []shareOf, err error) {
	err = q.Each(`SELECT s.till, s.wanted, s.fen, s.serial, s.taken, COALESCE(MAX(i.fen), 0)
		FROM canteen_shares s LEFT JOIN canteen_issues i ON i.site = s.site AND i.till = s.till
		WHERE s.site = ? GROUP BY s.till, s.wanted, s.fen, s.serial, s.taken ORDER BY s.till`, []any{site}, func(scan func(...any) error) error {
		var s shareOf
		err := scan(&s.till, &s.wanted, &s.fen, &s.serial, &s.taken, &s.out)
		list = append(list, s)
		return err
	})
	return list, err
}

// distribute gives every till what it is to have, as far as it is free.
func distribute(tx projection.Tx, site string) error {
	var quota int64
	err := tx.One(`SELECT fen FROM canteen_quotas WHERE site = ?`, []any{site}, &quota)
	if errors.Is(err, projection.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := shares(tx, site)
	if err != nil {
		return err
	}
	for i := range list {
		if s := &list[i]; s.wanted < s.fen {
			if err := give(tx, site, s, s.wanted); err != nil {
				return err
			}
		}
	}
	free := quota
	for _, s := range list {
		free -= s.out
	}
	// Those with the least are given first, so that no counter stands idle.
	slices.SortStableFunc(list, func(a, b shareOf) int { return int(min(max(a.fen-b.fen, -1), 1)) })
	for i := range list {
		s := &list[i]
		if s.wanted <= s.fen {
			continue
		}
		// What is out for this till already is no more to hand out.
		more := min(s.wanted, max(s.fen, s.out)+max(free, 0))
		if more <= s.fen {
			continue
		}
		before := s.out
		if err := give(tx, site, s, more); err != nil {
			return err
		}
		free -= s.out - before
	}
	return nil
}

// give hands a till another share.
func give(tx projection.Tx, site string, s *shareOf, fen int64) error {
	s.serial++
	s.fen, s.out = fen, max(s.out, fen)
	if _, err := tx.Exec(`UPDATE canteen_shares SET fen = ?, serial = ? WHERE site = ? AND till = ?`, fen, s.serial, site, s.till); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO canteen_issues (site, till, serial, fen) VALUES (?, ?, ?, ?)`, site, s.till, s.serial, fen); err != nil {
		return err
	}
	return tx.PutFeed(site, canteen.FeedShares, s.till, canteen.ShareRow{Fen: fen, Serial: s.serial})
}
