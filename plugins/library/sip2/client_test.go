package sip2

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// system answers a client line by line as a script says. An answer "" is silence,
// "EOF" ends the connection.
type system struct {
	t     *testing.T
	dials int

	mu     sync.Mutex
	script []step
	heard  []string
}

// step expects a line that begins with want and answers. SEQ in an answer stands
// for the sequence number that came, SUM for the checksum.
type step struct{ want, answer string }

const online = "98YYYYYY05000320260302    1230052.00AOlib|BXYYYYYYYYYYYYYYYY|AYSEQAZSUM"

func (s *system) dial(context.Context) (net.Conn, error) {
	s.dials++
	here, there := net.Pipe()
	go s.serve(there)
	return here, nil
}

func (s *system) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := newLines(conn, MaxLine)
	for {
		line, err := in.next()
		if err != nil {
			return
		}
		next, ok := s.next(line)
		if !ok {
			s.t.Errorf("the system did not expect %q", line)
			return
		}
		if !strings.HasPrefix(string(line), next.want) {
			s.t.Errorf("the system expected %q, not %q", next.want, line)
		}
		switch next.answer {
		case "":
			continue
		case "EOF":
			return
		}
		_, tail, _ := Codec{}.Decode(line)
		out := strings.ReplaceAll(next.answer, "SEQ", tail.Seq)
		if before, _, found := strings.Cut(out, "SUM"); found {
			out = before + hex(checksum([]byte(before)))
		}
		if _, err := conn.Write([]byte(out + "\r")); err != nil {
			return
		}
	}
}

func (s *system) next(line []byte) (step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, string(line))
	if len(s.script) == 0 {
		return step{}, false
	}
	next := s.script[0]
	s.script = s.script[1:]
	return next, true
}

// client runs do with a client of the scripted system, in time that passes at once.
func client(t *testing.T, script []step, config ClientConfig, do func(t *testing.T, c *Client, s *system)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &system{t: t, script: script}
		config.Dial, config.Codec.Zone = s.dial, zone
		c, err := NewClient(config)
		if err != nil {
			t.Fatal(err)
		}
		do(t, c, s)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if len(s.script) > 0 {
			t.Errorf("the system still expects %q", s.script)
		}
	})
}

var item = &ItemInformation{At: noon, Institution: "lib", Item: "B1"}

const found = "1803020120260302    123005ABB1|AJ家|AYSEQAZSUM"

func TestClientLogsIn(t *testing.T) {
	client(t, []step{
		{"9300CNdesk|COpw|CPlobby|AY0AZ", "941AYSEQAZSUM"},
		{"9900802.00AY1AZ", online},
		{"1720260302    123005AOlib|ABB1|AY2AZ", found},
		{"1720260302    123005AOlib|ABB1|AY3AZ", found},
	}, ClientConfig{User: "desk", Password: "pw", Location: "lobby"}, func(t *testing.T, c *Client, _ *system) {
		for range 2 {
			a, err := c.Do(t.Context(), item)
			if err != nil {
				t.Fatal(err)
			}
			if r := a.Message.(*ItemInformationResponse); r.Title != "家" || a.Again {
				t.Errorf("%+v", a)
			}
		}
		if !c.Status().Supports("65") {
			t.Error("the status is not kept")
		}
	})
}

func TestClientWithoutErrorDetection(t *testing.T) {
	client(t, []step{
		{"9900802.00", "98YYYYYY05000320260302    1230052.00AOlib|BXYYYYYYYYYYYYYYYY|\r\n"},
		{"1720260302    123005AOlib|ABB1|", "1803020120260302    123005ABB1|AJ家|\r\n"},
	}, ClientConfig{Plain: true}, func(t *testing.T, c *Client, s *system) {
		if _, err := c.Do(t.Context(), item); err != nil {
			t.Fatal(err)
		}
		for _, line := range s.heard {
			if strings.Contains(line, "AZ") {
				t.Errorf("%q has a checksum", line)
			}
		}
	})
}

