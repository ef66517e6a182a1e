// Package pass is the QR pass that a phone shows a terminal: proof, for one moment
// and one visit, that the center has recognised its holder.
//
// The terminal shows a Challenge, drawn at random for the visit. The phone takes it to
// the center, where its holder is logged in; the center's Issuer answers with a Pass:
// who the person is, bound to the challenge, good for a minute and signed (Ed25519). The
// phone shows it as a QR code, and the terminal's Verifier reads it. The phone asks
// for a new one before the old one ends, as long as it stands before the terminal.
//
// Guarantees of Verifier.Check:
//   - a pass is accepted once (ErrReplayed), by the terminal it was made for
//     (ErrOtherTerminal), in the visit whose challenge it answers (ErrOtherVisit);
//   - what no known key has signed is ErrForged, whatever it says;
//   - the challenge proves freshness, so clocks may differ by Skew; beyond that the
//     error, a *ClockError, says by how much, and whose clock is behind.
//
// A photograph of somebody's pass is worth nothing: it was made for the visit in which it
// is shown. Who can see the terminal's screen from afar and is logged in himself gets a
// pass of his own, for nobody else.
//
// Neither errors nor their texts hold a person's number. Parse is fuzzed.
package pass

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors, to be tested with errors.Is.
var (
	ErrNotPass       = errors.New("not a pass")
	ErrForged        = errors.New("no known key has signed this pass")
	ErrOtherTerminal = errors.New("the pass was made for another terminal")
	ErrOtherVisit    = errors.New("the pass was made for another visit")
	ErrExpired       = errors.New("the pass is over")
	ErrReplayed      = errors.New("the pass was used before")
	ErrNotChallenge  = errors.New("not a terminal's challenge")
)

// ClockError says that two clocks differ by more than passes bear. It wraps ErrExpired.
type ClockError struct {
	// Behind is by how much the center's clock is behind the terminal's at the
	// least; negative when it is ahead.
	Behind time.Duration
}

func (e *ClockError) Error() string {
	if e.Behind < 0 {
		return fmt.Sprintf("the center's clock is at least %v ahead of this terminal's: set the one that is wrong", -e.Behind)
	}
	return fmt.Sprintf("the center's clock is at least %v behind this terminal's: set the one that is wrong", e.Behind)
}

// Unwrap returns ErrExpired.
func (e *ClockError) Unwrap() error { return ErrExpired }

const (
	challengePrefix = "TINGC1."
	passPrefix      = "TINGP1."
	nonceSize       = 16
	keyIDSize       = 4
	// signedAs keeps signatures of passes apart from those of anything else.
	signedAs = "ting.pass.v1\x00"

	// Life is how long a pass is good for.
	Life = time.Minute
	// Skew is by how much the clocks of center and terminal may differ.
	Skew = 2 * time.Minute

	maxID = 64
)

var b64 = base64.RawURLEncoding

// decode reads what b64 wrote, and nothing else that means the same.
func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // which package base64 passes over
		return nil, ErrNotPass
	}
	return b64.Strict().DecodeString(s)
}

// Challenge is what a terminal shows for one visit.
type Challenge struct {
	Terminal string
	nonce    [nonceSize]byte
}

// NewChallenge draws a terminal's challenge.
func NewChallenge(terminal string) Challenge {
	c := Challenge{Terminal: terminal}
	rand.Read(c.nonce[:]) // never fails
	return c
}

// String is the form that a QR code shows: "TINGC1.gate-east-1.6Zm…".
func (c Challenge) String() string {
	return challengePrefix + c.Terminal + "." + b64.EncodeToString(c.nonce[:])
}

// ParseChallenge reads what String wrote.
func ParseChallenge(s string) (Challenge, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), challengePrefix)
	terminal, nonce, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || terminal == "" || len(terminal) > maxID || strings.Trim(terminal, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return Challenge{}, ErrNotChallenge
	}
	b, err := decode(nonce)
	if err != nil || len(b) != nonceSize {
		return Challenge{}, ErrNotChallenge
	}
	return Challenge{terminal, [nonceSize]byte(b)}, nil
}

