package sip2

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// shelf is a library of one book that counts how often it was lent.
type shelf struct{ lent atomic.Int32 }

func (s *shelf) Handle(_ context.Context, m Message) Message {
	switch m := m.(type) {
	case *SCStatus:
		return &ACSStatus{Online: Yes, CheckinOK: Yes, CheckoutOK: Yes, RenewalOK: Yes, OfflineOK: Yes, Timeout: 999, Retries: 999, At: noon,
			Version: Version, Institution: "lib", Supported: Supported("11", "17")}
	case *Checkout:
		s.lent.Add(1)
		return &CheckoutResponse{OK: true, Magnetic: No, Desensitize: Yes, At: noon, Institution: m.Institution, Patron: m.Patron, Item: m.Item, Title: "家", Due: "2026-04-01"}
	}
	return nil
}

// serve starts a server and returns where it is.
func serve(t *testing.T, s *Server, config *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if config != nil {
		l = tls.NewListener(l, config)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return address
}

func open(sh *shelf) *Server {
	return &Server{Codec: Codec{Zone: zone}, Login: func(_ context.Context, l *Login, _ net.Addr) Handler {
		if l.User == "desk" && l.Password == "pw" {
			return sh
		}
		return nil
	}}
}

// telnet says lines to a server and reads what comes back.
type telnet struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dial(t *testing.T, address string) *telnet {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return &telnet{t, conn, bufio.NewReader(conn)}
}

func (c *telnet) say(line string) {
	c.t.Helper()
	if _, err := c.conn.Write([]byte(line)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *telnet) want(prefix string) string {
	c.t.Helper()
	line, err := c.r.ReadString('\r')
	if err != nil || !strings.HasPrefix(line, prefix) {
		c.t.Fatalf("%q, %v: not %q", line, err, prefix)
	}
	return line
}

const lend = "11YN20260302    123005                  AOlib|AAp1|ABB1|AC|"

func TestServer(t *testing.T) {
	sh := &shelf{}
	c := dial(t, serve(t, open(sh), nil))
	c.say("97\r") // nothing was said yet
	c.want("96\r")
	c.say("9300CNdesk|COwrong|\r")
	c.want("940\r")
	c.say("9300CNdesk|COpw|CPlobby|\r\n")
	c.want("941\r")
	c.say("9900802.00\r\n")
	if got := c.want("98YYYYNY99999920260302    1230052.00AOlib|BXNYNNNNNNNNYNNNNN|\r"); strings.Contains(got, "AZ") {
		t.Errorf("%q has a checksum nobody asked for", got)
	}
	c.say("\r\n   \r" + lend + "\r")
	c.want("121NNY20260302    123005AOlib|AAp1|ABB1|AJ家|AH2026-04-01|\r")
	c.say("42what is this\r") // is ignored, as the document says
	c.say("97\r")
	c.want("121NNY")
	if n := sh.lent.Load(); n != 1 {
		t.Errorf("lent %d times", n)
	}
}

// TestServerDetectsErrors: damage is asked for again, a repeated message is
// answered with the same answer and done once.
func TestServerDetectsErrors(t *testing.T) {
	sh := &shelf{}
	c := dial(t, serve(t, open(sh), nil))
	with := func(line string) string { return line + hex(checksum([]byte(line))) + "\r" }
	c.say(with("9300CNdesk|COpw|AY0AZ"))
	c.want("941AY0AZFDFD\r")
	c.say(lend + "AY1AZ0000\r")
	c.want("96AZFEF6\r")
	c.say("97AZFEF5\r")
	c.want("96AZFEF6\r")
	c.say(with(lend + "AY1AZ"))
	first := c.want("121NNY")
	if !strings.Contains(first, "|AY1AZ") {
		t.Errorf("%q does not have the message's number", first)
	}
	c.say(with(lend + "AY1AZ"))
	if again := c.want("121NNY"); again != first {
		t.Errorf("%q, then %q", first, again)
	}
	c.say("97AZFEF5\r")
	if again := c.want("121NNY"); strings.Contains(again, "AY1") || !strings.Contains(again, "|AZ") {
		t.Errorf("sent again %q: without its number, with a checksum", again)
	}
	if n := sh.lent.Load(); n != 1 {
		t.Errorf("lent %d times", n)
	}
	c.say(with(lend + "AY2AZ")) // the same words under another number are another message
	c.want("121NNY")
	if n := sh.lent.Load(); n != 2 {
		t.Errorf("lent %d times", n)
	}
}

func TestServerWantsALogin(t *testing.T) {
	c := dial(t, serve(t, open(&shelf{}), nil))
	for range strikes {
		c.say(lend + "\r")
		if got := c.want("98NNNNNN"); !strings.Contains(got, "AFLogin required") {
			t.Errorf("%q", got)
		}
	}
	if _, err := c.r.ReadByte(); err == nil {
		t.Error("the connection goes on")
	}
	s := open(&shelf{})
	s.Login, s.Anonymous = func(context.Context, *Login, net.Addr) Handler { return &shelf{} }, true
	c = dial(t, serve(t, s, nil))
	c.say(lend + "\r")
	c.want("121NNY")
}

func TestServerIsBounded(t *testing.T) {
	s := open(&shelf{})
	s.MaxLine, s.Connections = 100, 1
	address := serve(t, s, nil)
	c := dial(t, address)
	c.say("9300CNdesk|COpw|\r")
	c.want("941")
	full := dial(t, address)
	if _, err := full.r.ReadByte(); err == nil {
		t.Error("there are two connections, and one is allowed")
	}
	c.say(strings.Repeat("x", 101))
	if _, err := c.r.ReadByte(); err == nil {
		t.Error("a line of any length is taken")
	}
}

// TestServerSpeaksGB18030 after the login of a self-check that does.
func TestServerSpeaksGB18030(t *testing.T) {
	s := open(&shelf{})
	s.Encoding = func(string) string { return "gb18030" }
	c := dial(t, serve(t, s, nil))
	c.say("9300CNdesk|COpw|\r")
	c.want("941")
	c.say(lend + "\r")
	if got := c.want("121NNY"); !strings.Contains(got, "|AJ\xbc\xd2|") {
		t.Errorf("%q", got)
	}
}

// TestClientAndServer meet over TCP, with and without TLS.
func TestClientAndServer(t *testing.T) {
	cert, pool := certificate(t)
	for name, c := range map[string]struct{ server, client *tls.Config }{
		"plain": {},
		"tls":   {&tls.Config{Certificates: []tls.Certificate{cert}}, &tls.Config{RootCAs: pool, ServerName: "library.test"}},
	} {
		t.Run(name, func(t *testing.T) {
			sh := &shelf{}
			client, err := NewClient(ClientConfig{Address: serve(t, open(sh), c.server), TLS: c.client, User: "desk", Password: "pw", Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = client.Close() }()
			for range 12 { // more than there are sequence numbers
				a, err := client.Do(t.Context(), &Checkout{RenewalPolicy: Yes, At: noon, Institution: "lib", Patron: "p1", Item: "B1"})
				if err != nil {
					t.Fatal(err)
				}
				if r := a.Message.(*CheckoutResponse); !r.OK || r.Title != "家" {
					t.Errorf("%+v", r)
				}
			}
			if n := sh.lent.Load(); n != 12 {
				t.Errorf("lent %d times", n)
			}
		})
	}
	client, err := NewClient(ClientConfig{Address: serve(t, open(&shelf{}), &tls.Config{Certificates: []tls.Certificate{cert}}),
		TLS: &tls.Config{ServerName: "library.test", RootCAs: x509.NewCertPool()}, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Connect(t.Context()); !errors.Is(err, ErrAway) {
		t.Errorf("a stranger's certificate: %v", err)
	}
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"library.test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
