package console

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// terminalRow is a terminal as it is listed.
type terminalRow struct {
	store.Device
	SiteName view.Text
	State    string // well, trouble, late, away, never, quarantined, revoked
	Troubles []trouble
	Clock    time.Duration // shown when it matters
	Lag      time.Duration // likewise: how old what it still brings is
	Expiring bool
}

type trouble struct{ Device, What string }

// When a terminal that has not been heard of is late, and when it is away.
// Terminals report at least every half minute.
const (
	lateAfter    = 90 * time.Second
	awayAfter    = 10 * time.Minute
	clockMatters = 5 * time.Second
	certMatters  = 14 * 24 * time.Hour
	lagMatters   = 5 * time.Minute
)

// Name is what people call the terminal.
func (r terminalRow) Name() string {
	if r.Place != "" {
		return r.Place
	}
	return r.Terminal
}

// Troubled reports whether somebody should look after it.
func (r terminalRow) Troubled() bool {
	return r.State != "well" && r.State != "revoked" || r.Clock != 0 || r.Lag != 0 || r.Expiring && r.State != "revoked"
}

func (c *Console) terminalRow(d store.Device, names map[string]view.Text) terminalRow {
	now := c.opt.Center.Now()
	r := terminalRow{Device: d, SiteName: names[d.Site], State: stateOf(d, now), Expiring: d.NotAfter.Sub(now) < certMatters}
	if r.SiteName.IsZero() {
		r.SiteName = view.Same(d.Site)
	}
	for device, what := range d.Health.Devices {
		r.Troubles = append(r.Troubles, trouble{device, what})
	}
	slices.SortFunc(r.Troubles, func(a, b trouble) int { return strings.Compare(a.Device, b.Device) })
	if d.ClockError.Abs() >= clockMatters {
		r.Clock = d.ClockError
	}
	if lag := time.Duration(d.Health.Lag) * time.Second; lag >= lagMatters && d.Health.Unsent > 0 {
		r.Lag = lag
	}
	return r
}

func stateOf(d store.Device, now time.Time) string {
	silent := now.Sub(d.LastContact)
	switch {
	case d.State != store.Active:
		return string(d.State)
	case d.LastContact.IsZero():
		return "never"
	case silent > awayAfter:
		return "away"
	case silent > lateAfter:
		return "late"
	case len(d.Health.Devices) > 0:
		return "trouble"
	}
	return "well"
}

func (c *Console) terminalRows(ctx context.Context) ([]terminalRow, map[string]view.Text, error) {
	devices, err := c.opt.Center.Terminals(ctx)
	if err != nil {
		return nil, nil, err
	}
	names, err := c.siteNames(ctx)
	rows := make([]terminalRow, 0, len(devices))
	for _, d := range devices {
		rows = append(rows, c.terminalRow(d, names))
	}
	return rows, names, err
}

func (c *Console) siteNames(ctx context.Context) (map[string]view.Text, error) {
	names := map[string]view.Text{}
	sites, err := c.sites(ctx)
	for _, s := range sites {
		names[s.ID] = view.T(s.NameZH, s.NameEN)
	}
	return names, err
}

func (c *Console) sites(ctx context.Context) (list []store.Site, err error) {
	err = c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		list, err = tx.Sites()
		return err
	})
	return list, err
}

// figures sum up the terminals.
type figures struct {
	All, Well, Trouble, Away int
	Unsent                   int64
}

func sumUp(rows []terminalRow) (f figures) {
	for _, t := range rows {
		if t.State == "revoked" {
			continue
		}
		f.All++
		f.Unsent += t.Health.Unsent
		switch t.State {
		case "well":
			f.Well++
		case "away", "never", "late":
			f.Away++
		default:
			f.Trouble++
		}
	}
	return f
}

// siteGroup is the terminals of one site.
type siteGroup struct {
	Site     string
	Name     view.Text
	Rows     []terminalRow
	Troubled int
}

const terminalsShown = 200 // on one page

// overviewData is what the overview shows.
type overviewData struct {
	Broken  error
	Figures figures
	Groups  []siteGroup
	Empty   bool // no terminal was ever let in
	Query   string
	Only    string // "trouble", or "" for all
	Found   int
	Pages   pages
	Lines   []passLine
	Sites   []store.Site
	Faces   StoredFaces
}

