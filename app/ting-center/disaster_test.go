package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/record"
)

// ask runs one of the commands in this process.
func ask(args ...string) (code int, said string) {
	var out bytes.Buffer
	code = command(args, &out, &out)
	return code, out.String()
}

// TestVerifyAndRestore goes through what an operator may meet between a backup
// and a center that runs again, on both databases.
func TestVerifyAndRestore(t *testing.T) {
	for _, backend := range []string{"sqlite", "postgres"} {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			dir, elsewhere := t.TempDir(), t.TempDir()
			database, empty := "", ""
			if backend == "postgres" {
				database, empty = pgtest.URL(t), pgtest.URL(t)
			}
			p := start(t, dir, "127.0.0.1:0", "-database", database)
			tm := centertest.Enrol(t, p.url, p.roots(), "gate-1", "school-1", p.enrolCode("gate-1", "school-1"), centertest.NewKey(t))
			rs := tm.Make(record.Ordinary, 5, "a.b", "", `{}`)
			if ack := tm.Send(record.Ordinary, record.Hash{}, rs); ack.CommittedSeq != 5 {
				t.Fatalf("%+v", ack)
			}
			backup := filepath.Join(elsewhere, "backup")
			expect := func(want int, words string, args ...string) {
				t.Helper()
				if code, said := ask(args...); code != want || !strings.Contains(said, words) {
					t.Fatalf("%v: exit code %d, want %d with %q:\n%s", args, code, want, words, said)
				}
			}
			here := func(name string, more ...string) []string {
				return append([]string{name, "-state", dir}, more...)
			}
			expect(0, "5 records are safe", here("backup", "-to", backup)...)
			expect(1, "exists already", here("backup", "-to", backup)...)
			expect(0, "the database is in order: 5 records", here("verify")...)
			expect(0, "signed by this center", here("verify", "-backup", backup)...)
			expect(0, "is not checked", "verify", "-state", t.TempDir(), "-backup", backup)
			expect(1, "already runs", here("restore", "-from", backup)...)
			p.kill()
			expect(1, "move it away", here("restore", "-from", backup)...)

			tampered := tamper(t, backup, elsewhere)
			expect(1, "not what its manifest says", here("verify", "-backup", tampered)...)
			bare := filepath.Join(elsewhere, "bare")
			copyTo(t, backup, bare)
			expect(1, "has no manifest", here("verify", "-backup", bare)...)
			forged := filepath.Join(elsewhere, "forged")
			forge(t, backup, forged)
			expect(1, "not what its manifest says", here("verify", "-backup", forged)...)
			expect(1, "neither an SQLite database nor", "restore", "-state", t.TempDir(), "-database", empty, "-without-manifest", "-from", text(t, elsewhere))

			// A new machine: the keys come from their own copy.
			next := t.TempDir()
			for _, key := range []string{"ca.pem", "ca-key.pem", "center-key.pem"} {
				copyTo(t, filepath.Join(dir, key), filepath.Join(next, key))
			}
			expect(1, "has no manifest", "restore", "-state", next, "-database", empty, "-from", bare)
			expect(0, "what was restored is in order: 5 records", "restore", "-state", next, "-database", empty, "-from", backup)
			expect(0, "in order: 5 records", "verify", "-state", next, "-database", empty)
			restored := start(t, next, "127.0.0.1:0", "-database", empty)
			tm.URL = restored.url
			before := tm.Send(record.Ordinary, rs[4].Hash, nil)
			if before.CommittedSeq != 5 || before.SafeSeq > 5 {
				t.Errorf("the restored center answers %+v", before)
			}
			if more := tm.Send(record.Ordinary, rs[4].Hash, tm.Make(record.Ordinary, 1, "a.b", "", `{}`)); more.CommittedSeq != 6 {
				t.Errorf("the restored center does not go on: %+v", more)
			}
		})
	}
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tamper changes one byte of a copy of a backup.
func tamper(t *testing.T, backup, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "tampered")
	copyTo(t, backup, path)
	copyTo(t, backup+".manifest", path+".manifest")
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(-100, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte{0xA5}); err != nil {
		t.Fatal(err)
	}
	return path
}

// forge signs a backup's manifest with another center's key.
func forge(t *testing.T, backup, path string) {
	t.Helper()
	copyTo(t, backup, path)
	b, err := os.ReadFile(backup + ".manifest")
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.Replace(b, []byte(`"by":"command"`), []byte(`"by":"nobody"`), 1)
	if err := os.WriteFile(path+".manifest", b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "text")
	if err := os.WriteFile(path, []byte("not a backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestVerifyFindsWhatIsWrong damages the log behind the center's back.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	for name, damage := range map[string]string{
		"a changed body":   `UPDATE inbox SET body = '{"x":1}' WHERE seq = 3`,
		"a missing record": `DELETE FROM inbox WHERE seq = 3`,
		"a moved cursor":   `UPDATE chains SET seq = 9`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := start(t, dir, "127.0.0.1:0")
			tm := centertest.Enrol(t, p.url, p.roots(), "gate-1", "school-1", p.enrolCode("gate-1", "school-1"), centertest.NewKey(t))
			tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 5, "a.b", "", `{}`))
			p.kill()
			edit(t, dir, damage)
			code, said := ask("verify", "-state", dir)
			if code != 1 || !strings.Contains(said, "gate-1") {
				t.Errorf("exit code %d\n%s", code, said)
			}
			backup := filepath.Join(t.TempDir(), "backup")
			if code, said := ask("backup", "-state", dir, "-to", backup); code != 1 {
				t.Errorf("a damaged log was backed up as safe: exit code %d\n%s", code, said)
			}
		})
	}
}

func edit(t *testing.T, dir, statement string) {
	t.Helper()
	ctx := context.Background()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, "center.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", statement, err))
	}
}
