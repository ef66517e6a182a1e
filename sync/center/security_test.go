package center

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// post sends a batch with whatever head, signature and body.
func post(t *testing.T, tm *terminal, h wire.Head, signer ed25519.PrivateKey, body io.Reader, signed []byte) (int, wire.Ack) {
	t.Helper()
	raw, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	resp, answer, err := tm.Post(context.Background(), string(raw), wire.Sign(signer, wire.PurposeUp, raw, signed), body)
	if err != nil {
		t.Fatal(err)
	}
	var ack wire.Ack
	_ = json.Unmarshal(answer, &ack) // a bare status has none
	return resp.StatusCode, ack
}

func TestIdentityIsTheCertificates(t *testing.T) { onBoth(t, testIdentityIsTheCertificates) }

func testIdentityIsTheCertificates(t *testing.T) {
	s := serve(t, Options{})
	alice, bob := s.enrol("alice", "school-1"), s.enrol("bob", "school-1")
	rs := alice.Make(record.Ordinary, 2, "a.b", "", `{}`)
	body, head := wire.EncodeRecords(rs, wire.Newest), alice.Head(record.Ordinary, record.Hash{}, rs)

	t.Run("another's batch", func(t *testing.T) {
		if status, ack := post(t, bob, head, alice.Key, bytes.NewReader(body), body); status != http.StatusForbidden || ack.Code != wire.Sig {
			t.Errorf("%d %s", status, ack.Code)
		}
	})
	t.Run("another's name", func(t *testing.T) {
		if status, ack := post(t, bob, head, bob.Key, bytes.NewReader(body), body); status != http.StatusForbidden || ack.Code != wire.Sig {
			t.Errorf("%d %s", status, ack.Code)
		}
	})
	t.Run("another's signature", func(t *testing.T) {
		if status, ack := post(t, alice, head, bob.Key, bytes.NewReader(body), body); status != http.StatusForbidden || ack.Code != wire.Sig {
			t.Errorf("%d %s", status, ack.Code)
		}
	})
	t.Run("another body", func(t *testing.T) {
		other := wire.EncodeRecords(alice.Clone().Make(record.Ordinary, 1, "a.b", "", `{"x":1}`), wire.Newest)
		if status, ack := post(t, alice, head, alice.Key, bytes.NewReader(other), body); status != http.StatusForbidden || ack.Code != wire.Sig {
			t.Errorf("%d %s", status, ack.Code)
		}
	})
	t.Run("no certificate", func(t *testing.T) {
		nobody := alice.Clone()
		nobody.HTTP = centertest.Client(s.c.ca.Pool())
		if status, _ := post(t, nobody, head, alice.Key, bytes.NewReader(body), body); status != http.StatusForbidden {
			t.Errorf("%d", status)
		}
		if _, status := nobody.Feed("people", 0, 0); status != http.StatusForbidden {
			t.Errorf("feed: %d", status)
		}
	})
	t.Run("the key before the last enrolment", func(t *testing.T) {
		s.enrol("alice", "school-1")
		if status, ack := post(t, alice, head, alice.Key, bytes.NewReader(body), body); status != http.StatusForbidden || ack.Code != wire.Sig {
			t.Errorf("%d %s", status, ack.Code)
		}
		if _, status := alice.Feed("people", 0, 0); status != http.StatusForbidden {
			t.Errorf("feed: %d", status)
		}
	})
	if n := s.stored(); n != 0 {
		t.Errorf("%d records stored", n)
	}
	if counts := s.c.Refusals().Counts(); counts["up.sig"] != 5 || counts["up.identity"] != 1 || counts["feed.identity"] != 1 || counts["feed.revoked"] != 1 {
		t.Errorf("refusals counted: %v", counts)
	}
}

func TestAnotherAuthorityIsNotBelieved(t *testing.T) { onBoth(t, testAnotherAuthorityIsNotBelieved) }

func testAnotherAuthorityIsNotBelieved(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	other, err := openAuthority(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	forged, _, err := other.IssueTerminal("gate-1", tm.Key.Public().(ed25519.PublicKey), time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(forged)
	tm.HTTP = centertest.Client(s.c.ca.Pool(), tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: tm.Key})
	// The client offers only a certificate that the center's list of authorities names.
	tm.HTTP.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: tm.Key}, nil
	}
	if _, err := tm.TrySend(context.Background(), tm.Head(record.Ordinary, record.Hash{}, nil), nil); err == nil {
		t.Error("a certificate of another authority was believed")
	}
	// And the terminal does not believe another center.
	stranger := centertest.Client(other.Pool(), tm.Cert)
	if _, err := stranger.Get(s.url + wire.PathFeed + "people"); !errors.As(err, new(*tls.CertificateVerificationError)) {
		t.Errorf("another center was believed: %v", err)
	}
}

