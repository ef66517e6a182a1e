package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/fleet/power"
)

// DrillOptions say how the disaster drill of a center goes.
type DrillOptions struct {
	Dir       string   // for everything
	Center    *Center  // not started, with -safe backup
	Rack      []string // the command that runs a rack
	Terminals int
	Profile   string
	Load      float64
	Rounds    int           // disasters; 0 is one
	Records   int           // before the backup, and again between it and the disaster
	Out       io.Writer     // what happens, for people; nil for nobody
	Patience  time.Duration // of each wait; 0 is two minutes
}

// Drill has terminals send to a center, makes a backup, has them send more, and
// destroys the database. It restores the backup by the center's own commands,
// starts the center and waits until everything that was ever said to be done has
// arrived. The terminals delete what is safe at once, so that only safe_seq stands
// between them and a loss.
func Drill(ctx context.Context, o DrillOptions) (Verdict, error) {
	say := func(format string, a ...any) {
		if o.Out != nil {
			fmt.Fprintf(o.Out, format+"\n", a...)
		}
	}
	g, err := NewGroup(ctx, GroupOptions{Dir: o.Dir, Center: o.Center, Rack: o.Rack, Machines: 1, Terminals: o.Terminals,
		Profile: o.Profile, Load: o.Load, Retention: -1, Patience: o.Patience})
	if err != nil {
		return Verdict{}, err
	}
	defer g.Close()
	for round := range max(o.Rounds, 1) {
		if err := g.WaitArrived(ctx, o.Records); err != nil {
			return Verdict{}, err
		}
		backup := filepath.Join(o.Dir, fmt.Sprintf("backup-%d", round))
		out, err := o.Center.Do(ctx, "backup", "-to", backup)
		if err != nil {
			return Verdict{}, err
		}
		say("backup: %s", out)
		if err := g.WaitArrived(ctx, o.Records); err != nil {
			return Verdict{}, err
		}
		if _, err := o.Center.Do(ctx, "restore", "-from", backup); err == nil {
			return Verdict{}, errors.New("a restore overwrote a database that was there")
		}
		o.Center.Kill()
		if err := o.Center.Destroy(ctx); err != nil {
			return Verdict{}, err
		}
		say("disaster: the database is gone; terminals have said %d records done", g.Ledger.Told())
		if out, err = o.Center.Do(ctx, "restore", "-from", backup); err != nil {
			return Verdict{}, err
		}
		say("restore: %s", out)
		if err := o.Center.Start(); err != nil {
			return Verdict{}, err
		}
	}
	return g.Settle(ctx)
}

// GroupOptions say what a Group is.
type GroupOptions struct {
	Dir       string
	Center    *Center // not started
	Rack      []string
	Machines  int
	Terminals int // of each machine
	Profile   string
	Load      float64
	Retention time.Duration
	Library   string                                    // of package power, where power is to be cut
	Lines     func(site string) (url string, err error) // nil: straight to the center
	Patience  time.Duration                             // of Settle and of each wait; 0 is two minutes
	Log       func(line string)                         // of the racks; nil for none
	// Of the terminals, 0 is as short as a proof wants it: 300 ms, 3 s, 300 ms.
	Heartbeat, Timeout, BackoffMost time.Duration
}

// Group is a few busy machines and their center, for proofs: what befalls them is
// up to the caller.
type Group struct {
	o        GroupOptions
	Center   *Center
	Machines []*Machine
	Ledger   *Ledger
}

// NewGroup makes a group and starts it.
func NewGroup(ctx context.Context, o GroupOptions) (*Group, error) {
	if o.Patience <= 0 {
		o.Patience = 2 * time.Minute
	}
	g := &Group{o: o, Center: o.Center, Ledger: NewLedger()}
	var all []Terminal
	for m := range o.Machines {
		for t := range o.Terminals {
			n := m*o.Terminals + t
			all = append(all, Terminal{ID: fmt.Sprintf("terminal-%d", n), Site: fmt.Sprintf("site-%d", m), Profile: o.Profile,
				Load: o.Load, Seed: uint64(n), Device: fmt.Sprintf("machine-%d", n)})
		}
	}
	if err := o.Center.Codes(ctx, all); err != nil {
		return nil, err
	}
	if o.Center.Disk != nil {
		if err := o.Center.Disk.Prime(); err != nil {
			return nil, err
		}
	}
	if err := o.Center.Start(); err != nil {
		return nil, err
	}
	days := Days{Start: time.Now(), Real: time.Now(), Speed: 1}
	for m := range o.Machines {
		mine := all[m*o.Terminals : (m+1)*o.Terminals]
		url := "https://" + o.Center.Address()
		if o.Lines != nil {
			var err error
			if url, err = o.Lines(mine[0].Site); err != nil {
				g.Close()
				return nil, err
			}
		}
		for i := range mine {
			mine[i].URL = url
		}
		machine, err := g.machine(m, mine, days)
		if err != nil {
			g.Close()
			return nil, err
		}
		g.Machines = append(g.Machines, machine)
	}
	for _, m := range g.Machines {
		if err := m.Start(); err != nil {
			g.Close()
			return nil, err
		}
	}
	return g, nil
}

