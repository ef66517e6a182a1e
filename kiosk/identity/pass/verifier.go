package pass

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Verifier checks passes at one terminal. Its methods are safe for several goroutines.
type Verifier struct {
	terminal string
	keys     map[[keyIDSize]byte]ed25519.PublicKey
	now      func() time.Time

	mu   sync.Mutex
	used map[[sha256.Size]byte]time.Time // passes accepted, until they are over anyway
}

// NewVerifier returns a terminal's verifier. It accepts passes signed by any of the
// keys: the center's, and while that is being exchanged the one before.
func NewVerifier(terminal string, keys []ed25519.PublicKey, now func() time.Time) (*Verifier, error) {
	if terminal == "" || len(keys) == 0 {
		return nil, errors.New("passes need a terminal and the center's public key")
	}
	v := &Verifier{terminal: terminal, keys: map[[keyIDSize]byte]ed25519.PublicKey{}, now: now, used: map[[sha256.Size]byte]time.Time{}}
	for _, k := range keys {
		if len(k) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("a public key has %d bytes, not %d", ed25519.PublicKeySize, len(k))
		}
		v.keys[keyID(k)] = k
	}
	return v, nil
}

// ParseKey reads a public key as terminal.toml has it: base64 of its 32 bytes.
func ParseKey(s string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("not a public key: %d bytes in base64 are needed, as the center prints them", ed25519.PublicKeySize)
	}
	return b, nil
}

// Challenge draws a challenge for a visit.
func (v *Verifier) Challenge() Challenge { return NewChallenge(v.terminal) }

// Check returns the person whose pass a scanned code is, shown in answer to one of a
// visit's challenges, of which drawn is when the first was drawn.
func (v *Verifier) Check(code string, drawn time.Time, challenges ...Challenge) (person string, err error) {
	p, payload, signature, err := Parse(code)
	if err != nil {
		return "", err
	}
	key, known := v.keys[p.key]
	if !known || !ed25519.Verify(key, append([]byte(signedAs), payload...), signature) {
		return "", ErrForged
	}
	if p.Challenge.Terminal != v.terminal {
		return "", ErrOtherTerminal
	}
	now := v.now()
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, until := range v.used {
		if now.After(until) || until.Sub(now) > Life+2*Skew { // or a clock was set back
			delete(v.used, id)
		}
	}
	id := sha256.Sum256(payload)
	if _, before := v.used[id]; before {
		return "", ErrReplayed
	}
	answers := false
	for _, c := range challenges {
		answers = answers || c == p.Challenge
	}
	if !answers {
		return "", ErrOtherVisit
	}
	// It answers a challenge of this visit, so it was made since drawn: a time before
	// that, or one to come, is a clock's.
	switch {
	case p.Issued.After(now.Add(Skew)):
		return "", &ClockError{Behind: now.Sub(p.Issued).Truncate(time.Second)}
	case p.Issued.Before(drawn.Add(-Skew)):
		return "", &ClockError{Behind: drawn.Sub(p.Issued).Truncate(time.Second)}
	case now.After(p.Expires.Add(Skew)):
		return "", ErrExpired
	}
	v.used[id] = p.Expires.Add(2 * Skew)
	return p.Person, nil
}