func TestOnlyTLS13(t *testing.T) { onBoth(t, testOnlyTLS13) }

func testOnlyTLS13(t *testing.T) {
	s := serve(t, Options{})
	_, err := tls.Dial("tcp", strings.TrimPrefix(s.url, "https://"), &tls.Config{RootCAs: s.c.ca.Pool(), MaxVersion: tls.VersionTLS12})
	if err == nil {
		t.Error("TLS 1.2 was accepted")
	}
}

func TestReplayedBatchIsStoredOnce(t *testing.T) { onBoth(t, testReplayedBatchIsStoredOnce) }

func testReplayedBatchIsStoredOnce(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 3, "a.b", "", `{}`)
	head, body := tm.Head(record.Ordinary, record.Hash{}, rs), wire.EncodeRecords(rs, wire.Newest)
	for range 3 {
		if _, ack := post(t, tm, head, tm.Key, bytes.NewReader(body), body); ack.Code != wire.OK || ack.CommittedSeq != 3 {
			t.Errorf("%+v", ack)
		}
	}
	if n := s.stored(); n != 3 {
		t.Errorf("%d records stored", n)
	}
}

// endless is a body that never ends by itself.
type endless struct{ sent atomic.Int64 }

func (e *endless) Read(b []byte) (int, error) {
	e.sent.Add(int64(len(b)))
	return len(b), nil
}

func TestTooBig(t *testing.T) { onBoth(t, testTooBig) }

func testTooBig(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	rs := tm.Make(record.Ordinary, 1, "a.b", "", `{}`)
	head := tm.Head(record.Ordinary, record.Hash{}, rs)

	t.Run("ten gigabytes", func(t *testing.T) {
		flood := &endless{}
		raw, _ := json.Marshal(head)
		resp, _, err := tm.Post(context.Background(), string(raw), "", io.LimitReader(flood, 10<<30))
		if err == nil && resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("answered %s", resp.Status)
		}
		if flood.sent.Load() > 64<<20 {
			t.Errorf("%d bytes were taken in", flood.sent.Load())
		}
	})
	t.Run("zip bomb", func(t *testing.T) {
		enc, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		bomb := enc.EncodeAll(make([]byte, 256<<20), nil)
		if len(bomb) > wire.MaxBodyBytes {
			t.Fatalf("the bomb is of %d bytes: it must fit", len(bomb))
		}
		if status, ack := post(t, tm, head, tm.Key, bytes.NewReader(bomb), bomb); status != http.StatusRequestEntityTooLarge || ack.Code != wire.TooBig {
			t.Errorf("%d %s", status, ack.Code)
		}
	})
	t.Run("too many records", func(t *testing.T) {
		h := head
		h.Count = wire.MaxRecords + 1
		if status, ack := post(t, tm, h, tm.Key, nil, nil); status != http.StatusRequestEntityTooLarge || ack.Code != wire.TooBig {
			t.Errorf("%d %s", status, ack.Code)
		}
	})
	t.Run("malformed heads", func(t *testing.T) {
		for _, raw := range []string{"", "{", "[]", `{"terminal":"gate-1"}`, `{"terminal":"gate-1","epoch":1,"first":1,"count":-1,"prev":""}`,
			strings.Replace(`{"terminal":"gate-1","epoch":1,"lane":9,"first":1,"prev":"X"}`, "X", strings.Repeat("A", 43)+"=", 1)} {
			resp, _, err := tm.Post(context.Background(), raw, "", nil)
			if err != nil || resp.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %v, %v", raw, resp, err)
			}
		}
	})
	if n := s.stored(); n != 0 {
		t.Errorf("%d records stored", n)
	}
	expect(t, tm.Send(record.Ordinary, record.Hash{}, rs), wire.OK, 1)
}

// TestSlowClientsAreCutOff opens a connection that never finishes its headers.
func TestSlowClientsAreCutOff(t *testing.T) { onBoth(t, testSlowClientsAreCutOff) }

func testSlowClientsAreCutOff(t *testing.T) {
	s := serve(t, Options{})
	quick := s.c.NewServer(s.c.Handler(), tls.Certificate{})
	if quick.ReadHeaderTimeout <= 0 || quick.ReadTimeout <= 0 || quick.WriteTimeout <= 0 || quick.IdleTimeout <= 0 || quick.MaxHeaderBytes <= 0 {
		t.Fatal("the server waits for ever")
	}
	quick.ReadHeaderTimeout = 50 * time.Millisecond
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go quick.Serve(l) // without TLS: the timeouts are the same, and the client simple
	defer quick.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST "+wire.PathUp+" HTTP/1.1\r\nHost: center\r\nX-Slow: "); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection was kept")
	}
}

