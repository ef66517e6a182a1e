package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/record"
)

// TestAnOrdinaryRoleIsEnough: a center's role owns its database, and is nothing more.
func TestAnOrdinaryRoleIsEnough(t *testing.T) {
	s := pgtest.Start(t)
	s.Do(t, `CREATE ROLE ting LOGIN`)
	s.Do(t, `CREATE DATABASE ting OWNER ting`)
	url := strings.Replace(s.URL("ting"), "postgres://", "postgres://ting@", 1)
	url = "postgres://ting" + url[strings.LastIndex(url, "@"):]
	db := open(t, url)
	appendOne(t, db, "gate-1", time.Now())
	err := db.Read(context.Background(), func(tx *Tx) error {
		id, err := tx.Identity()
		if strings.Count(id, "/") != 2 {
			t.Errorf("identity %q", id)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func appendOne(t *testing.T, db *DB, terminal string, at time.Time) {
	t.Helper()
	chain := record.Chain{Terminal: terminal, Epoch: 1}
	err := db.Write(context.Background(), func(tx *Tx) error {
		c, err := tx.Chain(chain)
		if errors.Is(err, ErrNotFound) {
			c, err = tx.NewChain(chain, 0, "school-1")
		}
		if err != nil {
			return err
		}
		r := record.Record{Seq: c.Seq + 1, ID: uuid.Must(uuid.NewV7()), Kind: "a.b", Version: 1}
		r.Hash = chain.Next(c.Hash, &r)
		return errors.Join(tx.Append([]Append{{c.ID, []record.Record{r}, at}}), tx.MoveCursors([]Cursor{{c.ID, r.Seq, r.Hash}}))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTheLogHasAPartitionForEachMonth: also for one in which the center's clock was
// wrong; and the log is read across them in its order.
func TestTheLogHasAPartitionForEachMonth(t *testing.T) {
	db := open(t, pgtest.URL(t))
	for _, day := range []string{"2026-11-30T23:59:59Z", "2026-12-01T00:00:00Z", "2027-05-05T08:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"} {
		at, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		appendOne(t, db, "gate-1", at)
	}
	var tables []string
	next := int64(1)
	err := db.Read(context.Background(), func(tx *Tx) error {
		if err := tx.Each(`SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
			WHERE i.inhparent = 'inbox'::regclass AND EXISTS (SELECT 1 FROM inbox b WHERE b.tableoid = c.oid) ORDER BY c.relname`,
			nil, func(scan func(...any) error) error {
				var name string
				err := scan(&name)
				tables = append(tables, name)
				return err
			}); err != nil {
			return err
		}
		return tx.Log(0, 100, func(r Received) error {
			if r.Position != next || r.Record.Seq != next {
				t.Errorf("position %d with seq %d, want %d", r.Position, r.Record.Seq, next)
			}
			next++
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	want := "inbox_2026_11 inbox_2026_12 inbox_2027_01 inbox_2027_05"
	if got := strings.Join(tables, " "); got != want || next != 6 {
		t.Errorf("records in %s, want %s; %d read", got, want, next-1)
	}
}

// TestAnyTextIsKept: a hostile terminal's key is stored as it came, whatever bytes
// it is made of.
func TestAnyTextIsKept(t *testing.T) {
	onBoth(t, func(t *testing.T, source string) {
		db, ctx := open(t, source), context.Background()
		for _, key := range []string{"", "a", "\x00", "a\x00b", "\xff\xfe", oddText, oddText + "00", "'; DROP TABLE inbox; --", "人\uFFFD"} {
			var got string
			err := db.Write(ctx, func(tx *Tx) error {
				if err := tx.SetMeta("key", key); err != nil {
					return err
				}
				var err error
				got, err = tx.Meta("key")
				return err
			})
			if err != nil || got != key {
				t.Errorf("%q came back as %q: %v", key, got, err)
			}
		}
	})
}

func TestEncodedTextIsPlainAndOneToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "s"))
		e := encodeText(s)
		if !plain(e) || decodeText(e) != s {
			t.Fatalf("%q → %q → %q", s, e, decodeText(e))
		}
	})
}

func TestQueriesAreNumbered(t *testing.T) {
	for in, want := range map[string]string{
		"a = ? AND b = ?":                "a = $1 AND b = $2",
		"a = '?' AND b = ?":              "a = '?' AND b = $1",
		"a = ? -- what?\nAND b = ?":      "a = $1 -- what?\nAND b = $2",
		`"odd?name" = ?`:                 `"odd?name" = $1`,
		"a = 'it''s ?' OR b = ?::text[]": "a = 'it''s ?' OR b = $1::text[]",
		"- ?":                            "- $1",
		"? --":                           "$1 --",
		"'":                              "'",
	} {
		if got := numbered(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// TestLeadershipPassesOn: one of those who want it leads, and when its session is
// gone another does.
func TestLeadershipPassesOn(t *testing.T) {
	url := pgtest.URL(t)
	first, second := open(t, url), open(t, url)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	led := make(chan string, 4)
	follow := func(name string, db *DB) (lost chan struct{}) {
		lost = make(chan struct{}, 4)
		go db.Lead(ctx, "it", func(ctx context.Context) {
			led <- name
			<-ctx.Done()
			lost <- struct{}{}
		})
		return lost
	}
	lost := follow("first", first)
	if got := <-led; got != "first" {
		t.Fatal(got)
	}
	follow("second", second)
	// The server ends the first's session, as it does when the machine is gone.
	err := second.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l
			WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND l.pid <> pg_backend_pid()`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	<-lost
	if got := <-led; got != "first" && got != "second" { // whoever is quicker
		t.Error(got)
	}
	select {
	case also := <-led:
		t.Errorf("%s leads besides", also)
	default:
	}
}

func TestWeakCommitsAreNotAccepted(t *testing.T) {
	s := pgtest.Start(t, "fsync = off")
	if _, err := Open(context.Background(), s.URL("postgres")); err == nil || !strings.Contains(err.Error(), "fsync") {
		t.Errorf("a server without fsync: %v", err)
	}
	db := open(t, pgtest.URL(t)+"&synchronous_commit=off")
	err := db.Read(context.Background(), func(tx *Tx) error {
		var got string
		err := tx.One(`SHOW synchronous_commit`, nil, &got)
		if got != "on" {
			t.Errorf("synchronous_commit is %s", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
