package center

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall"
	"github.com/luohu/ting/plugins/hall/workday"
	"github.com/luohu/ting/sync/center/projection"
)

// boardRows is how many rows a list of a board has at most.
const boardRows = 200

// Board implements projection.Board: what is open and what is late, what a person
// has to look at, how often people had to come, how they rate, and today's queue.
// It is for signed-in staff; applicants' names are masked all the same.
func (h *Hall) Board(_ context.Context, q projection.Querier, site string, now time.Time) (view.Page, error) {
	now = now.In(h.zone)
	cal, err := calendar(q, site, now.Year())
	if err != nil {
		return view.Page{}, err
	}
	files, err := h.files(q, site)
	if err != nil {
		return view.Page{}, err
	}
	late, missing := warnings(files, cal, now)
	states, open, err := byState(q, site)
	if err != nil {
		return view.Page{}, err
	}
	visits, err := h.visits(q, site)
	if err != nil {
		return view.Page{}, err
	}
	ratings, err := h.ratings(q, site)
	if err != nil {
		return view.Page{}, err
	}
	queue, err := h.today(q, site, now)
	if err != nil {
		return view.Page{}, err
	}
	overdue := 0
	for _, w := range late {
		if w.level > soon {
			overdue++
		}
	}
	p := view.Page{ID: "hall", Title: view.T("办件与排队", "Cases and queue")}
	p.Body = append(p.Body, view.TextNode{Key: view.Key{Key: "count"}, Large: true,
		Text: view.Tf("在办 %d 件,超期 %d 件", "%d open, %d overdue", open, overdue)})
	if missing != nil {
		p.Body = append(p.Body, view.Notice{Key: view.Key{Key: "calendar"}, Tone: view.Warning,
			Text:   view.Tf("缺 %d 年的工作日历,期限算不出来", "There is no calendar of working days for %d: time limits cannot be told", missing.Year),
			Detail: view.T("请按国务院办公厅的放假通知录入(数据流 hall-calendar)。", "Enter the State Council's notice of that year (feed hall-calendar).")})
	}
	p.Body = append(p.Body,
		view.Table{Key: view.Key{Key: "states"}, Columns: []view.Text{view.T("状态", "State"), view.T("件数", "Cases")}, Rows: states,
			Empty: view.T("还没有办件。", "There is no case yet.")},
		view.Table{Key: view.Key{Key: "late"}, Columns: []view.Text{view.T("预警", "Warning"), view.T("编号", "Number"), view.T("事项", "Service"), view.T("申请人", "Applicant"),
			view.T("状态", "State"), view.T("已用工作日", "Working days"), view.T("承诺到期", "Promised"), view.T("法定到期", "By law")},
			Rows: lateRows(late), Empty: view.T("没有临期或超期的办件。", "Nothing is due or overdue.")},
		view.Table{Key: view.Key{Key: "disputes"}, Columns: []view.Text{view.T("编号", "Number"), view.T("没有执行的处理", "Not made"), view.T("谁", "By"), view.T("时间", "Time"), view.T("原因", "Why")},
			Rows: h.disputes(files), Empty: view.T("没有需要人工核对的冲突。", "Nothing waits for a person to settle it.")},
		view.Table{Key: view.Key{Key: "visits"}, Columns: []view.Text{view.T("事项", "Service"), view.T("已结件数", "Cases over"), view.T("公布次数", "Visits published"), view.T("实际平均", "Needed on average"), view.T("超出公布的", "More than published")},
			Rows: visits, Empty: view.T("还没有办结的件。", "No case is over yet.")},
	)
	p.Body = append(p.Body, ratings...)
	p.Body = append(p.Body, queue...)
	return p, nil
}

// calendar is the built-in one, with the years that were entered: the last, this
// and the two next ones are looked for.
func calendar(q projection.Querier, site string, year int) (workday.Calendar, error) {
	c := workday.BuiltIn()
	for y := year - 1; y <= year+2; y++ {
		raw, err := q.Row(site, hall.FeedCalendar, fmt.Sprint(y))
		if errors.Is(err, projection.ErrNotFound) {
			continue
		}
		if err != nil {
			return c, err
		}
		var one workday.Year
		if err := json.Unmarshal(raw, &one); err != nil {
			continue // a row that was entered wrongly is as if it were missing: the board says so
		}
		if with, err := c.With(one); err == nil {
			c = with
		}
	}
	return c, nil
}

// files are the cases that are open, or wait for a person.
func (h *Hall) files(q projection.Querier, site string) (files []hall.CaseFile, err error) {
	err = q.Each(`SELECT file FROM hall_cases WHERE site = ? AND (over = 0 OR unsettled > 0) AND state <> '' ORDER BY opened, number`,
		[]any{site}, func(scan func(...any) error) error {
			var raw string
			var f hall.CaseFile
			err := scan(&raw)
			if err == nil {
				err = json.Unmarshal([]byte(raw), &f)
			}
			files = append(files, f)
			return err
		})
	return files, err
}

// level says how late a case is.
type level int

