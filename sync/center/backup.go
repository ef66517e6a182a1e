package center

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/sync/center/store"
)

// metaBackup is when the last verified backup was made.
const metaBackup = "backup_at"

// Backup copies the database to a new file while the center works, verifies the
// copy, signs a manifest beside it, and only then counts what it holds as safe:
// terminals may delete it. It says how many records the copy holds.
//
// The copy has no incarnation, so that a center that starts from it is known for
// a restored one. The keys beside the database are not in it: copy those once.
func (c *Center) Backup(ctx context.Context, who, path string) (records int64, err error) {
	cursors, records, err := c.db.Backup(ctx, path, metaIncarnation)
	if err != nil {
		return 0, fmt.Errorf("backup to %s: %w", path, err)
	}
	if err := c.writeManifest(path, who, records, len(cursors)); err != nil {
		return 0, fmt.Errorf("backup to %s: its manifest: %w", path, err)
	}
	return records, c.db.Write(ctx, func(tx *store.Tx) error {
		if err := errors.Join(tx.MarkSafe(cursors), tx.SetMeta(metaBackup, c.now().UTC().Format(time.RFC3339Nano))); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: c.now(), Who: who, Action: "center.backup", Subject: c.Incarnation(),
			Detail: fmt.Sprintf("%d records", records)})
	})
}
