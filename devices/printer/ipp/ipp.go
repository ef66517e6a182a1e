// Package ipp prints letters of A4 on network printers and on the queues of a CUPS
// server, by the Internet Printing Protocol 1.1 (RFC 8010 and 8011): what a slip says,
// laid out as a letter (devices/printer/letter) and sent as PDF.
//
//	ipp://10.0.0.9/ipp/print                a printer that takes PDF itself
//	ipp://localhost/printers/hall-2         a queue of CUPS, for every other one
//	ipps://…                                over TLS
//
// A job that cannot go on for want of paper is taken back, so that it is not printed
// behind the back of a visit that has given it up. Test against devices/printer/ipp/emulator.
package ipp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/letter"
)

// How long things may take.
const (
	printsWithin = 2 * time.Minute        // a letter, behind others in the queue
	looksEvery   = 250 * time.Millisecond // while it is printed
	asksEvery    = 3 * time.Second        // while nothing is
	takenWithin  = 2 * time.Second
)

// Printer is an IPP printer.
type Printer struct {
	line *port.Line
	jobs *port.Calls[sheet, struct{}]
}

type sheet struct {
	name string
	pdf  []byte
}

var _ printer.Printer = (*Printer)(nil)

// Open opens the printer at u. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (printer.Printer, error) {
	if u.Host == "" || u.Path == "" || u.Path == "/" {
		return nil, errors.New("host and path are needed, as in ipp://10.0.0.9/ipp/print")
	}
	if err := port.Parameters(u.Query(), nil); err != nil {
		return nil, err
	}
	if err := letter.Ready(); err != nil {
		return nil, err
	}
	p := &Printer{jobs: port.NewCalls[sheet, struct{}]()}
	p.line = port.Keep(func(context.Context) (*client, error) { return newClient(u), nil }, p.serve)
	return p, nil
}

// Print implements printer.Printer.
func (p *Printer) Print(ctx context.Context, s printer.Slip) error {
	pdf, err := letter.PDF(s)
	if err != nil {
		return err
	}
	ready, cancel := context.WithTimeout(ctx, takenWithin)
	defer cancel()
	// The job's name is shown at the printer and in its log: it tells nothing.
	_, err = p.jobs.Do(ctx, ready, sheet{"ting", pdf})
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

// serve asks the printer how it is and prints.
func (p *Printer) serve(ctx context.Context, l *port.Line, c *client) error {
	ask := time.NewTicker(asksEvery)
	defer ask.Stop()
	for {
		s, err := c.state(ctx)
		if err != nil {
			return err
		}
		tell(l, s)
		select {
		case <-ctx.Done():
			return nil
		case <-ask.C:
		case j := <-p.jobs.Waiting():
			err := c.printed(ctx, j)
			if s, failed := c.state(ctx); failed == nil {
				tell(l, s)
			}
			j.Answer(struct{}{}, err)
			if errors.Is(err, printer.ErrAway) {
				return err
			}
		}
	}
}

func tell(l *port.Line, s printerState) {
	if err := s.err(); err != nil {
		l.Fault(err.Error(), s.hint())
		return
	}
	l.Ready()
}

// err is what keeps the printer from printing.
func (s printerState) err() error {
	switch {
	case has(s.reasons, "media-empty", "media-needed"):
		return printer.ErrNoPaper
	case has(s.reasons, "cover-open", "door-open", "interlock-open"):
		return printer.ErrCoverOpen
	case has(s.reasons, "media-jam"):
		return fmt.Errorf("%w: paper is jammed", printer.ErrFault)
	case has(s.reasons, "toner-empty", "marker-supply-empty"):
		return fmt.Errorf("%w: the toner is at its end", printer.ErrFault)
	case s.state == PrinterStopped || !s.accepts:
		return fmt.Errorf("%w: it takes no jobs", printer.ErrFault)
	}
	return nil
}

// hint is what to do about err.
func (s printerState) hint() string {
	switch {
	case has(s.reasons, "media-empty", "media-needed"):
		return "put in paper"
	case has(s.reasons, "cover-open", "door-open", "interlock-open"):
		return "close the cover"
	case has(s.reasons, "media-jam"):
		return "take out the jammed paper"
	case has(s.reasons, "toner-empty", "marker-supply-empty"):
		return "put in a new cartridge"
	}
	return "look at the printer's own display, or at its queue (lpstat -p; cupsenable)"
}

// printed prints one sheet to its end.
func (c *client) printed(ctx context.Context, j port.Call[sheet, struct{}]) error {
	caller, s := j.Ctx, j.Ask
	if err := caller.Err(); err != nil {
		return err
	}
	away := func(err error) error { return fmt.Errorf("%w: %w", printer.ErrAway, err) }
	now, err := c.state(ctx)
	if err != nil {
		return away(err)
	}
	if err := now.err(); err != nil {
		return err
	}
	id, err := c.print(ctx, s.name, s.pdf)
	if refused := StatusError(0); errors.As(err, &refused) {
		return fmt.Errorf("%w: %w", printer.ErrFault, err)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", away(err), printer.ErrPartly) // it may have the job
	}
	look := time.NewTicker(looksEvery)
	defer look.Stop()
	for deadline := time.Now().Add(printsWithin); time.Now().Before(deadline); {
		state, _, err := c.job(ctx, id)
		if err != nil {
			return fmt.Errorf("%w: %w", away(err), printer.ErrPartly)
		}
		switch state {
		case JobCompleted:
			return nil
		case JobCanceled, JobAborted:
			return fmt.Errorf("%w: the job was given up: %w", printer.ErrFault, printer.ErrPartly)
		}
		if now, err = c.state(ctx); err != nil {
			return fmt.Errorf("%w: %w", away(err), printer.ErrPartly)
		}
		if wrong := now.err(); wrong != nil || caller.Err() != nil {
			return errors.Join(caller.Err(), takenBack(ctx, c, id, wrong))
		}
		select {
		case <-look.C:
		case <-caller.Done(): // and the job is taken back
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", away(ctx.Err()), printer.ErrPartly)
		}
	}
	return takenBack(ctx, c, id, fmt.Errorf("%w: not printed within %v", printer.ErrFault, printsWithin))
}

// takenBack cancels a job that does not go on because of something wrong; it may be done
// meanwhile.
func takenBack(ctx context.Context, c *client, id int, wrong error) error {
	err := c.cancel(ctx, id)
	if state, _, failed := c.job(ctx, id); failed == nil && state == JobCompleted {
		return nil
	}
	if wrong == nil {
		wrong = printer.ErrFault
	}
	return fmt.Errorf("%w: %w", wrong, errors.Join(printer.ErrPartly, err))
}
