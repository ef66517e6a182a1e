package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// desk conducts the visits of a desk's tabs, each on a stage of its own, and
// keeps how the clerk has arranged his window. It implements shell.Visits.
type desk struct {
	t   *terminal
	was shell.Arrangement // as it was left

	mu     sync.Mutex
	stages map[string]*host.Stage // by tab, but the terminal's own
	front  string
}

// newDesk makes the desk of a terminal; nil in any other mode.
func newDesk(t *terminal) *desk {
	if modes[t.config.Terminal.Mode] != shell.Desk {
		return nil
	}
	return &desk{t: t, stages: map[string]*host.Stage{}}
}

// arrangementFile holds a shell.Arrangement as JSON, in the state directory.
const arrangementFile = "desk.json"

// remembered is how the desk was arranged when it was last seen.
func (d *desk) remembered() (a shell.Arrangement) {
	b, err := os.ReadFile(filepath.Join(d.t.config.Terminal.State, arrangementFile))
	if err != nil {
		return a // the first time
	}
	if err := json.Unmarshal(b, &a); err != nil {
		d.t.log.Warn("how the desk was arranged cannot be read", "op", "desk", "cause", err)
		return shell.Arrangement{}
	}
	return a
}

// remember keeps an arrangement. It names modules, never what was done in them.
func (d *desk) remember(a shell.Arrangement) {
	if !d.t.isOpen() {
		return // it is not arranged yet as it was left
	}
	path := filepath.Join(d.t.config.Terminal.State, arrangementFile)
	b, err := json.Marshal(a)
	if err == nil {
		err = os.WriteFile(path+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		d.t.log.Warn("how the desk is arranged is not kept", "op", "desk", "cause", err)
	}
}

// use has the shell work as a desk, as it was left.
func (d *desk) use(o *shell.Options) {
	o.Visits, o.OnArrange = d, d.remember
	d.was = d.remembered()
	if a := d.was; d.t.config.Terminal.Window == "" && a.Width >= leastWindow && a.Height >= leastWindow {
		o.Windowed.Width, o.Windowed.Height = a.Width, a.Height
	}
}

// restore opens the tabs that the clerk had, once there are modules for them.
func (d *desk) restore() {
	a := d.was
	known := map[string]bool{"": true}
	for _, m := range d.t.config.Modules {
		known[m.ID] = true
	}
	for i, m := range a.Modules {
		if !known[m] {
			a.Modules[i] = ""
		}
	}
	if len(a.Modules) > 0 {
		d.t.shell.Arrange(a)
	}
}

// on is a tab's stage; nil while there is none.
func (d *desk) on(tab string) *host.Stage {
	if tab == "" {
		if h := d.t.conductor(); h != nil {
			return h.Stage()
		}
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stages[tab]
}

// inFront is the stage of the tab in front; nil while there is none.
func (d *desk) inFront() *host.Stage {
	d.mu.Lock()
	tab := d.front
	d.mu.Unlock()
	return d.on(tab)
}

// busy reports whether somebody is served in a tab.
func (d *desk) busy() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, g := range d.stages {
		if _, counting := g.IdleLeft(); counting {
			return true
		}
	}
	return false
}

// tabScreen is the screen of one tab.
type tabScreen struct {
	t   *terminal
	tab string
}

// Present implements host.Screen.
func (s tabScreen) Present(v kiosk.Visit, p view.Page) {
	s.t.log.Debug("page", "id", p.ID, "module", v.Module, "tab", s.tab)
	s.t.shell.PresentIn(s.tab, v, p)
}

// Open implements shell.Visits.
func (d *desk) Open(tab string) {
	if !d.t.isOpen() {
		return
	}
	g, err := d.t.host.Open(tabScreen{d.t, tab})
	if err != nil {
		d.t.log.Warn("no further visit can be opened", "op", "desk", "code", kiosk.CodeOf(err), "cause", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stages[tab] = g
}

// Close implements shell.Visits.
func (d *desk) Close(tab string) {
	g := d.on(tab)
	if g == nil {
		return
	}
	d.mu.Lock()
	delete(d.stages, tab)
	d.mu.Unlock()
	g.Close()
}

// Begin implements shell.Visits.
func (d *desk) Begin(tab, module string) {
	if g := d.on(tab); g != nil {
		if err := g.Begin(module); err != nil {
			d.t.log.Warn("a module was chosen that cannot begin", "op", "begin", "module", module, "code", kiosk.CodeOf(err), "cause", err)
		}
	}
}

// Home implements shell.Visits.
func (d *desk) Home(tab string) {
	if g := d.on(tab); g != nil {
		g.Home()
	}
}

// Answer implements shell.Visits.
func (d *desk) Answer(tab string, a view.Answer) {
	if g := d.on(tab); g != nil {
		g.Answer(a)
	}
}

// Touch implements shell.Visits.
func (d *desk) Touch(tab string) {
	if g := d.on(tab); g != nil {
		g.Touch()
	}
}

// Select implements shell.Visits.
func (d *desk) Select(tab string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.front = tab
}

// railModules are the modules as the rail lists them: those a clerk begins.
func (t *terminal) railModules() (all []shell.Module) {
	for _, s := range t.host.Status() {
		if s.Manifest.Unattended {
			continue
		}
		m := shell.Module{ID: s.ID, Title: s.Title, Icon: s.Manifest.Icon}
		switch s.State {
		case host.Resting, host.Stopped:
			m.Tone = view.Warning
		case host.Starting, host.Restarting:
			m.Tone = view.Busy
		}
		all = append(all, m)
	}
	return all
}