// TestClosedCenterAnswers leaves no request waiting for a commit that never comes.
func TestClosedCenterAnswers(t *testing.T) { onBoth(t, testClosedCenterAnswers) }

func testClosedCenterAnswers(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	if err := s.c.Close(); err != nil {
		t.Fatal(err)
	}
	s.c = nil
	t.Cleanup(func() { s.server.Close() })
	rs := tm.Make(record.Ordinary, 1, "a.b", "", `{}`)
	body := wire.EncodeRecords(rs, wire.Newest)
	raw, _ := json.Marshal(tm.Head(record.Ordinary, record.Hash{}, rs))
	resp, _, err := tm.Post(t.Context(), string(raw), wire.Sign(tm.Key, wire.PurposeUp, raw, body), bytes.NewReader(body))
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%v, %v", resp, err)
	}
}

func TestFullLaneAnswersAtOnceAndLeavesTheUrgentOneOpen(t *testing.T) {
	onBoth(t, testFullLaneAnswersAtOnceAndLeavesTheUrgentOneOpen)
}

func testFullLaneAnswersAtOnceAndLeavesTheUrgentOneOpen(t *testing.T) {
	s := serve(t, Options{})
	tm := s.enrol("gate-1", "school-1")
	for range ordinarySlots {
		s.c.ordinary.slots <- struct{}{}
	}
	s.c.ordinary.waiting.Store(ordinaryWaiting)
	rs := tm.Make(record.Ordinary, 1, "a.b", "", `{}`)
	body := wire.EncodeRecords(rs, wire.Newest)
	raw, _ := json.Marshal(tm.Head(record.Ordinary, record.Hash{}, rs))
	resp, _, err := tm.Post(context.Background(), string(raw), wire.Sign(tm.Key, wire.PurposeUp, raw, body), bytes.NewReader(body))
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("a full lane: %v, %v", resp, err)
	}
	expect(t, tm.Send(record.Urgent, record.Hash{}, tm.Make(record.Urgent, 1, "a.b", "", `{}`)), wire.OK, 1)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, nil), wire.OK, 0) // it only asks
	for range ordinarySlots {
		<-s.c.ordinary.slots
	}
	s.c.ordinary.waiting.Store(0)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, rs), wire.OK, 1)
}

func TestEnrolment(t *testing.T) { onBoth(t, testEnrolment) }

