// Command ting-fleet lets a district's terminals live through days in minutes, and
// says whether the center has every record that a terminal said was done.
//
//	ting-fleet run -n 200 -days 3     terminals, a center and everything that befalls them
//	ting-fleet drill                  a center burns down and comes back from its backup
//	ting-fleet rack                   one of its machines: run starts these
//
// Journals, uplinks, feeds and the center are the real ones. See sync/fleet.
//
// Exit codes: 0 every promise was kept, 1 one was broken, 2 wrong usage, 3 the
// simulation itself failed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/luohu/ting/sync/fleet"
)

const (
	exitBroken = 1
	exitUsage  = 2
	exitFailed = 3
)

const usage = `usage: ting-fleet run|drill [flags]

  run     lets terminals live through days in minutes, and says whether every
          record arrived exactly once
  drill   destroys a center's database under its terminals, restores the last
          backup, and says the same

ting-fleet run -h and ting-fleet drill -h list the flags.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(command(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func command(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	switch {
	case len(args) > 0 && args[0] == "run":
		return run(ctx, args[1:], stdout, stderr)
	case len(args) > 0 && args[0] == "drill":
		return drill(ctx, args[1:], stdout, stderr)
	case len(args) == 1 && args[0] == "rack":
		if err := fleet.RunRack(ctx, stdin, stdout, profiles); err != nil {
			fmt.Fprintln(stderr, "ting-fleet rack:", err)
			return exitFailed
		}
		return 0
	}
	fmt.Fprint(stderr, usage)
	return exitUsage
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("ting-fleet run", flag.ContinueOnError)
	fs.SetOutput(stderr)
	o := fleet.Options{Out: stdout}
	fs.IntVar(&o.Terminals, "n", 100, "how many terminals")
	fs.IntVar(&o.PerSite, "per-site", 8, "terminals that share a line to the center")
	fs.IntVar(&o.PerRack, "per-machine", 20, "terminals that lose their power together")
	fs.IntVar(&o.Days, "days", 3, "how many days")
	fs.DurationVar(&o.Day, "day", 30*time.Second, "how long a day takes")
	fs.Float64Var(&o.Load, "load", 0.25, "times the traffic of a busy place")
	fs.Uint64Var(&o.Seed, "seed", 1, "the same seed gives the same people, faults and clocks")
	fs.IntVar(&o.Dark, "dark", 20, "of a hundred sites, so many are offline for days")
	fs.IntVar(&o.Bad, "bad", 30, "of a hundred quarters of a day, so many have a bad network")
	fs.IntVar(&o.Clocks, "clocks", 15, "of a hundred terminals, so many have a wrong clock")
	fs.IntVar(&o.Cuts, "cuts", 12, "power cuts of machines")
	fs.IntVar(&o.Kills, "kills", 12, "kill -9 of machines' processes")
	fs.IntVar(&o.Restarts, "center-kills", 4, "kill -9 of the center")
	fs.BoolVar(&o.Feeds, "feeds", true, "terminals follow their feeds, too")
	fs.DurationVar(&o.Settle, "settle", 5*time.Minute, "how long the last records may take to arrive")
	day := fs.String("traffic", "school,hall", "what happens: `school`, hall, or both")
	program := fs.String("center", "", "the center's `program` (default: ting-center beside this one)")
	database := fs.String("database", "", "the center's database: a PostgreSQL `URL` (default: SQLite)")
	keep := fs.String("dir", "", "`directory` for everything, kept afterwards (default: a temporary one)")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	for _, name := range strings.Split(*day, ",") {
		list, ok := traffic[name]
		if !ok {
			fmt.Fprintf(stderr, "-traffic is school, hall or school,hall, not %q\n", name)
			return exitUsage
		}
		o.Profile = append(o.Profile, list...)
	}
	if o.Terminals < 1 || o.Days < 1 || fs.NArg() > 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	w, err := newWorkshop(*keep, *program, *database)
	if err != nil {
		fmt.Fprintln(stderr, "ting-fleet:", err)
		return exitFailed
	}
	defer w.clean()
	o.Dir, o.Rack, o.Center = w.dir, w.rack, w.center("committed")
	fmt.Fprintf(stdout, "ting-fleet: %d terminals, %d days of %v, seed %d\n", o.Terminals, o.Days, o.Day, o.Seed)
	began := time.Now()
	v, err := fleet.Run(ctx, o)
	if err != nil {
		fmt.Fprintln(stderr, "ting-fleet:", err)
		return exitFailed
	}
	return judge(stdout, v, time.Since(began))
}

// drill destroys a center and brings it back.
func drill(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("ting-fleet drill", flag.ContinueOnError)
	fs.SetOutput(stderr)
	o := fleet.DrillOptions{Out: stdout, Profile: "steady", Load: 60}
	fs.IntVar(&o.Terminals, "n", 8, "how many terminals")
	fs.IntVar(&o.Rounds, "rounds", 2, "how many disasters")
	fs.IntVar(&o.Records, "records", 400, "records before each backup, and again between it and the disaster")
	program := fs.String("center", "", "the center's `program` (default: ting-center beside this one)")
	database := fs.String("database", "", "the center's database: an empty PostgreSQL `URL`, which is destroyed (default: SQLite)")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	w, err := newWorkshop("", *program, *database)
	if err != nil {
		fmt.Fprintln(stderr, "ting-fleet:", err)
		return exitFailed
	}
	defer w.clean()
	o.Dir, o.Rack, o.Center = w.dir, w.rack, w.center("backup")
	began := time.Now()
	v, err := fleet.Drill(ctx, o)
	if err != nil {
		fmt.Fprintln(stderr, "ting-fleet:", err)
		return exitFailed
	}
	return judge(stdout, v, time.Since(began))
}

// workshop is where a run happens: its directory and programs.
type workshop struct {
	dir, program, database string
	rack                   []string
	clean                  func()
}

func newWorkshop(dir, program, database string) (workshop, error) {
	w := workshop{dir: dir, program: program, database: database, clean: func() {}}
	self, err := os.Executable()
	if err != nil {
		return w, err
	}
	w.rack = []string{self, "rack"}
	if program == "" {
		w.program = filepath.Join(filepath.Dir(self), "ting-center")
	}
	if dir == "" {
		if w.dir, err = os.MkdirTemp("", "ting-fleet-"); err != nil {
			return w, err
		}
		w.clean = func() { _ = os.RemoveAll(w.dir) }
	}
	return w, nil
}

// center is the center of the workshop, not started.
func (w workshop) center(safe string) *fleet.Center {
	return &fleet.Center{Program: w.program, Dir: filepath.Join(w.dir, "center"), Database: w.database, Args: []string{"-safe", safe}}
}

func judge(stdout io.Writer, v fleet.Verdict, took time.Duration) int {
	fmt.Fprintf(stdout, "\n%s (%v)\n", v, took.Round(time.Second))
	for _, e := range v.Examples {
		fmt.Fprintln(stdout, "  "+e)
	}
	if !v.OK() || len(v.Examples) > 0 {
		fmt.Fprintln(stdout, "BROKEN: not every promise was kept")
		return exitBroken
	}
	fmt.Fprintln(stdout, "KEPT: every record that was said to be done is at the center, once")
	return 0
}
