package center

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestAttacksAreRefusedCountedAndShown has everybody try who should not get in,
// one after the other at one center. Nothing of it may be stored, each must be
// counted for Prometheus, and stand in the list that the console shows, with whom
// the certificate names and whence it came.
func TestAttacksAreRefusedCountedAndShown(t *testing.T) {
	onBoth(t, testAttacksAreRefusedCountedAndShown)
}

func testAttacksAreRefusedCountedAndShown(t *testing.T) {
	s := serve(t, Options{})
	ctx := context.Background()
	honest, thief, stolen := s.enrol("gate-1", "school-1"), s.enrol("gate-2", "school-1"), s.enrol("gate-3", "school-1")
	rs := honest.Make(record.Ordinary, 2, "a.b", "", `{}`)
	body, head := wire.EncodeRecords(rs, wire.Newest), honest.Head(record.Ordinary, record.Hash{}, rs)
	expect(t, honest.Send(record.Ordinary, record.Hash{}, rs), wire.OK, 2)
	send := func(tm *terminal, h wire.Head, signer ed25519.PrivateKey, body []byte) {
		t.Helper()
		if status, ack := post(t, tm, h, signer, bytes.NewReader(body), body); status == http.StatusOK || ack.Code == wire.OK {
			t.Errorf("answered %d %s", status, ack.Code)
		}
	}

	attacks := []struct {
		name, reason, terminal, detail string
		try                            func()
	}{
		{"a stolen certificate after its revocation", "up.revoked", "gate-3", "", func() {
			if err := s.c.SetState(ctx, "admin", "gate-3", store.Revoked); err != nil {
				t.Fatal(err)
			}
			send(stolen, stolen.Head(record.Ordinary, record.Hash{}, nil), stolen.Key, nil)
		}},
		{"the same, asking for people", "feed.revoked", "gate-3", "", func() {
			if _, status := stolen.Feed("people", 0, 0); status != http.StatusForbidden {
				t.Errorf("feed: %d", status)
			}
		}},
		{"another's batch, replayed", "up.sig", "gate-2", "gate-1", func() { send(thief, head, honest.Key, body) }},
		{"another's name, own signature", "up.sig", "gate-2", "gate-1", func() { send(thief, head, thief.Key, body) }},
		{"another's site", "enrol.site", "", "gate-4 hospital-1", func() {
			code, _, err := s.c.MakeCode(ctx, "test", "gate-4", "school-1")
			if err != nil {
				t.Fatal(err)
			}
			if status, _ := s.postEnrol(centertest.Request(t, "gate-4", "hospital-1", code, centertest.NewKey(t))); status != http.StatusForbidden {
				t.Errorf("enrolled: %d", status)
			}
		}},
		{"a guessed code", "enrol.code", "", "gate-4 school-1", func() {
			s.postEnrol(centertest.Request(t, "gate-4", "school-1", "AAAAA-AAAAA", centertest.NewKey(t)))
		}},
		{"no certificate", "up.identity", "", "", func() {
			nobody := honest.Clone()
			nobody.HTTP = centertest.Client(s.c.ca.Pool())
			send(nobody, head, honest.Key, body)
		}},
		{"another authority's certificate", "tls", "", "", func() { s.forged(honest) }},
		{"TLS 1.2", "tls", "", "", func() {
			if c, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), &tls.Config{RootCAs: s.c.ca.Pool(), MaxVersion: tls.VersionTLS12}); err == nil {
				c.Close()
				t.Error("TLS 1.2 was accepted")
			}
		}},
		{"an older protocol", "http.protocol", "gate-1", "/sync/v0/up", func() { s.getStatus(honest, "/sync/v0/up", http.StatusUpgradeRequired) }},
		{"a zip bomb", "up.too_big", "gate-1", "", func() {
			enc, err := zstd.NewWriter(nil)
			if err != nil {
				t.Fatal(err)
			}
			send(honest, head, honest.Key, enc.EncodeAll(make([]byte, 256<<20), nil))
		}},
		{"a head that is none", "up.malformed", "gate-1", "", func() {
			if resp, _, err := honest.Post(ctx, `{"terminal":`, "", nil); err != nil || resp.StatusCode != http.StatusBadRequest {
				t.Errorf("%v, %v", resp, err)
			}
		}},
		{"an altered record", "up.chain", "gate-1", "", func() {
			next := honest.Make(record.Ordinary, 1, "a.b", "", `{}`)
			next[0].Body = []byte(`{"fen":1}`)
			send(honest, honest.Head(record.Ordinary, rs[1].Hash, next), honest.Key, wire.EncodeRecords(next, wire.Newest))
		}},
		{"headers that never end", "http.unfinished", "", "", s.slowLoris},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			before := s.c.Refusals().Counts()[a.reason]
			a.try()
			// TLS and connections are counted by the server's own goroutines.
			for i := 0; s.c.Refusals().Counts()[a.reason] <= before; i++ {
				if i > 2000 {
					t.Fatalf("not counted as %s: %v", a.reason, s.c.Refusals().Counts())
				}
				<-time.After(5 * time.Millisecond)
			}
			list, err := s.c.Refused(ctx, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				if r.Reason == a.reason && r.Terminal == a.terminal && r.Source == "127.0.0.1" && (a.detail == "" || r.Detail == a.detail) {
					return
				}
			}
			t.Errorf("%s of %q (%s) is not shown: %+v", a.reason, a.terminal, a.detail, list)
		})
	}
	if n := s.stored(); n != 2 {
		t.Errorf("%d records stored, want the honest terminal's 2", n)
	}
	if _, metrics := s.ask("/metrics"); !strings.Contains(metrics, `ting_center_refusals_total{reason="up.revoked"}`) {
		t.Error("Prometheus is not told")
	}
}

