// Package shell draws a terminal's pages with Fyne and sends the visitor's
// answers back. It is the only package that imports Fyne.
//
// What it guarantees:
//   - Present and SetStatus may be called from any goroutine and return at
//     once. The latest page wins; a flood of pages never queues.
//   - Callbacks of Options run on a goroutine of their own, in the order of the
//     touches. However slow they are, the screen stays alive.
//   - An answer carries the revision of the page that was on screen when it was
//     touched; a touch on a page that is being replaced is dropped.
//   - A page with the ID of the one on screen updates it: nodes of the same key
//     keep focus, scroll and what is half typed. So does a change of language.
//   - What a page says is drawn as plain text: control characters, zero-width
//     characters and marks that reverse the writing are left out.
//
// What callers must not do: call Run from any other goroutine than main's, or
// wait inside a callback for the shell to stop.
//
// Inside, one loop owns every widget. Work reaches it through loop.post and
// nothing on it blocks; a watchdog ends the process with ExitStuck when the
// loop has not moved for five seconds. There is no animation on a page that
// waits: any change repaints the whole window.
//
// Fields draw their characters one by one (well.go) and are typed into by
// on-screen keys (keyboard.go, keypad.go), by a keyboard and by card readers; all
// keys arrive at one place (hands.go), so that no control can trap them, and Tab
// goes round over names (focus.go). Chinese is composed by pinyin in both ways
// (typist.go). What scrolls follows a finger and glides on (glide.go): the only
// animation, which stops by itself, at the ends and at a touch.
//
// Test with Fyne's test driver (Options.App) and step the clock with Beat;
// pages are held still as text in fyne-tests/pages. To see every node in a
// window: go run ./app/shell/gallery.
package shell
