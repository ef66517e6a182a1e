package hall

import (
	"slices"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// Resident is what the government already holds of somebody: a row of
// FeedResidents, under his identity number (Holder) and under the district's
// number for him.
type Resident struct {
	Person   string    `json:"person"` // the district's number, as in the people feed
	Born     string    `json:"born"`   // 2006-01-02
	Holdings []Holding `json:"holdings"`
}

// Holding is one electronic licence (电子证照).
type Holding struct {
	Kind   string    `json:"kind"` // as catalog.Material.Holding
	Name   view.Text `json:"name"`
	Number string    `json:"number"` // masked
	Issuer view.Text `json:"issuer"`
	Until  string    `json:"until,omitempty"` // its last day; "" is for ever
}

// valid reports whether a licence holds on a day.
func (h Holding) valid(now time.Time) bool {
	return h.Until == "" || now.Format(time.DateOnly) <= h.Until
}

// has finds the licence that stands for a material.
func (r Resident) has(m catalog.Material, now time.Time) (Holding, bool) {
	i := slices.IndexFunc(r.Holdings, func(h Holding) bool { return m.Holding != "" && h.Kind == m.Holding && h.valid(now) })
	if i < 0 {
		return Holding{}, false
	}
	return r.Holdings[i], true
}

// ElderAge is from when somebody is served with priority.
const ElderAge = 60

// elder reports whether somebody born on a day is of that age.
func elder(born string, now time.Time) bool {
	b, err := time.Parse(time.DateOnly, born)
	return err == nil && b.AddDate(ElderAge, 0, 0).Format(time.DateOnly) <= now.Format(time.DateOnly)
}

// prepare says what becomes of each material: held already, or to be photographed.
func prepare(s catalog.Service, a catalog.Answers, r Resident, now time.Time) (held []Handed, wanted []catalog.Material) {
	for _, m := range s.Wanted(a) {
		if h, ok := r.has(m, now); ok {
			held = append(held, Handed{Material: m.ID, Name: m.Name, How: Paperless, Holding: h.Number})
			continue
		}
		wanted = append(wanted, m)
	}
	return held, wanted
}
