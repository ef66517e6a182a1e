package sip2

import (
	"strings"
	"time"
)

// FormatTime writes a time as YYYYMMDDZZZZHHMMSS, the zone blank for local time.
func FormatTime(t time.Time) string { return t.Format("20060102    150405") }

// ParseTime reads YYYYMMDDZZZZHHMMSS. Blanks for the zone are local time, in
// zone; a letter is one of ANSI X3.43's: Z for UTC, H for eight hours east of it.
func ParseTime(s string, zone *time.Location) (time.Time, bool) {
	if len(s) != 18 {
		return time.Time{}, false
	}
	if letter := strings.TrimSpace(s[8:12]); letter != "" && letter != "0000" {
		offset, ok := zoneOffset(letter)
		if !ok {
			return time.Time{}, false
		}
		zone = time.FixedZone(letter, offset*3600)
		if offset == 0 {
			zone = time.UTC
		}
	}
	t, err := time.ParseInLocation("20060102150405", s[:8]+s[12:], zone)
	return t, err == nil
}

// zoneOffset is the hours east of UTC that a letter stands for.
func zoneOffset(letter string) (int, bool) {
	if len(letter) != 1 {
		return 0, false
	}
	switch c := letter[0]; {
	case c == 'Z':
		return 0, true
	case c >= 'A' && c <= 'I':
		return int(c-'A') + 1, true
	case c >= 'K' && c <= 'M':
		return int(c-'K') + 10, true
	case c >= 'N' && c <= 'Y':
		return -int(c-'N') - 1, true
	}
	return 0, false
}

// dueLayouts are ways in which systems write a due date, besides the protocol's own.
var dueLayouts = []string{
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02",
	"2006/01/02 15:04:05", "2006/01/02 15:04", "2006/01/02", "2006.01.02", "20060102 150405", "20060102150405", "20060102", "2006年1月2日", "2006年01月02日",
}

// ParseDue reads a due date (AH), which a system may write in any way. What only
// a person can read, as 03/04/2026, is false: show it as it came.
func ParseDue(s string, zone *time.Location) (time.Time, bool) {
	if t, ok := ParseTime(s, zone); ok {
		return t, true
	}
	s = strings.TrimSpace(s)
	for _, layout := range dueLayouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
