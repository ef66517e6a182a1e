package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/store"
)

// An account takes so many wrong passwords, from wherever they come, and then
// none for a while. The while is short: whoever wants to shut the staff out can
// do no more than annoy them, and whoever guesses gets nowhere.
const (
	accountFailures = 20
	accountLocked   = 5 * time.Minute
)

func (c *Console) showSignIn(w http.ResponseWriter, r *http.Request) {
	v, err := c.visit(r, false)
	switch {
	case err != nil:
		c.failed(w, r, err)
	case v.account.Name != "":
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		c.signInPage(w, r, http.StatusOK, view.Text{})
	}
}

func (c *Console) signInPage(w http.ResponseWriter, r *http.Request, status int, err view.Text) {
	c.render(w, r, status, "signin", page{Lang: lang(r), Title: view.T("登录", "Sign in"), Path: "/signin", Data: err})
}

func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	host := address(r)
	if !sameSite(r) {
		c.opt.Center.TurnAway(r, "console.token", "")
		http.Error(w, "sign in from the console's own page", http.StatusForbidden)
		return
	}
	if wait := c.guesses.wait(host); wait > 0 {
		c.tooManyGuesses(w, r, wait)
		return
	}
	name, password := r.PostFormValue("user"), r.PostFormValue("password")
	a, err := c.accountOf(r.Context(), name)
	if err != nil {
		c.failed(w, r, err)
		return
	}
	if wait := a.LockedUntil.Sub(c.opt.Center.Now()); wait > 0 {
		c.tooManyGuesses(w, r, wait)
		return
	}
	if c.turn != nil {
		c.turn()
	}
	select {
	case c.hashing <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	// Asked again, since those who came together have all found no wait above.
	wait, ok := c.guesses.wait(host), false
	if wait <= 0 {
		hash := a.Password
		if a.Name == "" {
			hash = noPassword
		}
		if ok = matches(hash, password) && a.Name != "" && a.DisabledAt.IsZero(); !ok {
			c.guesses.wrong(host)
		}
	}
	<-c.hashing
	switch {
	case wait > 0:
		c.tooManyGuesses(w, r, wait)
	case !ok:
		c.wrongPassword(w, r, a)
	default:
		c.guesses.right(host)
		c.welcome(w, r, a)
	}
}

// accountOf reads the account of a name; there may be none.
func (c *Console) accountOf(ctx context.Context, name string) (a store.Account, err error) {
	err = c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		a, err = tx.Account(name)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.Account{}, nil
	}
	return a, err
}

func (c *Console) wrongPassword(w http.ResponseWriter, r *http.Request, a store.Account) {
	c.opt.Center.TurnAway(r, "console.password", "")
	c.opt.Log.Warn("console: a sign-in was refused", "op", "signin", "from", address(r))
	if a.Name != "" {
		if err := c.countFailure(r, a.Name); err != nil {
			c.opt.Log.Warn("console: a wrong password could not be counted", "op", "signin", "cause", err)
		}
	}
	c.signInPage(w, r, http.StatusForbidden, view.T("用户名或密码不正确。", "The user name or password is not right."))
}

func (c *Console) countFailure(r *http.Request, name string) error {
	return c.opt.Center.Edit(r.Context(), func(tx *store.Tx) error {
		a, err := tx.Account(name)
		if err != nil {
			return err
		}
		if a.Failures++; a.Failures%accountFailures == 0 {
			a.LockedUntil = c.opt.Center.Now().Add(accountLocked)
			if err := tx.Note(store.Audit{At: c.opt.Center.Now(), Who: "center", Action: "account.locked", Subject: name,
				Detail: fmt.Sprintf("%d wrong passwords, the last from %s", a.Failures, address(r))}); err != nil {
				return err
			}
		}
		return tx.PutAccount(a)
	})
}

// welcome begins the session and notes it, together or not at all.
func (c *Console) welcome(w http.ResponseWriter, r *http.Request, a store.Account) {
	var id string
	err := c.opt.Center.Edit(r.Context(), func(tx *store.Tx) error {
		// It may have been disabled while the password was looked at.
		fresh, err := tx.Account(a.Name)
		if err != nil || fresh.Password != a.Password || !fresh.DisabledAt.IsZero() {
			return errors.Join(errChanged, err)
		}
		fresh.Failures, fresh.LockedUntil = 0, time.Time{}
		if err := tx.PutAccount(fresh); err != nil {
			return err
		}
		if id, err = c.begin(tx, a.Name, r); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: c.opt.Center.Now(), Who: a.Name, Action: "console.signin", Subject: address(r)})
	})
	switch {
	case errors.Is(err, errChanged):
		c.signInPage(w, r, http.StatusForbidden, view.T("账号刚刚被修改，请重新登录。", "The account has just been changed. Please sign in again."))
		return
	case err != nil:
		c.failed(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

var errChanged = errors.New("the account was changed meanwhile")

func (c *Console) tooManyGuesses(w http.ResponseWriter, r *http.Request, wait time.Duration) {
	seconds := int(wait.Seconds()) + 1
	c.opt.Center.TurnAway(r, "console.guesses", "")
	w.Header().Set("Retry-After", fmt.Sprint(seconds))
	c.signInPage(w, r, http.StatusTooManyRequests, view.Tf("尝试次数过多，请 %d 秒后再试。", "Too many tries. Please wait %d seconds.", seconds))
}

func (c *Console) signOut(ctx context.Context, v visit) (string, error) {
	return "/signin", c.opt.Center.Edit(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.DropSession(v.session.Hash),
			tx.Note(store.Audit{At: c.opt.Center.Now(), Who: v.who(), Action: "console.signout", Subject: v.session.Address}))
	})
}
