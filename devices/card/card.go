// Package card reads the cards people hold to a reader for a moment: pupils' and
// staff's contactless cards, by the number in their chip. Drivers are in the folders
// below: pcsc for every reader that Debian's pcscd knows, sim for a simulated one.
//
// Readers that type a card's number like a keyboard need no driver: their digits
// come through the window. Which number they type is what Format is for, so that
// both kinds of readers find the same person.
//
// A card's number is read by anybody who can touch it, and can be copied: it says
// who somebody is as a library card does, not as an identity card.
package card

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/luohu/ting/devices"
)

// Reader delivers cards as they are held to it.
type Reader interface {
	// Next waits for the next card that is held to the reader after the call. One
	// that nobody waits for is dropped, and so is one that was lying there. A card
	// without a number is ErrCard; the next call waits for the next card.
	Next(ctx context.Context) (Card, error)
	Health() devices.Health
	Close() error
}

// ErrCard is wrapped by the error about a card that has no number to read: it was
// moved too soon, or it is none of the contactless kinds.
var ErrCard = errors.New("the card could not be read")

// Card is what was held to the reader.
type Card struct {
	UID []byte // 4, 7 or 10 bytes, as the chip sends them
}

// String does not tell the number: it must not come into a log.
func (c Card) String() string { return fmt.Sprintf("card of %d bytes", len(c.UID)) }

// GoString is String, for %#v.
func (c Card) GoString() string { return c.String() }

// Format is how a card's number is written where people are listed.
type Format string

// The formats. Keyboard readers write Decimal or Reversed for the most part.
const (
	Hex             Format = "hex"              // 04A1B2C3, as the chip sends it
	HexReversed     Format = "hex-reversed"     // C3B2A104
	Decimal         Format = "decimal"          // of the bytes as a number, ten digits at least
	DecimalReversed Format = "decimal-reversed" // of the bytes the other way round
)

// Formats lists them.
func Formats() []Format { return []Format{Hex, HexReversed, Decimal, DecimalReversed} }

// Number is the card's number as f writes it. A chip's number of more than eight
// bytes is written as if it had only the first eight, where it is written decimal.
func (c Card) Number(f Format) string {
	b := slices.Clone(c.UID)
	if f == HexReversed || f == DecimalReversed {
		slices.Reverse(b)
	}
	if f == Hex || f == HexReversed {
		return strings.ToUpper(hex.EncodeToString(b))
	}
	var eight [8]byte
	b = b[:min(len(b), len(eight))]
	copy(eight[len(eight)-len(b):], b)
	return fmt.Sprintf("%010d", binary.BigEndian.Uint64(eight[:]))
}
