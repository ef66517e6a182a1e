package store

import (
	"crypto/ed25519"
	"time"
)

// Application is a terminal's wish to be let in. It waits for an administrator who
// has seen the terminal's screen.
type Application struct {
	KeyHash   []byte // SHA-256 of PublicKey: what the terminal's QR code names it by
	PublicKey ed25519.PublicKey
	Nonce     []byte // only the terminal's screen shows it
	Terminal  string // what it says it is called,
	Site      string // where it stands,
	Place     string
	Epoch     int64  // and the highest epoch it has used
	Source    string // the address it asks from
	MadeAt    time.Time
	SeenAt    time.Time
	Verdict   Approval
	DecidedBy string
	DecidedAt time.Time
	Answer    []byte
}

// Approval is what became of an application.
type Approval string

// The approvals.
const (
	Waiting  Approval = ""
	Approved Approval = "approved"
	Refused  Approval = "refused"
)

const selectApplication = `SELECT key_hash, public_key, nonce, terminal, site, place, epoch, source, made_at, seen_at,
	verdict, decided_by, decided_at, answer FROM applications `

func scanApplication(scan func(...any) error) (a Application, err error) {
	var made, seen, decided int64
	var key []byte
	err = scan(&a.KeyHash, &key, &a.Nonce, &a.Terminal, &a.Site, &a.Place, &a.Epoch, &a.Source, &made, &seen,
		&a.Verdict, &a.DecidedBy, &decided, &a.Answer)
	a.PublicKey, a.MadeAt, a.SeenAt, a.DecidedAt = key, fromMillis(made), fromMillis(seen), fromMillis(decided)
	return a, err
}

// Application reads an application.
func (tx *Tx) Application(keyHash []byte) (Application, error) {
	return scanApplication(func(dest ...any) error {
		return tx.One(selectApplication+`WHERE key_hash = ?`, []any{keyHash}, dest...)
	})
}

// Applications lists those that still wait, the oldest first.
func (tx *Tx) Applications() (list []Application, err error) {
	err = tx.Each(selectApplication+`WHERE verdict = '' ORDER BY made_at`, nil, func(scan func(...any) error) error {
		a, err := scanApplication(scan)
		list = append(list, a)
		return err
	})
	return list, err
}

// CountApplications is how many wait: in all, and from an address.
func (tx *Tx) CountApplications(source string) (all, from int64, err error) {
	err = tx.One(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN source = ? THEN 1 ELSE 0 END), 0) FROM applications WHERE verdict = ''`,
		[]any{source}, &all, &from)
	return all, from, err
}

// PutApplication stores an application in the place of an earlier one of its key.
func (tx *Tx) PutApplication(a Application) error {
	_, err := tx.Exec(`INSERT INTO applications (key_hash, public_key, nonce, terminal, site, place, epoch, source, made_at, seen_at,
			verdict, decided_by, decided_at, answer)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (key_hash) DO UPDATE SET nonce = excluded.nonce, terminal = excluded.terminal, site = excluded.site,
			place = excluded.place, epoch = excluded.epoch, source = excluded.source, made_at = excluded.made_at,
			seen_at = excluded.seen_at, verdict = excluded.verdict, decided_by = excluded.decided_by,
			decided_at = excluded.decided_at, answer = excluded.answer`,
		a.KeyHash, []byte(a.PublicKey), a.Nonce, a.Terminal, a.Site, a.Place, a.Epoch, a.Source, millis(a.MadeAt), millis(a.SeenAt),
		a.Verdict, a.DecidedBy, millis(a.DecidedAt), a.Answer)
	return err
}

// ForgetApplications deletes those whose terminals have not asked since.
func (tx *Tx) ForgetApplications(since time.Time) error {
	_, err := tx.Exec(`DELETE FROM applications WHERE seen_at < ?`, millis(since))
	return err
}

// DropApplication forgets one.
func (tx *Tx) DropApplication(keyHash []byte) error {
	_, err := tx.Exec(`DELETE FROM applications WHERE key_hash = ?`, keyHash)
	return err
}

// Certificate is one that a terminal was given.
type Certificate struct {
	Serial   string // hexadecimal
	Terminal string
	IssuedAt time.Time
	NotAfter time.Time
	Reason   string // code, approval, renewal
}

// AddCertificate notes a certificate that was given.
func (tx *Tx) AddCertificate(c Certificate) error {
	_, err := tx.Exec(`INSERT INTO certificates (serial, terminal, issued_at, not_after, reason) VALUES (?, ?, ?, ?, ?)`,
		c.Serial, c.Terminal, millis(c.IssuedAt), millis(c.NotAfter), c.Reason)
	return err
}

// Certificates lists those of a terminal, the newest first, at most limit.
func (tx *Tx) Certificates(terminal string, limit int) (list []Certificate, err error) {
	err = tx.Each(`SELECT serial, terminal, issued_at, not_after, reason FROM certificates
		WHERE terminal = ? ORDER BY issued_at DESC, serial LIMIT ?`, []any{terminal, limit}, func(scan func(...any) error) error {
		var c Certificate
		var issued, notAfter int64
		err := scan(&c.Serial, &c.Terminal, &issued, &notAfter, &c.Reason)
		c.IssuedAt, c.NotAfter = fromMillis(issued), fromMillis(notAfter)
		list = append(list, c)
		return err
	})
	return list, err
}

// SetNotAfter says until when a terminal's newest certificate is good.
func (tx *Tx) SetNotAfter(terminal string, at time.Time) error {
	_, err := tx.Exec(`UPDATE devices SET not_after = ? WHERE terminal = ?`, millis(at), terminal)
	return err
}
