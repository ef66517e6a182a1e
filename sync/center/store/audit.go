package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Meta reads one of the center's own facts, "" for none.
func (tx *Tx) Meta(name string) (value string, err error) {
	err = tx.One(`SELECT value FROM meta WHERE name = ?`, []any{name}, &value)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return value, err
}

// SetMeta stores one.
func (tx *Tx) SetMeta(name, value string) error {
	_, err := tx.Exec(`INSERT INTO meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// Identity names the database itself, so that a copy of it that was put into
// another place can be told from it: "" where only the file says so.
func (tx *Tx) Identity() (string, error) { return tx.s.identity() }

// Audit is one thing that somebody did to the center, or that it did by itself.
//
// The entries are a chain: each one's Hash covers the entry and the hash before
// it, and the center's facts keep the number and hash of the last. So an entry
// that was changed, put in or taken out later, at the end too, shows. Whoever can
// rewrite the whole database could make a new chain: a head that was written down
// elsewhere tells (see AuditVerify).
type Audit struct {
	ID      int64
	At      time.Time
	Who     string // an account, "center", "command" or "terminal"
	Action  string // "consent.withdraw", "terminal.quarantine"
	Subject string // a number or name of what it was done to
	Detail  string
	Hash    []byte // empty for entries older than the chain
}

// next is the hash of an entry that follows another.
func (a Audit) next(prev []byte) []byte {
	h := sha256.New()
	h.Write([]byte("ting.audit.v1\x00"))
	part := func(b []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	part(prev)
	part(binary.BigEndian.AppendUint64(nil, uint64(a.ID)))
	part(binary.BigEndian.AppendUint64(nil, uint64(millis(a.At))))
	for _, s := range []string{a.Who, a.Action, a.Subject, a.Detail} {
		part([]byte(s))
	}
	return h.Sum(nil)
}

const metaAuditHead = "audit_head" // "id hash", of the last entry

// AuditHead is the number and hash of the last entry; 0 and none before the first.
func (tx *Tx) AuditHead() (id int64, hash []byte, err error) {
	s, err := tx.Meta(metaAuditHead)
	if err != nil || s == "" {
		return 0, nil, err
	}
	number, digits, _ := strings.Cut(s, " ")
	if id, err = strconv.ParseInt(number, 10, 64); err == nil {
		hash, err = hex.DecodeString(digits)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %s is %q", ErrCorrupt, metaAuditHead, s)
	}
	return id, hash, nil
}

// Note stores an audit entry at the end of the chain.
func (tx *Tx) Note(a Audit) error {
	// It changes nothing, and holds the head until this transaction ends: no two
	// centers may continue the chain at once.
	if _, err := tx.Exec(`INSERT INTO meta (name, value) VALUES (?, '')
		ON CONFLICT (name) DO UPDATE SET value = meta.value`, metaAuditHead); err != nil {
		return err
	}
	last, prev, err := tx.AuditHead()
	if err != nil {
		return err
	}
	if last == 0 { // entries older than the chain may be there
		if err := tx.One(`SELECT COALESCE(MAX(id), 0) FROM audit`, nil, &last); err != nil {
			return err
		}
	}
	a.ID, a.At = last+1, fromMillis(millis(a.At))
	a.Hash = a.next(prev)
	if _, err := tx.Exec(`INSERT INTO audit (id, at, who, action, subject, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		a.ID, millis(a.At), a.Who, a.Action, a.Subject, a.Detail, a.Hash); err != nil {
		return err
	}
	return tx.SetMeta(metaAuditHead, fmt.Sprintf("%d %x", a.ID, a.Hash))
}

// AuditFilter says which entries are wanted; what is zero is not asked about.
type AuditFilter struct {
	Before      int64 // IDs below it
	Who, Action string
	Text        string // within the subject or detail
	From, Until time.Time
}

// Audits lists audit entries, the newest first, at most limit.
func (tx *Tx) Audits(f AuditFilter, limit int) (list []Audit, err error) {
	if f.Before <= 0 {
		f.Before = 1 << 62
	}
	until := int64(1 << 62)
	if !f.Until.IsZero() {
		until = millis(f.Until)
	}
	text := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Text) + "%"
	err = tx.Each(`SELECT id, at, who, action, subject, detail, hash FROM audit
		WHERE id < ? AND at >= ? AND at < ? AND (? = '' OR who = ?) AND (? = '' OR action = ?)
			AND (? = '' OR subject LIKE ? ESCAPE '\' OR detail LIKE ? ESCAPE '\')
		ORDER BY id DESC LIMIT ?`,
		[]any{f.Before, millis(f.From), until, f.Who, f.Who, f.Action, f.Action, f.Text, text, text, limit}, audits(&list))
	return list, err
}

func audits(list *[]Audit) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var a Audit
		var at int64
		err := scan(&a.ID, &at, &a.Who, &a.Action, &a.Subject, &a.Detail, &a.Hash)
		a.At = fromMillis(at)
		*list = append(*list, a)
		return err
	}
}

// AuditActions lists the actions that were ever noted.
func (tx *Tx) AuditActions() (list []string, err error) {
	err = tx.Each(`SELECT DISTINCT action FROM audit ORDER BY action`, nil, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		list = append(list, s)
		return err
	})
	return list, err
}

// ErrAudit is returned when the audit log was changed.
var ErrAudit = errors.New("the audit log was changed")

// AuditVerify reads the whole chain and says how many entries it has. It fails
// with ErrAudit at the first entry that does not hold, when entries are missing
// at the end, or when known, a head that was written down earlier, is none of
// its hashes.
func (tx *Tx) AuditVerify(known []byte) (entries int64, err error) {
	last, head, err := tx.AuditHead()
	if err != nil {
		return 0, err
	}
	var prev []byte
	var at int64
	met := len(known) == 0
	err = tx.Each(`SELECT id, at, who, action, subject, detail, hash FROM audit ORDER BY id`, nil, func(scan func(...any) error) error {
		var list []Audit
		if err := audits(&list)(scan); err != nil {
			return err
		}
		a := list[0]
		if len(a.Hash) == 0 && len(prev) == 0 {
			at = a.ID // older than the chain
			return nil
		}
		if a.ID != at+1 || !bytes.Equal(a.Hash, a.next(prev)) {
			return fmt.Errorf("%w: entry %d does not follow entry %d", ErrAudit, a.ID, at)
		}
		at, prev = a.ID, a.Hash
		met = met || bytes.Equal(a.Hash, known)
		entries++
		return nil
	})
	switch {
	case err != nil:
		return entries, err
	case !bytes.Equal(prev, head) || last != 0 && last != at:
		return entries, fmt.Errorf("%w: it ends at entry %d, and should at %d", ErrAudit, at, last)
	case !met:
		return entries, fmt.Errorf("%w: no entry has the hash %x", ErrAudit, known)
	}
	return entries, nil
}
