// Package centertest is a terminal as the wire sees it, for tests of a center:
// it makes chained records, sends them as it is told, rightly or wrongly, and
// checks every signature of the answers. It keeps nothing and retries nothing;
// the real terminal's end is sync/journal and sync/uplink.
package centertest

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
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// Terminal is an enrolled terminal.
type Terminal struct {
	T         testing.TB
	ID        string
	URL       string // of the center
	CA        *x509.CertPool
	Key       ed25519.PrivateKey
	Cert      tls.Certificate
	Epoch     int64
	CenterKey ed25519.PublicKey
	HTTP      *http.Client
	Heads     map[record.Lane]record.Record // the last record made, per lane
	Horizons  map[string]uint64             // of the snapshots that it is in the middle of, per feed
}

// NewKey makes a terminal's key.
func NewKey(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Request is an enrolment as it should be.
func Request(t testing.TB, id, site, code string, key ed25519.PrivateKey) wire.EnrolRequest {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: id}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return wire.EnrolRequest{Terminal: id, Site: site, Place: "第一小学 东门", Code: code, PublicKey: key.Public().(ed25519.PublicKey),
		CSR: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))}
}

// PostEnrol sends an enrolment and returns the status and the answer's body.
func PostEnrol(t testing.TB, url string, ca *x509.CertPool, q wire.EnrolRequest) (int, []byte) {
	t.Helper()
	b, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	c := Client(ca)
	defer c.CloseIdleConnections()
	resp, err := c.Post(url+wire.PathEnrol, "application/json", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// Enrol lets a terminal in with a code.
func Enrol(t testing.TB, url string, ca *x509.CertPool, id, site, code string, key ed25519.PrivateKey) *Terminal {
	t.Helper()
	status, body := PostEnrol(t, url, ca, Request(t, id, site, code, key))
	if status != http.StatusOK {
		t.Fatalf("enrol: %d %s", status, body)
	}
	var resp wire.EnrolResponse
	if err := json.Unmarshal(body, &resp); err != nil {
		t.Fatal(err)
	}
	return Admitted(t, url, ca, id, key, resp)
}

// Admitted is a terminal that was let in by this answer.
func Admitted(t testing.TB, url string, ca *x509.CertPool, id string, key ed25519.PrivateKey, resp wire.EnrolResponse) *Terminal {
	t.Helper()
	block, _ := pem.Decode([]byte(resp.Certificate))
	tm := &Terminal{T: t, ID: id, URL: url, CA: ca, Key: key, Epoch: resp.Epoch, CenterKey: resp.CenterKey,
		Cert:  tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key},
		Heads: map[record.Lane]record.Record{}, Horizons: map[string]uint64{}}
	tm.HTTP = Client(ca, tm.Cert)
	t.Cleanup(tm.HTTP.CloseIdleConnections)
	return tm
}

// Client is an HTTPS client that trusts roots and shows certs.
func Client(roots *x509.CertPool, certs ...tls.Certificate) *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: certs}, MaxIdleConnsPerHost: 8,
	}}
}

// Clone is the same terminal with its history as it is now, as a copied disk has it.
func (tm *Terminal) Clone() *Terminal {
	c := *tm
	c.Heads = map[record.Lane]record.Record{}
	maps.Copy(c.Heads, tm.Heads)
	c.Horizons = maps.Clone(tm.Horizons)
	return &c
}

// Make makes n records on a lane, chained to the ones before.
func (tm *Terminal) Make(l record.Lane, n int, kind, key, body string) []record.Record {
	rs := make([]record.Record, n)
	for i := range rs {
		rs[i] = tm.MakeVersion(l, kind, 1, key, body)
	}
	return rs
}

// MakeVersion makes one record whose shape is of a version.
func (tm *Terminal) MakeVersion(l record.Lane, kind string, version int, key, body string) record.Record {
	last := tm.Heads[l]
	r := record.Record{Seq: last.Seq + 1, ID: uuid.Must(uuid.NewV7()), Kind: kind, Version: version, Key: key, Body: []byte(body)}
	r.Hash = record.Chain{Terminal: tm.ID, Epoch: tm.Epoch, Lane: l}.Next(last.Hash, &r)
	tm.Heads[l] = r
	return r
}

