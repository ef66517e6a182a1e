package wire

import "time"

// Enrolment is one POST of EnrolRequest to PathEnrol over TLS, without a client
// certificate; the terminal trusts the center by the district's CA alone. The
// answer is 200 with EnrolResponse, or any other status with EnrolRefusal.
//
// The terminal proves with the CSR's own signature that it holds the private
// key; Code, shown by the console, proves that an administrator wants it. A
// code is good for one enrolment. Asking again with the same code and the same
// public key is answered with the same result for as long as the code lives,
// so that an answer lost on the way costs nothing.

// EnrolRequest asks the center to let a terminal in.
type EnrolRequest struct {
	Terminal  string `json:"terminal"`
	Site      string `json:"site"`
	Place     string `json:"place,omitempty"` // for people: "第一小学 东门"
	Code      string `json:"code"`            // one-time, from the console
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
	Epoch       int64     `json:"epoch"` // greater than the request's, and than any the center has seen
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
)
