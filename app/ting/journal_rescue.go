package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/luohu/ting/sync/journal"
)

func journalBackup(ctx context.Context, j journalFlags, stdout, stderr io.Writer) error {
	v, err := journal.Copy(ctx, j.path, j.to)
	if err != nil {
		return j.absent(err)
	}
	fmt.Fprintln(stderr, "ting journal: the copy is personal data: keep it where only those who may see it can")
	fmt.Fprintf(stdout, "%d records in %d chains are copied to %s, and verified there\n", v.Records, v.Chains, j.to)
	return nil
}

func journalRestore(ctx context.Context, j journalFlags, stdout, _ io.Writer) error {
	v, aside, err := journal.Restore(ctx, j.from, j.path)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d records in %d chains are restored; the terminal begins a new epoch when it starts\n", v.Records, v.Chains)
	if aside != "" {
		fmt.Fprintf(stdout, "what was there before: %s\n", aside)
	}
	return nil
}

// errMissing ends a salvage after which something may be missing.
var errMissing = errors.New("records may be missing: see above")

func journalSalvage(ctx context.Context, j journalFlags, stdout, stderr io.Writer) error {
	if _, err := os.Stat(j.path); err != nil {
		return j.absent(err)
	}
	terminal, err := terminalOf(ctx, j)
	if err != nil {
		return err
	}
	opened, err := journal.Open(ctx, j.path, journal.Options{Terminal: terminal, Copy: j.from, Log: slog.New(slog.NewTextHandler(stderr, nil))})
	if err != nil {
		return err
	}
	s, err := opened.Status(ctx)
	if err = errors.Join(err, opened.Close()); err != nil {
		return err
	}
	if s.Salvage == nil {
		fmt.Fprintln(stdout, "the journal is in order: nothing had to be salvaged")
		return printReports(j.path, stdout)
	}
	if err := printReports(j.path, stdout); err != nil {
		return err
	}
	if len(s.Salvage.Missing) > 0 || s.Salvage.Unreadable {
		return errMissing
	}
	return nil
}

// terminalOf is whose journal it is: what the file says, or else its copy.
func terminalOf(ctx context.Context, j journalFlags) (string, error) {
	for _, path := range []string{j.path, j.from} {
		if path == "" {
			continue
		}
		r, err := journal.OpenReader(ctx, path)
		if err != nil {
			continue
		}
		id, err := r.Terminal(ctx)
		_ = r.Close() // it was only read
		if err == nil {
			return id, nil
		}
	}
	return "", errors.New("the damaged journal does not say whose it is: start the terminal instead (ting run), which knows, and salvages by itself; or give its copy with -from")
}

// printReports tells what earlier salvages found.
func printReports(path string, w io.Writer) error {
	reports, err := journal.Reports(path)
	if err != nil {
		return err
	}
	for _, r := range reports {
		fmt.Fprintf(w, "\nsalvaged   %s\n", r.At.Local().Format(time.DateTime))
		fmt.Fprintf(w, "cause      %s\nset aside  %s\nrecovered  %d records, %d of them from the copy\n", r.Cause, r.SetAside, r.Recovered, r.FromCopy)
		if len(r.Missing) > 0 {
			fmt.Fprintf(w, "\n%-9s %6s %9s %9s %9s\n", "missing", "epoch", "from", "to", "records")
			for _, m := range r.Missing {
				fmt.Fprintf(w, "%-9s %6d %9d %9d %9d\n", m.Lane, m.Epoch, m.From, m.To, m.To-m.From+1)
			}
		}
		switch {
		case r.Unreadable:
			fmt.Fprintln(w, "not even the heads could be read: more may be missing than anybody can count")
		case len(r.Missing) == 0:
			fmt.Fprintln(w, "missing    nothing that the center had not acknowledged")
		}
		for _, t := range r.Tables {
			fmt.Fprintf(w, "table      %s stays in the file set aside\n", t)
		}
	}
	return nil
}
