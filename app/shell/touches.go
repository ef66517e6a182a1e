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
	if s.opts.OnTouch != nil {
		s.courier.send("touch", s.opts.OnTouch)
	}
}

func (s *Shell) home() {
	s.touched()
	if s.opts.OnHome != nil {
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

// answer sends what the visitor did with the page on screen. A touch that
// meets a page already replaced is dropped.
func (s *Shell) answer(action string) {
	p := s.page.page
	if p.ID == "" || s.opts.OnAnswer == nil {
		return
	}
	if s.pages.waiting() {
		s.log.Debug("a touch was dropped", "op", "answer", "cause", "the page is being replaced")
		return
	}
	last := sent{p.ID, p.Rev, action, s.opts.Now()}
	if last.repeats(s.last) {
		return
	}
	if !s.page.complete(action) {
		return
	}
	s.last = last
	a := view.Answer{PageID: p.ID, Rev: p.Rev, Action: action, Fields: s.page.fields()}
	s.page.handIn()
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
func (s *Shell) act(action string) {
	s.touched()
	s.answer(action)
}
