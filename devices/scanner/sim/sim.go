// Package sim is a simulated scanner at a line: it scans the codes it is told,
// one after the other, and the driver behind it is the real one.
//
//	sim:?codes=9787020002207,9787544291163      these, over and over
//	sim:?codes=A017&every=3s                    every 3 s; usual is 10s
package sim

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/luohu/ting/devices/port"
	"github.com/luohu/ting/devices/scanner"
	"github.com/luohu/ting/devices/scanner/serial"
)

// Open opens the scanner a sim: URL describes. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (scanner.Scanner, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	var codes []string
	every := 10 * time.Second
	if err := port.Parameters(q, map[string]func(string) error{
		"every": port.Duration(&every, time.Hour),
		"codes": func(s string) error {
			if codes = strings.Split(s, ","); s == "" {
				return errors.New("codes with commas between them are needed")
			}
			return nil
		},
	}); err != nil {
		return nil, err
	}
	return serial.New(func(context.Context) (port.Conn, error) {
		driver, own := net.Pipe()
		go func() {
			defer own.Close()
			_ = Type(context.Background(), own, codes, every) // it ends when the driver hangs up
		}()
		return driver, nil
	}), nil
}

// Type scans codes at the other end of a line until ctx ends or w fails.
func Type(ctx context.Context, w io.Writer, codes []string, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if len(codes) == 0 {
			continue
		}
		if _, err := io.WriteString(w, codes[n%len(codes)]+"\r\n"); err != nil {
			return err
		}
	}
}
