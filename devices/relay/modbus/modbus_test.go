package modbus_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/luohu/ting/devices/relay/modbus"
)

// board answers each request over TCP with what answer makes of it, whatever that is.
func board(t testing.TB, answer func(request []byte) []byte) *modbus.Board {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for {
			const header = 7 // transaction, protocol, length, unit
			request := make([]byte, header)
			if _, err := io.ReadFull(conn, request); err != nil {
				return
			}
			rest := make([]byte, max(int(binary.BigEndian.Uint16(request[4:]))-1, 0))
			if _, err := io.ReadFull(conn, rest); err != nil {
				return
			}
			if _, err := conn.Write(answer(append(request, rest...))); err != nil {
				return
			}
			// What a board has to say, it says: what is missing never comes.
			if c, ok := conn.(*net.TCPConn); !ok || c.CloseWrite() != nil {
				return
			}
		}
	}()
	u, err := url.Parse("modbus+tcp://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := modbus.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	b, err := modbus.Dial(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// FuzzAnswers has a board answer with anything behind the right transaction number:
// it is an error or the inputs that were asked for, and it never hangs.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0, 0, 0, 4, 1, 2, 1, 0x05})          // inputs 0 and 2 are on
	f.Add([]byte{0, 0, 0, 3, 1, 0x82, 2})             // there are none such
	f.Add([]byte{0, 0, 0, 3, 1, 2, 0})                // none
	f.Add([]byte{0, 0, 0xff, 0xff, 1, 2, 0xff})       // an answer of 65,535 bytes that does not come
	f.Add([]byte{0, 0, 0, 4, 9, 2, 1, 1})             // another board's
	f.Add([]byte{0, 9, 0, 4, 1, 2, 1, 1})             // not Modbus
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) // not at all
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, said []byte) {
		b := board(t, func(request []byte) []byte { return append(slices.Clone(request[:2]), said...) })
		began := make(chan struct{})
		go func() {
			defer close(began)
			in, err := b.Inputs([]int{2, 0})
			if err == nil && len(in) != 2 {
				t.Errorf("% x is %v", said, in)
			}
		}()
		select {
		case <-began:
		case <-time.After(time.Minute): // a hundred times what a board may take
			t.Fatalf("% x is waited for for ever", said)
		}
	})
}

func TestInputs(t *testing.T) {
	b := board(t, func(request []byte) []byte {
		return append(slices.Clone(request[:2]), 0, 0, 0, 4, 1, 2, 1, 0b0101)
	})
	if in, err := b.Inputs([]int{5, 3, 4}); err != nil || !slices.Equal(in, []bool{true, true, false}) {
		t.Errorf("%v, %v", in, err)
	}
	if in, err := b.Inputs(nil); err != nil || len(in) != 0 {
		t.Errorf("of nothing: %v, %v", in, err)
	}
}