// The levels.
const (
	soon     level = iota + 1 // the promised day is today or the next working day
	overdue                   // it is past
	unlawful                  // the legal one is
)

type warning struct {
	level level
	file  hall.CaseFile
	clock hall.Clock
}

// warnings are the cases that are nearly or already late, the worst first.
func warnings(files []hall.CaseFile, cal workday.Calendar, now time.Time) (late []warning, missing *workday.MissingYear) {
	for _, f := range files {
		k, err := f.Case.Clock(cal, now)
		if err != nil {
			errors.As(err, &missing)
			continue
		}
		w := warning{file: f, clock: k}
		switch {
		case k.Unlawful:
			w.level = unlawful
		case k.Overdue:
			w.level = overdue
		case k.Close:
			w.level = soon
		default:
			continue
		}
		late = append(late, w)
	}
	slices.SortStableFunc(late, func(a, b warning) int {
		return cmp.Or(cmp.Compare(b.level, a.level), a.clock.Promised.Compare(b.clock.Promised))
	})
	return late, missing
}

// Cells of a table are the same in every language, so these say it in both.

func both(t view.Text) string { return t.ZH + " " + t.EN }

func lateRows(late []warning) (rows [][]string) {
	names := map[level]string{soon: "临期 Due", overdue: "超期 Overdue", unlawful: "超法定 Beyond the law"}
	date := func(t time.Time) string {
		if t.IsZero() {
			return "—"
		}
		return t.Format(time.DateOnly)
	}
	for _, w := range late[:min(len(late), boardRows)] {
		s := w.file.Case.Submitted
		rows = append(rows, []string{names[w.level], s.Case, s.Name.ZH, view.MaskName(s.Applicant.Name), both(w.file.Case.State.Name()),
			fmt.Sprint(w.clock.Used), date(w.clock.Promised), date(w.clock.Legal)})
	}
	return rows
}

func (h *Hall) disputes(files []hall.CaseFile) (rows [][]string) {
	for _, f := range files {
		for _, d := range f.Chain.Unsettled() {
			by := d.Change.By
			if by == "" {
				by = "申请人 Applicant"
			}
			rows = append(rows, []string{f.Case.Submitted.Case, both(d.Change.Action.Name()), by, d.Change.At.In(h.zone).Format("01-02 15:04"), d.Why})
		}
		for _, d := range f.Duplicates {
			rows = append(rows, []string{f.Case.Submitted.Case, "重号申请 Same number", "申请人 Applicant", d.At.In(h.zone).Format("01-02 15:04"), d.Name.ZH})
		}
	}
	return rows[:min(len(rows), boardRows)]
}

// byState counts cases; open are those not over.
func byState(q projection.Querier, site string) (rows [][]string, open int, err error) {
	order := []hall.State{hall.StateSubmitted, hall.StateCorrecting, hall.StateAccepted, hall.StateSuspended, hall.StateApproved,
		hall.StateClosed, hall.StateDenied, hall.StateRefused, hall.StateWithdrawn}
	count := map[hall.State]int{}
	err = q.Each(`SELECT state, COUNT(*) FROM hall_cases WHERE site = ? AND state <> '' GROUP BY state`, []any{site}, func(scan func(...any) error) error {
		var s string
		var n int
		err := scan(&s, &n)
		count[hall.State(s)] = n
		return err
	})
	for _, s := range order {
		if n := count[s]; n > 0 {
			rows = append(rows, []string{both(s.Name()), fmt.Sprint(n)})
			if !s.Over() {
				open += n
			}
		}
	}
	return rows, open, err
}

