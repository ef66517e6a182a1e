package center

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/sync/center/projection"
)

// refresh makes a copy's history anew and tells the site what changed by it.
func (c *Circulation) refresh(tx projection.Tx, site, copyID string) error {
	events, err := readEvents(tx, site, copyID)
	if err != nil {
		return err
	}
	h := history(events, c.zone)
	people, titles, err := c.writeLoans(tx, site, copyID, h)
	if err != nil {
		return err
	}
	title := ""
	for _, l := range h.loans {
		if l.Title != "" {
			title = l.Title
		}
	}
	if title != "" {
		titles[title] = true
	}
	open := h.open()
	here := len(open) == 0
	_, err = tx.Exec(`INSERT INTO library_copies (site, copy, title, at, here, held_for) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (site, copy) DO UPDATE SET title = excluded.title, at = excluded.at, here = excluded.here, held_for = excluded.held_for`,
		site, copyID, title, h.last.UnixMicro(), here, h.heldFor)
	if err != nil {
		return err
	}
	if err := c.double(tx, site, copyID, open); err != nil {
		return err
	}
	if err := c.publishCopy(tx, site, copyID); err != nil {
		return err
	}
	for title := range titles {
		waiting, err := c.publishHolds(tx, site, title)
		if err != nil {
			return err
		}
		for _, w := range waiting {
			people[w] = true
		}
	}
	for person := range people {
		if err := c.publishReader(tx, site, person); err != nil {
			return err
		}
	}
	return nil
}

func readEvents(q projection.Querier, site, copyID string) (events []event, err error) {
	err = q.Each(`SELECT id, kind, body FROM library_events WHERE site = ? AND copy = ?`, []any{site, copyID},
		func(scan func(...any) error) error {
			var id, kind string
			var body []byte
			if err := scan(&id, &kind, &body); err != nil {
				return err
			}
			e, _, err := decode(id, kind, body)
			events = append(events, e)
			return err
		})
	return events, err
}

// loanRow is a row of library_loans without what never changes.
type loanRow struct {
	person, title, due string
	renewals, late     int
	ended, fine        int64
	how                string
}

// writeLoans brings library_loans to what the history says, and returns whom and
// which titles it concerns.
func (c *Circulation) writeLoans(tx projection.Tx, site, copyID string, h copyHistory) (people, titles map[string]bool, err error) {
	people, titles = map[string]bool{}, map[string]bool{}
	before := map[string]loanRow{}
	err = tx.Each(`SELECT id, person, title, due, renewals, late, ended, fine, how FROM library_loans WHERE site = ? AND copy = ?`, []any{site, copyID},
		func(scan func(...any) error) error {
			var id string
			var l loanRow
			err := scan(&id, &l.person, &l.title, &l.due, &l.renewals, &l.late, &l.ended, &l.fine, &l.how)
			before[id] = l
			return err
		})
	if err != nil {
		return nil, nil, err
	}
	for _, l := range h.loans {
		now := loanRow{l.Person, l.Title, l.Due, l.Renewals, l.late, 0, l.fine, l.how}
		if !l.open() {
			now.ended = l.ended.UnixMicro()
		}
		if old, known := before[l.ID]; known && old == now {
			continue
		}
		people[l.Person] = true
		if l.Title != "" {
			titles[l.Title] = true
		}
		_, err := tx.Exec(`INSERT INTO library_loans (id, site, copy, title, person, at, due, renewals, per_day, most, ended, how, late, fine)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET due = excluded.due, renewals = excluded.renewals, ended = excluded.ended, how = excluded.how,
			late = excluded.late, fine = excluded.fine`,
			l.ID, site, copyID, l.Title, l.Person, l.At.UnixMicro(), l.Due, l.Renewals, l.FinePerDay, l.FineMost, now.ended, l.how, l.late, l.fine)
		if err != nil {
			return nil, nil, err
		}
	}
	return people, titles, nil
}

// double raises a librarian's task while more than one loan of a copy is open,
// and takes it back when that is over.
func (c *Circulation) double(tx projection.Tx, site, copyID string, open []library.OpenLoan) error {
	id := library.TaskDouble + "/" + copyID
	if len(open) < 2 {
		if _, err := tx.Exec(`DELETE FROM library_tasks WHERE site = ? AND id = ?`, site, id); err != nil {
			return err
		}
		return tx.DeleteFeed(site, library.FeedTasks, id)
	}
	return c.putTask(tx, site, library.TaskRow{ID: id, Kind: library.TaskDouble, Copy: copyID, At: open[len(open)-1].At, Loans: open})
}

// task raises a task that lasts until a librarian decides on it, unless he has.
func (c *Circulation) task(tx projection.Tx, site string, t library.TaskRow) error {
	var at int64
	switch err := tx.One(`SELECT at FROM library_settled WHERE site = ? AND task = ?`, []any{site, t.ID}, &at); {
	case err == nil:
		return nil
	case !errors.Is(err, projection.ErrNotFound):
		return err
	}
	return c.putTask(tx, site, t)
}

