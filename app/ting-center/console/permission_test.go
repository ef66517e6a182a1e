package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/sync/center/pgtest"
)

// concrete is an address that a route's pattern matches.
func concrete(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{$}", "", "{terminal}", "gate-1", "{site}", "school-1", "{feed}", "people",
		"{projection}", "gate", "{position}", "1", "{chain}", "1", "{key}", "0123abcd").Replace(path)
}

// want is the permission table once more, as the district's rules say it, so that
// a slip of the pen in the real one shows.
var want = map[Permission]string{ // which roles: v a o p d
	Self: "vaopd", See: "vaopd", Names: "opd", People: "aopd", Withdraw: "opd", Replay: "opd", Revoke: "opd",
	Decide: "pd", Enrol: "pd", Audit: "ad", Rebuild: "d", Accounts: "d",
}

var letter = map[Role]string{Viewer: "v", Auditor: "a", Operator: "o", Approver: "p", Admin: "d"}

// TestEveryRouteForEveryRole asks for every address as everybody, and as nobody.
func TestEveryRouteForEveryRole(t *testing.T) { pgtest.Both(t, testEveryRouteForEveryRole) }

func testEveryRouteForEveryRole(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "1", Name: "张小三", Role: "pupil"})
	d.terminal("gate-1", "school-1")
	nobody := *d
	nobody.web = d.browser()
	desks := map[Role]*desk{}
	for _, r := range Roles() {
		desks[r] = d.as(r)
		desks[r].web.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	for _, route := range d.own.routes() {
		method, path := concrete(route.pattern)
		if route.pattern == "GET /live" || route.pattern == "POST /signout" || route.pattern == "POST /account/sessions" {
			continue // a stream, and what would end the session: they have tests of their own
		}
		ask := func(d *desk, form url.Values) int {
			t.Helper()
			if method == http.MethodGet {
				status, _, _ := d.get(path)
				return status
			}
			status, _, _ := d.post(path, form)
			return status
		}
		if method == http.MethodGet {
			if _, body, at := nobody.get(path); at != "/signin" || strings.Contains(body, `name="token"`) {
				t.Errorf("%s without a session led to %s", route.pattern, at)
			}
		} else if _, _, at := nobody.post(path, url.Values{}); at != "/signin" {
			t.Errorf("%s without a session led to %s", route.pattern, at)
		}
		for _, r := range Roles() {
			may := strings.Contains(want[route.need], letter[r])
			if got := r.May(route.need); got != may {
				t.Errorf("the table lets %s %s: %v, want %v", r, route.need, got, may)
			}
			status := ask(desks[r], url.Values{}) // no token: what is permitted fails for that, and changes nothing
			switch {
			case !may && status != http.StatusForbidden:
				t.Errorf("%s as %s: %d, want 403", route.pattern, r, status)
			case may && method == http.MethodPost && status != http.StatusForbidden:
				t.Errorf("%s as %s without a token: %d", route.pattern, r, status)
			case may && method == http.MethodGet && status != http.StatusOK && status != http.StatusNotFound:
				t.Errorf("%s as %s: %d", route.pattern, r, status)
			}
		}
	}
	counts := d.c.Refusals().Counts()
	if counts["console.permission"] == 0 || counts["console.token"] == 0 {
		t.Errorf("refusals are not counted: %v", counts)
	}
	// With the token, who may gets on and who may not is refused still.
	for _, route := range d.own.routes() {
		if method, path := concrete(route.pattern); method == http.MethodPost && route.need != Self {
			for _, r := range Roles() {
				if status, _, _ := desks[r].send(path); (status == http.StatusForbidden) != !r.May(route.need) {
					t.Errorf("%s as %s with a token: %d", route.pattern, r, status)
				}
			}
		}
	}
}

func TestMenuShowsWhatIsPermitted(t *testing.T) {
	d := open(t)
	for _, r := range Roles() {
		_, body, _ := d.as(r).get("/")
		for link, need := range map[string]Permission{"/enrol": Enrol, "/boards": Names, "/people": People, "/audit": Audit, "/accounts": Accounts, "/feeds": See} {
			if shown := strings.Contains(body, `<a href="`+link+`"`); shown != r.May(need) {
				t.Errorf("%s sees %s: %v", r, link, shown)
			}
		}
	}
}

func TestUnknownRoleMayNothing(t *testing.T) {
	for need := range want {
		if Role("root").May(need) || Role("").May(need) {
			t.Errorf("a role of no table may %s", need)
		}
	}
}
