package gallery

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
)

const keySize = 32 // AES-256

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
func (k *secret) id() string {
	h := sha256.New()
	h.Write([]byte("ting.gallery.key-id.v1"))
	h.Write(k[:])
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func newKeyID() string {
	var b [12]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// errSealed says that a box does not open with this key and these labels; it
// tells nothing else, for there is nothing else to know.
var errSealed = errors.New("wrong key, or damaged")

// seal encrypts plain with AES-256-GCM under a random nonce, which comes first.
// The labels are authenticated with it.
func (k *secret) seal(plain []byte, labels ...string) []byte {
	gcm := k.gcm()
	box := make([]byte, gcm.NonceSize(), gcm.NonceSize()+len(plain)+gcm.Overhead())
	rand.Read(box)
	return gcm.Seal(box, box, plain, bind(labels))
}

// open undoes seal.
func (k *secret) open(box []byte, labels ...string) ([]byte, error) {
	gcm := k.gcm()
	if len(box) < gcm.NonceSize()+gcm.Overhead() {
		return nil, errSealed
	}
	n := gcm.NonceSize()
	plain, err := gcm.Open(nil, box[:n], box[n:], bind(labels))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

func (k *secret) gcm() cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err) // the key's size is fixed above
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has GCM's block size
	}
	return gcm
}

// bind joins labels so that no two lists of labels give the same bytes.
func bind(labels []string) []byte {
	var b []byte
	for _, l := range labels {
		b = binary.BigEndian.AppendUint32(b, uint32(len(l)))
		b = append(b, l...)
	}
	return b
}
