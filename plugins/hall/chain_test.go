package hall

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	zone    = time.FixedZone("CST", 8*60*60)
	morning = time.Date(2026, 3, 2, 9, 0, 0, 0, zone)
)

func residence() Submitted {
	return Submitted{ID: "open", Case: "260302-2222-2222", Service: "residence-permit", Applicant: Applicant{Name: "林知远"},
		Materials: []Handed{{Material: "lease", How: Photo}, {Material: "lodging", How: Later}}, Legal: 15, Promised: 5, At: morning}
}

// draft is a file as a clerk without a network sees it, and what he does with it.
type draft struct {
	file CaseFile
	made []Change
}

// act makes a random step that his state allows, and notes it.
func (d *draft) act(t *rapid.T, id, by string) {
	actions := append(d.file.Case.State.Actions(), Supplement, Withdraw, Keep)
	a := rapid.SampledFrom(actions).Draw(t, "action")
	ch := Change{Basis: d.file.Next(id), Action: a, By: by, Reason: "因为", At: morning.Add(time.Duration(len(id)) * time.Hour)}
	switch a {
	case Supplement:
		ch.By, ch.Materials = "", []Handed{{Material: "lodging", How: Photo, Pages: []string{id}}}
	case Withdraw:
		ch.By = ""
	case Correct:
		ch.Wanted = []string{"lodging"}
	}
	before := len(d.file.Case.History)
	d.file.Take(ch)
	if len(d.file.Case.History) == before {
		t.Logf("%s cannot be done in %s", a, d.file.Case.State)
		d.file.Chain.Disputed = nil // he was told so at once, and nothing was recorded
		return
	}
	d.made = append(d.made, ch)
}

func clone(t interface{ Fatal(...any) }, f CaseFile) (c CaseFile) {
	b, err := json.Marshal(f)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// arrive takes an opening and changes in, in the order given, as the center does:
// stored between any two.
func arrive(t interface{ Fatal(...any) }, open Submitted, at int, changes []Change) (f CaseFile) {
	for i := 0; i <= len(changes); i++ {
		if i == at {
			f.Open(open)
			f = clone(t, f)
		}
		if i < len(changes) {
			f.Take(changes[i])
			f = clone(t, f)
		}
	}
	return f
}

// checkNeverOverwritten: what was made is one chain, each change upon the one
// before it, and everything that arrived is in exactly one place.
func checkNeverOverwritten(t interface{ Fatalf(string, ...any) }, f CaseFile, changes []Change) {
	version, last := 1, f.Case.Submitted.ID
	for _, ch := range f.Case.History {
		if ch.Expected != version || ch.After != last {
			t.Fatalf("%s was made upon version %d after %s, it had seen %d after %s", ch.ID, version, last, ch.Expected, ch.After)
		}
		version, last = version+1, ch.ID
	}
	if version != f.Chain.Version || last != f.Chain.Last {
		t.Fatalf("the file says version %d after %s, its history ends with %d after %s", f.Chain.Version, f.Chain.Last, version, last)
	}
	places := map[string]int{}
	for _, ch := range f.Case.History {
		places[ch.ID]++
	}
	for _, ch := range f.Chain.Waiting {
		places[ch.ID]++
	}
	for _, d := range f.Chain.Disputed {
		places[d.Change.ID]++
	}
	for _, ch := range changes {
		if places[ch.ID] != 1 {
			t.Fatalf("%s is in %d places: made, waiting or before a person", ch.ID, places[ch.ID])
		}
	}
}

// TestApplicationIsNeverOverwritten: two clerks work on the same case, from the
// same version on, neither hearing of the other; their records arrive in any
// order, some of them twice. See SYNC: an application's change carries the version
// it expects, and a mismatch goes to a person.
func TestApplicationIsNeverOverwritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		common := draft{}
		common.file.Open(residence())
		for i := range rapid.IntRange(0, 3).Draw(t, "common") {
			common.act(t, fmt.Sprint("c", i), "T-1")
		}
		one := draft{file: clone(t, common.file)}
		two := draft{file: clone(t, common.file)}
		for i := range rapid.IntRange(0, 4).Draw(t, "one") {
			one.act(t, fmt.Sprint("a", i), "T-1")
		}
		for i := range rapid.IntRange(0, 4).Draw(t, "two") {
			two.act(t, fmt.Sprint("b", i), "T-2")
		}
		all := slices.Concat(common.made, one.made, two.made)
		order := rapid.Permutation(all).Draw(t, "order")
		if len(order) > 0 {
			order = append(order, order[rapid.IntRange(0, len(order)-1).Draw(t, "again")])
		}
		f := arrive(t, residence(), rapid.IntRange(0, len(order)).Draw(t, "opened"), order)
		checkNeverOverwritten(t, f, all)
		if len(f.Chain.Waiting) > 0 {
			t.Fatalf("everything has arrived, and %d still wait", len(f.Chain.Waiting))
		}
		// One of the two is taken wholly; of the other one nothing is.
		if n := len(one.made); n > 0 && len(two.made) > 0 {
			if len(f.Chain.Unsettled()) == 0 {
				t.Fatal("two changed the same version, and nobody is told")
			}
			made := map[byte]bool{}
			for _, ch := range f.Case.History {
				made[ch.ID[0]] = true
			}
			if made['a'] && made['b'] {
				t.Fatal("the steps of both clerks are mixed")
			}
		}
	})
}

