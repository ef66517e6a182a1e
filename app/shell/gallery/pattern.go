package main

import (
	"image"
	"math"
	"sync"
	"time"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/app/shell/sample"
)

// pattern is a viewfinder without a camera: a drawn head before a wall, which
// sways unless it is held still.
type pattern struct {
	still bool
	begin time.Time
	mu    sync.Mutex
	pix   []byte
}

func newPattern(still bool) *pattern { return &pattern{still: still, begin: time.Now()} }

// Latest implements shell.Viewfinder.
func (p *pattern) Latest(after uint64) (shell.Picture, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	frame := 40 * time.Millisecond
	if p.still { // the same picture, again and again: a page wipes that of the page before it
		frame *= 5
	}
	seq := uint64(time.Since(p.begin)/frame) + 1
	if seq <= after {
		return shell.Picture{}, false
	}
	sway := 0.0
	if !p.still {
		sway = 40 * math.Sin(time.Since(p.begin).Seconds())
	}
	pix, face := sample.Picture(sway)
	p.pix = pix
	return shell.Picture{
		Seq: seq, Pix: pix, W: sample.PictureW, H: sample.PictureH, Stride: 3 * sample.PictureW,
		Faces: []shell.FaceBox{{Rect: face.Add(image.Point{})}},
	}, true
}
