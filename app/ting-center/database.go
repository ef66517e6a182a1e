package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/luohu/ting/sync/center/store"
)

// databaseFile holds, in the directory of the center's state, where its database
// is, when that is a server: for the next start, and for the other commands.
const databaseFile = "database"

func databaseFlag(fs *flag.FlagSet) *string {
	return fs.String("database", "", "`URL` of a PostgreSQL database, postgres://USER@HOST/DATABASE; it is remembered in the state directory. Without one, SQLite in that directory. A password belongs into ~/.pgpass or PGPASSWORD, where ps does not show it")
}

// databaseOf is where a center's database is: where the flag says, or where it was
// the last time; "" is SQLite.
func databaseOf(state, flag string) (string, error) {
	b, err := os.ReadFile(filepath.Join(state, databaseFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("the center's database cannot be looked up: %w", err)
	}
	known := strings.TrimSpace(string(b))
	_, err = os.Stat(filepath.Join(state, "center.db"))
	switch {
	case flag == "":
		return known, nil
	case !store.IsServer(flag):
		return "", fmt.Errorf("-database is a URL that begins with postgres://, not %q; without it the center keeps its records in a file", flag)
	case known == "" && err == nil:
		return "", fmt.Errorf("%s has a center of its own (center.db): a center that starts with another database would not know its records; choose another directory with -state", state)
	}
	return flag, nil
}

// rememberDatabase stores where the database is, once it was opened there.
func rememberDatabase(state, source string) error {
	if source == "" {
		return nil
	}
	path := filepath.Join(state, databaseFile)
	if err := os.WriteFile(path+".new", []byte(source+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
