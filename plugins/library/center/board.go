package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/sync/center/projection"
)

// What a board lists at most.
const (
	boardOverdue = 200
	boardTasks   = 100
	boardPopular = 20
	popularSince = 90 * 24 * time.Hour
)

// Board implements projection.Board: what a librarian has to look into first, then
// what is late, what is read, and what stands on the hold shelf. It is for
// signed-in staff and names people in full.
func (c *Circulation) Board(_ context.Context, q projection.Querier, site string, now time.Time) (view.Page, error) {
	now = now.In(c.zone)
	names := register{q: q, site: site, people: map[string]kiosk.PersonRow{}, copies: map[string]library.Copy{}}
	counts, err := c.counts(q, site, now)
	if err != nil {
		return view.Page{}, err
	}
	tasks, err := c.tasks(q, site, &names)
	if err != nil {
		return view.Page{}, err
	}
	overdue, err := c.overdue(q, site, now, &names)
	if err != nil {
		return view.Page{}, err
	}
	popular, err := c.popular(q, site, now, &names)
	if err != nil {
		return view.Page{}, err
	}
	shelf, err := c.holdShelf(q, site, &names)
	if err != nil {
		return view.Page{}, err
	}
	return view.Page{
		ID:    "circulation",
		Title: view.T("图书流通", "Circulation"),
		Body: []view.Node{
			view.TextNode{Key: view.Key{Key: "open"}, Large: true,
				Text: view.Tf("在借 %d 册,其中逾期 %d 册", "%d on loan, %d of them overdue", counts.open, counts.overdue)},
			view.TextNode{Key: view.Key{Key: "today"},
				Text: view.Tf("今日借出 %d 册,还回 %d 册;读者待缴 %s 元", "Today %d lent, %d returned; readers owe %s yuan",
					counts.lent, counts.returned, library.Yuan(counts.owed))},
			view.Table{Key: view.Key{Key: "tasks"}, Columns: []view.Text{view.T("待处理", "Task"), view.T("条码", "Barcode"), view.T("书名", "Title"),
				view.T("涉及", "Who"), view.T("发生时间", "When")},
				Rows: tasks, Empty: view.T("没有需要处理的事项。", "There is nothing to look into.")},
			view.Table{Key: view.Key{Key: "overdue"}, Columns: []view.Text{view.T("应还日期", "Due"), view.T("逾期天数", "Days late"), view.T("读者", "Reader"),
				view.T("班级 / 部门", "Class"), view.T("书名", "Title"), view.T("条码", "Barcode")},
				Rows: overdue, Empty: view.T("没有逾期的图书。", "Nothing is overdue.")},
			view.Table{Key: view.Key{Key: "popular"}, Columns: []view.Text{view.T("近 90 天借阅最多", "Most read in 90 days"), view.T("作者", "Author"), view.T("次数", "Loans")},
				Rows: popular, Empty: view.T("近 90 天没有借阅。", "Nothing was borrowed in 90 days.")},
			view.Table{Key: view.Key{Key: "shelf"}, Columns: []view.Text{view.T("预约架上", "On the hold shelf"), view.T("条码", "Barcode"), view.T("读者", "Reader"), view.T("到架时间", "Since")},
				Rows: shelf, Empty: view.T("预约架是空的。", "The hold shelf is empty.")},
		},
	}, nil
}

type counts struct {
	open, overdue, lent, returned int
	owed                          int64
}

func (c *Circulation) counts(q projection.Querier, site string, now time.Time) (n counts, err error) {
	y, m, d := now.Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, c.zone)
	from, until := today.UnixMicro(), today.AddDate(0, 0, 1).UnixMicro()
	one := func(dest any, query string, args ...any) {
		if err == nil {
			err = q.One(query, args, dest)
		}
	}
	one(&n.open, `SELECT COUNT(*) FROM library_loans WHERE site = ? AND ended = 0`, site)
	one(&n.overdue, `SELECT COUNT(*) FROM library_loans WHERE site = ? AND ended = 0 AND due < ?`, site, now.Format(time.DateOnly))
	one(&n.lent, `SELECT COUNT(*) FROM library_loans WHERE site = ? AND at >= ? AND at < ? AND how <> 'undone'`, site, from, until)
	one(&n.returned, `SELECT COUNT(*) FROM library_loans WHERE site = ? AND ended >= ? AND ended < ? AND how = 'return'`, site, from, until)
	var more int
	one(&more, `SELECT COUNT(*) FROM library_elsewhere WHERE site = ? AND kind = ? AND at >= ? AND at < ?`, site, library.KindLoan.Name, from, until)
	n.lent += more
	one(&more, `SELECT COUNT(*) FROM library_elsewhere WHERE site = ? AND kind = ? AND at >= ? AND at < ?`, site, library.KindReturn.Name, from, until)
	n.returned += more
	var fines, paid int64
	one(&fines, `SELECT CAST(COALESCE(SUM(fine), 0) AS BIGINT) FROM library_loans WHERE site = ?`, site)
	one(&paid, `SELECT CAST(COALESCE(SUM(fen), 0) AS BIGINT) FROM library_fees WHERE site = ?`, site)
	n.owed = fines - paid
	return n, err
}

