// Package sim is a simulated receipt printer: an emulated one behind the real
// ESC/POS driver. It keeps its paper as pictures.
//
//	sim:                        slips are drawn and forgotten
//	sim:?dir=/var/tmp/slips     and written there as slip-0001.png, …
//	sim:?width=384              on 58 mm paper; usual is 576
//	sim:?roll=2000              the roll ends after 2,000 rows of dots
package sim

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/emulator"
	"github.com/luohu/ting/devices/printer/escpos"
)

// Open opens the printer a sim: URL describes. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (printer.Printer, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	dots, roll, dir := 576, -1, ""
	if err := port.Parameters(q, map[string]func(string) error{
		"width": port.Number(&dots, 200, 832), "roll": port.Number(&roll, 0, 1<<24),
		"dir": func(s string) error { dir = s; return os.MkdirAll(s, 0o700) },
	}); err != nil {
		return nil, err
	}
	paper, err := emulator.New(dots)
	if err != nil {
		return nil, err
	}
	if roll >= 0 {
		paper.SetRoll(roll)
	}
	s := &simulated{Printer: escpos.New(dial(paper), escpos.Config{Dots: dots}), stop: make(chan struct{})}
	if dir != "" {
		s.keeping.Go(func() { s.keep(paper, dir) })
	}
	return s, nil
}

// dial connects a driver with an emulated printer.
func dial(p *emulator.Printer) port.Dial {
	return func(context.Context) (port.Conn, error) {
		driver, own := net.Pipe()
		go func() {
			defer own.Close()
			_ = p.Serve(own) // it ends when the driver hangs up
		}()
		return driver, nil
	}
}

type simulated struct {
	*escpos.Printer
	stop    chan struct{}
	once    sync.Once
	keeping sync.WaitGroup
	failed  error // of the last slip that could not be kept
}

// keep writes slips as they are cut.
func (s *simulated) keep(p *emulator.Printer, dir string) {
	for kept := 0; ; {
		news := p.News()
		for _, slip := range p.Slips()[kept:] {
			kept++
			if err := write(filepath.Join(dir, fmt.Sprintf("slip-%04d.png", kept)), slip); err != nil {
				s.failed = err
			}
		}
		select {
		case <-news:
		case <-s.stop:
			if len(p.Slips()) == kept {
				return
			}
		}
	}
}

func write(path string, p image.Image) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, p), f.Close())
}

// Close ends printing; what was printed is kept first.
func (s *simulated) Close() error {
	err := s.Printer.Close()
	s.once.Do(func() { close(s.stop) })
	s.keeping.Wait()
	return errors.Join(err, s.failed)
}
