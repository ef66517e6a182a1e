package center

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/luohu/ting/plugins/hall"
	"github.com/luohu/ting/sync/center/projection"
)

// listedFor is how long a case stays in the feeds after it is over: its applicant
// may still ask how it ended, and say how he was served.
const listedFor = 60 * 24 * time.Hour

func (h *Hall) load(q projection.Querier, site, number string) (f hall.CaseFile, listed bool, err error) {
	var file string
	err = q.One(`SELECT file, listed FROM hall_cases WHERE site = ? AND number = ?`, []any{site, number}, &file, &listed)
	if errors.Is(err, projection.ErrNotFound) {
		return f, true, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(file), &f)
	}
	return f, listed, err
}

// save stores a case and tells the site of it.
func (h *Hall) save(tx projection.Tx, site, number string, f hall.CaseFile, listed bool) error {
	if f.Chain.Version > 0 && f.Rating == 0 {
		err := tx.One(`SELECT grade FROM hall_ratings WHERE site = ? AND number = ? ORDER BY at, id LIMIT 1`, []any{site, number}, &f.Rating)
		if err != nil && !errors.Is(err, projection.ErrNotFound) {
			return err
		}
	}
	file, err := json.Marshal(f)
	if err != nil {
		return err
	}
	var opened, over int64
	s := f.Case.Submitted
	if f.Chain.Version > 0 {
		opened = s.At.UnixMicro()
	}
	if n := len(f.Case.History); f.Case.State.Over() && n > 0 {
		over = f.Case.History[n-1].At.UnixMicro()
	}
	_, err = tx.Exec(`INSERT INTO hall_cases (site, number, service, state, opened, over, listed, unsettled, file) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (site, number) DO UPDATE SET service = excluded.service, state = excluded.state, opened = excluded.opened,
			over = excluded.over, listed = excluded.listed, unsettled = excluded.unsettled, file = excluded.file`,
		site, number, s.Service, string(f.Case.State), opened, over, listed, len(f.Chain.Unsettled())+len(f.Duplicates), string(file))
	if err != nil || f.Chain.Version == 0 || !listed {
		return err
	}
	if err := tx.PutFeed(site, hall.FeedProgress, number, f.Progress()); err != nil {
		return err
	}
	if err := tx.PutFeed(site, hall.FeedCases, number, f); err != nil {
		return err
	}
	if over > 0 {
		return h.dropPages(tx, site, number)
	}
	return nil
}

// dropPages takes a case's pictures out of the feed.
func (h *Hall) dropPages(tx projection.Tx, site, number string) error {
	keys, err := texts(tx, `SELECT key FROM hall_pages WHERE site = ? AND number = ?`, site, number)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := tx.DeleteFeed(site, hall.FeedPages, key); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`DELETE FROM hall_pages WHERE site = ? AND number = ?`, site, number)
	return err
}

// texts are the first columns of a query's rows.
func texts(q projection.Querier, query string, args ...any) (all []string, err error) {
	err = q.Each(query, args, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		all = append(all, s)
		return err
	})
	return all, err
}

func (h *Hall) page(tx projection.Tx, r projection.Received, p hall.Page) error {
	if p.Case == "" || p.Digest == "" || p.Parts < 1 || p.Part < 0 || p.Part >= p.Parts || len(p.Bytes) == 0 {
		return lacks("a case, a digest or a picture")
	}
	f, _, err := h.load(tx, r.Site, p.Case)
	if err != nil || f.Case.State.Over() {
		return err
	}
	key := hall.PageKey(p)
	if _, err := tx.Exec(`INSERT INTO hall_pages (site, number, key) VALUES (?, ?, ?) ON CONFLICT (site, number, key) DO NOTHING`, r.Site, p.Case, key); err != nil {
		return err
	}
	return tx.PutFeed(r.Site, hall.FeedPages, key, p)
}

func (h *Hall) submitted(tx projection.Tx, r projection.Received, s hall.Submitted) error {
	if s.ID == "" || s.Case == "" || s.Service == "" || s.At.IsZero() {
		return lacks("an id, a case, a service or a time")
	}
	if err := h.unlist(tx, r.Site, s.At.Add(-listedFor)); err != nil {
		return err
	}
	f, listed, err := h.load(tx, r.Site, s.Case)
	if err != nil {
		return err
	}
	f.Open(s)
	if err := h.visited(tx, r.Site, s.Case, s.At); err != nil {
		return err
	}
	return h.save(tx, r.Site, s.Case, f, listed)
}

