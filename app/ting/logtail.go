package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/luohu/ting/app/ting/maintenance"
)

// logTail keeps the newest lines of the log for the maintenance pages. Logs hold
// nothing personal by the rules of whoever writes them; of the attributes only
// those are kept that say what happened, not those that may hold a stack or a page.
type logTail struct {
	next slog.Handler
	kept *keptLines
	with []slog.Attr
}

type keptLines struct {
	mu    sync.Mutex
	lines []maintenance.Line
}

const (
	tailLines = 200
	tailText  = 300 // characters of a line
)

// tailAttrs are the attributes kept, in this order.
var tailAttrs = []string{"op", "module", "code", "cause", "hint"}

func newLogTail(next slog.Handler) *logTail { return &logTail{next: next, kept: &keptLines{}} }

// Lines are the newest lines, the newest last.
func (h *logTail) Lines() []maintenance.Line {
	h.kept.mu.Lock()
	defer h.kept.mu.Unlock()
	return slices.Clone(h.kept.lines)
}

// Enabled implements slog.Handler.
func (h *logTail) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// WithGroup implements slog.Handler.
func (h *logTail) WithGroup(name string) slog.Handler {
	return &logTail{h.next.WithGroup(name), h.kept, h.with}
}

// WithAttrs implements slog.Handler.
func (h *logTail) WithAttrs(as []slog.Attr) slog.Handler {
	return &logTail{h.next.WithAttrs(as), h.kept, append(slices.Clip(h.with), as...)}
}

// Handle implements slog.Handler.
func (h *logTail) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelInfo {
		h.kept.add(h.line(r))
	}
	return h.next.Handle(ctx, r)
}

func (h *logTail) line(r slog.Record) maintenance.Line {
	found := map[string]string{}
	keep := func(a slog.Attr) bool {
		if slices.Contains(tailAttrs, a.Key) {
			found[a.Key] = fmt.Sprint(a.Value.Resolve().Any())
		}
		return true
	}
	for _, a := range h.with {
		keep(a)
	}
	r.Attrs(keep)
	var b strings.Builder
	b.WriteString(r.Message)
	for _, key := range tailAttrs {
		if v := found[key]; v != "" {
			b.WriteString("  " + key + ": " + v)
		}
	}
	text := []rune(b.String())
	return maintenance.Line{Time: r.Time, Level: r.Level, Text: string(text[:min(len(text), tailText)])}
}

func (k *keptLines) add(l maintenance.Line) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.lines) == tailLines {
		k.lines = slices.Delete(k.lines, 0, 1)
	}
	k.lines = append(k.lines, l)
}
