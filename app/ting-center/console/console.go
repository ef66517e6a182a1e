// Package console is the center as its staff see it, in a browser: which
// terminals are well, who waits to be let in, what needs a person's decision, who
// has consented, and who did what.
//
// It is rendered here and needs no network beyond the center: pages, style and
// the few lines of script are embedded, and every page works without the script.
// Chinese comes first; English is one touch away. Boards are view.Page values,
// drawn as HTML like a terminal draws them with its toolkit.
//
// Guarantees:
//   - Nothing but the sign-in page, style and script is shown without a session,
//     and nothing whose permission the account's role lacks: see routes and
//     permissions, which are the whole table.
//   - What changes something is a POST with the session's token, and its audit
//     entry is stored in the same transaction as its effect.
//   - Every text is escaped by html/template, and no page may run a script or
//     load anything of its own (Content-Security-Policy).
//   - Names are masked, but on boards and where somebody asked to see one, which
//     is noted.
//   - No state of record is in memory: any of several centers that share a
//     database may answer any request. Guesses of passwords are counted per
//     account in the database, and per address in each process.
//   - A page that is merely left open does not keep its session alive.
//
// Test it with net/http/httptest over a center in t.TempDir.
package console

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
)

// Administrator is the account that is there from the start.
const Administrator = "admin"

// Consents is the module that knows who agreed to be recognised.
type Consents interface {
	// Of lists, by person, the purposes agreed to at a site now.
	Of(q projection.Querier, site string) (map[string][]string, error)
	// History is what a person has said, by purpose; "" is every purpose.
	History(q projection.Querier, site, person string) ([]Word, error)
	// Withdrawal is the record that takes a person's consent to the purposes
	// back; none means all of it.
	Withdrawal(person string, purposes []string, at time.Time) kiosk.Record
	// Projection names the projection that acts on it.
	Projection() string
	// Holders are the terminals of a site that hold or held a template of a person.
	Holders(q projection.Querier, site, person string) ([]Holder, error)
	// Stored is how many persons' faces the district stores; zone is the deadline's.
	Stored(q projection.Querier, zone *time.Location) (StoredFaces, error)
}

// Holder is a terminal that holds a template of a person, or held one.
type Holder struct {
	Terminal string
	Template string
	Stored   time.Time // zero where only the receipt has come
	Erased   time.Time // zero while the template is there
	Cause    string    // "withdrawn", "revoked", "retention", "replaced", "lost"
}

// StoredFaces is how many persons' faces the district stores, and what follows for
// the filing duty; zero times are never.
type StoredFaces struct {
	Persons              int64
	Soon, Duty, Deadline time.Time
}

// Word is what a person last said on one purpose, each way; zero is never.
type Word struct {
	Purpose              string
	Consented, Withdrawn time.Time
	TextVersion          string // of the newest consent, as the two below
	GivenBy              string // "self", or the guardian
	Way                  string
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
	opt     Options
	mux     *http.ServeMux
	pages   map[string]*template.Template
	guesses guesses
	hashing chan struct{} // argon2id takes memory: so many at once
	turn    func()        // a test's, called before waiting for one's turn at it
	hub     hub

	once    sync.Once
	stopped context.CancelFunc
}

//go:embed static
var staticFiles embed.FS

//go:embed pages
var pageFiles embed.FS

// shared are the templates that every page may use.
var shared = []string{"pages/frame.html", "pages/parts.html", "pages/nodes.html"}

// New makes a console. Drain ends what it does in the background.
func New(opt Options) (*Console, error) {
	if opt.Zone == nil {
		opt.Zone = time.Local
	}
	c := &Console{opt: opt, mux: http.NewServeMux(), pages: map[string]*template.Template{}, hashing: make(chan struct{}, 2)}
	c.guesses.now = opt.Center.Now
	for _, name := range []string{"signin", "message", "overview", "terminal", "board", "enrol", "attention", "letter",
		"feeds", "feed", "people", "person", "audit", "system", "accounts", "account"} {
		t, err := template.New("frame.html").Funcs(c.functions()).ParseFS(pageFiles, append(shared, "pages/"+name+".html")...)
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
	c.mux.HandleFunc("POST /lang", c.setLang)
	for _, r := range c.routes() {
		c.mux.HandleFunc(r.pattern, c.handler(r))
	}
	c.mux.HandleFunc("GET /", c.nowhere)
	run, stop := context.WithCancel(context.Background())
	c.stopped = stop
	c.hub.start(run, &opt.Center.Events)
	return c, nil
}

// Drain ends the live streams, so that a server can shut down in order.
func (c *Console) Drain() {
	c.once.Do(func() {
		c.stopped()
		c.hub.wait()
	})
}

// ServeHTTP implements http.Handler.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
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
