package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/ting/maintenance"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/feed"
)

// rescue is what stands behind the window while the terminal is out of service:
// a page that says so, and the staff's door. The staff is known by what last came
// down of the feeds; of the journal, the devices and the modules it needs nothing.
type rescue struct {
	host    *host.Host
	closers []func()
}

// openRescue shows that the terminal is out of service, because of cause.
func (t *terminal) openRescue(ctx context.Context, cause error) *rescue {
	r := &rescue{}
	t.Present(kiosk.Visit{}, outOfServicePage())
	if err := t.openDoor(ctx, r, cause); err != nil {
		t.log.Error("the staff's door stays shut", "op", "rescue", "code", kiosk.CodeOf(err), "cause", err)
		r.close()
		return &rescue{}
	}
	t.door.Store(&door{r.host, func() *maintenance.Module { return t.rescueMaintenance(cause) }})
	r.closers = append(r.closers, func() { t.door.Store(nil) })
	return r
}

func (t *terminal) openDoor(ctx context.Context, r *rescue, cause error) error {
	c := t.config
	dir, err := os.MkdirTemp("", "ting-rescue")
	if err != nil {
		return err
	}
	r.closers = append(r.closers, func() { _ = os.RemoveAll(dir) })
	feeds, err := feed.OpenCache(ctx, filepath.Join(c.Terminal.State, "feeds.db"), feed.CacheOptions{Site: c.Terminal.Site, Log: t.log})
	if err != nil {
		return err
	}
	r.closers = append(r.closers, func() { _ = feeds.Close() })
	// A directory of its own: no template is opened, and none is missed.
	staff, err := identity.Open(ctx, identity.Config{Dir: filepath.Join(dir, "identity"), Terminal: c.Terminal.ID, Site: c.Terminal.Site, Feeds: feeds, Log: t.log})
	if err != nil {
		return err
	}
	r.closers = append(r.closers, func() { _ = staff.Close() })
	idle, _, _ := c.Visit.times() // checked with the configuration
	r.host, err = host.New(host.Config{
		Idle: idle, Terminal: c.Terminal.ID, Site: c.Terminal.Site, Dir: dir, Log: t.log,
		Services: host.Services{Screen: rescueScreen{t}, Identity: staff, Recorder: logged{t}, Feeds: feeds},
	})
	if err != nil {
		return err
	}
	r.closers = append(r.closers, func() {
		ending, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = r.host.Shutdown(ending)
	})
	return r.host.Start()
}

// status is the shell's while the terminal is out of service: back, home and the
// time that is left to who is behind the door. Somebody is there while it runs.
func (r *rescue) status() shell.Status {
	s := shell.Status{Network: shell.Connecting} // nobody says that it works offline
	if r.host != nil {
		if left, counting := r.host.Stage().IdleLeft(); counting {
			s.IdleLeft = max(left.Truncate(time.Second), time.Second)
		}
	}
	return s
}

func (r *rescue) close() {
	for i := len(r.closers) - 1; i >= 0; i-- {
		r.closers[i]()
	}
	r.closers = nil
}

// rescueScreen shows what is behind the door, and that there is nothing else.
type rescueScreen struct{ t *terminal }

// Present implements host.Screen.
func (s rescueScreen) Present(v kiosk.Visit, p view.Page) {
	if v.Module == "" { // between two visits
		p = outOfServicePage()
	}
	s.t.Present(v, p)
}

// logged keeps records where there is no journal: in the log, without who it was.
type logged struct{ t *terminal }

// Append implements host.Recorder.
func (l logged) Append(_ context.Context, kind kiosk.RecordKind, _ string, body []byte) (kiosk.Receipt, error) {
	var done struct {
		Action string `json:"action"`
	}
	_ = json.Unmarshal(body, &done) // what has no action is logged without one
	l.t.log.Warn("maintenance without a journal to keep it", "op", "rescue", "kind", kind.Name, "action", done.Action)
	return kiosk.Receipt{Time: time.Now()}, nil
}

// rescueMaintenance is what can be seen and done while the terminal is out of
// service.
func (t *terminal) rescueMaintenance(cause error) *maintenance.Module {
	m := t.config.Maintenance
	c := maintenance.Config{
		Staff: m.Staff, Version: version, Started: t.started,
		Devices: func() []maintenance.State {
			return []maintenance.State{{Name: view.T("本机", "This terminal"), State: view.T("暂停服务:"+cause.Error(), "out of service: "+cause.Error())}}
		},
		Modules: func() []maintenance.State { return nil },
		Journal: func(context.Context) (maintenance.Journal, error) { return maintenance.Journal{}, cause },
		Verify:  func(context.Context) (int64, error) { return 0, cause },
		Network: func() maintenance.Network {
			return maintenance.Network{Center: t.config.Center.URL, Addresses: addresses()}
		},
		Log:     t.tail.Lines,
		Restart: func() { t.finish(errRestart) },
		Reboot:  machine(m.Reboot), Shutdown: machine(m.Shutdown),
	}
	if m.Leave {
		c.Leave = func() { t.finish(nil) }
	}
	return maintenance.New(c)
}

// door is what the staff's door leads to while the terminal is out of service.
type door struct {
	host        *host.Host
	maintenance func() *maintenance.Module
}

// conductor is who conducts the visit on screen; nil before there is anybody.
func (t *terminal) conductor() *host.Host {
	if t.isOpen() {
		return t.host
	}
	if d := t.door.Load(); d != nil {
		return d.host
	}
	return nil
}

// attend opens the staff's door.
func (t *terminal) attend() {
	if t.isOpen() {
		t.host.Attend(t.maintenance())
	} else if d := t.door.Load(); d != nil {
		d.host.Attend(d.maintenance())
	}
}
