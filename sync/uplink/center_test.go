package uplink

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestMain lets the codec make its workers outside of any synctest bubble.
func TestMain(m *testing.M) {
	rs := []record.Record{{Seq: 1, Kind: "k", Version: 1}}
	if _, err := wire.DecodeRecords(wire.EncodeRecords(rs, wire.Newest), wire.Head{First: 1, Count: 1, Format: wire.Newest}); !errors.Is(err, wire.ErrChain) {
		panic(err)
	}
	os.Exit(m.Run())
}

// center is the other end as the protocol describes it, in memory, behind real
// TLS over pipes, so that a test in a synctest bubble needs no real time.
type center struct {
	t      testing.TB
	caKey  ed25519.PrivateKey
	caCert *x509.Certificate
	caPEM  []byte
	key    ed25519.PrivateKey // signs acks
	server *http.Server
	conns  *pipes
	tls    *tls.Config

	mu          sync.Mutex
	devices     map[string]ed25519.PublicKey
	chains      map[record.Chain][]record.Record
	incarnation string
	heads       []wire.Head // of every batch that was verified
	// hook may answer a batch in place of the center; it returns false to leave it to it.
	hook func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool
	// alter may change an ack before it is signed.
	alter func(*wire.Ack)
	// sign replaces the key that acks are signed with.
	sign   ed25519.PrivateKey
	codes  map[string]bool
	refuse *wire.EnrolRefusal
	epoch  int64 // given at enrolment
	// renews lets the center renew certificates; renewed counts those.
	renews  bool
	renewed int
	// serials are of the client certificates that batches came with.
	serials map[string]int
	approve bool // applications
}

func newCenter(t testing.TB) *center {
	t.Helper()
	c := &center{t: t, devices: map[string]ed25519.PublicKey{}, chains: map[record.Chain][]record.Record{},
		incarnation: "first", codes: map[string]bool{"123456": true}, epoch: 1, conns: newPipes()}
	_, c.caKey, _ = ed25519.GenerateKey(rand.Reader)
	_, c.key, _ = ed25519.GenerateKey(rand.Reader)
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "district"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * time.Hour)}
	c.caCert, c.caPEM = c.issue(ca, ca, c.caKey.Public())
	_, serverKey, _ := ed25519.GenerateKey(rand.Reader)
	cert, _ := c.issue(&x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{"center.example"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter}, c.caCert, serverKey.Public())
	pool := x509.NewCertPool()
	pool.AddCert(c.caCert)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+wire.PathUp, c.up)
	mux.HandleFunc("POST "+wire.PathEnrol, c.enrol)
	mux.HandleFunc("POST "+wire.PathRenew, c.renew)
	c.server = &http.Server{Handler: mux, ErrorLog: log.New(io.Discard, "", 0)}
	c.tls = &tls.Config{MinVersion: tls.VersionTLS13, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool,
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: serverKey}}}
	go c.server.Serve(c.listenTLS(c.conns))
	t.Cleanup(func() { c.server.Close() })
	return c
}

func (c *center) listenTLS(l net.Listener) net.Listener { return tls.NewListener(l, c.tls) }

