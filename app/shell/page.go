package shell

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// node draws one node of a page. It lives as long as pages with its key do, and
// keeps what is half typed and how far it is scrolled.
type node interface {
	part
	// show takes the node as it is now; the kind never changes.
	show(n view.Node, l look)
	// fills reports whether the node wants all the room that is left.
	fills() bool
}

// pageView is the page on screen.
type pageView struct {
	shell    *Shell
	visit    string
	page     view.Page
	deadline time.Time // of Page.Timeout; zero for none
	expired  bool

	nodes   map[string]node
	order   []node
	finder  *viewfinder // the first viewfinder; nil for none
	title   *paragraph
	steps   *steps
	actions *actions
	sheet   *sheet
	stage   *stage
	box     *fyne.Container
}

func newPageView(s *Shell) *pageView {
	v := &pageView{shell: s, nodes: map[string]node{}}
	v.box = arrange(v.layout)
	return v
}

// show takes a page: an update when it has the ID of the one on screen, in the
// same visit; another page otherwise.
func (v *pageView) show(visit kiosk.Visit, p view.Page) {
	if update := visit.ID == v.visit && p.ID == v.page.ID; !update {
		v.shell.focus(nil)
		v.nodes = map[string]node{}
	}
	v.visit, v.page = visit.ID, p
	v.deadline, v.expired = time.Time{}, false
	if p.Timeout > 0 {
		v.deadline = v.shell.opts.Now().Add(p.Timeout)
	}
	v.draw()
}

// restyle draws the page anew in another size or language.
func (v *pageView) restyle(look) { v.draw() }

// draw brings the nodes up to date, keeping those whose key and kind stayed.
func (v *pageView) draw() {
	l := v.shell.look
	kept := make(map[string]node, len(v.page.Body))
	v.order, v.finder = v.order[:0], nil
	for i, n := range v.page.Body {
		key := n.NodeKind() + "\x00" + n.NodeKey()
		if n.NodeKey() == "" {
			key += strconv.Itoa(i)
		}
		nv := v.nodes[key]
		if nv == nil {
			nv = v.newNode(n)
		}
		nv.show(n, l)
		kept[key] = nv
		if f, ok := nv.(*viewfinder); ok && v.finder == nil {
			v.finder = f
			f.live(true)
			continue
		}
		v.order = append(v.order, nv)
	}
	v.nodes = kept
	v.title, v.steps = nil, nil
	if title := l.say(v.page.Title); title != "" {
		v.title = newParagraph(l, title, l.Title, l.Ink).atMost(3)
	}
	if v.page.Steps > 0 {
		v.steps = newSteps(l, v.page.Step, v.page.Steps)
	}
	v.actions = newActions(l, v.page.Actions, v.shell.act)
	v.sheet, v.stage = nil, nil
	if v.finder != nil {
		v.stage = newStage(l, v)
		replace(v.box, v.stage.box)
	} else {
		v.sheet = newSheet(l, v)
		replace(v.box, v.sheet.box)
	}
	v.shell.preview.show(v.finder != nil)
	v.layout(v.box.Size())
}

func (v *pageView) layout(size fyne.Size) {
	switch {
	case v.stage != nil:
		put(v.stage.box, 0, 0, size.Width, size.Height)
	case v.sheet != nil:
		put(v.sheet.box, 0, 0, size.Width, size.Height)
	}
}

func (v *pageView) newNode(n view.Node) node {
	switch n.(type) {
	case view.TextNode:
		return &text{}
	case view.Notice:
		return &notice{}
	case view.Viewfinder:
		return newViewfinder(v.shell.preview)
	case view.PersonCard:
		return &personCard{}
	}
	return &text{}
}

// leads reports whether the page is one a visitor came to by choosing, so that
// he must be able to go back.
func (v *pageView) leads() bool {
	for _, n := range v.page.Body {
		if n.NodeKind() == "form" {
			return true
		}
	}
	return v.page.Steps > 0
}

// beat answers for the visitor when the page's time is over.
func (v *pageView) beat(now time.Time) {
	if v.deadline.IsZero() || v.expired {
		return
	}
	if !now.Before(v.deadline) {
		v.expired = true
		v.shell.answer(view.ActionTimeout)
	}
}

// fields is what is typed on the page, by field ID.
func (v *pageView) fields() map[string]string { return nil }

func (v *pageView) typed(rune, time.Time) {}
func (v *pageView) untype(int)            {}
func (v *pageView) erase()                {}

// enter answers with the first primary action.
func (v *pageView) enter() {
	for _, a := range v.page.Actions {
		if a.Primary {
			v.shell.answer(a.ID)
			return
		}
	}
}
