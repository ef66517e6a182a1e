package console

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

// The cost of a password: 19 MiB and two passes, by OWASP's recommendation.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonSalt   = 16
	argonKey    = 32
	maxPassword = 256 // bytes
)

// NewPassword makes a password of about 79 bits that can be read aloud.
func NewPassword() (string, error) {
	const alphabet = "23456789abcdefghjkmnpqrstuvwxyz-" // 32: no bias; no 0 o 1 l i
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = alphabet[int(b[i])%31]
	}
	return string(b[:4]) + "-" + string(b[4:8]) + "-" + string(b[8:12]) + "-" + string(b[12:]), nil
}

// SetPassword gives the administrator a password and signs everybody out.
func SetPassword(ctx context.Context, c *center.Center, who, password string) error {
	hash, err := hashPassword(password, argonMemory)
	if err != nil {
		return err
	}
	return c.Edit(ctx, func(tx *store.Tx) error {
		if err := tx.PutAccount(store.Account{Name: Administrator, Role: "admin", Password: hash, ChangedAt: c.Now(), MadeAt: c.Now(), MadeBy: who}); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: c.Now(), Who: who, Action: "password.set", Subject: Administrator})
	})
}

// hashPassword is the argon2id hash of a password in PHC form.
func hashPassword(password string, memory uint32) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, memory, 1, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, memory, argonTime,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// matches compares a password with a hash of hashPassword.
func matches(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || len(password) > maxPassword {
		return false
	}
	var version, memory, passes, threads int
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &threads); err != nil ||
		version != argon2.Version || threads != 1 || memory > 1<<20 || passes < 1 || passes > 16 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) != argonKey {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), 1, argonKey)
	return subtle.ConstantTimeCompare(got, want) == 1
}

const (
	cookieName  = "__Host-ting-session"
	sessionIdle = 12 * time.Hour
	sessionsMax = 1000
)

// session is one browser that signed in. Sessions live in memory: a center that
// starts again asks everybody to sign in.
type session struct {
	token   string    // for forms
	since   time.Time // of the password it signed in with
	expires time.Time

	mu       sync.Mutex
	code     string // an enrolment code to be shown once,
	terminal string // and for whom it is
}

func (s *session) keepCode(code, terminal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.code, s.terminal = code, terminal
}

func (s *session) takeCode() (code, terminal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	code, terminal = s.code, s.terminal
	s.code, s.terminal = "", ""
	return code, terminal
}

type sessionKey struct{}

type sessions struct {
	now func() time.Time
	mu  sync.Mutex
	m   map[string]*session
}

func (s *sessions) add(password time.Time) (id string) {
	id, token := secret(), secret()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = map[string]*session{}
	}
	for k, old := range s.m {
		if s.now().After(old.expires) || len(s.m) >= sessionsMax {
			delete(s.m, k)
		}
	}
	s.m[id] = &session{token: token, since: password, expires: s.now().Add(sessionIdle)}
	return id
}

func (s *sessions) get(id string) (*session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got, ok := s.m[id]
	if !ok || s.now().After(got.expires) {
		delete(s.m, id)
		return nil, false
	}
	got.expires = s.now().Add(sessionIdle)
	return got, true
}

func (s *sessions) drop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.m, id)
}

func secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: the program would end instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// session finds the request's session. One of an older password is none.
func (c *Console) session(r *http.Request) (*session, bool) {
	ck, err := r.Cookie(cookieName)
	if err != nil {
		return nil, false
	}
	s, ok := c.sessions.get(ck.Value)
	if !ok {
		return nil, false
	}
	var changed time.Time
	err = c.opt.Center.View(r.Context(), func(tx *store.Tx) error {
		a, err := tx.Account(Administrator)
		changed = a.ChangedAt
		return err
	})
	if err != nil || !changed.Equal(s.since) {
		c.sessions.drop(ck.Value)
		return nil, false
	}
	return s, true
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

func (c *Console) showSignIn(w http.ResponseWriter, r *http.Request) {
	if _, ok := c.session(r); ok {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	c.render(w, r, http.StatusOK, nil, signInPage(view.Text{}))
}

func signInPage(err view.Text) shown {
	return shown{page: "signin", title: view.T("登录", "Sign in"), data: err}
}

func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	if !sameSite(r) {
		c.opt.Center.Refusals().Add("console.token")
		http.Error(w, "sign in from the console's own page", http.StatusForbidden)
		return
	}
	if wait := c.guesses.wait(host); wait > 0 {
		c.tooManyGuesses(w, r, wait)
		return
	}
	var hash string
	var changed time.Time
	err := c.opt.Center.View(r.Context(), func(tx *store.Tx) error {
		a, err := tx.Account(Administrator)
		hash, changed = a.Password, a.ChangedAt
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		c.failed(w, r, err)
		return
	}
	select {
	case c.hashing <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	// Asked again, since those who came together have all found no wait above.
	wait, ok := c.guesses.wait(host), false
	if wait <= 0 {
		if ok = matches(hash, r.PostFormValue("password")) && r.PostFormValue("user") == Administrator; !ok {
			c.guesses.wrong(host)
		}
	}
	<-c.hashing
	if wait > 0 {
		c.tooManyGuesses(w, r, wait)
		return
	}
	if !ok {
		c.opt.Center.Refusals().Add("console.password")
		c.opt.Log.Warn("console: a sign-in was refused", "op", "signin", "from", host)
		c.render(w, r, http.StatusForbidden, nil, signInPage(view.T("用户名或密码不正确。", "The user name or password is not right.")))
		return
	}
	c.guesses.right(host)
	id := c.sessions.add(changed)
	if err := c.opt.Center.Note(r.Context(), Administrator, "console.signin", host, ""); err != nil {
		// A full disk must not keep the staff from seeing that it is full.
		c.opt.Log.Warn("console: the sign-in could not be noted", "op", "signin", "cause", err)
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (c *Console) tooManyGuesses(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	seconds := int(wait.Seconds()) + 1
	c.opt.Center.Refusals().Add("console.guesses")
	w.Header().Set("Retry-After", fmt.Sprint(seconds))
	c.render(w, r, http.StatusTooManyRequests, nil, signInPage(view.Tf("尝试次数过多,请 %d 秒后再试。", "Too many tries. Please wait %d seconds.", seconds)))
}

func (c *Console) signOut(_ context.Context, r *http.Request) (string, error) {
	if ck, err := r.Cookie(cookieName); err == nil {
		c.sessions.drop(ck.Value)
	}
	return "/signin", nil
}

// guesses slows down whoever guesses passwords: after five wrong ones from an
// address each further one doubles the wait, up to a quarter of an hour.
type guesses struct {
	now func() time.Time
	mu  sync.Mutex
	m   map[string]guess
}

type guess struct {
	wrong int
	next  time.Time
}

const (
	guessesFree = 5
	guessesMost = 15 * time.Minute
	guessesKept = 10_000
)

func (g *guesses) wait(host string) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.m[host].next.Sub(g.now())
}

func (g *guesses) wrong(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.m == nil || len(g.m) > guessesKept {
		g.m = map[string]guess{}
	}
	x := g.m[host]
	x.wrong++
	if x.wrong >= guessesFree {
		x.next = g.now().Add(min(guessesMost, time.Second<<min(x.wrong-guessesFree, 20)))
	}
	g.m[host] = x
}

func (g *guesses) right(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.m, host)
}
