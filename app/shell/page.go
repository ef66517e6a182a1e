package shell

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// pageView is the page on screen.
type pageView struct {
	shell    *Shell
	tab      string            // of a desk, which shows it; "" is the one there from the start
	incoming latest[presented] // not drawn yet
	visit    string
	module   string // whose visit it is; "" for the terminal's own pages
	followed uint64 // the revision on which a live field's change was answered
	behind   bool   // a live field has changed since
	page     view.Page
	deadline time.Time   // of Page.Timeout; zero for none
	alarm    *time.Timer // brings a beat at the deadline
	expired  bool

	nodes     map[string]node // by kind and key
	order     []node          // as they stand, without the live viewfinder
	forms     []*form
	active    *field      // what the keypad types into; nil for none
	finder    *viewfinder // the first viewfinder; nil for none
	title     *paragraph
	steps     *steps
	actions   *actions
	laid      fyne.Size // what the page was last laid out in
	room      float32   // height of the page, with the keys that stand on it
	typist    typist
	keypad    *keypad   // while digits are typed; nil for none
	keyboard  *keyboard // while words are typed; nil for none
	keypadFor padKind   // what the keypad was made for
	sheet     *sheet
	stage     *stage
	hall      *hall
	scroller  *scrolled // what of the page scrolls; it keeps its place while the page is updated
	box       *fyne.Container
}

func newPageView(s *Shell) *pageView {
	v := &pageView{shell: s, nodes: map[string]node{}, scroller: newScrolled(s)}
	v.box = arrange(v.layout)
	return v
}

// show takes a page: an update when it has the ID of the one on screen, in the
// same visit; another page otherwise.
func (v *pageView) show(visit kiosk.Visit, p view.Page) {
	update := visit.ID == v.visit && p.ID == v.page.ID
	before := v.page
	if !update {
		v.shell.wiper.left(v, visit.ID != v.visit)
		if v.inFront() {
			v.shell.focused.id = ""
		}
		v.discard()
		v.drop(nil)
		v.wipe()
		v.nodes, v.active, v.scroller = map[string]node{}, nil, newScrolled(v.shell)
	}
	v.visit, v.module, v.page = visit.ID, visit.Module, p
	v.arm()
	v.draw()
	if update {
		if v.inFront() {
			v.shell.voice.update(before, p)
		}
		if v.behind {
			v.follow()
		}
		return
	}
	v.behind = false
	v.begin()
	if v.inFront() {
		v.shell.voice.page(p)
	}
}

// inFront reports whether keys and voice are this page's.
func (v *pageView) inFront() bool { return v.shell.page == v }

// leave forgets the page, whose tab is closed.
func (v *pageView) leave() {
	v.shell.wiper.left(v, true)
	if v.alarm != nil {
		v.alarm.Stop()
	}
	v.visit, v.page, v.deadline, v.alarm = "", view.Page{}, time.Time{}, nil
	v.nodes, v.active, v.scroller = map[string]node{}, nil, newScrolled(v.shell)
	v.draw()
}

// touched begins the time of a page that is being filled in anew: who types
// slowly must not lose what he has typed.
func (v *pageView) touched() {
	if len(v.forms) > 0 && !v.deadline.IsZero() && !v.expired {
		v.arm()
	}
}

// follow answers that a live field has changed. While the page that answers it
// is awaited, a further change waits too, however many there are.
func (v *pageView) follow() {
	if v.behind = v.followed == v.page.Rev || v.incoming.waiting(); !v.behind {
		v.followed = v.page.Rev
		v.answer(view.ActionChange)
	}
}

// arm starts the page's own time.
func (v *pageView) arm() {
	if v.alarm != nil {
		v.alarm.Stop()
	}
	v.deadline, v.expired, v.alarm = time.Time{}, false, nil
	if t := v.page.Timeout; t > 0 {
		t *= time.Duration(v.shell.display.Pace())
		v.deadline = v.shell.opts.Now().Add(t)
		v.alarm = time.AfterFunc(t, func() { v.shell.loop.post(v.shell.beat) })
	}
}

// beat answers for the visitor when the page's time is over.
func (v *pageView) beat(now time.Time) {
	if !v.deadline.IsZero() && !v.expired && !now.Before(v.deadline) {
		v.expired = true
		v.answer(view.ActionTimeout)
	}
}

