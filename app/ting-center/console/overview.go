package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
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
	Health   string // well, late, away, never, quarantined, revoked
	Troubles []trouble
	Clock    time.Duration // shown when it matters
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
)

func (c *Console) terminalRows(ctx context.Context) ([]terminalRow, error) {
	devices, err := c.opt.Center.Terminals(ctx)
	if err != nil {
		return nil, err
	}
	names, err := c.siteNames(ctx)
	if err != nil {
		return nil, err
	}
	now := c.opt.Center.Now()
	rows := make([]terminalRow, 0, len(devices))
	for _, d := range devices {
		r := terminalRow{Device: d, SiteName: names[d.Site], Health: health(d, now), Expiring: d.NotAfter.Sub(now) < certMatters}
		for device, what := range d.Health.Devices {
			r.Troubles = append(r.Troubles, trouble{device, what})
		}
		slices.SortFunc(r.Troubles, func(a, b trouble) int { return cmpString(a.Device, b.Device) })
		if d.ClockError.Abs() >= clockMatters {
			r.Clock = d.ClockError
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func health(d store.Device, now time.Time) string {
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

type overviewData struct {
	Terminals []terminalRow
	Lines     []passLine
	Sites     []store.Site
	Broken    error
	Figures   figures
}

// figures sum up the terminals.
type figures struct {
	Well, Trouble, Away int
	Unsent              int64
}

func sumUp(rows []terminalRow) (f figures) {
	for _, t := range rows {
		f.Unsent += t.Device.Health.Unsent
		switch t.Health {
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

func (c *Console) overview(ctx context.Context, _ *http.Request) (shown, error) {
	var d overviewData
	var err error
	if d.Terminals, err = c.terminalRows(ctx); err != nil {
		return shown{}, err
	}
	d.Figures = sumUp(d.Terminals)
	if d.Lines, err = c.latestLines(ctx, d.Terminals); err != nil {
		return shown{}, err
	}
	if d.Sites, err = c.sites(ctx); err != nil {
		return shown{}, err
	}
	d.Broken = c.opt.Center.Broken()
	return shown{"overview", "overview", view.T("总览", "Overview"), d}, nil
}

// latestLines tells the newest records that can be told.
func (c *Console) latestLines(ctx context.Context, terminals []terminalRow) (lines []passLine, err error) {
	places := map[string]string{}
	for _, t := range terminals {
		places[t.Terminal] = t.Place
	}
	var records []projection.Received
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		return tx.Latest(overviewLooked, func(r store.Received) error {
			records = append(records, projection.Received{Record: r.Record, Position: r.Position, Terminal: r.Terminal, Site: r.Site, ReceivedAt: r.ReceivedAt})
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	err = c.opt.Center.Querier(ctx, func(q projection.Querier) error {
		for _, r := range records {
			for _, p := range c.opt.Center.Projections() {
				teller, ok := p.(projection.Teller)
				if !ok || !slices.Contains(p.Kinds(), r.Kind) || len(lines) == overviewLines {
					continue
				}
				if l, ok := teller.Tell(r); ok {
					line, err := c.passLine(q, r, l, places[r.Terminal])
					if err != nil {
						return err
					}
					lines = append(lines, line)
				}
			}
		}
		return nil
	})
	return lines, err
}

func (c *Console) passLine(q projection.Querier, r projection.Received, l projection.Line, place string) (passLine, error) {
	out := passLine{At: l.At.In(c.opt.Zone), Text: l.Text, Tone: l.Tone, Place: place}
	if out.Place == "" {
		out.Place = r.Terminal
	}
	name := l.Person
	raw, err := q.Row(r.Site, kiosk.FeedPeople, l.Person)
	if err == nil {
		var row kiosk.PersonRow
		if err = json.Unmarshal(raw, &row); err == nil {
			name = row.Name
		}
	}
	if err != nil && !errors.Is(err, projection.ErrNotFound) {
		return out, err
	}
	out.Name = view.MaskName(name)
	return out, nil
}

// needAttention counts what waits for a person's decision.
func (c *Console) needAttention(ctx context.Context) (n int64, err error) {
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		if n, err = tx.CountDeadLetters(); err != nil {
			return err
		}
		forks, err := tx.Forks()
		for _, f := range forks {
			if f.AdoptedAt.IsZero() {
				n++
			}
		}
		return err
	})
	return n, err
}

// anyBoard leads to the board of the first site that has people.
func (c *Console) anyBoard(w http.ResponseWriter, r *http.Request) {
	sites, err := c.sites(r.Context())
	var s store.Site
	if err == nil {
		s, err = c.peopledSite(r.Context(), sites)
	}
	switch {
	case err != nil:
		c.failed(w, r, err)
	case s.ID == "":
		http.Redirect(w, r, "/", http.StatusSeeOther)
	default:
		http.Redirect(w, r, "/board/"+url.PathEscape(s.ID), http.StatusSeeOther)
	}
}

// board shows every module's board of a site.
func (c *Console) board(ctx context.Context, r *http.Request) (shown, error) {
	var d struct {
		Site   store.Site
		Sites  []store.Site
		Boards []view.Page
	}
	err := c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		d.Site, err = tx.Site(r.PathValue("site"))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return shown{}, &problem{http.StatusNotFound, view.T("没有这个地点。", "There is no such site.")}
	}
	if err != nil {
		return shown{}, err
	}
	if d.Sites, err = c.sites(ctx); err != nil {
		return shown{}, err
	}
	err = c.opt.Center.Querier(ctx, func(q projection.Querier) error {
		for _, p := range c.opt.Center.Projections() {
			b, ok := p.(projection.Board)
			if !ok {
				continue
			}
			page, err := b.Board(ctx, q, d.Site.ID, c.opt.Center.Now())
			if err == nil {
				err = page.Validate()
			}
			if err != nil {
				return err
			}
			d.Boards = append(d.Boards, page)
		}
		return nil
	})
	return shown{"board", "board", view.T(d.Site.NameZH, d.Site.NameEN), d}, err
}
