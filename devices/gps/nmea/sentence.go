package nmea

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxSentence is the longest sentence NMEA 0183 allows, with some grace for
// receivers that add a digit.
const maxSentence = 120

// Sentence is one line of NMEA 0183: an address and its fields.
type Sentence struct {
	Talker string   // "GP" for GPS, "BD" or "GB" for BeiDou, "GN" for several together
	Type   string   // "RMC", "GGA"
	Fields []string // after the address
}

// ErrSentence is wrapped by every error about a line that is no sentence.
var ErrSentence = errors.New("not an NMEA sentence")

// ParseSentence reads one line, with or without its line end, and checks its sum.
func ParseSentence(line string) (Sentence, error) {
	line = strings.TrimRight(line, "\r\n")
	if len(line) > maxSentence {
		return Sentence{}, fmt.Errorf("%w: %d characters, at most %d", ErrSentence, len(line), maxSentence)
	}
	body, found := strings.CutPrefix(line, "$")
	if !found {
		return Sentence{}, fmt.Errorf("%w: it does not begin with $", ErrSentence)
	}
	body, sum, found := strings.Cut(body, "*")
	if !found || len(sum) != 2 {
		return Sentence{}, fmt.Errorf("%w: no checksum", ErrSentence)
	}
	want, err := strconv.ParseUint(sum, 16, 8)
	if err != nil {
		return Sentence{}, fmt.Errorf("%w: checksum %q", ErrSentence, sum)
	}
	if got := checksum(body); got != byte(want) {
		return Sentence{}, fmt.Errorf("%w: checksum %02X, and the line says %s", ErrSentence, got, sum)
	}
	for i := range len(body) {
		if body[i] < ' ' || body[i] > '~' {
			return Sentence{}, fmt.Errorf("%w: character %#02x", ErrSentence, body[i])
		}
	}
	fields := strings.Split(body, ",")
	address := fields[0]
	if strings.HasPrefix(address, "P") && len(address) > 1 { // proprietary: a maker's code
		return Sentence{Talker: "P", Type: address[1:], Fields: fields[1:]}, nil
	}
	if len(address) != 5 {
		return Sentence{}, fmt.Errorf("%w: address %q", ErrSentence, address)
	}
	return Sentence{Talker: address[:2], Type: address[2:], Fields: fields[1:]}, nil
}

// String is the sentence as it goes over the line, without the line end.
func (s Sentence) String() string {
	body := strings.Join(append([]string{s.Talker + s.Type}, s.Fields...), ",")
	return fmt.Sprintf("$%s*%02X", body, checksum(body))
}

// checksum is the exclusive or of all bytes between $ and *.
func checksum(body string) (sum byte) {
	for i := range len(body) {
		sum ^= body[i]
	}
	return sum
}

func (s Sentence) field(i int) string {
	if i >= len(s.Fields) {
		return ""
	}
	return s.Fields[i]
}

// degrees reads an angle of the form dddmm.mmmm and its hemisphere.
func degrees(angle, hemisphere string, most float64) (float64, error) {
	v, err := strconv.ParseFloat(angle, 64)
	if err != nil || math.IsNaN(v) || v < 0 {
		return 0, fmt.Errorf("%w: angle %q", ErrSentence, angle)
	}
	whole := math.Floor(v / 100)
	minutes := v - whole*100
	d := whole + minutes/60
	if minutes >= 60 || d > most {
		return 0, fmt.Errorf("%w: angle %q", ErrSentence, angle)
	}
	switch hemisphere {
	case "N", "E":
		return d, nil
	case "S", "W":
		return -d, nil
	}
	return 0, fmt.Errorf("%w: hemisphere %q", ErrSentence, hemisphere)
}

// number reads a field that may be empty.
func number(field string) (float64, error) {
	if field == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(field, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%w: number %q", ErrSentence, field)
	}
	return v, nil
}

// moment reads hhmmss.sss and ddmmyy.
func moment(clock, date string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(clock, ".")
	t, err := time.Parse("020106 150405", date+" "+whole)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: time %q of %q", ErrSentence, clock, date)
	}
	if fraction != "" {
		if f, err := strconv.ParseFloat("0."+fraction, 64); err == nil {
			t = t.Add(time.Duration(f * float64(time.Second)))
		}
	}
	return t.UTC(), nil
}
