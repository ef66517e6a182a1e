package store

import "time"

// Account is somebody who may sign in to the console.
type Account struct {
	Name        string
	Role        string // the console's business
	Password    string // argon2id, PHC form
	ChangedAt   time.Time
	Temporary   bool // another password must be chosen first
	MadeAt      time.Time
	MadeBy      string
	DisabledAt  time.Time // zero while it is good
	Failures    int       // wrong passwords since the last right one
	LockedUntil time.Time
}

const selectAccount = `SELECT name, role, password, changed_at, temporary, made_at, made_by, disabled_at, failures, locked_until
	FROM accounts `

func scanAccount(scan func(...any) error) (a Account, err error) {
	var changed, temporary, made, disabled, locked int64
	err = scan(&a.Name, &a.Role, &a.Password, &changed, &temporary, &made, &a.MadeBy, &disabled, &a.Failures, &locked)
	a.ChangedAt, a.Temporary, a.MadeAt = fromMillis(changed), temporary != 0, fromMillis(made)
	a.DisabledAt, a.LockedUntil = fromMillis(disabled), fromMillis(locked)
	return a, err
}

// Account reads an account.
func (tx *Tx) Account(name string) (Account, error) {
	return scanAccount(func(dest ...any) error {
		return tx.One(selectAccount+`WHERE name = ?`, []any{name}, dest...)
	})
}

// Accounts lists the accounts by name.
func (tx *Tx) Accounts() (list []Account, err error) {
	err = tx.Each(selectAccount+`ORDER BY name`, nil, func(scan func(...any) error) error {
		a, err := scanAccount(scan)
		list = append(list, a)
		return err
	})
	return list, err
}

// PutAccount adds an account, or changes everything of it but who made it when.
func (tx *Tx) PutAccount(a Account) error {
	_, err := tx.Exec(`INSERT INTO accounts (name, role, password, changed_at, temporary, made_at, made_by, disabled_at, failures, locked_until)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password, changed_at = excluded.changed_at,
			temporary = excluded.temporary, disabled_at = excluded.disabled_at, failures = excluded.failures,
			locked_until = excluded.locked_until`,
		a.Name, a.Role, a.Password, millis(a.ChangedAt), number(a.Temporary), millis(a.MadeAt), a.MadeBy,
		millis(a.DisabledAt), a.Failures, millis(a.LockedUntil))
	return err
}

// number is how a truth is stored, alike in every database.
func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Session is a browser that signed in. Hash is of what the browser holds, which
// is kept nowhere.
type Session struct {
	Hash    []byte
	Account string
	MadeAt  time.Time
	SeenAt  time.Time // the last thing a person did
	EndsAt  time.Time // whatever he does
	Address string
	Agent   string
}

const selectSession = `SELECT hash, account, made_at, seen_at, ends_at, address, agent FROM console_sessions `

func scanSession(scan func(...any) error) (s Session, err error) {
	var made, seen, ends int64
	err = scan(&s.Hash, &s.Account, &made, &seen, &ends, &s.Address, &s.Agent)
	s.MadeAt, s.SeenAt, s.EndsAt = fromMillis(made), fromMillis(seen), fromMillis(ends)
	return s, err
}

// Session reads a session.
func (tx *Tx) Session(hash []byte) (Session, error) {
	return scanSession(func(dest ...any) error {
		return tx.One(selectSession+`WHERE hash = ?`, []any{hash}, dest...)
	})
}

// Sessions lists an account's sessions, the newest first.
func (tx *Tx) Sessions(account string) (list []Session, err error) {
	err = tx.Each(selectSession+`WHERE account = ? ORDER BY made_at DESC`, []any{account}, func(scan func(...any) error) error {
		s, err := scanSession(scan)
		list = append(list, s)
		return err
	})
	return list, err
}

// AddSession stores a session and forgets those that ended before it began.
func (tx *Tx) AddSession(s Session) error {
	if _, err := tx.Exec(`DELETE FROM console_sessions WHERE ends_at < ?`, millis(s.MadeAt)); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO console_sessions (hash, account, made_at, seen_at, ends_at, address, agent)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		s.Hash, s.Account, millis(s.MadeAt), millis(s.SeenAt), millis(s.EndsAt), s.Address, s.Agent)
	return err
}

// TouchSession notes that a person did something.
func (tx *Tx) TouchSession(hash []byte, at time.Time) error {
	_, err := tx.Exec(`UPDATE console_sessions SET seen_at = ? WHERE hash = ?`, millis(at), hash)
	return err
}

// DropSession ends a session.
func (tx *Tx) DropSession(hash []byte) error {
	_, err := tx.Exec(`DELETE FROM console_sessions WHERE hash = ?`, hash)
	return err
}

// DropSessions ends all of an account's sessions and says how many there were.
func (tx *Tx) DropSessions(account string) (int64, error) {
	return tx.Exec(`DELETE FROM console_sessions WHERE account = ?`, account)
}
