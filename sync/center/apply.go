package center

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// Limits of applications: strangers can make them.
const (
	applicationLife  = 15 * time.Minute // after the terminal asked last
	applicationsMost = 500              // that wait, in all,
	applicationsFrom = 20               // and from an address
	applicationPulse = 10 * time.Second // how often it is noted that a terminal asked again
	digitsTries      = 5                // wrong ones, then the application is gone
)

// apply takes a terminal's application, or says what became of it.
func (c *Center) apply(ctx context.Context, q wire.EnrolRequest, source string) (resp wire.EnrolResponse, err error) {
	key, err := checkRequest(q)
	if err != nil {
		return resp, err
	}
	if len(q.Nonce) != wire.NonceBytes {
		return resp, &refusal{wire.EnrolBadKey, http.StatusBadRequest, fmt.Sprintf("the nonce must have %d bytes", wire.NonceBytes)}
	}
	waiting := &refusal{wire.EnrolWaiting, http.StatusAccepted, "an administrator must approve this terminal at the console"}
	hash, now := wire.KeyHash(key), c.now()
	var known store.Application
	err = c.db.Read(ctx, func(tx *store.Tx) (err error) {
		known, err = tx.Application(hash)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return resp, err
	}
	if err == nil && bytes.Equal(known.Nonce, q.Nonce) {
		switch {
		case known.Verdict == store.Approved:
			return resp, json.Unmarshal(known.Answer, &resp)
		case known.Verdict == store.Refused:
			return resp, &refusal{wire.EnrolRefused, http.StatusForbidden, "an administrator has refused this terminal"}
		case now.Sub(known.SeenAt) < applicationPulse:
			return resp, waiting
		}
	}
	err = c.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.ForgetApplications(now.Add(-applicationLife)); err != nil {
			return err
		}
		old, err := tx.Application(hash)
		switch {
		case err == nil && bytes.Equal(old.Nonce, q.Nonce):
			if old.Verdict != store.Waiting {
				return waiting // decided just now: it asks again
			}
			old.SeenAt = now
			return tx.PutApplication(old)
		case err != nil && !errors.Is(err, store.ErrNotFound):
			return err
		}
		all, from, err := tx.CountApplications(source)
		if err != nil {
			return err
		}
		if all >= applicationsMost || from >= applicationsFrom {
			return &refusal{wire.EnrolTooMany, http.StatusTooManyRequests, "too many terminals wait to be let in: decide on those at the console"}
		}
		c.tellOthers(tx, noteChanged, q.Terminal)
		return tx.PutApplication(store.Application{KeyHash: hash, PublicKey: key, Nonce: q.Nonce, Terminal: q.Terminal, Site: q.Site,
			Place: cut(q.Place), Epoch: q.Epoch, Source: source, MadeAt: now, SeenAt: now})
	})
	if err != nil {
		return resp, err
	}
	c.Events.publish(Event{Terminal: q.Terminal})
	return resp, waiting
}

// Errors of approving.
var (
	// ErrDigits is returned when neither the digits nor the nonce are the terminal's.
	ErrDigits = errors.New("these are not the six digits on the terminal's screen")
	// ErrDecided is returned for an application that somebody has decided on.
	ErrDecided = errors.New("somebody has decided on this terminal already")
)

// Approval lets a terminal in that has applied. Who approves must have seen its
// screen: he types the digits, or has scanned the QR code and thereby brings the
// nonce.
type Approval struct {
	KeyHash []byte
	Digits  string // as typed; or
	Nonce   string // as in the QR code, hexadecimal
	Site    string // where it belongs; made when there is none of that ID
	Role    string // what it is for; may be ""
}

