package proof

import (
	"context"
	"testing"
	"time"

	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/fleet"
)

// TestPostgresCrash kills the database server, every process of it, under a center
// that takes records in: the center stays, answers that it is busy, and loses nothing.
func TestPostgresCrash(t *testing.T) {
	t.Parallel()
	n := max(1, size(t, 1)/10)
	server := pgtest.Start(t)
	server.Do(t, `CREATE DATABASE crash`)
	bin := programs(t, nil)
	c := centerOn(t, "SQLite", bin, "committed")
	c.Database = server.URL("crash")
	g, err := fleet.NewGroup(context.Background(), fleet.GroupOptions{Dir: t.TempDir(), Center: c, Rack: rack(bin), Machines: 1, Terminals: 2,
		Profile: "steady", Load: 100, Retention: -1, Patience: 90 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	for range n {
		if err := g.WaitArrived(context.Background(), 50); err != nil {
			t.Fatal(err)
		}
		server.Kill()
		if err := server.Run(""); err != nil {
			t.Fatal(err)
		}
		if !c.Running() {
			t.Fatalf("the center ended with its database server:\n%s", c.LastWords())
		}
	}
	v, err := g.Settle(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	kept(t, "kill -9 of the database server", "PostgreSQL", n, "kills", v)
}
