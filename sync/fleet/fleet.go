package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/sync/fleet/network"
	"github.com/luohu/ting/sync/fleet/power"
)

// Options say what a fleet is and what it lives through.
type Options struct {
	Dir    string   // for everything; made when missing
	Center *Center  // not started
	Rack   []string // the command that runs a rack

	Terminals int
	PerSite   int // terminals that share a line; 0 is 8
	PerRack   int // terminals that share a machine's power; 0 is 20
	Seed      uint64

	Days    int           // simulated
	Day     time.Duration // how long one lasts
	Start   time.Time     // of the first; zero is 06:00 of a Monday
	Profile []string      // terminals take them in turn
	Load    float64       // times the profiles' rates; 0 is 1

	Dark     int // of a hundred sites, so many are offline for days
	Bad      int // of a hundred quarters of a day, so many have bad weather on a line
	Clocks   int // of a hundred terminals, so many have a wrong clock
	Cuts     int // power cuts of machines, in all
	Kills    int // of racks' processes, in all
	Restarts int // kills of the center, in all

	Feeds     bool
	Retention time.Duration // of journals; below 0: what is safe is deleted at once
	Out       io.Writer     // for the table; nil for none
	Settle    time.Duration // how long the last records may take to arrive; 0 is five minutes
}

func (o *Options) complete() {
	set := func(n *int, to int) {
		if *n <= 0 {
			*n = to
		}
	}
	set(&o.PerSite, 8)
	set(&o.PerRack, 20)
	set(&o.Days, 1)
	if o.Day <= 0 {
		o.Day = time.Minute
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 9, 7, 6, 0, 0, 0, time.FixedZone("CST", 8*3600))
	}
	if o.Load <= 0 {
		o.Load = 1
	}
	if o.Settle <= 0 {
		o.Settle = 5 * time.Minute
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
}

// Fleet is a fleet that runs.
type Fleet struct {
	o        Options
	days     Days
	ledger   *Ledger
	sites    []string
	lines    []*network.Line
	machines []*machine
	random   *rand.Rand

	restarting sync.Mutex // of the center
	done       struct{ cuts, kills, restarts, failures atomic.Int64 }
	began      time.Time
}

// machine is a Machine that only one event at a time happens to.
type machine struct {
	*Machine
	mu sync.Mutex
}

// Run lets a fleet live through its days and says what became of its records. An
// error is of the simulation itself, not of a broken promise.
func Run(ctx context.Context, o Options) (Verdict, error) {
	o.complete()
	f := &Fleet{o: o, ledger: NewLedger(), random: rand.New(rand.NewPCG(o.Seed, 1))}
	defer f.close()
	if err := f.begin(ctx); err != nil {
		return Verdict{}, err
	}
	plan := f.plan()
	stop := f.watch(ctx)
	err := f.live(ctx, plan)
	if err == nil {
		err = f.settle(ctx)
	}
	stop()
	if err != nil && !errors.Is(err, errUnsettled) {
		return Verdict{}, err
	}
	unsettled := err
	if err := f.end(ctx); err != nil {
		return Verdict{}, err
	}
	db, err := o.Center.Store(ctx)
	if err != nil {
		return Verdict{}, err
	}
	v, err := f.ledger.Check(ctx, db)
	if unsettled != nil {
		v.Examples = append(v.Examples, unsettled.Error())
	}
	return v, errors.Join(err, db.Close())
}

// begin makes the district: codes, center, lines, machines.
func (f *Fleet) begin(ctx context.Context) error {
	o := f.o
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	terminals := f.terminals()
	if err := o.Center.Codes(ctx, terminals); err != nil {
		return fmt.Errorf("make enrolment codes: %w", err)
	}
	if err := o.Center.Start(); err != nil {
		return err
	}
	net := network.New()
	urls := map[string]string{}
	for _, t := range terminals {
		if urls[t.Site] != "" {
			continue
		}
		line, err := net.Line(t.Site, o.Center.Address())
		if err != nil {
			return err
		}
		f.sites, f.lines = append(f.sites, t.Site), append(f.lines, line)
		urls[t.Site] = "https://" + line.Address()
	}
	for i := range terminals {
		terminals[i].URL = urls[terminals[i].Site]
	}
	library := ""
	if o.Cuts > 0 {
		var err error
		if library, err = power.Library(o.Dir); err != nil {
			return err
		}
	}
	f.began = time.Now()
	f.days = Days{Start: o.Start, Real: f.began, Speed: float64(24*time.Hour) / float64(o.Day)}
	for i := 0; len(terminals) > 0; i++ {
		n := min(o.PerRack, len(terminals))
		m, err := f.machine(i, terminals[:n], library)
		if err != nil {
			return err
		}
		f.machines = append(f.machines, m)
		terminals = terminals[n:]
	}
	var starting sync.WaitGroup
	errs := make([]error, len(f.machines))
	for i, m := range f.machines {
		starting.Go(func() { errs[i] = m.Start() })
	}
	starting.Wait()
	return errors.Join(errs...)
}

