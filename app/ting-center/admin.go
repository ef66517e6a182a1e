package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/luohu/ting/app/ting-center/console"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/enrolment"
	enrolled "github.com/luohu/ting/plugins/enrolment/center"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// consents tells the console of the enrolment module's records.
type consents struct{}

// Of implements console.Consents.
func (consents) Of(q projection.Querier, site string) (map[string][]string, error) {
	return enrolled.Given(q, site)
}

// History implements console.Consents.
func (consents) History(q projection.Querier, site, person string) (list []console.Word, err error) {
	words, err := enrolled.History(q, site, person)
	for _, w := range words {
		list = append(list, console.Word(w))
	}
	return list, err
}

// Withdrawal implements console.Consents.
func (consents) Withdrawal(person string, purposes []string, at time.Time) kiosk.Record {
	return enrolment.Withdrawn{Person: person, Purposes: purposes, At: at}
}

// Projection implements console.Consents.
func (consents) Projection() string { return enrolment.ID }

// Holders implements console.Consents.
func (consents) Holders(q projection.Querier, site, person string) (list []console.Holder, err error) {
	holders, err := enrolled.Holders(q, site, person)
	for _, h := range holders {
		list = append(list, console.Holder{Terminal: h.Terminal, Template: h.Template, Stored: h.Stored, Erased: h.Erased, Cause: string(h.Cause)})
	}
	return list, err
}

// Stored implements console.Consents.
func (consents) Stored(q projection.Querier, zone *time.Location) (console.StoredFaces, error) {
	s, err := enrolled.Count(q)
	return console.StoredFaces{Persons: s.Persons, Soon: s.Soon, Duty: s.Duty, Deadline: s.Deadline(zone)}, err
}

// firstPassword gives the administrator a password when there is none yet. The
// demo writes it to a file; elsewhere it is printed once and kept nowhere.
func firstPassword(ctx context.Context, c *center.Center, dir string, demo bool, stderr io.Writer) error {
	path := filepath.Join(dir, "console-password")
	err := c.View(ctx, func(tx *store.Tx) error {
		_, err := tx.Account(console.Administrator)
		return err
	})
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	password, err := console.NewPassword()
	if err != nil {
		return err
	}
	if demo {
		// First the file: a password that nobody knows would be worse than none.
		if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
			return err
		}
	}
	if err := console.SetPassword(ctx, c, "center", password); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "console: user %s, password %s\n", console.Administrator, password)
	if !demo {
		fmt.Fprintln(stderr, "console: it is shown only now; ting-center passwd makes another")
	}
	return nil
}

// withCenter opens the center's state for one command. A center that runs at the
// same time sees what the command changed.
func withCenter(state string, fn func(ctx context.Context, c *center.Center) error) error {
	ctx := context.Background()
	database, err := databaseOf(state, "")
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(state, "center.db")); err != nil && database == "" {
		return fmt.Errorf("there is no center in %s (say where with -state): %w", state, err)
	}
	c, err := center.Open(ctx, center.Options{Dir: state, Database: database, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, c), c.Close())
}

func stateFlag(fs *flag.FlagSet) *string {
	return fs.String("state", "/var/lib/ting-center", "`directory` of the center's state")
}

func enrolCode(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center enrol-code", flag.ContinueOnError)
	state := stateFlag(fs)
	terminal := fs.String("terminal", "", "`ID` of the terminal, as in its terminal.toml")
	site := fs.String("site", "", "`ID` of its site; a site that is not known yet is made")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	if *terminal == "" || *site == "" {
		fmt.Fprintln(stderr, "-terminal and -site are needed")
		return errUsage
	}
	return withCenter(*state, func(ctx context.Context, c *center.Center) error {
		code, expires, err := c.MakeCode(ctx, "command", *terminal, *site)
		if err == nil {
			fmt.Fprintln(stdout, code)
			fmt.Fprintf(stderr, "good for one enrolment until %s\n", expires.Format(time.DateTime))
		}
		return err
	})
}

func passwd(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center passwd", flag.ContinueOnError)
	state := stateFlag(fs)
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	return withCenter(*state, func(ctx context.Context, c *center.Center) error {
		password, err := console.NewPassword()
		if err != nil {
			return err
		}
		if err := console.SetPassword(ctx, c, "command", password); err != nil {
			return err
		}
		fmt.Fprintln(stdout, password)
		fmt.Fprintf(stderr, "the password of user %s; everybody is signed out\n", console.Administrator)
		return nil
	})
}

func backup(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center backup", flag.ContinueOnError)
	state := stateFlag(fs)
	to := fs.String("to", "", "`file` that is made; it must not exist, and should lie on another machine's disk")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	if *to == "" {
		fmt.Fprintln(stderr, "-to is needed")
		return errUsage
	}
	return withCenter(*state, func(ctx context.Context, c *center.Center) error {
		n, err := c.Backup(ctx, "command", *to)
		if err == nil {
			fmt.Fprintf(stdout, "%d records are safe in %s\n", n, *to)
		}
		return err
	})
}
