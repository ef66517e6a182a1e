package store

import "time"

// Refusal sums up what was refused on one day for one reason, of one terminal
// from one address.
type Refusal struct {
	Reason   string // "up.revoked", "enrol.code", "tls", …
	Terminal string // as the client certificate says; "" without one
	Source   string // the address it came from; "others" once a day has had too many
	Count    int64
	FirstAt  time.Time
	LastAt   time.Time
	Detail   string // of the last one, for people: what was claimed. A stranger wrote it.
}

const dayMillis = 24 * 60 * 60 * 1000

// AddRefusal adds to the day's sum.
func (tx *Tx) AddRefusal(r Refusal) error {
	_, err := tx.Exec(`INSERT INTO refusals (day, reason, terminal, source, count, first_at, last_at, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (day, reason, terminal, source) DO UPDATE SET
			count = refusals.count + excluded.count, last_at = excluded.last_at, detail = excluded.detail`,
		millis(r.LastAt)/dayMillis*dayMillis, r.Reason, r.Terminal, r.Source, r.Count, millis(r.FirstAt), millis(r.LastAt), r.Detail)
	return err
}

// Refusals lists what was refused lately, the latest first.
func (tx *Tx) Refusals(limit int) (list []Refusal, err error) {
	err = tx.Each(`SELECT reason, terminal, source, count, first_at, last_at, detail FROM refusals
		ORDER BY last_at DESC, reason, terminal, source LIMIT ?`, []any{limit}, func(scan func(...any) error) error {
		var r Refusal
		var first, last int64
		err := scan(&r.Reason, &r.Terminal, &r.Source, &r.Count, &first, &last, &r.Detail)
		r.FirstAt, r.LastAt = fromMillis(first), fromMillis(last)
		list = append(list, r)
		return err
	})
	return list, err
}

// ForgetRefusals deletes the sums of days before a time.
func (tx *Tx) ForgetRefusals(before time.Time) error {
	_, err := tx.Exec(`DELETE FROM refusals WHERE last_at < ?`, millis(before))
	return err
}
