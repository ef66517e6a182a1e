package library

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/outbox"
	"github.com/luohu/ting/plugins/library/sip2"
)

// deliver tells the library's system what happened while it was away, in order,
// until ctx ends.
func (r *remote) deliver(ctx context.Context) {
	defer func() {
		if err := errors.Join(r.box.Close(), r.refused.Close(), r.client.Close()); err != nil {
			trouble("end", err)
		}
	}()
	_ = r.box.Deliver(ctx, func(ctx context.Context, item []byte) error { // it ends with ctx alone
		err := r.tell(ctx, item)
		if r.replayed != nil {
			select {
			case r.replayed <- struct{}{}:
			case <-ctx.Done():
			}
		}
		return err
	})
}

// clock is the machine's, for what has no visit.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }

// tell tells the system one deed. "No block" says that it has happened: the system
// is not to refuse it. Where it does all the same, a librarian has to look into it.
func (r *remote) tell(ctx context.Context, item []byte) error {
	var d replay
	if err := json.Unmarshal(item, &d); err != nil {
		return outbox.Refused(err)
	}
	ok, say, err := r.say(ctx, d)
	if err != nil {
		return err
	}
	// It may have been told before, and the answer or the note of it been lost.
	if ok || d.Did == didLoan && r.has(ctx, clock{}, d.Patron, d.Copy) {
		return nil
	}
	if d.Did == didReturn {
		slog.Info("library: a book that came back offline was not on loan by the library's system", "op", "replay")
		return nil
	}
	slog.Warn("library: the library's system did not accept an offline loan", "op", "replay")
	b, err := json.Marshal(Refused{Copy: d.Copy, Person: d.Person, Did: d.Did, Message: say, Done: d.At, At: time.Now(), System: r.name})
	if err != nil {
		return outbox.Refused(err)
	}
	return r.refused.Put(b)
}

func (r *remote) say(ctx context.Context, d replay) (ok bool, say string, err error) {
	if d.Did == didReturn {
		m := &sip2.Checkin{NoBlock: sip2.Yes, At: d.At, Returned: d.At, Location: r.location, Institution: r.institution, Item: d.Copy, TerminalPassword: r.terminal, Cancel: sip2.Is(d.Undo)}
		answer, err := r.ask(ctx, m)
		if err != nil {
			return false, "", err
		}
		a := answer.Message.(*sip2.CheckinResponse)
		return a.OK, strings.Join(a.Screen, " "), nil
	}
	due, _ := time.ParseInLocation(time.DateOnly, d.Due, d.At.Location()) // the zero time is blank
	m := &sip2.Checkout{RenewalPolicy: sip2.No, NoBlock: sip2.Yes, At: d.At, NoBlockDue: endOfDay(due), Institution: r.institution, Patron: d.Patron, Item: d.Copy,
		TerminalPassword: r.terminal, FeeAcknowledged: sip2.Yes, Cancel: sip2.No}
	answer, err := r.ask(ctx, m)
	if err != nil {
		return false, "", err
	}
	a := answer.Message.(*sip2.CheckoutResponse)
	return a.OK, strings.Join(a.Screen, " "), nil
}

func endOfDay(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(24*time.Hour - time.Second)
}

// report records what the system did not accept: only a visit can record.
func (r *remote) report(ctx context.Context, s kiosk.Session) {
	if r.refused.Len() == 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	left := r.refused.Len()
	_ = r.refused.Deliver(ctx, func(ctx context.Context, item []byte) error { // it ends with ctx
		var f Refused
		if err := json.Unmarshal(item, &f); err != nil {
			return outbox.Refused(err)
		}
		_, err := s.Record(ctx, f)
		if left--; left <= 0 || err != nil {
			cancel() // what fails is tried at the next visit
		}
		return err
	})
}
