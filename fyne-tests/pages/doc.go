// Package pages holds still what the shell draws: every kind of node and every
// moment of the gate, in both languages and several sizes, as text that can be
// read and compared. A line is one thing on the screen: what it is, where it
// lies, how big it is, in which colour (by the theme's name for it).
//
// When a change of look is meant, `go test ./fyne-tests/pages -update` writes
// the pages anew; the commit's message says why they changed.
package pages
