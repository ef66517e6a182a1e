// Package kiosk is the contract between a terminal and its modules.
//
// A module is to a terminal what an http.Handler is to a server: it says what
// it is and what it needs (Manifest), and it serves visits, one call of Serve
// per visit. A visit is a function; the goroutine is the state machine:
//
//	func (g *Gate) Serve(ctx context.Context, s kiosk.Session) error {
//		pupil, err := s.Identify(ctx, kiosk.IdentifyRequest{Prompt: view.T("请看镜头", "Please look at the camera")})
//		if err != nil {
//			return err
//		}
//		if _, err := s.Record(ctx, Pass{Person: pupil.ID}); err != nil { // durable before this line returns
//			return err
//		}
//		return s.OpenBarrier(ctx)
//	}
//
// Guarantees: Record returns only after the record is on disk; every call ends
// with the visit's context; a call the site has not granted fails with
// CodeDenied and has no effect. A module must not keep a Session after Serve
// returns, and must not assume that it is the only visit of its process.
//
// The package imports no SQL, no user interface and no module. Drive a module
// from a script with kiosk/kiosktest; serve one from a program with kiosk/rpc.
package kiosk

import (
	"context"
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// Module is one service of a terminal.
type Module interface {
	// Manifest says what the module is and what it asks for. It is read once,
	// at start, and must not change.
	Manifest() Manifest
	// Serve conducts one visit, from first touch to goodbye. It returns nil
	// when the visit is over, ctx's error when it was ended from outside, and
	// any other error when it failed; the visitor then sees the error's
	// Visitor text, or a general apology. Several visits may be served at once.
	Serve(ctx context.Context, s Session) error
}

// Starter is what a module may be besides: one that needs to know how the site
// set it up, or has something to do between visits, such as sending to a
// hospital's system what it could not send at once.
type Starter interface {
	// Start is called once in the module's process, after Manifest and before the
	// first visit, and returns soon; what it leaves running ends with ctx, which
	// ends with the process. With an error the module serves no visits; the
	// error's Hint tells the site's engineer what to correct.
	Start(ctx context.Context, s Setup) error
}

// Setup is what a module is given at its start.
type Setup struct {
	// Settings are the module's own: [module.settings] of terminal.toml.
	Settings map[string]string
	// Dir is a directory of the module's own on this terminal, which is there and
	// kept between starts. It holds what is on its way to others, never the truth
	// of what happened: that is a record. "" where the terminal has none.
	Dir string
}

// Manifest is what a module declares of itself.
type Manifest struct {
	ID          string       // its name in terminal.toml: lower-case letters, digits and '-'
	Version     string       // of the module, as in "1.4.0"
	Title       view.Text    // on its tile
	Icon        string       // a name in assets/icons
	Group       view.Text    // the heading its tile stands under on a page of many; empty is among other services
	Permissions []Permission // every one that Serve may need
	Records     []RecordKind // every kind it may record
	Feeds       []string     // every feed it may Lookup or List
	Unattended  bool         // Serve runs for ever without a visitor (a gate)
}

// Permission names something of the terminal that a module may use when its
// manifest declares it and the site's terminal.toml grants it.
type Permission string

// The permissions.
const (
	PermIdentify Permission = "identify" // Identify
	PermWatch    Permission = "watch"    // Watch
	PermEnrol    Permission = "enrol"    // Enrol and Forget
	PermRecord   Permission = "record"   // Record
	PermFeeds    Permission = "feeds"    // Lookup and List
	PermBarrier  Permission = "barrier"  // OpenBarrier
	PermPrint    Permission = "print"    // Print
	PermScan     Permission = "scan"     // Scan
	PermIDCard   Permission = "idcard"   // ReadIDCard
	PermMeasure  Permission = "measure"  // Measure
	PermWeigh    Permission = "weigh"    // Weigh
	PermSpeak    Permission = "speak"    // Speak
)

// Permissions lists every permission there is.
func Permissions() []Permission {
	return []Permission{PermIdentify, PermWatch, PermEnrol, PermRecord, PermFeeds, PermBarrier,
		PermPrint, PermScan, PermIDCard, PermMeasure, PermWeigh, PermSpeak}
}

// Visit says where and when a Session takes place.
type Visit struct {
	ID       string // UUIDv7
	Module   string
	Terminal string    // the terminal's ID
	Site     string    // the site's ID
	Place    view.Text // "第一小学 东门"
	Lane     string    // which gate, desk or counter of the site; may be empty
}

// Session is what the terminal lends a module for one visit. Every method
// returns ctx's error once the visit has ended. Show and Ask need no
// permission; each other method names the one it needs.
type Session interface {
	Visit() Visit
	// Now is the terminal's clock, in its own time zone. Modules use no other.
	Now() time.Time

	// Show replaces what the screen shows and returns at once. An Ask that
	// waits for an answer to an earlier page returns CodeSuperseded.
	Show(ctx context.Context, p view.Page) error
	// Ask shows a page and waits for its answer. Back and the page's own
	// timeout are answers too (view.ActionBack, view.ActionTimeout).
	Ask(ctx context.Context, p view.Page) (view.Answer, error)

	// Identify asks the visitor who he is, on the terminal's own page, by the
	// ways he chooses among. PermIdentify. Fails with CodeCancelled when he
	// goes back, CodeLocked after too many wrong tries.
	Identify(ctx context.Context, r IdentifyRequest) (Person, error)
	// Watch streams what the terminal's camera and readers see until ctx ends
	// or the returned Sightings is closed. PermWatch.
	Watch(ctx context.Context, r WatchRequest) (Sightings, error)
	// Enrol takes a person's face template after consent. PermEnrol.
	Enrol(ctx context.Context, r EnrolRequest) (Enrolment, error)
	// Forget withdraws a person's consent for the purposes given (all of them
	// when none is) and erases what they alone justified. PermEnrol.
	Forget(ctx context.Context, person string, purposes ...string) error

	// Record makes r durable on this terminal, and returns only then. PermRecord.
	// It fails with CodeDiskFull when there is no room; nothing is then stored.
	Record(ctx context.Context, r Record) (Receipt, error)

	// Lookup reads one row of reference data that came down from the center,
	// by its key. PermFeeds. CodeNotFound when the feed has no such row.
	Lookup(ctx context.Context, feed, key string) (Row, error)
	// List reads the rows of a feed in key order, those after the key given. PermFeeds.
	List(ctx context.Context, r ListRequest) ([]Row, error)

	// The devices below may be missing or away: CodeUnavailable, with a sentence
	// for the visitor. A visit goes on without them where it can.

	// Print prints a page on the terminal's slip printer and returns when it was
	// printed: its title, and of its body texts, notices, receipts, steps, lists,
	// QR codes and pictures. Other nodes are CodeInvalid. PermPrint.
	Print(ctx context.Context, p view.Page) error
	// Scan waits for the next code held before the terminal's scanner; show the
	// page that asks for it first. PermScan.
	Scan(ctx context.Context) (ScannedCode, error)
	// ReadIDCard waits until an identity card is laid on the reader, and reads
	// it; show the page that asks for it first. PermIDCard.
	ReadIDCard(ctx context.Context) (IDCard, error)
	// Measure waits for the next measurement of a vital sign. PermMeasure.
	Measure(ctx context.Context) (VitalSigns, error)
	// Weigh waits until something lies still on the scale, in milligrams. PermWeigh.
	Weigh(ctx context.Context) (int64, error)
	// Speak says a sentence in the visitor's language and returns at once; a
	// newer sentence cuts it short. PermSpeak.
	Speak(ctx context.Context, t view.Text) error

	// OpenBarrier opens the visit's barrier for one passage. PermBarrier.
	// CodeUnavailable when there is none or it does not answer.
	OpenBarrier(ctx context.Context) error
}

// Row is one row of a feed: JSON of the shape the feed's owner documents.
type Row struct {
	Key      string
	Revision uint64
	JSON     []byte
}

// ListRequest asks for rows of a feed.
type ListRequest struct {
	Feed  string
	After string // keys greater than this one; "" from the first
	Limit int    // 0 is 500, which is also the most
}
