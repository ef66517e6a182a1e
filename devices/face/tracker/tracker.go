// Package tracker follows faces through the frames of one camera: where to look
// next, which of the faces found is which, and which of them should be described.
//
// Searching a whole frame is the engine's dearest step. A Tracker asks for it when
// nobody is followed (so that a first sight is prompt), at a steady cadence (so
// that a second person is noticed), and when somebody was lost; in between it asks
// only for the surroundings of the last places.
//
// It computes and keeps time by what it is told: no goroutines, no clock. A
// Tracker is for one goroutine at a time. Test with `go test ./devices/face/tracker`.
package tracker

import (
	"cmp"
	"slices"
	"time"

	"github.com/luohu/ting/devices/face"
)

const (
	fullEvery = 250 * time.Millisecond // between whole-frame searches while somebody is followed
	lostAfter = 700 * time.Millisecond // without a sight, a track ends

	firstShots = 3           // descriptors of a new track
	againEvery = time.Second // between descriptors afterwards

	// A descriptor this far from the track's last is somebody else's: two shots of
	// one person stay below, even poor ones.
	swapDistance = 0.55

	margin     = 0.5  // around the last place, of its width
	smallest   = 88   // pixels: a face is searched shrunk as long as it stays this wide
	levels     = 4    // of the pyramid around a last place: to 1.7 times the size
	linkOver   = 0.2  // intersection over union from which a face is a track's
	sameOver   = 0.33 // intersection over union from which two detections are one face, as in dlib
	sameInside = 0.79 // or this part of the smaller one inside the larger
	crowd      = 0.6  // part of the frame to search from which the whole is as cheap
)

// Levels is how many levels of the image pyramid a Search of a part needs.
const Levels = levels

// Found is a face that a search found.
type Found struct {
	Rect  face.Rect
	Score float64
}

// Search is a part of the frame to look at, one pixel for each Shrink×Shrink.
type Search struct {
	Area   face.Rect
	Shrink int
}

// Sighting is a face of a frame.
type Sighting struct {
	Found
	Track uint64
	// Due says that the track wants a descriptor, if the picture is good.
	Due bool
}

// Tracker follows the faces of one camera.
type Tracker struct {
	newID    func() uint64
	tracks   []*track
	w, h     int
	lastFull time.Time
	lost     bool // somebody was not found where he was expected
}

type track struct {
	id        uint64
	rect      face.Rect
	seen      time.Time
	shots     int
	described time.Time
	last      face.Descriptor
}

// New returns a tracker whose tracks get their numbers from newID.
func New(newID func() uint64) *Tracker { return &Tracker{newID: newID} }

// Plan returns the parts of a frame of w×h pixels to search now, or none for the
// whole frame.
func (t *Tracker) Plan(now time.Time, w, h int) []Search {
	if w != t.w || h != t.h {
		t.tracks, t.w, t.h = nil, w, h
	}
	t.forget(now)
	if len(t.tracks) == 0 || t.lost || now.Sub(t.lastFull) >= fullEvery || now.Before(t.lastFull) {
		return nil
	}
	var searches []Search
	var work int
	for _, tr := range t.tracks {
		s := around(tr.rect, w, h)
		work += width(s.Area) * height(s.Area) / (s.Shrink * s.Shrink)
		searches = append(searches, s)
	}
	if float64(work) > crowd*float64(w*h) {
		return nil
	}
	return searches
}

func around(r face.Rect, w, h int) Search {
	m := int(margin * float64(width(r)))
	return Search{
		Area: face.Rect{
			Left: max(0, r.Left-m), Top: max(0, r.Top-m),
			Right: min(w, r.Right+m), Bottom: min(h, r.Bottom+m),
		},
		Shrink: max(1, width(r)/smallest),
	}
}

