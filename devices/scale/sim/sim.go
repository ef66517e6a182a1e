// Package sim is a simulated scale: it speaks as real ones do, and the driver
// behind it is the real one.
//
//	sim:?grams=350,20.5        these weights one after the other, over and over,
//	                           each settling for a moment, with nothing between them
//	sim:?grams=500&every=50ms  it speaks every 50 ms; usual is 200ms
package sim

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/scale"
	"github.com/luohu/ting/devices/scale/ascii"
)

// Open opens the scale a sim: URL describes. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (scale.Scale, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	weights := []scale.Weight{350_000}
	every := 200 * time.Millisecond
	if err := port.Parameters(q, map[string]func(string) error{
		"every": port.Duration(&every, time.Minute),
		"grams": func(s string) error {
			weights = nil
			for part := range strings.SplitSeq(s, ",") {
				g, err := strconv.ParseFloat(part, 64)
				if err != nil || !(g > 0 && g < 99_999) {
					return errors.New("weights in grams, with commas between them, are needed")
				}
				weights = append(weights, scale.Weight(g*1000+0.5))
			}
			return nil
		},
	}); err != nil {
		return nil, err
	}
	return ascii.New(func(context.Context) (port.Conn, error) {
		driver, own := net.Pipe()
		go func() {
			defer own.Close()
			_ = Speak(context.Background(), own, weights, every) // it ends when the driver hangs up
		}()
		return driver, nil
	}), nil
}

// Speak is a scale on which weights are laid one after the other: each swings
// twice, rests for three lines and is taken away. It ends with ctx, or when w fails.
func Speak(ctx context.Context, w io.Writer, weights []scale.Weight, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		v := weights[n/6%len(weights)]
		l := ascii.Line{State: ascii.Stable, Weight: v}
		switch n % 6 {
		case 0:
			l.Weight = 0
		case 1:
			l = ascii.Line{State: ascii.Unstable, Weight: v / 2}
		case 2:
			l = ascii.Line{State: ascii.Unstable, Weight: v + v/10}
		}
		if _, err := io.WriteString(w, l.String()+"\r\n"); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