// left is the page's time that is left; 0 when it has none or none is left.
func (v *pageView) left(now time.Time) time.Duration {
	if v.deadline.IsZero() {
		return 0
	}
	return max(v.deadline.Sub(now), 0)
}

// reach is where on the page the lower half of the screen begins, in which
// everything to touch stands for who sits, the keys included; 0 where the whole
// page is in reach.
func (v *pageView) reach() float32 {
	l, height := v.shell.look, v.room
	if !l.seated() {
		return 0
	}
	screen := max(v.shell.root.Size().Height, height+l.Header+l.Footer)
	return max(height-(screen/2-l.Footer), 0)
}

// restyle draws the page anew in another size or language.
func (v *pageView) restyle() { v.draw() }

// draw brings the nodes up to date, keeping those whose key and kind stayed.
func (v *pageView) draw() {
	l := v.look()
	kept := make(map[string]node, len(v.page.Body))
	v.order, v.forms, v.finder = nil, nil, nil
	for i, n := range v.page.Body {
		key := n.NodeKind() + "\x00" + n.NodeKey()
		if n.NodeKey() == "" {
			key += strconv.Itoa(i)
		}
		nv := v.nodes[key]
		if nv == nil {
			nv = newNode(v, n)
		}
		nv.show(n, l)
		kept[key] = nv
		switch nv := nv.(type) {
		case *viewfinder:
			if nv.live(v.finder == nil); v.finder == nil {
				v.finder = nv
				continue
			}
		case *form:
			v.forms = append(v.forms, nv)
		}
		v.order = append(v.order, nv)
	}
	v.drop(kept)
	v.nodes = kept
	if v.active != nil && !slices.ContainsFunc(v.forms, func(f *form) bool { return slices.Contains(f.fields, v.active) }) {
		v.discard()
		v.active = nil // the page was updated without it
	}
	v.makeKeys()
	v.arrange(l)
}

// look is how the page is drawn at the moment.
func (v *pageView) look() look {
	l := v.shell.look
	l.set = setFor(v.page, l)
	return l
}

// frame draws what stands around the nodes. Where height is dear and the keys or
// a calendar are up, the field that is typed into has the room; for who sits, the
// title keeps its own.
func (v *pageView) frame(l look) {
	v.title, v.steps = nil, nil
	typing := v.keyboard != nil && !v.keyboard.bare
	actions := v.page.Actions
	if typing && l.seated() || l.Fit.Wide && (typing || v.choosesDay()) {
		actions = nil
	}
	v.actions = newActions(l, actions, v.act)
	if l.Fit.Wide && (typing || v.choosesDay()) {
		return
	}
	if title := l.say(v.page.Title); title != "" {
		v.title = v.newTitle(l, title)
	}
	if v.page.Steps > 0 {
		v.steps = newSteps(l, v.page.Step, v.page.Steps)
	}
}

// choosesDay reports whether a calendar is open.
func (v *pageView) choosesDay() (open bool) {
	v.eachField(func(f *field) {
		d, ok := f.own.(*dateControl)
		open = open || ok && d.open
	})
	return open
}

// drop stops the nodes that are not among those kept.
func (v *pageView) drop(kept map[string]node) {
	for key, n := range v.nodes {
		if kept[key] != nil {
			continue
		}
		v.shell.aside.forget(n)
		if l, ok := n.(leaver); ok {
			l.left()
		}
	}
}

// arrange puts the drawn pieces on a stage or a sheet.
func (v *pageView) arrange(l look) {
	v.frame(l)
	v.sheet, v.stage, v.hall = nil, nil, nil
	switch l.set {
	case onStage:
		v.stage = newStage(l, v, v.finder.object(), v.finder.hint())
		replace(v.box, v.stage.box)
	case onPoster:
		v.stage = newStage(l, v, newIllustration(l, v.page.Tone, v.page.Icon).object(), "")
		replace(v.box, v.stage.box)
	case onHall:
		v.hall = newHall(l, v)
		replace(v.box, v.hall.box)
	default:
		v.sheet = newSheet(l, v)
		replace(v.box, v.sheet.box)
	}
	if v.keyboard != nil {
		v.box.Objects = append(v.box.Objects, v.keyboard.object())
	}
	v.watch()
	v.layout(v.box.Size())
}

