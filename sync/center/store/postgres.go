package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sys/unix"
)

// postgres is a database on a server, which other processes may serve too.
type postgres struct {
	url     string
	pool    *pgxpool.Pool
	process string     // names this process to the others
	mu      sync.Mutex // held while writing alone: only one connection waits for the others' turns
	leases  leases
	months  sync.Map // time.Time of those whose partition is there
}

// Connections of a process, besides one for leadership and one for notes. A
// pool_max_conns in the URL changes it.
const poolSize = 16

// Advisory locks are numbers that every user of the database must agree about;
// these are the first and the prefix of the others'.
const (
	writerLock int64 = 0x54696e6700000001 // "Ting" 1
	monthLock  int64 = 0x54696e6700000002
)

// PostgreSQL's codes of errors.
const (
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	codeChangedResult = "0A000" // of a prepared statement, when a table was made anew
	codeDiskFull      = "53100"
	codeIO            = "58030"

	codeDataCorrupted  = "XX001"
	codeIndexCorrupted = "XX002"
)

func openPostgres(ctx context.Context, url string) (*postgres, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The error of the driver may hold the password.
		return nil, errors.New("the database's URL cannot be read: postgres://USER@HOST/DATABASE is needed")
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = poolSize
	}
	prepareConnection(config.ConnConfig)
	e := &postgres{url: url, process: uuid.NewString()}
	e.leases = leases{config: config.ConnConfig.Copy(), wanted: map[string]*lease{}}
	if e.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("open the center's database: %w", explainPostgres(err))
	}
	if err := e.check(ctx); err != nil {
		e.pool.Close()
		return nil, fmt.Errorf("open the center's database: %w", explainPostgres(err))
	}
	return e, nil
}

// prepareConnection sets what the promises rest on, and lets neither end wait long
// for the other when a machine or a wire between them has died: what it holds
// locked must be free again within seconds.
func prepareConnection(c *pgx.ConnConfig) {
	for name, value := range map[string]string{
		"application_name":                    "ting-center",
		"synchronous_commit":                  "on",
		"idle_in_transaction_session_timeout": "60s",
		"tcp_keepalives_idle":                 "5",
		"tcp_keepalives_interval":             "2",
		"tcp_keepalives_count":                "3",
		"tcp_user_timeout":                    "15000",
		"TimeZone":                            "UTC",
	} {
		if _, set := c.RuntimeParams[name]; !set || name == "synchronous_commit" && weak(c.RuntimeParams[name]) {
			c.RuntimeParams[name] = value
		}
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 10 * time.Second
	}
	c.DialFunc = (&net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
		Control:         patience,
	}).DialContext
}

func weak(synchronousCommit string) bool {
	return synchronousCommit == "off" || synchronousCommit == "local"
}

// check looks at what durability rests on.
func (e *postgres) check(ctx context.Context) error {
	var version int
	if err := e.pool.QueryRow(ctx, `SELECT current_setting('server_version_num')::int`).Scan(&version); err != nil {
		return err
	}
	if version < 150000 {
		return fmt.Errorf("the server is PostgreSQL %d, 15 or newer is needed", version/10000)
	}
	for setting, want := range map[string]string{"fsync": "on", "full_page_writes": "on", "server_encoding": "UTF8"} {
		var got string
		if err := e.pool.QueryRow(ctx, `SELECT current_setting($1)`, setting).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("the server's %s is %s, but only %s keeps what is acknowledged: change it in postgresql.conf", setting, got, want)
		}
	}
	return nil
}

func (e *postgres) name() string { return "postgres" }

func (e *postgres) close() error {
	e.leases.stop()
	e.pool.Close()
	return nil
}

func (e *postgres) broken() error { return nil } // the server's own business: it ends rather than lie

// another is how often a transaction is tried again that others got in the way of.
const another = 8

func (e *postgres) write(ctx context.Context, alone bool, fn func(session) error) error {
	begin := "begin isolation level read committed"
	if alone {
		e.mu.Lock()
		defer e.mu.Unlock()
		// The statements after the lock see what whoever held it has committed.
		begin += fmt.Sprintf("; select pg_advisory_xact_lock(%d)", writerLock)
	}
	for tries := 0; ; tries++ {
		err := e.once(ctx, begin, fn)
		if err == nil || tries == another || !inTheWay(err) {
			return explainPostgres(err)
		}
	}
}

func (e *postgres) once(ctx context.Context, begin string, fn func(session) error) error {
	tx, err := e.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }() // nothing after the commit
	s := &postgresSession{ctx: ctx, e: e, tx: tx}
	if err := fn(s); err != nil {
		return err
	}
	if len(s.notes) > 0 {
		if _, err := tx.Exec(ctx, `SELECT pg_notify('ting', $1 || ' ' || n) FROM unnest($2::text[]) n`, e.process, s.notes); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", s.explain(err))
	}
	return nil
}

// errRaced is of a transaction that found something changed since it looked.
var errRaced = errors.New("another process was quicker")

// inTheWay reports whether a transaction failed for another's sake alone.
func inTheWay(err error) bool {
	if errors.Is(err, errRaced) {
		return true
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == codeSerialization || pg.Code == codeDeadlock || pg.Code == codeChangedResult)
}

func (e *postgres) read(ctx context.Context, fn func(session) error) error {
	for tries := 0; ; tries++ {
		err := e.readOnce(ctx, fn)
		if err == nil || tries == another || !inTheWay(err) {
			return explainPostgres(err)
		}
	}
}

func (e *postgres) readOnce(ctx context.Context, fn func(session) error) error {
	tx, err := e.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	return fn(&postgresSession{ctx: ctx, e: e, tx: tx})
}

// explainPostgres turns the driver's errors into those that say what to do.
func explainPostgres(err error) error {
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil, errors.Is(err, ErrAway), errors.Is(err, ErrFull), errors.Is(err, ErrCorrupt):
		return err // explained already
	case errors.As(err, &pg):
		switch class := pg.Code[:min(2, len(pg.Code))]; {
		case pg.Code == codeDiskFull:
			return fmt.Errorf("%w: %w", ErrFull, err)
		case pg.Code == codeIO, class == "57", class == "08":
			return fmt.Errorf("%w: %w", ErrAway, err)
		case pg.Code == codeDataCorrupted, pg.Code == codeIndexCorrupted:
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
	case errors.As(err, &connect), pgconn.SafeToRetry(err), errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

// patience ends a connection whose other end does not confirm what was sent.
func patience(network, _ string, c syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var err error
	if e := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 15_000)
	}); e != nil {
		return e
	}
	return err
}