// Head is the head of a batch of these records; prev is the hash before the first.
func (tm *Terminal) Head(l record.Lane, prev record.Hash, rs []record.Record) wire.Head {
	h := wire.Head{Terminal: tm.ID, Epoch: tm.Epoch, Lane: l, First: 1, Count: len(rs), Prev: prev[:], SentAt: time.Now(),
		Format: wire.Newest, Health: wire.Health{Unsent: int64(len(rs)), Version: "test"}}
	if len(rs) > 0 {
		h.First = rs[0].Seq
	}
	return h
}

// Send sends records that follow prev and returns the verified acknowledgement.
func (tm *Terminal) Send(l record.Lane, prev record.Hash, rs []record.Record) wire.Ack {
	tm.T.Helper()
	ack, err := tm.TrySend(context.Background(), tm.Head(l, prev, rs), wire.EncodeRecords(rs, wire.Newest))
	if err != nil {
		tm.T.Fatal(err)
	}
	return ack
}

// TrySend sends a head with a body, signed, and returns the acknowledgement when
// its signature and status hold.
func (tm *Terminal) TrySend(ctx context.Context, h wire.Head, body []byte) (ack wire.Ack, err error) {
	raw, err := wire.EncodeHead(h)
	if err != nil {
		return ack, err
	}
	resp, answer, err := tm.Post(ctx, string(raw), wire.Sign(tm.Key, wire.PurposeUp, raw, body), bytes.NewReader(body))
	if err != nil {
		return ack, err
	}
	defer resp.Body.Close() // Post has read it
	if err := wire.Verify(tm.CenterKey, wire.PurposeAck, nil, answer, resp.Header.Get(wire.HeaderSignature)); err != nil {
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

// Post sends whatever it is given as a batch.
func (tm *Terminal) Post(ctx context.Context, head, signature string, body io.Reader) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, tm.URL+wire.PathUp, body)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set(wire.HeaderHead, head)
	req.Header.Set(wire.HeaderSignature, signature)
	resp, err := tm.HTTP.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp, answer, err
}

// Renew asks for a newer certificate at a moment of the terminal's clock, and checks
// the answer's signature.
func (tm *Terminal) Renew(at time.Time) (resp wire.RenewResponse, status int) {
	tm.T.Helper()
	body, err := json.Marshal(wire.RenewRequest{Terminal: tm.ID, CSR: Request(tm.T, tm.ID, "", "", tm.Key).CSR, SentAt: at})
	if err != nil {
		tm.T.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, tm.URL+wire.PathRenew, bytes.NewReader(body))
	if err != nil {
		tm.T.Fatal(err)
	}
	req.Header.Set(wire.HeaderSignature, wire.Sign(tm.Key, wire.PurposeRenew, nil, body))
	answer, err := tm.HTTP.Do(req)
	if err != nil {
		tm.T.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		tm.T.Fatal(err)
	}
	if answer.StatusCode == http.StatusOK {
		if err := wire.Verify(tm.CenterKey, wire.PurposeRenewed, nil, b, answer.Header.Get(wire.HeaderSignature)); err != nil {
			tm.T.Fatal(err)
		}
		if err := json.Unmarshal(b, &resp); err != nil {
			tm.T.Fatal(err)
		}
	}
	return resp, answer.StatusCode
}

// Use has the terminal show a newer certificate, on new connections.
func (tm *Terminal) Use(resp wire.RenewResponse) {
	block, _ := pem.Decode([]byte(resp.Certificate))
	tm.Cert = tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: tm.Key}
	tm.HTTP.CloseIdleConnections()
	tm.HTTP = Client(tm.CA, tm.Cert)
	tm.T.Cleanup(tm.HTTP.CloseIdleConnections)
}

// Feed asks for a page of a feed.
func (tm *Terminal) Feed(name string, after uint64, wait int) (wire.FeedPage, int) {
	tm.T.Helper()
	query := fmt.Sprintf("?after=%d&wait=%d", after, wait)
	if h := tm.Horizons[name]; h > 0 {
		query += fmt.Sprintf("&snapshot=%d", h)
	}
	resp, err := tm.HTTP.Get(tm.URL + wire.PathFeed + name + query)
	if err != nil {
		tm.T.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tm.T.Fatal(err)
	}
	var page wire.FeedPage
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusGone {
		if err := wire.Verify(tm.CenterKey, wire.PurposeFeed, nil, body, resp.Header.Get(wire.HeaderSignature)); err != nil {
			tm.T.Fatal(err)
		}
		if err := json.Unmarshal(body, &page); err != nil {
			tm.T.Fatal(err)
		}
		if tm.Horizons[name] = page.Horizon; !page.More {
			delete(tm.Horizons, name)
		}
	}
	return page, resp.StatusCode
}
