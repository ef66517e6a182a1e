package journal

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/luohu/ting/sync/record"
)

func openReader(t *testing.T, path string) *Reader {
	t.Helper()
	r, err := OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// all reads every record and says which, as epoch/lane/seq.
func all(t *testing.T, r *Reader) (names []string, ids map[string]bool) {
	t.Helper()
	ids = map[string]bool{}
	if err := r.Each(t.Context(), func(c record.Chain, rec record.Record) error {
		names = append(names, fmt.Sprintf("%d/%s/%d", c.Epoch, c.Lane, rec.Seq))
		ids[rec.ID.String()] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return names, ids
}

// TestReaderBesideTheOwner looks into a journal that is being written.
func TestReaderBesideTheOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a [b]*", "journal.db")
	j := open(t, path)
	first := appendN(t, j, 3)
	if err := j.Acknowledge(t.Context(), ackOf(first[0])); err != nil {
		t.Fatal(err)
	}
	if _, err := j.RaiseEpoch(t.Context(), 0, "a test"); err != nil {
		t.Fatal(err)
	}
	r := openReader(t, path)
	urgent, err := j.Append(t.Context(), Entry{Lane: record.Urgent, Kind: "alarm", Version: 1, Body: []byte(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{".damaged-20260101T000000Z", ".damaged-20260101T000000Z-wal"} {
		if err := os.WriteFile(path+f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o, err := r.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if o.Terminal != "gate-1" || o.Epoch != 2 || o.Why != "a test" || o.Unsent() != 3 || o.Size == 0 || o.Began.IsZero() {
		t.Errorf("%+v", o)
	}
	if l := o.Lanes[0]; l.Lane != record.Urgent || l.Unsent != 1 || !l.Oldest.Equal(urgent.Time()) || l.Hash != urgent.Hash {
		t.Errorf("urgent: %+v", l)
	}
	if l := o.Lanes[1]; l.Unsent != 2 || !l.Oldest.Equal(first[1].Time()) {
		t.Errorf("ordinary: %+v", l)
	}
	if len(o.Chains) != 3 || o.Chains[1].Acked != 1 || o.Chains[1].Kept != 3 {
		t.Errorf("chains: %+v", o.Chains)
	}
	if len(o.SetAside) != 1 || o.SetAside[0] != path+".damaged-20260101T000000Z" {
		t.Errorf("set aside: %q", o.SetAside)
	}
	if v, err := r.Verify(t.Context()); err != nil || v.Records != 4 {
		t.Errorf("%+v, %v", v, err)
	}
	if names, _ := all(t, r); fmt.Sprint(names) != "[2/urgent/1 1/ordinary/1 1/ordinary/2 1/ordinary/3]" {
		t.Errorf("read %v", names)
	}
}

// TestReaderAfterAKill reads what a killed terminal left, changes none of it,
// and is not taken for a second machine.
func TestReaderAfterAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	told := startChild(t, path).killAfter(40)
	content := func() []byte {
		var all []byte
		for _, suffix := range []string{"", "-wal", ".origin"} {
			b, err := os.ReadFile(path + suffix)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b...)
		}
		return all
	}
	before := content()
	r := openReader(t, path)
	if _, err := r.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	_, ids := all(t, r)
	for id := range told {
		if !ids[id] {
			t.Errorf("record %s is not read", id)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(before, content()) {
		t.Error("looking has changed the files")
	}
	if j := open(t, path); j.Epoch() != 1 {
		t.Errorf("epoch %d", j.Epoch())
	}
}

func TestReaderSaysWhatIsWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.db")
	j := open(t, path)
	appendN(t, j, 3)
	if _, err := j.RaiseEpoch(t.Context(), 0, "a test"); err != nil {
		t.Fatal(err)
	}
	appendN(t, j, 3)
	j.Close()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE outbox SET body='{"n":7}' WHERE epoch=1 AND seq=2; DELETE FROM outbox WHERE epoch=2 AND seq=3`); err != nil {
		t.Fatal(err)
	}
	_, err = openReader(t, path).Verify(t.Context())
	if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "epoch 1, ordinary: record 2") ||
		!strings.Contains(err.Error(), "epoch 2, ordinary: record 3") {
		t.Errorf("%v", err)
	}
	if _, err := db.Exec("PRAGMA user_version=99"); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReader(t.Context(), path); err == nil || !strings.Contains(err.Error(), "schema 99") {
		t.Errorf("of another release: %v", err)
	}
	missing := filepath.Join(t.TempDir(), "none.db")
	if _, err := OpenReader(t.Context(), missing); !errors.Is(err, os.ErrNotExist) || exists(missing) {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(missing, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReader(t.Context(), missing); !errors.Is(err, ErrCorrupt) {
		t.Errorf("no database: %v", err)
	}
}
