package shell

import (
	"time"

	"fyne.io/fyne/v2/driver/desktop"

	"github.com/luohu/ting/kiosk/view"
)

// The keys that do something else than type what they are named.
const (
	keyClear   = "clear"   // takes everything back
	keyErase   = "erase"   // takes the last back, again and again while it is held
	keySpace   = "space"   // a space, or the first candidate
	keyShift   = "shift"   // capital letters: the next one, or on from a second touch
	keyPart    = "'"       // parts syllables
	keyLang    = "lang"    // Chinese or letters
	keySymbols = "symbols" // digits and punctuation, or letters again
	keyDone    = "done"    // the next field, or no more keys
	keyHide    = "hide"    // no more keys
)

// keyFace is what a key says.
type keyFace struct {
	name  string
	label string  // "" is the name
	wide  float32 // in keys; 0 is one
	quiet bool    // does something else than type
	on    bool    // holds at the moment
}

// key is an on-screen key. It acts when the finger comes down, as a key does,
// not when it is lifted: a finger that slides on while typing loses nothing.
type key struct {
	*button
	face  keyFace
	press func(k string)
	acted bool   // on this touch already
	held  func() // takes the next repetition back; nil while it is not held
	// wait has f called once after d, unless what it returns is called first; nil
	// where nothing repeats.
	wait func(d time.Duration, f func()) (halt func())
}

const (
	heldFor   = 500 * time.Millisecond // until a held key repeats
	heldEvery = 90 * time.Millisecond
)

func newKey(l look, face keyFace, press func(k string)) *key {
	k := &key{face: face, press: press}
	p, icon, label := l.key(), "", face.label
	switch {
	case face.quiet:
		p = l.boardKey()
	case face.name == keyClear, face.name == keyErase:
		p = l.quietKey()
	}
	if face.on {
		p = l.primary()
	}
	switch face.name {
	case keyErase:
		icon = "erase"
	case keyShift:
		icon = "shift"
	case keyHide:
		icon = "down"
	case keyClear:
		label = l.say(view.T("清空", "Clear"))
	default:
		if label == "" {
			label = face.name
		}
	}
	k.button = newButton(l, "key:"+face.name, icon, label, p, nil)
	k.ground.CornerRadius = l.RadiusS
	k.onTapped = k.tapped
	k.onDown = k.down
	return k
}

// down acts, and again while the key is held.
func (k *key) down(down bool) {
	if k.held != nil {
		k.held()
		k.held = nil
	}
	if !down {
		return
	}
	k.acted = true
	k.press(k.face.name)
	if k.face.name == keyErase && k.wait != nil {
		k.hold(heldFor)
	}
}

func (k *key) hold(wait time.Duration) {
	k.held = k.wait(wait, func() {
		k.press(k.face.name)
		k.hold(heldEvery)
	})
}

// tapped is a touch without a finger coming down first: a test's.
func (k *key) tapped() {
	if k.acted {
		k.acted = false
		return
	}
	k.press(k.face.name)
}

var _ desktop.Mouseable = (*key)(nil)