// forged shows the center a certificate for the terminal's key that another
// authority has made.
func (s *site) forged(tm *terminal) {
	s.t.Helper()
	other, err := openAuthority(s.t.TempDir(), time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	made, _, err := other.IssueTerminal(tm.ID, tm.Key.Public().(ed25519.PublicKey), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		s.t.Fatal(err)
	}
	block, _ := pem.Decode(made)
	cert := tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: tm.Key}
	c := centertest.Client(s.c.ca.Pool())
	c.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }
	if resp, err := c.Get(s.url + wire.PathFeed + "people"); err == nil {
		resp.Body.Close()
		s.t.Error("a certificate of another authority was believed")
	}
}

func (s *site) getStatus(tm *terminal, path string, want int) {
	s.t.Helper()
	resp, err := tm.HTTP.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		s.t.Errorf("%s: %s, want %d", path, resp.Status, want)
	}
}

// slowLoris begins a request and never ends it, at a server that is less patient.
func (s *site) slowLoris() {
	s.t.Helper()
	quick := s.c.NewServer(s.c.Handler(), tls.Certificate{})
	quick.ReadHeaderTimeout = 50 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	go quick.Serve(l)
	defer quick.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST "+wire.PathUp+" HTTP/1.1\r\nX-Slow: "); err != nil {
		s.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn) // until the server has enough
}

// hostile texts, for every field that takes one.
var hostile = []string{
	`'; DROP TABLE inbox; --`, `" OR "1"="1`, `<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, "\x00\x01\x7f", `\'; SELECT pg_sleep(10); --`,
	`{{.}}`, `%s%n`, "a\r\nSet-Cookie: x=1", strings.Repeat("长", 40), "\u202etxt.exe", `$1 ? :name`,
}

// TestHostileTextIsOnlyText puts SQL, HTML and worse into every field that a
// terminal may fill, and wants each back as it was, or refused.
func TestHostileTextIsOnlyText(t *testing.T) { onBoth(t, testHostileTextIsOnlyText) }

func testHostileTextIsOnlyText(t *testing.T) {
	s := serve(t, Options{})
	ctx := context.Background()
	for i, text := range hostile {
		id := fmt.Sprintf("gate-%d", i)
		if _, _, err := s.c.MakeCode(ctx, text, text, "school-1"); err == nil {
			t.Errorf("a terminal may be called %q", text)
		}
		code, _, err := s.c.MakeCode(ctx, "admin", id, "school-1")
		if err != nil {
			t.Fatal(err)
		}
		q := centertest.Request(t, id, "school-1", code, centertest.NewKey(t))
		for _, change := range []func(*wire.EnrolRequest){
			func(q *wire.EnrolRequest) { q.Terminal = text }, func(q *wire.EnrolRequest) { q.Site = text }, func(q *wire.EnrolRequest) { q.CSR = text },
			func(q *wire.EnrolRequest) { q.Code = text },
		}[:3+min(1, (i+1)%2)] { // wrong codes are soon not answered any more
			bad := q
			change(&bad)
			if status, body := s.postEnrol(bad); status == http.StatusOK || status >= 500 {
				t.Errorf("%q: enrolment answered %d %s", text, status, body)
			}
		}
		tm := s.enrol(id, "school-1")
		b, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		rs := tm.Make(record.Ordinary, 1, text, text, string(b))
		h := tm.Head(record.Ordinary, record.Hash{}, rs)
		h.Health = wire.Health{Version: text, Devices: map[string]string{text: text}}
		if ack, err := tm.TrySend(ctx, h, wire.EncodeRecords(rs, wire.Newest)); err != nil || ack.Code != wire.OK {
			t.Errorf("%q: %+v, %v", text, ack, err)
		}
		if _, status := tm.Feed("people%27--", 0, 0); status != http.StatusBadRequest {
			t.Errorf("a feed of a hostile name: %d", status)
		}
		var got store.Received
		if err := s.c.View(ctx, func(tx *store.Tx) error {
			return tx.Latest(1, func(r store.Received) error { got = r; return nil })
		}); err != nil {
			t.Fatal(err)
		}
		if got.Terminal != id || got.Record.Kind != text || got.Record.Key != text || !bytes.Equal(got.Record.Body, b) {
			t.Errorf("%q came back as %+v", text, got)
		}
	}
	if err := s.c.flushContacts(ctx); err != nil {
		t.Errorf("what terminals say of themselves cannot be stored: %v", err)
	}
	if v, err := s.c.Verify(ctx); err != nil || v.Err() != nil || v.Records != int64(len(hostile)) {
		t.Errorf("afterwards: %+v, %v", v, err)
	}
}
