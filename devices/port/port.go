// Package port reaches the devices that speak bytes: over a serial line, over
// TCP, or through a device file of the kernel's (a USB printer).
//
//	serial:///dev/ttyUSB0?baud=9600&bits=8&parity=none&stop=1
//	tcp://10.0.0.9:9100
//	file:///dev/usb/lp0
//
// A driver's own scheme stands before it with a plus: nmea+serial:///dev/ttyUSB0.
// Parse checks a URL without touching the device; a Line keeps a connection to
// it, comes back by itself after it was cut, and knows the device's Health.
package port

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Conn is an open connection to a device. A net.Conn is one, and an *os.File of
// a terminal line. Closing it ends a Read that waits.
type Conn interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// Dial opens a connection to one device.
type Dial func(ctx context.Context) (Conn, error)

// connectWithin is how long a device may take to accept a TCP connection.
const connectWithin = 3 * time.Second

// Own are the parameters of a URL that Parse reads itself; every other one is the driver's.
var own = []string{"baud", "bits", "parity", "stop"}

// Parse reads where a device is. It returns the parameters that are the
// driver's, to which each takes exactly those it knows (see Parameters).
// defaults is the line the driver's devices leave the factory with.
func Parse(u *url.URL, defaults Serial) (Dial, url.Values, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, nil, err
	}
	line, given, err := defaults.with(q)
	if err != nil {
		return nil, nil, err
	}
	rest := url.Values{}
	for k, v := range q {
		if !slices.Contains(own, k) {
			rest[k] = v
		}
	}
	kind := u.Scheme[strings.LastIndex(u.Scheme, "+")+1:]
	if given && kind != "serial" {
		return nil, nil, fmt.Errorf("baud, bits, parity and stop belong to a serial line, not to %s", kind)
	}
	switch kind {
	case "serial":
		if u.Host != "" || u.Path == "" {
			return nil, nil, errors.New("the path of the line is needed, as in serial:///dev/ttyUSB0")
		}
		return func(context.Context) (Conn, error) { return openSerial(u.Path, line) }, rest, nil
	case "tcp":
		if u.Hostname() == "" || u.Port() == "" {
			return nil, nil, errors.New("host and port are needed, as in tcp://10.0.0.9:9100")
		}
		return func(ctx context.Context) (Conn, error) {
			d := net.Dialer{Timeout: connectWithin, KeepAlive: 5 * time.Second}
			return dialed(d.DialContext(ctx, "tcp", u.Host))
		}, rest, nil
	case "file":
		if u.Host != "" || u.Path == "" {
			return nil, nil, errors.New("the path of the device file is needed, as in file:///dev/usb/lp0")
		}
		return func(context.Context) (Conn, error) {
			return opened(os.OpenFile(u.Path, os.O_RDWR|nonblock, 0))
		}, rest, nil
	}
	return nil, nil, fmt.Errorf("%q is no way to reach a device: there are serial, tcp and file", kind)
}

// A nil *os.File or net.Conn in a Conn would not be nil.
func dialed(c net.Conn, err error) (Conn, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

func opened(f *os.File, err error) (Conn, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Parameters reads a driver's parameters: each key with the function that takes
// its value. Unknown keys are errors, so that a misspelt one is not silently nothing.
func Parameters(q url.Values, known map[string]func(value string) error) error {
	for key := range q {
		take := known[key]
		if take == nil {
			names := make([]string, 0, len(known))
			for k := range known {
				names = append(names, k)
			}
			slices.Sort(names)
			if len(names) == 0 {
				return fmt.Errorf("unknown parameter %q; there are none", key)
			}
			return fmt.Errorf("unknown parameter %q; there are %s", key, strings.Join(names, ", "))
		}
		if err := take(q.Get(key)); err != nil {
			return fmt.Errorf("%s=%q: %w", key, q.Get(key), err)
		}
	}
	return nil
}

// Number is a parameter that is a whole number from least to most.
func Number(into *int, least, most int) func(string) error {
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("a whole number from %d to %d is needed", least, most)
		}
		*into = n
		return nil
	}
}

// Duration is a parameter that is a positive duration up to most.
func Duration(into *time.Duration, most time.Duration) func(string) error {
	return func(s string) error {
		d, err := time.ParseDuration(s)
		if err != nil || d <= 0 || d > most {
			return fmt.Errorf("a duration up to %v is needed, as in 500ms", most)
		}
		*into = d
		return nil
	}
}

// OneOf is a parameter that is one of a few words.
func OneOf(into *string, words ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("one of %s is needed", strings.Join(words, ", "))
		}
		*into = s
		return nil
	}
}