// Pass is what a phone shows.
type Pass struct {
	Person    string // the district's number
	Challenge Challenge
	Issued    time.Time // whole seconds
	Expires   time.Time
	key       [keyIDSize]byte
}

// keyID names a public key in a few bytes; who has signed is for the signature to say.
func keyID(k ed25519.PublicKey) [keyIDSize]byte {
	sum := sha256.Sum256(k)
	return [keyIDSize]byte(sum[:])
}

// Issuer makes passes. It belongs to the center, which has made sure who asks.
type Issuer struct {
	Key ed25519.PrivateKey
	Now func() time.Time // nil is time.Now
}

// Issue makes the pass of a person for a terminal's challenge, in the form that a QR code shows.
func (i Issuer) Issue(person, challenge string) (string, error) {
	c, err := ParseChallenge(challenge)
	if err != nil {
		return "", err
	}
	if person == "" || len(person) > maxID {
		return "", fmt.Errorf("a pass needs a person's number of 1 to %d bytes", maxID)
	}
	now := time.Now
	if i.Now != nil {
		now = i.Now
	}
	issued := now().Truncate(time.Second)
	p := Pass{person, c, issued, issued.Add(Life), keyID(i.Key.Public().(ed25519.PublicKey))}
	payload := p.payload()
	return passPrefix + b64.EncodeToString(append(payload, ed25519.Sign(i.Key, append([]byte(signedAs), payload...))...)), nil
}

// payload is what is signed.
func (p Pass) payload() []byte {
	b := append([]byte{}, p.key[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(p.Issued.Unix()))
	b = binary.BigEndian.AppendUint16(b, uint16(p.Expires.Sub(p.Issued)/time.Second))
	b = append(b, p.Challenge.nonce[:]...)
	for _, s := range []string{p.Challenge.Terminal, p.Person} {
		b = append(b, byte(len(s)))
		b = append(b, s...)
	}
	return b
}

// Is reports whether a code that was scanned is meant as a pass.
func Is(code string) bool { return strings.HasPrefix(strings.TrimSpace(code), passPrefix) }

// Parse reads a pass without checking anything that it says. What it returns beside
// the pass is what was signed, and the signature.
func Parse(code string) (p Pass, payload, signature []byte, err error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(code), passPrefix)
	if !ok || len(rest) > 512 {
		return Pass{}, nil, nil, ErrNotPass
	}
	b, err := decode(rest)
	const fixed = keyIDSize + 8 + 2 + nonceSize
	if err != nil || len(b) < fixed+2+ed25519.SignatureSize {
		return Pass{}, nil, nil, ErrNotPass
	}
	payload, signature = b[:len(b)-ed25519.SignatureSize], b[len(b)-ed25519.SignatureSize:]
	p.key = [keyIDSize]byte(payload)
	issued, life := binary.BigEndian.Uint64(payload[keyIDSize:]), binary.BigEndian.Uint16(payload[keyIDSize+8:])
	if issued > 1<<40 { // the year 36812
		return Pass{}, nil, nil, ErrNotPass
	}
	p.Issued = time.Unix(int64(issued), 0)
	p.Expires = p.Issued.Add(time.Duration(life) * time.Second)
	p.Challenge.nonce = [nonceSize]byte(payload[keyIDSize+10:])
	left := payload[fixed:]
	for _, into := range []*string{&p.Challenge.Terminal, &p.Person} {
		if len(left) == 0 || left[0] == 0 || left[0] > maxID || len(left) <= int(left[0]) {
			return Pass{}, nil, nil, ErrNotPass
		}
		n := int(left[0])
		*into, left = string(left[1:1+n]), left[1+n:]
	}
	if len(left) > 0 {
		return Pass{}, nil, nil, ErrNotPass
	}
	return p, payload, signature, nil
}
