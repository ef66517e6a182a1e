// Package tour walks through the screens of a terminal in a real window, with
// every real process behind it and touches from outside, and leaves numbered
// pictures with an index page: in $TING_TOUR, or .ting/tour of the checkout.
// A picture is for people to look at; the test only checks that each screen is
// reached.
package tour
