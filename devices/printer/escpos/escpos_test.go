package escpos

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/luohu/ting/devices/printer"
)

func TestEncode_IsWhatTheCommandSetSays(t *testing.T) {
	got := encode(printer.Slip{Blocks: []printer.Block{
		printer.Text{Text: "取号", Align: printer.Centre, Size: 2, Bold: true},
		printer.Pair{Label: "A", Value: "B"},
		printer.QR{Data: "x"},
	}}, 384, nil)
	want := "\x1b@\x1c&" +
		"\x1ba\x01\x1d!\x11\x1bE\x01\xc8\xa1\xba\xc5\n\x1d!\x00\x1bE\x00" +
		"\x1ba\x00A" + strings.Repeat(" ", 30) + "B\n" +
		"\x1ba\x01\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x04\x1d(k\x03\x001E1\x1d(k\x04\x001P0x\x1d(k\x03\x001Q0" +
		"\x1dVB\x00"
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestEncode_TextIsNoCommand: nothing that a visitor types reaches the printer as a command.
func TestEncode_TextIsNoCommand(t *testing.T) {
	hostile := "a\x1b@\x1dV\x00\x10\x04\x01\x1c.b"
	for _, b := range []printer.Block{printer.Text{Text: hostile}, printer.Pair{Label: hostile, Value: hostile}} {
		got := encode(printer.Slip{Blocks: []printer.Block{b}}, 576, nil)
		// One reset, one cut, and no real-time command.
		if bytes.Count(got, []byte{esc, '@'}) != 1 || bytes.Count(got, []byte{gs, 'V'}) != 1 || bytes.ContainsRune(got, dle) {
			t.Errorf("%T: %q", b, got)
		}
	}
}

func TestEncode_ARareCharacterIsASquareWithoutATypeface(t *testing.T) {
	got := encode(printer.Slip{Blocks: []printer.Block{printer.Text{Text: "㼆"}}}, 576, nil)
	if !bytes.Contains(got, []byte{0xa1, 0xf5, '\n'}) {
		t.Errorf("%q has no square", got)
	}
}

func TestParseStatus(t *testing.T) {
	for _, c := range []struct {
		s    Status
		want error
	}{
		{Status{}, nil},
		{Status{PaperLow: true}, nil},
		{Status{Offline: true}, printer.ErrFault},
		{Status{Offline: true, CoverOpen: true}, printer.ErrCoverOpen},
		{Status{Offline: true, PaperOut: true, PaperLow: true}, printer.ErrNoPaper},
		{Status{Offline: true, Jammed: true}, printer.ErrFault},
		{Status{Hot: true}, printer.ErrFault},
	} {
		got, err := ParseStatus(c.s.Bytes())
		if err != nil || got != c.s {
			t.Errorf("%+v comes back as %+v, %v", c.s, got, err)
		}
		if !errors.Is(got.Err(), c.want) || (c.want == nil) != (got.Err() == nil) {
			t.Errorf("%+v: %v, want %v", c.s, got.Err(), c.want)
		}
		if got.Err() != nil && got.hint() == "" {
			t.Errorf("%+v: nothing to do about it", c.s)
		}
	}
	for _, b := range [][4]byte{{}, {0xff, 0xff, 0xff, 0xff}, {0x12, 0x12, 0x12, 0x00}} {
		if s, err := ParseStatus(b); !errors.Is(err, ErrStatus) {
			t.Errorf("% x: %+v, %v", b, s, err)
		}
	}
}

func TestOpen_RefusesWhatItCannotBe(t *testing.T) {
	for _, raw := range []string{"escpos+tcp://h", "escpos+tcp://h:1?width=9", "escpos+tcp://h:1?status=some", "escpos+tcp://h:1?paper=1"} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := Open(t.Context(), u); err == nil {
			p.Close()
			t.Errorf("%s was opened", raw)
		}
	}
}

// TestPaperThatEndsWithASlip: what is printed is printed, and not to be printed again.
func TestPaperThatEndsWithASlip(t *testing.T) {
	driver, own := net.Pipe()
	defer driver.Close()
	go func() {
		defer own.Close()
		in, status := bufio.NewReader(own), Status{}
		for {
			b, err := in.ReadByte()
			if err != nil {
				return
			}
			next, err := in.Peek(2)
			switch {
			case err != nil:
				return
			case b == dle && next[0] == eot:
				_, err = own.Write([]byte{status.Bytes()[next[1]-1]})
			case b == gs && next[0] == 'r':
				status.PaperOut = true // its last row
				_, err = own.Write([]byte{0})
			}
			if err != nil {
				return
			}
		}
	}()
	s, err := talk{conn: driver}.print(t.Context(), []byte("slip\n"))
	if err != nil {
		t.Errorf("it was printed: %v", err)
	}
	if !errors.Is(s.Err(), printer.ErrNoPaper) {
		t.Errorf("the printer is %+v", s)
	}
}

// FuzzStatus: whatever answers, it is a status or an error that says so.
func FuzzStatus(f *testing.F) {
	f.Add(byte(0x12), byte(0x12), byte(0x12), byte(0x72))
	f.Add(byte(0), byte(0), byte(0), byte(0))
	f.Fuzz(func(t *testing.T, a, b, c, d byte) {
		s, err := ParseStatus([4]byte{a, b, c, d})
		if err != nil {
			if !errors.Is(err, ErrStatus) {
				t.Fatal(err)
			}
			return
		}
		if s.Err() != nil && s.hint() == "" {
			t.Fatalf("%+v: nothing to do about it", s)
		}
	})
}

// FuzzEncode: no text becomes a command.
func FuzzEncode(f *testing.F) {
	f.Add("居住证\x1b@", "1")
	f.Fuzz(func(t *testing.T, label, value string) {
		s := printer.Slip{Blocks: []printer.Block{printer.Pair{Label: label, Value: value}}}
		if s.Validate() != nil {
			return
		}
		got := encode(s, 576, nil)
		if bytes.Count(got, []byte{esc}) != 2 || bytes.Count(got, []byte{gs}) != 1 || bytes.IndexByte(got, dle) >= 0 {
			t.Fatalf("%q", got)
		}
	})
}
