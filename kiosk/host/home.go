package host

import (
	"context"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/pinyin"
	"github.com/luohu/ting/kiosk/view"
)

// The page on which services are chosen, and the one on which they are sought.
const (
	pageSearch = "ting.search"

	actionNext     = "ting.next"
	actionPrevious = "ting.previous"
	actionSearch   = "ting.search"
	fieldSought    = "sought"

	mostOffered = 6 // tiles at once
	// settling is how long after the start nothing is offered while modules are
	// starting for the first time, so that tiles do not come up one by one.
	settling = 3 * time.Second
)

// home is what stands while nobody's turn it is: the services that can be
// chosen, leaf by leaf under the headings of their groups, or those that answer
// to what is typed.
type home struct {
	offered []Status // in the order of their groups
	most    int      // tiles at once
	now     time.Time
	leaf    int // counted from 0
	seeking bool
	sought  string
	idle    time.Duration // until a page that somebody went to is left again
}

// home conducts the terminal's own page until somebody's turn it is.
func (g *Stage) home(ctx context.Context) request {
	s := g.open(ctx, nil, kiosk.Manifest{})
	defer g.close(s)
	type choice struct {
		view.Answer
		err error
	}
	choices := make(chan choice)
	var alarm Timer
	defer func() {
		if alarm != nil {
			alarm.Stop()
		}
	}()
	h := home{idle: g.host.cfg.Idle}
	ask := func() {
		if alarm != nil {
			alarm.Stop()
		}
		p, until := g.homePage(&h)
		alarm = g.host.cfg.Clock.AfterFunc(until, g.wakeUp)
		go func() {
			a, err := s.Ask(ctx, p)
			select {
			case choices <- choice{a, err}:
			case <-s.ctx.Done():
			}
		}()
	}
	ask()
	for {
		select {
		case <-ctx.Done():
			return request{}
		case r := <-g.requests:
			return r
		case <-g.wake:
			if g.choose(request{}) != nil {
				return request{}
			}
			ask()
		case c := <-choices:
			if c.err != nil { // superseded by the page after it
				continue
			}
			if g.host.module(c.Action) != nil {
				return request{module: c.Action}
			}
			h.take(c.Answer)
			ask()
		}
	}
}

// take goes where the visitor wants to go.
func (h *home) take(a view.Answer) {
	switch a.Action {
	case actionNext:
		h.leaf++
	case actionPrevious:
		h.leaf--
	case actionSearch:
		h.seeking, h.sought = true, ""
	case view.ActionChange:
		h.sought = a.Fields[fieldSought].Text
	case view.ActionBack:
		h.seeking = false
	default: // nobody is there any more
		h.leaf, h.seeking = 0, false
	}
}

// homePage is the page of the moment, and how long it stays true by itself.
func (g *Stage) homePage(h *home) (view.Page, time.Duration) {
	h.now, h.most = g.host.cfg.Clock.Now(), int(g.host.offer.Load())
	h.offered = nil
	starting, all := 0, 0
	for _, s := range g.host.Status() {
		switch {
		case s.Manifest.Unattended:
			continue
		case s.State == Starting:
			starting++
		}
		all++
		h.offered = append(h.offered, s)
	}
	if left := settling - h.now.Sub(g.host.began); starting > 0 && left > 0 {
		return startingPage(), left
	}
	if starting == all && all > 0 {
		return startingPage(), time.Hour
	}
	if all == 0 {
		return restingPage(), time.Hour
	}
	h.offered = byGroup(h.offered)
	if h.seeking {
		return h.search(), time.Hour
	}
	return h.page(), greetingLasts(h.now)
}

// byGroup brings the members of each group together: groups in the order in
// which they first appear, what belongs to none last.
func byGroup(all []Status) []Status {
	var groups []view.Text
	members := map[view.Text][]Status{}
	for _, s := range all {
		if _, known := members[s.Group]; !known && !s.Group.IsZero() {
			groups = append(groups, s.Group)
		}
		members[s.Group] = append(members[s.Group], s)
	}
	var sorted []Status
	for _, g := range append(groups, view.Text{}) {
		sorted = append(sorted, members[g]...)
	}
	return sorted
}

