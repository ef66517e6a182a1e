package shell

import (
	"bytes"
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/luohu/ting/kiosk/view"
)

// Films lends the shell the films that the terminal has, by name.
type Films interface {
	// Open begins a film. It may take a while and is not called on the loop. Its
	// error is logged; the visitor sees the film's still, and that it does not play.
	Open(name string) (Film, error)
}

// Film is one that plays, over and over, without sound.
type Film interface {
	Viewfinder // its newest picture, as a camera's
	Close() error
}

// video draws view.Video: the film, or its still, or the words of Alt on a card.
// Where a film does not play it says so, calmly: the words say the same.
type video struct {
	page   *pageView
	look   look
	node   view.Video
	player *player // nil while there is nothing to play
	failed bool    // the film cannot be played
	still  *picture

	ground  *canvas.Rectangle
	raster  *canvas.Raster
	note    *chip
	caption *paragraph // nil for none
	box     *fyne.Container

	shown *image.RGBA
	w, h  int // of the film in pixels, once it plays
}

func newVideo(v *pageView) *video {
	n := &video{page: v}
	n.raster = canvas.NewRaster(func(int, int) image.Image {
		if n.shown == nil {
			return image.NewRGBA(image.Rect(0, 0, 1, 1))
		}
		return n.shown
	})
	n.box = arrange(n.layout)
	return n
}

func (n *video) show(vn view.Node, l look) {
	v := vn.(view.Video)
	another := v.Film != n.node.Film
	if n.still == nil || !bytes.Equal(v.Still, n.node.Still) {
		n.still = newPicture(n.page)
	}
	n.node, n.look = v, l
	if another {
		n.left()
		n.shown, n.failed = nil, false
	}
	n.draw()
	if another {
		n.play()
	}
}

// play opens the film away from the loop.
func (n *video) play() {
	s, name := n.page.shell, n.node.Film
	if s.opts.Films == nil {
		n.failed = true
		n.draw()
		return
	}
	p := &player{shell: s, video: n, quit: make(chan struct{})}
	n.player = p
	s.aside.do(n, func() func() {
		film, err := s.opts.Films.Open(name)
		return func() {
			switch {
			case err != nil:
				s.log.Warn("a film does not play", "op", "open film", "film", name, "cause", err)
				if n.player == p {
					n.player, n.failed = nil, true
					n.draw()
				}
			case n.player != p: // the page is gone
				closeFilm(s, film)
			default:
				p.film = film
				p.start()
			}
		}
	})
}

func closeFilm(s *Shell, f Film) {
	if err := f.Close(); err != nil {
		s.log.Warn("a film does not close", "op", "close film", "cause", err)
	}
}

// left stops the film: its page is gone, or has another one now.
func (n *video) left() {
	if p := n.player; p != nil {
		n.player = nil
		p.stop()
	}
}

func (n *video) draw() {
	l := n.look
	n.ground = panel(l.Screen, l.RadiusM)
	objs := []fyne.CanvasObject{}
	n.note = nil
	if n.shown != nil {
		objs = append(objs, n.ground, n.raster)
	} else {
		if len(n.node.Still) > 0 {
			n.still.show(view.Picture{Data: n.node.Still, Alt: n.node.Alt}, l)
		} else {
			n.still.look, n.still.node = l, view.Picture{Alt: n.node.Alt}
			n.still.draw()
		}
		objs = append(objs, n.still.object())
		if n.failed {
			n.note = newChip(l, "video", l.say(view.T("短片暂时不能播放", "The film cannot be played right now")), l.Veil, l.OnScreen)
			objs = append(objs, n.note.object())
		}
	}
	n.caption = nil
	if words := l.say(n.node.Caption); words != "" {
		n.caption = newParagraph(l, words, l.Small, l.InkSoft).centered().atMost(3)
		objs = append(objs, n.caption.object())
	}
	replace(n.box, objs...)
}

func (n *video) object() fyne.CanvasObject { return n.box }
func (n *video) fills() bool               { return false }

// frame is the film's size on the page.
func (n *video) frame(width float32) (w, h float32) {
	if n.shown == nil {
		return n.still.frame(width)
	}
	w, h = width, width*float32(n.h)/float32(n.w)
	if most := n.look.Picture; h > most {
		w, h = w*most/h, most
	}
	return w, h
}

func (n *video) height(width float32) float32 {
	_, h := n.frame(width)
	if n.caption != nil {
		h += n.look.XS + n.caption.height(width)
	}
	return h
}

func (n *video) layout(size fyne.Size) {
	l := n.look
	w, h := n.frame(size.Width)
	x := (size.Width - w) / 2
	put(n.ground, x, 0, w, h)
	put(n.raster, x, 0, w, h)
	put(n.still.object(), 0, 0, size.Width, h)
	if n.note != nil {
		nw, nh := n.note.natural()
		put(n.note.object(), x+l.S, h-nh-l.S, min(nw, w-2*l.S), nh)
	}
	if n.caption != nil {
		put(n.caption.object(), 0, h+l.XS, size.Width, n.caption.height(size.Width))
	}
}

// swap puts the film's next picture on the screen.
func (n *video) swap(next *image.RGBA) (before *image.RGBA) {
	before = n.shown
	first := before == nil || before.Rect != next.Rect
	n.shown, n.w, n.h = next, next.Rect.Dx(), next.Rect.Dy()
	if first {
		n.draw()
		n.page.relayout()
	}
	n.raster.Refresh()
	return before
}

// player takes a film's pictures on a goroutine of its own, as preview does the
// camera's: the next is not begun before the last one is on screen.
type player struct {
	shell *Shell
	video *video
	film  Film
	quit  chan struct{}
	seq   uint64      // of the newest picture taken; its goroutine's own
	spare *image.RGBA // not on screen; handed over with the swap
}

func (p *player) start() {
	if p.shell.opts.App != nil { // a test steps it by Beat
		p.shell.players[p] = true
		return
	}
	go p.run()
}

func (p *player) stop() {
	delete(p.shell.players, p)
	close(p.quit)
	if p.film != nil && p.shell.opts.App != nil {
		closeFilm(p.shell, p.film)
	}
}

func (p *player) run() {
	defer closeFilm(p.shell, p.film)
	tick := time.NewTicker(previewEvery)
	defer tick.Stop()
	for {
		if swapped := p.step(); swapped != nil {
			select {
			case <-swapped:
			case <-p.quit:
				return
			case <-p.shell.quit:
				return
			}
		}
		select {
		case <-p.quit:
			return
		case <-p.shell.quit:
			return
		case <-tick.C:
		}
	}
}

// step takes one picture if there is a new one. The channel it returns closes
// when the picture is on screen; nil means there was none.
func (p *player) step() <-chan struct{} {
	pic, ok := p.film.Latest(p.seq)
	if !ok || pic.W <= 0 || pic.H <= 0 || len(pic.Pix) == 0 || pic.W*pic.H > view.MaxPicturePixels {
		return nil
	}
	p.seq = pic.Seq
	next := convert(p.spare, pic, image.Rect(0, 0, pic.W, pic.H), false)
	done := make(chan struct{})
	p.shell.loop.post(func() {
		defer close(done)
		if p.video.player == p {
			p.spare = p.video.swap(next)
		}
	})
	return done
}
