package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// keyboard is the on-screen keys for words: letters and pinyin, digits and
// punctuation, with a strip of candidates above. It stands at the bottom of the
// page, across its whole width.
type keyboard struct {
	page   *pageView
	look   look
	layer  layer
	shown  boardState
	bare   bool // there is a keyboard: the strip alone
	ground *canvas.Rectangle
	edge   *canvas.Rectangle
	strip  *strip
	rows   [][]*key
	all    *candidateGrid // covers the keys; nil while they are seen
	box    *fyne.Container
}

func newKeyboard(p *pageView, l look) *keyboard {
	k := &keyboard{page: p, look: l, bare: !p.keysShown()}
	k.box = arrange(k.layout)
	k.strip = newStrip(p, l)
	k.show()
	return k
}

func (k *keyboard) object() fyne.CanvasObject { return k.box }

// show draws the keys as they are now.
func (k *keyboard) show() {
	l, t := k.look, &k.page.typist
	k.ground, k.edge = canvas.NewRectangle(l.Sunken), canvas.NewRectangle(l.Line)
	k.shown = k.state()
	k.layer = k.shown.layer
	objs := []fyne.CanvasObject{k.ground, k.edge, k.strip.object()}
	k.rows, k.all = nil, nil
	if t.open {
		k.all = newCandidateGrid(k.page, l)
		objs = append(objs, k.all.object())
	} else if !k.bare {
		for _, row := range k.layer.rows(t, l) {
			var keys []*key
			for _, face := range row {
				one := newKey(l, face, k.page.key)
				one.wait = afterFunc(k.page.shell.loop)
				if face.quiet {
					one.sized(l.Small)
				} else {
					one.sized(l.Heading)
				}
				keys = append(keys, one)
				objs = append(objs, one)
			}
			k.rows = append(k.rows, keys)
		}
	}
	replace(k.box, objs...)
}

// refresh brings the candidates up to date, and the keys when others are wanted.
func (k *keyboard) refresh() {
	k.strip.show(k.look)
	if k.shown != k.state() || k.page.typist.open {
		k.show()
	}
}

// boardState is what the keys' faces depend on.
type boardState struct {
	layer   layer
	shift   shift
	open    bool
	chinese bool
	words   view.Text
}

func (k *keyboard) state() boardState {
	t := &k.page.typist
	return boardState{t.layer(k.page.active), t.shift, t.open, t.composes(), t.doneWords()}
}

// height is of the keys and the strip on a page of that height: as tall as is
// comfortable where there is room, and never so low that fingers miss; so low for
// who sits, whose field stands above them in the lower half.
func (k *keyboard) height(page float32) float32 {
	const share = 0.56
	l := k.look
	n := float32(k.layer.count())
	if k.bare && k.all == nil {
		return k.strip.height()
	}
	row := (page*share-k.strip.height()-2*l.XS)/n - l.XS
	least := l.Touch * 0.92
	if row = min(max(row, least), l.Key); l.seated() {
		if row = least; l.Variant.Elder { // they are larger anyway
			row = l.Touch * 0.84
		}
	}
	return k.strip.height() + n*(row+l.XS) + 2*l.XS
}

func (k *keyboard) layout(size fyne.Size) {
	l := k.look
	put(k.ground, 0, 0, size.Width, size.Height)
	put(k.edge, 0, 0, size.Width, l.Hairline)
	top := k.strip.height()
	put(k.strip.object(), 0, 0, size.Width, top)
	top += l.XS
	if k.all != nil {
		put(k.all.object(), 0, top, size.Width, size.Height-top)
		return
	}
	// On a wide screen the keys stay within a hand's reach of each other.
	width := min(size.Width, l.Column*1.9)
	left := (size.Width - width) / 2
	n := float32(len(k.rows))
	h := (size.Height - top - l.XS - n*l.XS) / n
	const cols = 10
	gap := l.XS * 0.8
	unit := (width - 2*l.XS - (cols-1)*gap) / cols
	for i, row := range k.rows {
		across := -gap
		for _, one := range row {
			across += one.wide()*(unit+gap) - gap + gap
		}
		x := left + (width-across)/2
		y := top + float32(i)*(h+l.XS)
		for _, one := range row {
			w := one.wide()*(unit+gap) - gap
			put(one, x, y, w, h)
			x += w + gap
		}
	}
}

