package gallery

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

const (
	keySize = 32 // AES-256
	// boxOver is by how much a box is longer than what it holds: GCM's nonce and tag.
	boxOver = 12 + 16
)

// secret is a key; it hides itself from formatting.
type secret [keySize]byte

func (secret) String() string   { return "gallery.secret(…)" }
func (secret) GoString() string { return "gallery.secret(…)" }

func newSecret() secret {
	var k secret
	rand.Read(k[:]) // never fails
	return k
}

// id names a key without telling it.
func (k *secret) id() [8]byte {
	h := sha256.New()
	h.Write([]byte("ting.gallery.key-id.v1"))
	h.Write(k[:])
	return [8]byte(h.Sum(nil))
}

// wrapping is the key that wraps the keys of the persons: of the device's secret
// and of all that a gallery is bound to.
func (k *secret) wrapping(b Binding) secret {
	key, err := hkdf.Key(sha256.New, k[:], nil, string(bind([]string{"ting.gallery.wrap.v2", b.Terminal, b.Site, b.Machine})), keySize)
	if err != nil {
		panic(err) // only for keys longer than SHA-256 can derive
	}
	return secret(key)
}

// keyID names an entry; it says nothing about the person.
type keyID [12]byte

func newKeyID() keyID {
	var id keyID
	rand.Read(id[:])
	return id
}

func (id keyID) String() string { return hex.EncodeToString(id[:]) }

// errSealed says that a box does not open with this key and these labels; it
// tells nothing else, for there is nothing else to know.
var errSealed = errors.New("wrong key, or damaged")

// sealer encrypts under one key, whose schedule is computed once.
type sealer struct{ cipher.AEAD }

func (k *secret) sealer() sealer {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // the key's size is fixed above
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has GCM's block size
	}
	return sealer{gcm}
}

// seal encrypts plain with AES-256-GCM under a random nonce, which comes first,
// and appends the box to dst. The labels are authenticated with it.
func (s sealer) seal(dst, plain []byte, labels ...string) []byte {
	var nonce [12]byte
	rand.Read(nonce[:])
	dst = append(dst, nonce[:]...)
	return s.Seal(dst, nonce[:], plain, bind(labels))
}

// open undoes seal; plain is appended to dst.
func (s sealer) open(dst, box []byte, labels ...string) ([]byte, error) {
	if len(box) < boxOver {
		return nil, errSealed
	}
	plain, err := s.Open(dst, box[:12], box[12:], bind(labels))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// bind joins labels so that no two lists of labels give the same bytes.
func bind(labels []string) []byte {
	n := 4 * len(labels)
	for _, l := range labels {
		n += len(l)
	}
	b := make([]byte, 0, n)
	for _, l := range labels {
		b = binary.BigEndian.AppendUint32(b, uint32(len(l)))
		b = append(b, l...)
	}
	return b
}
