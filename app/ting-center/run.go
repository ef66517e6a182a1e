package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/luohu/ting/app/ting-center/console"
	"github.com/luohu/ting/kiosk"
	canteenmodule "github.com/luohu/ting/plugins/canteen"
	canteen "github.com/luohu/ting/plugins/canteen/center"
	enrolment "github.com/luohu/ting/plugins/enrolment/center"
	gatemodule "github.com/luohu/ting/plugins/gate"
	gate "github.com/luohu/ting/plugins/gate/center"
	hallmodule "github.com/luohu/ting/plugins/hall"
	hall "github.com/luohu/ting/plugins/hall/center"
	librarymodule "github.com/luohu/ting/plugins/library"
	library "github.com/luohu/ting/plugins/library/center"
	triage "github.com/luohu/ting/plugins/triage/center"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
)

// zone is the district's time zone. China has one; a machine without the zone
// database knows it all the same.
var zone = time.FixedZone("CST", 8*60*60)

// options are the composition of a center: the modules' center sides, and the
// feeds every terminal asks for.
func options(dir, database string, safe center.SafePolicy, log *slog.Logger) center.Options {
	return center.Options{
		Dir:         dir,
		Database:    database,
		Projections: []projection.Projection{gate.New(zone), enrolment.New(), canteen.New(zone), hall.New(zone), triage.New(zone), library.New(zone)},
		Feeds: []string{kiosk.FeedRevocations, kiosk.FeedPeople, "policy",
			canteenmodule.FeedWindows, canteenmodule.FeedMenu, canteenmodule.FeedDiners,
			hallmodule.FeedServices, hallmodule.FeedResidents, hallmodule.FeedCalendar,
			librarymodule.FeedHoldings, librarymodule.FeedPatrons, librarymodule.FeedTerms},
		Roles: roles,
		Safe:  safe,
		Log:   log,
	}
}

// roles are the feeds that terminals of one purpose need. One of several purposes is
// let in without a role.
var roles = map[string][]string{
	"gate": {kiosk.FeedRevocations, kiosk.FeedPeople, "policy", gatemodule.FeedPresence},
	"canteen": {kiosk.FeedRevocations, kiosk.FeedPeople, "policy", canteenmodule.FeedWindows, canteenmodule.FeedMenu, canteenmodule.FeedDiners,
		canteenmodule.FeedAccounts, canteenmodule.FeedShares, canteenmodule.FeedTakings, canteenmodule.FeedStatements},
	"hall": {kiosk.FeedRevocations, kiosk.FeedPeople, "policy", hallmodule.FeedServices, hallmodule.FeedResidents, hallmodule.FeedCalendar,
		hallmodule.FeedProgress, hallmodule.FeedCases, hallmodule.FeedPages, hallmodule.FeedQueue},
	"library": append([]string{kiosk.FeedRevocations, kiosk.FeedPeople, "policy"}, append(librarymodule.RegisterFeeds(), librarymodule.MadeFeeds()...)...),
}

