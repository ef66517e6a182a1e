// Package devices opens the hardware of a terminal by URL.
//
// Each kind of device has a folder with one small interface (devices/camera,
// devices/barrier, …) and, below it, one folder per driver. A terminal's
// composition root lists the drivers it wants in a Drivers map; there is no
// registration in init, so what a program can open is written in one place.
package devices

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Opener opens one device at u. It fails at once when the device can never
// work (a wrong URL); a device that is only away (unplugged, unreachable) is
// opened all the same and reports it through its own interface, coming back by itself.
type Opener[D any] func(ctx context.Context, u *url.URL) (D, error)

// Drivers maps URL schemes to the drivers of one kind of device.
type Drivers[D any] map[string]Opener[D]

// Open opens the device that rawURL names.
func (d Drivers[D]) Open(ctx context.Context, rawURL string) (D, error) {
	var none D
	u, err := url.Parse(rawURL)
	if wrong := (*url.Error)(nil); errors.As(err, &wrong) {
		err = wrong.Err // without the URL, which may hold a password
	}
	if err != nil {
		return none, fmt.Errorf("device URL %q: %w", withoutUser(rawURL), err)
	}
	open := d[u.Scheme]
	if open == nil {
		return none, fmt.Errorf("device URL %q: no driver for %q, there are: %s",
			u.Redacted(), u.Scheme, strings.Join(slices.Sorted(maps.Keys(d)), ", "))
	}
	dev, err := open(ctx, u)
	if err != nil {
		return none, fmt.Errorf("device %s: %w", u.Redacted(), err)
	}
	return dev, nil
}

// withoutUser leaves user and password out of a URL that cannot be parsed.
func withoutUser(rawURL string) string {
	before, rest, found := strings.Cut(rawURL, "//")
	at := strings.LastIndex(rest, "@")
	if !found || at < 0 {
		return rawURL
	}
	return before + "//" + rest[at+1:]
}
