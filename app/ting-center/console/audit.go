package console

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/store"
)

const (
	auditsShown = 100
	csvPage     = 1000 // entries read at a time
)

// auditQuery is a filter as it is typed.
type auditQuery struct {
	Who, Action, Text, From, Until string
}

func auditQueryOf(v visit) auditQuery {
	return auditQuery{Who: strings.TrimSpace(v.FormValue("who")), Action: v.FormValue("action"), Text: search(v.Request),
		From: v.FormValue("from"), Until: v.FormValue("until")}
}

// filter reads the days in the district's zone; the last one is within.
func (c *Console) filter(q auditQuery) (f store.AuditFilter, err error) {
	f = store.AuditFilter{Who: q.Who, Action: q.Action, Text: q.Text}
	for _, day := range []struct {
		s  string
		at *time.Time
		n  int
	}{{q.From, &f.From, 0}, {q.Until, &f.Until, 1}} {
		if day.s == "" {
			continue
		}
		at, err := time.ParseInLocation(time.DateOnly, day.s, c.opt.Zone)
		if err != nil {
			return f, bad("日期格式应为 2026-03-02。", "A date is written 2026-03-02.")
		}
		*day.at = at.AddDate(0, 0, day.n)
	}
	return f, nil
}

// Values are the filter as part of an address.
func (q auditQuery) Values() string {
	u := url.Values{}
	for k, s := range map[string]string{"who": q.Who, "action": q.Action, "q": q.Text, "from": q.From, "until": q.Until} {
		if s != "" {
			u.Set(k, s)
		}
	}
	return u.Encode()
}

func (c *Console) audit(ctx context.Context, v visit) (shown, error) {
	var d struct {
		Query   auditQuery
		Entries []store.Audit
		Actions []string
		Older   int64
		Head    string
		Last    int64
	}
	d.Query = auditQueryOf(v)
	f, err := c.filter(d.Query)
	if err != nil {
		return shown{}, err
	}
	f.Before, _ = strconv.ParseInt(v.FormValue("before"), 10, 64) // anything else begins with the newest
	err = c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		if d.Entries, err = tx.Audits(f, auditsShown); err != nil {
			return err
		}
		if d.Actions, err = tx.AuditActions(); err != nil {
			return err
		}
		var head []byte
		d.Last, head, err = tx.AuditHead()
		d.Head = hex.EncodeToString(head)
		return err
	})
	if len(d.Entries) == auditsShown {
		d.Older = d.Entries[len(d.Entries)-1].ID
	}
	return shown{"audit", "audit", view.T("操作记录", "Audit log"), d}, err
}

// verifyAudit reads the whole chain, with a head that was written down if there is one.
func (c *Console) verifyAudit(ctx context.Context, v visit) (string, error) {
	known, err := hex.DecodeString(strings.Join(strings.Fields(v.PostFormValue("known")), ""))
	if err != nil || len(known) != 0 && len(known) != 32 {
		return "", bad("校验值应为 64 位十六进制字符。", "A check value has 64 hexadecimal digits.")
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		_, err := tx.AuditVerify(known)
		return err
	})
	if errors.Is(err, store.ErrAudit) {
		c.opt.Log.Error("console: the audit log does not hold", "op", "audit", "cause", err)
		if err := c.opt.Center.Note(ctx, v.who(), "audit.broken", "", cutText(err.Error(), 200)); err != nil {
			return "", err
		}
		return "", &problem{http.StatusConflict, view.T("校验未通过：操作记录被改动过("+err.Error()+")。请保留现场并联系上级审计部门。",
			"Verification failed: "+err.Error()+". Leave everything as it is and call the auditors.")}
	}
	if err != nil {
		return "", err
	}
	return "/audit?done=verified", c.opt.Center.Note(ctx, v.who(), "audit.verify", "", "")
}

func cutText(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

// auditCSV exports what the filter finds, the newest first, as it is read: a log
// of years does not fit in memory.
func (c *Console) auditCSV(w http.ResponseWriter, v visit) error {
	f, err := c.filter(auditQueryOf(v))
	if err != nil {
		return err
	}
	if err := c.opt.Center.Note(v.Context(), v.who(), "audit.export", "", auditQueryOf(v).Values()); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="audit-%s.csv"`, c.opt.Center.Now().In(c.opt.Zone).Format("20060102-150405")))
	control, buffered := http.NewResponseController(w), bufio.NewWriter(w)
	fmt.Fprint(buffered, "\ufeff") // or spreadsheets take it for another encoding
	out := csv.NewWriter(buffered)
	_ = out.Write([]string{"id", "time", "who", "action", "subject", "detail", "sha256"}) // Flush has its error
	for {
		var list []store.Audit
		err := c.opt.Center.View(v.Context(), func(tx *store.Tx) (err error) {
			list, err = tx.Audits(f, csvPage)
			return err
		})
		if err != nil {
			return c.cutShort(err)
		}
		for _, a := range list {
			_ = out.Write([]string{fmt.Sprint(a.ID), a.At.In(c.opt.Zone).Format(time.RFC3339), harmless(a.Who), harmless(a.Action),
				harmless(a.Subject), harmless(a.Detail), hex.EncodeToString(a.Hash)})
			f.Before = a.ID
		}
		out.Flush()
		_ = control.SetWriteDeadline(time.Now().Add(30 * time.Second)) // a test's recorder has none
		if !sent(out, buffered) || len(list) < csvPage {
			return nil
		}
	}
}

// sent reports whether the browser took what is ready: one that has gone need
// not be told that it did not.
func sent(out *csv.Writer, buffered *bufio.Writer) bool {
	return out.Error() == nil && buffered.Flush() == nil
}

// cutShort breaks the connection: an export that lacks its end must not look whole.
func (c *Console) cutShort(err error) error {
	c.opt.Log.Error("console: an export was cut short", "op", "audit", "cause", err)
	panic(http.ErrAbortHandler)
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
