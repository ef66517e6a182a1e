package shell

import (
	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// keypad is the on-screen keys for digits, in the order of a telephone.
type keypad struct {
	look look
	keys []*key
	box  *fyne.Container
}

// newKeypad makes the keys for a field's kind: the one at the lower left is what
// else the kind is written with, or takes everything back.
func newKeypad(l look, f view.Field, press func(k string)) *keypad {
	k := &keypad{look: l}
	left := keyClear
	switch {
	case f.Kind == view.FieldID, f.Format == view.FormatISBN:
		left = "X"
	case f.Kind == view.FieldNumber && f.Decimals > 0:
		left = "."
	}
	var objs []fyne.CanvasObject
	for _, name := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", left, "0", keyErase} {
		one := newKey(l, keyFace{name: name}, press)
		if name != keyClear && name != keyErase {
			one.sized(l.Digit)
		}
		k.keys = append(k.keys, one)
		objs = append(objs, one)
	}
	k.box = arrange(k.layout, objs...)
	return k
}

func (k *keypad) object() fyne.CanvasObject { return k.box }

func (k *keypad) height(float32) float32 { return 4*k.look.Key + 3*k.look.S }

// most is the height beyond which keys look lost.
func (k *keypad) most() float32 { return k.height(0) * 1.25 }

// least is the height at which keys can still be touched.
func (k *keypad) least() float32 { return 4*k.look.Touch + 3*k.look.S }

func (k *keypad) layout(size fyne.Size) {
	const cols, rows = 3, 4
	l := k.look
	w, h := (size.Width-(cols-1)*l.S)/cols, (size.Height-(rows-1)*l.S)/rows
	for i, b := range k.keys {
		put(b, float32(i%cols)*(w+l.S), float32(i/cols)*(h+l.S), w, h)
	}
}