func (c *Console) overview(ctx context.Context, v visit) (shown, error) {
	rows, names, err := c.terminalRows(ctx)
	if err != nil {
		return shown{}, err
	}
	d := overviewData{Broken: c.opt.Center.Broken(), Figures: sumUp(rows), Empty: len(rows) == 0, Query: search(v.Request)}
	if v.FormValue("only") == "trouble" {
		d.Only = "trouble"
	}
	places := map[string]string{}
	var found []terminalRow
	for _, r := range rows {
		places[r.Terminal] = r.Name()
		if (d.Only == "" || r.Troubled()) && r.matches(d.Query) {
			found = append(found, r)
		}
	}
	d.Found = len(found)
	d.Pages = paged(v.Request, len(found), terminalsShown)
	d.Groups = group(found[d.Pages.From:d.Pages.To], names)
	if d.Sites, err = c.sites(ctx); err != nil {
		return shown{}, err
	}
	if err := c.opt.Center.Querier(ctx, func(q projection.Querier) (err error) {
		d.Faces, err = c.opt.Consents.Stored(q, c.opt.Zone)
		return err
	}); err != nil {
		return shown{}, err
	}
	d.Lines, err = c.latestLines(ctx, places)
	return shown{"overview", "overview", view.T("总览", "Overview"), d}, err
}

// matches reports whether a terminal is what somebody looks for.
func (r terminalRow) matches(q string) bool {
	q = strings.ToLower(q)
	for _, s := range []string{r.Terminal, r.Place, r.Site, r.SiteName.ZH, r.SiteName.EN} {
		if strings.Contains(strings.ToLower(s), q) {
			return true
		}
	}
	return false
}

// group puts terminals under their sites; they come ordered by site.
func group(rows []terminalRow, names map[string]view.Text) (groups []siteGroup) {
	for _, r := range rows {
		if n := len(groups); n == 0 || groups[n-1].Site != r.Site {
			groups = append(groups, siteGroup{Site: r.Site, Name: r.SiteName})
		}
		g := &groups[len(groups)-1]
		g.Rows = append(g.Rows, r)
		if r.Troubled() {
			g.Troubled++
		}
	}
	return groups
}

// pages says which part of a long list is shown.
type pages struct {
	Page, Last int // from 1
	From, To   int // of the list
}

func paged(r interface{ FormValue(string) string }, n, size int) pages {
	p := pages{Last: max(1, (n+size-1)/size)}
	p.Page, _ = strconv.Atoi(r.FormValue("page")) // anything else is the first
	p.Page = min(max(p.Page, 1), p.Last)
	p.From = (p.Page - 1) * size
	p.To = min(n, p.From+size)
	return p
}

// passLine is a told record on the overview: the name is masked.
type passLine struct {
	At    time.Time
	Name  string
	Place string
	Text  view.Text
	Tone  view.Tone
}

const (
	overviewLines  = 20
	overviewLooked = 400 // records of the log looked at for them
)

// latestLines tells the newest records that can be told.
func (c *Console) latestLines(ctx context.Context, places map[string]string) (lines []passLine, err error) {
	var records []projection.Received
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		return tx.Latest(overviewLooked, func(r store.Received) error {
			records = append(records, received(r))
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	err = c.opt.Center.Querier(ctx, func(q projection.Querier) error {
		for _, r := range records {
			if len(lines) == overviewLines {
				return nil
			}
			l, ok := c.tell(r)
			if !ok {
				continue
			}
			line, err := passLineOf(q, r, l, places[r.Terminal])
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return nil
	})
	return lines, err
}

func received(r store.Received) projection.Received {
	return projection.Received{Record: r.Record, Position: r.Position, Terminal: r.Terminal, Site: r.Site, ReceivedAt: r.ReceivedAt}
}

// tell asks the modules what a record says.
func (c *Console) tell(r projection.Received) (projection.Line, bool) {
	for _, p := range c.opt.Center.Projections() {
		if teller, ok := p.(projection.Teller); ok && slices.Contains(p.Kinds(), r.Kind) {
			if l, ok := teller.Tell(r); ok {
				return l, true
			}
		}
	}
	return projection.Line{}, false
}

func passLineOf(q projection.Querier, r projection.Received, l projection.Line, place string) (passLine, error) {
	out := passLine{At: l.At, Text: l.Text, Tone: l.Tone, Place: place}
	if out.Place == "" {
		out.Place = r.Terminal
	}
	name, err := nameOf(q, r.Site, l.Person)
	out.Name = view.MaskName(name)
	return out, err
}

// nameOf is a person's name in the site's people feed, or the number alone.
func nameOf(q projection.Querier, site, person string) (string, error) {
	raw, err := q.Row(site, kiosk.FeedPeople, person)
	if errors.Is(err, projection.ErrNotFound) {
		return person, nil
	}
	var row kiosk.PersonRow
	if err == nil {
		err = json.Unmarshal(raw, &row)
	}
	return row.Name, err
}
