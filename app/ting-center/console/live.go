package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
)

const (
	liveGather  = 300 * time.Millisecond // events within it are sent together
	livePulse   = 15 * time.Second       // shows a dead connection to both ends
	liveStreams = 64
)

// dataLines keeps a text within an event's data: what a terminal calls its place
// may hold any of the three ends of line that a stream of events knows.
var dataLines = strings.NewReplacer("\r\n", "\ndata: ", "\r", "\ndata: ", "\n", "\ndata: ")

// live streams the overview's changes as server-sent events: "lines" holds list
// items to put on top, "terminals" the terminals' table and "figures" their sums,
// all as HTML of the same templates as the page's.
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	if _, ok := c.session(r); !ok {
		http.Error(w, "sign in first", http.StatusUnauthorized)
		return
	}
	if c.streams.Add(1) > liveStreams {
		c.streams.Add(-1)
		http.Error(w, "too many live pages", http.StatusServiceUnavailable)
		return
	}
	defer c.streams.Add(-1)
	control := http.NewResponseController(w)
	send := func(event string, data string) error {
		if err := control.SetWriteDeadline(time.Now().Add(30 * time.Second)); err != nil {
			return err
		}
		if event == "" {
			fmt.Fprint(w, ":\n\n")
		} else {
			fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, dataLines.Replace(data))
		}
		return control.Flush()
	}
	w.Header().Set("Content-Type", "text/event-stream")
	events, stop := c.opt.Center.Events.Listen()
	defer stop()
	pulse := time.NewTicker(livePulse)
	defer pulse.Stop()
	if send("", "") != nil {
		return
	}
	for {
		var gathered []center.Event
		select {
		case e := <-events:
			gathered = append(gathered, e)
		case <-pulse.C:
			// Whoever was signed out meanwhile sees no more.
			if _, ok := c.session(r); !ok || send("", "") != nil {
				return
			}
			continue
		case <-r.Context().Done():
			return
		case <-c.drain:
			return
		}
		gathered = gather(r.Context(), events, gathered)
		parts, err := c.changes(r, gathered)
		if err != nil {
			if r.Context().Err() == nil {
				c.opt.Log.Warn("console: live", "op", "live", "cause", err)
			}
			return
		}
		for _, p := range parts {
			if send(p.event, p.html) != nil {
				return
			}
		}
	}
}

// part is a piece of the overview.
type part struct{ event, html string }

// gather waits a moment for more, so that a flood becomes a few updates.
func gather(ctx context.Context, events <-chan center.Event, list []center.Event) []center.Event {
	moment := time.NewTimer(liveGather)
	defer moment.Stop()
	for {
		select {
		case e := <-events:
			list = append(list, e)
		case <-moment.C:
			return list
		case <-ctx.Done():
			return list
		}
	}
}

// changes renders what a run of events changed on the overview.
func (c *Console) changes(r *http.Request, events []center.Event) (parts []part, err error) {
	rows, err := c.terminalRows(r.Context())
	if err != nil {
		return nil, err
	}
	places := map[string]string{}
	for _, t := range rows {
		places[t.Terminal] = t.Place
	}
	p := page{Lang: lang(r)}
	var told []passLine
	err = c.opt.Center.Querier(r.Context(), func(q projection.Querier) error {
		for i := len(events) - 1; i >= 0 && len(told) < overviewLines; i-- {
			e := events[i]
			if e.Line == nil {
				continue
			}
			line, err := c.passLine(q, *e.Record, *e.Line, places[e.Terminal])
			if err != nil {
				return err
			}
			told = append(told, line)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	add := func(event string, data any) error {
		html, err := c.fragment(event, p, data)
		parts = append(parts, part{event, html})
		return err
	}
	if len(told) > 0 {
		if err := add("lines", told); err != nil {
			return nil, err
		}
	}
	return parts, errors.Join(add("terminals", rows), add("figures", sumUp(rows)))
}

func (c *Console) fragment(name string, p page, data any) (string, error) {
	p.Data = data
	var b bytes.Buffer
	err := c.pages["overview"].ExecuteTemplate(&b, name, p)
	return b.String(), err
}