func (v *pageView) layout(size fyne.Size) {
	room := size
	v.room = size.Height
	if v.keyboard != nil {
		h := v.keyboard.height(size.Height)
		size.Height -= h
		put(v.keyboard.object(), 0, size.Height, size.Width, h)
	}
	switch {
	case v.stage != nil:
		put(v.stage.box, 0, 0, size.Width, size.Height)
	case v.hall != nil:
		put(v.hall.box, 0, 0, size.Width, size.Height)
	case v.sheet != nil:
		put(v.sheet.box, 0, 0, size.Width, size.Height)
	}
	if room != v.laid {
		v.laid = room
		if v.active != nil {
			v.reveal(v.active) // it was looked at on a screen of another size
		}
	}
}

// leads reports whether the page is one a visitor came to by choosing, so that
// he must be able to go back.
func (v *pageView) leads() bool { return len(v.forms) > 0 || v.page.Steps > 0 }

// fields is what stands in the fields of the page, by field ID; nil for a page without a form.
func (v *pageView) fields() map[string]view.Value {
	var all map[string]view.Value
	for _, f := range v.forms {
		if all == nil {
			all = map[string]view.Value{}
		}
		maps.Copy(all, f.values())
	}
	return all
}

// enter answers with the first primary action.
func (v *pageView) enter() {
	for _, a := range v.page.Actions {
		if a.Primary {
			v.answer(a.ID)
			return
		}
	}
}

// complete reports whether the page may answer with an action: a primary one
// hands in the forms, whose rules have to be kept. What is wrong is said beside
// each field, and the first of them is shown and typed into.
func (v *pageView) complete(action string) bool {
	if !slices.ContainsFunc(v.page.Actions, func(a view.Action) bool { return a.Primary && a.ID == action }) {
		return true
	}
	var first *field
	for _, f := range v.forms {
		for _, fd := range f.fields {
			if !fd.check() && first == nil {
				first = fd
			}
			fd.redraw()
		}
	}
	if first == nil {
		return true
	}
	v.relayout()
	if first.takesKeys() {
		v.activate(first)
	}
	v.reveal(first)
	return false
}

// watch opens the live picture while a viewfinder or a photo being taken shows
// it, and only then.
func (v *pageView) watch() {
	live, papers := v.finder != nil, false
	v.eachField(func(f *field) {
		if p, ok := f.own.(*photoControl); ok && p.live {
			live, papers = true, p.field.node.Paper
		}
	})
	if v.inFront() {
		v.shell.preview.show(live, papers)
	}
}

func (v *pageView) eachField(f func(*field)) {
	for _, form := range v.forms {
		for _, fd := range form.fields {
			f(fd)
		}
	}
}

// asksOnly reports whether the page has this field alone.
func (v *pageView) asksOnly(id string) bool {
	n, found := 0, false
	for _, nd := range v.page.Body {
		if f, ok := nd.(view.Form); ok {
			for _, fd := range f.Fields {
				n, found = n+1, found || fd.ID == id
			}
		}
	}
	return found && n == 1
}

// wipe forgets the pictures a visitor has made on the page.
func (v *pageView) wipe() {
	v.eachField(func(f *field) {
		if w, ok := f.own.(interface{ wipe() }); ok {
			w.wipe()
		}
	})
}

// handIn tells the fields that their values went to the module: what it finds
// wrong next is about them, even in the words it used before.
func (v *pageView) handIn() {
	for _, f := range v.forms {
		for _, fd := range f.fields {
			fd.handed = v.page.Rev
		}
	}
}

// relayout gives everything its place again after a part has grown or shrunk.
func (v *pageView) relayout() {
	switch {
	case v.stage != nil:
		v.stage.layout(v.stage.box.Size())
	case v.sheet != nil:
		v.sheet.layout(v.sheet.box.Size())
	}
	v.box.Refresh()
}

// reveal scrolls the page so that a field can be seen.
func (v *pageView) reveal(f *field) {
	body := v.body()
	if body == nil {
		return
	}
	for _, form := range v.forms {
		if slices.Contains(form.fields, f) {
			top := form.box.Position().Y + f.box.Position().Y
			width := f.box.Size().Width
			body.reveal(top, top+f.headHeight(width)+f.controlHeight(width))
		}
	}
}

// body is what scrolls on the page; nil before one is drawn.
func (v *pageView) body() *scrolled {
	switch {
	case v.stage != nil:
		return v.stage.body
	case v.hall != nil:
		return v.hall.body
	case v.sheet != nil:
		return v.sheet.body
	}
	return nil
}