func (f *Fleet) machine(i int, terminals []Terminal, library string) (*machine, error) {
	o := f.o
	dir := filepath.Join(o.Dir, fmt.Sprintf("rack-%03d", i))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var disk *power.Disk
	if library != "" {
		var err error
		if disk, err = power.NewDisk(library, dir, power.SQLite); err != nil {
			return nil, err
		}
	}
	order := Order{Dir: dir, CA: o.Center.CA(), Days: f.days, Terminals: slices.Clone(terminals),
		Heartbeat: 2 * time.Second, Timeout: 5 * time.Second, BackoffMost: 2 * time.Second, Retention: o.Retention, Feeds: o.Feeds}
	return &machine{Machine: NewMachine(o.Rack, order, disk, f.ledger)}, nil
}

// clocks are the ways in which a clock is wrong.
var clocks = []time.Duration{-3 * time.Minute, 7 * time.Minute, 25 * time.Hour, -26 * time.Hour, -8 * time.Hour, 400 * 24 * time.Hour, -12 * 365 * 24 * time.Hour}

func (f *Fleet) terminals() []Terminal {
	list := make([]Terminal, f.o.Terminals)
	for i := range list {
		t := Terminal{
			ID: fmt.Sprintf("fleet-%04d", i), Site: fmt.Sprintf("site-%03d", i/f.o.PerSite),
			Profile: f.o.Profile[i%len(f.o.Profile)], Load: f.o.Load, Seed: f.random.Uint64(), Device: fmt.Sprintf("machine-%04d", i),
		}
		if f.random.IntN(100) < f.o.Clocks {
			t.Clock = clocks[f.random.IntN(len(clocks))]
		}
		list[i] = t
	}
	return list
}

// watch draws the table until it is stopped.
func (f *Fleet) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.table(ctx)
	}()
	return func() { cancel(); <-done }
}

var errUnsettled = errors.New("not every record had arrived when patience ended")

// settle ends the traffic, mends the network, and waits until nothing is unsent.
func (f *Fleet) settle(ctx context.Context) error {
	for _, l := range f.lines {
		if err := l.Set(network.Fair); err != nil {
			return err
		}
	}
	for _, m := range f.machines {
		if err := m.Quiet(); err != nil {
			return err
		}
	}
	patience := time.NewTimer(f.o.Settle)
	defer patience.Stop()
	look := time.NewTicker(reportEvery)
	defer look.Stop()
	for calm := 0; ; { // every report twice, so that none is of before
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			return fmt.Errorf("%w: %d unsent", errUnsettled, f.sum().Unsent)
		case <-look.C:
		}
		if f.sum().Unsent > 0 {
			calm = 0
		} else if calm++; calm > 20 { // after a restore, terminals ask anew within seconds
			return nil
		}
	}
}

func (f *Fleet) sum() (s Report) {
	for _, m := range f.machines {
		r := m.Report()
		s.Unsent += r.Unsent
		s.Online += r.Online
		s.Stopped += r.Stopped
		s.Epochs += r.Epochs
		s.Commits.Count += r.Commits.Count
		s.Commits.Total += r.Commits.Total
		s.Commits.Most = max(s.Commits.Most, r.Commits.Most)
	}
	return s
}

func (f *Fleet) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var ending sync.WaitGroup
	errs := make([]error, len(f.machines))
	for i, m := range f.machines {
		ending.Go(func() { errs[i] = m.End(ctx) })
	}
	ending.Wait()
	return errors.Join(append(errs, f.o.Center.Stop())...)
}

func (f *Fleet) close() {
	for _, m := range f.machines {
		m.Kill()
	}
	for _, l := range f.lines {
		l.Close()
	}
	f.o.Center.Kill()
}
