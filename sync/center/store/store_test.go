package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
)

func TestWriterIsDurable(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "center.db"))
	if err := db.Write(context.Background(), func(tx *Tx) error {
		var n int
		if err := tx.One(`PRAGMA synchronous`, nil, &n); err != nil || n != 2 {
			t.Errorf("synchronous is %d, not FULL (2): %v", n, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestFailedWriteLeavesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, source string) {
		db, ctx := open(t, source), context.Background()
		oops := errors.New("oops")
		if err := db.Write(ctx, func(tx *Tx) error { return errors.Join(tx.SetMeta("a", "1"), oops) }); !errors.Is(err, oops) {
			t.Fatal(err)
		}
		err := db.Write(ctx, func(tx *Tx) error {
			if v, err := tx.Meta("a"); v != "" || err != nil {
				t.Errorf("a is %q: %v", v, err)
			}
			if err := tx.Try(func() error { return errors.Join(tx.SetMeta("b", "1"), oops) }); !errors.Is(err, oops) {
				t.Error(err)
			}
			return errors.Join(tx.SetMeta("c", "1"), tx.Try(func() error { return tx.SetMeta("d", "1") }))
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Read(ctx, func(tx *Tx) error {
			for name, want := range map[string]string{"a": "", "b": "", "c": "1", "d": "1"} {
				if got, err := tx.Meta(name); got != want || err != nil {
					t.Errorf("%s is %q, want %q: %v", name, got, want, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReadersCannotWrite(t *testing.T) {
	onBoth(t, func(t *testing.T, source string) {
		db := open(t, source)
		if err := db.Read(context.Background(), func(tx *Tx) error { return tx.SetMeta("a", "1") }); err == nil {
			t.Error("a reader wrote")
		}
	})
}

func TestEndedContextBeginsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, source string) {
		db := open(t, source)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := db.Write(ctx, func(*Tx) error { t.Error("it began"); return nil }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestDamagedFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "center.db")
	if err := os.WriteFile(path, []byte("this is not a database, whatever its name says"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path); !errors.Is(err, ErrCorrupt) {
		t.Errorf("opened with %v", err)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "center.db")
	db, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(context.Background(), func(tx *Tx) error { return tx.Script(`PRAGMA user_version = 99`) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), path); err == nil {
		t.Error("a database of a newer program was opened")
	}
}

func TestBackupThatLacksARecordIsNone(t *testing.T) {
	onBoth(t, backupThatLacksARecordIsNone)
}

func backupThatLacksARecordIsNone(t *testing.T, source string) {
	db, ctx := open(t, source), context.Background()
	chain := record.Chain{Terminal: "gate-1", Epoch: 1}
	err := db.Write(ctx, func(tx *Tx) error {
		c, err := tx.NewChain(chain, 0, "school-1")
		if err != nil {
			return err
		}
		r := record.Record{Seq: 1, ID: uuid.Must(uuid.NewV7()), Kind: "a.b", Version: 1}
		r.Hash = chain.Next(record.Hash{}, &r)
		return errors.Join(tx.Append([]Append{{c.ID, []record.Record{r}, time.Now()}}), tx.MoveCursors([]Cursor{{c.ID, 1, r.Hash}}))
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cursors, records, err := db.Backup(ctx, filepath.Join(dir, "good.db"), "incarnation")
	if err != nil || records != 1 || len(cursors) != 1 {
		t.Fatalf("%v, %d records: %v", cursors, records, err)
	}
	if err := db.Write(ctx, func(tx *Tx) error { return tx.Script(`DELETE FROM inbox`) }); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.db")
	if _, _, err := db.Backup(ctx, bad, "incarnation"); err == nil {
		t.Error("a copy without the record passed for a backup")
	}
	if _, err := os.Stat(bad); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the bad copy stays: %v", err)
	}
}