// Approve lets a terminal in that has applied. ErrDigits counts: after some the
// application is gone, and the terminal shows another.
func (c *Center) Approve(ctx context.Context, who string, a Approval) error {
	if !names.MatchString(a.Site) {
		return ErrName
	}
	if _, known := c.opt.Roles[a.Role]; !known && a.Role != "" {
		return ErrRole
	}
	now := c.now()
	var wrong bool
	var terminal string
	err := c.db.Write(ctx, func(tx *store.Tx) error {
		wrong = false
		w, err := tx.Application(a.KeyHash)
		if err != nil {
			return err
		}
		terminal = w.Terminal
		switch {
		case w.Verdict != store.Waiting:
			return ErrDecided
		case now.Sub(w.SeenAt) > applicationLife:
			return store.ErrNotFound
		case !seen(w, a):
			wrong = true
			return c.wrongDigits(tx, w)
		}
		if err := makeSite(tx, a.Site); err != nil {
			return err
		}
		d, err := tx.Device(w.Terminal)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		resp, err := c.admit(tx, store.Device{Terminal: w.Terminal, Site: a.Site, Place: w.Place, Role: a.Role, PublicKey: w.PublicKey},
			max(w.Epoch, d.Epoch), "approval")
		if err != nil {
			return err
		}
		if w.Answer, err = json.Marshal(resp); err != nil {
			return err
		}
		w.Verdict, w.DecidedBy, w.DecidedAt = store.Approved, who, now
		if err := tx.PutApplication(w); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: now, Who: who, Action: "terminal.approve", Subject: w.Terminal,
			Detail: fmt.Sprintf("%s, role %q, epoch %d, key %x", a.Site, a.Role, resp.Epoch, w.KeyHash[:8])})
	})
	switch {
	case err != nil:
		return err
	case wrong:
		return ErrDigits
	}
	c.Events.publish(Event{Terminal: terminal, Enrolled: true})
	return nil
}

// seen reports whether the administrator has seen the terminal's screen.
func seen(w store.Application, a Approval) bool {
	if a.Nonce != "" {
		nonce, err := hex.DecodeString(a.Nonce)
		return err == nil && subtle.ConstantTimeCompare(nonce, w.Nonce) == 1
	}
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, a.Digits)
	return subtle.ConstantTimeCompare([]byte(digits), []byte(wire.ApplicationDigits(w.PublicKey, w.Nonce))) == 1
}

const guardDigits = "digits"

// wrongDigits counts, and forgets the application when it was guessed at too often.
func (c *Center) wrongDigits(tx *store.Tx, w store.Application) error {
	who, window := hex.EncodeToString(w.KeyHash), c.now().Truncate(guardWindow)
	if err := tx.AddAttempt(guardDigits, who, window); err != nil {
		return err
	}
	n, err := tx.Attempts(guardDigits, who, window)
	if err != nil || n < digitsTries {
		return err
	}
	return errors.Join(tx.DropApplication(w.KeyHash),
		tx.Note(store.Audit{At: c.now(), Who: "center", Action: "terminal.guessed", Subject: w.Terminal, Detail: "too many wrong digits"}))
}

func makeSite(tx *store.Tx, id string) error {
	_, err := tx.Site(id)
	if errors.Is(err, store.ErrNotFound) {
		return tx.PutSite(store.Site{ID: id, NameZH: id, NameEN: id})
	}
	return err
}

// Refuse keeps a terminal out that has applied.
func (c *Center) Refuse(ctx context.Context, who string, keyHash []byte) error {
	return c.db.Write(ctx, func(tx *store.Tx) error {
		w, err := tx.Application(keyHash)
		if err != nil {
			return err
		}
		if w.Verdict != store.Waiting {
			return ErrDecided
		}
		w.Verdict, w.DecidedBy, w.DecidedAt = store.Refused, who, c.now()
		return errors.Join(tx.PutApplication(w),
			tx.Note(store.Audit{At: c.now(), Who: who, Action: "terminal.refuse", Subject: w.Terminal, Detail: fmt.Sprintf("key %x", keyHash[:8])}))
	})
}

// Applications lists the terminals that wait to be let in, the oldest first.
func (c *Center) Applications(ctx context.Context) (list []store.Application, err error) {
	err = c.db.Read(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Applications()
		return err
	})
	now := c.now()
	waiting := list[:0]
	for _, w := range list {
		if now.Sub(w.SeenAt) <= applicationLife {
			waiting = append(waiting, w)
		}
	}
	return waiting, err
}
