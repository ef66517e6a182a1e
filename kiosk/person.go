package kiosk

import (
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// Way is a way to say who one is. No service may offer WayFace alone.
type Way string

// The ways.
const (
	WayFace  Way = "face"
	WayCard  Way = "card"  // an IC card at the reader
	WayPIN   Way = "pin"   // the person's number and a PIN
	WayStaff Way = "staff" // a staff member vouches with his own PIN
	// WayIDCard is a resident identity card at its reader. Where the person wants it
	// his face is compared with the photo in the chip, which is not kept.
	WayIDCard Way = "id-card"
	WayPass   Way = "pass" // a signed QR pass on the person's phone, made for this visit
)

// EveryWay lists the ways, as they are offered where nothing else is said.
func EveryWay() []Way { return []Way{WayFace, WayCard, WayIDCard, WayPass, WayPIN, WayStaff} }

// Person is somebody the site knows. It carries no template and no picture.
type Person struct {
	ID    string  // the district's number for the person, as in the people feed
	Name  string  // in full: mask it (view.MaskName) on a shared screen
	Group string  // class or department, as shown
	Role  string  // "pupil", "staff", "citizen"
	Way   Way     // how he was identified
	By    string  // the staff member who vouched, for WayStaff
	Score float64 // distance to the template for WayFace, to the chip's photo for WayIDCard; 0 is equal, or not compared
}

// IdentifyRequest asks for one person, once.
type IdentifyRequest struct {
	Prompt  view.Text // "请看镜头进校"; "" is the terminal's own
	Purpose string    // what for: consent is given per purpose; "" is the module's ID
	Ways    []Way     // offered, in this order; empty is every way the terminal has
	Roles   []string  // accepted roles; empty is any
	// Person is the one person that is expected, whose number something else has told
	// (an identity card): a face is then compared with that person's own template and no
	// other one, and nobody else is accepted by any way. "" is whoever comes.
	Person string
	// Live lets a face count only after a liveness check: the person is asked to turn
	// the head to a side drawn at random. A terminal that cannot check offers the other
	// ways alone. They are not affected.
	Live bool
}

// WatchRequest asks for a stream of sightings.
type WatchRequest struct {
	Purpose string // as in IdentifyRequest
	Ways    []Way  // of those that need no page, the face and the card; empty is every way
}

// Sightings is a stream of what the terminal sees.
type Sightings interface {
	// Next waits for the next sighting. A reader that is slow misses older
	// ones (latest wins per person); it never blocks the camera.
	Next() (Sighting, error)
	Close() error
}

// Verdict is what the terminal makes of who stands before it.
type Verdict string

// The verdicts. Only Recognised carries a person.
const (
	Recognised  Verdict = "recognised"
	Stranger    Verdict = "stranger"     // a good look at a face, no member's
	TooDark     Verdict = "too-dark"     // also: too bright, too blurred to tell; Detail says, see Advice
	TooFar      Verdict = "too-far"      // a face, too small to tell
	TwoFaces    Verdict = "two-faces"    // one at a time, please
	NoFace      Verdict = "no-face"      // nobody, or nobody any more
	Withdrawn   Verdict = "withdrawn"    // a member without consent for this purpose; carries no person
	NoCamera    Verdict = "no-camera"    // unplugged, or silent; Detail says
	NoEngine    Verdict = "no-engine"    // the face engine is starting again
	CardUnknown Verdict = "card-unknown" // a card was read that nobody here holds
	Lookalike   Verdict = "lookalike"    // a member whom a face alone does not tell from another (a twin); carries no person: ask for another way
)

// Sighting is one event: a verdict that began to hold at Time. The same verdict
// on the same person or track is told once, and again after the lane was empty.
type Sighting struct {
	Verdict Verdict
	Person  Person // for Recognised
	Track   uint64 // the face followed; 0 for a card
	Time    time.Time
	Detail  string // for the log: no name, no number of a person
}

// EnrolRequest takes the face of a person who has consented.
type EnrolRequest struct {
	Person   string   // ID; "" makes a new visitor with the Name given
	Name     string   // for a new visitor
	Purposes []string // what the consent covers: module IDs
	Consent  Consent
}

// PurposeEnrolment is the purpose of being recognised in order to withdraw. It
// justifies no template by itself: with the last other purpose it ends too.
const PurposeEnrolment = "enrolment"

// Consent is the proof that somebody agreed.
type Consent struct {
	TextVersion string // of the text shown, as in "face-2025-06"
	GivenBy     string // "self", or the guardian's name for a child below 14
	Way         string // "signature", "paper", "witness", "touch"
	Time        time.Time
}

// Enrolment is the result of Enrol.
type Enrolment struct {
	Person   Person
	Template string // the template's ID, never its content
	Shots    int
	// Alike says that another member looks so much like this one that a face alone will
	// not do: both are asked for a card or a PIN besides.
	Alike bool
	By    string // the staff member who saw that the two are not one person; "" where nobody was asked
}