// visits compares, by service, how often applicants had to come with what is published.
func (h *Hall) visits(q projection.Querier, site string) (rows [][]string, err error) {
	needed := map[string]int{}
	err = q.Each(`SELECT v.number, COUNT(*) FROM hall_visits v JOIN hall_cases c ON c.site = v.site AND c.number = v.number
		WHERE v.site = ? AND c.over > 0 GROUP BY v.number`, []any{site}, func(scan func(...any) error) error {
		var number string
		var n int
		err := scan(&number, &n)
		needed[number] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	type sum struct{ cases, visits, published, more int }
	sums, names := map[string]*sum{}, []string{}
	err = q.Each(`SELECT number, file FROM hall_cases WHERE site = ? AND over > 0 AND state <> '' ORDER BY number`, []any{site}, func(scan func(...any) error) error {
		var number, raw string
		var f hall.CaseFile
		err := scan(&number, &raw)
		if err == nil {
			err = json.Unmarshal([]byte(raw), &f)
		}
		if err != nil {
			return err
		}
		s := f.Case.Submitted
		// The application itself was made here, which counts as one.
		published := max(s.Visits, 1)
		one := sums[s.Name.ZH]
		if one == nil {
			one = &sum{}
			sums[s.Name.ZH] = one
			names = append(names, s.Name.ZH)
		}
		one.cases++
		one.visits += needed[number]
		one.published = published
		if needed[number] > published {
			one.more++
		}
		return nil
	})
	slices.Sort(names)
	for _, n := range names {
		s := sums[n]
		rows = append(rows, []string{n, fmt.Sprint(s.cases), fmt.Sprint(s.published), fmt.Sprintf("%.1f", float64(s.visits)/float64(s.cases)), fmt.Sprint(s.more)})
	}
	return rows[:min(len(rows), boardRows)], err
}

// ratings are the first ones of each case.
func (h *Hall) ratings(q projection.Querier, site string) ([]view.Node, error) {
	count, why := map[int]int{}, map[string]int{}
	total, last := 0, ""
	err := q.Each(`SELECT number, grade, causes FROM hall_ratings WHERE site = ? ORDER BY number, at, id`, []any{site}, func(scan func(...any) error) error {
		var number, raw string
		var grade int
		if err := scan(&number, &grade, &raw); err != nil {
			return err
		}
		if number == last {
			return nil
		}
		last = number
		count[grade]++
		total++
		var causes []string
		if err := json.Unmarshal([]byte(raw), &causes); err != nil {
			return err
		}
		for _, c := range causes {
			why[c]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for g := 5; g >= 1 && total > 0; g-- {
		rows = append(rows, []string{both(hall.GradeName(g)), fmt.Sprint(count[g]), fmt.Sprintf("%.0f%%", 100*float64(count[g])/float64(total))})
	}
	rate := view.T("还没有评价", "No ratings yet")
	if total > 0 {
		content := 100 * float64(count[5]+count[4]+count[3]) / float64(total)
		rate = view.Tf("评价 %d 件,满意率 %.1f%%", "%d ratings, %.1f%% satisfied", total, content)
	}
	nodes := []view.Node{
		view.TextNode{Key: view.Key{Key: "rate"}, Text: rate},
		view.Table{Key: view.Key{Key: "ratings"}, Columns: []view.Text{view.T("评价", "Rating"), view.T("件数", "Cases"), view.T("占比", "Share")}, Rows: rows,
			Empty: view.T("还没有评价。", "No ratings yet.")},
	}
	if len(why) > 0 {
		var causes [][]string
		for c, n := range why {
			causes = append(causes, []string{both(hall.CauseName(c)), fmt.Sprint(n)})
		}
		slices.SortFunc(causes, func(a, b []string) int { return cmp.Or(cmp.Compare(b[1], a[1]), cmp.Compare(a[0], b[0])) })
		nodes = append(nodes, view.Table{Key: view.Key{Key: "causes"}, Columns: []view.Text{view.T("不满意的原因", "What was not right"), view.T("次数", "Times")}, Rows: causes})
	}
	return nodes, nil
}

// today is the day's queue, by window.
func (h *Hall) today(q projection.Querier, site string, now time.Time) ([]view.Node, error) {
	var queue hall.Queue
	err := q.Each(`SELECT ticket FROM hall_tickets WHERE site = ? AND day = ? ORDER BY id`, []any{site, now.Format(time.DateOnly)}, func(scan func(...any) error) error {
		var raw string
		var t hall.Ticket
		err := scan(&raw)
		if err == nil {
			err = json.Unmarshal([]byte(raw), &t)
		}
		queue = append(queue, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	type window struct{ called, done, missed int }
	windows, names := map[string]*window{}, []string{}
	var waited time.Duration
	called, twice := 0, 0
	for _, t := range queue {
		twice += len(t.Chain.Unsettled())
		if t.CalledAt.IsZero() {
			continue
		}
		called++
		waited += t.CalledAt.Sub(t.Taken.At)
		w := windows[t.Window]
		if w == nil {
			w = &window{}
			windows[t.Window] = w
			names = append(names, t.Window)
		}
		w.called++
		switch t.State {
		case hall.Done:
			w.done++
		case hall.Missed:
			w.missed++
		}
	}
	slices.Sort(names)
	var rows [][]string
	for _, n := range names {
		w := windows[n]
		if n == "" {
			n = "待转 Transferred"
		}
		rows = append(rows, []string{n, fmt.Sprint(w.called), fmt.Sprint(w.done), fmt.Sprint(w.missed)})
	}
	text := view.Tf("今日取号 %d 个,等候 %d 人", "%d tickets today, %d waiting", len(queue), len(queue.Waiting("")))
	if called > 0 {
		average := (waited / time.Duration(called)).Round(time.Minute)
		text = view.Tf("今日取号 %d 个,等候 %d 人,平均等候 %d 分钟,同时叫号 %d 次", "%d tickets today, %d waiting, %d minutes on average, %d calls by two at once",
			len(queue), len(queue.Waiting("")), int(average/time.Minute), twice)
	}
	return []view.Node{
		view.TextNode{Key: view.Key{Key: "queue"}, Text: text},
		view.Table{Key: view.Key{Key: "windows"}, Columns: []view.Text{view.T("窗口", "Counter"), view.T("叫号", "Called"), view.T("办结", "Served"), view.T("过号", "No-show")}, Rows: rows,
			Empty: view.T("今天还没有叫号。", "Nobody has been called today.")},
	}, nil
}
