package console

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/store"
)

// page is what every template gets.
type page struct {
	Lang    view.Lang
	Here    string // the menu's entry
	Title   view.Text
	Token   string // of forms
	Path    string
	Mark    string // of the news that the page already shows
	Waiting waiting
	Account store.Account
	Done    view.Text // said once, after a change
	Data    any
}

// T is the wording in the page's language.
func (p page) T(zh, en string) string { return view.T(zh, en).In(p.Lang) }

// In is a text in the page's language.
func (p page) In(t view.Text) string { return t.In(p.Lang) }

// Can reports whether who looks at the page has a permission.
func (p page) Can(need Permission) bool { return Role(p.Account.Role).May(need) }

// RoleTitle is what people call the account's role.
func (p page) RoleTitle() string { return p.In(Role(p.Account.Role).Title()) }

// PageLink is the address of another part of the list on this page.
func (p page) PageLink(number int) string {
	path, query, _ := strings.Cut(p.Path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{} // the list itself was not asked with it either
	}
	values.Set("page", strconv.Itoa(number))
	values.Del("done")
	return path + "?" + values.Encode()
}

// waiting counts what waits for a person, for the menu.
type waiting struct {
	Enrolments int64 // terminals that want in
	Attention  int64 // letters and forks
}

// shown is what a page's handler found out.
type shown struct {
	page  string // template
	here  string
	title view.Text
	data  any
}

// visit is one request of somebody who is signed in and allowed.
type visit struct {
	*http.Request
	session store.Session
	account store.Account
	token   string
	slip    *slip
}

// who is the account's name, for the audit log.
func (v visit) who() string { return v.account.Name }

// reloads marks the requests that the script makes by itself, to show what
// changed: they do not count as something that a person did.
const reloads = "Ting-Live"

// handler checks who asks, and for what, before anything else.
func (c *Console) handler(route route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		byHand := route.page != nil && r.Header.Get(reloads) == "" || route.change != nil
		v, err := c.visit(r, byHand)
		switch {
		case err != nil:
			c.failed(w, r, err)
			return
		case v.account.Name == "" && r.Method == http.MethodGet && r.Header.Get(reloads) != "":
			http.Error(w, "signed out", http.StatusUnauthorized)
			return
		case v.account.Name == "":
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
			return
		case !Role(v.account.Role).May(route.need):
			c.opt.Center.TurnAway(r, "console.permission", v.account.Name+" "+route.pattern)
			c.opt.Log.Warn("console: not permitted", "op", route.pattern, "account", v.account.Name, "need", route.need)
			c.failed(w, r, &problem{http.StatusForbidden, view.T("您的角色没有这项权限。", "Your role does not permit this.")})
			return
		case v.account.Temporary && route.need != Self:
			http.Redirect(w, r, "/account", http.StatusSeeOther)
			return
		}
		v.slip.show(w)
		switch {
		case route.page != nil:
			c.serve(w, v, route.page)
		case route.change != nil:
			c.apply(w, v, route.change)
		default:
			if err := route.file(w, v); err != nil {
				c.failed(w, r, err)
			}
		}
	}
}

func (c *Console) serve(w http.ResponseWriter, v visit, fn pageFunc) {
	mark := c.hub.mark() // before looking: what changes meanwhile is shown again
	out, err := fn(v.Context(), v)
	if err != nil {
		c.failed(w, v.Request, err)
		return
	}
	p := page{Lang: lang(v.Request), Here: out.here, Title: out.title, Path: v.URL.RequestURI(), Data: out.data,
		Token: v.token, Account: v.account, Mark: mark, Done: done(v.FormValue("done"))}
	if p.Waiting, err = c.waiting(v.Context()); err != nil {
		c.failed(w, v.Request, err)
		return
	}
	c.render(w, v.Request, http.StatusOK, out.page, p)
}

// apply changes something for a form that one of our pages sent.
func (c *Console) apply(w http.ResponseWriter, v visit, fn changeFunc) {
	if !sameSite(v.Request) || !equal(v.PostFormValue("token"), v.token) {
		c.opt.Center.TurnAway(v.Request, "console.token", v.account.Name)
		c.failed(w, v.Request, &problem{http.StatusForbidden, view.T("页面已过期，请返回后重试。", "The page is out of date. Please go back and try again.")})
		return
	}
	next, err := fn(v.Context(), v)
	if err != nil {
		c.failed(w, v.Request, err)
		return
	}
	v.slip.hand(w)
	http.Redirect(w, v.Request, next, http.StatusSeeOther)
}

