package network

import (
	"io"
	"net"
	"testing"
	"time"
)

// echo answers with what it is sent.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); io.Copy(c, c) }()
		}
	}()
	return l.Addr().String()
}

// answers reports whether something comes back within a while.
func answers(l *Line, patience time.Duration) bool {
	c, err := net.Dial("tcp", l.Address())
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte("x")); err != nil {
		return false
	}
	_, err = io.ReadFull(c, make([]byte, 1))
	return err == nil
}

func TestWeather(t *testing.T) {
	l, err := New().Line("school-1", echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for range 2 {
		for w, comes := range map[Weather]bool{Fair: true, Cut: false, HalfOpen: false, Latency: true, Slow: true, Pieces: true} {
			if err := l.Set(w); err != nil {
				t.Fatal(err)
			}
			patience := 10 * time.Second
			if !comes {
				patience = 100 * time.Millisecond
			}
			if got := answers(l, patience); got != comes {
				t.Errorf("%s: answers %v", w, got)
			}
			if l.Weather() != w {
				t.Errorf("the weather is %s, not %s", l.Weather(), w)
			}
		}
	}
	// Weather changes for connections that stand, too.
	if err := l.Set(Fair); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := l.Set(Cut); err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(c, make([]byte, 1)); err == nil {
		t.Error("a cut line still answers")
	}
}
