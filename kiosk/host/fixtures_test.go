package host_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/rpc"
	"github.com/luohu/ting/kiosk/view"
)

// The test binary runs itself again as a module that misbehaves, or as a
// terminal that is about to be killed.
const (
	asModule = "test-as-module"
	asHost   = "test-as-host"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 {
		switch os.Args[1] {
		case asModule:
			serveAs(os.Args[2])
			return
		case asHost:
			hostUntilKilled(os.Args[2])
			return
		}
	}
	os.Exit(m.Run())
}

// serveAs is the program of the module called id.
func serveAs(id string) {
	switch id {
	case "version":
		h := rpc.Handshake
		h.ProtocolVersion = 99
		plugin.Serve(&plugin.ServeConfig{
			HandshakeConfig: h, Plugins: plugin.PluginSet{rpc.PluginName: future{}}, GRPCServer: plugin.DefaultGRPCServer,
		})
		return
	case "silent":
		select {} // never says that it serves
	case "noise":
		fmt.Println("Hello, I am a program!")
		select {}
	case "broken":
		os.Exit(7)
	}
	rpc.Serve(fixture(id))
}

// future is a module of a protocol that this release does not know.
type future struct{ plugin.NetRPCUnsupportedPlugin }

func (future) GRPCServer(*plugin.GRPCBroker, *grpc.Server) error { return nil }
func (future) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("not a terminal")
}

// fixture is a module whose visit is the behaviour named; one called "gate…" is
// unattended, one called "unwell" fails its health call.
func fixture(id string) kiosk.Module {
	m := scripted{id: id, serve: behaviours[strings.TrimRight(id, "0123456789")]}
	if id == "unwell" {
		return unwell{m}
	}
	if id == "starter" {
		return starter{m, &kiosk.Setup{}}
	}
	return m
}

// starter serves its settings, and nothing without the one it needs.
type starter struct {
	scripted
	setup *kiosk.Setup
}

func (m starter) Start(_ context.Context, s kiosk.Setup) error {
	if s.Settings["greeting"] == "" {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start", Hint: "set greeting in [module.settings]"}
	}
	*m.setup = s
	return os.WriteFile(filepath.Join(s.Dir, "here"), nil, 0o600)
}

func (m starter) Serve(ctx context.Context, s kiosk.Session) error {
	_, err := s.Ask(ctx, page("starter", m.setup.Settings["greeting"]))
	return err
}

type scripted struct {
	id    string
	serve func(context.Context, kiosk.Session) error
}

func (m scripted) Manifest() kiosk.Manifest {
	id := m.id
	if id == "liar" {
		id = "somebody-else"
	}
	return kiosk.Manifest{
		ID: id, Version: "1.0.0", Title: view.Same(m.id),
		Permissions: []kiosk.Permission{kiosk.PermRecord, kiosk.PermBarrier, kiosk.PermWatch},
		Records:     []kiosk.RecordKind{{Name: id + ".noted", Version: 1}},
		Unattended:  strings.HasPrefix(m.id, "gate"),
	}
}

func (m scripted) Serve(ctx context.Context, s kiosk.Session) error { return m.serve(ctx, s) }

type unwell struct{ scripted }

func (unwell) Health(context.Context) error { select {} }

type noted struct {
	module, name string
	Text         string `json:"text"`
}

func (n noted) RecordKind() kiosk.RecordKind {
	return kiosk.RecordKind{Name: n.module + "." + n.name, Version: 1}
}
func (n noted) AggregateKey() string { return "note/1" }

// page is a page with the one action ok.
func page(id string, text string) view.Page {
	return view.Page{
		ID: id, Body: []view.Node{view.TextNode{Text: view.Same(text)}},
		Actions: []view.Action{{ID: "ok", Label: view.Same("OK")}, {ID: "other", Label: view.Same("Other")}},
	}
}

