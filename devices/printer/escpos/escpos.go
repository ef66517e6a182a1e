// Package escpos drives thermal printers that speak ESC/POS, which nearly all
// counter printers do.
//
//	escpos+tcp://10.0.0.9:9100          over the network
//	escpos+serial:///dev/ttyUSB0?baud=19200
//	escpos+file:///dev/usb/lp0          over USB, through the kernel's usblp
//
//	width=384      dots across the paper: 576 for 80 mm (usual), 384 for 58 mm
//	status=none    a printer that answers nothing (some over USB): what was sent
//	               is taken for printed, and an empty roll is not noticed
//
// The printer is asked how it is before and after a slip and every few seconds
// in between. The question after it (GS r 1) is answered when all before it was
// worked through, so Print's nil means that the slip was printed.
//
// Source of the commands: Epson's ESC/POS reference. Test against
// devices/printer/emulator.
package escpos

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/raster"
)

// How long a printer may take.
const (
	answersWithin = 2 * time.Second  // a status, which it answers even while it prints
	printsWithin  = 30 * time.Second // a slip
	asksEvery     = 3 * time.Second  // while nothing is printed
)

// Config says how a printer is set up.
type Config struct {
	Dots   int  // across the paper; 0 is 576
	Silent bool // it answers nothing
}

// Printer is an ESC/POS printer.
type Printer struct {
	line   *port.Line
	config Config
	draw   *raster.Drawer
	jobs   *port.Calls[[]byte, struct{}] // the bytes of a slip
}

var _ printer.Printer = (*Printer)(nil)

// Open opens the printer at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (printer.Printer, error) {
	dial, q, err := port.Parse(u, port.Serial{Baud: 19200})
	if err != nil {
		return nil, err
	}
	var c Config
	var status string
	if err := port.Parameters(q, map[string]func(string) error{
		"width": port.Number(&c.Dots, 200, 832), "status": port.OneOf(&status, "none"),
	}); err != nil {
		return nil, err
	}
	c.Silent = status == "none"
	return New(dial, c), nil
}

// New drives the printer that dial reaches.
func New(dial port.Dial, c Config) *Printer {
	if c.Dots == 0 {
		c.Dots = 576
	}
	p := &Printer{config: c, jobs: port.NewCalls[[]byte, struct{}]()}
	p.draw, _ = raster.Load() // without a typeface rare characters are squares
	p.line = port.Keep(dial, p.serve)
	return p
}

// Print implements printer.Printer.
func (p *Printer) Print(ctx context.Context, s printer.Slip) error {
	if err := s.Validate(); err != nil {
		return err
	}
	// A printer that is away does not take the job; one visit does not wait for
	// somebody to plug it in.
	ready, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	_, err := p.jobs.Do(ctx, ready, encode(s, p.config.Dots, p.draw))
	if none := (*port.NotTakenError)(nil); errors.As(err, &none) {
		return errors.Join(fmt.Errorf("%w: %s", printer.ErrAway, p.Health()), ctx.Err())
	}
	return err
}

// Health implements printer.Printer.
func (p *Printer) Health() devices.Health { return p.line.Health() }

// Close ends printing. It may be called twice.
func (p *Printer) Close() error {
	err := p.line.Close()
	p.jobs.Close()
	return err
}

// serve speaks to the printer over one connection.
func (p *Printer) serve(ctx context.Context, l *port.Line, c port.Conn) error {
	t := talk{conn: c, silent: p.config.Silent}
	ask := time.NewTicker(asksEvery)
	defer ask.Stop()
	for {
		s, err := t.status()
		if err != nil {
			return err
		}
		tell(l, s)
		select {
		case <-ctx.Done():
			return nil
		case <-ask.C:
		case j := <-p.jobs.Waiting():
			s, err := t.print(j.Ctx, j.Ask)
			if errors.Is(err, printer.ErrAway) {
				j.Answer(struct{}{}, err)
				return err
			}
			if j.Ctx.Err() == nil || err == nil {
				tell(l, s) // before the caller is told: he looks at it
			}
			j.Answer(struct{}{}, err)
		}
	}
}

func tell(l *port.Line, s Status) {
	switch err := s.Err(); {
	case err != nil:
		l.Fault(err.Error(), s.hint())
	default:
		l.Ready()
	}
}
