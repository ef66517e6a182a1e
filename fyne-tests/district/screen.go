package district

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Screen is a window of Ting's on a display: it knows from the program itself
// where what can be touched lies, whatever the size, the language and the look.
type Screen struct {
	Display string
	Socket  string // of the program's -scenes
	t       testing.TB
}

// Scene is what a window shows: app/shell.Scene, as it comes over the socket.
type Scene struct {
	Page, Module, Tab, Over string
	Rev                     uint64
	Display                 map[string]any // how it is shown: Elder, Contrast, Night, Seated, Voice, Lang
	Width, Height           int
	Places                  []Spot
}

// Spot is something to touch and where its middle is, in pixels.
type Spot struct {
	ID                  string
	X, Y, Width, Height int
}

// NewScreen is a window that is about to be opened on a display, by a program
// that is started with -scenes and the screen's Socket.
func NewScreen(t testing.TB, display string) *Screen {
	t.Helper()
	dir, err := os.MkdirTemp("", "ting") // t.TempDir may be too deep for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return &Screen{Display: display, Socket: filepath.Join(dir, "scenes"), t: t}
}

// Scene asks the window what it shows; false while it does not answer.
func (s *Screen) Scene() (sc Scene, ok bool) {
	const limit = 10 * time.Second
	c, err := net.DialTimeout("unix", s.Socket, limit)
	if err != nil {
		return sc, false // it is not open yet
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(limit))
	return sc, json.NewDecoder(c).Decode(&sc) == nil
}

// Find is the spot of a name, the one drawn last where there are several.
func (sc Scene) Find(id string) (found Spot, ok bool) {
	for _, p := range sc.Places {
		if p.ID == id {
			found, ok = p, true
		}
	}
	return found, ok
}

// Has reports whether there is such a thing to touch.
func (s *Screen) Has(id string) bool {
	sc, _ := s.Scene()
	_, ok := sc.Find(id)
	return ok
}

// On waits until the window shows a page, and something to touch of each name.
func (s *Screen) On(page string, ids ...string) Scene {
	s.t.Helper()
	var sc Scene
	WaitUntil(s.t, patience, fmt.Sprintf("page %q with %q", page, ids), func() bool {
		var ok bool
		if sc, ok = s.Scene(); !ok || sc.Page != page {
			return false
		}
		for _, id := range ids {
			if _, ok := sc.Find(id); !ok {
				return false
			}
		}
		return true
	})
	return sc
}

// Touch touches what has a name, as soon as it is there, as a finger would.
func (s *Screen) Touch(id string) {
	s.t.Helper()
	var at Spot
	WaitUntil(s.t, patience, fmt.Sprintf("something to touch named %q", id), func() bool {
		sc, _ := s.Scene()
		var ok bool
		at, ok = sc.Find(id)
		return ok
	})
	xdotool(s.t, s.Display, "mousemove", fmt.Sprint(at.X), fmt.Sprint(at.Y), "click", "1")
}

// Go touches what has a name until a page comes up: a touch that meets a page
// which is being replaced is dropped, as it should be.
func (s *Screen) Go(id, page string) {
	s.t.Helper()
	const again = 100 // looks between two touches
	tries := 0
	WaitUntil(s.t, patience, fmt.Sprintf("page %q by way of %q", page, id), func() bool {
		sc, ok := s.Scene()
		if ok && sc.Page == page {
			return true
		}
		if at, there := sc.Find(id); there && tries%again == 0 {
			xdotool(s.t, s.Display, "mousemove", fmt.Sprint(at.X), fmt.Sprint(at.Y), "click", "1")
			tries++
		} else if tries > 0 {
			tries++
		}
		return false
	})
}

// Draw draws a stroke across what has a name, as a finger would, until something
// comes up for it: a page that has just come does not take the first touch yet.
func (s *Screen) Draw(id, comes string) {
	s.t.Helper()
	const again = 60 // looks between two strokes
	tries := 0
	WaitUntil(s.t, patience, fmt.Sprintf("%q by drawing on %q", comes, id), func() bool {
		sc, _ := s.Scene()
		if _, there := sc.Find(comes); there {
			return true
		}
		if at, there := sc.Find(id); there && tries%again == 0 {
			move := []string{"mousemove", fmt.Sprint(at.X - at.Width/3), fmt.Sprint(at.Y), "sleep", "0.1", "mousedown", "1", "sleep", "0.1"}
			for i := range 25 {
				y := at.Y - at.Height/5 + i%5*at.Height/10
				move = append(move, "mousemove", fmt.Sprint(at.X-at.Width/3+i*at.Width/40), fmt.Sprint(y), "sleep", "0.02")
			}
			xdotool(s.t, s.Display, append(move, "mouseup", "1")...)
			tries++
		} else if tries > 0 {
			tries++
		}
		return false
	})
}

// Press presses a key by its X name.
func (s *Screen) Press(key string) { s.t.Helper(); xdotool(s.t, s.Display, "key", key) }

// Type types on the keyboard, as fast as a hand does.
func (s *Screen) Type(text string) {
	s.t.Helper()
	xdotool(s.t, s.Display, "type", "--delay", "100", text)
}

// Reveal scrolls down until what has a name is to be seen.
func (s *Screen) Reveal(id string) {
	s.t.Helper()
	WaitUntil(s.t, patience, fmt.Sprintf("%q by scrolling", id), func() bool {
		if s.Has(id) {
			return true
		}
		sc, ok := s.Scene()
		if ok {
			xdotool(s.t, s.Display, "mousemove", fmt.Sprint(sc.Width/2), fmt.Sprint(sc.Height/2), "click", "5")
		}
		return false
	})
}
