// Package emulator is a thermal printer without paper: it speaks ESC/POS at the
// other end of a line, answers for its state, and draws every slip as a picture
// that tests and people can look at.
//
// It knows the commands that devices/printer/escpos sends, and a few that other
// programs begin with; any other is noted in Wrong, so that a driver which sends
// rubbish is found out.
package emulator

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"sync"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/luohu/ting/devices/printer/escpos"
	"github.com/luohu/ting/devices/printer/raster"
)

// Printer is an emulated printer. Its methods are safe for several goroutines.
type Printer struct {
	dots int
	draw *raster.Drawer

	mu     sync.Mutex
	status escpos.Status
	roll   int // lines of paper left; below 0 is endless
	slips  []*image.Gray
	wrong  []string
	news   chan struct{} // closed and replaced when a slip was cut
}

// New makes a printer of so many dots across, with an endless roll.
func New(dots int) (*Printer, error) {
	draw, err := raster.Load()
	if err != nil {
		return nil, err
	}
	return &Printer{dots: dots, draw: draw, roll: -1, news: make(chan struct{})}, nil
}

// SetStatus changes the printer's state, as a hand or a jam would.
func (p *Printer) SetStatus(s escpos.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = s
}

// SetRoll leaves so many dot rows of paper on the roll; below 0 is endless. At
// its end the printer stops in mid-slip, as real ones do.
func (p *Printer) SetRoll(rows int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roll = rows
	p.status.PaperOut = rows == 0
}

// Slips are the slips cut until now.
func (p *Printer) Slips() []*image.Gray {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*image.Gray{}, p.slips...)
}

// News is closed when the next slip is cut.
func (p *Printer) News() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.news
}

// Wrong lists what was sent that is no command.
func (p *Printer) Wrong() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.wrong...)
}

func (p *Printer) complain(format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.wrong) < 100 {
		p.wrong = append(p.wrong, fmt.Sprintf(format, a...))
	}
}

func (p *Printer) state() escpos.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// feed takes rows from the roll; false when it has ended.
func (p *Printer) feed(rows int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.roll < 0:
		return true
	case p.roll <= rows:
		p.roll = 0
		p.status.PaperOut = true
		return false
	}
	p.roll -= rows
	return true
}

func (p *Printer) cut(slip *image.Gray) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slips = append(p.slips, slip)
	close(p.news)
	p.news = make(chan struct{})
}

// Serve speaks with whoever is at the other end of c, until c ends. Bytes are
// read on one goroutine, which answers real-time questions at once, and worked
// through in order on another, as in a printer.
func (p *Printer) Serve(c io.ReadWriter) error {
	feed, buffer := io.Pipe()
	answers := &answers{to: c}
	done := make(chan error, 1)
	go func() {
		w := &worker{printer: p, in: bufio.NewReader(feed), answers: answers}
		w.reset()
		err := w.run()
		feed.CloseWithError(err)
		done <- err
	}()
	err := p.receive(c, buffer, answers)
	buffer.CloseWithError(err)
	return errors.Join(ignoreEOF(err), ignoreEOF(<-done))
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}

// answers serialises what both goroutines say.
type answers struct {
	mu sync.Mutex
	to io.Writer
}

func (a *answers) say(b byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err := a.to.Write([]byte{b})
	return err
}

// receive passes bytes on and answers DLE EOT, wherever it stands.
func (p *Printer) receive(c io.Reader, buffer io.Writer, a *answers) error {
	in := bufio.NewReader(c)
	bytes := make(chan byte, 1<<16) // the printer's memory
	stuck := make(chan error, 1)
	go func() {
		for b := range bytes {
			if _, err := buffer.Write([]byte{b}); err != nil {
				stuck <- err
				return
			}
		}
	}()
	defer close(bytes)
	for {
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		if b == 0x10 {
			if next, err := in.Peek(2); err == nil && next[0] == 0x04 && next[1] >= 1 && next[1] <= 4 {
				_, _ = in.Discard(2)
				if err := a.say(p.state().Bytes()[next[1]-1]); err != nil {
					return err
				}
				continue
			}
		}
		select {
		case bytes <- b:
		case err := <-stuck:
			return err
		}
	}
}

var gb18030 = simplifiedchinese.GB18030
