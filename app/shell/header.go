package shell

import (
	"fmt"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// header is the bar at the top: where and when one is, whether the line to the
// center stands, what is still to be sent, and the other language.
type header struct {
	look   look
	place  view.Text
	onLang func()

	ground *canvas.Rectangle
	accent *canvas.Rectangle
	where  *paragraph
	date   *canvas.Text
	clock  *canvas.Text
	lang   *button
	net    *chip
	unsent *chip
	box    *fyne.Container

	now    time.Time
	status Status
}

func newHeader(l look, place view.Text, onLang func()) *header {
	h := &header{look: l, place: place, onLang: onLang}
	h.box = arrange(h.layout)
	h.build()
	return h
}

func (h *header) build() {
	l := h.look
	h.ground = canvas.NewRectangle(l.BrandDark)
	h.accent = canvas.NewRectangle(l.Accent)
	h.where = newParagraph(l, oneLine(l.say(h.place)), l.Heading, l.OnBar)
	h.date = l.text("", l.Small, l.OnBrandSoft)
	h.clock = l.text("", l.Clock, l.OnBar)
	h.lang = newButton(l, "ting.language", "language", languageName(otherLanguage(l.lang)), l.onBrand(), h.onLang)
	h.lang.sized(l.Small)
	h.show()
}

// restyle draws the header anew in another size or language.
func (h *header) restyle(l look) {
	h.look = l
	h.build()
}

// tell takes the time and status; nothing is redrawn when nothing that can be
// read has changed.
func (h *header) tell(now time.Time, st Status) {
	if now.Truncate(time.Minute).Equal(h.now.Truncate(time.Minute)) && st.Network == h.status.Network && st.Unsent == h.status.Unsent {
		return
	}
	h.now, h.status = now, st
	h.show()
}

func (h *header) show() {
	l := h.look
	h.date.Text = dateIn(h.now, l.lang)[0]
	h.clock.Text = h.now.Format("15:04")
	icon, words := networkWords(h.status.Network)
	h.net = newChip(l, icon, l.say(words), l.BrandVeil, l.OnBar)
	h.unsent = nil
	if n := h.status.Unsent; n > 0 {
		count := fmt.Sprint(n)
		if n > 9999 {
			count = "9999+"
		}
		h.unsent = newChip(l, "upload", l.say(view.Tf("待上传 %s", "%s to send", count)), l.Accent, l.OnAccent)
		h.unsent.brief = count
	}
	objs := []fyne.CanvasObject{h.ground, h.accent, h.where.object(), h.date, h.clock, h.net.object()}
	if !l.seated() { // who cannot reach up finds the language below
		objs = append(objs, h.lang)
	}
	if h.unsent != nil {
		objs = append(objs, h.unsent.object())
	}
	replace(h.box, objs...)
}

func (h *header) layout(size fyne.Size) {
	l := h.look
	if l.Fit.Desk {
		h.layoutRow(size)
		return
	}
	put(h.ground, 0, 0, size.Width, size.Height)
	put(h.accent, 0, size.Height-l.XS/2, size.Width, l.XS/2)
	left, right := l.L, size.Width-l.L
	top := l.XS
	rowH := (size.Height - 2*top - l.XS/2) / 2

	if !l.seated() {
		langW := h.lang.natural()
		put(h.lang, right-langW, (size.Height-l.Touch)/2, langW, l.Touch)
		right -= langW + l.M
	}

	clock := h.clock.MinSize()
	put(h.clock, right-clock.Width, top+(rowH-clock.Height)/2, clock.Width, clock.Height)

	date := h.date.MinSize()
	room := size.Height - 2*top - l.XS/2 - date.Height
	w := right - clock.Width - l.M - left
	oneLine := h.where.fitsOneLine(w, l.Heading.Size)
	chips, free := h.chips(right-left, oneLine)
	if !oneLine { // the second line stands beside the chips
		w = min(w, free)
	}
	h.where.fitInto(w, max(rowH, room), 2, l.Heading.Size, l.Small.Size)
	whereH := h.where.height(w)
	dateY := top + rowH + (rowH-date.Height)/2
	if whereH > rowH { // two lines: both stand in the middle of the bar as one thing
		free := (size.Height - l.XS/2 - whereH - date.Height) / 2
		put(h.where.object(), left, free, w, whereH)
		dateY = free + whereH
	} else {
		put(h.where.object(), left, top+(rowH-whereH)/2, w, whereH)
	}
	x, y := right, top+rowH
	for _, c := range chips {
		w, ch := c.natural()
		x -= w
		put(c.object(), x, y+(rowH-ch)/2, w, ch)
		x -= l.S
	}
	// What the chips leave is the date's: the longest form that fits.
	for _, form := range dateIn(h.now, l.lang) {
		h.date.Text = form
		if date = h.date.MinSize(); left+date.Width <= x {
			break
		}
	}
	put(h.date, left, dateY, date.Width, date.Height)
}

// layoutRow is the header of a desk: everything on one line.
func (h *header) layoutRow(size fyne.Size) {
	l := h.look
	put(h.ground, 0, 0, size.Width, size.Height)
	put(h.accent, 0, size.Height-l.XS/2, size.Width, l.XS/2)
	height := size.Height - l.XS/2
	middle := func(o fyne.CanvasObject, x, w, ch float32) { put(o, x, (height-ch)/2, w, ch) }
	left, right := l.M, size.Width-l.M
	lang := h.lang.natural()
	touch := min(l.Touch, height-l.XS)
	middle(h.lang, right-lang, lang, touch)
	right -= lang + l.M
	clock := h.clock.MinSize()
	middle(h.clock, right-clock.Width, clock.Width, clock.Height)
	right -= clock.Width + l.M
	const share = 0.5
	chips, _ := h.chips(right-left, size.Width > size.Height)
	for _, c := range chips {
		w, ch := c.natural()
		right -= w
		middle(c.object(), right, w, ch)
		right -= l.S
	}
	h.where.fitInto((right-left)*share, height, 1, l.Heading.Size, l.Small.Size)
	place := min(h.where.natural()+1, (right-left)*share)
	middle(h.where.object(), left, place, h.where.height(place))
	left += place + l.M
	for _, form := range dateIn(h.now, l.lang) {
		h.date.Text = form
		if left+h.date.MinSize().Width <= right {
			break
		}
	}
	date := h.date.MinSize()
	middle(h.date, left, date.Width, date.Height)
}

// chips are those there are, from the right, and the width that they leave of the
// one given. Where they would leave little to a place of two lines, they go
// without words.
func (h *header) chips(width float32, oneLine bool) (all []*chip, left float32) {
	const share = 0.5
	for _, c := range []*chip{h.net, h.unsent} {
		if c != nil {
			all = append(all, c)
		}
	}
	for _, brief := range []bool{false, true} {
		left = width
		for _, c := range all {
			c.shorten(brief)
			w, _ := c.natural()
			left -= w + h.look.S
		}
		if oneLine || left >= width*share {
			break
		}
	}
	return all, left
}

// chip is a word with an icon on a small rounded ground.
type chip struct {
	look   look
	full   string // the word
	brief  string // what of it stays where there is no room; "" is the icon alone
	ground *canvas.Rectangle
	icon   *canvas.Image
	word   *canvas.Text
	box    *fyne.Container
}

func newChip(l look, icon, word string, ground, ink color.NRGBA) *chip {
	c := &chip{look: l, full: word, ground: panel(ground, l.RadiusM), icon: l.icon(icon, ink, l.IconS), word: l.text(word, l.Small, ink)}
	c.box = arrange(c.place, c.ground, c.icon, c.word)
	return c
}

func (c *chip) object() fyne.CanvasObject { return c.box }

func (c *chip) natural() (w, h float32) {
	word := c.look.measure(c.word.Text, c.look.Small)
	h = c.look.measure(c.full, c.look.Small).Height + c.look.XS
	if c.word.Text == "" {
		return c.look.S*2 + c.look.IconS, h
	}
	return c.look.S*2 + c.look.IconS + c.look.XS + word.Width, h
}

func (c *chip) shorten(brief bool) {
	c.word.Text = c.full
	if brief {
		c.word.Text = c.brief
	}
}

func (c *chip) place(size fyne.Size) {
	l := c.look
	put(c.ground, 0, 0, size.Width, size.Height)
	put(c.icon, l.S, (size.Height-l.IconS)/2, l.IconS, l.IconS)
	word := c.word.MinSize()
	put(c.word, l.S+l.IconS+l.XS, (size.Height-word.Height)/2, word.Width, word.Height)
}

func networkWords(n Network) (icon string, words view.Text) {
	switch n {
	case Online:
		return "network", view.T("已联网", "Online")
	case Offline:
		return "network-off", view.T("离线可用", "Offline, still working")
	}
	return "network-wait", view.T("正在连接", "Connecting")
}

// languageName is a language's name in itself.
func languageName(l view.Lang) string {
	if l == view.EN {
		return "English"
	}
	return "中文"
}

// dateIn is the date in its forms, the longest first.
func dateIn(t time.Time, l view.Lang) [3]string {
	if t.IsZero() {
		return [3]string{}
	}
	if l == view.EN {
		return [3]string{t.Format("Monday, 2 January 2006"), t.Format("Mon 2 Jan"), ""}
	}
	day := [...]string{"日", "一", "二", "三", "四", "五", "六"}[t.Weekday()]
	return [3]string{
		fmt.Sprintf("%d年%d月%d日 星期%s", t.Year(), t.Month(), t.Day(), day),
		fmt.Sprintf("%d月%d日 周%s", t.Month(), t.Day(), day), "",
	}
}
