package shell

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// Visits conducts what the tabs of a desk show. A tab is named by the shell; the
// one named "" is there from the start. The methods are called one after the
// other, in the order of the touches, on the goroutine of the callbacks.
type Visits interface {
	Open(tab string)  // a further tab, whose pages come by PresentIn
	Close(tab string) // and nothing more is shown in it; never of ""
	Begin(tab, module string)
	Home(tab string)
	Answer(tab string, a view.Answer)
	Touch(tab string)
	Select(tab string) // it is the one in front from now on
}

// Module is an entry of a desk's rail.
type Module struct {
	ID    string
	Title view.Text
	Icon  string
	Tone  view.Tone // other than Calm: it is not to be had just now
}

// Arrangement is what a desk remembers of its window: nothing of what was done
// in it.
type Arrangement struct {
	Width, Height float32
	Modules       []string // of the tabs, in order; "" where services are chosen
	Active        int      // of Modules
	Split         bool     // two visits side by side
}

// desk is what a member of staff has around the pages: a rail with the modules,
// a tab for each visit, and the keys for both. Each tab has a page of its own,
// which stays as it is while another is in front.
type desk struct {
	shell *Shell
	tabs  []*tab
	front int  // of tabs
	split bool // the tab before the one in front stands beside it
	last  int  // of tabs: the one that was in front before
	named int  // tabs so far
	told  Arrangement

	rule *canvas.Rectangle // between two pages
	mark *canvas.Rectangle // above the one in front

	rail  *rail
	strip *tabStrip
	help  *helpSheet

	mu    sync.Mutex
	pages map[string]*pageView // by tab, for Present on any goroutine
}

// tab is one visit of a desk.
type tab struct {
	id     string
	module string // whose visit is under way; "" where services are chosen
	page   *pageView
}

func newDesk(s *Shell) *desk {
	d := &desk{shell: s, pages: map[string]*pageView{"": s.page}}
	d.tabs = []*tab{{page: s.page}}
	d.rail, d.strip, d.help = newRail(s.look, d), newTabStrip(s.look, d), newHelpSheet(s.look, s)
	return d
}

func (d *desk) restyle(l look) {
	for _, t := range d.tabs {
		if t.page != d.shell.page {
			t.page.restyle()
		}
	}
	d.arrange()
	d.rail.restyle(l)
	d.strip.restyle(l)
	d.help.restyle(l)
}

// pageOf is a tab's page; nil when the tab is closed.
func (d *desk) pageOf(tab string) *pageView {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pages[tab]
}

// open opens a tab and begins a module's visit in it; with "" services are
// chosen there.
func (d *desk) open(module string) {
	const most = 9 // as many as keys choose among
	d.shell.touched()
	if len(d.tabs) >= most || len(d.shell.status.Modules) == 0 { // too many, or nobody conducts them yet
		return
	}
	t := &tab{}
	if d.pageOf("") == nil { // the first was closed: it is used again
		t.page = d.shell.first
		d.visits("home", func(v Visits) { v.Home("") })
	} else {
		d.named++
		t.id = strconv.Itoa(d.named)
		t.page = newPageView(d.shell)
		t.page.tab = t.id
	}
	d.mu.Lock()
	d.pages[t.id] = t.page
	d.mu.Unlock()
	d.tabs = append(d.tabs, t)
	if t.id != "" {
		d.visits("open", func(v Visits) { v.Open(t.id) })
	}
	if module != "" {
		d.visits("begin", func(v Visits) { v.Begin(t.id, module) })
	}
	d.choose(len(d.tabs) - 1)
}

// begin begins a module's visit: in the tab in front while services are chosen
// there, in a new one else, so that no visit is lost by a touch on the rail.
func (d *desk) begin(module string) {
	t := d.tabs[d.front]
	if t.module != "" {
		d.open(module)
		return
	}
	d.shell.touched()
	d.visits("begin", func(v Visits) { v.Begin(t.id, module) })
}

// close ends the visit of a tab. The last tab stays, with the services to choose.
func (d *desk) close(at int) {
	d.shell.touched()
	t := d.tabs[at]
	if len(d.tabs) == 1 {
		d.visits("home", func(v Visits) { v.Home(t.id) })
		return
	}
	d.mu.Lock()
	delete(d.pages, t.id)
	d.mu.Unlock()
	if t.id == "" {
		d.visits("home", func(v Visits) { v.Home("") })
	} else {
		d.visits("close", func(v Visits) { v.Close(t.id) })
	}
	t.page.leave()
	d.tabs = slices.Delete(d.tabs, at, at+1)
	if d.last > at {
		d.last--
	}
	next := d.front
	if next > at || next == len(d.tabs) {
		next--
	}
	d.front = -1
	d.choose(next)
}

// choose brings a tab to the front, as it was left.
func (d *desk) choose(at int) {
	if at < 0 || at >= len(d.tabs) || at == d.front {
		return
	}
	if d.front >= 0 {
		d.last = d.front
	}
	d.front = at
	s, t := d.shell, d.tabs[at]
	s.page = t.page
	d.visits("select", func(v Visits) { v.Select(t.id) })
	s.focused.id = ""
	t.page.watch()
	s.status.IdleLeft, s.status.Leaving = 0, false // the other's; its own comes with the next status
	d.arrange()
}

// step goes n tabs on, around the end.
func (d *desk) step(n int) {
	d.shell.touched()
	d.choose(((d.front+n)%len(d.tabs) + len(d.tabs)) % len(d.tabs))
}

