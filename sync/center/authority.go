package center

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Authority is the district's own certificate authority: it vouches for the
// center before terminals and browsers, and for terminals before the center.
type Authority struct {
	dir  string
	cert *x509.Certificate
	pem  []byte
	key  crypto.Signer
}

const (
	authorityLife = 20 * 365 * 24 * time.Hour
	serverLife    = 397 * 24 * time.Hour
	// clockSlack lets a terminal in whose clock is behind.
	clockSlack = 24 * time.Hour
)

// openAuthority reads the authority of a directory, or makes it.
func openAuthority(dir string, now time.Time) (*Authority, error) {
	a := &Authority{dir: dir}
	var err error
	if a.key, err = openKey(filepath.Join(dir, "ca-key.pem"), newECKey); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "ca.pem")
	if a.pem, err = os.ReadFile(path); err == nil {
		block, _ := pem.Decode(a.pem)
		if block == nil {
			return nil, fmt.Errorf("%s is not a certificate: restore it from the backup", path)
		}
		if a.cert, err = x509.ParseCertificate(block.Bytes); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if pub, ok := a.cert.PublicKey.(*ecdsa.PublicKey); !ok || !pub.Equal(a.key.Public()) {
			return nil, fmt.Errorf("%s does not belong to ca-key.pem: restore both from the same backup", path)
		}
		return a, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "Ting district authority"},
		NotBefore:             now.Add(-clockSlack),
		NotAfter:              now.Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
	}
	der, err := sign(template, template, a.key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a, writeFile(path, a.pem, 0o644)
}

// PEM is the authority's certificate.
func (a *Authority) PEM() []byte { return bytes.Clone(a.pem) }

// Pool trusts this authority alone.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// IssueTerminal certifies a terminal's key. serial is the certificate's number,
// hexadecimal.
func (a *Authority) IssueTerminal(terminal string, key ed25519.PublicKey, notBefore, notAfter time.Time) (cert []byte, serial string, err error) {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: terminal},
		NotBefore:   notBefore,
		NotAfter:    notAfter,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := sign(template, a.cert, key, a.key)
	if err != nil {
		return nil, "", err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), template.SerialNumber.Text(16), nil
}

// Server is the center's own certificate for these host names and addresses,
// besides those of this machine. It is kept until it names too little or ends soon.
func (a *Authority) Server(now time.Time, hosts ...string) (tls.Certificate, error) {
	var out tls.Certificate
	key, err := openKey(filepath.Join(a.dir, "server-key.pem"), newECKey)
	if err != nil {
		return out, err
	}
	names, addresses := serverNames(hosts)
	path := filepath.Join(a.dir, "server.pem")
	var der []byte
	if b, err := os.ReadFile(path); err == nil {
		if block, _ := pem.Decode(b); block != nil && a.stillGood(block.Bytes, key, names, addresses, now) {
			der = block.Bytes
		}
	}
	if der == nil {
		der, err = sign(&x509.Certificate{
			Subject:     pkix.Name{CommonName: "Ting center"},
			NotBefore:   now.Add(-clockSlack),
			NotAfter:    now.Add(serverLife),
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
			DNSNames:    names,
			IPAddresses: addresses,
		}, a.cert, key.Public(), a.key)
		if err != nil {
			return out, err
		}
		if err := writeFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
			return out, err
		}
	}
	out.Certificate, out.PrivateKey = [][]byte{der, a.cert.Raw}, key
	out.Leaf, err = x509.ParseCertificate(der)
	return out, err
}

func (a *Authority) stillGood(der []byte, key crypto.Signer, names []string, addresses []net.IP, now time.Time) bool {
	cert, err := x509.ParseCertificate(der)
	if err != nil || cert.CheckSignatureFrom(a.cert) != nil || now.Add(30*24*time.Hour).After(cert.NotAfter) {
		return false
	}
	if pub, ok := cert.PublicKey.(*ecdsa.PublicKey); !ok || !pub.Equal(key.Public()) {
		return false
	}
	for _, n := range names {
		if !slices.Contains(cert.DNSNames, n) {
			return false
		}
	}
	for _, ip := range addresses {
		if !slices.ContainsFunc(cert.IPAddresses, ip.Equal) {
			return false
		}
	}
	return true
}

// serverNames adds to the hosts what this machine is called by itself.
func serverNames(hosts []string) (names []string, addresses []net.IP) {
	hosts = append([]string{"localhost", "127.0.0.1", "::1"}, hosts...)
	if h, err := os.Hostname(); err == nil {
		hosts = append(hosts, h)
	}
	if all, err := net.InterfaceAddrs(); err == nil {
		for _, addr := range all {
			if n, ok := addr.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
				hosts = append(hosts, n.IP.String())
			}
		}
	}
	for _, h := range hosts {
		ip := net.ParseIP(h)
		switch {
		case h == "" || ip != nil && ip.IsUnspecified():
		case ip == nil && !slices.Contains(names, h):
			names = append(names, h)
		case ip != nil && !slices.ContainsFunc(addresses, ip.Equal):
			addresses = append(addresses, ip)
		}
	}
	return names, addresses
}

func sign(template, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, parent, pub, key)
}

func newECKey() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// centerKeyFile holds the key that signs acknowledgements and feed pages.
const centerKeyFile = "center-key.pem"

func openSigningKey(path string) (ed25519.PrivateKey, error) {
	k, err := openKey(path, func() (crypto.Signer, error) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	})
	if err != nil {
		return nil, err
	}
	key, ok := k.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s is not an Ed25519 key", path)
	}
	return key, nil
}

// openKey reads a private key, or makes one that only its owner can read.
func openKey(path string, make func() (crypto.Signer, error)) (crypto.Signer, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key, err := make()
		if err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return nil, err
		}
		return key, writeFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("%s is not a private key: restore it from the backup", path)
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	key, ok := k.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s: a key of another kind", path)
	}
	return key, nil
}

// writeFile leaves either the whole file or none, and that even after a power cut.
func writeFile(path string, b []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