func (g *Group) machine(i int, terminals []Terminal, days Days) (*Machine, error) {
	dir := filepath.Join(g.o.Dir, fmt.Sprintf("machine-%d", i))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var disk *power.Disk
	if g.o.Library != "" {
		var err error
		if disk, err = power.NewDisk(g.o.Library, dir, power.SQLite); err != nil {
			return nil, err
		}
	}
	m := NewMachine(g.o.Rack, Order{
		Dir: dir, CA: g.Center.CA(), Days: days, Terminals: terminals, Retention: g.o.Retention,
		Heartbeat: cmp.Or(g.o.Heartbeat, 300*time.Millisecond), Timeout: cmp.Or(g.o.Timeout, 3*time.Second), BackoffMost: cmp.Or(g.o.BackoffMost, 300*time.Millisecond),
		Report: 50 * time.Millisecond, Log: g.o.Log != nil,
	}, disk, g.Ledger)
	m.Log = g.o.Log
	return m, nil
}

// Arrived is how many records the center has acknowledged, as the machines that
// run see it.
func (g *Group) Arrived() int64 {
	var n int64
	for _, m := range g.Machines {
		n += m.Told() - m.Report().Unsent
	}
	return n
}

// ErrNothingArrives is returned when waiting was in vain.
var ErrNothingArrives = errors.New("nothing arrives at the center")

// WaitArrived waits until so many more records have arrived.
func (g *Group) WaitArrived(ctx context.Context, more int) error {
	want := g.Arrived() + int64(more)
	return g.until(ctx, func() bool { return g.Arrived() >= want })
}

func (g *Group) until(ctx context.Context, done func() bool) error {
	patience := time.NewTimer(g.o.Patience)
	defer patience.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return fmt.Errorf("%w (%v)", ErrNothingArrives, g.o.Patience)
		case <-look.C:
		}
	}
	return nil
}

// Settle ends the traffic, waits until everything is sent, ends all programs in
// order and says what became of the promises. Records that never get away count
// by whether the center has them.
func (g *Group) Settle(ctx context.Context) (Verdict, error) {
	for _, m := range g.Machines {
		if err := m.Quiet(); err != nil {
			return Verdict{}, err
		}
	}
	calm := 0
	unsettled := g.until(ctx, func() bool {
		for _, m := range g.Machines {
			if m.Report().Unsent > 0 {
				calm = 0
				return false
			}
		}
		calm++ // reports of before must not count
		return calm > 20
	})
	if unsettled == nil {
		unsettled = g.askedAnew(ctx)
	}
	if unsettled != nil && !errors.Is(unsettled, ErrNothingArrives) {
		return Verdict{}, unsettled
	}
	ending, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var all sync.WaitGroup
	errs := make([]error, len(g.Machines))
	for i, m := range g.Machines {
		all.Go(func() { errs[i] = m.End(ending) })
	}
	all.Wait()
	if err := errors.Join(append(errs, g.Center.Stop())...); err != nil {
		return Verdict{}, err
	}
	db, err := g.Center.Store(ctx)
	if err != nil {
		return Verdict{}, err
	}
	return g.check(ctx, db, unsettled)
}

// askedAnew gives terminals that have nothing unsent the time to notice that the
// center was restored since, and has less than it said it had.
func (g *Group) askedAnew(ctx context.Context) error {
	db, err := g.Center.Store(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it was only read
	for range 12 {
		v, err := g.Ledger.Check(ctx, db)
		if err != nil || v.OK() {
			return err
		}
		again := time.NewTimer(reportEvery)
		select {
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		case <-again.C:
		}
	}
	return nil
}

func (g *Group) check(ctx context.Context, db *store.DB, unsettled error) (Verdict, error) {
	v, err := g.Ledger.Check(ctx, db)
	if unsettled != nil {
		v.Examples = append(v.Examples, "some records never got away from their terminals")
	}
	return v, errors.Join(err, db.Close())
}

// Close ends everything at once.
func (g *Group) Close() {
	for _, m := range g.Machines {
		m.Kill()
	}
	g.Center.Kill()
}
