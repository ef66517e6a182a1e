package uplink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// Options say what goes up, and where. URL, Identity and Journal are needed.
type Options struct {
	URL      string // of the center: https://host[:port]
	Identity *Identity
	Journal  *journal.Journal
	// Health says how the terminal is, for each batch; Unsent is filled in here.
	// It must return at once. nil says nothing. Its Parts go up when they have
	// changed, and now and then.
	Health func() wire.Health
	Clock  func() time.Time // the terminal's clock; nil is time.Now
	Log    *slog.Logger     // nil is slog.Default

	// Heartbeat is how often an empty batch goes up when there is nothing to
	// send: 0 is 5 s. The urgent lane's own is four times as long.
	Heartbeat time.Duration
	// Timeout of one exchange: 0 is 20 s.
	Timeout time.Duration
	// BackoffMost bounds the random wait after failures: 0 is 30 s. The urgent
	// lane never waits longer than 5 s.
	BackoffMost time.Duration
	// SlowRetry is how often a lane that the center has stopped asks again: 0 is a minute.
	SlowRetry time.Duration
	// OnStatus is told when the link goes up or down or a lane stops or goes on.
	// It must return at once and not call the Uplink.
	OnStatus func(Status)
	// Dial replaces the network; nil is TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Status is how the link to the center is.
type Status struct {
	Online      bool
	Since       time.Time // of Online, or of being offline
	LastContact time.Time // of the last verified answer; zero for none yet
	LastError   error     // of the last exchange that failed; nil after a contact
	Hint        string    // what an operator can do about LastError
	Stopped     []Stop    // lanes that the center has stopped
	// ClockError is by how much the terminal's clock is ahead of the center's
	// (behind, if negative), to about half a round trip.
	ClockError  time.Duration
	Incarnation string // of the center; it changes when the center is restored
	// Refused counts answers that were not believed, since the start: their
	// signature is not the center's, or they speak of something else.
	Refused     int64
	Certificate time.Time // when this terminal's certificate expires
}

// Stop says why the center stopped a lane.
type Stop struct {
	Lane  record.Lane
	Epoch int64 // of the chain that was refused
	Code  wire.Code
	Hint  string
	Since time.Time
}

// hints say what to do when the center has stopped a lane.
var hints = map[wire.Code]string{
	wire.Chain:   "the center cannot continue this terminal's records: restart the terminal, which checks them; then look at the terminal in the console",
	wire.Sig:     "the center does not recognise this terminal: enrol it again",
	wire.Revoked: "this terminal was revoked: an administrator must admit it again in the console",
	wire.Upgrade: "the center speaks a newer protocol: update this terminal",
	wire.Fork:    "this terminal is quarantined because its records have two histories: an administrator must release it in the console",
	wire.Gap:     "the center was restored from too old a backup and asks for records that it had declared safe: find a newer backup",
	wire.TooBig:  "the center finds a single record too big: compare the limits of terminal and center",
}

// Uplink brings a journal's records to the center.
type Uplink struct {
	o     Options
	up    string
	lanes map[record.Lane]*lane

	mu     sync.Mutex
	status Status
	stops  map[record.Lane]Stop
}

// New checks the options. Run does the work.
func New(o Options) (*Uplink, error) {
	base, err := centerURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	if o.Identity == nil || o.Journal == nil {
		return nil, errors.New("uplink: an identity and a journal are needed")
	}
	if o.Identity.Terminal != o.Journal.Terminal() {
		return nil, fmt.Errorf("uplink: the identity is of terminal %q, the journal of %q: enrol again", o.Identity.Terminal, o.Journal.Terminal())
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for _, d := range []struct {
		v    *time.Duration
		zero time.Duration
	}{{&o.Heartbeat, 5 * time.Second}, {&o.Timeout, 20 * time.Second}, {&o.BackoffMost, 30 * time.Second}, {&o.SlowRetry, time.Minute}} {
		if *d.v <= 0 {
			*d.v = d.zero
		}
	}
	u := &Uplink{o: o, up: base.JoinPath(wire.PathUp).String(), lanes: map[record.Lane]*lane{}, stops: map[record.Lane]Stop{},
		status: Status{Since: o.Clock(), Certificate: o.Identity.NotAfter()}}
	for _, l := range record.Lanes {
		u.lanes[l] = newLane(u, l)
	}
	return u, nil
}

// Run works until ctx ends, and returns nil then; or until the journal fails,
// and returns why.
func (u *Uplink) Run(ctx context.Context) error {
	j := u.o.Journal
	if j.Epoch() < u.o.Identity.Epoch {
		if _, err := j.RaiseEpoch(ctx, u.o.Identity.Epoch, "enrolment"); err != nil {
			return fmt.Errorf("uplink: %w", err)
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for _, l := range u.lanes {
		wg.Go(func() {
			defer l.transport.CloseIdleConnections()
			l.run(ctx)
		})
	}
	wg.Go(func() { u.renewals(ctx) })
	var err error
	select {
	case <-ctx.Done():
	case <-j.Failed():
		err = fmt.Errorf("uplink: %w", j.Err())
		cancel()
	}
	wg.Wait()
	return err
}

// Status is how the link is now.
func (u *Uplink) Status() Status {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.current()
}

func (u *Uplink) current() Status {
	s := u.status
	for _, l := range record.Lanes {
		if stop, ok := u.stops[l]; ok {
			s.Stopped = append(s.Stopped, stop)
		}
	}
	return s
}

func (u *Uplink) health() wire.Health {
	var h wire.Health
	if u.o.Health != nil {
		h = u.o.Health()
	}
	h.Unsent = u.o.Journal.Unsent()
	return h
}

// contact notes a verified answer.
func (u *Uplink) contact(a answer) {
	u.change(func() (changed bool) {
		s := &u.status
		if changed = !s.Online; changed {
			s.Online, s.Since = true, a.received
			u.o.Log.Info("the center answers", "op", "uplink", "code", "online")
		}
		s.LastContact, s.LastError, s.Hint, s.Incarnation = a.received, nil, "", a.ack.Incarnation
		if !a.ack.Now.IsZero() {
			s.ClockError = a.received.Add(-a.took / 2).Sub(a.ack.Now)
		}
		return changed
	})
}

// miss notes an exchange that failed.
func (u *Uplink) miss(err error) {
	u.change(func() (changed bool) {
		s := &u.status
		if changed = s.Online || s.LastError == nil; changed {
			if s.Online {
				s.Online, s.Since = false, u.o.Clock()
			}
			u.o.Log.Warn("the center does not answer", "op", "uplink", "code", "offline", "cause", err)
		}
		if errors.Is(err, wire.ErrSignature) || errors.Is(err, errOtherAnswer) {
			s.Refused++
			u.o.Log.Warn("an answer was not believed", "op", "uplink", "code", "refused", "cause", err)
		}
		s.LastError, s.Hint = err, ""
		var h *HintError
		if errors.As(err, &h) {
			s.Hint = h.Hint
		}
		return changed
	})
}

// stop notes that the center has stopped a lane, at a chain of an epoch.
func (u *Uplink) stop(l record.Lane, epoch int64, code wire.Code) {
	u.change(func() bool {
		if old, was := u.stops[l]; was && old.Code == code && old.Epoch == epoch {
			return false
		}
		u.stops[l] = Stop{Lane: l, Epoch: epoch, Code: code, Hint: hints[code], Since: u.o.Clock()}
		u.o.Log.Error("the center has stopped this lane", "op", "uplink", "lane", l.String(), "epoch", epoch, "code", code, "hint", hints[code])
		return true
	})
}

// goOn notes that the center takes a chain of an epoch. What it refused of the
// terminal as a whole is thereby over, a refusal of another chain is not.
func (u *Uplink) goOn(l record.Lane, epoch int64) {
	u.change(func() bool {
		old, was := u.stops[l]
		if !was || old.Epoch != epoch && aboutOneChain(old.Code) {
			return false
		}
		delete(u.stops, l)
		u.o.Log.Info("the center takes this lane's records again", "op", "uplink", "lane", l.String(), "epoch", epoch)
		return true
	})
}

func aboutOneChain(c wire.Code) bool {
	switch c {
	case wire.Chain, wire.Fork, wire.TooBig, wire.Gap:
		return true
	}
	return false
}

func (u *Uplink) change(f func() bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if f() && u.o.OnStatus != nil {
		u.o.OnStatus(u.current())
	}
}
