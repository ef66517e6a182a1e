package proof

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/luohu/ting/sync/fleet"
	"github.com/luohu/ting/sync/fleet/network"
	"github.com/luohu/ting/sync/fleet/power"
)

// district is a few busy machines, their lines, and a center.
type district struct {
	*fleet.Group
	t      *testing.T
	random *rand.Rand
	lines  []*network.Line
}

type setting struct {
	store, bin, safe string
	machines         int
	power            bool // may be cut, of machines and of a center with a file of its own
	lines            bool // that fail
	retention        time.Duration
	patience         time.Duration // 0 is a minute
	log              func(line string)
	profile          string // "" is steady
}

func newDistrict(t *testing.T, s setting) *district {
	t.Helper()
	d := &district{t: t, random: rand.New(rand.NewPCG(1, 2))}
	c := centerOn(t, s.store, s.bin, s.safe)
	o := fleet.GroupOptions{Dir: t.TempDir(), Center: c, Rack: rack(s.bin), Machines: s.machines, Terminals: 2, Profile: cmp.Or(s.profile, "steady"), Load: 250,
		Retention: s.retention, Patience: cmp.Or(s.patience, time.Minute), Log: s.log}
	c.Log = s.log
	if s.power {
		o.Library = work.library
		if err := os.MkdirAll(c.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		disk, err := power.NewDisk(work.library, c.Dir, power.SQLite)
		if err != nil {
			t.Fatal(err)
		}
		c.Disk = disk
	}
	if s.lines {
		net := network.New()
		o.Lines = func(site string) (string, error) {
			l, err := net.Line(site, c.Address())
			if err != nil {
				return "", err
			}
			d.lines = append(d.lines, l)
			return "https://" + l.Address(), nil
		}
	}
	var err error
	if d.Group, err = fleet.NewGroup(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		for _, l := range d.lines {
			l.Close()
		}
	})
	return d
}

// weather changes one line, for better or worse.
func (d *district) weather() {
	if len(d.lines) == 0 {
		return
	}
	if err := d.lines[d.random.IntN(len(d.lines))].Set(network.Pick(d.random, 40)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *district) fair() {
	for _, l := range d.lines {
		if err := l.Set(network.Fair); err != nil {
			d.t.Fatal(err)
		}
	}
}

// busy is how long a machine that is well may take for its next record, whatever else
// keeps the processors.
const busy = time.Minute

// told waits until a machine has said of some more records that they are done.
func (d *district) told(m *fleet.Machine, more int64) {
	want, patience := m.Told()+more, time.NewTimer(busy)
	defer patience.Stop()
	for m.Told() < want {
		select {
		case <-m.Progress():
		case <-m.Ended():
			return
		case <-patience.C:
			d.t.Fatalf("a machine made no records for %v: %s", busy, m.Failed())
		}
	}
}

// arrived waits until the center has acknowledged something, for a while: the
// weather may not let it.
func (d *district) arrived() {
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for before := d.Arrived(); d.Arrived() <= before; {
		select {
		case <-look.C:
		case <-patience.C:
			return
		}
	}
}

// progress says now and then how far a long proof has come.
func progress(t *testing.T, i, n int) {
	if n > 100 && i > 0 && i%50 == 0 {
		fmt.Fprintf(os.Stderr, "%s: %d of %d\n", t.Name(), i, n)
	}
}

// befall lets something befall machines and center by turns, n times, under load
// and changing weather. It says what became of the records.
func (d *district) befall(n int, machine func(*fleet.Machine) error, center func() error) fleet.Verdict {
	d.t.Helper()
	for i := range n {
		progress(d.t, i, n)
		d.weather()
		if who := d.random.IntN(len(d.Machines) + 1); who < len(d.Machines) {
			m := d.Machines[who]
			d.told(m, 1+int64(d.random.IntN(40)))
			if err := machine(m); err != nil {
				d.t.Fatal(err)
			}
			if err := m.Start(); err != nil {
				d.t.Fatal(err)
			}
		} else {
			d.arrived()
			if err := center(); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	d.fair()
	v, err := d.Settle(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// befallCenter lets something befall the center alone, n times, under load.
func (d *district) befallCenter(n int, center func() error) fleet.Verdict {
	d.t.Helper()
	for range n {
		d.arrived()
		if err := center(); err != nil {
			d.t.Fatal(err)
		}
	}
	v, err := d.Settle(context.Background())
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

func (d *district) cuts(n int) fleet.Verdict {
	return d.befall(n, (*fleet.Machine).Cut, func() error {
		if err := d.Center.Cut(); err != nil {
			return err
		}
		return d.Center.Start()
	})
}

func (d *district) kills(n int) fleet.Verdict {
	return d.befall(n, func(m *fleet.Machine) error { m.Kill(); return nil }, func() error {
		d.Center.Kill()
		return d.Center.Start()
	})
}

// TestPowerCuts cuts the power of terminals and center. Terminals delete what is
// committed at once, so that nothing but the fsyncs stands between a cut and a loss.
func TestPowerCuts(t *testing.T) {
	for _, store := range stores {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			n := size(t, 10)
			d := newDistrict(t, setting{store: store, bin: programs(t, nil), safe: "committed", machines: 2, power: true, lines: true, retention: -1})
			kept(t, "power cuts", store, n, "cuts", d.cuts(n))
		})
	}
}

// TestKills kills -9 both ends under load and a bad network.
func TestKills(t *testing.T) {
	for _, store := range stores {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			n := size(t, 12)
			d := newDistrict(t, setting{store: store, bin: programs(t, nil), safe: "committed", machines: 2, lines: true, retention: -1})
			kept(t, "kill -9", store, n, "kills", d.kills(n))
		})
	}
}

// TestRestoreDrill destroys the center's database and restores the last backup.
func TestRestoreDrill(t *testing.T) {
	for _, store := range stores {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			bin, n := programs(t, nil), max(1, size(t, 1)/50)
			v, err := fleet.Drill(context.Background(), fleet.DrillOptions{Dir: t.TempDir(), Center: centerOn(t, store, bin, "backup"), Rack: rack(bin),
				Terminals: 4, Profile: "steady", Load: 60, Rounds: n, Records: 200})
			if err != nil {
				t.Fatal(err)
			}
			kept(t, "center destroyed and restored", store, n, "disasters", v)
		})
	}
}

