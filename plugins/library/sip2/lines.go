package sip2

import (
	"bufio"
	"fmt"
	"io"
)

// lines reads a connection line by line. Once a carriage return was seen there,
// it alone ends a line, and a line feed is a blank: some systems have them in
// their screen messages. Before, either ends one, for those that send line
// feeds only.
type lines struct {
	r    *bufio.Reader
	most int
	cr   bool
	line []byte
}

func newLines(r io.Reader, most int) *lines { return &lines{r: bufio.NewReader(r), most: most} }

// next is the next line that is not empty, without its end. It is overwritten
// by the next call.
func (l *lines) next() ([]byte, error) {
	l.line = l.line[:0]
	for {
		c, err := l.r.ReadByte()
		if err != nil {
			return nil, err
		}
		switch {
		case c == '\r':
			l.cr = true
		case c == '\n' && !l.cr:
		case len(l.line) >= l.most:
			return nil, fmt.Errorf("%w: a line longer than %d bytes", ErrMessage, l.most)
		default:
			if c == '\n' && len(l.line) > 0 {
				c = ' '
			}
			l.line = append(l.line, c)
			continue
		}
		if len(trim(l.line)) > 0 {
			return trim(l.line), nil
		}
		l.line = l.line[:0]
	}
}
