package main

import (
	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/devices/film"
)

// films lends the shell the films in the terminal's folder.
type films struct{ film.Folder }

// Open implements shell.Films.
func (f films) Open(name string) (shell.Film, error) {
	opened, err := f.Folder.Open(name)
	if err != nil {
		return nil, err
	}
	return playing{opened}, nil
}

// playing is a film as the shell wants its pictures.
type playing struct{ *film.Film }

// Latest implements shell.Film.
func (p playing) Latest(after uint64) (shell.Picture, bool) {
	f, ok := p.Film.Latest(after)
	if !ok {
		return shell.Picture{}, false
	}
	return shell.Picture{Seq: f.Seq, Pix: f.Pix, W: f.W, H: f.H, Stride: f.Stride}, true
}