// render draws a page wholly before it sends any of it: a page cut short by an
// error would look like a page.
func (c *Console) render(w http.ResponseWriter, r *http.Request, status int, name string, p page) {
	var b bytes.Buffer
	if err := c.pages[name].Execute(&b, p); err != nil {
		c.opt.Log.Error("console: render", "op", "render", "page", name, "cause", err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever did not get it asks again
}

// problem is an error that whoever sits there can do something about.
type problem struct {
	status int
	text   view.Text
}

func (p *problem) Error() string { return p.text.EN }

func bad(zh, en string) error     { return &problem{http.StatusBadRequest, view.T(zh, en)} }
func missing(zh, en string) error { return &problem{http.StatusNotFound, view.T(zh, en)} }

// orMissing says in words that something is not there.
func orMissing(err error, zh, en string) error {
	if errors.Is(err, store.ErrNotFound) {
		return missing(zh, en)
	}
	return err
}

func (c *Console) failed(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &tooBig):
		p = &problem{http.StatusRequestEntityTooLarge, view.T("提交的内容过大。", "What was sent is too large.")}
	case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrBroken):
		c.opt.Log.Error("console: nothing could be stored", "op", r.Method, "path", r.URL.Path, "cause", err)
		p = &problem{http.StatusInsufficientStorage, view.T("中心的磁盘已满或故障，本次操作没有保存。请先处理磁盘。",
			"The center's disk is full or failed: nothing was stored. See to the disk first.")}
	default:
		if r.Context().Err() != nil {
			return
		}
		c.opt.Log.Error("console: a page failed", "op", r.Method, "path", r.URL.Path, "cause", err)
		p = &problem{http.StatusInternalServerError, view.T("页面暂时无法显示，请稍后再试。", "This page cannot be shown right now. Please try again later.")}
	}
	c.render(w, r, p.status, "message", page{Lang: lang(r), Title: view.T("提示", "Notice"), Path: "/", Data: p.text})
}

func (c *Console) nowhere(w http.ResponseWriter, r *http.Request) {
	c.failed(w, r, missing("没有这个页面。", "There is no such page."))
}

// Limits of what is typed.
const (
	maxForm   = 256 << 10 // bytes of a request: a compensation carries a record
	maxReason = 300       // characters
	maxSearch = 64
)

// reason reads why something is done, which must be said.
func reason(v visit) (string, error) {
	s := strings.Join(strings.Fields(v.PostFormValue("reason")), " ")
	if n := len([]rune(s)); n == 0 || n > maxReason {
		return "", bad("请填写原因（最多 300 字）。", "Please say why, in at most 300 characters.")
	}
	return s, nil
}

// search reads what is looked for.
func search(r *http.Request) string {
	s := []rune(strings.TrimSpace(r.FormValue("q")))
	return string(s[:min(len(s), maxSearch)])
}

// said is what a page says after a change; the address carries only its name.
var said = map[string]view.Text{
	"revoked":     view.T("终端已停用，证书即刻失效。", "The terminal is revoked: its certificate is good for nothing from now on."),
	"withdrawn":   view.T("已登记撤回。各终端收到后立即停止识别此人。", "The withdrawal is recorded. Terminals stop recognising this person as soon as they hear of it."),
	"replayed":    view.T("已重放，可以入账的记录均已入账。", "Replayed: every record that can be applied is."),
	"still":       view.T("已重放，记录仍无法入账。", "Replayed: the record still cannot be applied."),
	"accepted":    view.T("已按“不计入”处理，可随时撤销。", "Accepted as having no effect. This can be undone."),
	"compensated": view.T("已补记更正后的记录。", "The corrected record is in the log."),
	"undone":      view.T("已撤销处理，记录重新等待。", "The decision is undone: the record waits again."),
	"proposed":    view.T("已提出计入，等待另一位审批员确认。", "Proposed. Another approver must agree."),
	"adopted":     view.T("已计入另一份历史。", "The other history is taken in."),
	"dismissed":   view.T("已标记为不计入，原始记录仍保留。", "Dismissed. The raw records are kept."),
	"reopened":    view.T("已重新打开。", "Opened again."),
	"rebuilding":  view.T("已开始重建。", "The rebuild has begun."),
	"code":        view.T("登记码已生成。", "The code is made."),
	"dropped":     view.T("登记码已作废。", "The code is void."),
	"approved":    view.T("已批准。终端将在几秒内完成登记。", "Approved. The terminal will be in within seconds."),
	"refused":     view.T("已拒绝此次登记。", "The request is refused."),
	"verified":    view.T("校验通过：操作记录完整，未被改动。", "Verified: the audit log is whole and unchanged."),
	"password":    view.T("密码已修改，其他设备均已退出。", "The password is changed and every other browser signed out."),
	"signedout":   view.T("已退出所选会话。", "Signed out there."),
	"account":     view.T("账号已更新。", "The account is updated."),
}

func done(name string) view.Text { return said[name] }

// setLang switches the language; it needs no session.
func (c *Console) setLang(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	to := view.ZH
	if r.PostFormValue("lang") == string(view.EN) {
		to = view.EN
	}
	http.SetCookie(w, &http.Cookie{Name: "ting-lang", Value: string(to), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, local(r.PostFormValue("back")), http.StatusSeeOther)
}

func lang(r *http.Request) view.Lang {
	if ck, err := r.Cookie("ting-lang"); err == nil && ck.Value == string(view.EN) {
		return view.EN
	}
	return view.ZH
}

// local keeps a redirect on this site.
func local(path string) string {
	if len(path) == 0 || path[0] != '/' || len(path) > 1 && (path[1] == '/' || path[1] == '\\') ||
		slices.ContainsFunc([]byte(path), func(b byte) bool { return b < ' ' }) {
		return "/"
	}
	return path
}

// waiting counts what waits for a person.
func (c *Console) waiting(ctx context.Context) (w waiting, err error) {
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		letters, err := tx.CountDeadLetters()
		if err != nil {
			return err
		}
		forks, err := tx.WaitingForks()
		if err != nil {
			return err
		}
		w.Attention = letters + forks
		w.Enrolments, _, err = tx.CountApplications("")
		return err
	})
	return w, err
}
