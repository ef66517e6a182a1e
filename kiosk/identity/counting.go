package identity

import (
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// othersDrawn is to how many others' templates a face counted is compared.
const othersDrawn = 8

// recognised counts the distances of somebody recognised by face.
func (i *Identity) recognised(person string, d *face.Descriptor, own, nearest float64) {
	i.counted(i.counter.Recognised(i.model(), own, nearest, i.gallery.Others(person, i.model(), d, othersDrawn)))
}

// lately is how old a face may be that somebody had who now proves himself another way.
const lately = 2 * time.Second

// confirmed counts the distances of somebody who proved himself with a card or a PIN
// while his face, and no other, stood before the camera. Only a member whose consent
// covers the purpose is compared with his template.
func (i *Identity) confirmed(v kiosk.Visit, purpose, person string) {
	w := i.watcherFor(v)
	if w == nil || i.gallery == nil || !i.gallery.Covers(person, purpose) {
		return
	}
	d, ok := w.takeLatest(i.cfg.Now())
	if !ok {
		return
	}
	own, ok := i.gallery.Distance(person, i.model(), &d)
	if !ok {
		return
	}
	i.counted(i.counter.Confirmed(i.model(), own, i.gallery.Others(person, i.model(), &d, othersDrawn)))
}

func (i *Identity) counted(err error) {
	if err != nil {
		i.log.Warn("identity: distances not kept", "op", "calibration", "cause", err)
	}
}

// noteLatest remembers the only face of a frame for a moment, and forgets it when
// there is none or another beside it.
func (w *watcher) noteLatest(now time.Time, faces []face.Face) {
	w.latest.Lock()
	defer w.latest.Unlock()
	switch {
	case len(faces) == 1 && faces[0].Described:
		w.latest.descriptor, w.latest.at = faces[0].Descriptor, now
	case len(faces) != 1:
		w.latest.descriptor, w.latest.at = face.Descriptor{}, time.Time{}
	}
}

// takeLatest returns that face, once.
func (w *watcher) takeLatest(now time.Time) (d face.Descriptor, ok bool) {
	w.latest.Lock()
	defer w.latest.Unlock()
	d, ok = w.latest.descriptor, !w.latest.at.IsZero() && now.Sub(w.latest.at).Abs() <= lately
	w.latest.descriptor, w.latest.at = face.Descriptor{}, time.Time{}
	return d, ok
}
