package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

func cmpString(a, b string) int { return strings.Compare(a, b) }

// personRow is a person with what he agreed to.
type personRow struct {
	kiosk.PersonRow
	Given   []string
	Revoked *kiosk.RevocationRow
}

func (c *Console) people(ctx context.Context, r *http.Request) (shown, error) {
	var d struct {
		Site  store.Site
		Sites []store.Site
		Rows  []personRow
		Done  string
	}
	var err error
	if d.Sites, err = c.sites(ctx); err != nil {
		return shown{}, err
	}
	d.Done = r.FormValue("done")
	wanted := r.FormValue("site")
	for _, s := range d.Sites {
		if s.ID == wanted || wanted == "" && d.Site.ID == "" {
			d.Site = s
		}
	}
	if wanted == "" {
		if s, err := c.peopledSite(ctx, d.Sites); err != nil {
			return shown{}, err
		} else if s.ID != "" {
			d.Site = s
		}
	}
	var given map[string][]string
	err = c.opt.Center.Querier(ctx, func(q projection.Querier) (err error) {
		given, err = c.opt.Consents.Of(q, d.Site.ID)
		return err
	})
	if err != nil {
		return shown{}, err
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		revoked := map[string]*kiosk.RevocationRow{}
		if err := tx.Feed(d.Site.ID, kiosk.FeedRevocations, func(key string, value []byte) error {
			row := new(kiosk.RevocationRow)
			revoked[key] = row
			return json.Unmarshal(value, row)
		}); err != nil {
			return err
		}
		return tx.Feed(d.Site.ID, kiosk.FeedPeople, func(key string, value []byte) error {
			p := personRow{Given: given[key], Revoked: revoked[key]}
			d.Rows = append(d.Rows, p)
			return json.Unmarshal(value, &d.Rows[len(d.Rows)-1].PersonRow)
		})
	})
	slices.SortStableFunc(d.Rows, func(a, b personRow) int {
		return cmpString(a.Role+a.Group, b.Role+b.Group)
	})
	return shown{"people", "people", view.T("人员与同意", "People and consent"), d}, err
}

// peopledSite is the first site that has people.
func (c *Console) peopledSite(ctx context.Context, sites []store.Site) (found store.Site, err error) {
	some := errors.New("some")
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		for _, s := range sites {
			err := tx.Feed(s.ID, kiosk.FeedPeople, func(string, []byte) error { return some })
			if errors.Is(err, some) {
				found = s
				return nil
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// withdrawWait is how long the page waits until terminals can see a withdrawal.
const withdrawWait = 5 * time.Second

func (c *Console) withdraw(ctx context.Context, r *http.Request) (string, error) {
	site, person := r.PostFormValue("site"), r.PostFormValue("person")
	err := c.opt.Center.Querier(ctx, func(q projection.Querier) error {
		_, err := q.Row(site, kiosk.FeedPeople, person)
		return err
	})
	if errors.Is(err, projection.ErrNotFound) {
		return "", &problem{http.StatusNotFound, view.T("没有这个人员。", "There is no such person.")}
	}
	if err != nil {
		return "", err
	}
	position, err := c.opt.Center.Record(ctx, site, c.opt.Consents.Withdrawal(person, c.opt.Center.Now()))
	if err != nil {
		return "", err
	}
	if err := c.opt.Center.Note(ctx, Administrator, "consent.withdraw", person, site); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, withdrawWait)
	defer cancel()
	if err := c.opt.Center.Projected(ctx, c.opt.Consents.Projection(), position); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return "", err
	}
	return "/people?done=withdrawn&site=" + url.QueryEscape(site), nil
}

func (c *Console) terminals(ctx context.Context, r *http.Request) (shown, error) {
	var d struct {
		Terminals []terminalRow
		Codes     []store.Code
		Sites     []store.Site
		Code      string // just made
		For       string
	}
	var err error
	if d.Terminals, err = c.terminalRows(ctx); err != nil {
		return shown{}, err
	}
	if d.Sites, err = c.sites(ctx); err != nil {
		return shown{}, err
	}
	if s, ok := c.session(r); ok {
		d.Code, d.For = s.takeCode()
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		d.Codes, err = tx.Codes(c.opt.Center.Now())
		return err
	})
	return shown{"terminals", "terminals", view.T("终端与登记码", "Terminals and codes"), d}, err
}

