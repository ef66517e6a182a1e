package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// renewalSlack is how far a request's time may lie from the center's: what was
// recorded on the way is no use later.
const renewalSlack = 24 * time.Hour

// renew gives a terminal a newer certificate of its key.
func (c *Center) renew(ctx context.Context, terminal string, key []byte, q wire.RenewRequest) (resp wire.RenewResponse, err error) {
	csrKey, err := checkCSR(q.CSR, terminal)
	if err != nil {
		return resp, err
	}
	off := c.now().Sub(q.SentAt)
	if q.Terminal != terminal || string(csrKey) != string(key) || off.Abs() > renewalSlack {
		return resp, &refusal{wire.EnrolBadKey, http.StatusBadRequest, "the request is not of this terminal, of this key and of today: look at its clock"}
	}
	err = c.db.Write(ctx, func(tx *store.Tx) error {
		d, err := tx.Device(terminal)
		if errors.Is(err, store.ErrNotFound) || err == nil && !d.PublicKey.Equal(csrKey) {
			return &refusal{wire.EnrolBadKey, http.StatusForbidden, "this key is not the terminal's: enrol it again"}
		}
		if err != nil {
			return err
		}
		if d.State == store.Revoked {
			return &refusal{wire.EnrolInactive, http.StatusForbidden, "this terminal was revoked"}
		}
		cert, notAfter, err := c.certify(tx, terminal, csrKey, "renewal")
		if err != nil {
			return err
		}
		resp = wire.RenewResponse{Certificate: string(cert), NotAfter: notAfter}
		c.tellOthers(tx, noteChanged, terminal)
		return errors.Join(tx.SetNotAfter(terminal, notAfter), tx.Note(store.Audit{At: c.now(), Who: "terminal",
			Action: "terminal.renew", Subject: terminal, Detail: fmt.Sprintf("until %s", notAfter.UTC().Format(time.DateOnly))}))
	})
	return resp, err
}

func (c *Center) serveRenew(w http.ResponseWriter, r *http.Request) {
	terminal, key, ok := c.peer(r)
	if !ok {
		c.refuse(w, r, "renew.identity", http.StatusForbidden, "a client certificate of the district is needed, and one that is still good: enrol again")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEnrolBytes))
	var q wire.RenewRequest
	switch {
	case err != nil || json.Unmarshal(body, &q) != nil:
		c.refuse(w, r, "renew.malformed", http.StatusBadRequest, "the request is not JSON as it should be, or too large")
		return
	case wire.Verify(key, wire.PurposeRenew, nil, body, r.Header.Get(wire.HeaderSignature)) != nil:
		c.refuse(w, r, "renew.sig", http.StatusForbidden, "the signature is not this terminal's")
		return
	}
	resp, err := c.renew(r.Context(), terminal, key, q)
	var no *refusal
	switch {
	case err == nil:
		c.signed(w, wire.PurposeRenewed, http.StatusOK, 0, resp)
	case errors.As(err, &no):
		c.refuse(w, r, "renew."+string(no.reason), no.status, no.hint)
	default:
		c.log.Error("center: a certificate cannot be renewed", "op", "renew", "terminal", terminal, "cause", err)
		c.refuse(w, r, "renew.failed", http.StatusServiceUnavailable, "the center cannot store anything at the moment")
	}
}
