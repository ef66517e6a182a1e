// Package pin hashes and checks the PINs people type on a terminal.
//
// A hash is argon2id in PHC form ("$argon2id$v=19$m=19456,t=2,p=1$salt$key"),
// made where a PIN is set and carried down in the people feed. Check always does
// the work of one hash, also where there is none to check against, so that the
// time it takes tells nobody which numbers exist. It does not count attempts:
// whoever calls it must.
//
// A hash that asks for more memory or time than a terminal can spare is refused,
// never computed. The package is tested with go test and fuzzed with FuzzParse.
package pin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The parameters of new hashes: the least that OWASP recommends for argon2id,
// for a kiosk has little memory. A four-digit PIN is protected by the attempt
// limit, not by its hash.
const (
	memory  = 19 << 10 // KiB
	passes  = 2
	threads = 1
	saltLen = 16
	keyLen  = 32
)

// What a hash may ask of a terminal at most.
const (
	maxMemory  = 128 << 10 // KiB
	maxPasses  = 8
	maxThreads = 8
)

// ErrHash is wrapped by every error about a hash that cannot be used.
var ErrHash = errors.New("PIN hash cannot be used")

// Hash returns the PHC form of a new salted hash of a PIN.
func Hash(pin string) string {
	h := hash{memory: memory, passes: passes, threads: threads, salt: make([]byte, saltLen)}
	rand.Read(h.salt) // never fails
	h.key = h.derive(pin, keyLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.memory, h.passes, h.threads, b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

// Check reports whether pin is the one that phc was made of. An empty or
// unusable phc takes as long as a wrong PIN; the error then says what is wrong
// with it, and is nil for an empty one.
func Check(phc, pin string) (bool, error) {
	if phc == "" {
		nobody.matches(pin)
		return false, nil
	}
	h, err := parse(phc)
	if err != nil {
		nobody.matches(pin)
		return false, err
	}
	return h.matches(pin), nil
}

// nobody is a hash of the usual cost that no PIN matches in practice.
var nobody = hash{memory: memory, passes: passes, threads: threads,
	salt: make([]byte, saltLen), key: make([]byte, keyLen)}

type hash struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

func (h hash) derive(pin string, n int) []byte {
	return argon2.IDKey([]byte(pin), h.salt, h.passes, h.memory, h.threads, uint32(n))
}

func (h hash) matches(pin string) bool {
	return subtle.ConstantTimeCompare(h.derive(pin, len(h.key)), h.key) == 1
}

// parse reads a PHC string; the error never repeats it.
func parse(phc string) (hash, error) {
	var h hash
	refuse := func(why string) (hash, error) { return hash{}, fmt.Errorf("%w: %s", ErrHash, why) }
	f := strings.Split(phc, "$")
	if len(phc) > 512 || len(f) != 6 || f[0] != "" || f[1] != "argon2id" {
		return refuse("not argon2id in PHC form")
	}
	var version int
	if n, err := fmt.Sscanf(f[2], "v=%d", &version); n != 1 || err != nil || version != argon2.Version {
		return refuse("another version of argon2")
	}
	var m, t, p uint32
	if n, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &m, &t, &p); n != 3 || err != nil {
		return refuse("no parameters")
	}
	if m == 0 || m > maxMemory || t == 0 || t > maxPasses || p == 0 || p > maxThreads {
		return refuse(fmt.Sprintf("asks for too much or nothing: m=%d,t=%d,p=%d", m, t, p))
	}
	h.memory, h.passes, h.threads = m, t, uint8(p)
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(f[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return refuse("salt")
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(f[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return refuse("key")
	}
	return h, nil
}
