package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/luohu/ting/sync/record"
)

// The log is partitioned by the month in which the center received a record (UTC):
// old months can be detached and kept elsewhere as whole tables.

// monthOf is the first moment of a moment's month.
func monthOf(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

func monthName(month time.Time) string { return month.Format("inbox_2006_01") }

func (s *postgresSession) lastPosition() (n int64, err error) {
	return n, s.one(`SELECT position FROM log_head`, nil, []any{&n})
}

// chains locks in the order of IDs, so that no two processes can wait for each
// other.
func (s *postgresSession) chains(names []record.Chain, lock bool) (list []Chain, err error) {
	locking := ""
	if lock {
		locking = " FOR UPDATE OF c"
	}
	terminals, epochs, lanes := make([]string, len(names)), make([]int64, len(names)), make([]int64, len(names))
	for i, n := range names {
		terminals[i], epochs[i], lanes[i] = encodeText(n.Terminal), n.Epoch, int64(n.Lane)
	}
	err = s.each(`SELECT c.id, c.terminal, c.epoch, c.lane, c.site, c.seq, c.hash, c.safe_seq,
			EXISTS (SELECT 1 FROM forks f WHERE f.chain = c.id AND f.adopted_at = 0)
		FROM chains c JOIN unnest(?::text[], ?::bigint[], ?::bigint[]) AS n (terminal, epoch, lane)
			ON c.terminal = n.terminal COLLATE "C" AND c.epoch = n.epoch AND c.lane = n.lane
		WHERE c.branch = 0 ORDER BY c.id`+locking,
		[]any{terminals, epochs, lanes}, func(scan func(...any) error) error {
			var c Chain
			var hash []byte
			err := scan(&c.ID, &c.Terminal, &c.Epoch, &c.Lane, &c.Site, &c.Seq, &hash, &c.SafeSeq, &c.Forked)
			copy(c.Hash[:], hash)
			list = append(list, c)
			return err
		})
	return list, err
}

func (s *postgresSession) devicesNamed(terminals []string) (map[string]Device, error) {
	odd := make([]string, len(terminals))
	for i, t := range terminals {
		odd[i] = encodeText(t)
	}
	found := map[string]Device{}
	err := s.each(selectDevice+`WHERE terminal = ANY(?)`, []any{odd}, func(scan func(...any) error) error {
		d, err := scanDevice(scan)
		found[d.Terminal] = d
		return err
	})
	return found, err
}

// newChain fails with errRaced when another process has just begun it.
func (s *postgresSession) newChain(c record.Chain, branch int64, site string) (Chain, error) {
	out := Chain{Chain: c, Branch: branch, Site: site}
	err := s.one(`INSERT INTO chains (terminal, epoch, lane, branch, site, seq, hash)
		VALUES (?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING RETURNING id`,
		[]any{c.Terminal, c.Epoch, c.Lane, branch, site, out.Hash[:]}, []any{&out.ID})
	if errors.Is(err, ErrNotFound) {
		err = errRaced
	}
	return out, err
}

var inboxColumns = []string{"position", "chain", "seq", "id", "kind", "version", "key", "body", "hash", "received_at"}

func (s *postgresSession) append(list []Append) (err error) {
	defer func() {
		if err != nil {
			s.e.months.Clear()
		}
	}()
	count := int64(0)
	for _, a := range list {
		count += int64(len(a.Records))
		if err := s.openMonth(monthOf(a.Received)); err != nil {
			return err
		}
	}
	// The row stays locked until the commit: nobody can give, and nobody can see, a
	// later position before these.
	var last int64
	if err := s.one(`UPDATE log_head SET position = position + ? RETURNING position`, []any{count}, []any{&last}); err != nil {
		return err
	}
	rows := &appended{list: list, position: last - count}
	n, err := s.tx.CopyFrom(s.ctx, pgx.Identifier{"inbox"}, inboxColumns, rows)
	if err == nil && n != count {
		err = fmt.Errorf("%d of %d records were copied", n, count)
	}
	return err
}

// openMonth makes the partitions of a month and of the next, unless they are
// there. Attaching a table, unlike making it in its place, waits for no reader: a
// backup may run.
func (s *postgresSession) openMonth(month time.Time) error {
	if _, open := s.e.months.Load(month); open {
		return nil
	}
	missing := 0
	for _, m := range []time.Time{month, month.AddDate(0, 1, 0)} {
		var there bool
		if err := s.one(`SELECT to_regclass(?) IS NOT NULL`, []any{monthName(m)}, []any{&there}); err != nil {
			return err
		}
		if there {
			continue
		}
		missing++
		// Another process may be about to make it.
		if err := s.script(fmt.Sprintf(`SELECT pg_advisory_xact_lock(%[4]d);
			CREATE TABLE IF NOT EXISTS %[1]s (LIKE inbox INCLUDING ALL);
			CREATE UNIQUE INDEX IF NOT EXISTS %[1]s_position ON %[1]s (position);
			CREATE UNIQUE INDEX IF NOT EXISTS %[1]s_chain ON %[1]s (chain, seq);
			DO $$ BEGIN
				IF NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = '%[1]s'::regclass) THEN
					ALTER TABLE inbox ATTACH PARTITION %[1]s FOR VALUES FROM (%[2]d) TO (%[3]d);
				END IF;
			END $$`, monthName(m), m.UnixMilli(), m.AddDate(0, 1, 0).UnixMilli(), monthLock)); err != nil {
			return fmt.Errorf("make the partition %s: %w", monthName(m), err)
		}
	}
	if missing == 0 { // else this transaction may yet fail
		s.e.months.Store(month, true)
	}
	return nil
}

// appended is what CopyFrom reads.
type appended struct {
	list     []Append
	next     int   // record of list[0]
	position int64 // of the last record read
	row      [10]any
}

// Next implements pgx.CopyFromSource.
func (a *appended) Next() bool {
	for len(a.list) > 0 && a.next == len(a.list[0].Records) {
		a.list, a.next = a.list[1:], 0
	}
	if len(a.list) == 0 {
		return false
	}
	a.next++
	a.position++
	return true
}

// Values implements pgx.CopyFromSource.
func (a *appended) Values() ([]any, error) {
	r := &a.list[0].Records[a.next-1]
	a.row = [10]any{a.position, a.list[0].Chain, r.Seq, r.ID[:], encodeText(r.Kind), int64(r.Version), encodeText(r.Key), body(r), r.Hash[:], millis(a.list[0].Received)}
	return a.row[:], nil
}

// Err implements pgx.CopyFromSource.
func (a *appended) Err() error { return nil }

func (s *postgresSession) moveCursors(list []Cursor) error {
	ids, seqs, hashes := make([]int64, len(list)), make([]int64, len(list)), make([][]byte, len(list))
	for i, c := range list {
		ids[i], seqs[i], hashes[i] = c.Chain, c.Seq, c.Hash[:]
	}
	_, err := s.exec(`UPDATE chains c SET seq = n.seq, hash = n.hash
		FROM unnest(?::bigint[], ?::bigint[], ?::bytea[]) AS n (id, seq, hash) WHERE c.id = n.id`, []any{ids, seqs, hashes})
	return err
}

func (s *postgresSession) lockRevision() error {
	// The row must be there to be locked.
	var value string
	return s.one(`INSERT INTO meta (name, value) VALUES (?, '0') ON CONFLICT (name) DO UPDATE SET value = meta.value RETURNING value`,
		[]any{metaRevision}, []any{&value})
}

// across is rows as arrays, one for each column.
func across(rows []FeedPut) (sites, feeds, keys []string, values [][]byte) {
	for _, r := range rows {
		sites, feeds, keys = append(sites, encodeText(r.Site)), append(feeds, encodeText(r.Feed)), append(keys, encodeText(r.Key))
		values = append(values, r.Value)
	}
	return sites, feeds, keys, values
}

func (s *postgresSession) changedRows(rows []FeedPut) (changed []FeedPut, err error) {
	sites, feeds, keys, values := across(rows)
	return changed, s.each(`SELECT n.place
		FROM unnest(?::text[], ?::text[], ?::text[], ?::bytea[]) WITH ORDINALITY AS n (site, feed, key, value, place)
			LEFT JOIN feed_rows f ON f.site = n.site COLLATE "C" AND f.feed = n.feed COLLATE "C" AND f.key = n.key COLLATE "C" AND f.deleted = 0
		WHERE f.value IS DISTINCT FROM n.value OR (f.key IS NULL) <> (n.value IS NULL) ORDER BY n.place`,
		[]any{sites, feeds, keys, values}, func(scan func(...any) error) error {
			var place int
			err := scan(&place)
			if err == nil {
				changed = append(changed, rows[place-1])
			}
			return err
		})
}

func (s *postgresSession) putRows(rows []FeedPut, revision uint64, owner string, at time.Time) error {
	sites, feeds, keys, values := across(rows)
	_, err := s.exec(`INSERT INTO feed_rows (site, feed, key, revision, deleted, value, owner, changed_at)
		SELECT n.site, n.feed, n.key, ?::bigint + n.place - 1, (n.value IS NULL)::int, n.value, ?, ?
		FROM unnest(?::text[], ?::text[], ?::text[], ?::bytea[]) WITH ORDINALITY AS n (site, feed, key, value, place)`+orReplace,
		[]any{int64(revision), owner, millis(at), sites, feeds, keys, values})
	return err
}

func (s *postgresSession) markSafe(cursors map[int64]int64) error {
	ids, seqs := make([]int64, 0, len(cursors)), make([]int64, 0, len(cursors))
	for id, seq := range cursors {
		ids, seqs = append(ids, id), append(seqs, seq)
	}
	// Locked in the order of IDs first, as by chains.
	_, err := s.exec(`WITH locked AS (SELECT id FROM chains WHERE id = ANY(?) ORDER BY id FOR UPDATE)
		UPDATE chains c SET safe_seq = n.seq
		FROM unnest(?::bigint[], ?::bigint[]) AS n (id, seq) JOIN locked l ON l.id = n.id
		WHERE c.id = n.id AND c.safe_seq < n.seq`, []any{ids, ids, seqs})
	return err
}