var behaviours = map[string]func(context.Context, kiosk.Session) error{
	// desk asks, records and thanks.
	"desk": func(ctx context.Context, s kiosk.Session) error {
		a, err := s.Ask(ctx, page("desk", s.Visit().ID))
		if err != nil {
			return err
		}
		r, err := s.Record(ctx, noted{module: s.Visit().Module, name: "noted", Text: a.Action})
		if err != nil {
			return err
		}
		_, err = s.Ask(ctx, page("thanks", r.Short()))
		return err
	},
	// gate waits for ever; ok makes it crash, other makes it fail.
	"gate": func(ctx context.Context, s kiosk.Session) error {
		a, err := s.Ask(ctx, page("gate", fmt.Sprint(os.Getpid())))
		if err != nil {
			return err
		}
		if a.Action == "ok" {
			os.Exit(3)
		}
		return errors.New("cannot go on")
	},
	// crash ends its process after the first touch.
	"crash": func(ctx context.Context, s kiosk.Session) error {
		if _, err := s.Ask(ctx, page("crash", "")); err != nil {
			return err
		}
		os.Exit(3)
		return nil
	},
	// slow asks on a page that ends by itself, and then on one that does not.
	"slow": func(ctx context.Context, s kiosk.Session) error {
		p := page("slow", "")
		p.Timeout = 10 * time.Second
		if _, err := s.Ask(ctx, p); err != nil {
			return err
		}
		_, err := s.Ask(ctx, page("slow-over", ""))
		return err
	},
	// form asks for a number on a page that ends by itself after 10 s.
	"form": func(ctx context.Context, s kiosk.Session) error {
		p := page("form", "")
		p.Timeout = 10 * time.Second
		p.Body = append(p.Body, view.Form{Fields: []view.Field{{ID: "n", Kind: view.FieldNumber, Label: view.Same("n")}}})
		if _, err := s.Ask(ctx, p); err != nil {
			return err
		}
		_, err := s.Ask(ctx, page("form-over", ""))
		return err
	},
	"panic": func(ctx context.Context, s kiosk.Session) error {
		if _, err := s.Ask(ctx, page("panic", "")); err != nil {
			return err
		}
		panic("as told")
	},
	// deaf never notices that its visit is over.
	"deaf": func(ctx context.Context, s kiosk.Session) error {
		if err := s.Show(ctx, page("deaf", "")); err != nil {
			return err
		}
		select {}
	},
	"unwell": func(ctx context.Context, s kiosk.Session) error {
		_, err := s.Ask(ctx, page("unwell", ""))
		return err
	},
	"chatty": func(ctx context.Context, s kiosk.Session) error {
		for i := range 5000 {
			fmt.Println("stdout says", i)
			fmt.Fprintln(os.Stderr, "stderr says", i)
		}
		_, _ = syscall.Write(1, []byte(strings.Repeat("x", 1<<20))) // past the redirection, and no line
		slog.Warn("a line of slog", "op", "chat")
		_, err := s.Ask(ctx, page("chatty", ""))
		return err
	},
	"flood": func(ctx context.Context, s kiosk.Session) error {
		for i := 0; ctx.Err() == nil; i++ {
			if err := s.Show(ctx, page("flood", fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return ctx.Err()
	},
	// caller asks for the time as often as it is told.
	"caller": func(ctx context.Context, s kiosk.Session) error {
		for {
			a, err := s.Ask(ctx, page("caller", ""))
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(a.Text("n"))
			if err != nil {
				return err
			}
			for range n {
				s.Now()
			}
		}
	},
	// greedy tries everything it may not, and shows what it got.
	"greedy": func(ctx context.Context, s kiosk.Session) error {
		var got []string
		try := func(what string, err error) { got = append(got, what+"="+string(kiosk.CodeOf(err))) }
		_, err := s.Identify(ctx, kiosk.IdentifyRequest{})
		try("identify", err)
		_, err = s.Watch(ctx, kiosk.WatchRequest{})
		try("watch", err)
		_, err = s.Enrol(ctx, kiosk.EnrolRequest{Person: "1"})
		try("enrol", err)
		try("forget", s.Forget(ctx, "1"))
		_, err = s.Lookup(ctx, kiosk.FeedPeople, "1")
		try("lookup", err)
		_, err = s.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople})
		try("list", err)
		try("barrier", s.OpenBarrier(ctx))
		_, err = s.Record(ctx, noted{module: "gate", name: "pass"})
		try("foreign-record", err)
		_, err = s.Record(ctx, noted{module: "greedy", name: "undeclared"})
		try("undeclared-record", err)
		_, err = s.Record(ctx, noted{module: "greedy", name: "noted", Text: strings.Repeat("x", host.MaxRecordBytes)})
		try("large-record", err)
		try("large-page", s.Show(ctx, page("greedy", strings.Repeat("x", 1<<20))))
		_, err = s.Ask(ctx, page("greedy", strings.Join(got, " ")))
		return err
	},
}

// hostUntilKilled is a terminal with two modules. It prints their PIDs once they
// run, and waits to be killed.
func hostUntilKilled(dir string) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	pids := make(chan int, 16)
	h, err := host.New(host.Config{
		Dir: dir,
		Modules: []host.Module{
			{ID: "gate", Command: []string{self, asModule, "gate"}},
			{ID: "deaf", Command: []string{self, asModule, "deaf"}},
		},
		OnStatus: func(s host.Status) {
			if s.State == host.Running {
				pids <- s.PID
			}
		},
	})
	if err != nil {
		panic(err)
	}
	if err := h.Start(); err != nil {
		panic(err)
	}
	fmt.Println(<-pids, <-pids)
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	time.Sleep(time.Hour) // to be killed
}
