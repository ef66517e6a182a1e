package shell

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// footer is the bar at the bottom: back and home while somebody is being
// served, the countdown that he can see, shortcuts to the other modules, and the
// way to large type, contrast and voice, in reach of every hand.
type footer struct {
	look   look
	shell  *Shell
	left   time.Duration // shown, in whole seconds
	attend bool          // back and home are offered

	ground    *canvas.Rectangle
	rule      *canvas.Rectangle
	back      *button
	home      *button
	again     *button // speaks the page once more; nil while nothing is spoken
	idle      *canvas.Text
	idleIcon  *canvas.Image
	shortcuts []*button
	display   *button
	box       *fyne.Container
}

func newFooter(l look, s *Shell) *footer {
	f := &footer{look: l, shell: s}
	f.box = arrange(f.layout)
	f.build()
	return f
}

func (f *footer) restyle(l look) {
	f.look = l
	f.build()
}

// tell takes the countdown and whether there is somewhere to go back to.
func (f *footer) tell(left time.Duration, attend bool) {
	left = (left + time.Second - 1).Truncate(time.Second)
	if left == f.left && attend == f.attend {
		return
	}
	rebuild := attend != f.attend || (left == 0) != (f.left == 0)
	f.left, f.attend = left, attend
	if rebuild {
		f.build()
		return
	}
	f.idle.Text = f.idleWords()
	f.box.Refresh()
}

func (f *footer) idleWords() string {
	n := int(f.left / time.Second)
	return f.look.say(view.Tf("%d 秒后返回", "Returns in %d s", n))
}

func (f *footer) build() {
	l := f.look
	f.ground, f.rule = canvas.NewRectangle(l.Surface), canvas.NewRectangle(l.Line)
	objs := []fyne.CanvasObject{f.ground, f.rule}
	f.back, f.home, f.again, f.idle, f.idleIcon, f.shortcuts = nil, nil, nil, nil, nil, nil
	if f.attend {
		f.back = newButton(l, view.ActionBack, "back", l.say(view.T("返回", "Back")), l.secondary(), f.shell.back)
		f.home = newButton(l, "ting.home", "home", l.say(view.T("首页", "Home")), l.secondary(), f.shell.home)
		objs = append(objs, f.back, f.home)
	}
	if f.shell.voice.on() {
		f.again = newButton(l, "ting.again", "speak", l.say(view.T("再说一遍", "Say again")), l.secondary(), f.shell.sayAgain)
		objs = append(objs, f.again)
	}
	if f.left > 0 {
		f.idle, f.idleIcon = l.text(f.idleWords(), l.Small, l.InkSoft), l.icon("clock", l.InkSoft, l.IconS)
		objs = append(objs, f.idleIcon, f.idle)
	}
	for _, sc := range f.shell.opts.Shortcuts {
		b := newButton(l, "start:"+sc.Module, sc.Icon, l.say(sc.Title), l.secondary(), func() { f.shell.start(sc.Module) })
		b.sized(l.Small)
		f.shortcuts = append(f.shortcuts, b)
		objs = append(objs, b)
	}
	f.display = newButton(l, "ting.display", "display", l.say(view.T("显示与语音", "Display & voice")), l.secondary(), func() { f.shell.panel.show() })
	f.display.sized(l.Small)
	replace(f.box, append(objs, f.display)...)
}

// wanted is how wide the countdown and the shortcuts are.
func (f *footer) wanted() float32 {
	w := float32(0)
	if f.idle != nil {
		w += f.look.measure(f.idleWords(), f.look.Small).Width + f.look.IconS + f.look.XS + f.look.M
	}
	for _, b := range f.shortcuts {
		w += b.natural() + f.look.S
	}
	return w
}

func (f *footer) layout(size fyne.Size) {
	l := f.look
	put(f.ground, 0, 0, size.Width, size.Height)
	put(f.rule, 0, 0, size.Width, l.Hairline)
	left, right := l.L, size.Width-l.L
	y := (size.Height - l.Touch) / 2
	for _, b := range []*button{f.back, f.home, f.again} {
		if b != nil {
			w := b.natural() + l.S
			put(b, left, y, w, l.Touch)
			left += w + l.S
		}
	}
	// The way to large type and voice stands at the edge, with words while there
	// is room for them beside everything else.
	w := f.display.natural()
	if f.wanted()+w > right-left {
		w = l.Touch
	}
	f.display.quiet = w == l.Touch
	right -= w
	put(f.display, right, y, w, l.Touch)
	right -= l.S
	if f.idle != nil {
		right -= l.XS
		word := f.idle.MinSize()
		right -= word.Width
		put(f.idle, right, (size.Height-word.Height)/2, word.Width, word.Height)
		right -= l.IconS + l.XS
		put(f.idleIcon, right, (size.Height-l.IconS)/2, l.IconS, l.IconS)
		right -= l.M
	}
	// Shortcuts stand to the right; those there is no room for are left out.
	for i := len(f.shortcuts) - 1; i >= 0; i-- {
		b := f.shortcuts[i]
		w := b.natural()
		if right-w < left {
			b.Hide()
			continue
		}
		b.Show()
		right -= w
		put(b, right, y, w, l.Touch)
		right -= l.S
	}
}
