package shell

import (
	"image"
	"log/slog"
	"time"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/kiosk/view"
)

// Mode says where the shell stands.
type Mode int

// The modes.
const (
	Desk  Mode = iota // a window among others, for staff
	Kiosk             // full screen, locked, visitors come and go
	Gate              // full screen, locked, unattended before a viewfinder
)

// Options are what New needs. Every callback may be nil.
type Options struct {
	Mode  Mode
	Place view.Text // in the header: "第一小学 东门"
	// Display is how the site shows pages to everybody who has not chosen
	// otherwise; Nights are when it is dark by itself.
	Display Display
	Nights  Nights
	Now     func() time.Time
	Log     *slog.Logger
	// Viewfinder lends the live picture; nil where there is no camera.
	Viewfinder Viewfinder
	// Papers lends the picture of the document camera; nil where there is none, and
	// papers are held before the other camera.
	Papers Viewfinder
	// Films lends the films of view.Video; nil where there are none.
	Films Films
	// Mirror draws the picture as a mirror would, which people before a camera expect.
	Mirror bool
	// Shortcuts are the other modules of the terminal, small in the footer.
	Shortcuts []Shortcut
	// AllowQuit lets a locked mode be left by closing its window (the demo).
	AllowQuit bool
	// Windowed keeps a locked mode in a window of that size (the demo on a desk).
	Windowed Size
	// Attract is how long a kiosk nobody touches waits before it shows nothing but
	// the place and the time; 0 is never.
	Attract time.Duration
	// App draws; nil opens a real window. Tests hand in Fyne's test app.
	App fyne.App

	OnAnswer func(view.Answer)
	OnHome   func()
	OnTouch  func()              // any touch; several at once are told once
	OnStart  func(module string) // a shortcut was touched
	OnCard   func(number string) // a card reader typed a number and Enter
	OnQuit   func()              // the window was closed, where that is allowed
	// OnDisplay is told how pages are shown, at first and whenever that changes:
	// whoever waits for the person, or speaks to him, follows it.
	OnDisplay func(Display)
	OnSpeak   func(Prompt) // a sentence is to be spoken instead of the one before it; it must not wait
	// Visits conducts a desk's visits, in place of OnAnswer, OnHome, OnTouch and
	// OnStart; OnArrange is told when the desk's window or tabs have changed.
	Visits    Visits
	OnArrange func(Arrangement)
	OnDoor    func() // the staff's hidden door was touched: five times on the place's name
}

// Shortcut is a module that can be started from the footer.
type Shortcut struct {
	Module string
	Title  view.Text
	Icon   string
}

// Viewfinder lends the shell a camera's pictures.
type Viewfinder interface {
	// Latest returns the newest picture after seq, with the faces found in it;
	// false when there is nothing newer. It must not block.
	Latest(after uint64) (Picture, bool)
}

// Picture is one frame, or a sentence in its place. The shell does not keep
// Pix after it asks for the next picture, and never writes to it.
type Picture struct {
	Seq     uint64
	Pix     []byte // packed RGB
	W, H    int
	Stride  int // bytes from row to row
	Faces   []FaceBox
	Message view.Text // "请连接摄像头": shown instead of a picture
}

// FaceBox marks one face of a picture.
type FaceBox struct {
	Rect  image.Rectangle // in pixels of the picture
	Tone  view.Tone
	Label view.Text // already masked
}

// Network is the state of the line to the center.
type Network int

// The states.
const (
	Connecting Network = iota
	Online
	Offline
)

// Status is what the header and footer tell beside the page.
type Status struct {
	Network Network
	Unsent  int64     // records that are safe here and not at the center yet
	Devices []Trouble // devices that need somebody; none when all is well
	// IdleLeft is the time until the visit ends for want of a touch; 0 while
	// no visitor is being served. Back and Home are offered while it runs.
	IdleLeft time.Duration
	Modules  []Module // of a desk's rail, in order
	// Leaving has the visitor asked whether he is still there: the visit ends
	// after IdleLeft. Any touch takes the question away.
	Leaving bool
}

// Trouble is a device that does not work, in words for whoever can help.
type Trouble struct{ Name, Text view.Text }

// Size is a width and height in Fyne's units, for callers that must not import Fyne.
type Size = fyne.Size
