package district

import "sync"

// scenery is what pictures of one size have in common. It is never written to
// once made, and shared by every stage.
type scenery struct {
	w, h     int
	backdrop [2][]byte   // by day and in the dark
	empty    [2][][]byte // the backdrop alone, with different grain
	grain    [2]*grain   // a dark picture has less of it, or no face were found there
}

var sceneries struct {
	sync.Mutex
	bySize map[[2]int]*scenery
}

// sceneryOf makes the scenery of a size, or finds it made.
func sceneryOf(w, h int) *scenery {
	sceneries.Lock()
	defer sceneries.Unlock()
	s := sceneries.bySize[[2]int{w, h}]
	if s == nil {
		s = newScenery(w, h)
		if sceneries.bySize == nil {
			sceneries.bySize = map[[2]int]*scenery{}
		}
		sceneries.bySize[[2]int{w, h}] = s
	}
	return s
}

func newScenery(w, h int) *scenery {
	s := &scenery{w: w, h: h, grain: [2]*grain{newGrain(noiseLevel), newGrain(noiseLevel / 2)}}
	day := backdrop(w, h)
	night := make([]byte, len(day))
	for i, v := range day {
		night[i] = byte(float64(v) * darkness)
	}
	s.backdrop = [2][]byte{day, night}
	for dark, b := range s.backdrop {
		for i := range emptyPictures {
			pix := append([]byte(nil), b...)
			s.grain[dark].add(pix, w*3, uint64(i+1)*0x9e3779b97f4a7c15)
			s.empty[dark] = append(s.empty[dark], pix)
		}
	}
	return s
}
