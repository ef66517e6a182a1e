package library

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// How a part of the visit ends without its purpose being reached.
var (
	errBack = errors.New("back to the start")
	errLeft = errors.New("the visitor left")
)

// visit is one visit. Its methods belong to Serve's goroutine; what waits for the
// scanner sends what it gets over codes.
type visit struct {
	s      kiosk.Session
	system system
	reader *Account // nil before somebody is recognised
	person kiosk.Person

	stop    context.CancelFunc // ends the scanner's loop; nil where none runs
	running sync.WaitGroup     // the loop, and a page that is being given up
	codes   chan string
	late    *view.Answer // an answer that came together with a code
}

func newVisit(s kiosk.Session, sys system) *visit {
	return &visit{s: s, system: sys, codes: make(chan string)}
}

// leaveWithin is how long the library's system is told that the reader is gone.
const leaveWithin = 2 * time.Second

// leave ends what the visit has under way.
func (v *visit) leave() {
	v.stopScan()
	if v.reader != nil {
		ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
		defer cancel()
		v.system.done(ctx, v.s, v.reader)
	}
}

// choose asks a page and sorts out the ways to leave it.
func (v *visit) choose(ctx context.Context, p view.Page) (view.Answer, error) {
	a, err := v.s.Ask(ctx, p)
	return a, left(a, err)
}

func left(a view.Answer, err error) error {
	switch {
	case err != nil:
		return err
	case a.Action == view.ActionTimeout:
		return errLeft
	case a.Action == view.ActionBack:
		return errBack
	}
	return nil
}

// say shows something that is read and left.
func (v *visit) say(ctx context.Context, p view.Page) error {
	a, err := v.choose(ctx, p)
	if err == nil && a.Action == actionDone {
		return errLeft
	}
	return err
}

// identify finds out who borrows, renews or asks.
func (v *visit) identify(ctx context.Context, prompt view.Text) error {
	p, err := v.s.Identify(ctx, kiosk.IdentifyRequest{Prompt: prompt})
	if err != nil {
		switch code := kiosk.CodeOf(err); {
		case ctx.Err() != nil, code == kiosk.CodeDenied:
			return err
		case code == kiosk.CodeCancelled:
			return errBack
		}
		return v.say(ctx, notIdentifiedPage(err))
	}
	a, err := v.system.account(ctx, v.s, p)
	if err != nil {
		return v.failed(ctx, "read the account", err)
	}
	v.person, v.reader = p, a
	return nil
}

// failed tells the visitor of an error that is not his, and the log its cause.
func (v *visit) failed(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil || kiosk.CodeOf(err) == kiosk.CodeDenied {
		return err
	}
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return v.say(ctx, refusedPage(r))
	}
	slog.Warn("library: "+op, "op", op, "code", kiosk.CodeOf(err), "cause", err)
	return v.say(ctx, failedPage(err))
}

// stopScan ends the scanner's loop. What is held before the scanner from now on is
// for nobody: a book is lent or taken back only on the page that says so.
func (v *visit) stopScan() {
	if v.stop != nil {
		v.stop()
		v.stop = nil
	}
	v.running.Wait()
	v.late = nil
}

// scan starts to listen for codes, until stopScan. They are taken one after the
// other: one that is held before the scanner while the last is still being looked
// at waits.
func (v *visit) scan(ctx context.Context) {
	if v.stop != nil {
		return
	}
	ctx, v.stop = context.WithCancel(ctx)
	v.running.Go(func() {
		for {
			code, err := v.s.Scan(ctx)
			if err != nil {
				if code := kiosk.CodeOf(err); ctx.Err() == nil && code == kiosk.CodeUnavailable && pause(ctx, scannerRetry) {
					continue // unplugged: it may come back, and the number can be typed
				}
				return
			}
			select {
			case v.codes <- code.Text:
			case <-ctx.Done():
				return
			}
		}
	})
}

// scannerRetry is the pause before a scanner that is away is asked again.
const scannerRetry = 2 * time.Second

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// askOrScan shows a page and waits for what comes first: a touch, or a code.
func (v *visit) askOrScan(ctx context.Context, p view.Page) (a view.Answer, code string, err error) {
	if v.late != nil {
		a, v.late = *v.late, nil
		return a, "", left(a, nil)
	}
	v.scan(ctx)
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	type asked struct {
		a   view.Answer
		err error
	}
	answered := make(chan asked, 1)
	v.running.Go(func() {
		a, err := v.s.Ask(asking, p)
		answered <- asked{a, err}
	})
	select {
	case got := <-answered:
		return got.a, "", left(got.a, got.err)
	case code := <-v.codes:
		cancel()
		// The page is given up before the next one is shown. Who touched it in the
		// same moment is heard all the same.
		if got := <-answered; got.err == nil {
			v.late = &got.a
		}
		return view.Answer{}, code, ctx.Err()
	}
}

// typed lets somebody type a barcode whose label the scanner does not read.
func (v *visit) typed(ctx context.Context) (string, error) {
	value, wrong := "", view.Text{}
	for {
		a, code, err := v.askOrScan(ctx, typePage(value, wrong))
		if err != nil {
			return "", err
		}
		if code != "" {
			return code, nil
		}
		value = a.Text(fieldBarcode)
		if barcode, ok := CleanBarcode(value); ok {
			return barcode, nil
		}
		wrong = view.T("条码由数字或字母组成,印在书的背面或首页", "A barcode has digits or letters; it is on the back or first page of the book")
	}
}
