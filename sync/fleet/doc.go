// Package fleet is terminals by the hundred on one machine, as a center meets
// them: each with a journal, an identity, an uplink and feeds that are the real
// ones, behind lines that fail, on disks whose power is cut, with clocks that are
// wrong. What is simulated is people, networks, power and the passing of days;
// what is proven is the rest.
//
// A [Rack] is a process that hosts some of the terminals. It says of each record
// that it was done only after the journal said so, over a pipe that outlives the
// process, so that the [Ledger] of the parent knows every promise that was made.
// At the end [Ledger.Check] holds the center's log against it: nothing lost,
// nothing doubled, no gap in any chain.
//
// Below it, power is the disk and the plug, network the lines between.
package fleet
