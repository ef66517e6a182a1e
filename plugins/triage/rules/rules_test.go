package rules

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestExamples(t *testing.T) {
	all, err := Examples()
	if err != nil {
		t.Fatal(err)
	}
	r := Default()
	for _, e := range all {
		if problem := r.Try(e); problem != "" {
			t.Error(problem)
		}
	}
}

// TestChart holds Score2 against the chart of the Royal College of Physicians, at
// both ends of every band.
func TestChart(t *testing.T) {
	for _, c := range []struct {
		v    Vitals
		want int
	}{
		{Vitals{Respiration: 8}, 3}, {Vitals{Respiration: 9}, 1}, {Vitals{Respiration: 11}, 1}, {Vitals{Respiration: 12}, 0},
		{Vitals{Respiration: 20}, 0}, {Vitals{Respiration: 21}, 2}, {Vitals{Respiration: 24}, 2}, {Vitals{Respiration: 25}, 3},
		{Vitals{SpO2: 91}, 3}, {Vitals{SpO2: 92}, 2}, {Vitals{SpO2: 93}, 2}, {Vitals{SpO2: 94}, 1}, {Vitals{SpO2: 95}, 1}, {Vitals{SpO2: 96}, 0},
		{Vitals{SpO2: 96, Oxygen: true}, 2},
		{Vitals{SpO2: 83, Hypercapnic: true}, 3}, {Vitals{SpO2: 84, Hypercapnic: true}, 2}, {Vitals{SpO2: 86, Hypercapnic: true}, 1},
		{Vitals{SpO2: 88, Hypercapnic: true}, 0}, {Vitals{SpO2: 97, Hypercapnic: true}, 0},
		{Vitals{SpO2: 93, Hypercapnic: true, Oxygen: true}, 3}, {Vitals{SpO2: 95, Hypercapnic: true, Oxygen: true}, 4},
		{Vitals{SpO2: 97, Hypercapnic: true, Oxygen: true}, 5},
		{Vitals{Systolic: 90}, 3}, {Vitals{Systolic: 91}, 2}, {Vitals{Systolic: 100}, 2}, {Vitals{Systolic: 101}, 1}, {Vitals{Systolic: 110}, 1},
		{Vitals{Systolic: 111}, 0}, {Vitals{Systolic: 219}, 0}, {Vitals{Systolic: 220}, 3},
		{Vitals{Pulse: 40}, 3}, {Vitals{Pulse: 41}, 1}, {Vitals{Pulse: 50}, 1}, {Vitals{Pulse: 51}, 0}, {Vitals{Pulse: 90}, 0}, {Vitals{Pulse: 91}, 1},
		{Vitals{Pulse: 110}, 1}, {Vitals{Pulse: 111}, 2}, {Vitals{Pulse: 130}, 2}, {Vitals{Pulse: 131}, 3},
		{Vitals{Mind: Alert}, 0}, {Vitals{Mind: Confused}, 3}, {Vitals{Mind: Unresponsive}, 3},
		{Vitals{Temperature: 35}, 3}, {Vitals{Temperature: 35.1}, 1}, {Vitals{Temperature: 36}, 1}, {Vitals{Temperature: 36.1}, 0},
		{Vitals{Temperature: 38}, 0}, {Vitals{Temperature: 38.1}, 1}, {Vitals{Temperature: 39}, 1}, {Vitals{Temperature: 39.1}, 2},
	} {
		if got := Score2(c.v).Score; got != c.want {
			t.Errorf("%+v: %d, the chart says %d", c.v, got, c.want)
		}
	}
	all := Score2(Vitals{Temperature: 38.5, Pulse: 115, Respiration: 22, Systolic: 95, SpO2: 93, Oxygen: true, Mind: Alert})
	if all != (NEWS2{Score: 11, Highest: 2}) {
		t.Errorf("all together: %+v", all)
	}
}

func TestChildrenHaveTheirOwnLimits(t *testing.T) {
	r := Default()
	fast := Vitals{Temperature: 36.8, Pulse: 140, Systolic: 95}
	if a := r.Assess(Case{AgeMonths: 12, Complaint: "skin", Vitals: fast}); a.Level != LessUrgent || a.NEWS2 != nil {
		t.Errorf("a pulse of 140 at one year: %v, %+v", a.Level, a.Reasons)
	}
	if a := r.Assess(Case{AgeMonths: 40 * 12, Complaint: "skin", Vitals: fast}); a.Level > Emergency {
		t.Errorf("a pulse of 140 at forty years: %v", a.Level)
	}
}

