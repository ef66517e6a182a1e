// Package public is the terminal in a public place: the real program, full screen
// on an invisible display, with fingers and keys that nobody has taught. It tests
// the staff's door, what a visitor leaves behind, and that no key leads out.
//
// TING_LOOK=DIR writes pictures of what is seen there.
package public
