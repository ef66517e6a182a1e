package shell

import (
	"fmt"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

// dateControl is the entry of a FieldDate: a well that shows the day, and below
// it a calendar that opens when the well is touched. The heading zooms out, to
// months and years: a birthday of seventy years ago is five touches away.
type dateControl struct {
	field *field
	look  look
	open  bool
	zoom  zoom
	shown time.Time // any day of what the calendar shows

	well  *touch
	edge  *canvas.Rectangle
	words *canvas.Text
	icon  *canvas.Image
	card  *canvas.Rectangle
	back  *button
	forth *button
	head  *button
	names []*canvas.Text // of the days of the week
	cells []*button
	empty int // cells before the first day
	cols  int
	box   *fyne.Container
}

// zoom is how far the calendar has zoomed out.
type zoom int

const (
	days zoom = iota
	months
	years
)

// yearsShown are on one page of the calendar.
const yearsShown = 20

func newDateControl(f *field) *dateControl {
	d := &dateControl{field: f, open: f.page.asksOnly(f.node.ID) && !f.page.shell.look.Fit.Wide}
	d.box = arrange(d.layout)
	d.begin()
	return d
}

// begin chooses what the calendar shows first: the day there is, or else today,
// or the nearest day that may be chosen. Where years lie between those that may
// be chosen, the year comes first.
func (d *dateControl) begin() {
	now := d.field.page.shell.opts.Now()
	d.zoom, d.shown = days, time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	if day, ok := parseDay(d.field.value); ok {
		d.shown = day
		return
	}
	low, hasLow := parseDay(d.field.node.Min)
	high, hasHigh := parseDay(d.field.node.Max)
	if hasLow && d.shown.Before(low) {
		d.shown = low
	}
	if hasHigh && d.shown.After(high) {
		d.shown = high
	}
	const far = 3 * 366 * 24 * time.Hour
	if hasLow && hasHigh && high.Sub(low) > far {
		d.zoom = years
	}
}

func parseDay(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

func (d *dateControl) value() view.Value { return view.Value{Text: d.field.value} }

func (d *dateControl) leave() { d.open = false }

func (d *dateControl) show(l look) {
	d.look = l
	d.edge = l.outlined(l.Surface, l.Line, l.RadiusS)
	d.words, d.icon = l.text("", l.Body, l.Ink), l.icon("calendar", l.Brand, l.IconM)
	if day, ok := parseDay(d.field.value); ok {
		d.words.Text = wordsOfDay(l.lang, day)
	} else {
		d.words.Text, d.words.Color = l.say(view.T("请选择日期", "Choose a date")), l.InkFaint
	}
	if d.open {
		d.edge.StrokeColor, d.edge.StrokeWidth = l.Brand, l.Stroke*2
	}
	d.well = newTouch("field:"+d.field.node.ID, arrange(d.placeWell, d.edge, d.words, d.icon), d.toggle)
	d.well.words = d.field.spoken()
	objs := []fyne.CanvasObject{d.well}
	if d.open {
		objs = append(objs, d.calendar()...)
	}
	replace(d.box, objs...)
}

// wordsOfDay is a day as it is read: with the day of the week, by which people plan.
func wordsOfDay(l view.Lang, t time.Time) string { return dateIn(t, l)[0] }

// toggle opens the calendar, or puts it away.
func (d *dateControl) toggle() {
	p := d.field.page
	p.shell.touched()
	if d.open = !d.open; d.open {
		d.begin()
		p.activate(d.field)
	}
	d.redraw()
	if d.open {
		p.reveal(d.field)
	}
}

func (d *dateControl) redraw() {
	d.field.redraw()
	d.rearrange()
}

// rearrange gives the page its places anew. On a wide screen the calendar has the
// room of the title and the actions.
func (d *dateControl) rearrange() {
	p := d.field.page
	if p.shell.look.Fit.Wide {
		p.arrange(p.look())
		return
	}
	p.relayout()
}

// calendar makes the calendar's objects.
func (d *dateControl) calendar() []fyne.CanvasObject {
	l := d.look
	press := func(f func()) func() {
		return func() {
			d.field.page.shell.touched()
			f()
			d.redraw()
		}
	}
	d.card = l.outlined(l.Surface, l.Line, l.RadiusM)
	d.back = newButton(l, "calendar:back", "previous", "", l.secondary(), press(func() { d.turn(-1) })).named(view.T("往前翻", "Earlier"))
	d.forth = newButton(l, "calendar:forth", "next", "", l.secondary(), press(func() { d.turn(1) })).named(view.T("往后翻", "Later"))
	d.head = newButton(l, "calendar:zoom", "", d.heading(), l.quietKey(), press(func() { d.zoom = min(d.zoom+1, years) }))
	objs := []fyne.CanvasObject{d.card, d.back, d.forth, d.head}
	d.names, d.cells, d.empty = nil, nil, 0
	switch d.zoom {
	case days:
		d.cols = 7
		d.dayCells(press)
	case months:
		d.cols = 4
		for m := time.January; m <= time.December; m++ {
			first := time.Date(d.shown.Year(), m, 1, 0, 0, 0, 0, time.UTC)
			d.cell(l.say(view.T(fmt.Sprintf("%d月", m), m.String()[:3])), first, first.AddDate(0, 1, -1), false,
				press(func() { d.shown, d.zoom = first, days }))
		}
	case years:
		d.cols = 4
		from := d.firstYear()
		for y := from; y < from+yearsShown; y++ {
			first := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
			d.cell(strconv.Itoa(y), first, time.Date(y, 12, 31, 0, 0, 0, 0, time.UTC), false,
				press(func() { d.shown, d.zoom = first.AddDate(0, int(d.shown.Month())-1, 0), months }))
		}
	}
	for _, t := range d.names {
		objs = append(objs, t)
	}
	for _, c := range d.cells {
		objs = append(objs, c)
	}
	return objs
}

// dayCells are the days of the month shown, under the names of the days of the
// week, of which Monday is the first.
func (d *dateControl) dayCells(press func(func()) func()) {
	l := d.look
	for _, name := range []view.Text{
		view.T("一", "Mo"), view.T("二", "Tu"), view.T("三", "We"), view.T("四", "Th"), view.T("五", "Fr"), view.T("六", "Sa"), view.T("日", "Su"),
	} {
		t := l.text(l.say(name), l.Small, l.InkSoft)
		t.Alignment = fyne.TextAlignCenter
		d.names = append(d.names, t)
	}
	first := time.Date(d.shown.Year(), d.shown.Month(), 1, 0, 0, 0, 0, time.UTC)
	d.empty = (int(first.Weekday()) + 6) % 7
	now := d.field.page.shell.opts.Now()
	for day := first; day.Month() == first.Month(); day = day.AddDate(0, 0, 1) {
		today := day.Year() == now.Year() && day.YearDay() == now.YearDay()
		d.cell(strconv.Itoa(day.Day()), day, day, today, func() { d.choose(day) })
	}
}

// choose takes a day and puts the calendar away.
func (d *dateControl) choose(day time.Time) {
	d.field.value, d.open = day.Format(time.DateOnly), false
	d.field.changed()
	d.rearrange()
}

// cell is one day, month or year: filled when it is the one chosen, edged when
// it is today's, faint and dead when all of it lies out of bounds.
func (d *dateControl) cell(words string, from, until time.Time, today bool, tapped func()) {
	l := d.look
	p := paint{fill: l.Surface, pressed: l.BrandSoft, stroke: l.Surface, ink: l.Ink}
	day, ok := parseDay(d.field.value)
	switch {
	case !d.within(from, until):
		p.ink, p.pressed, tapped = l.InkFaint, l.Surface, nil
	case ok && !day.Before(from) && !day.After(until):
		p = l.primary()
	case today:
		p.stroke, p.ink = l.Brand, l.Brand
	}
	b := newButton(l, "calendar:"+from.Format(time.DateOnly), "", words, p, tapped)
	if from.Equal(until) { // a number alone is no day
		b.words = wordsOfDay(l.lang, from)
	}
	b.sized(theme.Type{Size: l.Body.Size, Bold: ok && p.ink == l.OnBrand})
	d.cells = append(d.cells, b)
}

// within reports whether any day of a span may be chosen.
func (d *dateControl) within(from, until time.Time) bool {
	if low, ok := parseDay(d.field.node.Min); ok && until.Before(low) {
		return false
	}
	high, ok := parseDay(d.field.node.Max)
	return !ok || !from.After(high)
}

// firstYear begins the page of years. Pages end with the last year that may be
// chosen: a child's birthday is on the first of them.
func (d *dateControl) firstYear() int {
	year := d.shown.Year()
	if high, ok := parseDay(d.field.node.Max); ok {
		last := high.Year()
		return last - yearsShown*((last-year)/yearsShown+1) + 1
	}
	return year - year%yearsShown
}

func (d *dateControl) heading() string {
	l, t := d.look, d.shown
	switch d.zoom {
	case days:
		return l.say(view.T(t.Format("2006年1月"), t.Format("January 2006")))
	case months:
		return l.say(view.T(t.Format("2006年"), t.Format("2006")))
	}
	from := d.firstYear()
	return fmt.Sprintf("%d – %d", from, from+yearsShown-1)
}

// turn goes a page back or on, never where nothing can be chosen.
func (d *dateControl) turn(by int) {
	first := time.Date(d.shown.Year(), d.shown.Month(), 1, 0, 0, 0, 0, time.UTC)
	var next, until time.Time
	switch d.zoom {
	case days:
		next = first.AddDate(0, by, 0)
		until = next.AddDate(0, 1, -1)
	case months:
		next = time.Date(first.Year()+by, first.Month(), 1, 0, 0, 0, 0, time.UTC)
		if !d.within(time.Date(next.Year(), 1, 1, 0, 0, 0, 0, time.UTC), time.Date(next.Year(), 12, 31, 0, 0, 0, 0, time.UTC)) {
			return
		}
		d.shown = next
		return
	default:
		from := d.firstYear() + by*yearsShown
		next = time.Date(from, first.Month(), 1, 0, 0, 0, 0, time.UTC)
		until = time.Date(from+yearsShown-1, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	if next.Year() > 0 && d.within(next, until) {
		d.shown = next
	}
}

func (d *dateControl) object() fyne.CanvasObject { return d.box }

func (d *dateControl) rows() int { return (d.empty + len(d.cells) + d.cols - 1) / d.cols }

func (d *dateControl) namesHeight() float32 {
	if len(d.names) == 0 {
		return 0
	}
	return d.look.Small.Size * 1.5
}

// beside reports whether the calendar's heading stands beside its days: on a
// wide screen they have more width than height.
func (d *dateControl) beside(width float32) bool { return d.look.Fit.Wide && width >= d.look.Column }

func (d *dateControl) height(width float32) float32 {
	l := d.look
	if !d.open {
		return l.Button
	}
	days := d.namesHeight() + float32(d.rows())*l.Touch
	if d.beside(width) {
		return max(l.Button, days+2*l.S)
	}
	return l.Button + l.XS + 2*l.S + l.Touch + l.XS + days
}

func (d *dateControl) placeWell(size fyne.Size) {
	l := d.look
	put(d.edge, 0, 0, size.Width, size.Height)
	put(d.icon, size.Width-l.M-l.IconM, (size.Height-l.IconM)/2, l.IconM, l.IconM)
	word := d.words.MinSize()
	put(d.words, l.M, (size.Height-word.Height)/2, word.Width, word.Height)
}

func (d *dateControl) layout(size fyne.Size) {
	l := d.look
	if d.open && d.beside(size.Width) {
		const share = 0.36
		left := size.Width * share
		put(d.well, 0, 0, left, l.Button)
		y := l.Button + l.S
		put(d.back, 0, y, l.Touch, l.Touch)
		put(d.forth, left-l.Touch, y, l.Touch, l.Touch)
		put(d.head, l.Touch+l.XS, y, left-2*(l.Touch+l.XS), l.Touch)
		x := left + l.M
		put(d.card, x, 0, size.Width-x, size.Height)
		d.placeCells(x+l.S, l.S, size.Width-x-2*l.S)
		return
	}
	put(d.well, 0, 0, size.Width, l.Button)
	if !d.open {
		return
	}
	y := l.Button + l.XS
	w := min(size.Width, l.Column)
	put(d.card, 0, y, w, size.Height-y)
	x, in := l.S, w-2*l.S
	y += l.S
	put(d.back, x, y, l.Touch, l.Touch)
	put(d.forth, x+in-l.Touch, y, l.Touch, l.Touch)
	put(d.head, x+l.Touch+l.S, y, in-2*(l.Touch+l.S), l.Touch)
	d.placeCells(x, y+l.Touch+l.XS, in)
}

func (d *dateControl) placeCells(x, y, width float32) {
	l := d.look
	each := width / float32(d.cols)
	for i, t := range d.names {
		put(t, x+float32(i)*each, y, each, d.namesHeight())
	}
	y += d.namesHeight()
	for i, c := range d.cells {
		at := d.empty + i
		put(c, x+float32(at%d.cols)*each+l.XS/8, y+float32(at/d.cols)*l.Touch+l.XS/8, each-l.XS/4, l.Touch-l.XS/4)
	}
}
