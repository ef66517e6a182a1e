package shell

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Scene says what stands on the screen and where it can be touched: for whoever
// drives the window from outside, as tours and monkeys do. It holds names, never
// words.
type Scene struct {
	Page    string  `json:"page"`
	Rev     uint64  `json:"rev"`
	Module  string  `json:"module"`
	Tab     string  `json:"tab"`
	Width   int     `json:"width"` // of the window, in pixels as everything else
	Height  int     `json:"height"`
	Display Display `json:"display"`
	Over    string  `json:"over"` // what lies over the page: "panel", "help", "leaving", "attract" or ""
	Places  []Spot  `json:"places"`
}

// Spot is something that can be touched: its name and where its middle is. Of
// two with one name the later is drawn over the earlier.
type Spot struct {
	ID            string `json:"id"`
	X, Y          int
	Width, Height int
	Cut           bool // it is larger: the rest is scrolled out of sight
}

// Find is the spot of that name that is drawn last; false when there is none.
func (s Scene) Find(id string) (found Spot, ok bool) {
	for _, p := range s.Places {
		if p.ID == id {
			found, ok = p, true
		}
	}
	return found, ok
}

// Scene is what stands on the screen now, once what was presented before is
// drawn. Any goroutine but the loop's may call it.
func (s *Shell) Scene(ctx context.Context) (Scene, error) {
	got := make(chan Scene, 1)
	s.loop.post(func() { got <- s.scene() })
	select {
	case sc := <-got:
		return sc, nil
	case <-s.quit:
		return Scene{}, errors.New("shell: the window is closed")
	case <-ctx.Done():
		return Scene{}, ctx.Err()
	}
}

func (s *Shell) scene() Scene {
	v, scale := s.page, s.window.Canvas().Scale()
	px := func(f float32) int { return int(f*scale + 0.5) }
	size := s.root.Size()
	sc := Scene{Page: v.page.ID, Rev: v.page.Rev, Module: v.module, Tab: v.tab, Width: px(size.Width), Height: px(size.Height), Display: s.display}
	switch {
	case s.leaving.asks():
		sc.Over = "leaving"
	case s.attract.shown:
		sc.Over = "attract"
	case s.panel.open:
		sc.Over = "panel"
	case s.desk != nil && s.desk.help.open:
		sc.Over = "help"
	}
	s.spots(s.root, fyne.Position{}, fyne.NewPos(size.Width, size.Height), func(id string, at, to fyne.Position, cut bool) {
		sc.Places = append(sc.Places, Spot{Cut: cut, ID: id, X: px((at.X + to.X) / 2), Y: px((at.Y + to.Y) / 2), Width: px(to.X - at.X), Height: px(to.Y - at.Y)})
	})
	return sc
}

// spots visits what can be touched and seen, cut to what is on the screen.
func (s *Shell) spots(o fyne.CanvasObject, from, until fyne.Position, visit func(id string, at, to fyne.Position, cut bool)) {
	if o == nil || !o.Visible() {
		return
	}
	at := place(o)
	to := at.Add(o.Size())
	at.X, at.Y = max(at.X, from.X), max(at.Y, from.Y)
	to.X, to.Y = min(to.X, until.X), min(to.Y, until.Y)
	if to.X <= at.X || to.Y <= at.Y {
		// Containers may be smaller than what they hold; only a scroll cuts it.
		if _, cuts := o.(*container.Scroll); cuts {
			return
		}
	}
	switch o := o.(type) {
	case *rolls:
		o.spots(at, to, visit)
		return
	case *signaturePad: // it is drawn on
		visit("signature:pad", at, to, to.Y-at.Y < o.Size().Height-1)
	case touchable:
		if o.touchID() != "" && to.X > at.X && to.Y > at.Y {
			visit(o.touchID(), at, to, to.Y-at.Y < o.Size().Height-1 || to.X-at.X < o.Size().Width-1)
		}
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			s.spots(c, from, until, visit)
		}
	case *container.Scroll:
		s.spots(o.Content, at, to, visit)
	case interface{ inside() fyne.CanvasObject }:
		s.spots(o.inside(), from, until, visit)
	}
}

// spots visits the rows on screen that can be touched.
func (r *rolls) spots(at, to fyne.Position, visit func(id string, at, to fyne.Position, cut bool)) {
	if r.ids == nil {
		return
	}
	pitch, top := r.pitch(), place(r).Y-r.GetScrollOffset()
	for i := max(int((at.Y-top)/pitch), 0); i < r.Length(); i++ {
		y := top + float32(i)*pitch
		if y >= to.Y {
			return
		}
		if id := r.ids(i); id != "" {
			visit(id, fyne.NewPos(at.X, max(y, at.Y)), fyne.NewPos(to.X, min(y+r.tall(), to.Y)), y < at.Y || y+r.tall() > to.Y)
		}
	}
}

// ServeScenes answers every connection with the scene of the moment as JSON, and
// closes it, until l is closed. It is for a socket that only the one who started
// the program can reach.
func (s *Shell) ServeScenes(l net.Listener) {
	const patience = 5 * time.Second
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			sc, err := s.Scene(ctx)
			if err == nil {
				_ = c.SetWriteDeadline(time.Now().Add(patience))
				err = json.NewEncoder(c).Encode(sc)
			}
			if err != nil {
				s.log.Debug("a scene was not told", "op", "scene", "cause", err)
			}
		}()
	}
}
