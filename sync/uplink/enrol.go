package uplink

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
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/luohu/ting/sync/wire"
)

// Enrolment says who wants to enrol, where, and with which code.
type Enrolment struct {
	Dir      string // where the identity is kept; made if missing
	URL      string // of the center, https
	CA       []byte // PEM: the district's CA, which must vouch for the center
	Terminal string
	Site     string
	Place    string // for people
	Code     string // one-time, from the console
	Epoch    int64  // the journal's
	// Dial replaces the network; nil is TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// RefusedError is the center's refusal to enrol a terminal.
type RefusedError struct {
	Status int
	wire.EnrolRefusal
}

// Error says why, and what to do.
func (e *RefusedError) Error() string {
	what := map[wire.EnrolReason]string{
		wire.EnrolBadCode:  "the code is unknown, used or expired: ask for a new one in the console",
		wire.EnrolBadKey:   "the key does not hold: remove device.key and try again",
		wire.EnrolBadSite:  "the site is not the one the code was made for: compare terminal.site with the console",
		wire.EnrolInactive: "this terminal was revoked: an administrator must admit it again",
		wire.EnrolTooMany:  "too many wrong codes were tried: wait some minutes",
		wire.EnrolRefused:  "an administrator does not want it",
	}[e.Reason]
	if what == "" {
		what = fmt.Sprintf("status %d %s", e.Status, e.Reason)
	}
	if e.Hint != "" {
		what += " (" + e.Hint + ")"
	}
	return "the center refused to enrol this terminal: " + what
}

// Enrol makes the terminal's key if it has none, has the center certify it, and
// stores the identity durably in e.Dir. After a lost answer it may be called
// again with the same code. The caller then raises the journal's epoch to
// Identity.Epoch; Uplink.Run does so too if the caller did not come to it.
func Enrol(ctx context.Context, e Enrolment) (*Identity, error) {
	id, err := enrol(ctx, e)
	if err != nil {
		return nil, fmt.Errorf("enrol %s: %w", e.Terminal, err)
	}
	return id, nil
}

func enrol(ctx context.Context, e Enrolment) (*Identity, error) {
	a, err := NewApplicant(e)
	if err != nil {
		return nil, err
	}
	a.nonce = nil
	return a.ask(ctx)
}

// Applicant is a terminal without a code that wants to be let in. It shows what
// names it, and asks until an administrator has decided.
type Applicant struct {
	e     Enrolment
	base  *url.URL
	roots *x509.CertPool
	key   ed25519.PrivateKey
	nonce []byte
}

// ErrWaiting is returned while no administrator has decided.
var ErrWaiting = errors.New("an administrator must approve this terminal in the console: compare the six digits on its screen")

// NewApplicant makes the terminal's key if it has none. e.Code is not needed.
func NewApplicant(e Enrolment) (*Applicant, error) {
	a := &Applicant{e: e, roots: x509.NewCertPool(), nonce: make([]byte, wire.NonceBytes)}
	var err error
	if a.base, err = centerURL(e.URL); err != nil {
		return nil, err
	}
	if !a.roots.AppendCertsFromPEM(e.CA) {
		return nil, errors.New("the district's CA file holds no certificate")
	}
	if err := os.MkdirAll(e.Dir, 0o700); err != nil {
		return nil, err
	}
	if _, err := rand.Read(a.nonce); err != nil {
		return nil, err
	}
	a.key, err = deviceKey(filepath.Join(e.Dir, keyFile))
	return a, err
}

// QR is what the terminal's QR code holds: the console's page for this terminal.
// Only the screen may show it.
func (a *Applicant) QR() string {
	return wire.ApplicationURL(a.base.Scheme+"://"+a.base.Host, a.public(), a.nonce)
}

// Digits are shown beside the QR code, for who cannot scan it.
func (a *Applicant) Digits() string { return wire.ApplicationDigits(a.public(), a.nonce) }

func (a *Applicant) public() ed25519.PublicKey { return a.key.Public().(ed25519.PublicKey) }

// Ask asks once. It returns ErrWaiting until somebody has decided, and then the
// identity, stored durably, or a *RefusedError; a new Applicant may then try again.
func (a *Applicant) Ask(ctx context.Context) (*Identity, error) {
	id, err := a.ask(ctx)
	var no *RefusedError
	if errors.As(err, &no) && no.Reason == wire.EnrolWaiting {
		return nil, ErrWaiting
	}
	if err != nil {
		return nil, fmt.Errorf("apply as %s: %w", a.e.Terminal, err)
	}
	return id, nil
}

func (a *Applicant) ask(ctx context.Context) (*Identity, error) {
	csr, err := signingRequest(a.e.Terminal, a.key)
	if err != nil {
		return nil, err
	}
	q := wire.EnrolRequest{Terminal: a.e.Terminal, Site: a.e.Site, Place: a.e.Place, Code: a.e.Code, Epoch: a.e.Epoch,
		CSR: csr, PublicKey: a.public()}
	if a.nonce != nil {
		q.Code, q.Nonce = "", a.nonce
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	transport := newTransport(&tls.Config{MinVersion: tls.VersionTLS13, RootCAs: a.roots}, a.e.Dial)
	defer transport.CloseIdleConnections()
	answer, err := askToEnrol(ctx, transport, a.base.JoinPath(wire.PathEnrol), body)
	if err != nil {
		return nil, err
	}
	return store(a.e, a.key, answer)
}

// signingRequest asks for a certificate, PEM.
func signingRequest(terminal string, key ed25519.PrivateKey) (string, error) {
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: terminal}}, key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr})), err
}

func centerURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("center URL %q: https://host[:port] is needed", s)
	}
	return u, nil
}

// deviceKey reads the terminal's key, or makes it.
func deviceKey(path string) (ed25519.PrivateKey, error) {
	key, err := readKey(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	_, key, err = ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writeDurably(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func askToEnrol(ctx context.Context, rt http.RoundTripper, u *url.URL, ask []byte) (a wire.EnrolResponse, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(ask))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return a, explain(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return a, explain(err)
	}
	if resp.StatusCode != http.StatusOK {
		refused := &RefusedError{Status: resp.StatusCode}
		if json.Unmarshal(b, &refused.EnrolRefusal) != nil {
			refused.EnrolRefusal = wire.EnrolRefusal{}
		}
		return a, refused
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("the center's answer cannot be read: %w", err)
	}
	return a, nil
}

// store checks the answer whole before it replaces anything.
func store(e Enrolment, key ed25519.PrivateKey, a wire.EnrolResponse) (*Identity, error) {
	cert, err := certificateFor(key, []byte(a.Certificate))
	if err != nil {
		return nil, fmt.Errorf("the center's answer is no use: %w", err)
	}
	roots := x509.NewCertPool()
	switch {
	case !roots.AppendCertsFromPEM([]byte(a.CA)):
		return nil, errors.New("the center's answer has no CA certificate")
	case len(a.CenterKey) != ed25519.PublicKeySize:
		return nil, errors.New("the center's answer has no key to verify it by")
	case a.Epoch <= e.Epoch:
		return nil, fmt.Errorf("the center gave epoch %d, this terminal has used %d", a.Epoch, e.Epoch)
	}
	enrolled, err := json.Marshal(enrolment{Terminal: e.Terminal, Site: a.Site, Role: a.Role, Epoch: a.Epoch, CenterKey: a.CenterKey})
	if err != nil {
		return nil, err
	}
	// A new certificate beside an old enrolment.json is of the same key, and so
	// still one identity should the power go now.
	for _, f := range []struct {
		name    string
		content []byte
	}{
		{certificateFile, []byte(a.Certificate)}, {caFile, []byte(a.CA)}, {enrolmentFile, append(enrolled, '\n')},
	} {
		if err := writeDurably(filepath.Join(e.Dir, f.name), f.content); err != nil {
			return nil, fmt.Errorf("store the identity: %w", err)
		}
	}
	id := &Identity{Terminal: e.Terminal, Site: a.Site, Role: a.Role, Epoch: a.Epoch, Key: key, CA: roots, Center: a.CenterKey, dir: e.Dir}
	id.certificate.Store(&cert)
	return id, nil
}
