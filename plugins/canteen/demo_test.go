package canteen_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/kiosk/identity/pin"
	"github.com/luohu/ting/plugins/canteen"
)

// strictly reads rows of the demo as the module does, and refuses what it does not know.
func strictly[T any](t *testing.T, rows map[string]json.RawMessage) map[string]T {
	t.Helper()
	all := map[string]T{}
	for key, raw := range rows {
		var v T
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&v); err != nil {
			t.Errorf("%s: %v", key, err)
		}
		all[key] = v
	}
	return all
}

// TestDemo: the demo's canteen is one that the modules can work with.
func TestDemo(t *testing.T) {
	info := demo.Canteen()
	windows := strictly[canteen.WindowRow](t, info.Windows)
	for key, w := range windows {
		if w.ID != key || w.From >= w.Until || w.Title.ZH == "" || w.Title.EN == "" {
			t.Errorf("window %s: %+v", key, w)
		}
	}
	meals := map[string]int{}
	for key, m := range strictly[canteen.MealRow](t, info.Menu) {
		day, window, _ := strings.Cut(key, "/")
		window, _, _ = strings.Cut(window, "/")
		if _, ok := windows[window]; !ok || key != canteen.MenuKey(day, window, m.ID) || m.Fen <= 0 || m.Title.EN == "" || m.Dishes.EN == "" {
			t.Errorf("meal %s: %+v", key, m)
		}
		for _, a := range m.Allergens {
			if _, ok := canteen.Allergens[a]; !ok {
				t.Errorf("meal %s: unknown allergen %q", key, a)
			}
		}
		meals[day+"/"+window]++
	}
	for _, day := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		if meals[day+"/lunch"] != 3 || meals[day+"/breakfast"] != 1 || meals[day+"/supper"] != 1 {
			t.Errorf("day %s: %v", day, meals)
		}
	}
	diners := strictly[canteen.DinerRow](t, info.Diners)
	for _, p := range demo.People(info.Site) {
		d, ok := diners[p.ID]
		if !ok {
			t.Errorf("%s does not eat", p.ID)
		}
		if p.Role == "pupil" {
			if ok, err := pin.Check(d.GuardianCode, "246810"); !ok || err != nil {
				t.Errorf("%s: the printed code does not open the hash: %v", p.ID, err)
			}
		}
	}
	sum := int64(0)
	for _, fen := range info.Quota.Shares {
		sum += fen
	}
	if len(diners) != len(demo.People(info.Site)) || sum > info.Quota.Fen {
		t.Errorf("%d diners, shares of %d", len(diners), sum)
	}
	for _, p := range slices.Concat(slices.Collect(maps.Keys(info.Openings)), slices.Collect(maps.Keys(info.Limits))) {
		if _, ok := diners[p]; !ok {
			t.Errorf("an account of %s, who does not eat", p)
		}
	}
}
