// Package tour walks through the screens of a terminal in a real window, with
// every real process behind it and touches from outside, and leaves numbered
// pictures with an index page. `make tour` walks every page kind and every
// module's visit in every look, into .ting/tour; as a test of `make test` it is
// shortened to one look at each and keeps its pictures in a directory of the
// test. What to touch is found by name: the program says where it lies.
//
// A picture is for people to look at; the test checks that each screen is
// reached, that nothing to touch lies outside the screen, and that the toolkit
// has nothing to complain of.
package tour
