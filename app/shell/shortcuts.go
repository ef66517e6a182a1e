package shell

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// deskKey is a key that does something at a desk.
type deskKey struct {
	keys  []fyne.KeyName // with Ctrl
	shift bool
	name  string // on the sheet that lists them
	does  view.Text
	do    func(d *desk)
}

// deskKeys are a desk's keys, in the order in which they are listed.
func deskKeys() []deskKey {
	return []deskKey{
		{[]fyne.KeyName{fyne.KeyN, fyne.KeyT}, false, "Ctrl + N", view.T("新开一件业务", "Open a new visit"), func(d *desk) { d.open("") }},
		{[]fyne.KeyName{fyne.KeyW}, false, "Ctrl + W", view.T("结束当前业务", "End this visit"), func(d *desk) { d.close(d.front) }},
		{[]fyne.KeyName{fyne.KeyTab, fyne.KeyPageDown}, false, "Ctrl + Tab", view.T("下一件业务", "Next visit"), func(d *desk) { d.step(1) }},
		{[]fyne.KeyName{fyne.KeyTab, fyne.KeyPageUp}, true, "Ctrl + Shift + Tab", view.T("上一件业务", "Previous visit"), func(d *desk) { d.step(-1) }},
		{[]fyne.KeyName{fyne.KeyBackslash}, false, `Ctrl + \`, view.T("左右并排两件业务", "Two visits side by side"), func(d *desk) { d.halve() }},
		{[]fyne.KeyName{fyne.KeyL}, false, "Ctrl + L", view.T("中英文切换", "Chinese or English"), func(d *desk) { d.shell.switchLanguage() }},
		{[]fyne.KeyName{fyne.KeyD}, false, "Ctrl + D", view.T("显示与语音", "Display and voice"), func(d *desk) { d.shell.panel.show() }},
	}
}

// bindKeys has the window listen to a desk's keys.
func (d *desk) bindKeys(c fyne.Canvas) {
	add := func(key fyne.KeyName, mod fyne.KeyModifier) {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: mod}, func(s fyne.Shortcut) { d.shortcut(s) })
	}
	for _, k := range deskKeys() {
		for _, key := range k.keys {
			if k.shift {
				add(key, fyne.KeyModifierControl|fyne.KeyModifierShift)
				continue
			}
			add(key, fyne.KeyModifierControl)
		}
	}
	for i := range 9 {
		add(digitKeys[i], fyne.KeyModifierControl)
	}
}

var digitKeys = [9]fyne.KeyName{fyne.Key1, fyne.Key2, fyne.Key3, fyne.Key4, fyne.Key5, fyne.Key6, fyne.Key7, fyne.Key8, fyne.Key9}

// shortcut does what a combination of keys stands for, and reports whether it
// stands for anything.
func (d *desk) shortcut(s fyne.Shortcut) bool {
	c, ok := s.(*desktop.CustomShortcut)
	if !ok || c.Modifier&fyne.KeyModifierControl == 0 {
		return false
	}
	for i, key := range digitKeys {
		if c.KeyName == key && i < len(d.shell.status.Modules) {
			d.begin(d.shell.status.Modules[i].ID)
			return true
		}
	}
	shift := c.Modifier&fyne.KeyModifierShift != 0
	for _, k := range deskKeys() {
		for _, key := range k.keys {
			if key == c.KeyName && k.shift == shift {
				k.do(d)
				return true
			}
		}
	}
	return false
}

// helpSheet lists the keys over the page.
type helpSheet struct {
	look   look
	shell  *Shell
	open   bool
	veil   *veil
	ground *canvas.Rectangle
	title  *paragraph
	names  []*canvas.Text
	does   []*canvas.Text
	caps   []*canvas.Rectangle
	done   *button
	box    *fyne.Container
}

func newHelpSheet(l look, s *Shell) *helpSheet {
	h := &helpSheet{look: l, shell: s}
	h.box = arrange(h.layout)
	return h
}

func (h *helpSheet) restyle(l look) {
	h.look = l
	h.build()
}

func (h *helpSheet) show() {
	h.shell.touched()
	h.open = !h.open
	h.build()
}

// key takes the keys that open and close the sheet, and reports whether it did.
func (h *helpSheet) key(k fyne.KeyName) bool {
	switch {
	case k == fyne.KeyF1, k == fyne.KeyEscape && h.open:
		h.show()
		return true
	}
	return false
}

func (h *helpSheet) close() {
	if h.open {
		h.open = false
		h.build()
	}
}

func (h *helpSheet) build() {
	h.names, h.does, h.caps = nil, nil, nil
	if !h.open {
		replace(h.box)
		return
	}
	l := h.look
	dismiss := func() { h.shell.touched(); h.close() }
	h.veil = newVeil("help:close", l.Veil, dismiss)
	h.ground = panel(l.Surface, l.RadiusL)
	h.title = newParagraph(l, l.say(view.T("键盘快捷键", "Keyboard shortcuts")), l.Heading, l.Ink).atMost(1)
	h.done = newButton(l, "help:done", "check", l.say(view.T("知道了", "Done")), l.primary(), dismiss)
	objs := []fyne.CanvasObject{h.veil, h.ground, h.title.object(), h.done}
	line := func(name string, does view.Text) {
		key := l.text(name, theme.Type{Size: l.Small.Size, Bold: true}, l.Ink)
		word := l.text(l.say(does), l.Body, l.InkSoft)
		cap := l.outlined(l.Sunken, l.Line, l.RadiusS)
		h.names, h.does, h.caps = append(h.names, key), append(h.does, word), append(h.caps, cap)
		objs = append(objs, cap, key, word)
	}
	if n := len(h.shell.status.Modules); n > 0 {
		line(fmt.Sprintf("Ctrl + 1 … %d", min(n, 9)), view.T("左侧第几项服务", "That service of the rail"))
	}
	for _, k := range deskKeys() {
		line(k.name, k.does)
	}
	line("Enter", view.T("主要按钮", "The main button"))
	line("F1   ?", view.T("这份说明", "This list"))
	replace(h.box, objs...)
}

func (h *helpSheet) layout(size fyne.Size) {
	if !h.open {
		return
	}
	l := h.look
	put(h.veil, 0, 0, size.Width, size.Height)
	width := min(l.Column, size.Width-2*l.M)
	row := (l.Body.Size + l.Small.Size) * 1.08
	title := h.title.height(width)
	height := 2*l.L + title + l.M + float32(len(h.names))*row + l.M + l.Touch
	x, y := (size.Width-width)/2, max((size.Height-height)/2, 0)
	put(h.ground, x, y, width, height)
	x, y, width = x+l.L, y+l.L, width-2*l.L
	put(h.title.object(), x, y, width, title)
	y += title + l.M
	keys := float32(0)
	for _, n := range h.names {
		keys = max(keys, n.MinSize().Width+2*l.S)
	}
	for i, n := range h.names {
		key, word := n.MinSize(), h.does[i].MinSize()
		put(h.caps[i], x, y+(row-key.Height-l.XS/2)/2, key.Width+2*l.S, key.Height+l.XS/2)
		put(n, x+l.S, y+(row-key.Height)/2, key.Width, key.Height)
		put(h.does[i], x+keys+l.M, y+(row-word.Height)/2, word.Width, word.Height)
		y += row
	}
	put(h.done, x, y+l.M, width, l.Touch)
}