func (k *key) wide() float32 {
	if k.face.wide == 0 {
		return 1
	}
	return k.face.wide
}

// layer is which keys are shown.
type layer int

const (
	layerPinyin    layer = iota // letters that are pinyin
	layerLetters                // letters as they are
	layerCapitals               // the next letter, or all of them, in capitals
	layerSymbols                // digits and Chinese punctuation
	layerMarks                  // digits and Latin punctuation
	layerAddress                // pinyin under a row of digits
	layerCode                   // letters under a row of digits
	layerCodeUpper              // capitals under a row of digits
	layerProvinces              // what a number plate begins with
)

func (y layer) count() int {
	switch y {
	case layerAddress, layerCode, layerCodeUpper:
		return 5
	}
	return 4
}

// rows are the faces of a layer's keys.
func (y layer) rows(t *typist, l look) [][]keyFace {
	switch y {
	case layerSymbols:
		return append(faces("1234567890", "-/：；（）¥@“”", "#、？！…·《》%"), t.bottom(l))
	case layerMarks:
		return append(faces("1234567890", "-/:;()$@\"'", "#,?!.&+=_%"), t.bottom(l))
	case layerProvinces:
		return append(faces("京津沪渝冀豫云辽黑湘", "皖鲁新苏浙赣鄂桂甘晋", "蒙陕吉闽贵粤青藏川宁"), append(faces("琼")[0], t.closing(l)...))
	}
	upper := y == layerCapitals || y == layerCodeUpper
	rows := faces("qwertyuiop", "asdfghjkl", "zxcvbnm")
	if upper {
		rows = faces("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
	}
	left := keyFace{name: keyShift, wide: 1.45, quiet: true, on: t.shift == shiftLocked}
	if y == layerPinyin || y == layerAddress {
		left = keyFace{name: keyPart, label: l.say(view.T("分词", "split")), wide: 1.45, quiet: true}
	}
	rows[2] = append(append([]keyFace{left}, rows[2]...), keyFace{name: keyErase, wide: 1.45, quiet: true})
	if y.count() == 5 {
		rows = append(faces("1234567890"), rows...)
	}
	return append(rows, t.bottom(l))
}

// bottom is the row of the space bar.
func (t *typist) bottom(l look) []keyFace {
	symbols := keyFace{name: keySymbols, label: l.say(view.T("符号", "?123")), wide: 1.4, quiet: true}
	if t.symbols {
		symbols.label = l.say(view.T("返回", "ABC"))
	}
	lang := keyFace{name: keyLang, label: l.say(view.T("英文", "中文")), wide: 1.4, quiet: true}
	if !t.chinese {
		lang.label = "中文"
	}
	comma, stop := keyFace{name: "，"}, keyFace{name: "。"}
	switch f := t.page.active; {
	case t.composes():
	case f != nil && f.node.Format == view.FormatEmail:
		comma, stop = keyFace{name: "@"}, keyFace{name: "."}
	case f != nil && f.node.Keyboard == view.KeyboardCode:
		comma, stop = keyFace{name: "-"}, keyFace{name: "/"}
	default:
		comma, stop = keyFace{name: ","}, keyFace{name: "."}
	}
	space := keyFace{name: keySpace, label: l.say(view.T("空格", "space")), wide: 3.6, quiet: true}
	closing := t.closing(l)
	if t.symbols {
		space.wide = 5.4
		return append([]keyFace{symbols, space}, closing...)
	}
	if !t.mayCompose() {
		space.wide = 5
		return []keyFace{symbols, comma, space, stop, closing[1]}
	}
	return []keyFace{symbols, lang, comma, space, stop, closing[1]}
}

// closing are the keys at the end of a row without letters.
func (t *typist) closing(l look) []keyFace {
	return []keyFace{
		{name: keyErase, wide: 1.6, quiet: true},
		{name: keyDone, label: l.say(t.doneWords()), wide: 1.6, quiet: true, on: true},
	}
}

// faces are rows of keys that type what they are named.
func faces(rows ...string) [][]keyFace {
	all := make([][]keyFace, len(rows))
	for i, row := range rows {
		for _, r := range row {
			all[i] = append(all[i], keyFace{name: string(r)})
		}
	}
	return all
}
