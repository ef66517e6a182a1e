package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// personRow is a person with what he agreed to. The name is masked.
type personRow struct {
	ID, Masked, Group, Role string
	Given                   []string
	Revoked                 *kiosk.RevocationRow
	Path                    string
}

func personPath(site, id string) string {
	return "/person?" + url.Values{"site": {site}, "id": {id}}.Encode()
}

const peopleShown = 50

func (c *Console) people(ctx context.Context, v visit) (shown, error) {
	var d struct {
		Site  store.Site
		Sites []store.Site
		Rows  []personRow
		Query string
		Only  string // "given", "revoked", "none", or "" for all
		Found int
		Pages pages
	}
	var err error
	if d.Sites, err = c.sites(ctx); err != nil {
		return shown{}, err
	}
	if d.Site, err = c.siteAsked(ctx, v, d.Sites); err != nil {
		return shown{}, err
	}
	d.Query = search(v.Request)
	if only := v.FormValue("only"); slices.Contains([]string{"given", "revoked", "none"}, only) {
		d.Only = only
	}
	given, err := c.given(ctx, d.Site.ID)
	if err != nil {
		return shown{}, err
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		revoked, err := revocations(tx, d.Site.ID)
		if err != nil {
			return err
		}
		return tx.Feed(d.Site.ID, kiosk.FeedPeople, func(key string, value []byte) error {
			var p kiosk.PersonRow
			if err := json.Unmarshal(value, &p); err != nil {
				return err
			}
			row := personRow{key, view.MaskName(p.Name), p.Group, p.Role, given[key], revoked[key], personPath(d.Site.ID, key)}
			if row.is(d.Only) && found(p, d.Query) {
				d.Rows = append(d.Rows, row)
			}
			return nil
		})
	})
	slices.SortStableFunc(d.Rows, func(a, b personRow) int { return strings.Compare(a.Role+"\x00"+a.Group, b.Role+"\x00"+b.Group) })
	d.Found = len(d.Rows)
	d.Pages = paged(v.Request, d.Found, peopleShown)
	d.Rows = d.Rows[d.Pages.From:d.Pages.To]
	return shown{"people", "people", view.T("人员与同意", "People and consent"), d}, err
}

// is reports whether a person's consent is of a kind.
func (p personRow) is(only string) bool {
	switch only {
	case "given":
		return len(p.Given) > 0
	case "revoked":
		return p.Revoked != nil
	case "none":
		return len(p.Given) == 0 && p.Revoked == nil
	}
	return true
}

// found reports whether a person is who somebody looks for: by a part of the
// number or class, or by the whole name. A part of a name would let somebody who
// may not see names find them out letter by letter.
func found(p kiosk.PersonRow, q string) bool {
	q = strings.ToLower(q)
	return strings.Contains(strings.ToLower(p.ID), q) || strings.Contains(strings.ToLower(p.Group), q) || strings.ToLower(p.Name) == q
}

// siteAsked is the site that a page is asked for, or the first that has people.
func (c *Console) siteAsked(ctx context.Context, v visit, sites []store.Site) (found store.Site, err error) {
	if wanted := v.FormValue("site"); wanted != "" {
		for _, s := range sites {
			if s.ID == wanted {
				return s, nil
			}
		}
		return found, missing("没有这个地点。", "There is no such site.")
	}
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
	if found.ID == "" && len(sites) > 0 {
		found = sites[0]
	}
	return found, err
}

func (c *Console) given(ctx context.Context, site string) (given map[string][]string, err error) {
	err = c.opt.Center.Querier(ctx, func(q projection.Querier) (err error) {
		given, err = c.opt.Consents.Of(q, site)
		return err
	})
	return given, err
}

func revocations(tx *store.Tx, site string) (map[string]*kiosk.RevocationRow, error) {
	revoked := map[string]*kiosk.RevocationRow{}
	return revoked, tx.Feed(site, kiosk.FeedRevocations, func(key string, value []byte) error {
		row := new(kiosk.RevocationRow)
		revoked[key] = row
		return json.Unmarshal(value, row)
	})
}

// personAsked reads the person that an address or a form names.
func (c *Console) personAsked(ctx context.Context, v visit) (site, id string, p kiosk.PersonRow, err error) {
	site, id = v.FormValue("site"), v.FormValue("id")
	err = c.opt.Center.Querier(ctx, func(q projection.Querier) error {
		raw, err := q.Row(site, kiosk.FeedPeople, id)
		if err != nil {
			return err
		}
		return json.Unmarshal(raw, &p)
	})
	if errors.Is(err, projection.ErrNotFound) {
		err = missing("没有这个人员。", "There is no such person.")
	}
	return site, id, p, err
}

// wordRow is what a person last said on a purpose.
type wordRow struct {
	Word
	Given bool
}

