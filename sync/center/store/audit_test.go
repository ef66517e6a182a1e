package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func noted(t *testing.T, db *DB, n int) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *Tx) error {
		for i := range n {
			if err := tx.Note(Audit{At: time.UnixMilli(int64(1_700_000_000_123 + i)), Who: []string{"wang", "li"}[i%2],
				Action: "letter.accept", Subject: "gate", Detail: fmt.Sprintf("position %d: 100%%", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, db *DB, known []byte) (n int64, err error) {
	t.Helper()
	_ = db.Read(context.Background(), func(tx *Tx) error {
		n, err = tx.AuditVerify(known)
		return nil
	})
	return n, err
}

// TestAuditTampering changes the log in every way somebody could, and each shows.
func TestAuditTampering(t *testing.T) {
	for name, statement := range map[string]string{
		"a word changed":        `UPDATE audit SET detail = 'nothing' WHERE id = 3`,
		"a name changed":        `UPDATE audit SET who = 'zhao' WHERE id = 1`,
		"a time changed":        `UPDATE audit SET at = at + 1 WHERE id = 5`,
		"taken out":             `DELETE FROM audit WHERE id = 4`,
		"the first taken out":   `DELETE FROM audit WHERE id = 1`,
		"the last taken out":    `DELETE FROM audit WHERE id = 6`,
		"all taken out":         `DELETE FROM audit`,
		"put in":                `INSERT INTO audit (id, at, who, action, subject, detail, hash) SELECT 7, at, who, action, subject, detail, hash FROM audit WHERE id = 6`,
		"a hash taken away":     `UPDATE audit SET hash = '' WHERE id = 6`,
		"passed off as old":     `UPDATE audit SET hash = '' WHERE id < 4`,
		"two exchanged":         `UPDATE audit SET subject = 'x' WHERE id = 2; UPDATE audit SET id = 100 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3; UPDATE audit SET id = 3 WHERE id = 100`,
		"the end moved forward": `UPDATE meta SET value = '' WHERE name = 'audit_head'`,
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, source string) { tampered(t, open(t, source), statement) })
		})
	}
}

func tampered(t *testing.T, db *DB, statement string) {
	t.Helper()
	noted(t, db, 6)
	if n, err := verify(t, db, nil); n != 6 || err != nil {
		t.Fatalf("%d entries: %v", n, err)
	}
	if err := db.Write(context.Background(), func(tx *Tx) error { return tx.Script(statement) }); err != nil {
		t.Fatal(err)
	}
	if n, err := verify(t, db, nil); !errors.Is(err, ErrAudit) {
		t.Errorf("%d entries pass for whole: %v", n, err)
	}
}

// TestAuditHeadWrittenDown: who makes a whole new chain is found out by a head
// that somebody kept.
func TestAuditHeadWrittenDown(t *testing.T) {
	onBoth(t, func(t *testing.T, source string) {
		db := open(t, source)
		noted(t, db, 3)
		var head []byte
		if err := db.Read(context.Background(), func(tx *Tx) (err error) { _, head, err = tx.AuditHead(); return err }); err != nil {
			t.Fatal(err)
		}
		noted(t, db, 2)
		if n, err := verify(t, db, head); n != 5 || err != nil {
			t.Errorf("%d entries: %v", n, err)
		}
		if err := db.Write(context.Background(), func(tx *Tx) error {
			return tx.Script(`DELETE FROM audit; UPDATE meta SET value = '' WHERE name = 'audit_head'`)
		}); err != nil {
			t.Fatal(err)
		}
		noted(t, db, 1)
		noted(t, db, 4)
		if n, err := verify(t, db, nil); n != 5 || err != nil {
			t.Errorf("the new chain: %d entries: %v", n, err)
		}
		if _, err := verify(t, db, []byte("another")); !errors.Is(err, ErrAudit) {
			t.Errorf("a head of no chain passes: %v", err)
		}
	})
}

// TestAuditOlderThanItsChain: entries from before there was a chain stay readable.
func TestAuditOlderThanItsChain(t *testing.T) {
	onBoth(t, func(t *testing.T, source string) {
		db := open(t, source)
		if err := db.Write(context.Background(), func(tx *Tx) error {
			return tx.Script(`INSERT INTO audit (id, at, who, action, subject, detail) VALUES (1, 5, 'admin', 'a.b', '', ''), (2, 6, 'admin', 'a.b', '', '')`)
		}); err != nil {
			t.Fatal(err)
		}
		noted(t, db, 3)
		if n, err := verify(t, db, nil); n != 3 || err != nil {
			t.Errorf("%d entries: %v", n, err)
		}
	})
}

func TestAuditFilter(t *testing.T) {
	onBoth(t, func(t *testing.T, source string) {
		db := open(t, source)
		noted(t, db, 12)
		for name, c := range map[string]struct {
			f    AuditFilter
			want int
		}{
			"all":            {AuditFilter{}, 12},
			"of one":         {AuditFilter{Who: "wang"}, 6},
			"of nobody":      {AuditFilter{Who: "'; DROP TABLE audit; --"}, 0},
			"of an action":   {AuditFilter{Action: "letter.accept"}, 12},
			"of none":        {AuditFilter{Action: "letter"}, 0},
			"text":           {AuditFilter{Text: "position 1"}, 3},
			"no pattern":     {AuditFilter{Text: "position_1"}, 0},
			"a percent sign": {AuditFilter{Text: ": 100%"}, 12},
			"older":          {AuditFilter{Before: 5}, 4},
			"since":          {AuditFilter{From: time.UnixMilli(1_700_000_000_123 + 10)}, 2},
			"until":          {AuditFilter{Until: time.UnixMilli(1_700_000_000_123 + 10)}, 10},
		} {
			err := db.Read(context.Background(), func(tx *Tx) error {
				list, err := tx.Audits(c.f, 100)
				if len(list) != c.want {
					t.Errorf("%s: %d entries, want %d", name, len(list), c.want)
				}
				return err
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
