package host

import (
	"context"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// Services is what a terminal has to lend. The composition root fills it in; a
// nil service answers kiosk.CodeUnavailable.
type Services struct {
	Screen   Screen
	Identity Identity
	Recorder Recorder
	Feeds    Feeds
	Barriers Barriers
	Printer  Printer
	Scanner  Scanner
	IDCards  IDCards
	Vitals   Vitals
	Scale    Scale
	Speaker  Speaker
}

// Screen draws pages. Its methods return at once; drawing happens elsewhere.
// Touches come back through Host.Answer.
type Screen interface {
	// Present replaces the page on screen. The page is valid and its Rev is set.
	Present(v kiosk.Visit, p view.Page)
}

// Asker is the part of a session that a service may use to speak to the visitor.
type Asker interface {
	Show(ctx context.Context, p view.Page) error
	Ask(ctx context.Context, p view.Page) (view.Answer, error)
}

// Presence is what a session also is to a service that sees the visitor: he is
// there, though he touches nothing.
type Presence interface{ StillHere() }

// Identity knows who stands here. See kiosk.Session for what each method promises.
type Identity interface {
	Identify(ctx context.Context, v kiosk.Visit, a Asker, r kiosk.IdentifyRequest) (kiosk.Person, error)
	Watch(ctx context.Context, v kiosk.Visit, r kiosk.WatchRequest) (kiosk.Sightings, error)
	Enrol(ctx context.Context, v kiosk.Visit, a Asker, r kiosk.EnrolRequest) (kiosk.Enrolment, error)
	Forget(ctx context.Context, v kiosk.Visit, person string, purposes []string) error
}

// Recorder makes records durable.
type Recorder interface {
	// Append stores a record and returns when it is on disk. body is JSON.
	Append(ctx context.Context, kind kiosk.RecordKind, key string, body []byte) (kiosk.Receipt, error)
}

// Feeds holds the reference data that came down.
type Feeds interface {
	Lookup(ctx context.Context, feed, key string) (kiosk.Row, error)
	List(ctx context.Context, r kiosk.ListRequest) ([]kiosk.Row, error)
}

// Barriers opens the barrier of a lane.
type Barriers interface {
	Open(ctx context.Context, lane string) error
}

// Printer prints pages on slips. While it waits for paper it may show pages of its own.
type Printer interface {
	Print(ctx context.Context, v kiosk.Visit, a Asker, p view.Page) error
}

// Scanner reads codes that are held before it.
type Scanner interface {
	Scan(ctx context.Context) (kiosk.ScannedCode, error)
}

// IDCards reads identity cards.
type IDCards interface {
	Read(ctx context.Context) (kiosk.IDCard, error)
}

// Vitals measures vital signs.
type Vitals interface {
	Measure(ctx context.Context) (kiosk.VitalSigns, error)
}

// Scale weighs, in milligrams.
type Scale interface {
	Weigh(ctx context.Context) (int64, error)
}

// Speaker says sentences in the visitor's language.
type Speaker interface {
	Speak(t view.Text) error
}
