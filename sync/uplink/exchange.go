package uplink

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// answer is what came back for a batch: a verified ack, or a bare status of a
// center that did not come to look at it.
type answer struct {
	ack        wire.Ack
	verified   bool
	status     int
	retryAfter time.Duration
	received   time.Time
	took       time.Duration
}

// errOtherAnswer is an answer that holds, to a question that was not asked.
var errOtherAnswer = errors.New("the center's answer is about something else")

// maxAck bounds an answer's body.
const maxAck = 64 << 10

func newTransport(c *tls.Config, dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	}
	return &http.Transport{
		DialContext: dial, TLSClientConfig: c, TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns: 1, MaxConnsPerHost: 2, IdleConnTimeout: 90 * time.Second, DisableCompression: true,
	}
}

// exchange sends a batch and reads the answer. An error means that there is
// none: what became of the batch is unknown, and sending it again is harmless.
func (l *lane) exchange(ctx context.Context, b journal.Batch) (answer, error) {
	u := l.u
	ctx, cancel := context.WithTimeout(ctx, u.o.Timeout)
	defer cancel()
	sent, health := u.o.Clock(), u.health()
	if len(b.Records) > 0 {
		health.Lag = wire.Seconds(max(0, sent.Sub(b.Records[0].Time())) / time.Second)
	}
	health.Parts = l.said.fresh(l.lane, health.Parts)
	head, err := wire.EncodeHead(wire.Head{
		Terminal: b.Chain.Terminal, Epoch: b.Chain.Epoch, Lane: b.Chain.Lane,
		First: b.First, Count: len(b.Records), Prev: b.Prev[:], SentAt: sent, Health: health, Format: l.format,
	})
	if err != nil {
		return answer{}, err
	}
	var body []byte
	if len(b.Records) > 0 {
		body = wire.EncodeRecords(b.Records, l.format)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.up, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set(wire.HeaderHead, string(head))
	req.Header.Set(wire.HeaderSignature, wire.Sign(u.o.Identity.Key, wire.PurposeUp, head, body))
	start := time.Now()
	resp, err := l.transport.RoundTrip(req)
	if err != nil {
		return answer{}, u.explain(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAck+1))
	if err != nil {
		return answer{}, u.explain(err)
	}
	a := answer{status: resp.StatusCode, received: u.o.Clock(), took: time.Since(start)}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 {
		a.retryAfter = time.Duration(min(s, 3600)) * time.Second
	}
	signature := resp.Header.Get(wire.HeaderSignature)
	if signature == "" {
		return a, nil
	}
	if len(text) > maxAck {
		return a, errors.New("the center's answer is too long")
	}
	return a, a.read(text, signature, u.o.Identity, b.Chain)
}

// read verifies an ack and that it speaks of the chain that was sent.
func (a *answer) read(text []byte, signature string, id *Identity, name record.Chain) error {
	if err := wire.Verify(id.Center, wire.PurposeAck, nil, text, signature); err != nil {
		return &HintError{Err: err, Hint: "what answers is not the center this terminal was enrolled at; nothing was believed"}
	}
	if err := json.Unmarshal(text, &a.ack); err != nil {
		return fmt.Errorf("the center's answer cannot be read: %w", err)
	}
	if a.ack.Terminal != name.Terminal || a.ack.Epoch != name.Epoch || a.ack.Lane != name.Lane {
		return fmt.Errorf("%w: %s, epoch %d, %s", errOtherAnswer, a.ack.Terminal, a.ack.Epoch, a.ack.Lane)
	}
	a.verified = true
	a.retryAfter = max(a.retryAfter, time.Duration(min(max(a.ack.RetryAfter, 0), 3600))*time.Second)
	return nil
}

// code is the verdict; that of a bare status as far as HTTP has a word for it,
// which is never one that moves a cursor.
func (a *answer) code() wire.Code {
	if a.verified {
		if _, known := hints[a.ack.Code]; known || a.ack.Code == wire.OK || a.ack.Code == wire.Busy {
			return a.ack.Code
		}
		return wire.Upgrade // a word of a newer protocol
	}
	switch a.status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return wire.Busy
	case http.StatusRequestEntityTooLarge:
		return wire.TooBig
	case http.StatusUpgradeRequired:
		return wire.Upgrade
	case http.StatusUnauthorized, http.StatusForbidden:
		return wire.Sig
	}
	return ""
}
