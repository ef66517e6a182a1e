// Package network is the lines between terminals and the center: TCP proxies
// (toxiproxy) that can be cut, slowed down, delayed, garbled into pieces, reset,
// or left half open, where nothing comes and nobody is told.
package network

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// Weather is how a line is.
type Weather string

// The weathers.
const (
	Fair     Weather = "fair"
	Cut      Weather = "cut"       // nobody answers; connections are closed
	HalfOpen Weather = "half-open" // connections stand, and nothing comes through
	Latency  Weather = "latency"   // a second and a half, more or less, each way
	Slow     Weather = "slow"      // 24 KB/s
	Pieces   Weather = "pieces"    // small pieces, with pauses
	Reset    Weather = "reset"     // connections are reset after a moment
	Lossy    Weather = "lossy"     // connections end after some kilobytes
)

// Bad are all but Fair.
var Bad = []Weather{Cut, HalfOpen, Latency, Slow, Pieces, Reset, Lossy}

// toxics are toxiproxy's words for a weather. Each is in the way up and down.
var toxics = map[Weather]string{
	HalfOpen: `{"type":"timeout","attributes":{"timeout":0}}`,
	Latency:  `{"type":"latency","attributes":{"latency":750,"jitter":600}}`,
	Slow:     `{"type":"bandwidth","attributes":{"rate":24}}`,
	Pieces:   `{"type":"slicer","attributes":{"average_size":900,"size_variation":700,"delay":2000}}`,
	Reset:    `{"type":"reset_peer","attributes":{"timeout":150}}`,
	Lossy:    `{"type":"limit_data","attributes":{"bytes":6000}}`,
}

// Net is the district's network.
type Net struct{ server *toxiproxy.ApiServer }

// New makes a network without lines.
func New() *Net {
	// Some of toxiproxy's toxics log to standard error by a logger of their own.
	zerolog.SetGlobalLevel(zerolog.Disabled)
	return &Net{server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())}
}

// Line is the line of a site.
type Line struct {
	net     *Net
	proxy   *toxiproxy.Proxy
	mu      sync.Mutex
	weather Weather
}

// Line lays a line to the center at host:port. It is fair at first.
func (n *Net) Line(name, center string) (*Line, error) {
	p := toxiproxy.NewProxy(n.server, name, "127.0.0.1:0", center)
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("lay a line: %w", err)
	}
	return &Line{net: n, proxy: p, weather: Fair}, nil
}

// Address is where the line begins: host:port.
func (l *Line) Address() string { return l.proxy.Listen }

// Weather is how the line is now.
func (l *Line) Weather() Weather {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.weather
}

// Set changes the weather. Connections that stand feel a fair line turn bad; when a bad
// one changes they are cut, as the repair of a line cuts them.
func (l *Line) Set(w Weather) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w == l.weather {
		return nil
	}
	if _, bad := toxics[l.weather]; bad {
		// Taken out of a connection that is just ending, a toxic can wait for ever for
		// it, and hold everybody up: the line is laid anew instead.
		l.proxy.Stop()
		l.proxy = toxiproxy.NewProxy(l.net.server, l.proxy.Name, l.proxy.Listen, l.proxy.Upstream)
		if err := l.proxy.Start(); err != nil {
			return fmt.Errorf("mend a line: %w", err)
		}
	}
	switch {
	case w == Cut:
		l.proxy.Stop()
	case l.weather == Cut:
		if err := l.proxy.Start(); err != nil {
			return fmt.Errorf("mend a line: %w", err)
		}
	}
	if words, ok := toxics[w]; ok {
		for _, stream := range []string{"upstream", "downstream"} {
			toxic := fmt.Sprintf(`{"name":%q,"stream":%q,%s`, string(w)+"-"+stream, stream, strings.TrimPrefix(words, "{"))
			if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
				return fmt.Errorf("weather %s: %w", w, err)
			}
		}
	}
	l.weather = w
	return nil
}

// Close cuts the line for good.
func (l *Line) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.weather != Cut {
		l.proxy.Stop()
		l.weather = Cut
	}
}

// Pick draws a weather, bad in so many of a hundred cases.
func Pick(r *rand.Rand, bad int) Weather {
	if r.IntN(100) >= bad {
		return Fair
	}
	return Bad[r.IntN(len(Bad))]
}
