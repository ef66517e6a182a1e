package center

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// names are what a terminal or a site may be called. The center's own chains are
// called with a slash, so that no terminal can ever pass for it.
var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ErrRole is returned for a role that the center does not know.
var ErrRole = errors.New("there is no such role")

// Roles are what terminals may be for, sorted.
func (c *Center) Roles() []string { return slices.Sorted(maps.Keys(c.opt.Roles)) }

// ErrName is returned for an ID that no terminal or site may have.
var ErrName = errors.New("an ID is 1 to 64 letters, digits, '.', '_' or '-', the first a letter or digit")

// codeAlphabet leaves out what people mistake for each other: 0 O 1 I.
const codeAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// MakeCode makes a one-time code that lets a terminal of a site in. The site is
// made when there is none of that ID.
func (c *Center) MakeCode(ctx context.Context, who, terminal, site string) (code string, expires time.Time, err error) {
	if !names.MatchString(terminal) || !names.MatchString(site) {
		return "", time.Time{}, ErrName
	}
	var random [10]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", time.Time{}, err
	}
	for i, b := range random {
		random[i] = codeAlphabet[int(b)%len(codeAlphabet)]
	}
	code = string(random[:5]) + "-" + string(random[5:])
	now := c.now()
	expires = now.Add(c.opt.CodeLife)
	err = c.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.Site(site); errors.Is(err, store.ErrNotFound) {
			if err := tx.PutSite(store.Site{ID: site, NameZH: site, NameEN: site}); err != nil {
				return err
			}
		} else if err != nil {
			return err
		}
		if err := tx.AddCode(store.Code{Hash: codeHash(code), Terminal: terminal, Site: site, MadeBy: who,
			MadeAt: now, ExpiresAt: expires}); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: now, Who: who, Action: "code.make", Subject: terminal, Detail: site})
	})
	return code, expires, err
}

func codeHash(code string) []byte {
	code = strings.ToUpper(strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return -1
		}
		return r
	}, code))
	h := sha256.Sum256([]byte("ting.code.v1\x00" + code))
	return h[:]
}

// refusal is an enrolment that is refused.
type refusal struct {
	reason wire.EnrolReason
	status int
	hint   string
}

func (r *refusal) Error() string { return string(r.reason) + ": " + r.hint }

// Enrol lets a terminal in whose request holds. It fails with what the terminal
// is told when it does not.
func (c *Center) enrol(ctx context.Context, q wire.EnrolRequest) (resp wire.EnrolResponse, err error) {
	key, err := checkRequest(q)
	if err != nil {
		return resp, err
	}
	hash, now := codeHash(q.Code), c.now()
	err = c.db.Write(ctx, func(tx *store.Tx) error {
		code, err := tx.Code(hash)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && !code.ExpiresAt.After(now):
			return &refusal{wire.EnrolBadCode, http.StatusForbidden, "the code is unknown or has expired: make a new one at the console"}
		case err != nil:
			return err
		case code.Terminal != q.Terminal:
			return &refusal{wire.EnrolBadCode, http.StatusForbidden, "the code is for another terminal"}
		case code.Site != q.Site:
			return &refusal{wire.EnrolBadSite, http.StatusForbidden, "the code is for another site: correct terminal.site"}
		case !code.UsedAt.IsZero() && !code.PublicKey.Equal(key):
			return &refusal{wire.EnrolBadCode, http.StatusForbidden, "the code was used by another key: make a new one at the console"}
		}
		d, err := tx.Device(q.Terminal)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if !code.UsedAt.IsZero() {
			if d.State == store.Revoked {
				return &refusal{wire.EnrolInactive, http.StatusForbidden, "this terminal was revoked: make a new code at the console"}
			}
			return json.Unmarshal(code.Answer, &resp) // the answer was lost on the way
		}
		if resp, err = c.admit(tx, store.Device{Terminal: q.Terminal, Site: q.Site, Place: cut(q.Place), PublicKey: key, Role: d.Role},
			max(q.Epoch, d.Epoch), "code"); err != nil {
			return err
		}
		answer, err := json.Marshal(resp)
		if err != nil {
			return err
		}
		if err := tx.UseCode(hash, key, answer, now); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: now, Who: "terminal", Action: "terminal.enrol", Subject: q.Terminal,
			Detail: fmt.Sprintf("%s, epoch %d, code by %s", resp.Site, resp.Epoch, code.MadeBy)})
	})
	if err == nil {
		c.Events.publish(Event{Terminal: q.Terminal, Enrolled: true})
	}
	return resp, err
}

// admit lets a terminal in: it gets a certificate, and an epoch above all that it
// or the center has seen.
func (c *Center) admit(tx *store.Tx, d store.Device, epoch int64, reason string) (resp wire.EnrolResponse, err error) {
	seen, err := tx.HighestEpoch(d.Terminal)
	if err != nil {
		return resp, err
	}
	now := c.now()
	d.State, d.Epoch, d.EnrolledAt = store.Active, max(epoch, seen)+1, now
	var cert []byte
	if cert, d.NotAfter, err = c.certify(tx, d.Terminal, d.PublicKey, reason); err != nil {
		return resp, err
	}
	// If it has applied as well, nobody needs to decide on that any more.
	if err := errors.Join(tx.Enrol(d), tx.DropApplication(wire.KeyHash(d.PublicKey))); err != nil {
		return resp, err
	}
	c.tellOthers(tx, noteEnrolled, d.Terminal)
	return wire.EnrolResponse{Certificate: string(cert), CA: string(c.ca.pem), CenterKey: c.PublicKey(),
		Site: d.Site, Role: d.Role, Epoch: d.Epoch, NotAfter: d.NotAfter}, nil
}

