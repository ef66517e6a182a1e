package console

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

// SetPassword gives the administrator a password and signs his browsers out. It
// makes the account when there is none, and unlocks and enables it: whoever can
// run a command on the center's machine may always come in.
func SetPassword(ctx context.Context, c *center.Center, who, password string) error {
	hash, err := hashPassword(password, argonMemory)
	if err != nil {
		return err
	}
	return c.Edit(ctx, func(tx *store.Tx) error {
		now := c.Now()
		a := store.Account{Name: Administrator, Role: string(Admin), Password: hash, ChangedAt: now, MadeAt: now, MadeBy: who}
		if _, err := tx.DropSessions(Administrator); err != nil {
			return err
		}
		return errors.Join(tx.PutAccount(a),
			tx.Note(store.Audit{At: now, Who: who, Action: "account.password", Subject: Administrator}))
	})
}

// signedIn is a session as its owner sees it.
type signedIn struct {
	store.Session
	ID   string // names it in a form; leads to nothing
	Here bool
}

// account shows one's own account.
func (c *Console) account(ctx context.Context, v visit) (shown, error) {
	var d struct {
		Account  store.Account
		Role     Role
		Sessions []signedIn
		Problem  view.Text
		Minimum  int
	}
	d.Account, d.Role, d.Minimum = v.account, Role(v.account.Role), minPassword
	err := c.opt.Center.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Sessions(v.account.Name)
		for _, s := range list {
			if c.alive(s, v.account) {
				d.Sessions = append(d.Sessions, signedIn{s, hex.EncodeToString(s.Hash[:8]), string(s.Hash) == string(v.session.Hash)})
			}
		}
		return err
	})
	return shown{"account", "account", view.T("我的账号", "My account"), d}, err
}

// ownPassword changes one's own password and signs every other browser out.
func (c *Console) ownPassword(ctx context.Context, v visit) (string, error) {
	old, next := v.PostFormValue("old"), v.PostFormValue("next")
	if next != v.PostFormValue("again") {
		return "", bad("两次输入的新密码不一致。", "The new password was not typed alike twice.")
	}
	if wrong := goodPassword(v.account.Name, next); !wrong.IsZero() {
		return "", bad(wrong.ZH, wrong.EN)
	}
	if old == next {
		return "", bad("新密码不能与当前密码相同。", "The new password must differ from the old one.")
	}
	// The same brake as at the door: an open browser must not be a place to guess at.
	who := "account/" + v.account.Name
	if wait := c.guesses.wait(who); wait > 0 {
		return "", &problem{http.StatusTooManyRequests, view.Tf("尝试次数过多，请 %d 秒后再试。", "Too many tries. Please wait %d seconds.", int(wait.Seconds())+1)}
	}
	select {
	case c.hashing <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-c.hashing }()
	if !matches(v.account.Password, old) {
		c.guesses.wrong(who)
		return "", &problem{http.StatusForbidden, view.T("当前密码不正确。", "The current password is not right.")}
	}
	c.guesses.right(who)
	hash, err := hashPassword(next, argonMemory)
	if err != nil {
		return "", err
	}
	return "/account?done=password", c.opt.Center.Edit(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(v.account.Name)
		if err != nil {
			return err
		}
		a.Password, a.ChangedAt, a.Temporary = hash, c.opt.Center.Now(), false
		if _, err := tx.DropSessions(a.Name); err != nil {
			return err
		}
		kept := v.session
		kept.SeenAt = c.opt.Center.Now()
		return errors.Join(tx.PutAccount(a), tx.AddSession(kept),
			tx.Note(store.Audit{At: c.opt.Center.Now(), Who: v.who(), Action: "account.password", Subject: a.Name}))
	})
}

// endSessions signs one's other browsers out: one, or all of them and this too.
func (c *Console) endSessions(ctx context.Context, v visit) (string, error) {
	which := v.PostFormValue("session")
	next := "/account?done=signedout"
	if which == "all" {
		next = "/signin"
	}
	return next, c.opt.Center.Edit(ctx, func(tx *store.Tx) error {
		list, err := tx.Sessions(v.account.Name)
		if err != nil {
			return err
		}
		ended := 0
		for _, s := range list {
			if which == "all" || which == hex.EncodeToString(s.Hash[:8]) {
				if err := tx.DropSession(s.Hash); err != nil {
					return err
				}
				ended++
			}
		}
		return tx.Note(store.Audit{At: c.opt.Center.Now(), Who: v.who(), Action: "console.signout", Subject: v.account.Name,
			Detail: fmt.Sprintf("%d sessions", ended)})
	})
}
