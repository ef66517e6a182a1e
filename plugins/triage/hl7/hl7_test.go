package hl7

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var sample = Message{
	Header("TING", "hospital", "HIS", "", "20260302074200+0800", "ADT^A04^ADT_A01", "v-1"),
	Of("EVN", map[int]string{1: "A04", 2: "20260302074200+0800"}),
	Of("PID", map[int]string{1: "1", 3: Components("330106195603210019", "", "", "CHN", "NNCHN"), 5: Components("林|知^远&\\~"), 8: "M"}),
}

func TestEncode(t *testing.T) {
	want := "MSH|^~\\&|TING|hospital|HIS||20260302074200+0800||ADT^A04^ADT_A01|v-1|P|2.5|||||CHN|UNICODE UTF-8\r" +
		"EVN|A04|20260302074200+0800\r" +
		"PID|1||330106195603210019^^^CHN^NNCHN||林\\F\\知\\S\\远\\T\\\\E\\\\R\\|||M\r"
	if diff := cmp.Diff(want, string(sample.Encode())); diff != "" {
		t.Error(diff)
	}
}

func TestParse(t *testing.T) {
	m, err := Parse(sample.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample.Encode(), m.Encode()); diff != "" {
		t.Error(diff)
	}
	pid, _ := m.Find("PID")
	if got := Unescape(pid.Field(5)); got != "林|知^远&\\~" {
		t.Errorf("the name is %q", got)
	}
	if m.ControlID() != "v-1" || pid.Field(99) != "" {
		t.Errorf("control %q", m.ControlID())
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":            "",
		"no header":        "PID|1\r",
		"other delimiters": "MSH|$%*@|TING\r",
		"a long name":      "MSH|^~\\&|A\rLONG|1\r",
		"not UTF-8":        "MSH|^~\\&|\xff\r",
		"many segments":    "MSH|^~\\&|A\r" + strings.Repeat("NTE|1\r", maxSegments),
		"large":            "MSH|^~\\&|" + strings.Repeat("x", MaxMessage),
	} {
		if _, err := Parse([]byte(text)); !errors.Is(err, ErrMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFrames(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("noise before")
	for _, s := range []string{"one", strings.Repeat("two", 5000), ""} {
		if err := WriteFrame(&b, []byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	r := bufio.NewReader(&b)
	for _, want := range []string{"one", strings.Repeat("two", 5000), ""} {
		got, err := ReadFrame(r)
		if err != nil || string(got) != want {
			t.Fatalf("read %d bytes, %v; want %d", len(got), err, len(want))
		}
	}
	if _, err := ReadFrame(r); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v", err)
	}
	for name, s := range map[string]string{
		"cut short":         "\x0bMSH",
		"no carriage":       "\x0bMSH\x1cx",
		"cut at the end":    "\x0bMSH\x1c",
		"longer than large": "\x0b" + strings.Repeat("x", MaxMessage+2) + "\x1c\r",
		"noise without end": strings.Repeat("x", MaxMessage+2),
	} {
		if _, err := ReadFrame(bufio.NewReader(strings.NewReader(s))); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := WriteFrame(io.Discard, []byte{endBlock}); !errors.Is(err, ErrMessage) {
		t.Errorf("a frame within a frame: %v", err)
	}
}

// receive starts a receiver and returns a client of it.
func receive(t *testing.T, take func(Message) string) Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Receiver{Take: take}
	go func() { _ = r.Serve(l) }() // ends with Close
	t.Cleanup(func() { _ = r.Close(); l.Close() })
	return Client{Address: l.Addr().String(), Timeout: time.Minute}
}

func TestSend(t *testing.T) {
	taken := make(chan Message, 1)
	c := receive(t, func(m Message) string { taken <- m; return "AA" })
	a, err := c.Send(t.Context(), sample)
	if err != nil || a.Code != "AA" {
		t.Fatalf("answered %+v, %v", a, err)
	}
	if diff := cmp.Diff(sample.Encode(), (<-taken).Encode()); diff != "" {
		t.Error(diff)
	}
}

func TestSendToNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := (Client{Address: l.Addr().String(), Timeout: time.Minute}).Send(t.Context(), sample); err == nil {
		t.Error("nobody took it")
	}
}

// TestSendUnanswered sends to one who takes the message and says nothing.
func TestSendUnanswered(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, _ = ReadFrame(bufio.NewReader(conn))
			cancel()
		}
	}()
	if _, err := (Client{Address: l.Addr().String(), Timeout: time.Hour}).Send(ctx, sample); !errors.Is(err, context.Canceled) {
		t.Errorf("unanswered: %v", err)
	}
}

func TestControlIDIsEscaped(t *testing.T) {
	c := receive(t, func(Message) string { return "AA" })
	other := Message{Header("TING", "", "HIS", "", "", "ADT", "v\\2")}
	if _, err := c.Send(t.Context(), other); err != nil {
		t.Error(err)
	}
}

// TestForeignAcknowledgement has another message's acknowledgement come back.
func TestForeignAcknowledgement(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = ReadFrame(bufio.NewReader(conn))
		ack := Message{Header("HIS", "", "TING", "", "", "ACK", "a"), Of("MSA", map[int]string{1: "AA", 2: "somebody-else"})}
		_ = WriteFrame(conn, ack.Encode())
	}()
	if _, err := (Client{Address: l.Addr().String(), Timeout: time.Minute}).Send(t.Context(), sample); err == nil {
		t.Error("another message's acknowledgement was taken")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample.Encode())
	f.Add([]byte("MSH|^~\\&|\n\nMSA"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Parse(m.Encode())
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if diff := cmp.Diff(m.Encode(), again.Encode()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("\x0bMSH\x1c\r"))
	f.Add([]byte("x\x0b\x1c"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReader(bytes.NewReader(b))
		for {
			got, err := ReadFrame(r)
			if err != nil {
				return
			}
			if len(got) > MaxMessage {
				t.Fatalf("%d bytes", len(got))
			}
		}
	})
}

func FuzzEscape(f *testing.F) {
	f.Add("a|b^c&d~e\\f\r\n\x00")
	f.Fuzz(func(t *testing.T, s string) {
		e := Escape(s)
		if strings.ContainsAny(e, "|^&~\r\n\x0b\x1c") {
			t.Fatalf("%q holds a delimiter", e)
		}
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\r' && r != '\n' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(s, "\uFFFD"))
		if got := Unescape(e); got != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
}
