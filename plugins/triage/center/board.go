package center

import (
	"context"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage"
	"github.com/luohu/ting/plugins/triage/rules"
	"github.com/luohu/ting/sync/center/projection"
)

// open is a case of the board.
type open struct {
	triage.Waiting
	calling bool
}

// Board implements projection.Board: who waits and for how long, then today by
// level and what nurses changed.
func (t *Triage) Board(_ context.Context, q projection.Querier, site string, now time.Time) (view.Page, error) {
	waiting, err := t.waiting(q, site, now)
	if err != nil {
		return view.Page{}, err
	}
	levels, changes, err := t.today(q, site, now)
	if err != nil {
		return view.Page{}, err
	}
	var rows [][]string
	calling, due := 0, 0
	byDepartment, departments := map[string]int{}, []string(nil)
	for _, w := range waiting {
		state := "候诊"
		switch {
		case w.calling:
			state = "呼叫护士"
			calling++
		case w.Due(t.rules, now):
			state = "超时 须复评"
			due++
		}
		rows = append(rows, []string{w.Level.String(), triage.Ticket(t.rules, w.Waiting), t.rules.DepartmentName(w.Department).ZH,
			fmt.Sprintf("%d 分", int(now.Sub(w.Since).Minutes())), state})
		if byDepartment[w.Department] == 0 {
			departments = append(departments, w.Department)
		}
		byDepartment[w.Department]++
	}
	var load [][]string
	for _, d := range departments {
		load = append(load, []string{t.rules.DepartmentName(d).ZH, fmt.Sprint(byDepartment[d])})
	}
	p := view.Page{
		ID:    "triage",
		Title: view.T("急诊分诊", "Emergency triage"),
		Body: []view.Node{
			view.TextNode{Key: view.Key{Key: "count"}, Large: true, Text: view.Tf("候诊 %d 人", "%d waiting", len(waiting))},
			view.TextNode{Key: view.Key{Key: "alarms"}, Text: view.Tf("呼叫护士 %d 人,超过时限 %d 人", "%d calling a nurse, %d have waited too long", calling, due)},
			view.Table{Key: view.Key{Key: "queue"}, Columns: []view.Text{view.T("级别", "Level"), view.T("号码", "Ticket"), view.T("科室", "Department"),
				view.T("已等", "Waited"), view.T("状态", "State")}, Rows: rows, Empty: view.T("现在没有人候诊。", "Nobody is waiting.")},
			view.Table{Key: view.Key{Key: "departments"}, Columns: []view.Text{view.T("科室", "Department"), view.T("候诊", "Waiting")},
				Rows: load, Empty: view.T("各科室无人候诊。", "Nobody is waiting in any department.")},
			view.Table{Key: view.Key{Key: "levels"}, Columns: []view.Text{view.T("今日级别", "Level today"), view.T("人数", "Cases"), view.T("已接诊", "Seen"), view.T("平均等候", "Waited, mean")},
				Rows: levels, Empty: view.T("今天还没有分诊。", "Nobody was triaged today.")},
			view.TextNode{Key: view.Key{Key: "changes"}, Text: changes},
		},
	}
	return p, nil
}

func (t *Triage) waiting(q projection.Querier, site string, now time.Time) (all []open, err error) {
	err = q.Each(`SELECT code, level, department, since, looked, calling FROM triage_cases
		WHERE site = ? AND gone = '' AND looked >= ? ORDER BY level, since, code`, []any{site, now.Add(-forgotten).UnixMicro()},
		func(scan func(...any) error) error {
			var w open
			var level, calling int
			var since, looked int64
			if err := scan(&w.Code, &level, &w.Department, &since, &looked, &calling); err != nil {
				return err
			}
			w.Level, w.calling = rules.Level(level), calling == 1
			w.Since, w.Looked = time.UnixMicro(since).In(t.zone), time.UnixMicro(looked).In(t.zone)
			all = append(all, w)
			return nil
		})
	return all, err
}

// today counts the day's cases by level, and how often nurses changed a level.
func (t *Triage) today(q projection.Querier, site string, now time.Time) (rows [][]string, changes view.Text, err error) {
	cases, raised, lowered := 0, 0, 0
	err = q.Each(`SELECT level, COUNT(*), SUM(CASE WHEN gone = 'seen' THEN 1 ELSE 0 END), SUM(CASE WHEN gone = 'seen' THEN gone_at - since ELSE 0 END),
		SUM(CASE WHEN raised > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN lowered > 0 THEN 1 ELSE 0 END)
		FROM triage_cases WHERE site = ? AND day = ? GROUP BY level ORDER BY level`, []any{site, t.day(now)},
		func(scan func(...any) error) error {
			var level, n, seen, up, down int
			var waited int64
			if err := scan(&level, &n, &seen, &waited, &up, &down); err != nil {
				return err
			}
			mean := "—"
			if seen > 0 {
				mean = fmt.Sprintf("%d 分", int((time.Duration(waited/int64(seen)) * time.Microsecond).Minutes()))
			}
			rows = append(rows, []string{t.rules.Level(rules.Level(level)).Name.ZH, fmt.Sprint(n), fmt.Sprint(seen), mean})
			cases, raised, lowered = cases+n, raised+up, lowered+down
			return nil
		})
	return rows, view.Tf("今日 %d 例,护士调高 %d 例,调低 %d 例", "%d cases today; nurses raised %d and lowered %d", cases, raised, lowered), err
}
