// Package decision turns faces seen, frame after frame, into verdicts.
//
// A Decider is a pure state machine: it is told what each frame shows and when,
// and answers with the verdicts that begin to hold. It owns no goroutine, no
// clock and no gallery, so that every rule here can be tested with a table.
//
// The rules, in the order in which a frame is judged:
//
//  1. Nobody for Limits.Empty: the lane is empty. NoFace is told if anything was.
//  2. Two faces near enough: TwoFaces, and all evidence so far is dropped.
//  3. The nearest face stays too small: TooFar.
//  4. Its picture is too dark, too bright or blurred: TooDark. Neither is evidence.
//  5. A described face is a shot. A shot hits a person when he is within
//     Threshold and everybody else is Margin farther. Agree hits in a row on one
//     person of one track decide: Withdrawn when his consent does not cover the
//     purpose, else Recognised. A shot that misses, or hits somebody else,
//     begins the count anew.
//  6. Strange misses in a row without a decision: Stranger. Better shots may
//     still change it. What seems to hide the face is its Detail; it keeps nobody
//     from being recognised.
//
// A verdict is told once per track (Recognised: once per person) and again after
// the lane was empty. Consent is asked at every frame: somebody recognised whose
// consent is withdrawn while he stands there becomes Withdrawn at once.
//
// A Decider is not safe for several goroutines.
package decision

