package console

import (
	"context"
	"fmt"
	"net/http"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// boards shows the board of the site asked for, or of the first that has people.
func (c *Console) boards(ctx context.Context, v visit) (shown, error) {
	sites, err := c.sites(ctx)
	if err != nil {
		return shown{}, err
	}
	s, err := c.siteAsked(ctx, v, sites)
	if err != nil {
		return shown{}, err
	}
	return c.boardOf(ctx, s, sites)
}

func (c *Console) board(ctx context.Context, v visit) (shown, error) {
	sites, err := c.sites(ctx)
	if err != nil {
		return shown{}, err
	}
	for _, s := range sites {
		if s.ID == v.PathValue("site") {
			return c.boardOf(ctx, s, sites)
		}
	}
	return shown{}, missing("没有这个地点。", "There is no such site.")
}

// boardOf shows every module's board of a site. One that fails must not take the
// others along.
func (c *Console) boardOf(ctx context.Context, site store.Site, sites []store.Site) (shown, error) {
	var d struct {
		Site   store.Site
		Sites  []store.Site
		Boards []view.Page
	}
	d.Site, d.Sites = site, sites
	title := view.T(site.NameZH, site.NameEN)
	if site.ID == "" {
		title = view.T("看板", "Boards")
	}
	err := c.opt.Center.Querier(ctx, func(q projection.Querier) error {
		for _, p := range c.opt.Center.Projections() {
			b, ok := p.(projection.Board)
			if !ok || site.ID == "" {
				continue
			}
			page, err := b.Board(ctx, q, site.ID, c.opt.Center.Now())
			if err == nil {
				err = page.Validate()
			}
			if err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				c.opt.Log.Error("console: a board failed", "op", "board", "projection", p.Name(), "cause", err)
				page = view.Page{ID: "failed", Body: []view.Node{view.Notice{Tone: view.Warning,
					Text:   view.Tf("%s 的看板暂时无法显示", "The board of %s cannot be shown right now", p.Name()),
					Detail: view.T("其他看板不受影响；原因见中心日志。", "Other boards are not affected; the center's log says why.")}}}
			}
			d.Boards = append(d.Boards, page)
		}
		return nil
	})
	return shown{"board", "board", title, d}, err
}

// system shows how the center itself is.
func (c *Console) system(ctx context.Context, v visit) (shown, error) {
	type projectionRow struct {
		Name       string
		Cursor     int64
		Behind     int64
		Rebuilding bool
	}
	var d struct {
		Last        int64
		Incarnation string
		Broken      error
		Projections []projectionRow
		Refusals    []store.Refusal
	}
	d.Incarnation, d.Broken = c.opt.Center.Incarnation(), c.opt.Center.Broken()
	err := c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		if d.Last, err = tx.LastPosition(); err != nil {
			return err
		}
		for _, p := range c.opt.Center.Projections() {
			state, err := tx.Projected(p.Name())
			if err != nil {
				return err
			}
			d.Projections = append(d.Projections, projectionRow{p.Name(), state.Cursor, d.Last - state.Cursor, state.Rebuilding})
		}
		return nil
	})
	if err == nil {
		d.Refusals, err = c.opt.Center.Refused(ctx, refusalsShown)
	}
	return shown{"system", "system", view.T("运行状况", "System"), d}, err
}

const refusalsShown = 100

func (c *Console) rebuild(ctx context.Context, v visit) (string, error) {
	name := v.PostFormValue("projection")
	if v.PostFormValue("sure") != name {
		return "", &problem{http.StatusBadRequest, view.T("请输入模块名称以确认重建。", "Type the module's name to confirm.")}
	}
	known := false
	for _, p := range c.opt.Center.Projections() {
		known = known || p.Name() == name
	}
	if !known {
		return "", missing("没有这个模块。", "There is no such module.")
	}
	if err := c.opt.Center.Rebuild(ctx, v.who(), name); err != nil {
		return "", fmt.Errorf("rebuild %s: %w", name, err)
	}
	return "/system?done=rebuilding", nil
}
