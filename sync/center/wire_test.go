package center

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// site is a center that listens, as a test sees it.
type site struct {
	t      testing.TB
	c      *Center
	url    string
	server *http.Server
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve opens the center of a directory and listens. It is closed with the test,
// or by close.
func serve(t testing.TB, opt Options) *site {
	t.Helper()
	if opt.Dir == "" {
		opt.Dir = t.TempDir()
	}
	if opt.Log == nil {
		opt.Log = discard()
	}
	c, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := c.Authority().Server(c.now(), "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, c: c, url: "https://" + l.Addr().String(), server: c.NewServer(c.Handler(), cert)}
	go s.server.ServeTLS(l, "", "")
	t.Cleanup(s.close)
	return s
}

func (s *site) close() {
	if s.c == nil {
		return
	}
	s.server.Close()
	if err := s.c.Close(); err != nil {
		s.t.Errorf("close the center: %v", err)
	}
	s.c = nil
}

// terminal is a terminal as the wire sees it: a key, a certificate, chains.
type terminal struct {
	t     testing.TB
	id    string
	url   string
	key   ed25519.PrivateKey
	cert  tls.Certificate
	epoch int64
	sign  ed25519.PublicKey // the center's
	http  *http.Client
	heads map[record.Lane]record.Record // the last record made, per lane
}

func enrolRequest(t testing.TB, id, site, code string, key ed25519.PrivateKey) wire.EnrolRequest {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: id}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return wire.EnrolRequest{Terminal: id, Site: site, Place: "第一小学 东门", Code: code, PublicKey: key.Public().(ed25519.PublicKey),
		CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))}
}

// postEnrol sends an enrolment and returns the status and the raw answer.
func (s *site) postEnrol(q wire.EnrolRequest) (int, []byte) {
	s.t.Helper()
	b, err := json.Marshal(q)
	if err != nil {
		s.t.Fatal(err)
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.c.ca.Pool()}}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Post(s.url+wire.PathEnrol, "application/json", bytes.NewReader(b))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, body
}

// enrol lets a new terminal in.
func (s *site) enrol(id, siteID string) *terminal {
	s.t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.enrolKey(id, siteID, key)
}

func (s *site) enrolKey(id, siteID string, key ed25519.PrivateKey) *terminal {
	s.t.Helper()
	code, _, err := s.c.MakeCode(context.Background(), "test", id, siteID)
	if err != nil {
		s.t.Fatal(err)
	}
	status, body := s.postEnrol(enrolRequest(s.t, id, siteID, code, key))
	if status != http.StatusOK {
		s.t.Fatalf("enrol: %d %s", status, body)
	}
	var resp wire.EnrolResponse
	if err := json.Unmarshal(body, &resp); err != nil {
		s.t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(resp.Certificate))
	tm := &terminal{t: s.t, id: id, url: s.url, key: key, epoch: resp.Epoch, sign: resp.CenterKey,
		cert:  tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key},
		heads: map[record.Lane]record.Record{}}
	tm.http = client(s.c.ca.Pool(), tm.cert)
	s.t.Cleanup(tm.http.CloseIdleConnections)
	return tm
}

func client(roots *x509.CertPool, certs ...tls.Certificate) *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: certs}, MaxIdleConnsPerHost: 8,
	}}
}

// clone is the same terminal with its history as it is now, as a copied disk has it.
func (tm *terminal) clone() *terminal {
	c := *tm
	c.heads = map[record.Lane]record.Record{}
	for l, r := range tm.heads {
		c.heads[l] = r
	}
	return &c
}

// make makes n records on a lane, chained to the ones before.
func (tm *terminal) make(l record.Lane, n int, kind, key, body string) []record.Record {
	rs := make([]record.Record, n)
	chain := record.Chain{Terminal: tm.id, Epoch: tm.epoch, Lane: l}
	last := tm.heads[l]
	for i := range rs {
		rs[i] = record.Record{Seq: last.Seq + 1, ID: uuid.Must(uuid.NewV7()), Kind: kind, Version: 1, Key: key, Body: []byte(body)}
		rs[i].Hash = chain.Next(last.Hash, &rs[i])
		last = rs[i]
	}
	tm.heads[l] = last
	return rs
}

// head is the head of a batch of these records; prev is the hash before the first.
func (tm *terminal) head(l record.Lane, prev record.Hash, rs []record.Record) wire.Head {
	h := wire.Head{Terminal: tm.id, Epoch: tm.epoch, Lane: l, First: 1, Count: len(rs), Prev: prev[:], SentAt: time.Now(),
		Health: wire.Health{Unsent: int64(len(rs)), Version: "test"}}
	if len(rs) > 0 {
		h.First = rs[0].Seq
	}
	return h
}

// send sends records that follow prev and returns the verified acknowledgement.
func (tm *terminal) send(l record.Lane, prev record.Hash, rs []record.Record) wire.Ack {
	tm.t.Helper()
	ack, err := tm.trySend(context.Background(), tm.head(l, prev, rs), wire.EncodeRecords(rs))
	if err != nil {
		tm.t.Fatal(err)
	}
	return ack
}

func (tm *terminal) trySend(ctx context.Context, h wire.Head, body []byte) (ack wire.Ack, err error) {
	raw, err := json.Marshal(h)
	if err != nil {
		return ack, err
	}
	resp, answer, err := tm.post(ctx, string(raw), wire.Sign(tm.key, wire.PurposeUp, raw, body), bytes.NewReader(body))
	if err != nil {
		return ack, err
	}
	if err := wire.Verify(tm.sign, wire.PurposeAck, nil, answer, resp.Header.Get(wire.HeaderSignature)); err != nil {
		return ack, fmt.Errorf("status %d %q: %w", resp.StatusCode, answer, err)
	}
	if err := json.Unmarshal(answer, &ack); err != nil {
		return ack, err
	}
	if want := wire.StatusOf(ack.Code); resp.StatusCode != want {
		return ack, fmt.Errorf("%s came with status %d, not %d", ack.Code, resp.StatusCode, want)
	}
	return ack, nil
}

func (tm *terminal) post(ctx context.Context, head, signature string, body io.Reader) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, tm.url+wire.PathUp, body)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set(wire.HeaderHead, head)
	req.Header.Set(wire.HeaderSignature, signature)
	resp, err := tm.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp, answer, err
}

// feed asks for a page of a feed.
func (tm *terminal) feed(name string, after uint64, wait int) (wire.FeedPage, int) {
	tm.t.Helper()
	resp, err := tm.http.Get(fmt.Sprintf("%s%s%s?after=%d&wait=%d", tm.url, wire.PathFeed, name, after, wait))
	if err != nil {
		tm.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tm.t.Fatal(err)
	}
	var page wire.FeedPage
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusGone {
		if err := wire.Verify(tm.sign, wire.PurposeFeed, nil, body, resp.Header.Get(wire.HeaderSignature)); err != nil {
			tm.t.Fatal(err)
		}
		if err := json.Unmarshal(body, &page); err != nil {
			tm.t.Fatal(err)
		}
	}
	return page, resp.StatusCode
}