// unlist takes cases out of the feeds that were over before a time, a few at each call.
func (h *Hall) unlist(tx projection.Tx, site string, before time.Time) error {
	const atOnce = 20
	numbers, err := texts(tx, `SELECT number FROM hall_cases WHERE site = ? AND listed = 1 AND over > 0 AND over < ? ORDER BY over, number LIMIT ?`,
		site, before.UnixMicro(), atOnce)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		for _, feed := range []string{hall.FeedProgress, hall.FeedCases} {
			if err := tx.DeleteFeed(site, feed, n); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`UPDATE hall_cases SET listed = 0 WHERE site = ? AND number = ?`, site, n); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hall) changed(tx projection.Tx, r projection.Received, c hall.Change) error {
	fromDesk := r.Kind == hall.KindDeskChanged.Name
	switch {
	case c.ID == "" || c.Case == "" || c.At.IsZero() || c.Expected < 1 || c.After == "":
		return lacks("an id, a case, a time or the version it was made upon")
	case fromDesk != (c.By != ""):
		// A terminal must not speak for a clerk, nor a desk for the applicant.
		return projection.Permanent(errors.New("a change by somebody else than its kind says"))
	}
	f, listed, err := h.load(tx, r.Site, c.Case)
	if err != nil {
		return err
	}
	f.Take(c)
	if !fromDesk || c.Action == hall.HandOut {
		if err := h.visited(tx, r.Site, c.Case, c.At); err != nil {
			return err
		}
	}
	return h.save(tx, r.Site, c.Case, f, listed)
}

// visited notes a day on which an applicant was there.
func (h *Hall) visited(tx projection.Tx, site, number string, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO hall_visits (site, number, day) VALUES (?, ?, ?) ON CONFLICT (site, number, day) DO NOTHING`, site, number, h.day(at))
	return err
}

func (h *Hall) rated(tx projection.Tx, r projection.Received, q hall.Rated) error {
	if q.Case == "" || q.At.IsZero() || q.Grade < 1 || q.Grade > 5 {
		return lacks("a case, a time or a grade of 1 to 5")
	}
	causes, err := json.Marshal(q.Causes)
	if err != nil {
		return err
	}
	if bytes.Equal(causes, []byte("null")) {
		causes = []byte("[]")
	}
	if _, err := tx.Exec(`INSERT INTO hall_ratings (id, site, number, grade, causes, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		r.ID[:], r.Site, q.Case, q.Grade, string(causes), q.At.UnixMicro()); err != nil {
		return err
	}
	f, listed, err := h.load(tx, r.Site, q.Case)
	if err != nil || f.Chain.Version == 0 {
		return err // it is found when the case comes
	}
	f.Rating = 0 // the earliest counts, whichever came first
	return h.save(tx, r.Site, q.Case, f, listed)
}

func (h *Hall) loadTicket(q projection.Querier, site, id string) (t hall.Ticket, err error) {
	var raw string
	err = q.One(`SELECT ticket FROM hall_tickets WHERE site = ? AND id = ?`, []any{site, id}, &raw)
	if errors.Is(err, projection.ErrNotFound) {
		return t, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(raw), &t)
	}
	return t, err
}

func (h *Hall) ticket(tx projection.Tx, r projection.Received, taken hall.TicketTaken) error {
	if taken.ID == "" || taken.Number == "" || taken.Day == "" || taken.At.IsZero() {
		return lacks("an id, a number, a day or a time")
	}
	// Yesterday's tickets are nobody's any more.
	old, err := texts(tx, `SELECT id FROM hall_tickets WHERE site = ? AND listed = 1 AND day <> '' AND day < ? ORDER BY id`, r.Site, taken.Day)
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := tx.DeleteFeed(r.Site, hall.FeedQueue, id); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE hall_tickets SET listed = 0 WHERE site = ? AND id = ?`, r.Site, id); err != nil {
			return err
		}
	}
	t, err := h.loadTicket(tx, r.Site, taken.ID)
	if err != nil {
		return err
	}
	t.Open(taken)
	return h.saveTicket(tx, r.Site, taken.ID, t)
}

func (h *Hall) queue(tx projection.Tx, r projection.Received, q hall.QueueChange) error {
	if q.ID == "" || q.Ticket == "" || q.Window == "" || q.By == "" || q.At.IsZero() || q.Expected < 1 || q.After == "" {
		return lacks("an id, a ticket, a window, a clerk, a time or the version it was made upon")
	}
	t, err := h.loadTicket(tx, r.Site, q.Ticket)
	if err != nil {
		return err
	}
	t.Take(q)
	return h.saveTicket(tx, r.Site, q.Ticket, t)
}

func (h *Hall) saveTicket(tx projection.Tx, site, id string, t hall.Ticket) error {
	raw, err := json.Marshal(t)
	if err != nil {
		return err
	}
	// A ticket of an earlier day that arrives late is not listed any more.
	var newest string
	if err := tx.One(`SELECT COALESCE(MAX(day), '') FROM hall_tickets WHERE site = ?`, []any{site}, &newest); err != nil {
		return err
	}
	listed := t.Chain.Version > 0 && t.Taken.Day >= newest
	if _, err := tx.Exec(`INSERT INTO hall_tickets (site, id, day, listed, ticket) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (site, id) DO UPDATE SET day = excluded.day, listed = excluded.listed, ticket = excluded.ticket`,
		site, id, t.Taken.Day, listed, string(raw)); err != nil {
		return err
	}
	if t.Taken.Case != "" && (t.State == hall.Served || t.State == hall.Done) {
		if err := h.visited(tx, site, t.Taken.Case, t.CalledAt); err != nil {
			return err
		}
	}
	if !listed {
		return nil
	}
	return tx.PutFeed(site, hall.FeedQueue, id, t)
}
