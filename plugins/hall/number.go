package hall

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A case's number is the day and eight characters, of which the last checks the
// others: 260302-K7QM-3XRV. It is made without a network and cannot be guessed,
// for it is all that is asked of somebody who wants to know how far his case is:
// 34 random bits a day, and a terminal takes one guess per touch.

const (
	letters    = "23456789ABCDEFGHJKLMNPQRSTVWXYZ" // 31, with no 0 O 1 I, as on other receipts, and no U
	numberDay  = "060102"
	numberBody = 8 // characters behind the day, with the check character
)

// newNumber makes a case's number.
func newNumber(day time.Time) string {
	d := day.Format(numberDay)
	body := make([]byte, 0, numberBody)
	for len(body) < numberBody-1 {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		if v := int(b[0] & 31); v < len(letters) {
			body = append(body, letters[v])
		}
	}
	body = append(body, checkLetter(d, string(body)))
	return d + "-" + string(body[:4]) + "-" + string(body[4:])
}

// checkLetter is the character that belongs to the others: their weighted sum
// modulo 31, a prime, which finds any one wrong character, and any two neighbours
// in the wrong order.
func checkLetter(day, body string) byte {
	sum := 0
	for i := range len(day) {
		sum += int(day[i]-'0') * (i + 2)
	}
	for i := range len(body) {
		sum += strings.IndexByte(letters, body[i]) * (len(day) + i + 2)
	}
	return letters[sum%len(letters)]
}

// ErrNumber is why a text is no case's number.
var ErrNumber = errors.New("this is no case number: please check it against the receipt")

// qrPrefix marks the codes of this hall. What follows says what they are of.
const (
	qrCase    = "ting:hall:case:"
	qrService = "ting:hall:service:"
	qrTicket  = "ting:hall:ticket:"
)

// ParseNumber reads a case's number as it is typed or scanned: in either case,
// with or without the lines between, from a receipt's QR code. The text comes
// from outside.
func ParseNumber(typed string) (string, error) {
	s := strings.TrimSpace(typed)
	if len(s) > 64 {
		return "", ErrNumber
	}
	s = strings.TrimPrefix(s, qrCase)
	s = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(s))
	if len(s) != len(numberDay)+numberBody {
		return "", ErrNumber
	}
	day, body := s[:len(numberDay)], s[len(numberDay):]
	if _, err := time.Parse(numberDay, day); err != nil || strings.Trim(body, letters) != "" || checkLetter(day, body[:numberBody-1]) != body[numberBody-1] {
		return "", ErrNumber
	}
	return day + "-" + body[:4] + "-" + body[4:], nil
}

// parseService reads the service on a clerk's slip: its ID, or its code.
func parseService(scanned string) (string, bool) {
	id, ok := strings.CutPrefix(strings.TrimSpace(scanned), qrService)
	return id, ok && id != "" && len(id) <= 48
}

// Holder is the key under which an identity number's holdings are found. It
// keeps numbers out of the feed's keys and so out of logs; it does not make them
// secret, for there are few enough to try them all.
func Holder(idNumber string) string {
	if idNumber == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("ting hall holder\x00" + strings.ToUpper(idNumber)))
	return hex.EncodeToString(sum[:16])
}

func pageKey(number, digest string, part int) string {
	return fmt.Sprintf("%s/%.16s/%02d", number, digest, part)
}
