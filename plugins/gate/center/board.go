package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center/projection"
)

// boardPasses is how many of today's passes a board lists, the latest first.
const boardPasses = 200

// present is somebody who came in today and has not left.
type present struct {
	person string
	at     time.Time
}

// Board implements projection.Board: who is in now, per class and by name, then
// today's passes. It is for signed-in staff and names people in full.
func (p *Presence) Board(_ context.Context, q projection.Querier, site string, now time.Time) (view.Page, error) {
	day := p.day(now)
	in, err := p.present(q, site, day)
	if err != nil {
		return view.Page{}, err
	}
	names := directory{q: q, site: site, known: map[string]kiosk.PersonRow{}}
	passes, total, err := p.passes(q, site, day, &names)
	if err != nil {
		return view.Page{}, err
	}
	refused, err := refusals(q, site, day)
	if err != nil {
		return view.Page{}, err
	}
	groups, err := byGroup(in, &names)
	if err != nil {
		return view.Page{}, err
	}
	people, err := nowIn(in, &names)
	if err != nil {
		return view.Page{}, err
	}
	return view.Page{
		ID:    "presence",
		Title: view.T("在校情况", "Presence"),
		Body: []view.Node{
			view.TextNode{Key: view.Key{Key: "count"}, Large: true,
				Text: view.Tf("现在在校 %d 人", "%d in now", len(in))},
			view.TextNode{Key: view.Key{Key: "day"},
				Text: view.Text{ZH: fmt.Sprintf("%s,今日通行 %d 次", day, total), EN: fmt.Sprintf("%s: %d passes today", day, total)}},
			view.Table{Key: view.Key{Key: "groups"}, Columns: []view.Text{view.T("班级 / 部门", "Class"), view.T("在校人数", "In now")},
				Rows: groups, Empty: view.T("现在无人在校。", "Nobody is in now.")},
			view.List{Key: view.Key{Key: "in"}, Items: people, Empty: view.T("暂无在校名单。", "Nobody to list.")},
			view.Table{Key: view.Key{Key: "passes"}, Columns: []view.Text{view.T("时间", "Time"), view.T("姓名", "Name"),
				view.T("班级 / 部门", "Class"), view.T("方向", "Direction"), view.T("方式", "Way"), view.T("通道", "Lane")},
				Rows: passes, Empty: view.T("今日暂无通行记录。", "No passes today.")},
			view.Table{Key: view.Key{Key: "refused"}, Columns: []view.Text{view.T("未放行原因", "Not let through"), view.T("次数", "Times")},
				Rows: refused, Empty: view.T("今日没有未放行的情况。", "Everybody was let through today.")},
		},
	}, nil
}

// present lists who is in: those whose last pass of the day led inwards.
func (p *Presence) present(q projection.Querier, site, day string) (in []present, err error) {
	var last string
	err = q.Each(`SELECT person, direction, at FROM gate_passes WHERE site = ? AND day = ?
		ORDER BY person, at DESC, id DESC`, []any{site, day}, func(scan func(...any) error) error {
		var person, direction string
		var at int64
		if err := scan(&person, &direction, &at); err != nil {
			return err
		}
		if person != last && direction == gate.In {
			in = append(in, present{person, time.UnixMicro(at).In(p.zone)})
		}
		last = person
		return nil
	})
	return in, err
}

