package store

import (
	"crypto/ed25519"
	"encoding/json"
	"time"

	"github.com/luohu/ting/sync/wire"
)

// State is what a terminal may do.
type State string

// The states.
const (
	Active      State = "active"
	Quarantined State = "quarantined" // its history forked: heard, not believed
	Revoked     State = "revoked"
)

// Device is an enrolled terminal.
type Device struct {
	Terminal    string
	Site        string
	Place       string
	Role        string // what it is for: "gate", "hall", …; "" where nobody said
	PublicKey   ed25519.PublicKey
	State       State
	Epoch       int64
	EnrolledAt  time.Time
	NotAfter    time.Time // of its certificate
	LastContact time.Time // zero before the first
	ClockError  time.Duration
	Health      wire.Health
}

const selectDevice = `SELECT terminal, site, place, role, public_key, state, epoch, enrolled_at, not_after,
	last_contact, clock_error, health, parts FROM devices `

func scanDevice(scan func(...any) error) (d Device, err error) {
	var enrolled, notAfter, contact, clock int64
	var key, health, parts []byte
	err = scan(&d.Terminal, &d.Site, &d.Place, &d.Role, &key, &d.State, &d.Epoch, &enrolled, &notAfter, &contact, &clock, &health, &parts)
	if err != nil {
		return d, err
	}
	d.PublicKey = key
	d.EnrolledAt, d.NotAfter, d.LastContact = fromMillis(enrolled), fromMillis(notAfter), fromMillis(contact)
	d.ClockError = time.Duration(clock) * time.Millisecond
	if err := json.Unmarshal(health, &d.Health); err != nil || parts == nil {
		return d, err
	}
	return d, json.Unmarshal(parts, &d.Health.Parts)
}

// Device reads a terminal.
func (tx *Tx) Device(terminal string) (Device, error) {
	return scanDevice(func(dest ...any) error {
		return tx.One(selectDevice+`WHERE terminal = ?`, []any{terminal}, dest...)
	})
}

// DevicesNamed reads those of the terminals that there are.
func (tx *Tx) DevicesNamed(terminals []string) (map[string]Device, error) {
	return tx.s.devicesNamed(terminals)
}

// Devices lists every terminal by site and name.
func (tx *Tx) Devices() (list []Device, err error) {
	err = tx.Each(selectDevice+`ORDER BY site, terminal`, nil, func(scan func(...any) error) error {
		d, err := scanDevice(scan)
		list = append(list, d)
		return err
	})
	return list, err
}

// Enrol stores a terminal anew, active.
func (tx *Tx) Enrol(d Device) error {
	_, err := tx.Exec(`INSERT INTO devices (terminal, site, place, role, public_key, state, epoch, enrolled_at, not_after)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (terminal) DO UPDATE SET site = excluded.site, place = excluded.place, role = excluded.role,
			public_key = excluded.public_key, state = excluded.state, epoch = excluded.epoch,
			enrolled_at = excluded.enrolled_at, not_after = excluded.not_after`,
		d.Terminal, d.Site, d.Place, d.Role, []byte(d.PublicKey), d.State, d.Epoch, millis(d.EnrolledAt), millis(d.NotAfter))
	return err
}

// SetState changes what a terminal may do.
func (tx *Tx) SetState(terminal string, s State) error {
	n, err := tx.Exec(`UPDATE devices SET state = ? WHERE terminal = ?`, s, terminal)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return err
}