func (c *Console) makeCode(ctx context.Context, r *http.Request) (string, error) {
	terminal := strings.TrimSpace(r.PostFormValue("terminal"))
	code, _, err := c.opt.Center.MakeCode(ctx, Administrator, terminal, strings.TrimSpace(r.PostFormValue("site")))
	if errors.Is(err, center.ErrName) {
		return "", &problem{http.StatusBadRequest, view.T("编号只能包含 1–64 个字母、数字、点、下划线或连字符。", "An ID has 1 to 64 letters, digits, dots, underscores or hyphens.")}
	}
	if err != nil {
		return "", err
	}
	// The code is shown once, on the next page of this session; an address would
	// stay in the browser's history.
	ctx.Value(sessionKey{}).(*session).keepCode(code, terminal)
	return "/terminals", nil
}

func (c *Console) revoke(ctx context.Context, r *http.Request) (string, error) {
	err := c.opt.Center.SetState(ctx, Administrator, r.PostFormValue("terminal"), store.Revoked)
	if errors.Is(err, store.ErrNotFound) {
		return "", &problem{http.StatusNotFound, view.T("没有这台终端。", "There is no such terminal.")}
	}
	return "/terminals", err
}

const lettersShown = 200

func (c *Console) attention(ctx context.Context, r *http.Request) (shown, error) {
	type letter struct {
		store.DeadLetter
		Kind     string
		Version  int
		Terminal string
	}
	var d struct {
		Letters     []letter
		Forks       []store.Fork
		Projections []projection.Projection
		Refusals    map[string]int64
		Applied     int
		Done        bool
	}
	d.Projections, d.Refusals = c.opt.Center.Projections(), c.opt.Center.Refusals().Counts()
	var notDone error
	d.Applied, notDone = strconv.Atoi(r.FormValue("done"))
	d.Done = notDone == nil
	err := c.opt.Center.View(ctx, func(tx *store.Tx) error {
		letters, err := tx.DeadLetters(lettersShown)
		if err != nil {
			return err
		}
		for _, l := range letters {
			rec, err := tx.At(l.Position)
			if err != nil {
				return err
			}
			d.Letters = append(d.Letters, letter{l, rec.Record.Kind, rec.Record.Version, rec.Terminal})
		}
		d.Forks, err = tx.Forks()
		return err
	})
	return shown{"attention", "attention", view.T("待处理", "Needs attention"), d}, err
}

func (c *Console) replay(ctx context.Context, r *http.Request) (string, error) {
	n, err := c.opt.Center.Replay(ctx, Administrator, r.PostFormValue("projection"), r.PostFormValue("site"), r.PostFormValue("key"))
	return fmt.Sprintf("/attention?done=%d", n), err
}

func (c *Console) discard(ctx context.Context, r *http.Request) (string, error) {
	position, err := strconv.ParseInt(r.PostFormValue("position"), 10, 64)
	if err != nil {
		return "", &problem{http.StatusBadRequest, view.T("没有这条记录。", "There is no such record.")}
	}
	return "/attention", c.opt.Center.Accept(ctx, Administrator, r.PostFormValue("projection"), position, "")
}

func (c *Console) adopt(ctx context.Context, r *http.Request) (string, error) {
	chain, err := strconv.ParseInt(r.PostFormValue("chain"), 10, 64)
	if err != nil {
		return "", &problem{http.StatusBadRequest, view.T("没有这条分叉。", "There is no such fork.")}
	}
	_, err = c.opt.Center.Adopt(ctx, Administrator, chain)
	return "/attention", err
}

func (c *Console) rebuild(ctx context.Context, r *http.Request) (string, error) {
	return "/attention", c.opt.Center.Rebuild(ctx, Administrator, r.PostFormValue("projection"))
}

const auditsShown = 100

func (c *Console) audit(ctx context.Context, r *http.Request) (shown, error) {
	var d struct {
		Entries []store.Audit
		Older   int64
	}
	before, _ := strconv.ParseInt(r.FormValue("before"), 10, 64) // anything else begins with the newest
	err := c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		d.Entries, err = tx.Audits(before, auditsShown)
		return err
	})
	if len(d.Entries) == auditsShown {
		d.Older = d.Entries[len(d.Entries)-1].ID
	}
	return shown{"audit", "audit", view.T("操作记录", "Audit"), d}, err
}
