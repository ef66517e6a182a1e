package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

// verify reads a database, or a backup, whole.
func verify(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center verify", flag.ContinueOnError)
	state, database := stateFlag(fs), databaseFlag(fs)
	backup := fs.String("backup", "", "`file` of a backup to verify, instead of the center's own database")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	if *backup != "" {
		v, err := verifyBackup(context.Background(), *state, *backup, stdout)
		if err != nil {
			return err
		}
		return report(v, *backup, stdout)
	}
	source, err := sourceOf(*state, *database)
	if err != nil {
		return err
	}
	if _, err := os.Stat(source); err != nil && !store.IsServer(source) {
		return fmt.Errorf("there is no center in %s (say where with -state): %w", *state, err)
	}
	// Read by itself, so that a damaged log is told of as it is.
	db, err := store.Open(context.Background(), source)
	if err != nil {
		return err
	}
	v, err := db.Verify(context.Background())
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return report(v, "the database", stdout)
}

// sourceOf is the database's URL, or its file in the state directory.
func sourceOf(state, flag string) (string, error) {
	source, err := databaseOf(state, flag)
	if err == nil && source == "" {
		source = filepath.Join(state, "center.db")
	}
	return source, err
}

// report says what was read, and fails when something is wrong.
func report(v store.Verified, what string, stdout io.Writer) error {
	for _, p := range v.Problems {
		fmt.Fprintln(stdout, "wrong: "+p)
	}
	if err := v.Err(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s is in order: %d records in %d chains", what, v.Records, v.Chains)
	if v.Branches > 0 {
		fmt.Fprintf(stdout, " and %d other histories", v.Branches)
	}
	fmt.Fprintln(stdout)
	return nil
}

// verifyBackup checks a backup against its manifest, and then its records.
func verifyBackup(ctx context.Context, state, backup string, stdout io.Writer) (v store.Verified, err error) {
	key, err := center.SigningKey(state)
	if err != nil {
		return v, err
	}
	m, err := center.ReadManifest(backup, key)
	if err != nil {
		return v, err
	}
	signed := "signed by this center"
	if key == nil {
		signed = fmt.Sprintf("its signature is not checked, since %s holds no center-key.pem", state)
	}
	fmt.Fprintf(stdout, "made at %s by %s, %d records, %d bytes; %s\n", m.MadeAt.Local().Format("2006-01-02 15:04:05"), m.By, m.Records, m.Bytes, signed)
	if v, err = store.VerifyBackup(ctx, backup); err != nil {
		return v, err
	}
	if v.Records < m.Records {
		v.Problems = append(v.Problems, fmt.Sprintf("%d records are there, the manifest says %d", v.Records, m.Records))
	}
	return v, nil
}

// restore makes the center's database from a backup. It overwrites nothing.
func restore(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center restore", flag.ContinueOnError)
	state, database := stateFlag(fs), databaseFlag(fs)
	from := fs.String("from", "", "`file` of the backup: the last one")
	unsigned := fs.Bool("without-manifest", false, "believe a backup that has no manifest")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	if *from == "" {
		fmt.Fprintln(stderr, "-from is needed")
		return errUsage
	}
	unlock, err := lock(*state)
	if err != nil {
		return err
	}
	defer unlock()
	source, err := sourceOf(*state, *database)
	if err != nil {
		return err
	}
	ctx := context.Background()
	_, err = verifyBackup(ctx, *state, *from, stdout)
	if *unsigned && errors.Is(err, center.ErrNoManifest) {
		err = nil
	}
	if err != nil {
		return err
	}
	v, err := center.Restore(ctx, *from, source)
	if err != nil {
		return err
	}
	if err := report(v, "what was restored", stdout); err != nil {
		return err
	}
	if store.IsServer(source) {
		if err := rememberDatabase(*state, source); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, "start the center: terminals send what the backup lacks by themselves")
	return nil
}
