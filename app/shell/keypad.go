package shell

import (
	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// The keys that are not digits.
const (
	keyClear = "clear"
	keyErase = "erase"
)

// keypad is the on-screen keys for digits, in the order of a telephone.
type keypad struct {
	look look
	keys []*button
	box  *fyne.Container
}

func newKeypad(l look, tapped func(key string)) *keypad {
	k := &keypad{look: l}
	var objs []fyne.CanvasObject
	for _, key := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", keyClear, "0", keyErase} {
		var b *button
		press := func() { tapped(key) }
		switch key {
		case keyClear:
			b = newButton(l, "key:"+key, "", l.say(view.T("清空", "Clear")), l.quietKey(), press)
		case keyErase:
			b = newButton(l, "key:"+key, "erase", "", l.quietKey(), press)
		default:
			b = newButton(l, "key:"+key, "", key, l.key(), press).sized(l.Digit)
		}
		k.keys = append(k.keys, b)
		objs = append(objs, b)
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