// halve shows two visits side by side, or one again.
func (d *desk) halve() {
	d.shell.touched()
	if d.split = !d.split; d.split && len(d.tabs) == 1 {
		d.open("")
		return
	}
	d.arrange()
}

// beside is the tab that stands beside the one in front; nil without.
func (d *desk) beside() *tab {
	if !d.split || len(d.tabs) < 2 {
		return nil
	}
	if d.last == d.front || d.last >= len(d.tabs) {
		d.last = (d.front + 1) % len(d.tabs)
	}
	return d.tabs[d.last]
}

// shown are the pages on screen from left to right: in the order of their tabs,
// so that nothing jumps when the other one is touched.
func (d *desk) shown() []*pageView {
	other := d.beside()
	if other == nil {
		return []*pageView{d.tabs[d.front].page}
	}
	if d.last < d.front {
		return []*pageView{other.page, d.tabs[d.front].page}
	}
	return []*pageView{d.tabs[d.front].page, other.page}
}

// bring brings the tab of a page to the front that was touched beside it.
func (d *desk) bring(v *pageView) {
	for i, t := range d.tabs {
		if t.page == v {
			d.choose(i)
		}
	}
}

// noted is told of a page that was shown in a tab.
func (d *desk) noted(v *pageView, module string) {
	for _, t := range d.tabs {
		if t.page == v && t.module != module {
			t.module = module
			d.strip.build()
			d.rail.build()
			d.tell()
		}
	}
}

// arrange puts the pages on screen that belong there.
func (d *desk) arrange() {
	s := d.shell
	d.strip.build()
	d.rail.build()
	s.pagesBox.Objects = nil
	shown := d.shown()
	for _, v := range shown {
		s.pagesBox.Objects = append(s.pagesBox.Objects, v.box)
	}
	if len(shown) > 1 {
		d.rule, d.mark = canvas.NewRectangle(s.look.Line), canvas.NewRectangle(s.look.Brand)
		s.pagesBox.Objects = append(s.pagesBox.Objects, d.rule, d.mark)
	}
	s.pagesBox.Refresh()
	s.tell()
	s.root.Refresh()
	d.tell()
}

// entry is what the rail says of a module; ok is false for one it does not know.
func (d *desk) entry(module string) (m Module, ok bool) {
	for _, m := range d.shell.status.Modules {
		if m.ID == module {
			return m, true
		}
	}
	return Module{}, false
}

func (d *desk) visits(op string, f func(Visits)) {
	if v := d.shell.opts.Visits; v != nil {
		d.shell.courier.send(op, func() { f(v) })
	}
}

// tell passes on how the desk is arranged, when that has changed.
func (d *desk) tell() {
	s := d.shell
	size := s.root.Size()
	a := Arrangement{Width: size.Width, Height: size.Height, Active: d.front, Split: d.split}
	for _, t := range d.tabs {
		a.Modules = append(a.Modules, t.module)
	}
	same := a.Width == d.told.Width && a.Height == d.told.Height && a.Active == d.told.Active && a.Split == d.told.Split &&
		slices.Equal(a.Modules, d.told.Modules)
	if d.told = a; !same && s.opts.OnArrange != nil {
		s.courier.send("arrange", func() { s.opts.OnArrange(a) })
	}
}

// Arrange opens the tabs that a desk remembers; in any other mode it does
// nothing. Any goroutine may call it, once the visits can be conducted.
func (s *Shell) Arrange(a Arrangement) {
	s.loop.post(func() {
		if s.desk == nil {
			return
		}
		d := s.desk
		for i, module := range a.Modules {
			switch {
			case i > 0:
				d.open(module)
			case module != "":
				d.begin(module)
			}
		}
		d.choose(a.Active)
		d.split = a.Split
		d.arrange()
	})
}

// layout places the rail, the tabs and the pages below the header.
func (d *desk) layout(top float32, size fyne.Size) {
	s, l := d.shell, d.shell.look
	rail := d.rail.width(size.Width)
	put(d.rail.box, 0, l.Header, rail, size.Height-l.Header)
	put(d.strip.box, rail, top, size.Width-rail, l.TabStrip)
	top += l.TabStrip
	put(s.pagesBox, rail, top, size.Width-rail, size.Height-top-l.Footer)
	put(s.footer.box, rail, size.Height-l.Footer, size.Width-rail, l.Footer)
	put(d.help.box, 0, 0, size.Width, size.Height)
}

// placePages puts the pages on screen beside each other.
func (s *Shell) placePages(size fyne.Size) {
	if s.desk == nil {
		put(s.page.box, 0, 0, size.Width, size.Height)
		return
	}
	shown := s.desk.shown()
	n, gap := float32(len(shown)), s.look.Stroke
	w := (size.Width - (n-1)*gap) / n
	for i, v := range shown {
		x := float32(i) * (w + gap)
		put(v.box, x, 0, w, size.Height)
		if n > 1 && v == s.page {
			put(s.desk.mark, x, 0, w, s.look.XS/2)
		}
	}
	if n > 1 {
		put(s.desk.rule, w, 0, gap, size.Height)
	}
}

// beat keeps the time of the pages that are not in front.
func (d *desk) beat(now time.Time) {
	for _, t := range d.tabs {
		if t.page != d.shell.page {
			t.page.beat(now)
		}
	}
	d.tell()
}