// page is one leaf of the services.
func (h *home) page() view.Page {
	leaves := (len(h.offered) + h.most - 1) / h.most
	h.leaf = min(max(h.leaf, 0), leaves-1)
	from := h.leaf * h.most
	shown := h.offered[from:min(from+h.most, len(h.offered))]
	p := view.Page{ID: view.PageHome, Title: greeting(h.now), Body: []view.Node{
		view.TextNode{Key: view.Key{Key: "ask"}, Text: view.T("请选择要办理的服务", "What would you like to do?")},
	}}
	p.Body = append(p.Body, h.groups(shown)...)
	if h.leaf > 0 {
		p.Timeout = h.idle
		p.Actions = append(p.Actions, view.Action{ID: actionPrevious, Icon: "previous", Label: view.T("上一页", "Previous")})
	}
	if leaves > 1 {
		p.Actions = append(p.Actions, view.Action{ID: actionSearch, Icon: "search", Label: view.T("查找服务", "Find a service")})
	}
	if h.leaf < leaves-1 {
		p.Actions = append(p.Actions, view.Action{ID: actionNext, Icon: "next",
			Label: view.Tf("更多服务 %d/%d", "More %d/%d", h.leaf+1, leaves)})
	}
	return p
}

// groups are the grids of tiles under their headings. Where there is one group
// of all, it needs no heading.
func (h *home) groups(shown []Status) []view.Node {
	one := true
	for _, s := range h.offered {
		one = one && s.Group == h.offered[0].Group
	}
	var nodes []view.Node
	for i := 0; i < len(shown); {
		group := shown[i].Group
		grid := view.Tiles{Key: view.Key{Key: "services-" + group.ZH + group.EN}, Title: group}
		switch {
		case one:
			grid.Key.Key, grid.Title = "services", view.Text{}
		case group.IsZero():
			grid.Title = view.T("其他服务", "Other services")
		}
		for ; i < len(shown) && shown[i].Group == group; i++ {
			grid.Tiles = append(grid.Tiles, tile(shown[i]))
		}
		nodes = append(nodes, grid)
	}
	return nodes
}

func tile(s Status) view.Tile {
	t := view.Tile{ID: s.ID, Title: s.Title, Icon: s.Manifest.Icon}
	if t.Icon == "" {
		t.Icon = "tab"
	}
	t.Tone, t.Detail = standing(s)
	return t
}

// standing says why a service is not to be had just now; nothing when it is.
func standing(s Status) (view.Tone, view.Text) {
	switch s.State {
	case Resting, Stopped:
		return view.Warning, view.T("暂停服务", "Paused")
	case Starting:
		return view.Busy, view.T("正在启动", "Starting")
	case Restarting:
		return view.Busy, view.T("正在恢复", "Coming back")
	}
	return view.Calm, view.Text{}
}

// search is the page on which services are found by initials, pinyin or words.
func (h *home) search() view.Page {
	list := view.List{Key: view.Key{Key: "found"}, Empty: view.T("没有找到,换个词试试,或找工作人员", "Nothing found. Try another word, or ask the staff")}
	found := pinyin.Rank(h.sought, h.offered, func(s Status) []string { return []string{s.Title.ZH, s.Title.EN} })
	for _, f := range found {
		t := tile(f.Item)
		item := view.ListItem{ID: t.ID, Title: t.Title, Icon: t.Icon, Detail: t.Detail}
		if item.Detail.IsZero() {
			item.Detail = f.Item.Group
		}
		list.Items = append(list.Items, item)
	}
	return view.Page{
		ID: pageSearch, Title: view.T("查找服务", "Find a service"), Timeout: h.idle,
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "search"}, Fields: []view.Field{{
				ID: fieldSought, Kind: view.FieldText, Live: true, MaxLen: 32,
				Label: view.T("输入名称或拼音首字母", "Type a name, or initials in pinyin"),
			}}},
			list,
		},
	}
}

// The hours at which the greeting changes.
var greetings = []struct {
	from int
	text view.Text
}{
	{0, view.T("晚上好", "Good evening")},
	{5, view.T("早上好", "Good morning")},
	{9, view.T("上午好", "Good morning")},
	{12, view.T("中午好", "Good afternoon")},
	{14, view.T("下午好", "Good afternoon")},
	{18, view.T("晚上好", "Good evening")},
}

func greeting(now time.Time) view.Text {
	text := greetings[0].text
	for _, g := range greetings {
		if now.Hour() >= g.from {
			text = g.text
		}
	}
	return text
}

// greetingLasts is how long the greeting of now stays true.
func greetingLasts(now time.Time) time.Duration {
	next := 24
	for _, g := range greetings {
		if g.from > now.Hour() {
			next = g.from
			break
		}
	}
	return time.Date(now.Year(), now.Month(), now.Day(), next, 0, 0, 0, now.Location()).Sub(now)
}
