package store

import "time"

// Hour is what was heard of a terminal in an hour.
type Hour struct {
	Hour       time.Time // its beginning
	Contacts   int64
	Unsent     int64         // the most
	ClockError time.Duration // the largest, either way
	Troubles   int           // the most devices that were not well at once
}

// AddHour adds what was heard of a terminal to its hour.
func (tx *Tx) AddHour(terminal string, h Hour) error {
	_, err := tx.Exec(`INSERT INTO contact_hours (terminal, hour, contacts, unsent, clock_error, troubles) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (terminal, hour) DO UPDATE SET contacts = contact_hours.contacts + excluded.contacts,
			unsent = CASE WHEN excluded.unsent > contact_hours.unsent THEN excluded.unsent ELSE contact_hours.unsent END,
			clock_error = CASE WHEN ABS(excluded.clock_error) > ABS(contact_hours.clock_error)
				THEN excluded.clock_error ELSE contact_hours.clock_error END,
			troubles = CASE WHEN excluded.troubles > contact_hours.troubles THEN excluded.troubles ELSE contact_hours.troubles END`,
		terminal, millis(h.Hour), h.Contacts, h.Unsent, h.ClockError.Milliseconds(), h.Troubles)
	return err
}

// Hours lists what was heard of a terminal since a moment, the oldest first.
func (tx *Tx) Hours(terminal string, since time.Time) (list []Hour, err error) {
	err = tx.Each(`SELECT hour, contacts, unsent, clock_error, troubles FROM contact_hours
		WHERE terminal = ? AND hour >= ? ORDER BY hour`, []any{terminal, millis(since)}, func(scan func(...any) error) error {
		var h Hour
		var hour, clock int64
		err := scan(&hour, &h.Contacts, &h.Unsent, &clock, &h.Troubles)
		h.Hour, h.ClockError = fromMillis(hour), time.Duration(clock)*time.Millisecond
		list = append(list, h)
		return err
	})
	return list, err
}

// DropHours forgets what was heard before a moment.
func (tx *Tx) DropHours(before time.Time) error {
	_, err := tx.Exec(`DELETE FROM contact_hours WHERE hour < ?`, millis(before))
	return err
}

// ChainsOf lists the cursors of a terminal, the newest epoch first.
func (tx *Tx) ChainsOf(terminal string) (list []Chain, err error) {
	err = tx.Each(`SELECT id, terminal, epoch, lane, branch, site, seq, hash, safe_seq FROM chains
		WHERE terminal = ? ORDER BY epoch DESC, lane DESC, branch`, []any{terminal}, func(scan func(...any) error) error {
		var c Chain
		var hash []byte
		err := scan(&c.ID, &c.Terminal, &c.Epoch, &c.Lane, &c.Branch, &c.Site, &c.Seq, &hash, &c.SafeSeq)
		copy(c.Hash[:], hash)
		list = append(list, c)
		return err
	})
	return list, err
}

// LatestOf calls fn for a chain's newest records, the newest first, at most limit.
func (tx *Tx) LatestOf(chain int64, limit int, fn func(Received) error) error {
	return tx.Each(selectReceived+`WHERE i.chain = ? ORDER BY i.seq DESC LIMIT ?`, []any{chain, limit}, received(fn))
}
