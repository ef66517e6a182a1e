package demo_test

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/pin"
)

//go:embed README.md
var readme string

// printed is a row of the README's table.
type printed struct {
	id, name, group, card, pin string
	face                       int
	agreed                     string
}

func readTable(t *testing.T) []printed {
	t.Helper()
	var rows []printed
	row := regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| (\d+) \| (\d+) \| (\d+) \| ([^|]+) \|$`)
	for _, m := range row.FindAllStringSubmatch(readme, -1) {
		face, err := strconv.Atoi(m[6])
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, printed{m[1], m[2], m[3], m[4], m[5], face, m[7]})
	}
	return rows
}

func TestPeople_AreAsPrintedInTheREADME(t *testing.T) {
	rows := readTable(t)
	people := demo.People(demo.School1)
	if len(rows) != len(people) {
		t.Fatalf("README prints %d people, there are %d", len(rows), len(people))
	}
	faces := demo.Faces()
	for _, p := range people {
		i := slices.IndexFunc(rows, func(r printed) bool { return r.id == p.ID })
		if i < 0 {
			t.Errorf("README does not print %s", p.ID)
			continue
		}
		r := rows[i]
		if p.Name != r.name || p.Group != r.group || !slices.Equal(p.Cards, []string{r.card}) || faces[p.ID] != r.face {
			t.Errorf("%s is %+v with face %d, README prints %+v", p.ID, p, faces[p.ID], r)
		}
		if ok, err := pin.Check(p.PIN, r.pin); !ok || err != nil {
			t.Errorf("%s: the printed PIN does not open the hash: %v", p.ID, err)
		}
		if got := agreed(p.ID); got != r.agreed {
			t.Errorf("%s agreed to %q, README prints %q", p.ID, got, r.agreed)
		}
	}
}

// agreed is what a person's consents come to, as README prints it.
func agreed(id string) string {
	var stands, withdrawn []string
	for _, c := range demo.Consents(id) {
		for _, purpose := range c.Purposes {
			gone := slices.ContainsFunc(demo.Revocations(demo.School1), func(r kiosk.RevocationRow) bool {
				return r.Person == id && r.Covers(purpose)
			})
			if gone {
				withdrawn = append(withdrawn, purpose)
			} else {
				stands = append(stands, purpose)
			}
		}
	}
	switch {
	case len(stands)+len(withdrawn) == 0:
		return "never enrolled"
	case len(withdrawn) > 0:
		return strings.Join(stands, ", ") + " (" + strings.Join(withdrawn, ", ") + " withdrawn)"
	}
	return strings.Join(stands, ", ")
}

func TestPeople_MakeACoherentSchool(t *testing.T) {
	people := demo.People(demo.School1)
	pupils, staff := 0, 0
	ids, cards, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
	last := ""
	for _, p := range people {
		switch p.Role {
		case "pupil":
			pupils++
		case "staff":
			staff++
		default:
			t.Errorf("%s has role %q", p.ID, p.Role)
		}
		if p.ID <= last {
			t.Errorf("%s comes after %s: rows are by ID", p.ID, last)
		}
		last = p.ID
		if ids[p.ID] || names[p.Name] || len(p.Cards) == 0 || cards[p.Cards[0]] {
			t.Errorf("%s, %s or its card appears twice", p.ID, p.Name)
		}
		ids[p.ID], names[p.Name], cards[p.Cards[0]] = true, true, true
	}
	if pupils < 12 || staff < 2 {
		t.Errorf("%d pupils and %d staff, want at least 12 and 2", pupils, staff)
	}
}

func TestFaces_AreTheWholeCast(t *testing.T) {
	var numbers []int
	known := map[string]string{}
	for _, p := range demo.People(demo.School1) {
		known[p.ID] = p.Role
	}
	for id, n := range demo.Faces() {
		numbers = append(numbers, n)
		who := district.Person(n)
		if who == nil {
			t.Errorf("%s has face %d, the cast has 1 to %d", id, n, district.People())
			continue
		}
		if adult := known[id] == "staff"; who.Adult != adult {
			t.Errorf("%s is %s, its face is adult: %v", id, known[id], who.Adult)
		}
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("faces are %v, want 1 to %d once each", numbers, district.People())
		}
	}
	if len(numbers) != district.People() {
		t.Errorf("%d faces, the cast has %d", len(numbers), district.People())
	}
}

func TestConsents_CoverTheCasesAGateMustKnow(t *testing.T) {
	var enrolled, withdrawn, never []string
	revoked := map[string]kiosk.RevocationRow{}
	for _, r := range demo.Revocations(demo.School1) {
		revoked[r.Person] = r
	}
	for _, p := range demo.People(demo.School1) {
		consents := demo.Consents(p.ID)
		if len(consents) == 0 {
			never = append(never, p.ID)
			continue
		}
		for _, c := range consents {
			if c.TextVersion == "" || c.Way == "" || c.Time.IsZero() || len(c.Purposes) == 0 {
				t.Errorf("%s: incomplete consent %+v", p.ID, c)
			}
			if p.Role == "pupil" && (c.GivenBy == "self" || c.GivenBy == "") {
				t.Errorf("%s: a pupil's consent is given by the guardian, not %q", p.ID, c.GivenBy)
			}
			r, gone := revoked[p.ID]
			switch {
			case gone && r.Covers("gate"):
				withdrawn = append(withdrawn, p.ID)
				if r.Covers("library") || !slices.Contains(c.Purposes, "library") {
					t.Errorf("%s: the library's consent must stand", p.ID)
				}
				if !r.Time.After(c.Time) {
					t.Errorf("%s: withdrawn before it was given", p.ID)
				}
			case slices.Contains(c.Purposes, "gate"):
				enrolled = append(enrolled, p.ID)
			}
		}
	}
	if len(enrolled) != 14 || len(withdrawn) != 1 || len(never) != 2 {
		t.Errorf("%d enrolled for the gate, %d withdrawn, %d never asked; want 14, 1, 2", len(enrolled), len(withdrawn), len(never))
	}
}

func TestDistrict_NamesEverySiteInBothLanguages(t *testing.T) {
	d := demo.District()
	var ids []string
	for _, s := range d.Sites {
		ids = append(ids, s.ID)
		if s.Name.ZH == "" || s.Name.EN == "" || s.Kind == "" || len(s.Places) == 0 {
			t.Errorf("site %s is incomplete: %+v", s.ID, s)
		}
		for _, p := range s.Places {
			if p.ID == "" || p.Name.ZH == "" || p.Name.EN == "" {
				t.Errorf("site %s has an incomplete place: %+v", s.ID, p)
			}
		}
	}
	want := []string{demo.School1, demo.School2, demo.Hall, demo.Hospital, demo.Library}
	if !slices.Equal(ids, want) {
		t.Errorf("sites %s, want %s", strings.Join(ids, " "), strings.Join(want, " "))
	}
}

func TestAccessors_ReturnCopies(t *testing.T) {
	demo.People(demo.School1)[0].Cards[0] = "spoilt"
	demo.District().Sites[0].ID = "spoilt"
	demo.Faces()["2020-0107"] = 0
	if demo.People(demo.School1)[0].Cards[0] == "spoilt" || demo.District().Sites[0].ID == "spoilt" || demo.Faces()["2020-0107"] == 0 {
		t.Error("a caller's change shows in the next call")
	}
	if rows := demo.People("nowhere"); len(rows) != 0 {
		t.Errorf("an unknown site has %d people", len(rows))
	}
}
