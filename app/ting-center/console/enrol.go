package console

import (
	"context"
	"encoding/hex"
	"strings"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/store"
)

// codeRow is an enrolment code that still waits for its terminal.
type codeRow struct {
	store.Code
	ID string // names it in a form; leads to nothing
}

func (c *Console) enrol(ctx context.Context, v visit) (shown, error) {
	var d struct {
		Sites []store.Site
		Codes []codeRow
		Code  string // just made,
		For   string // and for whom
		First bool   // no terminal was ever let in
		Wrong store.Code
	}
	d.For, d.Code = v.slip.take("code")
	err := c.opt.Center.View(ctx, func(tx *store.Tx) error {
		var err error
		if d.Sites, err = tx.Sites(); err != nil {
			return err
		}
		devices, err := tx.Devices()
		if err != nil {
			return err
		}
		d.First = len(devices) == 0
		codes, err := tx.Codes(c.opt.Center.Now())
		for _, code := range codes {
			d.Codes = append(d.Codes, codeRow{code, hex.EncodeToString(code.Hash[:8])})
		}
		return err
	})
	return shown{"enrol", "enrol", view.T("终端登记", "Enrolment"), d}, err
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
