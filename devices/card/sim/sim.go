// Package sim is a simulated card reader: an emulated pcscd (Service) behind the
// real driver, and a hand that holds cards to its reader.
//
//	sim:?uids=04A1B2C3,04D5E6F7      these cards, one after the other, over and over
//	sim:?uids=04A1B2C3&every=3s      every 3 s; usual is 10s
package sim

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/devices/card"
	"github.com/luohu/ting/devices/card/pcsc"
	"github.com/luohu/ting/devices/port"
)

// reader is the simulated reader's name.
const reader = "Ting Simulated Reader 00 00"

// Open opens the reader a sim: URL describes. It is a devices.Opener.
func Open(_ context.Context, u *url.URL) (card.Reader, error) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	var uids [][]byte
	every := 10 * time.Second
	if err := port.Parameters(q, map[string]func(string) error{
		"every": port.Duration(&every, time.Hour),
		"uids": func(s string) error {
			for _, one := range strings.Split(s, ",") {
				uid, err := hex.DecodeString(one)
				if err != nil || len(uid) < 4 {
					return errors.New("numbers of 8 hex digits or more with commas between them are needed")
				}
				uids = append(uids, uid)
			}
			return nil
		},
	}); err != nil {
		return nil, err
	}
	return newSimulated(uids, every)
}

type simulated struct {
	*pcsc.Reader
	once    sync.Once
	stop    chan struct{}
	running sync.WaitGroup
	close   func() error
}

func newSimulated(uids [][]byte, every time.Duration) (*simulated, error) {
	dir, err := os.MkdirTemp("", "ting-card-*")
	if err != nil {
		return nil, err
	}
	socket := filepath.Join(dir, "pcscd.comm")
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	service := New()
	service.Plug(reader)
	s := &simulated{Reader: pcsc.New(socket, ""), stop: make(chan struct{})}
	s.close = func() error { return errors.Join(l.Close(), os.RemoveAll(dir)) }
	s.running.Go(func() { ServeAll(service, l) })
	s.running.Go(func() { s.hold(service, uids, every) })
	return s, nil
}

// ServeAll serves whoever connects until l is closed; clients that are connected
// then are served on until they hang up.
func ServeAll(s *Service, l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_ = s.Serve(conn) // a client that speaks nonsense is dropped
		}()
	}
}

// hold holds the cards to the reader, each for half the time.
func (s *simulated) hold(service *Service, uids [][]byte, every time.Duration) {
	tick := time.NewTicker(every / 2)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		switch {
		case len(uids) == 0:
		case n%2 == 0:
			service.Hold(reader, uids[n/2%len(uids)])
		default:
			service.Take(reader)
		}
	}
}

// Close ends reading. It may be called twice.
func (s *simulated) Close() error {
	err := s.Reader.Close()
	s.once.Do(func() {
		close(s.stop)
		err = errors.Join(err, s.close())
		s.running.Wait()
	})
	return err
}