func TestMoreSevereLegWins(t *testing.T) {
	r := Default()
	good := Vitals{Temperature: 36.6, Pulse: 72, Systolic: 120, Respiration: 14, SpO2: 99, Mind: Alert}
	said := r.Assess(Case{AgeMonths: 600, Flags: []string{"chest-pain"}, Complaint: "heart", Vitals: good})
	if said.Level != Emergency || said.Reasons[0].Leg != LegSaid || said.Department != "resus" {
		t.Errorf("chest pain with good signs: %+v", said)
	}
	// Each sign alone is level III, together they are more.
	sum := r.Assess(Case{AgeMonths: 600, Complaint: "cough", Vitals: Vitals{Temperature: 38.2, Pulse: 105, Systolic: 108, Respiration: 22, SpO2: 95, Mind: Alert}})
	if sum.Level != Emergency || sum.Reasons[0].Leg != LegNEWS2 || sum.NEWS2.Score != 6 {
		t.Errorf("many signs a little off: %+v", sum)
	}
}

func TestQuestionsCount(t *testing.T) {
	r := Default()
	good := Vitals{Temperature: 36.6, Pulse: 72, Systolic: 120}
	for _, c := range r.Complaints {
		for _, q := range c.Questions {
			for _, o := range q.Options {
				a := r.Assess(Case{AgeMonths: 600, Complaint: c.ID, Answers: map[string]string{q.ID: o.Value}, Vitals: good})
				if o.Level > 0 && a.Level > o.Level {
					t.Errorf("%s/%s=%s: level %v", c.ID, q.ID, o.Value, a.Level)
				}
			}
		}
	}
}

func TestDenied(t *testing.T) {
	for text, want := range map[string]bool{
		"chest pain since noon":                            true,
		"no chest pain":                                    false,
		"Denies any chest pain.":                           false,
		"denies fever, cough or chest pain":                false,
		"no fever. chest pain since noon":                  true,
		"no relief of chest pain":                          true,
		"no fever but chest pain":                          true,
		"denies fever; has chest pain":                     true,
		"without chest pain":                               false,
		"no longer able to walk because of his chest pain": true,
		"胸痛半小时":                                            true,
		"没有胸痛":                                             false,
		"否认胸痛":                                             false,
		"没有发热,胸痛半小时":                                       true,
	} {
		got := newWords(text).hold(Words{ZH: []string{"胸痛"}, EN: []string{"chest pain"}})
		if got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if newWords("fear of heights").hold(Words{EN: []string{"ear"}}) {
		t.Error("the ear is found in fear")
	}
}

func TestReadVitals(t *testing.T) {
	for text, want := range map[string]Vitals{
		"BP 92/60, HR 121, RR 28, SpO2 88% on room air, T 38.6": {Systolic: 92, Diastolic: 60, Pulse: 121, Respiration: 28, SpO2: 88, Temperature: 38.6},
		"temperature of 103.1 F, heart rate is 130, blood pressure 86/50, respiratory rate of 24, oxygen saturation 94 %": {
			Systolic: 86, Diastolic: 50, Pulse: 130, Respiration: 24, SpO2: 94, Temperature: 39.5},
		"体温 39.2 度,脉搏 110 次,血压 135/85,血氧 96%": {Temperature: 39.2, Pulse: 110, Systolic: 135, Diastolic: 85, SpO2: 96},
		"nothing measured at 14:30, room 220": {},
	} {
		got := ReadVitals(text)
		got.Temperature = math.Round(got.Temperature*10) / 10
		if got != want {
			t.Errorf("%q:\n got %+v\nwant %+v", text, got, want)
		}
	}
}

// TestNeverLower: whatever more is known of a case, it does not become less urgent;
// and a danger that was said is never below its own level.
func TestNeverLower(t *testing.T) {
	r := Default()
	var flags []string
	for _, f := range r.RedFlags {
		flags = append(flags, f.ID)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := Case{
			AgeMonths: rapid.IntRange(-1, 100*12).Draw(t, "age"),
			Complaint: rapid.SampledFrom(append([]string{""}, complaintIDs(r)...)).Draw(t, "complaint"),
			Pain:      rapid.IntRange(0, 10).Draw(t, "pain"),
			Vitals: Vitals{
				Temperature: rapid.Float64Range(30, 43).Draw(t, "temperature"), Pulse: rapid.Float64Range(20, 220).Draw(t, "pulse"),
				Systolic: rapid.Float64Range(50, 240).Draw(t, "systolic"), SpO2: rapid.Float64Range(60, 100).Draw(t, "spo2"),
			},
		}
		before := r.Assess(c)
		more := c
		more.Flags = []string{rapid.SampledFrom(flags).Draw(t, "flag")}
		after := r.Assess(more)
		f, _ := r.Flag(more.Flags[0])
		if after.Level > before.Level || after.Level > f.Level {
			t.Fatalf("with %s: %v, before %v", f.ID, after.Level, before.Level)
		}
		if after.Level <= Emergency && !after.CallsNurse() {
			t.Fatal("no nurse is called")
		}
		if len(after.Reasons) == 0 || after.Department == "" || after.DepartmentReason.IsZero() {
			t.Fatalf("without a reason: %+v", after)
		}
	})
}

