package enrolment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/pinyin"
	"github.com/luohu/ting/kiosk/view"
)

// found is how many people a search shows at most.
const found = 20

// desk enrols somebody who stands at the counter: a staff member says who he is,
// finds the person, and the person reads, signs and looks into the camera.
func (e *Enrolment) desk(ctx context.Context, s kiosk.Session) error {
	staff, err := identify(ctx, s, kiosk.IdentifyRequest{
		Prompt: view.T("请工作人员用自己的密码登录", "Staff: please sign in with your own PIN"),
		Ways:   []kiosk.Way{kiosk.WayPIN, kiosk.WayCard},
		Roles:  []string{"staff"},
	})
	if err != nil {
		return err
	}
	who, err := e.find(ctx, s)
	if err != nil {
		return err
	}
	text := wording(e.purposes)
	if _, err := choose(ctx, s, readPage(text, who)); err != nil {
		return err
	}
	a, err := e.agree(ctx, s, who, staff.ID)
	if err != nil {
		return err
	}
	return e.take(ctx, s, who, text, a)
}

// find lets the staff search the site's people while they type, by number, name,
// pinyin or class, or name a visitor.
func (e *Enrolment) find(ctx context.Context, s kiosk.Session) (kiosk.Person, error) {
	people, err := everybody(ctx, s)
	if err != nil {
		return kiosk.Person{}, err
	}
	typed := ""
	for {
		hits := search(people, typed)
		a, err := choose(ctx, s, findPage(typed, hits, len(people)))
		switch {
		case err != nil:
			return kiosk.Person{}, err
		case a.Action == actionVisitor:
			return e.visitor(ctx, s)
		}
		typed = a.Text(fieldSearch)
		for i, p := range hits {
			if a.Action == pick(i) {
				return kiosk.Person{ID: p.ID, Name: p.Name, Group: p.Group, Role: p.Role}, nil
			}
		}
	}
}

// everybody reads the people feed. A row that cannot be read is left out.
func everybody(ctx context.Context, s kiosk.Session) (people []kiosk.PersonRow, err error) {
	for after := ""; ; {
		rows, err := s.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople, After: after})
		if err != nil || len(rows) == 0 {
			return people, err
		}
		for _, r := range rows {
			after = r.Key
			var p kiosk.PersonRow
			if json.Unmarshal(r.JSON, &p) == nil && p.ID == r.Key {
				p.PIN, p.Cards = "", nil // not needed here, so not kept
				people = append(people, p)
			}
		}
	}
}

// search is whom something typed may mean, the likeliest first. Nothing typed is nobody:
// a list of a school's pupils is not for whoever passes the counter.
func search(people []kiosk.PersonRow, typed string) []kiosk.PersonRow {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return nil
	}
	type hit struct {
		kiosk.PersonRow
		rank int
	}
	var hits []hit
	for _, p := range people {
		rank := -1
		switch _, named := pinyin.Match(typed, p.Name); {
		case strings.EqualFold(p.ID, typed), p.Name == typed:
			rank = 0
		case strings.HasPrefix(strings.ToLower(p.ID), strings.ToLower(typed)):
			rank = 1
		case named:
			rank = 2
		case strings.HasSuffix(strings.ToLower(p.ID), strings.ToLower(typed)):
			rank = 3
		case p.Group != "" && strings.Contains(p.Group, typed):
			rank = 4
		}
		if rank >= 0 {
			hits = append(hits, hit{p, rank})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Or(a.rank-b.rank, cmp.Compare(a.ID, b.ID)) })
	var list []kiosk.PersonRow
	for _, h := range hits[:min(len(hits), found)] {
		list = append(list, h.PersonRow)
	}
	return list
}

func pick(i int) string { return fmt.Sprintf("pick-%d", i) }

func findPage(typed string, hits []kiosk.PersonRow, of int) view.Page {
	list := view.List{Key: view.Key{Key: "found"}, Empty: view.T("没有找到。可以按编号、姓名、拼音或班级查找。", "Nobody was found. Search by number, name, pinyin or class.")}
	if strings.TrimSpace(typed) == "" {
		list.Empty = view.Tf("请输入编号、姓名、拼音或班级,共 %d 人", "Type a number, name, pinyin or class: %d people", of)
	}
	for i, p := range hits {
		list.Items = append(list.Items, view.ListItem{ID: pick(i), Title: view.Same(view.MaskName(p.Name)), Icon: "person",
			Detail: view.Same(strings.TrimSpace(p.ID + "  " + p.Group))})
	}
	return view.Page{
		ID:    "find",
		Title: view.T("为谁登记", "Who is to be enrolled"),
		Step:  1, Steps: steps,
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "search"}, Fields: []view.Field{{
				ID: fieldSearch, Kind: view.FieldText, Keyboard: view.KeyboardName, Live: true, MaxLen: nameLen, Value: typed,
				Label: view.T("查找", "Find"),
			}}},
			list,
		},
		Actions: []view.Action{{ID: actionVisitor, Label: view.T("未登记的访客", "A visitor")}},
	}
}

// readPage is the consent text at a counter: for the person, not for the staff.
func readPage(text Wording, who kiosk.Person) view.Page {
	p := consentPage(text)
	p.Step = 2
	p.Body = append([]view.Node{view.Notice{
		Text:   view.T("请本人(或监护人)阅读:"+view.MaskName(who.Name), "To be read by the person or a guardian: "+view.MaskName(who.Name)),
		Detail: view.T("工作人员不能代为同意。", "The staff cannot agree in somebody's place."),
	}}, p.Body...)
	return p
}
