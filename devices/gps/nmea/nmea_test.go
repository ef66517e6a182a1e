package nmea

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// The sentences of the standard's own examples and of receivers of several systems.
const (
	rmc = "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A"
	gga = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"
)

func TestParseSentence(t *testing.T) {
	s, err := ParseSentence(rmc + "\r\n")
	if err != nil || s.Talker != "GP" || s.Type != "RMC" || len(s.Fields) != 11 || s.String() != rmc {
		t.Errorf("%+v, %v", s, err)
	}
	for name, line := range map[string]string{
		"empty":          "",
		"no dollar":      rmc[1:],
		"no sum":         "$GPRMC,123519,A",
		"half a sum":     rmc[:len(rmc)-1],
		"wrong sum":      rmc[:len(rmc)-2] + "00",
		"sum not hex":    rmc[:len(rmc)-2] + "zz",
		"a flipped bit":  strings.Replace(rmc, "4807", "4806", 1),
		"too long":       "$GPRMC," + strings.Repeat("1", maxSentence) + "*00",
		"short address":  "$GP*17",
		"control inside": "$GPRM\x01,*1B",
	} {
		if s, err := ParseSentence(line); !errors.Is(err, ErrSentence) {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
}

func TestTrack(t *testing.T) {
	var tr track
	take := func(line string) (lat, lon float64, l lock) {
		t.Helper()
		s, err := ParseSentence(line)
		if err != nil {
			t.Fatal(err)
		}
		f, l, err := tr.take(s)
		if err != nil {
			t.Fatal(err)
		}
		if l == fixed && (f.Satellites != 8 || f.HDOP != 0.9 || f.Altitude != 545.4) {
			t.Errorf("GGA's part is lost: %+v", f)
		}
		if l == fixed && !f.Time.Equal(time.Date(1994, 3, 23, 12, 35, 19, 0, time.UTC)) {
			t.Errorf("time %v", f.Time)
		}
		if l == fixed && math.Abs(f.Speed-11.523) > 0.001 {
			t.Errorf("22.4 knots are %g m/s", f.Speed)
		}
		return f.Lat, f.Lon, l
	}
	if _, _, l := take(gga); l != silent {
		t.Error("GGA alone makes a fix")
	}
	if lat, lon, l := take(rmc); l != fixed || math.Abs(lat-48.1173) > 1e-4 || math.Abs(lon-11.516667) > 1e-4 {
		t.Errorf("%v %v %v", lat, lon, l)
	}
}

func TestTrack_RefusesWhatCannotBe(t *testing.T) {
	good := []string{"123519", "A", "4807.038", "N", "01131.000", "E", "022.4", "084.4", "230394"}
	for name, change := range map[string]func(f []string){
		"91 degrees":     func(f []string) { f[2] = "9100.000" },
		"60 minutes":     func(f []string) { f[2] = "4860.000" },
		"negative":       func(f []string) { f[2] = "-4807.038" },
		"NaN":            func(f []string) { f[4] = "NaN" },
		"no hemisphere":  func(f []string) { f[3] = "" },
		"infinite speed": func(f []string) { f[6] = "Inf" },
		"25 o'clock":     func(f []string) { f[0] = "253519" },
		"31 February":    func(f []string) { f[8] = "310294" },
	} {
		f := append([]string{}, good...)
		change(f)
		var tr track
		if fix, l, err := tr.take(Sentence{Type: "RMC", Fields: f}); err == nil {
			t.Errorf("%s: %+v, %v", name, fix, l)
		}
	}
}

// FuzzSentence: nothing a line can carry panics, and what is accepted stands
// for itself when it is sent again.
func FuzzSentence(f *testing.F) {
	for _, s := range []string{rmc, gga, "$GNRMC,,V,,,,,,,,,,N*4D", "$PMTK010,001*2E", "", "$*00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		s, err := ParseSentence(line)
		if err != nil {
			if !errors.Is(err, ErrSentence) {
				t.Fatalf("an error that does not say what it is about: %v", err)
			}
			return
		}
		again, err := ParseSentence(s.String())
		if err != nil || !slices.Equal(again.Fields, s.Fields) || again.Talker != s.Talker || again.Type != s.Type {
			t.Fatalf("%q is %+v, and its own %q is %+v, %v", line, s, s, again, err)
		}
		var tr track
		if fix, l, err := tr.take(s); err == nil && l == fixed {
			if !(math.Abs(fix.Lat) <= 90 && math.Abs(fix.Lon) <= 180) {
				t.Fatalf("%q is at %+v", line, fix)
			}
		}
	})
}
