package proof

import (
	"context"
	"testing"
	"time"

	"github.com/luohu/ting/sync/fleet"
	"github.com/luohu/ting/sync/fleet/power"
)

// TestDisks fills and breaks the disks of terminal and center: what cannot be
// kept is refused, business and center go on or end cleanly, and nothing that was
// said to be done is lost.
func TestDisks(t *testing.T) {
	t.Parallel()
	n := max(1, size(t, 1)/50)
	d := newDistrict(t, setting{store: "SQLite", bin: programs(t, nil), safe: "committed", machines: 1, power: true, retention: -1})
	m, c := d.Machines[0], d.Center
	for range n {
		d.terminalFull(m)
		d.terminalDies(m)
		d.centerFull()
		d.centerDies(power.WriteFail)
		d.centerDies(power.SyncFail)
	}
	v, err := d.Settle(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	kept(t, "ENOSPC, EIO on write and on fsync, at both ends", "SQLite", 5*n, "faults", v)
	if d.Ledger.Refused()["disk-full"] == 0 {
		t.Error("a terminal on a full disk refused nothing")
	}
	_ = c
}

func (d *district) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// terminalFull: records are refused, what is there still goes up, and business
// goes on by itself when there is room.
func (d *district) terminalFull(m *fleet.Machine) {
	d.t.Helper()
	before := d.Ledger.Refused()["disk-full"]
	d.must(m.Disk().Break(power.NoSpace))
	d.until("a full terminal refuses", func() bool { return d.Ledger.Refused()["disk-full"] >= before+5 })
	if !m.Running() {
		d.t.Fatalf("a full disk ended the terminal: %s", m.Failed())
	}
	d.must(m.Disk().Mend())
	d.told(m, 5)
}

// terminalDies: after a failed fsync nothing may be believed; the rack ends, and
// started again it has all that it said was done.
func (d *district) terminalDies(m *fleet.Machine) {
	d.t.Helper()
	d.must(m.Disk().Break(power.SyncFail))
	select {
	case <-m.Ended():
	case <-time.After(20 * time.Second):
		d.t.Fatal("the terminal went on after a failed fsync")
	}
	if m.Failed() == "" {
		d.t.Error("the terminal did not say why it ended")
	}
	d.must(m.Disk().Mend())
	d.must(m.Cut()) // what was not fsynced is gone
	d.must(m.Start())
	d.told(m, 5)
}

// centerFull: nothing is acknowledged, the center stays, says that it is not
// ready, and takes records again when there is room.
func (d *district) centerFull() {
	d.t.Helper()
	ctx := context.Background()
	d.must(d.Center.Disk.Break(power.NoSpace))
	d.until("a full center is not ready", func() bool { return !d.Center.Ready(ctx) })
	if !d.Center.Running() {
		d.t.Fatalf("a full disk ended the center:\n%s", d.Center.LastWords())
	}
	d.must(d.Center.Disk.Mend())
	d.until("a center with room again is ready", func() bool { return d.Center.Ready(ctx) })
	d.must(d.WaitArrived(ctx, 1))
}

// centerDies: a center whose disk fails ends rather than go on, and started again
// has all that it acknowledged.
func (d *district) centerDies(f power.Fault) {
	d.t.Helper()
	d.must(d.WaitArrived(context.Background(), 1))
	d.must(d.Center.Disk.Break(f))
	d.until("a center whose disk fails ends", func() bool { return !d.Center.Running() })
	d.must(d.Center.Disk.Mend())
	d.must(d.Center.Cut())
	d.must(d.Center.Start())
}

func (d *district) until(what string, holds func() bool) {
	d.t.Helper()
	patience := time.NewTimer(40 * time.Second)
	defer patience.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-patience.C:
			d.t.Fatalf("in vain: %s\n%s", what, d.Center.LastWords())
		}
	}
}
