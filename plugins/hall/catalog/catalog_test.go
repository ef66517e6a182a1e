package catalog_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/plugins/hall/catalog"
)

func services(t testing.TB) []catalog.Service {
	t.Helper()
	var all []catalog.Service
	for id, raw := range demo.HallServices() {
		s, err := catalog.Parse(raw)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b catalog.Service) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func service(t testing.TB, id string) catalog.Service {
	t.Helper()
	all := services(t)
	i := slices.IndexFunc(all, func(s catalog.Service) bool { return s.ID == id })
	if i < 0 {
		t.Fatalf("there is no service %s", id)
	}
	return all[i]
}

// TestDemoServices: every service of the demo district is whole, and each life
// event has one.
func TestDemoServices(t *testing.T) {
	all := services(t)
	if len(all) < 20 {
		t.Errorf("%d services, at least 20 are meant", len(all))
	}
	codes := map[string]string{}
	levels := map[catalog.Level]int{}
	for _, s := range all {
		if codes[s.Code] != "" {
			t.Errorf("%s has the code of %s", s.ID, codes[s.Code])
		}
		codes[s.Code] = s.ID
		levels[s.Level]++
	}
	if len(levels) != 3 {
		t.Errorf("levels are %v, want district, street and community", levels)
	}
	for _, e := range catalog.Events {
		if len(catalog.For(all, e.Audience, e.ID)) == 0 {
			t.Errorf("no service belongs to %s", e.Name.ZH)
		}
	}
}

func TestParseCode(t *testing.T) {
	const good = "11330197247001013X500070902100001"
	c, err := catalog.ParseCode(catalog.LayoutNational, good)
	if err != nil {
		t.Fatal(err)
	}
	if c.Authority != "11330197247001013X" || c.Exercise != "5" || c.Basic != "000709021000" || c.Kind != catalog.KindConfirmation ||
		c.Depart != "09" || c.Main != "021" || c.Sub != "000" || c.Business != "01" || c.String() != good {
		t.Errorf("%+v", c)
	}
	if c, err := catalog.ParseCode(catalog.LayoutNational, good[:31]); err != nil || c.Business != "" {
		t.Errorf("an implementation code alone: %+v, %v", c, err)
	}
	for name, bad := range map[string]string{
		"short": good[:30], "empty": "", "long": good + "1",
		"credit code":  "11330197247001014X" + good[18:],
		"lower case":   strings.ToLower(good),
		"level":        good[:18] + "9" + good[19:],
		"province":     good[:19] + "99" + good[21:],
		"kind":         good[:21] + "02" + good[23:], // a penalty is not applied for
		"main item":    good[:25] + "000" + good[28:],
		"letters":      good[:25] + "02A" + good[28:],
		"way of 00":    good[:31] + "00",
		"way of words": good[:31] + "一",
	} {
		if c, err := catalog.ParseCode(catalog.LayoutNational, bad); err == nil {
			t.Errorf("%s: %q is taken for %+v", name, bad, c)
		}
	}
	if _, err := catalog.ParseCode("DB00/T 1-1999", good); err == nil || !strings.Contains(err.Error(), "GB/T 39554.1-2020") {
		t.Errorf("an unknown layout: %v", err)
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("11330197247001013X500070902100001")
	f.Add("11330197247001013X5000709021000")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := catalog.ParseCode(catalog.LayoutNational, s); err == nil && c.String() != s {
			t.Errorf("%q is read as %q", s, c)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, raw := range demo.HallServices() {
		f.Add([]byte(raw))
	}
	f.Add([]byte(`{"id":"x","questions":[{"id":"q","when":[{"question":"q"}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := catalog.Parse(raw)
		if err != nil {
			return
		}
		// What is taken can be asked through to the end.
		a := catalog.Answers{}
		for range len(s.Questions) + 1 {
			q, more := s.Next(a)
			if !more {
				break
			}
			a[q.ID] = q.Options[0].Value
		}
		if _, more := s.Next(a); more {
			t.Error("the questions have no end")
		}
	})
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for what, harm := range map[string]func(*catalog.Service){
		"an id":             func(s *catalog.Service) { s.ID = "" },
		"name is missing":   func(s *catalog.Service) { s.Name.EN = "" },
		"basic code":        func(s *catalog.Service) { s.BasicCode = "000709021001" },
		"level":             func(s *catalog.Service) { s.Level = "province" },
		"audiences":         func(s *catalog.Service) { s.Audiences = nil },
		"life event":        func(s *catalog.Service) { s.Events = []string{"party"} },
		"legal basis":       func(s *catalog.Service) { s.Basis = "" },
		"time limits":       func(s *catalog.Service) { s.PromisedDays = s.LegalDays + 1 },
		"come to the count": func(s *catalog.Service) { s.CounterOnly = true },
		"not asked before": func(s *catalog.Service) {
			s.Materials[0].When = []catalog.Condition{{Question: "nothing", Answers: []string{"x"}}}
		},
		"has no answer":    func(s *catalog.Service) { s.Questions[2].When[0].Answers = []string{"nothing"} },
		"2 to 8 answers":   func(s *catalog.Service) { s.Questions[0].Options = s.Questions[0].Options[:1] },
		"an id of its own": func(s *catalog.Service) { s.Materials[1].ID = s.Materials[0].ID },
		"source, form":     func(s *catalog.Service) { s.Materials[0].Source = "" },
	} {
		s := service(t, "residence-permit")
		harm(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := catalog.Parse([]byte("{")); err == nil {
		t.Error("no JSON is taken")
	}
}

func ids(ms []catalog.Material) string {
	var s []string
	for _, m := range ms {
		s = append(s, m.ID)
	}
	return strings.Join(s, " ")
}

// TestAnswersDecideAboutMaterials: the questions of one service, each way.
func TestAnswersDecideAboutMaterials(t *testing.T) {
	s := service(t, "residence-permit")
	for _, tt := range []struct {
		answers   catalog.Answers
		asked     string // next
		materials string
	}{
		{catalog.Answers{}, "half-year", "id-card photo"},
		{catalog.Answers{"half-year": "yes"}, "basis", "id-card photo"},
		{catalog.Answers{"half-year": "yes", "basis": "work"}, "", "id-card photo employment"},
		{catalog.Answers{"half-year": "yes", "basis": "study"}, "", "id-card photo student"},
		{catalog.Answers{"half-year": "yes", "basis": "home"}, "home", "id-card photo"},
		{catalog.Answers{"half-year": "yes", "basis": "home", "home": "rent"}, "", "id-card photo lease"},
		{catalog.Answers{"half-year": "yes", "basis": "home", "home": "own"}, "", "id-card photo title"},
		// An answer to a question that is not asked any more counts for nothing here.
		{catalog.Answers{"half-year": "yes", "basis": "work", "home": "own"}, "", "id-card photo employment"},
	} {
		q, more := s.Next(tt.answers)
		if q.ID != tt.asked || more != (tt.asked != "") {
			t.Errorf("%v: next is %q, want %q", tt.answers, q.ID, tt.asked)
		}
		if got := ids(s.Wanted(tt.answers)); got != tt.materials {
			t.Errorf("%v: %s, want %s", tt.answers, got, tt.materials)
		}
	}
	kept := s.Without(catalog.Answers{"half-year": "yes", "basis": "home", "home": "own"}, "basis")
	if len(kept) != 1 || kept["half-year"] != "yes" {
		t.Errorf("kept %v", kept)
	}
}

// TestQuestionsEnd: whatever is answered, every service's questions come to an
// end, and a material without conditions is always wanted.
func TestQuestionsEnd(t *testing.T) {
	all := services(t)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(all).Draw(t, "service")
		a := catalog.Answers{}
		for range len(s.Questions) {
			q, more := s.Next(a)
			if !more {
				break
			}
			a[q.ID] = rapid.SampledFrom(q.Options).Draw(t, q.ID).Value
		}
		if q, more := s.Next(a); more {
			t.Fatalf("%s is asked for ever", q.ID)
		}
		wanted := s.Wanted(a)
		for _, m := range s.Materials {
			if len(m.When) == 0 && !slices.ContainsFunc(wanted, func(w catalog.Material) bool { return w.ID == m.ID }) {
				t.Fatalf("%s is not wanted for %v", m.ID, a)
			}
		}
	})
}

func TestSearch(t *testing.T) {
	all := services(t)
	for typed, want := range map[string]string{
		"居住证": "residence-permit", "jzz": "residence-permit", "juzhuzheng": "residence-permit", "暂住证": "residence-permit",
		"开店": "sole-trader", "kd": "sole-trader", "低保": "social-aid", "marriage": "marriage-registration", "领证": "marriage-registration",
		"000131001001": "company-setup", "gjj": "fund-rent",
	} {
		found := catalog.Search(all, typed)
		if len(found) == 0 || !slices.ContainsFunc(found[:min(3, len(found))], func(s catalog.Service) bool { return s.ID == want }) {
			t.Errorf("%q does not find %s among the first", typed, want)
		}
	}
	if n := len(catalog.Search(all, "")); n != len(all) {
		t.Errorf("nothing typed finds %d of %d", n, len(all))
	}
	if n := len(catalog.Search(all, "qqqqqq")); n != 0 {
		t.Errorf("nonsense finds %d", n)
	}
	if e, ok := catalog.EventOf("nothing"); ok {
		t.Errorf("%v", e)
	}
}

func TestServiceKeepsItsShape(t *testing.T) {
	for _, s := range services(t) {
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := catalog.Parse(raw); err != nil {
			t.Errorf("%s after a round: %v", s.ID, err)
		}
	}
}
