package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
)

// migrations hold one file per version of the schema, named by it. A file is never
// changed once released: a later one puts right what an earlier one got wrong.
//
//go:embed migrations/*.sql
var migrations embed.FS

// steps reads the migrations in order.
func steps() ([]string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	out := make([]string, len(names))
	for i, name := range names {
		var number int
		if _, err := fmt.Sscanf(name, "migrations/%04d_", &number); err != nil || number != i+1 {
			return nil, fmt.Errorf("%s is not migration %d", name, i+1)
		}
		b, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		out[i] = string(b)
	}
	return out, nil
}

// migrate brings the schema up to date. Several programs may do so at once.
func (db *DB) migrate(ctx context.Context) error {
	steps, err := steps()
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		version, err := tx.s.version()
		if err != nil {
			return err
		}
		if version > len(steps) {
			return fmt.Errorf("the database is of version %d, this program knows %d: run the newer program", version, len(steps))
		}
		for _, step := range steps[min(version, len(steps)):] {
			if err := tx.Script(only(db.engine.name(), step)); err != nil {
				return fmt.Errorf("schema: %w", err)
			}
		}
		if version == len(steps) {
			return nil
		}
		return tx.s.setVersion(len(steps))
	})
}
