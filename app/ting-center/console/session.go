package console

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/luohu/ting/sync/center/store"
)

const (
	cookieName = "__Host-ting-session"
	// sessionIdle ends a session in which nobody did anything; what a page does by
	// itself does not count.
	sessionIdle = time.Hour
	// sessionLife ends it whatever happens: a day's work.
	sessionLife = 12 * time.Hour
	// sessionNews is how often being there is stored.
	sessionNews = time.Minute
	maxAgent    = 160 // bytes
)

// secret is 32 bytes that nobody can guess.
func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: the program would end instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// The database knows a session by one hash of its secret, forms by another:
// neither leads to the secret or to the other.
func sessionHash(secret string) []byte {
	h := sha256.Sum256([]byte("ting.console.session.v1\x00" + secret))
	return h[:]
}

func formToken(secret string) string {
	h := sha256.Sum256([]byte("ting.console.token.v1\x00" + secret))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// begin makes a session and returns its secret, in the transaction of the sign-in.
func (c *Console) begin(tx *store.Tx, account string, r *http.Request) (string, error) {
	id, now := secret(), c.opt.Center.Now()
	agent := []rune(r.UserAgent())
	return id, tx.AddSession(store.Session{Hash: sessionHash(id), Account: account, MadeAt: now, SeenAt: now,
		EndsAt: now.Add(sessionLife), Address: address(r), Agent: string(agent[:min(len(agent), maxAgent)])})
}

// alive reports whether a session still holds for an account.
func (c *Console) alive(s store.Session, a store.Account) bool {
	now := c.opt.Center.Now()
	return now.Before(s.EndsAt) && now.Sub(s.SeenAt) < sessionIdle && a.DisabledAt.IsZero() && Role(a.Role).known()
}

// cookie is the secret that the browser holds, "" for none that can be one.
func cookie(r *http.Request) string {
	ck, err := r.Cookie(cookieName)
	if err != nil || len(ck.Value) > 64 {
		return ""
	}
	return ck.Value
}

// visit finds the request's session and account; without one the account has no
// name. byHand is for what a person did, which keeps the session alive.
func (c *Console) visit(r *http.Request, byHand bool) (v visit, err error) {
	v.Request = r
	secret := cookie(r)
	if secret == "" {
		return v, nil
	}
	var s store.Session
	var a store.Account
	err = c.opt.Center.View(r.Context(), func(tx *store.Tx) (err error) {
		if s, err = tx.Session(sessionHash(secret)); err != nil {
			return err
		}
		a, err = tx.Account(s.Account)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && !c.alive(s, a) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.session, v.account, v.token, v.slip = s, a, formToken(secret), readSlip(r, secret)
	if now := c.opt.Center.Now(); byHand && now.Sub(s.SeenAt) >= sessionNews {
		// On a full disk the session ends earlier; that must not hide the page that says so.
		if err := c.opt.Center.Edit(r.Context(), func(tx *store.Tx) error { return tx.TouchSession(s.Hash, now) }); err != nil {
			c.opt.Log.Warn("console: a session's use could not be stored", "op", "session", "cause", err)
		}
	}
	return v, nil
}

// stillSignedIn reports whether a live stream may go on; it keeps nothing alive.
func (c *Console) stillSignedIn(ctx context.Context, v visit) bool {
	now, err := c.visit(v.WithContext(ctx), false)
	return err == nil && now.account.Name == v.account.Name
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// sameSite refuses a form that another site sent, whatever the cookie's rules did.
func sameSite(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// address is where a request came from.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
