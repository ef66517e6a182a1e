package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/luohu/ting/kiosk"
	enrolled "github.com/luohu/ting/plugins/enrolment/center"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// extract is everything the center knows about a person. There is no template in it: the
// center has none.
type extract struct {
	Person  string        `json:"person"`
	Made    time.Time     `json:"made"`
	Sites   []siteExtract `json:"sites"`
	Records []aboutRecord `json:"records"`
}

// siteExtract is what one site's feeds and consents say of him.
type siteExtract struct {
	Site    string            `json:"site"`
	Name    string            `json:"site_name"`
	Profile *profile          `json:"profile,omitempty"`
	Said    []enrolled.Word   `json:"consents,omitempty"`
	Holders []enrolled.Holder `json:"templates,omitempty"` // which terminals hold or held one
}

// profile is the register's row, but for what would let somebody else pass for him.
type profile struct {
	Name  string `json:"name"`
	Group string `json:"group,omitempty"`
	Role  string `json:"role"`
	Cards int    `json:"cards"` // how many
	PIN   bool   `json:"pin_set"`
}

// aboutRecord is a record of any module that names him.
type aboutRecord struct {
	At       time.Time       `json:"received_at"`
	Site     string          `json:"site"`
	Terminal string          `json:"terminal"`
	Kind     string          `json:"kind"`
	Body     json.RawMessage `json:"body"`
}

// exportPerson writes everything known about a person as JSON and as a page to read and
// print, and notes in the audit log that it did.
func exportPerson(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center export-person", flag.ContinueOnError)
	state := stateFlag(fs)
	id := fs.String("id", "", "the person's `number`")
	to := fs.String("to", ".", "`directory` for the two files; they are personal data: hand them to the person, then delete them")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	if *id == "" {
		fmt.Fprintln(stderr, "-id is needed")
		return errUsage
	}
	return withCenter(*state, func(ctx context.Context, c *center.Center) error {
		x, err := extractOf(ctx, c, *id)
		if err != nil {
			return err
		}
		if len(x.Sites)+len(x.Records) == 0 {
			return errors.New("nothing is known of that number")
		}
		// First the note: an extract that nobody noted must not exist.
		if err := c.Note(ctx, "command", "person.export", *id, fmt.Sprintf("%d records", len(x.Records))); err != nil {
			return err
		}
		name := "person-" + x.Made.In(zone).Format("20060102-150405")
		for _, f := range []struct {
			ending string
			write  func(io.Writer) error
		}{{".json", x.writeJSON}, {".html", x.writeHTML}} {
			path := filepath.Join(*to, name+f.ending)
			if err := writePrivate(path, f.write); err != nil {
				return err
			}
			fmt.Fprintln(stdout, path)
		}
		return nil
	})
}

// writePrivate makes a file that only its owner reads.
func writePrivate(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

const logPage = 1000 // records read at a time

// extractOf gathers what is known. It reads the whole log: the records of a module that
// this program does not know are found too.
func extractOf(ctx context.Context, c *center.Center, id string) (*extract, error) {
	x := &extract{Person: id, Made: c.Now()}
	var sites []store.Site
	if err := c.View(ctx, func(tx *store.Tx) (err error) {
		sites, err = tx.Sites()
		return err
	}); err != nil {
		return nil, err
	}
	err := c.Querier(ctx, func(q projection.Querier) error {
		for _, s := range sites {
			e := siteExtract{Site: s.ID, Name: s.NameZH}
			raw, err := q.Row(s.ID, kiosk.FeedPeople, id)
			if err == nil {
				var p kiosk.PersonRow
				if err := json.Unmarshal(raw, &p); err != nil {
					return err
				}
				e.Profile = &profile{p.Name, p.Group, p.Role, len(p.Cards), p.PIN != ""}
			} else if !errors.Is(err, projection.ErrNotFound) {
				return err
			}
			if e.Said, err = enrolled.History(q, s.ID, id); err != nil {
				return err
			}
			if e.Holders, err = enrolled.Holders(q, s.ID, id); err != nil {
				return err
			}
			if e.Profile != nil || len(e.Said)+len(e.Holders) > 0 {
				x.Sites = append(x.Sites, e)
			}
		}
		return nil
	})
	for after, more := int64(0), true; err == nil && more; {
		more = false
		err = c.View(ctx, func(tx *store.Tx) error {
			return tx.Log(after, logPage, func(r store.Received) error {
				after, more = r.Position, true
				if names(r.Record.Key, r.Record.Body, id) {
					x.Records = append(x.Records, aboutRecord{r.ReceivedAt, r.Site, r.Terminal, r.Record.Kind, json.RawMessage(r.Record.Body)})
				}
				return nil
			})
		})
	}
	return x, err
}

// names reports whether a record is about somebody: by its key, or by a text in it that is
// his number. A body that is no JSON names nobody.
func names(key string, body []byte, id string) bool {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return false
	}
	return key == "person/"+id || holds(v, id)
}