// TestCloneDrill copies a terminal's whole disk to a second machine, which no
// origin file tells: both go on under the same numbers.
func TestCloneDrill(t *testing.T) {
	for _, store := range stores {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			n := max(1, size(t, 1)/50)
			for range n {
				v := clone(t, store, programs(t, nil))
				if v.Forked > 0 {
					t.Errorf("%d records of the copy were not taken in", v.Forked)
				}
				kept(t, "terminal cloned", store, 1, "copy", v)
			}
		})
	}
}

func clone(t *testing.T, store, bin string) fleet.Verdict {
	t.Helper()
	ctx := context.Background()
	d := newDistrict(t, setting{store: store, bin: bin, safe: "committed", machines: 1})
	first := d.Machines[0]
	if err := d.WaitArrived(ctx, 60); err != nil {
		t.Fatal(err)
	}
	if err := first.End(ctx); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(first.Order().Dir)); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(copied, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	}); err != nil {
		t.Fatal(err)
	}
	order := *first.Order()
	order.Dir, order.Start = copied, 1000 // another day's people
	second := fleet.NewMachine(rack(bin), order, nil, d.Ledger)
	defer second.Kill()
	for _, m := range []*fleet.Machine{first, second} {
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range []*fleet.Machine{first, second} {
		d.told(m, 40)
		if err := m.Quiet(); err != nil {
			t.Fatal(err)
		}
	}
	db, err := d.Center.Store(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 40 { // until the center has both histories, or never will
		if v, err := d.Ledger.Check(ctx, db); err != nil {
			t.Fatal(err)
		} else if v.Lost == 0 {
			break
		}
		<-time.After(250 * time.Millisecond)
	}
	// The copy is found and switched off, its history taken in, the terminal
	// enrolled anew.
	for _, m := range []*fleet.Machine{first, second} {
		if err := m.End(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, terminal := range order.Terminals {
		d.must(d.Ledger.SetAside(ctx, fleet.Folder(copied, terminal.ID)))
	}
	d.must(d.Center.Stop())
	d.admit(first.Order())
	if err := d.Center.Start(); err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	d.told(first, 20)
	v, err := d.Settle(ctx)
	d.must(err)
	if v.Forked > 0 { // a late part of the other history: it is taken in like the first
		d.adopt()
		v, err = d.Ledger.Check(ctx, db)
		d.must(err)
	}
	return v
}
