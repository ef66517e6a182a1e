// Package console is the center as its staff see it, in a browser: which
// terminals are well, who passes, who is in, who has consented, and what needs a
// person's decision.
//
// It is rendered here and needs no network beyond the center: pages, style and
// the few lines of script are embedded. Chinese comes first; English is one touch
// away. Boards are view.Page values, drawn by Board like any terminal's page.
//
// Guarantees: nothing but the sign-in page, style and script is shown without a
// session; what changes something is a POST with the session's token, and leaves
// an audit entry; every text is escaped by html/template, and no page may run a
// script of its own (Content-Security-Policy). On the overview names are masked.
//
// Test it with net/http/httptest over a center in t.TempDir.
package console

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
)

// Administrator is the one user there is.
const Administrator = "admin"

// Consents is the module that knows who agreed to be recognised.
type Consents interface {
	// Of lists, by person, the purposes agreed to at a site now.
	Of(q projection.Querier, site string) (map[string][]string, error)
	// Withdrawal is the record that takes all of a person's consent back.
	Withdrawal(person string, at time.Time) kiosk.Record
	// Projection names the projection that acts on it.
	Projection() string
}

// Options say what a console shows.
type Options struct {
	Center   *center.Center
	Consents Consents
	Log      *slog.Logger
	Zone     *time.Location // of the times shown
}

// Console is the web console. It is an http.Handler for "/".
type Console struct {
	opt      Options
	mux      *http.ServeMux
	pages    map[string]*template.Template
	sessions sessions
	guesses  guesses
	streams  atomic.Int64
	hashing  chan struct{} // argon2id takes memory: so many at once

	drained sync.Once
	drain   chan struct{}
}

//go:embed static
var staticFiles embed.FS

//go:embed pages
var pageFiles embed.FS

// New makes a console.
func New(opt Options) (*Console, error) {
	if opt.Zone == nil {
		opt.Zone = time.Local
	}
	c := &Console{opt: opt, mux: http.NewServeMux(), pages: map[string]*template.Template{},
		hashing: make(chan struct{}, 2), drain: make(chan struct{})}
	c.sessions.now, c.guesses.now = opt.Center.Now, opt.Center.Now
	for _, name := range []string{"signin", "overview", "board", "people", "terminals", "attention", "audit", "message"} {
		t, err := template.New("frame.html").Funcs(functions(opt.Zone)).ParseFS(pageFiles, "pages/frame.html", "pages/nodes.html", "pages/"+name+".html")
		if err != nil {
			return nil, fmt.Errorf("console: page %s: %w", name, err)
		}
		c.pages[name] = t
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	c.mux.Handle("GET /static/", http.StripPrefix("/static/", cached(http.FileServerFS(static))))
	c.mux.HandleFunc("GET /signin", c.showSignIn)
	c.mux.HandleFunc("POST /signin", c.signIn)
	c.mux.HandleFunc("POST /signout", c.change(c.signOut))
	c.mux.HandleFunc("POST /lang", c.setLang)
	c.mux.HandleFunc("GET /{$}", c.show(c.overview))
	c.mux.HandleFunc("GET /live", c.live)
	c.mux.HandleFunc("GET /board", c.anyBoard)
	c.mux.HandleFunc("GET /board/{site}", c.show(c.board))
	c.mux.HandleFunc("GET /people", c.show(c.people))
	c.mux.HandleFunc("POST /people/withdraw", c.change(c.withdraw))
	c.mux.HandleFunc("GET /terminals", c.show(c.terminals))
	c.mux.HandleFunc("POST /terminals/code", c.change(c.makeCode))
	c.mux.HandleFunc("POST /terminals/revoke", c.change(c.revoke))
	c.mux.HandleFunc("GET /attention", c.show(c.attention))
	c.mux.HandleFunc("POST /attention/replay", c.change(c.replay))
	c.mux.HandleFunc("POST /attention/discard", c.change(c.discard))
	c.mux.HandleFunc("POST /attention/adopt", c.change(c.adopt))
	c.mux.HandleFunc("POST /attention/rebuild", c.change(c.rebuild))
	c.mux.HandleFunc("GET /audit", c.show(c.audit))
	return c, nil
}

// Drain ends the live streams, so that a server can shut down in order.
func (c *Console) Drain() { c.drained.Do(func() { close(c.drain) }) }

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("Cache-Control", "no-store")
	c.mux.ServeHTTP(w, r)
}

func cached(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=3600")
		h.ServeHTTP(w, r)
	})
}

// page is what every template gets.
type page struct {
	Lang  view.Lang
	Here  string // the menu's entry
	Title view.Text
	Token string // of forms
	Path  string
	Count int64 // what needs attention
	Data  any
}

// T is the wording in the page's language.
func (p page) T(zh, en string) string { return view.T(zh, en).In(p.Lang) }

// In is a text in the page's language.
func (p page) In(t view.Text) string { return t.In(p.Lang) }

// shown is what a page's handler found out.
type shown struct {
	page  string // template
	here  string
	title view.Text
	data  any
}

// show wraps a page that a signed-in administrator may see.
func (c *Console) show(fn func(ctx context.Context, r *http.Request) (shown, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, ok := c.session(r)
		if !ok {
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
			return
		}
		out, err := fn(r.Context(), r)
		if err != nil {
			c.failed(w, r, err)
			return
		}
		c.render(w, r, http.StatusOK, s, out)
	}
}

func (c *Console) render(w http.ResponseWriter, r *http.Request, status int, s *session, out shown) {
	p := page{Lang: lang(r), Here: out.here, Title: out.title, Path: r.URL.RequestURI(), Data: out.data}
	if s != nil {
		p.Token = s.token
		var err error
		if p.Count, err = c.needAttention(r.Context()); err != nil {
			c.failed(w, r, err)
			return
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := c.pages[out.page].Execute(w, p); err != nil && r.Context().Err() == nil {
		c.opt.Log.Error("console: render", "op", "render", "page", out.page, "cause", err)
	}
}

// problem is an error that the administrator can do something about.
type problem struct {
	status int
	text   view.Text
}

func (p *problem) Error() string { return p.text.EN }

func (c *Console) failed(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		if r.Context().Err() != nil {
			return
		}
		c.opt.Log.Error("console: a page failed", "op", r.Method, "path", r.URL.Path, "cause", err)
		p = &problem{http.StatusInternalServerError, view.T("页面暂时无法显示,请稍后再试。", "This page cannot be shown right now. Please try again later.")}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.status)
	_ = c.pages["message"].Execute(w, page{Lang: lang(r), Title: view.T("提示", "Notice"), Path: "/", Data: p.text})
}

// change wraps what changes something: a POST of a session with its token. It
// returns where to go next.
func (c *Console) change(fn func(ctx context.Context, r *http.Request) (next string, err error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		s, ok := c.session(r)
		switch {
		case !ok:
			http.Redirect(w, r, "/signin", http.StatusSeeOther)
			return
		case !sameSite(r) || !equal(r.PostFormValue("token"), s.token):
			c.opt.Center.Refusals().Add("console.token")
			c.failed(w, r, &problem{http.StatusForbidden, view.T("页面已过期,请返回后重试。", "The page is out of date. Please go back and try again.")})
			return
		}
		next, err := fn(context.WithValue(r.Context(), sessionKey{}, s), r)
		if err != nil {
			c.failed(w, r, err)
			return
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
	}
}

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
	if len(path) == 0 || path[0] != '/' || len(path) > 1 && (path[1] == '/' || path[1] == '\\') {
		return "/"
	}
	return path
}
