package uplink

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/luohu/ting/sync/wire"
)

// How often it is looked whether the certificate is to be renewed, and how long
// after a failure. The clock may be set meanwhile, so that no wait is long.
const (
	renewLook  = time.Hour
	renewAgain = 5 * time.Minute
)

// renewals renews the certificate at two thirds of its life, while the center
// answers, until ctx ends.
func (u *Uplink) renewals(ctx context.Context) {
	for {
		wait := u.o.Identity.renewAt().Sub(u.o.Clock())
		switch {
		case wait > 0:
			wait = min(wait, renewLook)
		case !u.Status().Online:
			wait = min(renewAgain, renewLook)
		default:
			wait = renewAgain
			if err := u.Renew(ctx); err == nil {
				wait = 0
			} else if ctx.Err() == nil {
				u.o.Log.Warn("the certificate was not renewed; it is tried again", "op", "renew",
					"until", u.o.Identity.NotAfter().Format(time.DateOnly), "cause", err)
			}
		}
		t := time.NewTimer(wait + rand.N(wait/4+time.Second))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return
		}
	}
}

// Renew has the center certify the terminal's key anew, and stores that.
func (u *Uplink) Renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, u.o.Timeout)
	defer cancel()
	id := u.o.Identity
	csr, err := signingRequest(id.Terminal, id.Key)
	if err != nil {
		return err
	}
	body, err := json.Marshal(wire.RenewRequest{Terminal: id.Terminal, CSR: csr, SentAt: u.o.Clock()})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(u.up, wire.PathUp)+wire.PathRenew, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(wire.HeaderSignature, wire.Sign(id.Key, wire.PurposeRenew, nil, body))
	transport := newTransport(id.TLS(), u.o.Dial)
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return u.explain(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return u.explain(err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the center answers with status %d: %s", resp.StatusCode, strings.TrimSpace(string(answer[:min(len(answer), 200)])))
	}
	if err := wire.Verify(id.Center, wire.PurposeRenewed, nil, answer, resp.Header.Get(wire.HeaderSignature)); err != nil {
		return err
	}
	return u.renewed(answer)
}

// renewed takes a newer certificate into use.
func (u *Uplink) renewed(answer []byte) error {
	var a wire.RenewResponse
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("the center's answer cannot be read: %w", err)
	}
	id := u.o.Identity
	cert, err := certificateFor(id.Key, []byte(a.Certificate))
	if err != nil {
		return fmt.Errorf("the center's answer is no use: %w", err)
	}
	if !cert.Leaf.NotAfter.After(id.NotAfter()) {
		return fmt.Errorf("the center's certificate ends on %s, which is no later than the one here", cert.Leaf.NotAfter.Format(time.DateOnly))
	}
	if err := writeDurably(filepath.Join(id.dir, certificateFile), []byte(a.Certificate)); err != nil {
		return fmt.Errorf("store the certificate: %w", err)
	}
	id.certificate.Store(&cert)
	for _, l := range u.lanes {
		l.transport.CloseIdleConnections() // the next connection shows it
	}
	u.change(func() bool {
		u.status.Certificate = cert.Leaf.NotAfter
		return true
	})
	u.o.Log.Info("the certificate was renewed", "op", "renew", "until", cert.Leaf.NotAfter.Format(time.DateOnly))
	return nil
}