// certify issues a certificate and notes it.
func (c *Center) certify(tx *store.Tx, terminal string, key ed25519.PublicKey, reason string) (cert []byte, notAfter time.Time, err error) {
	now := c.now()
	notAfter = now.Add(c.opt.CertificateLife)
	cert, serial, err := c.ca.IssueTerminal(terminal, key, now.Add(-clockSlack), notAfter)
	if err != nil {
		return nil, notAfter, err
	}
	return cert, notAfter, tx.AddCertificate(store.Certificate{Serial: serial, Terminal: terminal, IssuedAt: now, NotAfter: notAfter, Reason: reason})
}

// checkRequest verifies all of a request that needs no database.
func checkRequest(q wire.EnrolRequest) (ed25519.PublicKey, error) {
	bad := func(hint string) (ed25519.PublicKey, error) {
		return nil, &refusal{wire.EnrolBadKey, http.StatusBadRequest, hint}
	}
	if !names.MatchString(q.Terminal) || !names.MatchString(q.Site) {
		return nil, &refusal{wire.EnrolBadSite, http.StatusForbidden, ErrName.Error()}
	}
	if q.Epoch < 0 || q.Epoch >= 1<<40 {
		return bad("the epoch is out of range")
	}
	key, err := checkCSR(q.CSR, q.Terminal)
	if err != nil {
		return nil, err
	}
	if !key.Equal(ed25519.PublicKey(q.PublicKey)) {
		return bad("the certificate request is not of public_key")
	}
	return key, nil
}

// checkCSR verifies that who asks holds the key, and calls himself so.
func checkCSR(text, terminal string) (ed25519.PublicKey, error) {
	bad := func(hint string) (ed25519.PublicKey, error) {
		return nil, &refusal{wire.EnrolBadKey, http.StatusBadRequest, hint}
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(strings.TrimSpace(string(rest))) > 0 {
		return bad("csr is not one PEM certificate request")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil || csr.CheckSignature() != nil {
		return bad("the certificate request's signature does not hold")
	}
	key, ok := csr.PublicKey.(ed25519.PublicKey)
	if !ok {
		return bad("the certificate request's key is not Ed25519")
	}
	if csr.Subject.CommonName != terminal {
		return bad("the certificate request's common name is not the terminal")
	}
	return key, nil
}

const maxEnrolBytes = 32 << 10

func (c *Center) serveEnrol(w http.ResponseWriter, r *http.Request) {
	host := host(r.RemoteAddr)
	var resp wire.EnrolResponse
	var q wire.EnrolRequest
	err := func() error {
		if may, err := c.mayTry(r.Context(), host); err != nil {
			return err
		} else if !may {
			return &refusal{wire.EnrolTooMany, http.StatusTooManyRequests, "too many wrong codes: try again in a few minutes"}
		}
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxEnrolBytes))
		if err := d.Decode(&q); err != nil {
			return &refusal{wire.EnrolBadKey, http.StatusBadRequest, "the request is not JSON as it should be, or too large"}
		}
		var err error
		if q.Code == "" && len(q.Nonce) > 0 {
			resp, err = c.apply(r.Context(), q, host)
		} else {
			resp, err = c.enrol(r.Context(), q)
		}
		return err
	}()
	if err == nil {
		writeJSON(w, http.StatusOK, resp)
		return
	}
	var no *refusal
	if !errors.As(err, &no) {
		c.log.Error("center: enrolment failed", "op", "enrol", "cause", err)
		c.TurnAway(r, "enrol.failed", q.Terminal)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "the center cannot store anything at the moment", http.StatusServiceUnavailable)
		return
	}
	if no.reason == wire.EnrolWaiting {
		writeJSON(w, no.status, wire.EnrolRefusal{Reason: no.reason, Hint: no.hint})
		return
	}
	if no.reason == wire.EnrolBadCode {
		if err := c.triedWrong(context.WithoutCancel(r.Context()), host); err != nil {
			c.log.Error("center: a wrong code cannot be counted", "op", "enrol", "cause", err)
		}
	}
	c.TurnAway(r, "enrol."+string(no.reason), q.Terminal+" "+q.Site)
	c.log.Warn("center: enrolment refused", "op", "enrol", "code", no.reason, "from", host)
	if no.status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "60")
	}
	writeJSON(w, no.status, wire.EnrolRefusal{Reason: no.reason, Hint: no.hint})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // the terminal asks again when it did not get it
}

// Guessing codes is made hopeless: so many wrong ones from an address, and from
// everywhere together, in a window of time, whichever center they come to.
const (
	guardWindow = 10 * time.Minute
	guardFrom   = 10
	guardAll    = 1000
	guardKind   = "enrol"
	guardTotal  = "" // stands for every address
)

// mayTry reports whether an address may try a code.
func (c *Center) mayTry(ctx context.Context, host string) (may bool, err error) {
	err = c.db.Read(ctx, func(tx *store.Tx) error {
		window := c.now().Truncate(guardWindow)
		from, err := tx.Attempts(guardKind, host, window)
		if err != nil {
			return err
		}
		all, err := tx.Attempts(guardKind, guardTotal, window)
		may = from < guardFrom && all < guardAll
		return err
	})
	return may, err
}

// triedWrong counts a wrong code.
func (c *Center) triedWrong(ctx context.Context, host string) error {
	return c.db.Write(ctx, func(tx *store.Tx) error {
		window := c.now().Truncate(guardWindow)
		return errors.Join(tx.AddAttempt(guardKind, host, window), tx.AddAttempt(guardKind, guardTotal, window))
	})
}
