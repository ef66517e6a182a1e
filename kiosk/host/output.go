package host

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Limits of what a module may say to the terminal's log.
const (
	maxLine    = 4 << 10 // bytes; the rest of a line is cut
	burst      = 200     // lines at once
	lineEvery  = 50 * time.Millisecond
	maxLogAttr = 16 // attributes relayed of one line
)

// output relays what a module's process prints to the terminal's log, line by
// line. Lines of log/slog keep level, message and attributes. A module that
// chatters loses lines, and the log says how many.
type output struct {
	log *slog.Logger

	mu      sync.Mutex
	tokens  int
	filled  time.Time
	dropped int
}

func newOutput(log *slog.Logger, module string) *output {
	return &output{log: log.With("module", module), tokens: burst, filled: time.Now()}
}

func (o *output) stream(name string) io.Writer { return &lines{output: o, name: name} }

// lines is one stream of an output. Writes never fail and never wait.
type lines struct {
	*output
	name string
	mu   sync.Mutex
	rest []byte // of a line that has not ended
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			l.rest = append(l.rest, b[:min(len(b), maxLine-len(l.rest))]...)
			return n, nil
		}
		l.rest = append(l.rest, b[:min(i, maxLine-len(l.rest))]...)
		l.say(l.name, strings.ToValidUTF8(strings.TrimSpace(string(l.rest)), "?"))
		l.rest = l.rest[:0]
		b = b[i+1:]
	}
}

func (o *output) say(stream, line string) {
	if line == "" {
		return
	}
	dropped, ok := o.admit()
	if !ok {
		return
	}
	if dropped > 0 {
		o.log.Warn("a module prints too much", "op", "output", "lines_lost", dropped)
	}
	if msg, level, attrs, ok := structured(line); ok {
		o.log.Log(context.Background(), level, msg, attrs...)
		return
	}
	o.log.Info("module output", "op", "output", "stream", stream, "line", line)
}

// admit takes a token, and returns the lines lost since the last one that was admitted.
func (o *output) admit() (dropped int, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := int(time.Since(o.filled) / lineEvery); n > 0 {
		o.tokens = min(o.tokens+n, burst)
		o.filled = time.Now()
	}
	if o.tokens == 0 {
		o.dropped++
		return 0, false
	}
	o.tokens--
	dropped, o.dropped = o.dropped, 0
	return dropped, true
}

// structured reads a line that slog's JSON handler wrote.
func structured(line string) (msg string, level slog.Level, attrs []any, ok bool) {
	if line[0] != '{' {
		return "", 0, nil, false
	}
	var m map[string]any
	if json.Unmarshal([]byte(line), &m) != nil {
		return "", 0, nil, false
	}
	msg, _ = m[slog.MessageKey].(string)
	text, _ := m[slog.LevelKey].(string)
	if msg == "" || level.UnmarshalText([]byte(text)) != nil {
		return "", 0, nil, false
	}
	for k, v := range m {
		switch k {
		case slog.TimeKey, slog.LevelKey, slog.MessageKey, "module":
			continue
		}
		if len(attrs) < 2*maxLogAttr {
			attrs = append(attrs, k, v)
		}
	}
	return msg, level, attrs, true
}
