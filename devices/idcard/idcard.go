// Package idcard reads resident identity cards. Drivers are in the folders
// below: sam for the readers with the security module of the Ministry of Public
// Security, over a serial line or USB serial, which all certified ones have in
// common; sim for a simulated one that lays cards on a real sam driver's reader.
package idcard

import (
	"context"
	"errors"
	"image"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/idcard/gb2260"
)

// Reader reads the card that lies on it.
type Reader interface {
	// Read waits until a card is laid on the reader, and reads it. The same card
	// left lying there is read once: it must be taken away first. A card that
	// cannot be read is ErrCard, or ErrMoved when it was taken away too soon.
	Read(ctx context.Context) (Card, error)
	Health() devices.Health
	Close() error
}

// The errors a visitor can do something about; Read wraps them.
var (
	ErrMoved = errors.New("the card was taken away before it was read")
	ErrCard  = errors.New("the card cannot be read")
	ErrAway  = errors.New("the reader does not answer")
)

// Card is what a chip says of its holder. Nothing of it belongs into a log.
type Card struct {
	Kind       Kind
	Name       string
	Sex        Sex
	Ethnicity  string    // "汉"; empty for residents of Hong Kong, Macao and Taiwan
	Birth      time.Time // midnight UTC
	Address    string
	Number     string // 18 characters
	Issuer     string
	ValidFrom  time.Time
	ValidUntil time.Time // last day; zero is for ever (长期)
	Passport   string    // of a resident of Hong Kong, Macao or Taiwan
	// Photo is the holder's picture, 102×126; nil where this terminal has no
	// decoder for the chip's format.
	Photo image.Image
}

// Kind of card.
type Kind string

// The kinds whose layout is known.
const (
	Resident Kind = "resident" // 居民身份证
	HMT      Kind = "hmt"      // 港澳台居民居住证
)

// Sex as the chip codes it (GB/T 2261.1).
type Sex string

// The codes.
const (
	UnknownSex   Sex = "0"
	Male         Sex = "1"
	Female       Sex = "2"
	UndefinedSex Sex = "9"
)

// Division is where the number was first given: "浙江省杭州市西湖区", or "".
func (c Card) Division() string {
	if len(c.Number) < 6 {
		return ""
	}
	return gb2260.Path(c.Number[:6])
}

// Expired reports whether the card was no longer valid at a time.
func (c Card) Expired(at time.Time) bool {
	return !c.ValidUntil.IsZero() && !at.Before(c.ValidUntil.AddDate(0, 0, 1))
}

// CheckNumber reports whether an identity number has the form of GB 11643-1999
// and its check character (ISO 7064, MOD 11-2) fits.
func CheckNumber(n string) bool {
	const characters = "10X98765432"
	if len(n) != 18 {
		return false
	}
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		if n[i] < '0' || n[i] > '9' {
			return false
		}
		weight = weight * 2 % 11
		sum += int(n[i]-'0') * weight
	}
	_, err := time.Parse("20060102", n[6:14])
	return err == nil && n[17] == characters[sum%11]
}
