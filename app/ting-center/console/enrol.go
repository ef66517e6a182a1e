package console

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

// codeRow is an enrolment code that still waits for its terminal.
type codeRow struct {
	store.Code
	ID string // names it in a form; leads to nothing
}

// applicant is a terminal that waits to be let in.
type applicant struct {
	store.Application
	Key         string // names it in addresses
	Fingerprint string
	Again       bool   // one of this ID is enrolled already: it would take its place
	Nonce       string // of the QR code that was scanned: then no digits are needed
}

// applicants lists the terminals that wait to be let in, the one whose QR code led
// here first.
func (c *Console) applicants(ctx context.Context, v visit, devices []store.Device) (rows []applicant, err error) {
	list, err := c.opt.Center.Applications(ctx)
	for _, a := range list {
		row := applicant{Application: a, Key: hex.EncodeToString(a.KeyHash), Fingerprint: inGroups(a.KeyHash[:16]),
			Again: slices.ContainsFunc(devices, func(d store.Device) bool { return d.Terminal == a.Terminal && d.State != store.Revoked })}
		if v.FormValue("key") == row.Key {
			row.Nonce = v.FormValue("nonce")
			rows = append([]applicant{row}, rows...)
			continue
		}
		rows = append(rows, row)
	}
	return rows, err
}

func (c *Console) enrol(ctx context.Context, v visit) (shown, error) {
	var d struct {
		Waiting []applicant
		Sites   []store.Site
		Codes   []codeRow
		Roles   []string // that an approval may give
		Code    string   // just made,
		For     string   // and for whom
	}
	d.For, d.Code = v.slip.take("code")
	d.Roles = c.opt.Center.Roles()
	var devices []store.Device
	err := c.opt.Center.View(ctx, func(tx *store.Tx) error {
		var err error
		if d.Sites, err = tx.Sites(); err != nil {
			return err
		}
		if devices, err = tx.Devices(); err != nil {
			return err
		}
		codes, err := tx.Codes(c.opt.Center.Now())
		for _, code := range codes {
			d.Codes = append(d.Codes, codeRow{code, hex.EncodeToString(code.Hash[:8])})
		}
		return err
	})
	if err == nil {
		d.Waiting, err = c.applicants(ctx, v, devices)
	}
	return shown{"enrol", "enrol", view.T("终端登记", "Enrolment"), d}, err
}

// decided explains why an applicant cannot be decided on.
func decided(err error) error {
	switch {
	case errors.Is(err, center.ErrDigits):
		return bad("六位数字与终端屏幕上的不一致。请到终端前核对后重试；多次输错后终端会显示新的数字。",
			"These are not the six digits on the terminal's screen. Stand before it and try again; after some wrong ones it shows others.")
	case errors.Is(err, center.ErrRole):
		return bad("没有这种用途。", "There is no such role.")
	case errors.Is(err, center.ErrDecided), errors.Is(err, store.ErrNotFound):
		return missing("这台终端已不在等待：已被处理，或已离开。", "This terminal does not wait any more: it was decided on, or has gone.")
	}
	return orName(err)
}

// approve lets a terminal in whose screen somebody has seen: he types its digits,
// or has scanned its QR code.
func (c *Console) approve(ctx context.Context, v visit) (string, error) {
	key, err := hex.DecodeString(v.PathValue("key"))
	if err != nil {
		return "", decided(store.ErrNotFound)
	}
	err = c.opt.Center.Approve(ctx, v.who(), center.Approval{KeyHash: key, Digits: v.PostFormValue("digits"), Nonce: v.PostFormValue("nonce"),
		Site: strings.TrimSpace(v.PostFormValue("site")), Role: strings.TrimSpace(v.PostFormValue("role"))})
	return "/enrol?done=approved", decided(err)
}

// refuse keeps a terminal out that waits.
func (c *Console) refuse(ctx context.Context, v visit) (string, error) {
	key, err := hex.DecodeString(v.PathValue("key"))
	if err != nil {
		return "", decided(store.ErrNotFound)
	}
	return "/enrol?done=refused", decided(c.opt.Center.Refuse(ctx, v.who(), key))
}

func (c *Console) makeCode(ctx context.Context, v visit) (string, error) {
	terminal := strings.TrimSpace(v.PostFormValue("terminal"))
	code, _, err := c.opt.Center.MakeCode(ctx, v.who(), terminal, strings.TrimSpace(v.PostFormValue("site")))
	if err != nil {
		return "", orName(err)
	}
	v.slip.keep("code", terminal, code)
	return "/enrol?done=code", nil
}

// dropCode makes a terminal's unused codes worthless.
func (c *Console) dropCode(ctx context.Context, v visit) (string, error) {
	terminal := v.PostFormValue("terminal")
	return "/enrol?done=dropped", c.opt.Center.Edit(ctx, func(tx *store.Tx) error {
		if err := tx.DropCodes(terminal); err != nil {
			return err
		}
		return tx.Note(store.Audit{At: c.opt.Center.Now(), Who: v.who(), Action: "code.drop", Subject: terminal})
	})
}