func (c *center) issue(template, parent *x509.Certificate, pub any) (*x509.Certificate, []byte) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, c.caKey)
	if err != nil {
		c.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		c.t.Fatal(err)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func (c *center) enrol(w http.ResponseWriter, r *http.Request) {
	var q wire.EnrolRequest
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	block, _ := pem.Decode([]byte(q.CSR))
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || csr.CheckSignature() != nil || csr.Subject.CommonName != q.Terminal || !csr.PublicKey.(ed25519.PublicKey).Equal(ed25519.PublicKey(q.PublicKey)) {
		c.t.Errorf("the certificate request does not hold: %v", err)
	}
	if len(q.Nonce) > 0 && c.refuse == nil && !c.approve {
		w.WriteHeader(http.StatusAccepted)
		json.NewEncoder(w).Encode(wire.EnrolRefusal{Reason: wire.EnrolWaiting})
		return
	}
	if c.refuse != nil || len(q.Nonce) == 0 && !c.codes[q.Code] {
		no := wire.EnrolRefusal{Reason: wire.EnrolBadCode}
		if c.refuse != nil {
			no = *c.refuse
		}
		w.WriteHeader(http.StatusForbidden)
		json.NewEncoder(w).Encode(no)
		return
	}
	c.devices[q.Terminal] = q.PublicKey
	until := time.Now().Add(24 * time.Hour)
	_, cert := c.issue(&x509.Certificate{SerialNumber: big.NewInt(3), Subject: csr.Subject, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, c.caCert, csr.PublicKey)
	json.NewEncoder(w).Encode(wire.EnrolResponse{Certificate: string(cert), CA: string(c.caPEM), CenterKey: c.key.Public().(ed25519.PublicKey),
		Site: q.Site, Epoch: q.Epoch + c.epoch, NotAfter: until})
}

func (c *center) renew(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || !c.renews {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var q wire.RenewRequest
	if err := json.Unmarshal(body, &q); err != nil {
		c.t.Error(err)
	}
	if err := wire.Verify(c.devices[q.Terminal], wire.PurposeRenew, nil, body, r.Header.Get(wire.HeaderSignature)); err != nil {
		c.t.Error(err)
	}
	block, _ := pem.Decode([]byte(q.CSR))
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		c.t.Error(err)
	}
	c.renewed++
	until := time.Now().Add(24 * time.Hour)
	_, cert := c.issue(&x509.Certificate{SerialNumber: big.NewInt(100 + int64(c.renewed)), Subject: csr.Subject, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, c.caCert, csr.PublicKey)
	b, err := json.Marshal(wire.RenewResponse{Certificate: string(cert), NotAfter: until})
	if err != nil {
		c.t.Error(err)
	}
	w.Header().Set(wire.HeaderSignature, wire.Sign(c.key, wire.PurposeRenewed, nil, b))
	w.Write(b)
}

func (c *center) up(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	head := []byte(r.Header.Get(wire.HeaderHead))
	var h wire.Head
	if err := json.Unmarshal(head, &h); err != nil || len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != h.Terminal {
		c.t.Errorf("a batch without identity: %v", err)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := wire.Verify(c.devices[h.Terminal], wire.PurposeUp, head, body, r.Header.Get(wire.HeaderSignature)); err != nil {
		c.t.Error(err)
	}
	rs, err := wire.DecodeRecords(body, h)
	if err != nil {
		c.t.Error(err)
	}
	c.heads = append(c.heads, h)
	if c.serials == nil {
		c.serials = map[string]int{}
	}
	c.serials[r.TLS.PeerCertificates[0].SerialNumber.String()]++
	if c.hook != nil && c.hook(w, h, rs) {
		return
	}
	c.answer(w, c.take(h, rs))
}

// take is the verdict on a batch, by the book.
func (c *center) take(h wire.Head, rs []record.Record) wire.Ack {
	name := record.Chain{Terminal: h.Terminal, Epoch: h.Epoch, Lane: h.Lane}
	have := c.chains[name]
	verdict := func(code wire.Code) wire.Ack {
		a := wire.Ack{Terminal: h.Terminal, Epoch: h.Epoch, Lane: h.Lane, Code: code, Incarnation: c.incarnation, Now: time.Now(), Formats: wire.Newest,
			CommittedSeq: int64(len(c.chains[name])), CommittedHash: make([]byte, 32), SafeSeq: int64(len(c.chains[name]))}
		if have := c.chains[name]; len(have) > 0 {
			a.CommittedHash = slices.Clone(have[len(have)-1].Hash[:])
		}
		return a
	}
	if h.First > int64(len(have))+1 {
		return verdict(wire.Gap)
	}
	prev := record.Hash{}
	if h.First > 1 {
		prev = have[h.First-2].Hash
	}
	if h.Count > 0 && string(prev[:]) != string(h.Prev) {
		return verdict(wire.Fork)
	}
	for i := range rs {
		if name.Next(prev, &rs[i]) != rs[i].Hash {
			return verdict(wire.Chain)
		}
		prev = rs[i].Hash
		if rs[i].Seq <= int64(len(have)) {
			if have[rs[i].Seq-1].Hash != rs[i].Hash {
				return verdict(wire.Fork)
			}
			continue
		}
		c.chains[name] = append(c.chains[name], rs[i])
	}
	return verdict(wire.OK)
}

func (c *center) answer(w http.ResponseWriter, a wire.Ack) {
	if c.alter != nil {
		c.alter(&a)
	}
	key := c.key
	if c.sign != nil {
		key = c.sign
	}
	b, err := json.Marshal(a)
	if err != nil {
		c.t.Error(err)
	}
	w.Header().Set(wire.HeaderSignature, wire.Sign(key, wire.PurposeAck, nil, b))
	w.WriteHeader(wire.StatusOf(a.Code))
	w.Write(b)
}

// bare answers with a status alone.
func bare(w http.ResponseWriter, status, retryAfter int) {
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
	}
	w.WriteHeader(status)
}

func (c *center) do(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// received counts the records of all chains, each of which is whole and unique.
func (c *center) received() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	seen := map[string]bool{}
	for name, rs := range c.chains {
		prev := record.Hash{}
		for i := range rs {
			if seen[rs[i].ID.String()] || name.Next(prev, &rs[i]) != rs[i].Hash {
				c.t.Errorf("%+v record %d came twice or does not hold", name, rs[i].Seq)
			}
			seen[rs[i].ID.String()] = true
			prev = rs[i].Hash
		}
		n += len(rs)
	}
	return n
}

func (c *center) batches() []wire.Head {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.heads)
}

// pipes is a network of one listener. Cut, it refuses and breaks connections.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	cut  bool
	open []net.Conn
}

func newPipes() *pipes { return &pipes{accept: make(chan net.Conn), closed: make(chan struct{})} }

var errCut = errors.New("the cable is cut")

func (p *pipes) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		return nil, errCut
	}
	a, x := net.Pipe()
	y, b := net.Pipe()
	// Between the two ends something is under way, as on a real line: neither
	// waits for the other to read.
	go relay(x, y)
	go relay(y, x)
	select {
	case p.accept <- b:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.open = append(p.open, a, b)
	return a, nil
}

