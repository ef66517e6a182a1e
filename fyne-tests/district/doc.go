// Package district runs Ting's real programs for tests: a center, terminals
// and an invisible display, all on this machine, each killed as rudely as the
// test wants. Nothing in it stands in for a program.
//
// A District is one directory; its processes end with the test.
package district
