// Package hands types with a finger: it starts the gallery in a window of an
// invisible display, touches the on-screen keys as a hand would, and compares
// what the page answers with what was meant.
//
// Where a key lies is asked of a twin of the screen on the toolkit's test driver,
// which is touched in the same places and must come to the same keys and
// candidates; so no place is written down here. Set TING_LOOK to a folder to
// have pictures of what was seen.
package hands
