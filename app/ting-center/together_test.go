package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestProcessesOfOneDatabase runs three centers on one PostgreSQL. Terminals hop
// between them with every batch, as behind a load balancer, while one after the
// other is killed in mid-stream. Then it counts: every acknowledged record is there
// once, without a gap, and the gate's projection has applied each once.
func TestProcessesOfOneDatabase(t *testing.T) {
	const centers, terminals, each, kills = 3, 6, 300, 6
	database := pgtest.URL(t)
	dirs := make([]string, centers)
	addresses := make([]string, centers)
	running := make([]*process, centers)
	for i := range running {
		dirs[i] = t.TempDir()
		addresses[i] = "127.0.0.1:0"
		if i > 0 {
			for _, name := range []string{"ca.pem", "ca-key.pem", "center-key.pem"} {
				copyFile(t, filepath.Join(dirs[0], name), filepath.Join(dirs[i], name))
			}
		}
		running[i] = start(t, dirs[i], addresses[i], "-database", database, "-safe", "committed")
		addresses[i] = strings.TrimPrefix(running[i].url, "https://")
	}
	first := running[0]
	fleet := make([]*centertest.Terminal, terminals)
	for i := range fleet {
		id := fmt.Sprintf("gate-%d", i)
		fleet[i] = centertest.Enrol(t, running[i%centers].url, first.roots(), id, "school-1",
			running[(i+1)%centers].enrolCode(id, "school-1"), centertest.NewKey(t))
	}
	var acknowledged atomic.Int64
	progress := make(chan struct{}, 1)
	var all sync.WaitGroup
	for i, tm := range fleet {
		rs := tm.Make(record.Ordinary, each, gate.KindPass.Name, fmt.Sprintf("person/%d", i), passBody(t, fmt.Sprintf("2020-%04d", i), gate.In, time.Now()))
		all.Go(func() {
			for done := 0; done < each; {
				var prev record.Hash
				if done > 0 {
					prev = rs[done-1].Hash
				}
				batch := rs[done:min(done+7, each)]
				at := tm.Clone()
				at.URL = "https://" + addresses[rand.IntN(centers)]
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				ack, err := at.TrySend(ctx, at.Head(record.Ordinary, prev, batch), wire.EncodeRecords(batch, wire.Newest))
				cancel()
				if err != nil || ack.Code == wire.Busy {
					<-time.After(2 * time.Millisecond) // that one was killed: try another
					continue
				}
				if ack.Code != wire.OK || int(ack.CommittedSeq) < done {
					t.Errorf("%s: answered %s at %d, had %d acknowledged", tm.ID, ack.Code, ack.CommittedSeq, done)
					return
				}
				acknowledged.Add(ack.CommittedSeq - int64(done))
				done = int(ack.CommittedSeq)
				select {
				case progress <- struct{}{}:
				default:
				}
			}
		})
	}
	for k := range kills {
		for range 8 {
			<-progress
		}
		running[k%centers].kill()
		running[k%centers] = start(t, dirs[k%centers], addresses[k%centers], "-safe", "committed") // the database is remembered
	}
	all.Wait()
	if got := acknowledged.Load(); got != terminals*each {
		t.Errorf("%d acknowledged, want %d", got, terminals*each)
	}
	db, err := pgx.Connect(context.Background(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	count := func(query string) (n int64) {
		t.Helper()
		if err := db.QueryRow(context.Background(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for query, want := range map[string]int64{
		`SELECT COUNT(*) FROM inbox`:                 terminals * each,
		`SELECT COUNT(DISTINCT id) FROM inbox`:       terminals * each,
		`SELECT COUNT(DISTINCT position) FROM inbox`: terminals * each,
		`SELECT MAX(position) FROM inbox`:            terminals * each, // no gap in the log
		`SELECT COUNT(*) FROM (SELECT chain FROM inbox GROUP BY chain HAVING COUNT(*) <> MAX(seq) OR MAX(seq) <> 300) g`: 0,
	} {
		if got := count(query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	// Somebody leads the projection, whoever was killed, and has applied all once.
	deadline := time.After(30 * time.Second)
	for count(`SELECT cursor FROM projections WHERE name = 'gate'`) < terminals*each {
		select {
		case <-deadline:
			t.Fatal("nobody goes on with the projection")
		case <-time.After(20 * time.Millisecond):
		}
	}
	if got := count(`SELECT COUNT(*) FROM gate_passes`); got != terminals*each {
		t.Errorf("%d passes are projected, want %d", got, terminals*each)
	}
	if got := count(`SELECT COUNT(*) FROM dead_letters`); got != 0 {
		t.Errorf("%d dead letters", got)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestDatabaseMistakesAreSaid(t *testing.T) {
	own := t.TempDir()
	start(t, own, "127.0.0.1:0").kill()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	shared := pgtest.URL(t)
	start(t, t.TempDir(), "127.0.0.1:0", "-database", shared)
	for _, c := range []struct {
		name, state, database, want string
	}{
		{"not a URL", t.TempDir(), "center.db", "postgres://"},
		{"a center with a file", own, shared, "-state"},
		{"nobody there", t.TempDir(), "postgres://ting@" + nobody + "/ting?sslmode=disable", "does not answer"},
		{"other keys", t.TempDir(), shared, "ca-key.pem"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := program(t, "run", "-state", c.state, "-listen", "127.0.0.1:0", "-database", c.database).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) {
				t.Errorf("%v, it does not say %q:\n%s", err, c.want, out)
			}
		})
	}
}