func (c *Circulation) putTask(tx projection.Tx, site string, t library.TaskRow) error {
	t.At = t.At.In(c.zone)
	row, err := json.Marshal(t)
	if err != nil {
		return projection.Permanent(err)
	}
	_, err = tx.Exec(`INSERT INTO library_tasks (site, id, at, row) VALUES (?, ?, ?, ?)
		ON CONFLICT (site, id) DO UPDATE SET at = excluded.at, row = excluded.row`, site, t.ID, t.At.UnixMicro(), row)
	if err != nil {
		return err
	}
	return tx.PutFeed(site, library.FeedTasks, t.ID, json.RawMessage(row))
}

// settle ends a task of a kind that does not end by itself.
func (c *Circulation) settle(tx projection.Tx, site, task string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO library_settled (site, task, at) VALUES (?, ?, ?) ON CONFLICT (site, task) DO NOTHING`, site, task, at.UnixMicro())
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM library_tasks WHERE site = ? AND id = ?`, site, task); err != nil {
		return err
	}
	return tx.DeleteFeed(site, library.FeedTasks, task)
}

// hold keeps the newest word of somebody on a title.
func (c *Circulation) hold(tx projection.Tx, site string, h library.Hold) error {
	placed, cancelled := h.At.UnixMicro(), int64(0)
	if h.Cancelled {
		placed, cancelled = 0, placed
	}
	_, err := tx.Exec(`INSERT INTO library_holds (site, title, person, placed, cancelled) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (site, title, person) DO UPDATE SET
		placed = CASE WHEN excluded.placed > library_holds.placed THEN excluded.placed ELSE library_holds.placed END,
		cancelled = CASE WHEN excluded.cancelled > library_holds.cancelled THEN excluded.cancelled ELSE library_holds.cancelled END`,
		site, h.Title, h.Person, placed, cancelled)
	if err != nil {
		return err
	}
	waiting, err := c.publishHolds(tx, site, h.Title)
	if err != nil {
		return err
	}
	for _, person := range append(waiting, h.Person) {
		if err := c.publishReader(tx, site, person); err != nil {
			return err
		}
	}
	return nil
}

// queue is who waits for a title, the first one first, with the copies that stand
// on the hold shelf for them. A hold is over once its reader has borrowed the title.
func queue(q projection.Querier, zone *time.Location, site, title string) (waiting []library.Waiting, err error) {
	err = q.Each(`SELECT person, placed FROM library_holds h WHERE site = ? AND title = ? AND placed > cancelled
		AND NOT EXISTS (SELECT 1 FROM library_loans l WHERE l.site = h.site AND l.title = h.title AND l.person = h.person
			AND l.at >= h.placed AND l.how <> 'undone') ORDER BY placed, person`, []any{site, title},
		func(scan func(...any) error) error {
			var w library.Waiting
			var at int64
			err := scan(&w.Person, &at)
			w.At = time.UnixMicro(at).In(zone)
			waiting = append(waiting, w)
			return err
		})
	if err != nil || len(waiting) == 0 {
		return nil, err
	}
	err = q.Each(`SELECT copy, held_for FROM library_copies WHERE site = ? AND title = ? AND here = 1 AND held_for <> '' ORDER BY copy`, []any{site, title},
		func(scan func(...any) error) error {
			var copyID, person string
			if err := scan(&copyID, &person); err != nil {
				return err
			}
			if i := slices.IndexFunc(waiting, func(w library.Waiting) bool { return w.Person == person && w.Ready == "" }); i >= 0 {
				waiting[i].Ready = copyID
			}
			return nil
		})
	return waiting, err
}

// publishHolds tells the site who waits for a title, and which copies stand on the
// hold shelf; it returns who waits.
func (c *Circulation) publishHolds(tx projection.Tx, site, title string) (people []string, err error) {
	waiting, err := queue(tx, c.zone, site, title)
	if err != nil {
		return nil, err
	}
	for _, w := range waiting {
		people = append(people, w.Person)
	}
	if len(waiting) == 0 {
		err = tx.DeleteFeed(site, library.FeedHolds, title)
	} else {
		err = tx.PutFeed(site, library.FeedHolds, title, library.HoldsRow{Waiting: waiting})
	}
	if err != nil {
		return nil, err
	}
	var held []string
	err = tx.Each(`SELECT copy FROM library_copies WHERE site = ? AND title = ? AND held_for <> ''`, []any{site, title},
		func(scan func(...any) error) error {
			var copyID string
			err := scan(&copyID)
			held = append(held, copyID)
			return err
		})
	for _, copyID := range held {
		if err == nil {
			err = c.publishCopy(tx, site, copyID)
		}
	}
	return people, err
}

