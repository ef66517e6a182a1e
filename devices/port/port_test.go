package port

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func parse(t *testing.T, raw string) (Dial, url.Values, error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return Parse(u, Serial{})
}

func TestParse_LeavesTheDriverItsParameters(t *testing.T) {
	for raw, want := range map[string]string{
		"serial:///dev/ttyUSB0":                            "",
		"nmea+serial:///dev/ttyUSB0?baud=4800&max_age=10s": "max_age=10s",
		"escpos+tcp://10.0.0.9:9100?width=576":             "width=576",
		"escpos+file:///dev/usb/lp0?width=384":             "width=384",
	} {
		_, rest, err := parse(t, raw)
		if err != nil || rest.Encode() != want {
			t.Errorf("%s: %q, %v; want %q", raw, rest.Encode(), err, want)
		}
	}
}

func TestParse_SaysWhatIsWrong(t *testing.T) {
	for raw, want := range map[string]string{
		"serial:":                           "serial:///dev/ttyUSB0",
		"serial://ttyUSB0/x":                "serial:///dev/ttyUSB0",
		"serial:///dev/ttyUSB0?baud=9601":   "9600",
		"serial:///dev/ttyUSB0?bits=9":      "[7 8]",
		"serial:///dev/ttyUSB0?parity=mark": "none, even, odd",
		"tcp://10.0.0.9":                    "host and port",
		"tcp://10.0.0.9:9100?baud=9600":     "serial line",
		"file:":                             "file:///dev/usb/lp0",
		"usb://1":                           "no way to reach",
	} {
		if _, _, err := parse(t, raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not say %q", raw, err, want)
		}
	}
}

func TestParameters(t *testing.T) {
	var n int
	var d time.Duration
	var w string
	known := map[string]func(string) error{
		"n": Number(&n, 1, 9), "d": Duration(&d, time.Minute), "w": OneOf(&w, "a", "b"),
	}
	if err := Parameters(url.Values{"n": {"7"}, "d": {"500ms"}, "w": {"b"}}, known); err != nil || n != 7 || d != time.Second/2 || w != "b" {
		t.Errorf("%d %v %q, %v", n, d, w, err)
	}
	for key, value := range map[string]string{"n": "10", "d": "-1s", "w": "c", "x": "1"} {
		err := Parameters(url.Values{key: {value}}, known)
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s=%s: %v", key, value, err)
		}
	}
}
