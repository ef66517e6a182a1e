package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/store"
)

// accountNames are what an account may be called: a person's name or number.
var accountNames = regexp.MustCompile(`^[\p{Han}A-Za-z0-9][\p{Han}A-Za-z0-9._-]{0,31}$`)

// reservedNames would pass for something else in the audit log.
var reservedNames = map[string]bool{"center": true, "command": true, "terminal": true, "demo": true}

// accountRow is an account as it is listed.
type accountRow struct {
	store.Account
	Title    view.Text // of the role
	Sessions int
	Self     bool
	Locked   bool
}

func (c *Console) accounts(ctx context.Context, v visit) (shown, error) {
	var d struct {
		Rows        []accountRow
		Roles       []Role
		Permissions map[Role][]Permission
		Given       string // a password just made,
		For         string // and for whom
	}
	d.Roles = Roles()
	d.For, d.Given = v.slip.take("password")
	err := c.opt.Center.View(ctx, func(tx *store.Tx) error {
		list, err := tx.Accounts()
		if err != nil {
			return err
		}
		for _, a := range list {
			row := accountRow{Account: a, Title: Role(a.Role).Title(), Self: a.Name == v.account.Name, Locked: a.LockedUntil.After(c.opt.Center.Now())}
			open, err := tx.Sessions(a.Name)
			if err != nil {
				return err
			}
			for _, s := range open {
				if c.alive(s, a) {
					row.Sessions++
				}
			}
			d.Rows = append(d.Rows, row)
		}
		return nil
	})
	return shown{"accounts", "accounts", view.T("账号", "Accounts"), d}, err
}

// addAccount makes an account with a password that its owner must change.
func (c *Console) addAccount(ctx context.Context, v visit) (string, error) {
	name, role := strings.TrimSpace(v.PostFormValue("name")), Role(v.PostFormValue("role"))
	if !accountNames.MatchString(name) || reservedNames[strings.ToLower(name)] {
		return "", bad("用户名为 1–32 个汉字、字母、数字、点、下划线或连字符，且不能是保留名称。",
			"A user name has 1 to 32 letters, digits, dots, underscores or hyphens, and is not a reserved one.")
	}
	if !role.known() {
		return "", bad("没有这个角色。", "There is no such role.")
	}
	password, hash, err := c.temporaryPassword(ctx)
	if err != nil {
		return "", err
	}
	err = c.opt.Center.Edit(ctx, func(tx *store.Tx) error {
		if _, err := tx.Account(name); !errors.Is(err, store.ErrNotFound) {
			return errors.Join(err, bad("已有这个用户名。", "There is an account of that name."))
		}
		now := c.opt.Center.Now()
		return errors.Join(tx.PutAccount(store.Account{Name: name, Role: string(role), Password: hash, ChangedAt: now,
			Temporary: true, MadeAt: now, MadeBy: v.who()}),
			tx.Note(store.Audit{At: now, Who: v.who(), Action: "account.make", Subject: name, Detail: string(role)}))
	})
	if err != nil {
		return "", err
	}
	v.slip.keep("password", name, password)
	return "/accounts", nil
}

func (c *Console) temporaryPassword(ctx context.Context) (password, hash string, err error) {
	if password, err = NewPassword(); err != nil {
		return "", "", err
	}
	select {
	case c.hashing <- struct{}{}:
	case <-ctx.Done():
		return "", "", ctx.Err()
	}
	defer func() { <-c.hashing }()
	hash, err = hashPassword(password, argonMemory)
	return password, hash, err
}

// changeAccount changes somebody's account. The last administrator stays one, and
// nobody can shut himself out.
func (c *Console) changeAccount(ctx context.Context, v visit) (string, error) {
	name, what := v.PostFormValue("name"), v.PostFormValue("what")
	if name == v.account.Name {
		return "", bad("不能在此修改自己的账号。", "You cannot change your own account here.")
	}
	var password, hash string
	if what == "password" {
		var err error
		if password, hash, err = c.temporaryPassword(ctx); err != nil {
			return "", err
		}
	}
	err := c.opt.Center.Edit(ctx, func(tx *store.Tx) error {
		// Two administrators who disable each other at once: one comes too late.
		if own, err := tx.Account(v.account.Name); err != nil || Role(own.Role) != Admin || !own.DisabledAt.IsZero() {
			return errors.Join(err, &problem{http.StatusForbidden, view.T("您的账号刚刚被修改。", "Your own account has just been changed.")})
		}
		a, err := tx.Account(name)
		if err != nil {
			return orMissing(err, "没有这个账号。", "There is no such account.")
		}
		now, note := c.opt.Center.Now(), store.Audit{At: c.opt.Center.Now(), Who: v.who(), Action: "account." + what, Subject: name}
		drop := true
		switch what {
		case "role":
			role := Role(v.PostFormValue("role"))
			if !role.known() {
				return bad("没有这个角色。", "There is no such role.")
			}
			note.Detail = fmt.Sprintf("%s, was %s", role, a.Role)
			a.Role = string(role)
		case "password":
			a.Password, a.ChangedAt, a.Temporary, a.Failures, a.LockedUntil = hash, now, true, 0, time.Time{}
		case "disable":
			a.DisabledAt = now
		case "enable":
			a.DisabledAt, drop = time.Time{}, false
		case "signout":
		default:
			return bad("没有这项操作。", "There is no such action.")
		}
		if drop {
			if _, err := tx.DropSessions(name); err != nil {
				return err
			}
		}
		return errors.Join(tx.PutAccount(a), tx.Note(note))
	})
	if err != nil {
		return "", err
	}
	if what == "password" {
		v.slip.keep("password", name, password)
	}
	return "/accounts?done=account", nil
}
