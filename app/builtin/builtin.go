// Package builtin names the modules that come with Ting, for programs that must
// not link them: a terminal knows a module by its ID and starts ting-module, where
// the modules are. A test of ting-module holds the list against them.
package builtin

import "slices"

// Modules are the IDs of the modules that ting-module serves.
var Modules = []string{
	"gate", "enrolment",
	"canteen", "canteen-desk", "canteen-account",
	"hall",
	"library",
	"hall-desk", "hall-screen",
	"triage", "triage-desk",
}

// Has reports whether a module comes with Ting.
func Has(id string) bool { return slices.Contains(Modules, id) }