// Update takes what the searches of Plan found, in pixels of the frame, and
// returns it as sightings, largest first. whole says that the whole frame was searched.
func (t *Tracker) Update(now time.Time, whole bool, found []Found) []Sighting {
	if whole {
		t.lastFull = now
	}
	found = Merge(found)
	taken := t.link(found)
	sightings := make([]Sighting, len(found))
	for i, f := range found {
		tr := taken[i]
		if tr == nil {
			tr = &track{id: t.newID()}
			t.tracks = append(t.tracks, tr)
		}
		tr.rect, tr.seen = f.Rect, now
		sightings[i] = Sighting{
			Found: f, Track: tr.id,
			Due: tr.shots < firstShots || now.Sub(tr.described) >= againEvery,
		}
	}
	t.lost = slices.ContainsFunc(t.tracks, func(tr *track) bool { return !tr.seen.Equal(now) }) && !whole
	slices.SortStableFunc(sightings, func(a, b Sighting) int { return cmp.Compare(width(b.Rect), width(a.Rect)) })
	return sightings
}

// link gives each face the track it overlaps most, each track once.
func (t *Tracker) link(found []Found) map[int]*track {
	type pair struct {
		face    int
		track   *track
		overlap float64
	}
	var pairs []pair
	for i, f := range found {
		for _, tr := range t.tracks {
			if o := overUnion(f.Rect, tr.rect); o >= linkOver {
				pairs = append(pairs, pair{i, tr, o})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(b.overlap, a.overlap) })
	faces, used := map[int]*track{}, map[*track]bool{}
	for _, p := range pairs {
		if faces[p.face] == nil && !used[p.track] {
			faces[p.face], used[p.track] = p.track, true
		}
	}
	return faces
}

// Described tells the tracker a track's new descriptor and returns the number
// that the face now goes by: a new one when the descriptor is somebody else's.
func (t *Tracker) Described(now time.Time, id uint64, d *face.Descriptor) uint64 {
	i := slices.IndexFunc(t.tracks, func(tr *track) bool { return tr.id == id })
	if i < 0 {
		return id
	}
	tr := t.tracks[i]
	if tr.shots > 0 && tr.last.Distance(d) > swapDistance {
		tr.id, tr.shots = t.newID(), 0
	}
	tr.last, tr.described = *d, now
	tr.shots++
	return tr.id
}

// Followed is how many faces are followed.
func (t *Tracker) Followed() int { return len(t.tracks) }

func (t *Tracker) forget(now time.Time) {
	t.tracks = slices.DeleteFunc(t.tracks, func(tr *track) bool {
		gone := now.Sub(tr.seen) > lostAfter || now.Before(tr.seen)
		if gone {
			tr.last = face.Descriptor{} // do not leave it in memory
		}
		return gone
	})
}

// Merge leaves one detection of each face, the surest.
func Merge(found []Found) []Found {
	found = slices.Clone(found)
	slices.SortStableFunc(found, func(a, b Found) int { return cmp.Compare(b.Score, a.Score) })
	var kept []Found
	for _, f := range found {
		if !slices.ContainsFunc(kept, func(k Found) bool { return same(k.Rect, f.Rect) }) {
			kept = append(kept, f)
		}
	}
	return kept
}

func same(a, b face.Rect) bool {
	in := intersection(a, b)
	smaller := min(width(a)*height(a), width(b)*height(b))
	return in > 0 && (overUnion(a, b) > sameOver || float64(in) > sameInside*float64(smaller))
}

func overUnion(a, b face.Rect) float64 {
	in := intersection(a, b)
	union := width(a)*height(a) + width(b)*height(b) - in
	if union <= 0 {
		return 0
	}
	return float64(in) / float64(union)
}

func intersection(a, b face.Rect) int {
	w := min(a.Right, b.Right) - max(a.Left, b.Left)
	h := min(a.Bottom, b.Bottom) - max(a.Top, b.Top)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h
}

func width(r face.Rect) int  { return r.Right - r.Left }
func height(r face.Rect) int { return r.Bottom - r.Top }