func holds(v any, id string) bool {
	switch v := v.(type) {
	case string:
		return v == id
	case []any:
		for _, e := range v {
			if holds(e, id) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if holds(e, id) {
				return true
			}
		}
	}
	return false
}

func (x *extract) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(x)
}

var extractPage = template.Must(template.New("extract").Funcs(template.FuncMap{
	"at": func(t time.Time) string {
		if t.IsZero() {
			return "—"
		}
		return t.In(zone).Format("2006-01-02 15:04:05")
	},
	"text": func(b json.RawMessage) string { return string(b) },
}).Parse(`<!doctype html><html lang="zh"><meta charset="utf-8"><title>个人信息档案</title>
<style>body{font:16px/1.6 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top;word-break:break-word}code{font-size:.85em}</style>
<h1>个人信息档案 <small>Extract of personal data</small></h1>
<p>编号 {{.Person}},生成时间 {{at .Made}}。人脸模板只保存在登记它的终端,中心没有,也不在本档案中。</p>
{{range .Sites}}<h2>{{.Name}} <small>{{.Site}}</small></h2>
{{with .Profile}}<table><tr><th>姓名 Name<td>{{.Name}}<tr><th>班级或部门 Class<td>{{.Group}}<tr><th>身份 Role<td>{{.Role}}<tr><th>卡片 Cards<td>{{.Cards}} 张<tr><th>个人密码 PIN<td>{{if .PIN}}已设置{{else}}未设置{{end}}</table>{{end}}
{{if .Said}}<h3>同意与撤回 Consents</h3><table><tr><th>用途 Purpose<th>文本版本 Text<th>同意人 Given by<th>方式 Way<th>最近同意 Agreed<th>最近撤回 Withdrawn</tr>
{{range .Said}}<tr><td>{{if .Purpose}}{{.Purpose}}{{else}}全部用途{{end}}<td>{{.TextVersion}}<td>{{if eq .GivenBy "self"}}本人{{else}}{{.GivenBy}}{{end}}<td>{{.Way}}<td>{{at .Consented}}<td>{{at .Withdrawn}}</tr>{{end}}</table>{{end}}
{{if .Holders}}<h3>保存人脸模板的终端 Terminals with a template</h3><table><tr><th>终端 Terminal<th>存入 Stored<th>删除回执 Deleted</tr>
{{range .Holders}}<tr><td>{{.Terminal}}<td>{{at .Stored}}<td>{{if .Erased.IsZero}}保存中{{else}}{{at .Erased}}{{end}}</tr>{{end}}</table>{{end}}{{end}}
<h2>业务记录 Records ({{len .Records}})</h2><table><tr><th>收到时间 Received<th>地点 Site<th>终端 Terminal<th>种类 Kind<th>内容 Content</tr>
{{range .Records}}<tr><td>{{at .At}}<td>{{.Site}}<td>{{.Terminal}}<td>{{.Kind}}<td><code>{{text .Body}}</code></tr>{{end}}</table></html>
`))

func (x *extract) writeHTML(w io.Writer) error { return extractPage.Execute(w, x) }
