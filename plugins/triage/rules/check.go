package rules

import (
	"fmt"
	"slices"

	"github.com/luohu/ting/kiosk/view"
)

// problems lists what is wrong with the rules, each with the place.
func (r *Rules) problems() []string {
	c := &check{ids: map[string]bool{}, sources: map[string]bool{}, departments: map[string]bool{}}
	c.want(r.Version != "", "version is missing")
	for _, s := range r.Sources {
		c.id("source", s.ID)
		c.sources[s.ID] = true
		c.want(s.Title != "", "source %q has no title", s.ID)
	}
	for _, d := range r.Departments {
		c.id("department", d.ID)
		c.departments[d.ID] = true
		c.text("department "+d.ID, d.Name)
		c.want(len(d.Letter) == 1, "department %q: letter is one letter", d.ID)
	}
	c.levels(r.Levels)
	for _, f := range r.RedFlags {
		where := "red flag " + f.ID
		c.id("red flag", f.ID)
		c.text(where, f.Ask)
		c.level(where, f.Level, false)
		c.source(where, f.Source)
		c.department(where, f.Department)
		c.want(f.Page >= 0 && f.Page <= 2, "%s: page is 0, 1 or 2", where)
		c.want(len(f.Words.ZH) > 0 && len(f.Words.EN) > 0, "%s: words in both languages are needed", where)
	}
	for _, v := range r.VitalLimits {
		where := "vital limit " + v.ID
		c.id("vital limit", v.ID)
		c.level(where, v.Level, false)
		c.source(where, v.Source)
		c.want(slices.Contains(signs, v.Sign), "%s: sign is one of %v", where, signs)
		c.want(v.Below != nil || v.Above != nil, "%s: below or above is needed", where)
		c.want(v.Below == nil || v.Above == nil || *v.Below < *v.Above, "%s: below must be less than above", where)
		c.want(v.ToMonths == 0 || v.FromMonths < v.ToMonths, "%s: from_months must be less than to_months", where)
	}
	c.scores("news2", r.NEWS2)
	c.scores("pain", r.Pain)
	c.level("news2_single", r.NEWS2Single.Level, false)
	for _, m := range []Mind{Confused, ToVoice, ToPain, Unresponsive} {
		c.level("consciousness "+string(m), r.Consciousness[m], false)
	}
	for _, x := range r.Complaints {
		c.complaint(x)
		c.want(len(x.Words.ZH) > 0 && len(x.Words.EN) > 0, "complaint %s: words in both languages are needed", x.ID)
	}
	c.complaint(r.Other)
	c.want(r.Other.Level <= Urgent, "other: what fits nothing is level 3 at least")
	return c.found
}

// check gathers what is wrong.
type check struct {
	ids, sources, departments map[string]bool
	found                     []string
}

func (c *check) want(ok bool, format string, args ...any) {
	if !ok {
		c.found = append(c.found, fmt.Sprintf(format, args...))
	}
}

func (c *check) id(kind, id string) {
	c.want(id != "", "a %s has no id", kind)
	c.want(!c.ids[kind+"/"+id], "%s %q appears twice", kind, id)
	c.ids[kind+"/"+id] = true
}

func (c *check) text(where string, t view.Text) {
	c.want(t.ZH != "" && t.EN != "", "%s: a wording in both languages is needed", where)
}

func (c *check) level(where string, l Level, orNone bool) {
	c.want(l >= Critical && l <= LessUrgent || orNone && l == 0, "%s: level is 1 to 4, not %d", where, int(l))
}

func (c *check) source(where, id string) {
	c.want(c.sources[id], "%s: source %q is not among the sources", where, id)
}

func (c *check) department(where, id string) {
	c.want(c.departments[id], "%s: department %q is not among the departments", where, id)
}

func (c *check) levels(all []LevelRule) {
	for l := Critical; l <= LessUrgent; l++ {
		i := slices.IndexFunc(all, func(x LevelRule) bool { return x.Level == l })
		if i < 0 {
			c.want(false, "level %d is missing", int(l))
			continue
		}
		c.text(fmt.Sprintf("level %d", int(l)), all[i].Name)
		c.source(fmt.Sprintf("level %d", int(l)), all[i].Source)
		c.want(all[i].Minutes > 0 || l == Critical, "level %d: minutes are needed", int(l))
	}
}

func (c *check) scores(where string, all []Score) {
	c.want(len(all) > 0, "%s: at least one score is needed", where)
	for i, s := range all {
		c.level(where, s.Level, false)
		c.want(i == 0 || s.Score < all[i-1].Score, "%s: the highest score comes first", where)
	}
}

func (c *check) complaint(x Complaint) {
	where := "complaint " + x.ID
	c.id("complaint", x.ID)
	c.text(where, x.Name)
	c.level(where, x.Level, false)
	c.source(where, x.Source)
	c.department(where, x.Department)
	for _, d := range []string{x.ChildDepartment, x.PregnantDepartment} {
		if d != "" {
			c.department(where, d)
		}
	}
	seen := map[string]bool{}
	for _, q := range x.Questions {
		where := where + ", question " + q.ID
		c.want(q.ID != "" && !seen[q.ID], "%s: an id of its own is needed", where)
		seen[q.ID] = true
		c.text(where, q.Ask)
		c.want(len(q.Options) > 1, "%s: two options are needed", where)
		values := map[string]bool{}
		for _, o := range q.Options {
			c.want(o.Value != "" && !values[o.Value], "%s: option %q has no value of its own", where, o.Value)
			values[o.Value] = true
			c.text(where+", option "+o.Value, o.Label)
			c.level(where+", option "+o.Value, o.Level, true)
			if o.Department != "" {
				c.department(where+", option "+o.Value, o.Department)
			}
		}
	}
}