import (
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// Limits are the numbers of the rules.
type Limits struct {
	Threshold float64 // distance of normalised, mirror-averaged descriptors
	Margin    float64 // to the second person
	Agree     int     // hits in a row
	Strange   int     // misses in a row

	MinSize       int     // of a face's rectangle, in pixels
	Rival         float64 // a second face this near (of the first one's width) makes two
	MinBrightness float64
	MaxBrightness float64
	MinContrast   float64
	MinSharpness  float64
	MaxYaw        float64 // radians; a face turned farther is no shot, and no verdict either

	Settle int           // frames in a row until TooDark or TwoFaces is told, and TooFar at the least
	Linger time.Duration // a far face must stay this long to be called: who walks up is far at first
	Empty  time.Duration // without a face until the lane is empty
	Again  time.Duration // between shots of a face that is decided, or strange
	Unseen time.Duration // after which a person or track is forgotten though the lane was never empty
}

// Defaults suit 640×480 at 10 to 30 frames a second. Threshold has a false-accept
// rate of about 1e-3 for one comparison; Margin and Agree pay for the gallery's
// many.
func Defaults() Limits {
	return Limits{
		Threshold:     0.373,
		Margin:        0.04,
		Agree:         2,
		Strange:       5,
		MinSize:       90,
		Rival:         0.65,
		MinBrightness: 35,
		MaxBrightness: 225,
		MinContrast:   10,
		MinSharpness:  8,
		MaxYaw:        0.6,
		Settle:        3,
		Linger:        2 * time.Second,
		Empty:         700 * time.Millisecond,
		Again:         700 * time.Millisecond,
		Unseen:        5 * time.Second,
	}
}

// company is how long after two faces were seen a single one is no evidence.
const company = time.Second

// Seen is one face of a frame, with its match when it was described.
type Seen struct {
	Track   uint64
	Size    int // width in pixels
	Quality face.Quality
	Shot    *Shot // nil when the frame did not describe the face
}

// Shot is what the gallery says of a described face.
type Shot struct {
	Person   string // the nearest member; "" in an empty gallery
	Distance float64
	Second   float64 // to the nearest other member
}

// Event is a verdict that begins to hold.
type Event struct {
	Verdict kiosk.Verdict
	Person  string // for Recognised
	Track   uint64
	Score   float64 // for Recognised
	Detail  string  // names nobody
}

// Decider decides for one camera and one purpose.
type Decider struct {
	limits Limits
	covers func(person string) bool

	tracks  map[uint64]*track
	persons map[string]time.Time // told as Recognised; when last seen
	trouble kiosk.Verdict        // NoCamera or NoEngine while it stands
	present bool                 // something was told since the lane was empty
	last    time.Time            // a face was last seen
	streak  kiosk.Verdict        // the condition that holds in each frame now
	streakN int
	rival   time.Time // two faces were last seen near enough
	since   time.Time // of the streak's first frame
	want    bool
	lacks   lack
}

// lack is what the newest frame's first face lacked to be told.
type lack struct {
	track  uint64
	detail string
}

// track is the evidence about one face followed.
type track struct {
	seen    time.Time
	shot    time.Time // of the last shot
	hit     string    // the person of the last hits in a row
	hits    int
	misses  int
	decided string // the person, once Agree hits agreed
	told    map[kiosk.Verdict]bool
}

// New returns a Decider. covers reports whether a person's consent covers the
// purpose now; it is asked at every frame and must be quick.
func New(l Limits, covers func(person string) bool) *Decider {
	return &Decider{limits: l, covers: covers, tracks: map[uint64]*track{}, persons: map[string]time.Time{}}
}

// Frame judges one frame's faces, largest first, and returns what begins to hold.
func (d *Decider) Frame(now time.Time, faces []Seen) []Event {
	d.want, d.lacks = false, lack{}
	d.forget(now)
	if len(faces) == 0 {
		return d.nobody(now)
	}
	d.trouble = ""
	d.last = now
	for _, f := range faces {
		d.track(f.Track).seen = now
	}
	first := faces[0]
	t := d.track(first.Track)
	if condition, detail := d.condition(faces); condition != "" {
		if condition == kiosk.TwoFaces {
			d.rival = now
		}
		d.lacks = lack{first.Track, detail}
		events := d.hold(now, condition, first.Track, t, detail)
		if condition == kiosk.TwoFaces && t.told[condition] {
			d.track(faces[1].Track).told[condition] = true // also when he is the larger next time
		}
		return events
	}
	d.streak, d.streakN = "", 0
	return d.judge(now, first, t)
}

// Trouble says that no frame can be judged: NoCamera or NoEngine.
func (d *Decider) Trouble(v kiosk.Verdict, detail string) []Event {
	clear(d.tracks)
	clear(d.persons) // who stands there afterwards is told anew
	d.streak, d.streakN = "", 0
	d.want = false
	if d.trouble == v {
		return nil
	}
	d.trouble = v
	d.present = true
	return []Event{{Verdict: v, Detail: detail}}
}

// Wants reports whether the face of the last frame should be described in the
// next one. Descriptors cost more than everything else together.
func (d *Decider) Wants() bool { return d.want }

// Standing is what is decided about a track: Recognised with the person, or
// another verdict told about it, or "".
func (d *Decider) Standing(id uint64) (v kiosk.Verdict, person string) {
	t := d.tracks[id]
	switch {
	case t == nil:
		return "", ""
	case t.decided != "" && d.covers(t.decided):
		return kiosk.Recognised, t.decided
	}
	for _, v := range []kiosk.Verdict{kiosk.Withdrawn, kiosk.Stranger} {
		if t.told[v] {
			return v, ""
		}
	}
	return d.streak, ""
}

// Lacks is what a track's face lacked in the newest frame to be told: a Detail of
// package kiosk for which there is advice, or one that says nothing to a person.
// It is empty for who is decided.
func (d *Decider) Lacks(id uint64) string {
	if t := d.tracks[id]; t == nil || t.decided != "" || d.lacks.track != id {
		return ""
	}
	return d.lacks.detail
}

// nobody judges a frame without a face.
func (d *Decider) nobody(now time.Time) []Event {
	d.streak, d.streakN = "", 0
	if d.trouble != "" {
		// The first frame after trouble: whoever stood there is to be seen anew.
		d.trouble = ""
		d.last = now
	}
	if now.Sub(d.last) < d.limits.Empty {
		return nil
	}
	clear(d.tracks)
	clear(d.persons)
	if !d.present {
		return nil
	}
	d.present = false
	return []Event{{Verdict: kiosk.NoFace}}
}

// condition is what keeps the frame from being evidence; "" when nothing does.
func (d *Decider) condition(faces []Seen) (kiosk.Verdict, string) {
	l, first := d.limits, faces[0]
	if len(faces) > 1 && first.Size >= l.MinSize {
		second := faces[1]
		if second.Size >= l.MinSize && float64(second.Size) >= l.Rival*float64(first.Size) {
			// Evidence taken beside somebody else may be of either.
			for _, t := range d.tracks {
				t.hits, t.hit, t.misses = 0, "", 0
			}
			return kiosk.TwoFaces, "two faces"
		}
	}
	q := first.Quality
	switch {
	case first.Size < l.MinSize:
		return kiosk.TooFar, kiosk.DetailSmall
	case q.Brightness < l.MinBrightness:
		return kiosk.TooDark, kiosk.DetailDark
	case q.Brightness > l.MaxBrightness:
		return kiosk.TooDark, kiosk.DetailBright
	case q.Contrast < l.MinContrast:
		return kiosk.TooDark, kiosk.DetailFlat
	case q.Sharpness < l.MinSharpness:
		return kiosk.TooDark, kiosk.DetailBlurred
	}
	return "", ""
}

// hold tells a condition once it has held for Settle frames. Somebody already
// decided is left in peace: he has turned to go.
func (d *Decider) hold(now time.Time, v kiosk.Verdict, id uint64, t *track, detail string) []Event {
	if d.streak != v {
		d.streak, d.streakN, d.since = v, 0, now
	}
	d.streakN++
	if e, gone := d.revoked(id, t); gone {
		return e
	}
	if d.streakN < d.limits.Settle || t.decided != "" && v != kiosk.TwoFaces {
		return nil
	}
	if v == kiosk.TooFar && now.Sub(d.since) < d.limits.Linger {
		return nil
	}
	return d.tell(t, Event{Verdict: v, Track: id, Detail: detail})
}

// judge weighs a face that is near, alone and well lit.
func (d *Decider) judge(now time.Time, f Seen, t *track) []Event {
	l := d.limits
	usable := f.Quality.Yaw <= l.MaxYaw && f.Quality.Yaw >= -l.MaxYaw
	// The detector may lose one of two for some frames: he is still there.
	if f.Shot != nil && usable && now.Sub(d.rival) >= company {
		t.count(l, now, *f.Shot)
	}
	switch covered := f.Quality.Covered(); {
	case !usable:
		d.lacks = lack{f.Track, kiosk.DetailTurned}
	case covered != face.Uncovered && t.misses > 0:
		d.lacks = lack{f.Track, string(covered)}
	}
	settled := t.decided != "" || t.told[kiosk.Stranger]
	d.want = usable && (!settled || now.Sub(t.shot) >= l.Again)

	if e, gone := d.revoked(f.Track, t); gone {
		return e
	}
	switch {
	case t.hits >= l.Agree && f.Shot != nil && usable:
		t.decided = t.hit
		d.want = false
		if !d.covers(t.hit) {
			return d.tell(t, Event{Verdict: kiosk.Withdrawn, Track: f.Track})
		}
		_, told := d.persons[t.hit]
		d.persons[t.hit] = now
		if told {
			return nil
		}
		d.present = true
		return []Event{{Verdict: kiosk.Recognised, Person: t.hit, Track: f.Track, Score: f.Shot.Distance}}
	case t.decided != "":
		if _, told := d.persons[t.decided]; told {
			d.persons[t.decided] = now
		}
	case t.misses >= l.Strange:
		detail := "nobody within the threshold"
		switch c := f.Quality.Covered(); {
		case c != face.Uncovered:
			detail = string(c) // kiosk.DetailMask or kiosk.DetailSunglasses
		case f.Shot != nil && f.Shot.Distance <= l.Threshold:
			detail = "two members too alike"
		}
		return d.tell(t, Event{Verdict: kiosk.Stranger, Track: f.Track, Detail: detail})
	}
	return nil
}

// count adds a shot to a track's evidence.
func (t *track) count(l Limits, now time.Time, s Shot) {
	t.shot = now
	switch hit := s.Person != "" && s.Distance <= l.Threshold && s.Second-s.Distance >= l.Margin; {
	case !hit:
		t.hit, t.hits = "", 0
		t.misses++
	case s.Person == t.hit:
		t.hits++
		t.misses = 0
	default:
		t.hit, t.hits = s.Person, 1
		t.misses = 0
	}
}

// revoked tells, once, that somebody decided as recognised no longer consents.
func (d *Decider) revoked(id uint64, t *track) ([]Event, bool) {
	if t.decided == "" || d.covers(t.decided) {
		return nil, false
	}
	delete(d.persons, t.decided)
	return d.tell(t, Event{Verdict: kiosk.Withdrawn, Track: id}), true
}

func (d *Decider) tell(t *track, e Event) []Event {
	if t.told[e.Verdict] {
		return nil
	}
	t.told[e.Verdict] = true
	d.present = true
	return []Event{e}
}

func (d *Decider) track(id uint64) *track {
	t := d.tracks[id]
	if t == nil {
		t = &track{told: map[kiosk.Verdict]bool{}}
		d.tracks[id] = t
	}
	return t
}

// forget drops what was not seen for long: in a lane that is never empty the
// same pupil may come again, and memory must stay bounded.
func (d *Decider) forget(now time.Time) {
	for id, t := range d.tracks {
		if now.Sub(t.seen) > d.limits.Unseen {
			delete(d.tracks, id)
		}
	}
	for p, seen := range d.persons {
		if now.Sub(seen) > d.limits.Unseen {
			delete(d.persons, p)
		}
	}
}
