// Package host starts, confines, heals and serves the module processes of a
// terminal.
package host