// publishCopy tells the site where a copy is.
func (c *Circulation) publishCopy(tx projection.Tx, site, copyID string) error {
	row, err := copyRow(tx, c.zone, site, copyID)
	if err != nil {
		return err
	}
	return tx.PutFeed(site, library.FeedCopies, copyID, row)
}

// copyRow is where a copy is; ErrNotFound when no record is of it. Of two open
// loans the later one is told: whoever has it came last.
func copyRow(q projection.Querier, zone *time.Location, site, copyID string) (row library.CopyRow, err error) {
	var at int64
	var title, heldFor string
	if err := q.One(`SELECT title, at, held_for FROM library_copies WHERE site = ? AND copy = ?`, []any{site, copyID}, &title, &at, &heldFor); err != nil {
		return row, err
	}
	row.At = time.UnixMicro(at).In(zone)
	open, err := openLoans(q, zone, `site = ? AND copy = ?`, site, copyID)
	if err != nil {
		return row, err
	}
	if len(open) > 0 {
		row.Loan = &open[len(open)-1]
		return row, nil
	}
	if heldFor == "" {
		return row, nil
	}
	waiting, err := queue(q, zone, site, title)
	if slices.ContainsFunc(waiting, func(w library.Waiting) bool { return w.Person == heldFor && w.Ready == copyID }) {
		row.HeldFor = heldFor
	}
	return row, err
}

// openLoans are open loans by the time they began. where is a constant of this package.
func openLoans(q projection.Querier, zone *time.Location, where string, args ...any) (loans []library.OpenLoan, err error) {
	err = q.Each(`SELECT id, copy, title, person, at, due, renewals, per_day, most FROM library_loans WHERE ended = 0 AND `+where+` ORDER BY at, id`, args,
		func(scan func(...any) error) error {
			var l library.OpenLoan
			var at int64
			err := scan(&l.ID, &l.Copy, &l.Title, &l.Person, &at, &l.Due, &l.Renewals, &l.FinePerDay, &l.FineMost)
			l.At = time.UnixMicro(at).In(zone)
			loans = append(loans, l)
			return err
		})
	return loans, err
}

// charges is how many of a reader's charges go down to the terminals.
const chargesTold = 20

// publishReader tells the site what somebody has and owes.
func (c *Circulation) publishReader(tx projection.Tx, site, person string) error {
	row, err := readerRow(tx, c.zone, site, person)
	if err != nil {
		return err
	}
	if len(row.Loans) == 0 && len(row.Holds) == 0 && len(row.Charges) == 0 && row.Owes == 0 {
		return tx.DeleteFeed(site, library.FeedReaders, person)
	}
	return tx.PutFeed(site, library.FeedReaders, person, row)
}

func readerRow(q projection.Querier, zone *time.Location, site, person string) (row library.ReaderRow, err error) {
	if row.Loans, err = openLoans(q, zone, `site = ? AND person = ?`, site, person); err != nil {
		return row, err
	}
	var titles []string
	err = q.Each(`SELECT title FROM library_holds WHERE site = ? AND person = ? AND placed > cancelled ORDER BY placed, title`, []any{site, person},
		func(scan func(...any) error) error {
			var title string
			err := scan(&title)
			titles = append(titles, title)
			return err
		})
	if err != nil {
		return row, err
	}
	for _, title := range titles {
		waiting, err := queue(q, zone, site, title)
		if err != nil {
			return row, err
		}
		for _, w := range waiting {
			if w.Person == person {
				row.Holds = append(row.Holds, library.ReaderHold{Title: title, At: w.At, Ready: w.Ready})
			}
		}
	}
	err = q.Each(`SELECT copy, title, late, fine FROM library_loans WHERE site = ? AND person = ? AND fine > 0 ORDER BY ended DESC, id LIMIT ?`,
		[]any{site, person, chargesTold}, func(scan func(...any) error) error {
			var ch library.Charge
			err := scan(&ch.Copy, &ch.Title, &ch.Days, &ch.Fen)
			row.Charges = append(row.Charges, ch)
			return err
		})
	if err != nil {
		return row, err
	}
	var fines, paid int64
	if err := q.One(`SELECT CAST(COALESCE(SUM(fine), 0) AS BIGINT) FROM library_loans WHERE site = ? AND person = ?`, []any{site, person}, &fines); err != nil {
		return row, err
	}
	if err := q.One(`SELECT CAST(COALESCE(SUM(fen), 0) AS BIGINT) FROM library_fees WHERE site = ? AND person = ?`, []any{site, person}, &paid); err != nil {
		return row, err
	}
	row.Owes = fines - paid
	var paidAt int64
	if err := q.One(`SELECT COALESCE(MAX(at), 0) FROM library_fees WHERE site = ? AND person = ?`, []any{site, person}, &paidAt); err != nil {
		return row, err
	}
	if paidAt > 0 {
		row.PaidAt = time.UnixMicro(paidAt).In(zone)
	}
	if row.Owes <= 0 {
		row.Charges = nil
	}
	return row, nil
}