func (c *Circulation) tasks(q projection.Querier, site string, names *register) (rows [][]string, err error) {
	var tasks []library.TaskRow
	err = q.Each(`SELECT row FROM library_tasks WHERE site = ? ORDER BY at, id LIMIT ?`, []any{site, boardTasks}, func(scan func(...any) error) error {
		var raw []byte
		var t library.TaskRow
		if err := scan(&raw); err != nil {
			return err
		}
		err := json.Unmarshal(raw, &t)
		tasks = append(tasks, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		title, err := names.title(t.Copy)
		if err != nil {
			return nil, err
		}
		what, who := "一书两借 Lent twice", ""
		ids := []string{t.Person}
		if t.Kind == library.TaskRefused {
			what = "系统未接受 Refused: " + t.Message
		} else {
			ids = nil
			for _, l := range t.Loans {
				ids = append(ids, l.Person)
			}
		}
		for i, id := range ids {
			p, err := names.person(id)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				who += " / "
			}
			who += p.Name
		}
		rows = append(rows, []string{view.Clean(what), t.Copy, title.Title, who, t.At.In(c.zone).Format("01-02 15:04")})
	}
	return rows, nil
}

func (c *Circulation) overdue(q projection.Querier, site string, now time.Time, names *register) (rows [][]string, err error) {
	var late []library.OpenLoan
	err = q.Each(`SELECT copy, person, due FROM library_loans WHERE site = ? AND ended = 0 AND due < ? ORDER BY due, copy LIMIT ?`,
		[]any{site, now.Format(time.DateOnly), boardOverdue}, func(scan func(...any) error) error {
			var l library.OpenLoan
			err := scan(&l.Copy, &l.Person, &l.Due)
			late = append(late, l)
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, l := range late {
		title, err := names.title(l.Copy)
		if err != nil {
			return nil, err
		}
		p, err := names.person(l.Person)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{l.Due, fmt.Sprint(library.Late(l.Due, now)), p.Name, p.Group, title.Title, l.Copy})
	}
	return rows, nil
}

// popular are the titles lent most often, by whichever system keeps the loans.
func (c *Circulation) popular(q projection.Querier, site string, now time.Time, names *register) (rows [][]string, err error) {
	since := now.Add(-popularSince).UnixMicro()
	type title struct {
		id, copy string
		n        int
	}
	var all []title
	err = q.Each(`SELECT title, MIN(copy), COUNT(*) FROM (
			SELECT title, copy FROM library_loans WHERE site = ? AND at >= ? AND how <> 'undone' AND title <> ''
			UNION ALL SELECT title, copy FROM library_elsewhere WHERE site = ? AND kind = ? AND at >= ? AND title <> '') lent
		GROUP BY title ORDER BY COUNT(*) DESC, title LIMIT ?`, []any{site, since, site, library.KindLoan.Name, since, boardPopular},
		func(scan func(...any) error) error {
			var t title
			err := scan(&t.id, &t.copy, &t.n)
			all = append(all, t)
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		book, err := names.title(t.copy)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{book.Title, book.Author, fmt.Sprint(t.n)})
	}
	return rows, nil
}

func (c *Circulation) holdShelf(q projection.Querier, site string, names *register) (rows [][]string, err error) {
	type held struct{ copyID, title string }
	var all []held
	err = q.Each(`SELECT copy, title FROM library_copies WHERE site = ? AND here = 1 AND held_for <> '' ORDER BY at`, []any{site},
		func(scan func(...any) error) error {
			var h held
			err := scan(&h.copyID, &h.title)
			all = append(all, h)
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, h := range all {
		row, err := copyRow(q, c.zone, site, h.copyID)
		if err != nil || row.HeldFor == "" {
			if err != nil {
				return nil, err
			}
			continue // the hold was cancelled: back to the shelves
		}
		book, err := names.title(h.copyID)
		if err != nil {
			return nil, err
		}
		p, err := names.person(row.HeldFor)
		if err != nil {
			return nil, err
		}
		rows = append(rows, []string{book.Title, h.copyID, p.Name, row.At.Format("01-02 15:04")})
	}
	return rows, nil
}

// register looks people and books up in the site's feeds.
type register struct {
	q      projection.Querier
	site   string
	people map[string]kiosk.PersonRow
	copies map[string]library.Copy
}

// person returns somebody's row; one that the feed does not have goes by his number.
func (r *register) person(id string) (kiosk.PersonRow, error) {
	return find(r.q, r.site, kiosk.FeedPeople, id, r.people, kiosk.PersonRow{ID: id, Name: id})
}

// title returns the book of a barcode; one that the holdings do not have goes by it.
func (r *register) title(copyID string) (library.Copy, error) {
	return find(r.q, r.site, library.FeedHoldings, copyID, r.copies, library.Copy{Barcode: copyID, Title: copyID})
}

func find[T any](q projection.Querier, site, feed, key string, known map[string]T, otherwise T) (T, error) {
	if row, ok := known[key]; ok {
		return row, nil
	}
	row := otherwise
	raw, err := q.Row(site, feed, key)
	if err == nil {
		err = json.Unmarshal(raw, &row)
	}
	if err != nil && !errors.Is(err, projection.ErrNotFound) {
		return row, err
	}
	known[key] = row
	return row, nil
}
