package shell

import (
	"strings"

	"fyne.io/fyne/v2"

	"github.com/luohu/ting/app/shell/theme"
	"github.com/luohu/ting/kiosk/view"
)

const ellipsis = "…"

// ruler measures runes of one type, in Fyne units.
type ruler func(r rune) float32

// advances remembers how wide runes are at size 100. Only the loop touches it.
var advances = map[advanceKey]float32{}

type advanceKey struct {
	r    rune
	bold bool
	font fyne.Resource
}

// ruler returns the measure of a type. Advances are linear in the size, since
// nothing is hinted; a line measured rune by rune is at most a kerning too wide.
func (l look) ruler(ty theme.Type) ruler {
	const measured = 100
	return func(r rune) float32 {
		key := advanceKey{r, ty.Bold, l.Source(ty.Bold)}
		w, ok := advances[key]
		if !ok {
			w = l.measure(string(r), theme.Type{Size: measured, Bold: ty.Bold}).Width
			advances[key] = w
		}
		return w * ty.Size / measured
	}
}

// wrap breaks s into lines no wider than width, at most limit of them (0 is any
// number); the last one ends in an ellipsis when words were left out. Chinese
// breaks between any two characters, but no line begins with closing
// punctuation or ends with an opening bracket; other words break at spaces, and
// inside only when one is wider than the line.
func wrap(s string, of ruler, width float32, limit int) []string {
	var lines []string
	for _, par := range strings.Split(s, "\n") {
		lines = append(lines, wrapLine(par, of, width)...)
		if limit > 0 && len(lines) > limit {
			break
		}
	}
	if limit <= 0 || len(lines) <= limit {
		return lines
	}
	lines = lines[:limit]
	lines[limit-1] = shorten(lines[limit-1], of, width)
	return lines
}

// balance breaks again in the least width that needs no more lines, so that no
// word of a centred sentence is left alone on the last one.
func balance(lines []string, breakAt func(width float32) []string, width float32) []string {
	const tries = 6
	narrow, wide := width/float32(len(lines)), width
	if strings.HasSuffix(lines[len(lines)-1], ellipsis) {
		return lines
	}
	best := lines
	for range tries {
		mid := (narrow + wide) / 2
		if got := breakAt(mid); len(got) == len(lines) && !strings.HasSuffix(got[len(got)-1], ellipsis) {
			best, wide = got, mid
		} else {
			narrow = mid
		}
	}
	return best
}

func wrapLine(s string, of ruler, width float32) []string {
	var lines []string
	var line []rune
	lineW := float32(0)
	flush := func() {
		lines = append(lines, strings.TrimRight(string(line), " "))
		line, lineW = nil, 0
	}
	for _, w := range words([]rune(s)) {
		ww := float32(0)
		for _, r := range w {
			ww += of(r)
		}
		fits := lineW + ww - trailing(w, of)
		if len(line) > 0 && fits > width {
			flush()
			if len(w) == 1 && w[0] == ' ' {
				continue
			}
		}
		if ww-trailing(w, of) <= width {
			line, lineW = append(line, w...), lineW+ww
			continue
		}
		for _, r := range w { // wider than a whole line
			if rw := of(r); len(line) > 0 && lineW+rw > width {
				flush()
			}
			line, lineW = append(line, r), lineW+of(r)
		}
	}
	if len(line) > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}

// trailing is the width of the spaces a word ends in; they may hang out.
func trailing(w []rune, of ruler) float32 {
	s := float32(0)
	for i := len(w) - 1; i >= 0 && w[i] == ' '; i-- {
		s += of(' ')
	}
	return s
}

// words cuts a line where it may break. A space belongs to the word before it.
func words(line []rune) [][]rune {
	var out [][]rune
	start := 0
	for i := 1; i < len(line); i++ {
		if mayBreak(line[i-1], line[i]) {
			out = append(out, line[start:i])
			start = i
		}
	}
	if start < len(line) {
		out = append(out, line[start:])
	}
	return out
}

// What no line begins with, and what none ends with.
const (
	closing = ",.;:!?)]}%*\u00b7\u2026\u201d\u2019\u3001\u3002\uff0c\uff0e\uff1b\uff1a\uff01\uff1f\uff09\u300d\u300f\u3011\u300b\u3009 "
	opening = "([{$\u00a5\u201c\u2018\uff08\u300c\u300e\u3010\u300a\u3008"
)

func mayBreak(before, after rune) bool {
	switch {
	case strings.ContainsRune(closing, after), strings.ContainsRune(opening, before):
		return false
	case before == ' ':
		return true
	}
	return isHan(before) || isHan(after)
}

func isHan(r rune) bool { return view.IsHan(r) }

// shorten cuts a line so that an ellipsis fits behind it.
func shorten(line string, of ruler, width float32) string {
	rs := []rune(line)
	dots := []rune(ellipsis)
	w := of(dots[0])
	n := 0
	for n < len(rs) && w+of(rs[n]) <= width {
		w += of(rs[n])
		n++
	}
	return strings.TrimRight(string(rs[:n]), " ") + ellipsis
}
