package shell

import (
	"github.com/luohu/ting/kiosk/view"
)

// What is drawn is told in words to who does not see it.

// spokenSteps says which stage is under way, and what it needs.
func (l look) spokenSteps(n view.Steps) string {
	if n.Now >= len(n.Steps) {
		return l.say(view.T("已全部完成", "All stages are done"))
	}
	s := n.Steps[n.Now]
	return l.sentences(l.say(view.Tf("第 %d 步,共 %d 步", "Stage %d of %d", n.Now+1, len(n.Steps))), l.say(s.Title), l.say(s.Detail))
}

// spoken is what is said of whatever the focus stands on; "" for what has no name.
// Never what a visitor has typed: others hear it too.
func (st stop) spoken() string {
	switch {
	case st.field != nil:
		return st.field.spoken()
	case st.rows != nil:
		if r := st.rows; r.tell != nil && r.cursor < r.Length() {
			return r.tell(r.cursor)
		}
	}
	if named, ok := st.o.(interface{ spoken() string }); ok {
		return named.spoken()
	}
	return ""
}

func (t *touch) spoken() string { return t.words }

// spoken is what a field asks for, and what is wrong with what stands in it.
func (f *field) spoken() string {
	l := f.look
	return l.sentences(l.say(f.node.Label), l.say(f.node.Hint), f.remark())
}

// spokenRow reads a row of a table out, each cell after its heading.
func (t *table) spokenRow(i int) string {
	words := make([]string, 0, len(t.node.Columns))
	for c, cell := range t.node.Rows[i] {
		if cell = clean(cell); cell != "" {
			words = append(words, t.look.say(t.node.Columns[c])+" "+cell)
		}
	}
	return t.look.sentences(words...)
}

// spokenChart reads a chart out: its title and, of a series of a few values,
// each with its label; of others the last value, which is the newest of a course.
func (l look) spokenChart(n view.Chart) string {
	const few = 8
	words := []string{l.say(n.Title)}
	if !hasValues(n) {
		return l.sentences(append(words, l.say(n.Empty))...)
	}
	var all []float64
	for _, s := range n.Series {
		all = append(all, s.Values...)
	}
	step := grain(all...)
	tell := func(name, label string, v float64) {
		words = append(words, name+" "+label+" "+number(l.lang, v, step)+" "+l.say(n.Unit))
	}
	for _, s := range n.Series {
		from := 0
		if len(n.Series) > 1 || len(s.Values) > few {
			from = max(len(s.Values)-1, 0)
		}
		for i := from; i < len(s.Values); i++ {
			tell(l.say(s.Name), l.say(n.Labels[i]), s.Values[i])
		}
	}
	return l.sentences(words...)
}
