package shell

import (
	"maps"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// touched tells that somebody is here.
func (s *Shell) touched() {
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

// answer sends what the visitor did with the page on screen. A touch that
// meets a page already replaced is dropped, and so is a second touch on the
// same thing while the first is on its way.
func (s *Shell) answer(action string) {
	p := s.page.page
	if p.ID == "" || s.opts.OnAnswer == nil {
		return
	}
	if s.pages.waiting() {
		s.log.Debug("a touch was dropped", "op", "answer", "cause", "the page is being replaced")
		return
	}
	a := view.Answer{PageID: p.ID, Rev: p.Rev, Action: action, Fields: maps.Clone(s.page.fields())}
	s.courier.send("answer", func() { s.opts.OnAnswer(a) })
}

// act is answer for something that was touched.
func (s *Shell) act(action string) {
	s.touched()
	s.answer(action)
}

// focus moves the keyboard to a field, or nowhere.
func (s *Shell) focus(f fyne.Focusable) {
	if f == nil {
		s.window.Canvas().Unfocus()
		return
	}
	s.window.Canvas().Focus(f)
}