// TestClientSendsAgain: silence, damage and a request to send again each cost one
// try, with the same sequence number.
func TestClientSendsAgain(t *testing.T) {
	const asked = "1720260302    123005AOlib|ABB1|AY1AZ"
	for name, c := range map[string]struct {
		steps []step
		again bool
	}{
		"silence":                   {[]step{{asked, ""}, {asked, found}}, true},
		"a damaged answer":          {[]step{{asked, "1803020120260302    123005ABB1|AJ?|AY1AZ0000"}, {"97AZFEF5", strings.Replace(found, "AYSEQ", "", 1)}}, false},
		"half a message":            {[]step{{asked, "18030"}, {"97AZFEF5", strings.Replace(found, "AYSEQ", "", 1)}}, false},
		"it asks for it":            {[]step{{asked, "96AZFEF6"}, {asked, found}}, true},
		"twice":                     {[]step{{asked, ""}, {asked, "96AZFEF6"}, {asked, found}}, true},
		"an answer that comes late": {[]step{{asked, "1803020120260302    123005ABB0|AJ?|AY9AZSUM"}, {asked, found}}, true},
		"another's answer":          {[]step{{asked, "941AYSEQAZSUM"}, {asked, found}}, true},
		"its status first":          {[]step{{asked, online}, {asked, found}}, true},
		"a message of the future":   {[]step{{asked, "55x"}, {asked, found}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			client(t, append([]step{{"99", online}}, c.steps...), ClientConfig{}, func(t *testing.T, cl *Client, _ *system) {
				a, err := cl.Do(t.Context(), item)
				if err != nil {
					t.Fatal(err)
				}
				if r, ok := a.Message.(*ItemInformationResponse); !ok || r.Item != "B1" || a.Again != c.again {
					t.Errorf("%+v", a)
				}
			})
		})
	}
}

func TestClientGivesUp(t *testing.T) {
	silent := []step{{"99", online}}
	for range 4 { // the first try and three more, as its status allows
		silent = append(silent, step{"17", ""})
	}
	client(t, silent, ClientConfig{}, func(t *testing.T, c *Client, _ *system) {
		if _, err := c.Do(t.Context(), item); !errors.Is(err, ErrAway) {
			t.Error(err)
		}
	})
	client(t, []step{{"99", strings.Replace(online, "98Y", "98N", 1)}}, ClientConfig{}, func(t *testing.T, c *Client, _ *system) {
		if _, err := c.Do(t.Context(), item); !errors.Is(err, ErrOffline) {
			t.Error(err)
		}
	})
	client(t, []step{{"99", online}, {"17", strings.Replace(online, "98Y", "98N", 1)}}, ClientConfig{}, func(t *testing.T, c *Client, _ *system) {
		if _, err := c.Do(t.Context(), item); !errors.Is(err, ErrOffline) {
			t.Error(err)
		}
	})
	client(t, []step{{"93", "940AYSEQAZSUM"}}, ClientConfig{User: "x"}, func(t *testing.T, c *Client, _ *system) {
		if _, err := c.Do(t.Context(), item); !errors.Is(err, ErrLogin) {
			t.Error(err)
		}
	})
}

// TestClientConnectsAgain: a connection that the system dropped is made anew, and
// the message goes once more under its number.
func TestClientConnectsAgain(t *testing.T) {
	client(t, []step{
		{"99", online}, {"17", found},
		{"1720260302    123005AOlib|ABB1|AY2AZ", "EOF"},
		{"9900802.00AY3AZ", online}, {"1720260302    123005AOlib|ABB1|AY2AZ", found},
	}, ClientConfig{}, func(t *testing.T, c *Client, s *system) {
		for i := range 2 {
			a, err := c.Do(t.Context(), item)
			if err != nil || a.Again != (i == 1) {
				t.Fatal(a, err)
			}
		}
		if s.dials != 2 {
			t.Errorf("%d connections", s.dials)
		}
	})
}

// TestClientLetsAnIdleConnectionGo makes a new connection after a long pause
// instead of trusting one that a firewall may have forgotten.
func TestClientLetsAnIdleConnectionGo(t *testing.T) {
	client(t, []step{{"99", online}, {"17", found}, {"99", online}, {"17", found}}, ClientConfig{}, func(t *testing.T, c *Client, s *system) {
		for range 2 {
			if a, err := c.Do(t.Context(), item); err != nil || a.Again {
				t.Fatal(a, err)
			}
			time.Sleep(time.Hour) // of the bubble's time
		}
		if s.dials != 2 {
			t.Errorf("%d connections", s.dials)
		}
	})
}

func TestClientEndsWithItsContext(t *testing.T) {
	client(t, []step{{"99", online}, {"17", ""}, {"99", online}, {"17", found}}, ClientConfig{Timeout: time.Minute}, func(t *testing.T, c *Client, _ *system) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Do(ctx, item); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if _, err := c.Do(t.Context(), item); err != nil {
			t.Errorf("the next one does not get through: %v", err)
		}
	})
}

func TestClientNeedsAnAddress(t *testing.T) {
	if _, err := NewClient(ClientConfig{Address: "library"}); err == nil {
		t.Error("an address without a port is taken")
	}
	if _, err := NewClient(ClientConfig{Address: "library:6001", Codec: Codec{Encoding: "klingon"}}); err == nil {
		t.Error("an encoding nobody has is taken")
	}
}
