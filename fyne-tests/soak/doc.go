// Package soak shows thousands of pages in a real window and watches goroutines
// and memory: both must stay flat.
package soak