func (c *Console) person(ctx context.Context, v visit) (shown, error) {
	var d struct {
		personRow
		Site     string
		SiteName view.Text
		Name     string // in full, when it was asked for
		Cards    int
		PIN      bool
		Words    []wordRow
		Purposes []string // that a withdrawal can be for
		Holders  []holderRow
		Gone     int // of the holders, with a receipt
	}
	site, id, p, err := c.personAsked(ctx, v)
	if err != nil {
		return shown{}, err
	}
	names, err := c.siteNames(ctx)
	if err != nil {
		return shown{}, err
	}
	given, err := c.given(ctx, site)
	if err != nil {
		return shown{}, err
	}
	d.personRow = personRow{id, view.MaskName(p.Name), p.Group, p.Role, given[id], nil, personPath(site, id)}
	d.Site, d.SiteName, d.Cards, d.PIN, d.Purposes = site, names[site], len(p.Cards), p.PIN != "", given[id]
	if path, _ := v.slip.take("name"); path == d.Path && v.May(Names) {
		d.Name = p.Name
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		revoked, err := revocations(tx, site)
		d.Revoked = revoked[id]
		return err
	})
	if err != nil {
		return shown{}, err
	}
	err = c.opt.Center.Querier(ctx, func(q projection.Querier) error {
		words, err := c.opt.Consents.History(q, site, id)
		for _, w := range words {
			d.Words = append(d.Words, wordRow{w, slices.Contains(given[id], w.Purpose)})
		}
		if err != nil {
			return err
		}
		d.Holders, err = c.holders(ctx, q, site, id, d.Revoked != nil && len(d.Revoked.Purposes) == 0)
		return err
	})
	for _, h := range d.Holders {
		if !h.Erased.IsZero() {
			d.Gone++
		}
	}
	return shown{"person", "people", view.Same(d.Masked), d}, err
}

// holderRow is a terminal that holds a template of the person, or held one.
type holderRow struct {
	Holder
	Place string
	Due   bool // everything is withdrawn, and the receipt has not come yet
}

// Short is enough of the template's ID to tell two apart.
func (h holderRow) Short() string { return h.Template[:min(8, len(h.Template))] }

func (c *Console) holders(ctx context.Context, q projection.Querier, site, id string, revoked bool) (rows []holderRow, err error) {
	list, err := c.opt.Consents.Holders(q, site, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	devices, err := c.opt.Center.Terminals(ctx)
	if err != nil {
		return nil, err
	}
	places := map[string]string{}
	for _, d := range devices {
		places[d.Terminal] = d.Place
	}
	for _, h := range list {
		row := holderRow{h, places[h.Terminal], revoked && h.Erased.IsZero()}
		if row.Place == "" {
			row.Place = h.Terminal
		}
		rows = append(rows, row)
	}
	return rows, nil
}

var causes = map[string]view.Text{
	"withdrawn": view.T("本人在该终端撤回", "withdrawn there"),
	"revoked":   view.T("按中心下发的撤回", "withdrawn, told by the center"),
	"retention": view.T("保存期满", "its time was over"),
	"replaced":  view.T("已重新登记", "enrolled anew"),
	"lost":      view.T("模板已不存在", "no longer there"),
}

// ways say how somebody agreed.
var ways = map[string]view.Text{
	"touch":     view.T("屏幕点按确认", "by touch"),
	"signature": view.T("屏幕签名", "signed on the screen"),
	"paper":     view.T("纸质同意书", "on paper"),
	"witness":   view.T("工作人员见证", "before a witness"),
}

func wayTitle(way string) view.Text {
	if t, ok := ways[way]; ok {
		return t
	}
	return view.Same(way)
}

func causeTitle(cause string) view.Text {
	if t, ok := causes[cause]; ok {
		return t
	}
	return view.Same(cause)
}

// reveal shows a person's name once, and notes who looked.
func (c *Console) reveal(ctx context.Context, v visit) (string, error) {
	site, id, _, err := c.personAsked(ctx, v)
	if err != nil {
		return "", err
	}
	path := personPath(site, id)
	v.slip.keep("name", path, "shown")
	return path, c.opt.Center.Note(ctx, v.who(), "person.reveal", id, site)
}

// withdrawWait is how long the page waits until terminals can see a withdrawal.
const withdrawWait = 5 * time.Second

// withdraw records that a person took consent back on paper.
func (c *Console) withdraw(ctx context.Context, v visit) (string, error) {
	site, id, _, err := c.personAsked(ctx, v)
	if err != nil {
		return "", err
	}
	why, err := reason(v)
	if err != nil {
		return "", err
	}
	given, err := c.given(ctx, site)
	if err != nil {
		return "", err
	}
	var purposes []string
	if p := v.PostFormValue("purpose"); p != "" {
		if !slices.Contains(given[id], p) {
			return "", bad("此人没有同意过这项用途。", "The person has not agreed to this purpose.")
		}
		purposes = []string{p}
	}
	detail := site + ": " + why
	if len(purposes) > 0 {
		detail = site + ", " + purposes[0] + ": " + why
	}
	position, err := c.opt.Center.Record(ctx, site, c.opt.Consents.Withdrawal(id, purposes, c.opt.Center.Now()),
		store.Audit{Who: v.who(), Action: "consent.withdraw", Subject: id, Detail: detail})
	if err != nil {
		return "", err
	}
	wait, cancel := context.WithTimeout(ctx, withdrawWait)
	defer cancel()
	if err := c.opt.Center.Projected(wait, c.opt.Consents.Projection(), position); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return "", err
	}
	return personPath(site, id) + "&done=withdrawn", nil
}
