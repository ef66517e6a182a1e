package main

import (
	"fmt"

	"github.com/luohu/ting/app/shell"
)

// films has one film: the drawn head of the viewfinder.
type films struct{ still bool }

func newFilms(still bool) films { return films{still} }

// Open implements shell.Films.
func (f films) Open(name string) (shell.Film, error) {
	if name != "card.mjpeg" {
		return nil, fmt.Errorf("the gallery has no film %q", name)
	}
	return film{newPattern(f.still)}, nil
}

type film struct{ *pattern }

// Latest implements shell.Film: a film has no faces to mark.
func (f film) Latest(after uint64) (shell.Picture, bool) {
	p, ok := f.pattern.Latest(after)
	p.Faces = nil
	return p, ok
}

// Close implements shell.Film.
func (film) Close() error { return nil }
