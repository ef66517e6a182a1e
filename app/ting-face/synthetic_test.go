package main

import (
	"testing"

	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
)

// TestRenderedPeople finds every rendered person of the demo in every portrait,
// and knows him again among the others.
func TestRenderedPeople(t *testing.T) {
	const shots = 3
	e := launch(t, engine.Options{})
	ready(t, e)
	people := make([][shots]face.Descriptor, min(8, district.People()))
	for i := range people {
		for j, frame := range district.Portraits(district.Person(i+1), shots) {
			found := analyze(t, e, face.Request{Frame: frame, Describe: face.DescribeAll})
			if len(found) != 1 {
				t.Fatalf("person %d, portrait %d: %d faces", i, j, len(found))
			}
			if flaw := found[0].Quality.Flaw(); flaw != face.Flawless {
				t.Errorf("person %d, portrait %d is %s: %+v", i, j, flaw, found[0].Quality)
			}
			people[i][j] = found[0].Descriptor
		}
	}
	for i := range people {
		for j := range people {
			// The last portrait of i against those of j that come before it.
			for k := range shots - 1 {
				d := people[i][shots-1].Distance(&people[j][k])
				if same := i == j; same != (d < 0.41) {
					t.Errorf("person %d is %.3f from person %d", i, d, j)
				}
			}
		}
	}
}
