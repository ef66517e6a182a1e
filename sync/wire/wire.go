// Package wire is what travels between a terminal and the center: batches of
// records up, acknowledgements and feed pages down, each signed.
//
// A batch is an HTTP POST to PathUp over TLS 1.3 with a client certificate. Its
// header (Head, as JSON) is in HeaderHead, its records are the zstd-compressed
// body, and HeaderSignature holds the terminal's Ed25519 signature over both.
// An answer's body is JSON, signed by the center the same way.
package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/sync/record"
)

// The paths and headers of version 1.
const (
	PathUp          = "/sync/v1/up"
	PathFeed        = "/sync/v1/feed/" // + name, ?after=REV&wait=SECONDS&snapshot=HORIZON
	PathEnrol       = "/sync/v1/enrol"
	PathRenew       = "/sync/v1/renew"
	HeaderHead      = "Ting-Head"
	HeaderSignature = "Ting-Signature"
)

// Limits of a batch.
const (
	MaxRecords    = 500
	MaxBatchBytes = 512 << 10 // of records, before compression
	MaxBodyBytes  = 640 << 10 // compressed, over the wire
	MaxPageBytes  = 4 << 20   // of a feed page
)

// Head says what a batch is. Its JSON bytes are signed as they travel.
type Head struct {
	Terminal string      `json:"terminal"`
	Epoch    int64       `json:"epoch"`
	Lane     record.Lane `json:"lane"`
	First    int64       `json:"first"` // seq of the first record; for an empty batch, of the next one
	Count    int         `json:"count"` // 0 asks for the cursor and reports Health
	Prev     []byte      `json:"prev"`  // hash of the record before First; 32 zero bytes before seq 1
	SentAt   time.Time   `json:"sent_at"`
	Health   Health      `json:"health"`
	Format   int         `json:"format,omitempty"` // of the body: Rows, which 0 is too, or Columns
}

// Health is what a terminal says of itself with every batch.
type Health struct {
	Unsent  int64  `json:"unsent"` // records not yet acknowledged, all lanes
	Version string `json:"version"`
	// Lag is the age of the oldest record that this batch brings, by the
	// terminal's clock: how far behind the lane is. 0 for an empty batch.
	Lag Seconds `json:"lag,omitempty"`
	// Devices holds one line per device that is not well: "camera": "unplugged".
	Devices map[string]string `json:"devices,omitempty"`
	// Position is where a terminal that moves is: the gate of a school bus. nil where
	// it does not move, or does not know.
	Position *Position `json:"position,omitempty"`
	// Parts are the terminal's modules, devices and feeds, each with its state. nil
	// where they are as they were when they were last said.
	Parts []Part `json:"parts,omitempty"`
}

// Part is how one part of a terminal is.
type Part struct {
	Kind   string    `json:"kind"`  // PartModule, PartDevice, PartFeed
	Name   string    `json:"name"`  // "gate", "camera", "revocations"
	State  string    `json:"state"` // the part's own word: "running", "ready", "stale"
	Well   bool      `json:"well,omitempty"`
	Reason string    `json:"reason,omitempty"` // why it is not well, for a technician
	Since  time.Time `json:"since,omitzero"`   // when the state began, by the terminal's clock
	// Limit of a feed is its max_staleness.
	Limit Seconds `json:"limit,omitempty"`
}

// The kinds of parts.
const (
	PartModule = "module"
	PartDevice = "device"
	PartFeed   = "feed"
)

// Position is a place on the earth, by satellite.
type Position struct {
	Lat    float64   `json:"lat"`              // degrees on WGS 84, north positive
	Lon    float64   `json:"lon"`              // east positive
	Speed  float64   `json:"speed,omitempty"`  // metres a second
	Course float64   `json:"course,omitempty"` // degrees clockwise from true north
	At     time.Time `json:"at"`               // by the satellites' clock
}

// Valid reports whether there can be such a place.
func (p Position) Valid() bool {
	return p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180 &&
		p.Speed >= 0 && p.Speed < 400 && p.Course >= 0 && p.Course <= 360
}