func (p *Presence) passes(q projection.Querier, site, day string, names *directory) (rows [][]string, total int, err error) {
	type pass struct {
		person, direction, way, lane string
		at                           int64
	}
	var list []pass
	err = q.Each(`SELECT person, direction, way, lane, at FROM gate_passes WHERE site = ? AND day = ?
		ORDER BY at DESC, id DESC LIMIT ?`, []any{site, day, boardPasses}, func(scan func(...any) error) error {
		var x pass
		err := scan(&x.person, &x.direction, &x.way, &x.lane, &x.at)
		list = append(list, x)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for _, x := range list {
		who, err := names.find(x.person)
		if err != nil {
			return nil, 0, err
		}
		rows = append(rows, []string{time.UnixMicro(x.at).In(p.zone).Format("15:04:05"), who.Name, who.Group,
			directionCell(x.direction), wayText(x.way), x.lane})
	}
	err = q.One(`SELECT COUNT(*) FROM gate_passes WHERE site = ? AND day = ?`, []any{site, day}, &total)
	return rows, total, err
}

func refusals(q projection.Querier, site, day string) (rows [][]string, err error) {
	err = q.Each(`SELECT verdict, COUNT(*) FROM gate_refused WHERE site = ? AND day = ? GROUP BY verdict ORDER BY COUNT(*) DESC, verdict`,
		[]any{site, day}, func(scan func(...any) error) error {
			var verdict string
			var n int
			err := scan(&verdict, &n)
			rows = append(rows, []string{verdictText(verdict), fmt.Sprint(n)})
			return err
		})
	return rows, err
}

func byGroup(in []present, names *directory) ([][]string, error) {
	count := map[string]int{}
	for _, x := range in {
		who, err := names.find(x.person)
		if err != nil {
			return nil, err
		}
		count[who.Group]++
	}
	groups := make([]string, 0, len(count))
	for g := range count {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	var rows [][]string
	for _, g := range groups {
		name := g
		if g == "" {
			name = "—"
		}
		rows = append(rows, []string{name, fmt.Sprint(count[g])})
	}
	return rows, nil
}

func nowIn(in []present, names *directory) ([]view.ListItem, error) {
	var items []view.ListItem
	for _, x := range in {
		who, err := names.find(x.person)
		if err != nil {
			return nil, err
		}
		at := x.at.Format("15:04")
		items = append(items, view.ListItem{Title: view.Same(who.Name),
			Detail: view.T(strings.TrimSpace(who.Group+" "+at+" 进校"), strings.TrimSpace(who.Group+" in at "+at)), Icon: "person"})
	}
	slices.SortStableFunc(items, func(a, b view.ListItem) int { return strings.Compare(a.Detail.ZH, b.Detail.ZH) })
	return items, nil
}

// directory looks people up in the site's people feed.
type directory struct {
	q     projection.Querier
	site  string
	known map[string]kiosk.PersonRow
}

// find returns the person's row; one that the feed does not have goes by its number.
func (d *directory) find(person string) (kiosk.PersonRow, error) {
	if row, ok := d.known[person]; ok {
		return row, nil
	}
	row := kiosk.PersonRow{ID: person, Name: person}
	raw, err := d.q.Row(d.site, kiosk.FeedPeople, person)
	if err == nil {
		err = json.Unmarshal(raw, &row)
	}
	if err != nil && !errors.Is(err, projection.ErrNotFound) {
		return row, err
	}
	d.known[person] = row
	return row, nil
}

// Cells of a table are the same in every language, so these say it in both.

func directionCell(d string) string {
	t := directionText(d)
	return t.ZH + " " + t.EN
}

func wayText(way string) string {
	switch kiosk.Way(way) {
	case kiosk.WayFace:
		return "人脸 Face"
	case kiosk.WayCard:
		return "刷卡 Card"
	case kiosk.WayPIN:
		return "密码 PIN"
	case kiosk.WayIDCard:
		return "身份证 ID card"
	case kiosk.WayPass:
		return "手机通行码 Phone pass"
	case kiosk.WayStaff:
		return "工作人员 Staff"
	}
	return way
}

func verdictText(v string) string {
	switch kiosk.Verdict(v) {
	case kiosk.Stranger:
		return "未登记 Not enrolled"
	case kiosk.TooDark:
		return "画面过暗 Too dark"
	case kiosk.TooFar:
		return "距离过远 Too far"
	case kiosk.TwoFaces:
		return "多人同时 Two faces"
	case kiosk.Withdrawn:
		return "已撤回同意 Consent withdrawn"
	case kiosk.NoCamera:
		return "摄像头离线 No camera"
	case kiosk.NoEngine:
		return "识别重启中 Engine restarting"
	case kiosk.Lookalike:
		return "与他人相像 Looks alike"
	case "passback":
		return "重复通行 Passback"
	case kiosk.CardUnknown:
		return "未知卡片 Unknown card"
	}
	return v
}