func complaintIDs(r *Rules) (all []string) {
	for _, c := range r.Complaints {
		all = append(all, c.ID)
	}
	return all
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	var rules map[string]any
	if err := json.Unmarshal(builtIn, &rules); err != nil {
		t.Fatal(err)
	}
	change := func(f func(map[string]any)) string {
		b, _ := json.Marshal(rules)
		var copied map[string]any
		_ = json.Unmarshal(b, &copied)
		f(copied)
		b, _ = json.Marshal(copied)
		_, err := Parse(b)
		if err == nil {
			return ""
		}
		return err.Error()
	}
	flag := func(m map[string]any) map[string]any { return m["red_flags"].([]any)[0].(map[string]any) }
	for want, f := range map[string]func(map[string]any){
		"level is 1 to 4, not 7":                    func(m map[string]any) { flag(m)["level"] = 7 },
		`source "hearsay" is not among the sources`: func(m map[string]any) { flag(m)["source"] = "hearsay" },
		`department "cellar" is not among`:          func(m map[string]any) { flag(m)["department"] = "cellar" },
		"a wording in both languages is needed":     func(m map[string]any) { flag(m)["ask"] = map[string]any{"zh": "好"} },
		`red flag "airway" appears twice`:           func(m map[string]any) { flag(m)["id"] = "airway" },
		"version is missing":                        func(m map[string]any) { m["version"] = "" },
		`unknown field "colour"`:                    func(m map[string]any) { m["colour"] = "red" },
		"level 4 is missing":                        func(m map[string]any) { m["levels"] = m["levels"].([]any)[:3] },
		"other: what fits nothing is level 3":       func(m map[string]any) { m["other"].(map[string]any)["level"] = 4 },
		"vital limit pulse-1: below or above": func(m map[string]any) {
			v := m["vital_limits"].([]any)[0].(map[string]any)
			delete(v, "below")
			delete(v, "above")
		},
		"pain: the highest score comes first": func(m map[string]any) { p := m["pain"].([]any); slices.Reverse(p) },
		"words in both languages are needed":  func(m map[string]any) { flag(m)["words"] = map[string]any{"zh": []any{"x"}} },
	} {
		if got := change(f); !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if got := change(func(map[string]any) {}); got != "" {
		t.Errorf("unchanged rules: %s", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("no chest pain, 胸痛 BP 120/80")
	f.Add("没有\u3001否认,, with but denies or")
	r := Default()
	f.Fuzz(func(t *testing.T, s string) {
		a := r.Assess(Case{AgeMonths: AgeUnknown, Text: s, Vitals: ReadVitals(s)})
		if a.Level < Critical || a.Level > LessUrgent || a.Department == "" {
			t.Fatalf("%+v", a)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version":"1"}`))
	f.Add(builtIn)
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := Parse(b); err == nil {
			r.Assess(Case{Text: "chest pain"})
		}
	})
}

func BenchmarkAssess(b *testing.B) {
	r := Default()
	all, err := Examples()
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		r.Assess(all[i%len(all)].Case)
	}
}

func TestRead(t *testing.T) {
	for text, want := range map[string]Case{
		"A 48-year-old woman with chest pain":       {AgeMonths: 48 * 12, Sex: Female},
		"18 month old boy, fever":                   {AgeMonths: 18, Sex: Male},
		"6-week-old, her mother says he feeds less": {AgeMonths: 1, Sex: Female},
		"29 岁女性,怀孕 8 周,腹痛":                          {AgeMonths: 29 * 12, Sex: Female, Pregnant: true},
		"She is not pregnant, 31 years old":         {AgeMonths: 31 * 12, Sex: Female},
		"nothing said":                              {AgeMonths: AgeUnknown},
	} {
		got := Read(text)
		if got.AgeMonths != want.AgeMonths || got.Sex != want.Sex || got.Pregnant != want.Pregnant {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
