package center

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/center/store"
)

// The facts by which a center knows its database.
const (
	metaIncarnation = "incarnation"
	metaIdentity    = "identity" // of the server's database, see store.Tx.Identity
	metaKeys        = "keys"     // digest of the authority and the key that signs
)

// Incarnation changes when the center was restored from a backup.
func (c *Center) Incarnation() string { return *c.incarnation.Load() }

// identify finds out whether this database is the one that was here before.
//
// A restored backup has no incarnation (Backup leaves it out), or lies in another
// database of the server, or on another timeline of it; and a database copied back
// by hand ends before the high-water mark that was kept in the center's directory.
// All get a new incarnation, so that terminals compare their cursors anew.
func (c *Center) identify(ctx context.Context) error {
	mark, err := readHighWater(c.highWaterPath())
	if err != nil {
		return err
	}
	var incarnation string
	err = c.db.Write(ctx, func(tx *store.Tx) error {
		if err := c.checkKeys(tx); err != nil {
			return err
		}
		last, err := tx.LastPosition()
		if err != nil {
			return err
		}
		identity, err := tx.Identity()
		if err != nil {
			return err
		}
		was, err := tx.Meta(metaIdentity)
		if err != nil {
			return err
		}
		if incarnation, err = tx.Meta(metaIncarnation); err != nil {
			return err
		}
		if incarnation != "" && last >= mark && identity == was {
			return nil
		}
		restored := mark > 0 || last > 0
		incarnation = uuid.NewString()
		if err := errors.Join(tx.SetMeta(metaIncarnation, incarnation), tx.SetMeta(metaIdentity, identity)); err != nil {
			return err
		}
		if restored {
			c.log.Warn("center: the database was restored from an older copy", "op", "open", "position", last, "was", mark)
			if err := tx.Note(store.Audit{At: c.now(), Who: "center", Action: "center.restored",
				Subject: incarnation, Detail: fmt.Sprintf("log ends at %d, was at %d", last, mark)}); err != nil {
				return err
			}
		}
		c.tellOthers(tx, noteIncarnation, incarnation)
		return os.WriteFile(c.highWaterPath(), fmt.Appendf(nil, "%d\n", last), 0o600)
	})
	if err == nil {
		c.incarnation.Store(&incarnation)
	}
	return err
}

// ErrKeys is returned when a center's keys are not those of its database.
var ErrKeys = errors.New("this center's keys are not those of the others that serve the database: " +
	"copy ca.pem, ca-key.pem and center-key.pem from the directory of one of them into this one; " +
	"if every copy of a key is lost, start one center with -new-keys")

// checkKeys has all centers of one database sign with the same keys: a terminal
// believes one, and goes from center to center.
func (c *Center) checkKeys(tx *store.Tx) error {
	if !c.db.Shared() {
		return nil
	}
	digest := fmt.Sprintf("%x", sha256.Sum256(append(c.ca.cert.Raw, c.PublicKey()...)))
	known, err := tx.Meta(metaKeys)
	switch {
	case err != nil:
		return err
	case known == "":
		return tx.SetMeta(metaKeys, digest)
	case known != digest && c.opt.NewKeys:
		return errors.Join(tx.SetMeta(metaKeys, digest),
			tx.Note(store.Audit{At: c.now(), Who: "command", Action: "center.keys", Subject: c.opt.Dir, Detail: "the keys of this directory are the database's from now on"}))
	case known != digest:
		return ErrKeys
	}
	return nil
}

func (c *Center) highWaterPath() string { return filepath.Join(c.opt.Dir, "high-water") }

func readHighWater(path string) (n int64, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	// A mark cut short by a power cut says nothing; it is only a second opinion.
	_, _ = fmt.Sscan(string(b), &n)
	return n, nil
}

func (c *Center) markHighWater() error {
	var last int64
	err := c.db.Read(context.Background(), func(tx *store.Tx) (err error) {
		last, err = tx.LastPosition()
		return err
	})
	if err != nil {
		return err
	}
	next := c.highWaterPath() + ".new"
	if err := os.WriteFile(next, fmt.Appendf(nil, "%d\n", last), 0o600); err != nil {
		return err
	}
	return os.Rename(next, c.highWaterPath())
}