// Code is the center's verdict on a batch.
type Code string

// The codes.
const (
	OK      Code = "OK"
	Gap     Code = "GAP"     // First is beyond the cursor: send from CommittedSeq+1
	Fork    Code = "FORK"    // a number seen before with another hash: both kept, the terminal quarantined
	Chain   Code = "CHAIN"   // a record does not continue the chain
	Sig     Code = "SIG"     // signature or identity does not hold
	Revoked Code = "REVOKED" // the terminal may not send any more
	Upgrade Code = "UPGRADE" // the center speaks a newer protocol only
	Busy    Code = "BUSY"    // come back after RetryAfter
	TooBig  Code = "TOO_BIG" // send smaller batches
)

// Ack answers a batch. CommittedSeq is durable at the center; what is at or
// below SafeSeq survives even a restore of the center's last verified backup,
// and only that may a terminal delete.
type Ack struct {
	Terminal      string      `json:"terminal"`
	Epoch         int64       `json:"epoch"`
	Lane          record.Lane `json:"lane"`
	CommittedSeq  int64       `json:"committed_seq"`
	CommittedHash []byte      `json:"committed_hash"`
	SafeSeq       int64       `json:"safe_seq"`
	Incarnation   string      `json:"center_incarnation"` // changes when the center is restored from a backup
	Code          Code        `json:"code"`
	RetryAfter    Seconds     `json:"retry_after,omitempty"`
	Now           time.Time   `json:"now"` // the center's clock, to measure the terminal's error
	// Formats is the newest format of a batch's body that this center reads; 0 is Rows.
	Formats int `json:"formats,omitempty"`
}

// Seconds is a whole number of seconds in JSON.
type Seconds int

// FeedPage is a run of changes of one feed. Rows with Deleted remove their key.
// The page and its Revision are applied in one transaction.
type FeedPage struct {
	Feed     string `json:"feed"`
	Site     string `json:"site"`
	After    uint64 `json:"after"`
	Revision uint64 `json:"revision"` // of the last row here; the next request's after
	More     bool   `json:"more"`     // ask again at once
	Snapshot bool   `json:"snapshot"` // replaces everything: the first page of a snapshot
	// Horizon, on the pages of a snapshot, is what the requests for its next pages
	// carry as snapshot: any center can then go on with it.
	Horizon uint64    `json:"horizon,omitempty"`
	Rows    []FeedRow `json:"rows"`
	Now     time.Time `json:"now"`
}

// FeedRow is one row's newest state.
type FeedRow struct {
	Key      string          `json:"key"`
	Revision uint64          `json:"revision"`
	Deleted  bool            `json:"deleted,omitempty"`
	Value    json.RawMessage `json:"value,omitempty"`
}

// ErrSignature is returned when a signature does not hold.
var ErrSignature = errors.New("signature does not hold")

// The purposes keep a signature made for one thing from passing for another.
const (
	PurposeUp   = "ting.up.v1"
	PurposeAck  = "ting.ack.v1"
	PurposeFeed = "ting.feed.v1"

	PurposeRenew   = "ting.renew.v1"   // a terminal's request for a newer certificate
	PurposeRenewed = "ting.renewed.v1" // and the answer
)

// Sign signs head and body for a purpose and returns the header's value.
func Sign(key ed25519.PrivateKey, purpose string, head, body []byte) string {
	return base64.StdEncoding.EncodeToString(ed25519.Sign(key, digest(purpose, head, body)))
}

// Verify checks a header made by Sign.
func Verify(key ed25519.PublicKey, purpose string, head, body []byte, header string) error {
	sig, err := base64.StdEncoding.DecodeString(header)
	if err != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, digest(purpose, head, body), sig) {
		return fmt.Errorf("%s: %w", purpose, ErrSignature)
	}
	return nil
}

func digest(purpose string, head, body []byte) []byte {
	h := sha256.Sum256(head)
	b := sha256.Sum256(body)
	d := make([]byte, 0, len(purpose)+1+len(h)+len(b))
	d = append(append(d, purpose...), 0)
	return append(append(d, h[:]...), b[:]...)
}