func run(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center run", flag.ContinueOnError)
	state := fs.String("state", "/var/lib/ting-center", "`directory` of the center's state")
	database := databaseFlag(fs)
	listen := fs.String("listen", ":8443", "`address` to listen on; port 0 takes a free one")
	safe := fs.String("safe", "backup", "what terminals may delete after sending: what is inside the last verified `backup`, what a synchronous standby of PostgreSQL has too, or all that is committed (backup, standby, committed)")
	newKeys := fs.Bool("new-keys", false, "take the keys in -state for those of the PostgreSQL database, whose own are lost; terminals must enrol anew")
	operations := fs.String("metrics", "", "`address` for Prometheus and health checks, without TLS: 127.0.0.1:9464 (off by default)")
	drain := fs.Duration("drain", 0, "how long to answer 503 before the port is closed at the end, so that a load balancer notices")
	logs := fs.String("log", "text", "how to log: text or json")
	selfChecks := fs.String("sip2", "", "`address` at which self-checks of any maker are answered in SIP2, without TLS: 127.0.0.1:6001 (off by default); who may log in is in sip2.toml of the state")
	selfChecksTLS := fs.String("sip2-tls", "", "`address` for the same with TLS, by a certificate of the district's authority")
	demo := fs.Bool("demo", false, "load the demo district, and let its terminal in; implies -safe committed")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	policy := center.SafeAfterBackup
	switch {
	case *safe == "committed" || *demo:
		policy = center.SafeCommitted
	case *safe == "standby":
		policy = center.SafeStandby
	case *safe != "backup":
		fmt.Fprintf(stderr, "-safe is backup, standby or committed, not %q\n", *safe)
		return errUsage
	}
	log, err := logger(*logs, stderr)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return errUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	unlock, err := lock(*state)
	if err != nil {
		return err
	}
	defer unlock()
	source, err := databaseOf(*state, *database)
	if err != nil {
		return err
	}
	if policy == center.SafeStandby && source == "" {
		fmt.Fprintln(stderr, "-safe standby needs PostgreSQL: say where with -database")
		return errUsage
	}
	l, err := listenOn(*listen)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }() // closed by the server already, if there was one
	watched, err := watch(*operations, log)
	if err != nil {
		return err
	}
	defer watched.stop()
	opt := options(*state, source, policy, log)
	opt.NewKeys = *newKeys
	c, err := center.Open(ctx, opt)
	if err != nil {
		return err
	}
	if err := rememberDatabase(*state, source); err != nil {
		return errors.Join(err, c.Close())
	}
	watched.serve(c.Operations())
	defer func() {
		if err := c.Close(); err != nil {
			log.Error("center: close", "op", "close", "cause", err)
		}
	}()
	if err := firstPassword(ctx, c, *state, *demo, stderr); err != nil {
		return err
	}
	if *demo {
		d, err := loadDemo(ctx, c, *state, log)
		if err != nil {
			return fmt.Errorf("load the demo district: %w", err)
		}
		defer d.stop()
	}
	var watching sync.WaitGroup
	defer watching.Wait()
	looking, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	watching.Go(func() { watchFiling(looking, c, log) })
	checks, err := serveSIP2(c, *state, *selfChecks, *selfChecksTLS, *demo, log)
	if err != nil {
		return err
	}
	defer checks.stop()
	return serve(ctx, c, l, *state, *drain, stdout, log)
}

// lock makes sure that one center owns the directory.
func lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the state directory cannot be made (choose another with -state): %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the state directory cannot be written (choose another with -state): %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("a center already runs in %s: stop it, or choose another directory with -state", dir)
	}
	return func() { f.Close() }, nil
}

func listenOn(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: stop that, or choose another address with -listen HOST:PORT (port 0 takes a free one): %w", address, err)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: choose another address with -listen HOST:PORT: %w", address, err)
	}
	return l, nil
}

// serve serves until ctx ends or the center fails. It ends in order: those who
// wait are answered, batches under way are committed, and whoever comes for
// another moment is told to come back.
func serve(ctx context.Context, c *center.Center, l net.Listener, dir string, drain time.Duration, stdout io.Writer, log *slog.Logger) error {
	host, _, _ := net.SplitHostPort(l.Addr().String())
	cert, err := c.Authority().Server(c.Now(), host)
	if err != nil {
		return err
	}
	web, err := console.New(console.Options{Center: c, Log: log, Consents: consents{}, Zone: zone})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", web)
	mux.Handle("/sync/", c.Handler())
	mux.HandleFunc("GET /healthz", center.Healthy)
	mux.HandleFunc("GET /readyz", c.ServeReady)
	server := c.NewServer(mux, cert)
	url := "https://" + reachable(l.Addr())
	if err := os.WriteFile(filepath.Join(dir, "address"), []byte(url+"\n"), 0o600); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- server.ServeTLS(l, "", "") }()
	fmt.Fprintf(stdout, "ready: %s\n", url)
	select {
	case err := <-served:
		return err
	case err := <-c.Failed():
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	log.Info("center: shutting down", "op", "stop")
	c.Drain()
	web.Drain()
	select {
	case <-time.After(drain):
	case err := <-served:
		return err
	}
	grace, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// reachable is an address that a browser on this machine can use.
func reachable(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("localhost", fmt.Sprint(tcp.Port))
	}
	return a.String()
}
