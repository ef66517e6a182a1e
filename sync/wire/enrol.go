package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"time"
)

// Enrolment is one POST of EnrolRequest to PathEnrol over TLS, without a client
// certificate; the terminal trusts the center by the district's CA alone. The
// answer is 200 with EnrolResponse, or any other status with EnrolRefusal.
//
// The terminal proves with the CSR's own signature that it holds the private
// key; Code, shown by the console, proves that an administrator wants it. A
// code is good for one enrolment. Asking again with the same code and the same
// public key is answered with the same result for as long as the code lives,
// so that an answer lost on the way costs nothing.
//
// Without a code, the request is an application: it carries a Nonce that the
// terminal has made, and waits. The terminal shows a QR code (ApplicationURL) and
// six digits (ApplicationDigits), and asks again, every few seconds, while the
// answer is EnrolWaiting. An administrator who has seen the screen, and therefore
// knows the nonce or the digits, approves it in the console, and gives site and role.
//
// A certificate is renewed by a POST of RenewRequest to PathRenew, signed like a
// batch (PurposeRenew), over a connection that shows the old one.

// EnrolRequest asks the center to let a terminal in.
type EnrolRequest struct {
	Terminal  string `json:"terminal"`
	Site      string `json:"site"`
	Place     string `json:"place,omitempty"` // for people: "第一小学 东门"
	Code      string `json:"code"`            // one-time, from the console; "" in an application
	Nonce     []byte `json:"nonce,omitempty"` // of an application, NonceBytes
	CSR       string `json:"csr"`             // PEM, CERTIFICATE REQUEST of an Ed25519 key; its common name is Terminal
	PublicKey []byte `json:"public_key"`      // the CSR's key, 32 bytes: it signs batches too
	Epoch     int64  `json:"epoch"`           // the highest the terminal has used; 0 for none
}

// EnrolResponse lets a terminal in.
type EnrolResponse struct {
	Certificate string    `json:"certificate"` // PEM, the terminal's own first, then intermediates
	CA          string    `json:"ca"`          // PEM, the district's
	CenterKey   []byte    `json:"center_key"`  // Ed25519 public key that signs acks and feed pages, 32 bytes
	Site        string    `json:"site"`
	Role        string    `json:"role,omitempty"` // what the administrator says it is for
	Epoch       int64     `json:"epoch"`          // greater than the request's, and than any the center has seen
	NotAfter    time.Time `json:"not_after"`
}

// EnrolRefusal says why not. A terminal shows Hint to its operator.
type EnrolRefusal struct {
	Reason EnrolReason `json:"reason"`
	Hint   string      `json:"hint,omitempty"`
}

// EnrolReason tells a program why an enrolment was refused.
type EnrolReason string

// The reasons.
const (
	EnrolBadCode  EnrolReason = "code"     // 403: unknown, used by another key, or expired
	EnrolBadKey   EnrolReason = "key"      // 400: the CSR does not hold, or is not of PublicKey
	EnrolBadSite  EnrolReason = "site"     // 403: no such site, or the code is for another
	EnrolInactive EnrolReason = "inactive" // 403: this terminal was revoked
	EnrolTooMany  EnrolReason = "too-many" // 429: wrong codes from here; try later
	EnrolWaiting  EnrolReason = "waiting"  // 202: an application that nobody has decided on
	EnrolRefused  EnrolReason = "refused"  // 403: an administrator does not want it
)

// NonceBytes is the length of an application's nonce.
const NonceBytes = 16

// KeyHash names a terminal's key in a QR code and in the console.
func KeyHash(key ed25519.PublicKey) []byte {
	h := sha256.Sum256(append([]byte("ting.key.v1\x00"), key...))
	return h[:]
}

// ApplicationDigits are the six digits that a terminal shows beside its QR code.
// They follow from its key and nonce: who types them has seen this terminal.
func ApplicationDigits(key ed25519.PublicKey, nonce []byte) string {
	h := sha256.New()
	h.Write([]byte("ting.apply.v1\x00"))
	h.Write(key)
	h.Write(nonce)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(h.Sum(nil))%1_000_000)
}

// ApplicationURL is what the QR code holds: the page of the console at a center
// where an administrator approves this terminal.
func ApplicationURL(center string, key ed25519.PublicKey, nonce []byte) string {
	return center + "/enrol?" + url.Values{
		"key": {hex.EncodeToString(KeyHash(key))}, "nonce": {hex.EncodeToString(nonce)},
	}.Encode()
}

// RenewRequest asks for a newer certificate of the same key.
type RenewRequest struct {
	Terminal string    `json:"terminal"`
	CSR      string    `json:"csr"` // PEM, as in EnrolRequest
	SentAt   time.Time `json:"sent_at"`
}

// RenewResponse is the newer certificate, signed with PurposeRenewed.
type RenewResponse struct {
	Certificate string    `json:"certificate"` // PEM, the terminal's own first, then intermediates
	NotAfter    time.Time `json:"not_after"`
}
