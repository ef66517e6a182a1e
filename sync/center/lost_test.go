package center

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestAuthorityIsLost does what sync/README.md says of a lost ca-key.pem: a new
// authority, every terminal enrolled anew, and what was there goes on.
func TestAuthorityIsLost(t *testing.T) { onBoth(t, testAuthorityIsLost) }

func testAuthorityIsLost(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, Options{Dir: dir})
	old := s.enrol("gate-1", "school-1")
	rs := old.Make(record.Ordinary, 2, "a.b", "", `{}`)
	expect(t, old.Send(record.Ordinary, record.Hash{}, rs), wire.OK, 2)
	more := old.Make(record.Ordinary, 1, "a.b", "", `{}`) // not sent yet
	s.close()
	for _, f := range []string{"ca-key.pem", "ca.pem", "server-key.pem", "server.pem"} {
		if err := os.Rename(filepath.Join(dir, f), filepath.Join(t.TempDir(), f)); err != nil && f[0] == 'c' {
			t.Fatal(err) // the tests' listener keeps no certificate of its own in a file
		}
	}

	if database(t, dir) != "" {
		if _, err := Open(t.Context(), Options{Dir: dir, Database: database(t, dir), Log: discard()}); !errors.Is(err, ErrKeys) {
			t.Errorf("other keys than the database's: %v", err)
		}
	}
	s = serve(t, Options{Dir: dir, NewKeys: true})
	old.URL = s.url
	if _, err := old.TrySend(t.Context(), old.Head(record.Ordinary, rs[1].Hash, more), wire.EncodeRecords(more, wire.Newest)); err == nil {
		t.Error("a terminal of the old authority believes the new one")
	}
	anew := s.enrolKey("gate-1", "school-1", old.Key)
	if !anew.CenterKey.Equal(old.CenterKey) || anew.Epoch != old.Epoch+1 {
		t.Errorf("enrolled anew in epoch %d", anew.Epoch)
	}
	h := anew.Head(record.Ordinary, rs[1].Hash, more)
	h.Epoch = old.Epoch // what the old epoch has not sent
	ack, err := anew.TrySend(t.Context(), h, wire.EncodeRecords(more, wire.Newest))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, ack, wire.OK, 3)
	expect(t, anew.Send(record.Ordinary, record.Hash{}, anew.Make(record.Ordinary, 1, "a.b", "", `{}`)), wire.OK, 1)
}