func testEnrolment(t *testing.T) {
	s := serve(t, Options{CodeLife: time.Hour})
	ctx := context.Background()
	code, _, err := s.c.MakeCode(ctx, "test", "gate-1", "school-1")
	if err != nil {
		t.Fatal(err)
	}
	key := centertest.NewKey(t)
	good := centertest.Request(t, "gate-1", "school-1", code, key)
	for name, c := range map[string]struct {
		change func(q *wire.EnrolRequest)
		status int
		reason wire.EnrolReason
	}{
		"wrong code":       {func(q *wire.EnrolRequest) { q.Code = "AAAAA-AAAAA" }, 403, wire.EnrolBadCode},
		"no code":          {func(q *wire.EnrolRequest) { q.Code = "" }, 403, wire.EnrolBadCode},
		"another site":     {func(q *wire.EnrolRequest) { q.Site = "school-2" }, 403, wire.EnrolBadSite},
		"another terminal": {func(q *wire.EnrolRequest) { *q = centertest.Request(t, "gate-2", "school-1", code, key) }, 403, wire.EnrolBadCode},
		"another key":      {func(q *wire.EnrolRequest) { q.PublicKey = centertest.NewKey(t).Public().(ed25519.PublicKey) }, 400, wire.EnrolBadKey},
		"another name":     {func(q *wire.EnrolRequest) { q.CSR = centertest.Request(t, "other", "school-1", code, key).CSR }, 400, wire.EnrolBadKey},
		"no request":       {func(q *wire.EnrolRequest) { q.CSR = "-----BEGIN NONSENSE-----" }, 400, wire.EnrolBadKey},
		"evil name":        {func(q *wire.EnrolRequest) { q.Terminal = "center/school-1" }, 403, wire.EnrolBadSite},
		"epoch":            {func(q *wire.EnrolRequest) { q.Epoch = -1 }, 400, wire.EnrolBadKey},
	} {
		t.Run(name, func(t *testing.T) {
			q := good
			c.change(&q)
			status, body := s.postEnrol(q)
			var no wire.EnrolRefusal
			if err := json.Unmarshal(body, &no); err != nil || status != c.status || no.Reason != c.reason || no.Hint == "" {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	good.Code = strings.ToLower(strings.ReplaceAll(code, "-", " ")) // as people type it
	good.Epoch = 6
	status, first := s.postEnrol(good)
	var resp wire.EnrolResponse
	if err := json.Unmarshal(first, &resp); err != nil || status != 200 || resp.Epoch != 7 || resp.Site != "school-1" {
		t.Fatalf("%d %s", status, first)
	}
	block, _ := pem.Decode([]byte(resp.Certificate))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: s.c.ca.Pool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if _, again := s.postEnrol(good); !bytes.Equal(first, again) {
		t.Error("the same code and key got another answer")
	}
	if status, _ := s.postEnrol(centertest.Request(t, "gate-1", "school-1", code, centertest.NewKey(t))); status != 403 {
		t.Errorf("a used code with another key: %d", status)
	}
	if tm := s.enrol("gate-1", "school-1"); tm.Epoch <= 7 {
		t.Errorf("enrolled anew in epoch %d", tm.Epoch)
	}
}

func TestExpiredCode(t *testing.T) { onBoth(t, testExpiredCode) }

func testExpiredCode(t *testing.T) {
	s := serve(t, Options{CodeLife: time.Nanosecond})
	code, _, err := s.c.MakeCode(context.Background(), "test", "gate-1", "school-1")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := s.postEnrol(centertest.Request(t, "gate-1", "school-1", code, centertest.NewKey(t))); status != 403 {
		t.Errorf("%d %s", status, body)
	}
}

func TestGuessingCodesIsHopeless(t *testing.T) { onBoth(t, testGuessingCodesIsHopeless) }

func testGuessingCodesIsHopeless(t *testing.T) {
	s := serve(t, Options{})
	key := centertest.NewKey(t)
	q := centertest.Request(t, "gate-1", "school-1", "AAAAA-AAAAA", key)
	for range guardFrom {
		s.postEnrol(q)
	}
	code, _, err := s.c.MakeCode(context.Background(), "test", "gate-1", "school-1")
	if err != nil {
		t.Fatal(err)
	}
	q.Code = code
	if status, body := s.postEnrol(q); status != http.StatusTooManyRequests || !strings.Contains(string(body), string(wire.EnrolTooMany)) {
		t.Errorf("%d %s", status, body)
	}
}

func TestRevokedTerminalNeedsANewCode(t *testing.T) { onBoth(t, testRevokedTerminalNeedsANewCode) }

func testRevokedTerminalNeedsANewCode(t *testing.T) {
	s := serve(t, Options{})
	ctx := context.Background()
	made, _, err := s.c.MakeCode(ctx, "test", "gate-1", "school-1")
	if err != nil {
		t.Fatal(err)
	}
	unused, _, err := s.c.MakeCode(ctx, "test", "gate-1", "school-1")
	if err != nil {
		t.Fatal(err)
	}
	key := centertest.NewKey(t)
	centertest.Enrol(t, s.url, s.c.ca.Pool(), "gate-1", "school-1", made, key)
	if err := s.c.SetState(ctx, "admin", "gate-1", store.Active); err == nil {
		t.Error("a terminal became active without enrolling")
	}
	if err := s.c.SetState(ctx, "admin", "gate-1", store.Revoked); err != nil {
		t.Fatal(err)
	}
	for code, reason := range map[string]wire.EnrolReason{made: wire.EnrolInactive, unused: wire.EnrolBadCode} {
		if status, body := s.postEnrol(centertest.Request(t, "gate-1", "school-1", code, key)); status != 403 || !strings.Contains(string(body), `"`+string(reason)+`"`) {
			t.Errorf("an older code: %d %s", status, body)
		}
	}
	tm := s.enrol("gate-1", "school-1")
	expect(t, tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "a.b", "", `{}`)), wire.OK, 1)
}

func TestAuthorityRefusesToGuess(t *testing.T) {
	for name, harm := range map[string]func(dir string) error{
		"a damaged certificate": func(dir string) error { return os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("x"), 0o600) },
		"a damaged key":         func(dir string) error { return os.WriteFile(filepath.Join(dir, "ca-key.pem"), []byte("x"), 0o600) },
		"another's key":         func(dir string) error { return os.Remove(filepath.Join(dir, "ca-key.pem")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := openAuthority(dir, time.Now()); err != nil {
				t.Fatal(err)
			}
			if err := harm(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := openAuthority(dir, time.Now()); err == nil || !strings.Contains(err.Error(), "backup") {
				t.Errorf("it went on: %v", err)
			}
		})
	}
}
