package canteen

import (
	"slices"

	"github.com/luohu/ting/kiosk/view"
)

// Allergens are those that a label must name by GB 7718-2025, and sesame, by
// the code that menus and diners use.
var Allergens = map[string]view.Text{
	"gluten":     view.T("含麸质的谷物", "gluten"),
	"crustacean": view.T("甲壳类", "crustaceans"),
	"fish":       view.T("鱼类", "fish"),
	"egg":        view.T("蛋类", "egg"),
	"peanut":     view.T("花生", "peanut"),
	"soy":        view.T("大豆", "soy"),
	"milk":       view.T("乳", "milk"),
	"nut":        view.T("坚果", "nuts"),
	"sesame":     view.T("芝麻", "sesame"),
}

// allergenNames are the names of allergens, in the order given. A code that
// nobody knows stands for itself: it warns all the same.
func allergenNames(codes []string) (t view.Text) {
	for i, c := range codes {
		if i > 0 {
			t.ZH, t.EN = t.ZH+"、", t.EN+", "
		}
		name, known := Allergens[c]
		if !known {
			name = view.Same(c)
		}
		t.ZH, t.EN = t.ZH+name.ZH, t.EN+name.EN
	}
	return t
}

// forbidden are the allergens of a meal that a diner must not have.
func forbidden(d DinerRow, m MealRow) (codes []string) {
	for _, a := range m.Allergens {
		if slices.Contains(d.Allergies, a) {
			codes = append(codes, a)
		}
	}
	return codes
}
