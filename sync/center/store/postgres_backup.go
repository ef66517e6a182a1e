package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/luohu/ting/sync/record"
)

// backup lets pg_dump copy one snapshot of the database, reads the copy back with
// pg_restore, and counts as safe only what was read: each chain's records up to its
// cursor, hash by hash.
func (e *postgres) backup(ctx context.Context, path, _ string) (cursors map[int64]int64, records int64, err error) {
	if _, err := os.Lstat(path); err == nil {
		return nil, 0, fmt.Errorf("%s exists already: choose another name", path)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	f.Close()
	defer func() {
		if err != nil {
			os.Remove(path)
		}
	}()
	expected, err := e.dump(ctx, path)
	if err != nil {
		return nil, 0, explainPostgres(err)
	}
	found, err := readDump(ctx, path)
	if err != nil {
		return nil, 0, fmt.Errorf("the copy cannot be read back: %w", err)
	}
	cursors = map[int64]int64{}
	for id, c := range expected {
		got := found[id]
		if got == nil {
			return nil, 0, fmt.Errorf("the copy lacks chain %d", id)
		}
		if c.Branch == 0 && (got.seq != c.Seq || got.hash != c.Hash) || got.count == 0 && c.Seq > 0 {
			return nil, 0, fmt.Errorf("the copy has %d of %d records of chain %d", got.seq, c.Seq, id)
		}
		cursors[id] = c.Seq
		records += got.count
	}
	return cursors, records, errors.Join(syncFile(path, os.O_RDWR), syncName(path))
}

// dump copies the database as one snapshot shows it, and reads the chains there.
func (e *postgres) dump(ctx context.Context, path string) (chains map[int64]Chain, err error) {
	tx, err := e.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	// It idles as long as pg_dump works.
	if _, err := tx.Exec(ctx, `SET LOCAL idle_in_transaction_session_timeout = 0`); err != nil {
		return nil, err
	}
	s := &postgresSession{ctx: ctx, e: e, tx: tx}
	var snapshot string
	if err := s.one(`SELECT pg_export_snapshot()`, nil, []any{&snapshot}); err != nil {
		return nil, err
	}
	chains = map[int64]Chain{}
	err = s.each(`SELECT id, branch, seq, hash FROM chains`, nil, func(scan func(...any) error) error {
		var c Chain
		var hash []byte
		err := scan(&c.ID, &c.Branch, &c.Seq, &hash)
		copy(c.Hash[:], hash)
		chains[c.ID] = c
		return err
	})
	if err != nil {
		return nil, err
	}
	// The URL may hold a password: it travels in the environment, not among the
	// arguments that everybody on the machine can read.
	cmd := exec.CommandContext(ctx, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--snapshot="+snapshot, "--file="+path)
	cmd.Env = append(os.Environ(), libpqEnvironment(tx.Conn().Config())...)
	return chains, runTool(cmd)
}

// libpqEnvironment is how PostgreSQL's own programs reach the same database.
func libpqEnvironment(c *pgx.ConnConfig) []string {
	return []string{
		"PGHOST=" + c.Host, "PGPORT=" + strconv.Itoa(int(c.Port)), "PGUSER=" + c.User,
		"PGPASSWORD=" + c.Password, "PGDATABASE=" + c.Database, "PGAPPNAME=ting-center",
	}
}

func runTool(cmd *exec.Cmd) error {
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%s is missing: install postgresql-client of the server's version or newer", cmd.Path)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", cmd.Args[0], err, strings.TrimSpace(complaint.String()))
	}
	return nil
}

// dumped is what a copy has of a chain.
type dumped struct {
	name       record.Chain
	branch     int64
	seq, count int64 // seq: up to here without a gap
	hash       record.Hash
	later      map[int64]record.Record // that came before their turn: a table may reuse room
	cursor     int64                   // what the chain's own row says,
	head       string                  // in hex
}

// take counts a record, and goes on as far as the chain holds.
func (d *dumped) take(r record.Record) {
	d.count++
	if d.branch != 0 {
		return
	}
	for ok := true; ok; {
		if r.Seq != d.seq+1 {
			if d.later == nil {
				d.later = map[int64]record.Record{}
			}
			d.later[r.Seq] = r
			return
		}
		if d.name.Next(d.hash, &r) != r.Hash {
			return
		}
		d.seq, d.hash = r.Seq, r.Hash
		if r, ok = d.later[d.seq+1]; ok {
			delete(d.later, r.Seq)
		}
	}
}

// readDump reads the chains and records of a copy, as pg_restore writes them.
func readDump(ctx context.Context, path string) (map[int64]*dumped, error) {
	found := map[int64]*dumped{}
	// The chains first: they say whose the hashes are.
	if err := restored(ctx, path, "chains", func(table string, row map[string]string) error {
		if table != "chains" {
			return nil
		}
		d := &dumped{}
		var n [4]int64
		for i, column := range []string{"id", "epoch", "lane", "branch"} {
			var err error
			if n[i], err = strconv.ParseInt(row[column], 10, 64); err != nil {
				return fmt.Errorf("chains.%s: %w", column, err)
			}
		}
		d.name = record.Chain{Terminal: decodeText(row["terminal"]), Epoch: n[1], Lane: record.Lane(n[2])}
		d.branch = n[3]
		d.cursor, _ = strconv.ParseInt(row["seq"], 10, 64)
		d.head = strings.TrimPrefix(row["hash"], `\x`)
		found[n[0]] = d
		return nil
	}); err != nil {
		return nil, err
	}
	err := restored(ctx, path, "inbox", func(table string, row map[string]string) error {
		if !strings.HasPrefix(table, "inbox") {
			return nil
		}
		chain, r, err := restoredRecord(row)
		if err != nil {
			return err
		}
		d := found[chain]
		if d == nil {
			return fmt.Errorf("a record of chain %d, which the copy does not have", chain)
		}
		d.take(r)
		return nil
	})
	return found, err
}

func restoredRecord(row map[string]string) (chain int64, r record.Record, err error) {
	var version int64
	for column, dest := range map[string]*int64{"chain": &chain, "seq": &r.Seq, "version": &version} {
		if *dest, err = strconv.ParseInt(row[column], 10, 64); err != nil {
			return 0, r, fmt.Errorf("inbox.%s: %w", column, err)
		}
	}
	r.Version, r.Kind, r.Key = int(version), decodeText(row["kind"]), decodeText(row["key"])
	var id, hash []byte
	for column, dest := range map[string]*[]byte{"id": &id, "hash": &hash, "body": &r.Body} {
		if *dest, err = hex.DecodeString(strings.TrimPrefix(row[column], `\x`)); err != nil {
			return 0, r, fmt.Errorf("inbox.%s: %w", column, err)
		}
	}
	copy(r.ID[:], id)
	copy(r.Hash[:], hash)
	return chain, r, nil
}

// restored calls fn for every row of a table, and of its partitions, in a copy.
// Rows of a partition come in the order in which they were stored.
func restored(ctx context.Context, path, table string, fn func(table string, row map[string]string) error) error {
	args := []string{"--data-only", "--file=-"}
	if table == "chains" {
		args = append(args, "--table=chains")
	} else {
		list, err := exec.CommandContext(ctx, "pg_restore", "--list", path).Output()
		if err != nil {
			return fmt.Errorf("pg_restore --list: %w", err)
		}
		any := false
		for line := range strings.Lines(string(list)) {
			fields := strings.Fields(line)
			if i := indexOf(fields, "DATA"); i > 0 && len(fields) > i+2 && strings.HasPrefix(fields[i+2], table) {
				args, any = append(args, "--table="+fields[i+2]), true
			}
		}
		if !any {
			return nil
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "pg_restore", append(args, path)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := readCopies(out, fn)
	if readErr != nil {
		cancel()
	}
	if err := cmd.Wait(); err != nil && readErr == nil {
		return fmt.Errorf("pg_restore: %w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return readErr
}

func indexOf(list []string, what string) int {
	for i, s := range list {
		if s == what {
			return i
		}
	}
	return -1
}

// copyUnescape undoes what COPY's text format does.
var copyUnescape = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r", `\t`, "\t", `\b`, "\b", `\f`, "\f", `\v`, "\v")

// readCopies reads the rows of the COPY statements of a script. fn's row is only
// good during the call.
func readCopies(script io.Reader, fn func(table string, row map[string]string) error) error {
	lines := bufio.NewReaderSize(script, 1<<20)
	var table string
	var columns []string
	row := map[string]string{}
	for {
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			if table != "" {
				return io.ErrUnexpectedEOF
			}
			return nil
		}
		if err != nil {
			return err
		}
		line = strings.TrimSuffix(line, "\n")
		switch {
		case table == "":
			// COPY public.inbox_2026_11 (position, chain, …) FROM stdin;
			rest, ok := strings.CutPrefix(line, "COPY ")
			if !ok {
				continue
			}
			name, list, ok := strings.Cut(rest, " (")
			if !ok {
				continue
			}
			list, _, ok = strings.Cut(list, ") FROM stdin;")
			if !ok {
				continue
			}
			table = name[strings.LastIndexByte(name, '.')+1:]
			columns = strings.Split(strings.ReplaceAll(list, `"`, ""), ", ")
		case line == `\.`:
			table = ""
		default:
			fields := strings.Split(line, "\t")
			if len(fields) != len(columns) {
				return fmt.Errorf("a row of %s has %d of %d columns", table, len(fields), len(columns))
			}
			for i, f := range fields {
				if strings.IndexByte(f, '\\') >= 0 {
					f = copyUnescape.Replace(f)
				}
				row[columns[i]] = f
			}
			if err := fn(table, row); err != nil {
				return err
			}
		}
	}
}
