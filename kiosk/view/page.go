// Package view describes what a terminal shows, as data.
//
// A module builds a [Page] of [Node] values and hands it to its session; the
// shell draws it, the console renders it as HTML, a test compares it. A page
// holds no closure and no styling: colours, sizes and fonts belong to whoever
// draws it. The vocabulary is closed (the Node interface is sealed), so that a
// renderer can be complete; a new kind of node is added here, in the codec and
// in every renderer. README.md beside this file says of each node when to use it.
//
// An [Answer] is what the visitor did with a page. Its values are typed: text,
// numbers, dates, choices and pictures by accessors of their own. What a field
// takes is data too ([Field] and its rules), so that the terminal can say what
// is wrong with an entry before the module is asked.
//
// Pages cross a process boundary and may come from a hostile module: [Decode]
// refuses what is too large, too deep or not UTF-8, and never panics. Its errors
// wrap [ErrPage] and name the part and the limit. A picture's size is taken from
// its header, before it is decoded. A page says what it says: wordings that
// contain control, zero-width or direction-changing characters are refused too,
// since they serve to show a person something else than what is written. The
// constructors of [Text] leave such characters out, so that a stray one in
// reference data does not cost a page; [Clean] does it for plain strings.
package view

import "time"

// Page is one screen: what is said, what can be answered, and how long it stays.
type Page struct {
	// ID names the page within its visit ("idle", "welcome"). Showing a page
	// with the ID of the one on screen updates it: nodes with the same Key keep
	// focus, scroll and half-typed input.
	ID string `json:"id"`
	// Rev is stamped by the host, rising with every page of a visit. An answer
	// to an older revision is dropped.
	Rev   uint64 `json:"rev,omitempty"`
	Title Text   `json:"title,omitzero"`
	// Step and Steps, where Steps > 0, say how far the visitor has come.
	Step  int  `json:"step,omitempty"`
	Steps int  `json:"steps,omitempty"`
	Tone  Tone `json:"tone,omitempty"`
	// Icon, a name in assets/icons, illustrates a page that only says something;
	// "" is the tone's.
	Icon string `json:"icon,omitempty"`
	Body []Node `json:"-"`
	// Actions are the buttons below the body; the first Primary one answers Enter.
	// A Primary action hands in the page's forms: the terminal checks their
	// fields first (Field.Check) and says beside them what is wrong. Any other
	// action answers at once, whatever stands in the fields.
	Actions []Action `json:"actions,omitempty"`
	// Timeout ends the page by itself: an Ask returns Answer{Action: ActionTimeout}.
	// Zero leaves it to the terminal's idle countdown. Over the wire in milliseconds.
	Timeout time.Duration `json:"-"`
}

// Tone is the mood of a page or notice; the theme gives each its colour and icon.
type Tone string

// The tones. The empty Tone is Calm.
const (
	Calm    Tone = ""
	Success Tone = "success"
	Warning Tone = "warning"
	Refusal Tone = "refusal" // calm, never red alarm: the person did nothing wrong
	Busy    Tone = "busy"
)

// Action is one button.
type Action struct {
	ID      string `json:"id"`
	Label   Text   `json:"label"`
	Icon    string `json:"icon,omitempty"` // a name in assets/icons, without ending
	Primary bool   `json:"primary,omitempty"`
}

// Actions that the terminal itself answers with.
const (
	ActionTimeout = "ting.timeout" // Page.Timeout ran out
	ActionBack    = "ting.back"    // the footer's Back
	ActionChange  = "ting.change"  // the value of a Live field changed
)

// PageHome is the ID of the terminal's own page on which services are chosen. A
// renderer may give it a look of its own.
const PageHome = "ting.home"