func relay(from, to net.Conn) {
	io.Copy(to, from)
	to.Close()
	from.Close()
}

func (p *pipes) setCut(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	if cut {
		for _, c := range p.open {
			c.Close()
		}
		p.open = nil
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// rig is a terminal enrolled at a center, its uplink not yet running.
type rig struct {
	t      *testing.T
	center *center
	j      *journal.Journal
	path   string
	u      *Uplink
	id     *Identity
	stop   func() error
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	r := &rig{t: t, center: newCenter(t), path: filepath.Join(t.TempDir(), "journal.db")}
	id, err := Enrol(t.Context(), Enrolment{Dir: filepath.Join(t.TempDir(), "identity"), URL: "https://center.example", CA: r.center.caPEM,
		Terminal: "gate-1", Site: "school-1", Code: "123456", Dial: r.center.conns.Dial})
	if err != nil {
		t.Fatal(err)
	}
	r.id = id
	r.openJournal()
	r.start(change...)
	return r
}

func (r *rig) openJournal() {
	r.t.Helper()
	j, err := journal.Open(r.t.Context(), r.path, journal.Options{Terminal: "gate-1", Log: slog.New(slog.DiscardHandler),
		MinFree: -1, Reserve: -1, Retention: -1, TidyEvery: 1000 * time.Hour})
	if err != nil {
		r.t.Fatal(err)
	}
	r.j = j
	r.t.Cleanup(func() { j.Close() })
}

// start runs an uplink until the test ends or stop is called.
func (r *rig) start(change ...func(*Options)) {
	r.t.Helper()
	o := Options{URL: "https://center.example", Identity: r.id, Journal: r.j, Dial: r.center.conns.Dial, Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&o)
	}
	var err error
	if r.u, err = New(o); err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.u.Run(ctx) }()
	r.stop = sync.OnceValue(func() error { cancel(); return <-done })
	r.t.Cleanup(func() { r.stop() })
}

func (r *rig) append(n int, l record.Lane) {
	r.t.Helper()
	for range n {
		if _, err := r.j.Append(r.t.Context(), journal.Entry{Lane: l, Kind: "gate.pass", Version: 1, Body: []byte(`{"n":1}`)}); err != nil {
			r.t.Fatal(err)
		}
	}
}