// TestOneClerksStepsInAnyOrder: without a conflict, the order of arrival changes nothing.
func TestOneClerksStepsInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draft{}
		d.file.Open(residence())
		for i := range rapid.IntRange(0, 6).Draw(t, "steps") {
			d.act(t, fmt.Sprint("c", i), "T-1")
		}
		order := rapid.Permutation(d.made).Draw(t, "order")
		got := arrive(t, residence(), rapid.IntRange(0, len(order)).Draw(t, "opened"), order)
		if diff := cmp.Diff(clone(t, d.file).Case, got.Case); diff != "" {
			t.Fatalf("in the order %v:\n%s", order, diff)
		}
		if len(got.Chain.Disputed)+len(got.Chain.Waiting) > 0 {
			t.Fatalf("disputed %v, waiting %v", got.Chain.Disputed, got.Chain.Waiting)
		}
	})
}

func TestDisputeIsSettledByAPerson(t *testing.T) {
	var f CaseFile
	f.Open(residence())
	accept := Change{Basis: f.Next("1"), Action: Accept, By: "T-1", At: morning}
	refuse := Change{Basis: f.Next("2"), Action: Refuse, By: "T-2", Reason: "不符合条件", At: morning.Add(-time.Hour)}
	f.Take(accept)
	f.Take(refuse)
	f.Take(Change{Basis: Basis{ID: "3", Expected: 2, After: "2"}, Action: Keep, By: "T-2", Reason: "随后", At: morning})
	if f.Case.State != StateAccepted || len(f.Chain.Unsettled()) != 2 {
		t.Fatalf("%s, %d before a person: the earlier clock must not win, nor what builds on the refusal", f.Case.State, len(f.Chain.Unsettled()))
	}
	if !f.Progress().Disputed {
		t.Error("the applicant's page does not say that somebody looks at it")
	}
	f.Take(Change{Basis: f.Next("4"), Action: Keep, Resolves: "2", By: "T-3", Reason: "已核对,按受理处理", At: morning})
	f.Take(Change{Basis: f.Next("5"), Action: Keep, Resolves: "3", By: "T-3", Reason: "同上", At: morning})
	if len(f.Chain.Unsettled()) != 0 || f.Case.State != StateAccepted || f.Chain.Version != 4 {
		t.Errorf("%s, version %d, %d open", f.Case.State, f.Chain.Version, len(f.Chain.Unsettled()))
	}
	if f.Chain.Disputed[0].Resolved != "4" || len(f.Chain.Disputed) != 2 {
		t.Errorf("what was disputed is forgotten: %+v", f.Chain.Disputed)
	}
	if f.Progress().Reason != "" {
		t.Errorf("the applicant reads %q, which is the clerks' own", f.Progress().Reason)
	}
}

func TestSecondApplicationUnderANumber(t *testing.T) {
	var f CaseFile
	f.Open(residence())
	other := residence()
	other.ID, other.Applicant.Name = "other", "王某"
	f.Open(other)
	f.Open(other)
	f.Open(residence())
	if f.Case.Submitted.Applicant.Name != "林知远" || len(f.Duplicates) != 1 {
		t.Errorf("%s, %d others", f.Case.Submitted.Applicant.Name, len(f.Duplicates))
	}
}
