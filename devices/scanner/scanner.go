// Package scanner reads codes that people hold before it: barcodes of books and
// forms, QR codes on phones and slips. Drivers are in the folders below: serial
// for scanners at a serial line or USB serial, evdev for those that pretend to
// be a keyboard, qr for codes before a camera, sim for a simulated one.
package scanner

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/luohu/ting/devices"
)

// Scanner delivers codes as they are scanned.
type Scanner interface {
	// Next waits for the next code scanned after the call. Codes that nobody
	// waits for are dropped: they are about somebody who has gone.
	Next(ctx context.Context) (Code, error)
	Health() devices.Health
	Close() error
}

// Code is what was scanned. Its text comes from outside and may be hostile: it
// is UTF-8 without control characters and at most MaxCode bytes, nothing more
// is known of it.
type Code struct {
	Text      string
	Symbology Symbology
	Time      time.Time
}

// Symbology is the kind of a code, where the scanner tells it.
type Symbology string

// The symbologies a counter meets.
const (
	Unknown    Symbology = ""
	QR         Symbology = "qr"
	DataMatrix Symbology = "data-matrix"
	PDF417     Symbology = "pdf417"
	Code128    Symbology = "code128"
	Code39     Symbology = "code39"
	EAN        Symbology = "ean" // and UPC: a book's ISBN
)

// MaxCode is the longest code accepted: more than the largest QR code holds.
const MaxCode = 4 << 10

// ErrCode is wrapped by Parse's error.
var ErrCode = errors.New("not a code")

// Parse makes a Code of the bytes a scanner sent for one. It reads an AIM
// identifier at the beginning where there is one ("]Q1"), takes what is not
// UTF-8 for GB 18030, as Chinese codes printed by older programs are, and drops
// control characters.
func Parse(b []byte, at time.Time) (Code, error) {
	if len(b) > MaxCode {
		return Code{}, errors.Join(ErrCode, errors.New("longer than any code there is"))
	}
	c := Code{Time: at}
	if len(b) >= 3 && b[0] == ']' {
		if s, ok := aim[b[1]]; ok && isAlphanumeric(b[2]) {
			c.Symbology = s
			b = b[3:]
		}
	}
	text := string(b)
	if !utf8.ValidString(text) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
		if err != nil || strings.ContainsRune(string(decoded), utf8.RuneError) {
			return Code{}, errors.Join(ErrCode, errors.New("neither UTF-8 nor GB 18030"))
		}
		text = string(decoded)
	}
	c.Text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	if c.Text == "" {
		return Code{}, errors.Join(ErrCode, errors.New("empty"))
	}
	return c, nil
}

// aim are the code characters of ISO/IEC 15424.
var aim = map[byte]Symbology{'Q': QR, 'd': DataMatrix, 'L': PDF417, 'C': Code128, 'A': Code39, 'E': EAN, 'X': Unknown}

func isAlphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}
