package uplink

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// The files of an identity in its directory. All are 0600; the last written,
// enrolment.json, makes them one.
const (
	keyFile         = "device.key"     // PKCS #8, PEM
	certificateFile = "device.crt"     // PEM
	caFile          = "ca.crt"         // PEM
	enrolmentFile   = "enrolment.json" // see enrolment
)

// ErrNotEnrolled is returned by LoadIdentity when there is no identity yet.
var ErrNotEnrolled = errors.New("this terminal is not enrolled at the center")

// Identity is what a terminal has after its enrolment. Its certificate is renewed by
// the Uplink; whoever uses TLS goes on with the newer one.
type Identity struct {
	Terminal string
	Site     string
	Role     string             // what the administrator says it is for
	Epoch    int64              // that the center gave at enrolment
	Key      ed25519.PrivateKey // signs batches, and is the certificate's
	CA       *x509.CertPool
	Center   ed25519.PublicKey // signs acks and feed pages

	dir         string
	certificate atomic.Pointer[tls.Certificate]
}

// NotAfter is when the certificate ends. Then records wait, and all else goes on.
func (id *Identity) NotAfter() time.Time { return id.certificate.Load().Leaf.NotAfter }

// renewAt is when the certificate is to be renewed: at two thirds of its life.
func (id *Identity) renewAt() time.Time {
	leaf := id.certificate.Load().Leaf
	return leaf.NotAfter.Add(-leaf.NotAfter.Sub(leaf.NotBefore) / 3)
}

type enrolment struct {
	Terminal  string `json:"terminal"`
	Site      string `json:"site"`
	Role      string `json:"role,omitempty"`
	Epoch     int64  `json:"epoch"`
	CenterKey []byte `json:"center_key"`
}

// LoadIdentity reads what Enrol stored in dir. It returns ErrNotEnrolled when
// there is nothing, and another error when what is there does not fit together.
func LoadIdentity(dir string) (*Identity, error) {
	b, err := os.ReadFile(filepath.Join(dir, enrolmentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotEnrolled
	}
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	id, err := assemble(dir, b)
	if err != nil {
		return nil, fmt.Errorf("load identity from %s: %w; remove %s there and enrol again", dir, err, enrolmentFile)
	}
	return id, nil
}

func assemble(dir string, enrolled []byte) (*Identity, error) {
	var e enrolment
	dec := json.NewDecoder(bytes.NewReader(enrolled))
	if err := dec.Decode(&e); err != nil {
		return nil, fmt.Errorf("%s: %w", enrolmentFile, err)
	}
	if len(e.CenterKey) != ed25519.PublicKeySize || e.Terminal == "" || e.Epoch < 1 {
		return nil, fmt.Errorf("%s is incomplete", enrolmentFile)
	}
	key, err := readKey(filepath.Join(dir, keyFile))
	if err != nil {
		return nil, err
	}
	chain, err := os.ReadFile(filepath.Join(dir, certificateFile))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(filepath.Join(dir, caFile))
	if err != nil {
		return nil, err
	}
	id := &Identity{Terminal: e.Terminal, Site: e.Site, Role: e.Role, Epoch: e.Epoch, Key: key, Center: e.CenterKey, CA: x509.NewCertPool(), dir: dir}
	if !id.CA.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("%s holds no certificate", caFile)
	}
	cert, err := certificateFor(key, chain)
	if err != nil {
		return nil, err
	}
	id.certificate.Store(&cert)
	return id, nil
}

// certificateFor pairs a PEM certificate chain with its key.
func certificateFor(key ed25519.PrivateKey, chain []byte) (tls.Certificate, error) {
	c := tls.Certificate{PrivateKey: key}
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			c.Certificate = append(c.Certificate, block.Bytes)
		}
	}
	if len(c.Certificate) == 0 {
		return c, errors.New("there is no certificate")
	}
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		return c, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	if pub, ok := leaf.PublicKey.(ed25519.PublicKey); !ok || !pub.Equal(key.Public()) {
		return c, errors.New("the certificate is for another key")
	}
	c.Leaf = leaf
	return c, nil
}

// TLS is the configuration for connections to the center: TLS 1.3, the
// district's CA and no other, this terminal's newest certificate.
func (id *Identity) TLS() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: id.CA,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return id.certificate.Load(), nil }}
}

func readKey(path string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s is not PEM", filepath.Base(path))
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s is not an Ed25519 key", filepath.Base(path))
	}
	return key, nil
}

// writeDurably replaces a file whole, and returns when it is on disk.
func writeDurably(path string, content []byte) error {
	next := path + ".next"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		os.Remove(next)
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