// SetContact stores what a terminal last said of itself, unless something later is
// stored. Without a word of its parts, they are as they were.
func (tx *Tx) SetContact(terminal string, at time.Time, clockError time.Duration, h wire.Health) error {
	var parts []byte
	if h.Parts != nil {
		var err error
		if parts, err = json.Marshal(h.Parts); err != nil {
			return err
		}
		h.Parts = nil
	}
	b, err := json.Marshal(h)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE devices SET last_contact = ?, clock_error = ?, health = ?, parts = COALESCE(?, parts)
		WHERE terminal = ? AND last_contact <= ?`,
		millis(at), clockError.Milliseconds(), b, parts, terminal, millis(at))
	return err
}

// Code is an enrolment code, known by its hash alone.
type Code struct {
	Hash      []byte
	Terminal  string
	Site      string
	MadeBy    string
	MadeAt    time.Time
	ExpiresAt time.Time
	UsedAt    time.Time         // zero while it is good
	PublicKey ed25519.PublicKey // of whom it let in
	Answer    []byte            // what he was told
}

const selectCode = `SELECT hash, terminal, site, made_by, made_at, expires_at, used_at, public_key, answer FROM codes `

func scanCode(scan func(...any) error) (c Code, err error) {
	var made, expires, used int64
	var key []byte
	err = scan(&c.Hash, &c.Terminal, &c.Site, &c.MadeBy, &made, &expires, &used, &key, &c.Answer)
	c.MadeAt, c.ExpiresAt, c.UsedAt, c.PublicKey = fromMillis(made), fromMillis(expires), fromMillis(used), key
	return c, err
}

// Code reads a code.
func (tx *Tx) Code(hash []byte) (Code, error) {
	return scanCode(func(dest ...any) error {
		return tx.One(selectCode+`WHERE hash = ?`, []any{hash}, dest...)
	})
}

// Codes lists the codes that are still good, the newest first.
func (tx *Tx) Codes(now time.Time) (list []Code, err error) {
	err = tx.Each(selectCode+`WHERE used_at = 0 AND expires_at > ? ORDER BY made_at DESC`, []any{millis(now)},
		func(scan func(...any) error) error {
			c, err := scanCode(scan)
			list = append(list, c)
			return err
		})
	return list, err
}

// AddCode stores a new code and forgets those that died before.
func (tx *Tx) AddCode(c Code) error {
	if _, err := tx.Exec(`DELETE FROM codes WHERE expires_at < ?`, millis(c.MadeAt)); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO codes (hash, terminal, site, made_by, made_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
		c.Hash, c.Terminal, c.Site, c.MadeBy, millis(c.MadeAt), millis(c.ExpiresAt))
	return err
}

// UseCode notes whom a code let in and what he was told.
func (tx *Tx) UseCode(hash []byte, key ed25519.PublicKey, answer []byte, at time.Time) error {
	_, err := tx.Exec(`UPDATE codes SET used_at = ?, public_key = ?, answer = ? WHERE hash = ?`,
		millis(at), []byte(key), answer, hash)
	return err
}

// DropCodes makes a terminal's unused codes worthless.
func (tx *Tx) DropCodes(terminal string) error {
	_, err := tx.Exec(`DELETE FROM codes WHERE terminal = ? AND used_at = 0`, terminal)
	return err
}

// Site is a place of the district: a school, a hall, a library.
type Site struct {
	ID     string
	NameZH string
	NameEN string
}

// Sites lists the sites.
func (tx *Tx) Sites() (list []Site, err error) {
	err = tx.Each(`SELECT id, name_zh, name_en FROM sites ORDER BY id`, nil, func(scan func(...any) error) error {
		var s Site
		err := scan(&s.ID, &s.NameZH, &s.NameEN)
		list = append(list, s)
		return err
	})
	return list, err
}

// Site reads a site.
func (tx *Tx) Site(id string) (s Site, err error) {
	err = tx.One(`SELECT id, name_zh, name_en FROM sites WHERE id = ?`, []any{id}, &s.ID, &s.NameZH, &s.NameEN)
	return s, err
}

// PutSite adds a site or renames it.
func (tx *Tx) PutSite(s Site) error {
	_, err := tx.Exec(`INSERT INTO sites (id, name_zh, name_en) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en`, s.ID, s.NameZH, s.NameEN)
	return err
}
