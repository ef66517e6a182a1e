package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/luohu/ting/app/builtin"
	"github.com/luohu/ting/kiosk/host"
)

func TestFind(t *testing.T) {
	for _, b := range builtIn {
		m, err := find([]string{b.name})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Manifest().ID; got != b.name {
			t.Errorf("%s serves the module %q", b.name, got)
		}
		if err := host.CheckManifest(m.Manifest()); err != nil {
			t.Errorf("%s: %v", b.name, err)
		}
	}
}

func TestFindUnknown(t *testing.T) {
	for _, args := range [][]string{{"gaet"}, {}, {"gate", "enrolment"}} {
		_, err := find(args)
		if err == nil {
			t.Fatalf("%q was found", args)
		}
		for _, b := range builtIn {
			if !strings.Contains(err.Error(), b.name) {
				t.Errorf("%q: the error does not name %s: %v", args, b.name, err)
			}
		}
	}
}

// TestListed: a terminal knows each module, and no other.
func TestListed(t *testing.T) {
	var names []string
	for _, b := range builtIn {
		names = append(names, b.name)
	}
	slices.Sort(names)
	listed := slices.Sorted(slices.Values(builtin.Modules))
	if !slices.Equal(names, listed) {
		t.Errorf("app/builtin lists %q, ting-module serves %q", listed, names)
	}
}
