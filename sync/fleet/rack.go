package fleet

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// Order is what a rack is told at its start, as one line of JSON.
type Order struct {
	Dir       string     `json:"dir"` // of the rack; each terminal has a folder in it
	CA        string     `json:"ca"`  // file
	Days      Days       `json:"days"`
	Terminals []Terminal `json:"terminals"`
	Start     int        `json:"start"` // how often the rack was started before

	Heartbeat   time.Duration `json:"heartbeat"`
	Timeout     time.Duration `json:"timeout"`
	BackoffMost time.Duration `json:"backoff_most"`
	Retention   time.Duration `json:"retention"` // below 0: what is safe is deleted at once
	Feeds       bool          `json:"feeds"`
	Report      time.Duration `json:"report"` // how often it says how it is; 0 is four times a second
	Log         bool          `json:"log"`    // to standard error
	// Backlog is how many records each terminal makes at once, before the rack is
	// ready: what it gathered in dark days.
	Backlog int `json:"backlog"`
}

// Terminal is one terminal of a rack.
type Terminal struct {
	ID      string  `json:"id"`
	Site    string  `json:"site"`
	Code    string  `json:"code"` // to enrol with
	URL     string  `json:"url"`  // of the center, through the site's line
	Profile string  `json:"profile"`
	Load    float64 `json:"load"` // times the profile's rate
	Seed    uint64  `json:"seed"`
	// Clock is by how much its clock is ahead, and Device the machine it believes
	// to be.
	Clock  time.Duration `json:"clock"`
	Device string        `json:"device"`
}

// What a rack writes, one line each:
//
//	ready                    every terminal's journal is open
//	D TERMINAL ID            a record was done: the journal said it is durable
//	R TERMINAL REASON        a record was refused
//	F TERMINAL REASON        a journal has failed; the rack ends
//	S JSON                   how it is (Report), a few times a second
//	end                      the rack has ended in order
//
// and what it is told on its standard input after the order: "quiet" ends the
// records, but not the sending; "end", or the end of the input, ends the rack.
const (
	lineReady   = "ready"
	lineDone    = "D "
	lineRefused = "R "
	lineFailed  = "F "
	lineReport  = "S "
	lineEnd     = "end"

	wordQuiet = "quiet"
	wordEnd   = "end"
)

// Report is how a rack is, summed up over its terminals.
type Report struct {
	Unsent  int64 `json:"unsent"`
	Online  int   `json:"online"`
	Stopped int   `json:"stopped"` // terminals of which the center has stopped a lane
	Epochs  int64 `json:"epochs"`
	Commits Times `json:"commits"` // of durable appends since the last report
}

// Times sums up how long something took.
type Times struct {
	Count int           `json:"n"`
	Most  time.Duration `json:"most"`
	Total time.Duration `json:"total"`
}

const reportEvery = 250 * time.Millisecond

// RunRack is a rack: it serves its order until it is told to end. It returns an
// error when the order cannot be carried out or a journal failed.
func RunRack(ctx context.Context, in io.Reader, out io.Writer, profiles map[string]Profile) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	first, err := lines.ReadString('\n')
	if err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	var o Order
	if err := json.Unmarshal([]byte(first), &o); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	ca, err := os.ReadFile(o.CA)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	if o.Log {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	r := &rack{order: o, ca: ca, log: log, out: out, quiet: make(chan struct{})}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	terminals := make([]*terminal, len(o.Terminals))
	for i, t := range o.Terminals {
		p, ok := profiles[t.Profile]
		if !ok {
			return fmt.Errorf("terminal %s: there is no profile %q", t.ID, t.Profile)
		}
		if terminals[i], err = r.open(ctx, t, p); err != nil {
			r.say(lineFailed + t.ID + " " + err.Error())
			return err
		}
	}
	r.say(lineReady)
	go func() {
		for {
			word, err := lines.ReadString('\n')
			switch strings.TrimSpace(word) {
			case wordQuiet:
				close(r.quiet)
			case wordEnd:
				cancel(nil)
				return
			}
			if err != nil {
				cancel(nil)
				return
			}
		}
	}()
	var all sync.WaitGroup
	for _, t := range terminals {
		all.Go(func() {
			if err := t.run(ctx); err != nil {
				r.say(lineFailed + t.ID + " " + err.Error())
				cancel(err)
			}
		})
	}
	all.Go(func() { r.report(ctx, terminals) })
	all.Wait()
	for _, t := range terminals {
		if e := t.close(); e != nil && err == nil && errors.Is(context.Cause(ctx), context.Canceled) {
			err = e
		}
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	r.say(lineEnd)
	return err
}

type rack struct {
	order Order
	ca    []byte
	log   *slog.Logger
	quiet chan struct{}

	mu  sync.Mutex
	out io.Writer
}

// say writes a line whole, at once: a kill must not cut it.
func (r *rack) say(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = io.WriteString(r.out, line+"\n") // without a parent nobody needs to know
}

func (r *rack) report(ctx context.Context, terminals []*terminal) {
	every := r.order.Report
	if every <= 0 {
		every = reportEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		var s Report
		for _, t := range terminals {
			t.sum(&s)
		}
		b, err := json.Marshal(s)
		if err == nil {
			r.say(lineReport + string(b))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
