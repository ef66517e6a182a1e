package engine

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// maxLine bounds a line of the process's standard error, in bytes.
const maxLine = 1000

// lines writes what the process says on its standard error to the log, line by
// line, and remembers the last one: a native library's dying words.
type lines struct {
	log *slog.Logger

	mu     sync.Mutex
	part   []byte
	newest string
}

// Write never fails.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := b; len(rest) > 0; {
		line, more, ended := bytes.Cut(rest, []byte("\n"))
		l.part = append(l.part, line[:min(len(line), maxLine-len(l.part))]...)
		rest = more
		if ended {
			l.flush()
		}
	}
	return len(b), nil
}

func (l *lines) flush() {
	if s := strings.TrimSpace(strings.ToValidUTF8(string(l.part), "�")); s != "" {
		l.newest = s
		l.log.Warn("face engine says", "op", "face.engine", "code", "stderr", "cause", s)
	}
	l.part = l.part[:0]
}

// last is the last line.
func (l *lines) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
	return l.newest
}
