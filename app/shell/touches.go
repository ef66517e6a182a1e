package shell

import (
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// touched tells that somebody is here.
func (s *Shell) touched() {
	s.lastTouch = s.opts.Now()
	s.unfocus()
	s.status.Leaving = false // until the next status knows better
	s.leaving.tell(0)
	s.attract.wake()
	s.voice.hush()
	s.page.touched()
	switch {
	case s.opts.Visits != nil && s.desk != nil:
		tab := s.page.tab
		s.desk.visits("touch", func(v Visits) { v.Touch(tab) })
	case s.opts.OnTouch != nil:
		s.courier.send("touch", s.opts.OnTouch)
	}
}

func (s *Shell) home() {
	s.touched()
	switch {
	case s.opts.Visits != nil && s.desk != nil:
		tab := s.page.tab
		s.desk.visits("home", func(v Visits) { v.Home(tab) })
	case s.opts.OnHome != nil:
		s.courier.send("home", s.opts.OnHome)
	}
}

func (s *Shell) back() {
	s.touched()
	s.answer(view.ActionBack)
}

func (s *Shell) start(module string) {
	s.touched()
	if s.opts.OnStart != nil {
		s.courier.send("start", func() { s.opts.OnStart(module) })
	}
}

// again is how soon after a touch a second one on the same thing is taken for
// the same touch: a finger that trembles, or a double click.
const again = 400 * time.Millisecond

// answer sends what the visitor did with the page in front.
func (s *Shell) answer(action string) { s.page.answer(action) }

// answer sends what the visitor did with the page. A touch that meets a page
// already replaced is dropped.
func (v *pageView) answer(action string) {
	s, p := v.shell, v.page
	if p.ID == "" || s.opts.OnAnswer == nil && s.opts.Visits == nil {
		return
	}
	if v.incoming.waiting() {
		s.log.Debug("a touch was dropped", "op", "answer", "cause", "the page is being replaced")
		return
	}
	last := sent{p.ID, p.Rev, action, s.opts.Now()}
	if last.repeats(s.last) {
		return
	}
	if !v.complete(action) {
		return
	}
	s.last = last
	a := view.Answer{PageID: p.ID, Rev: p.Rev, Action: action, Fields: v.fields()}
	v.handIn()
	if s.desk != nil && s.opts.Visits != nil {
		s.desk.visits("answer", func(vs Visits) { vs.Answer(v.tab, a) })
		return
	}
	s.courier.send("answer", func() { s.opts.OnAnswer(a) })
}

// sent is the answer that was sent last.
type sent struct {
	page   string
	rev    uint64
	action string
	at     time.Time
}

func (s sent) repeats(before sent) bool {
	return s.page == before.page && s.rev == before.rev && s.action == before.action && s.at.Sub(before.at) < again
}

// act is answer for something that was touched.
func (v *pageView) act(action string) {
	v.front()
	v.shell.touched()
	v.answer(action)
}

// front brings the page to the front, where it is one of two on screen.
func (v *pageView) front() {
	if d := v.shell.desk; d != nil && v.shell.page != v {
		d.bring(v)
	}
}
