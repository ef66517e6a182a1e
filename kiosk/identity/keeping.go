package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/receipt"
	"github.com/luohu/ting/kiosk/identity/retention"
	"github.com/luohu/ting/kiosk/view"
)

const keepingFile = "keeping.json"

// PolicyRetention begins the keys of the policy feed's rows that are retention rules
// (retention.Rule), one for each purpose.
const PolicyRetention = "retention/"

// keeping remembers what retention goes by: the clock's mark, and by the ID of each
// template the last day of use for each purpose and the first day on which its person
// was missing from the register. It names nobody.
type keeping struct {
	path  string
	clock *retention.Clock

	mu    sync.Mutex
	doc   keepingDoc
	dirty bool
}

type keepingDoc struct {
	Mark time.Time                    `json:"mark"`
	Used map[string]map[string]string `json:"used"` // template, purpose, day
	Left map[string]string            `json:"left"` // template, day
}

// openKeeping reads the file. Where it is damaged every template counts as used on the
// day on which that is found, and the clock as never marked.
func openKeeping(path string, now func() time.Time) *keeping {
	k := &keeping{path: path}
	if b, err := os.ReadFile(path); err != nil || json.Unmarshal(b, &k.doc) != nil {
		k.doc = keepingDoc{}
	}
	if k.doc.Used == nil {
		k.doc.Used = map[string]map[string]string{}
	}
	if k.doc.Left == nil {
		k.doc.Left = map[string]string{}
	}
	k.clock = retention.NewClock(k.doc.Mark, now, nil)
	return k
}

// save writes what has changed. A power cut loses the uses of a minute.
func (k *keeping) save() error {
	now, _ := k.clock.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.dirty && now.Sub(k.doc.Mark) < time.Hour {
		return nil
	}
	k.doc.Mark = now
	b, err := json.Marshal(k.doc)
	if err == nil {
		err = writeFile(k.path, b)
	}
	k.dirty = k.dirty && err != nil
	return err
}

// used notes that a template served a purpose today.
func (i *Identity) used(person, purpose string) {
	if i.gallery == nil || purpose == "" {
		return
	}
	e, ok := i.gallery.Entry(person)
	if !ok {
		return
	}
	now, _ := i.keeping.clock.Now()
	today := now.Format(time.DateOnly)
	k := i.keeping
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.doc.Used[e.Template] == nil {
		k.doc.Used[e.Template] = map[string]string{}
	}
	if k.doc.Used[e.Template][purpose] < today {
		k.doc.Used[e.Template][purpose] = today
		k.dirty = true
	}
}

// Kept is what retention makes of this terminal's templates.
type Kept struct {
	At        time.Time          `json:"at"`      // by retention's clock
	Doubted   bool               `json:"doubted"` // the machine's clock is too far ahead: nothing is deleted
	Rules     []retention.Rule   `json:"rules"`
	Templates int                `json:"templates"`
	Due       []retention.Expiry `json:"due"`    // over: deleted, or to be deleted in a dry run
	Coming    []retention.Expiry `json:"coming"` // over within 30 days
	Deleted   int                `json:"deleted"`
}

const comingDays = 30

// Retain carries the retention rules of the policy feed out: purposes whose time is over
// end, and a template that nothing else justifies is erased, with a receipt. In a dry
// run nothing changes. It looks at every template: call it every hour or so.
func (i *Identity) Retain(ctx context.Context, dry bool) (kept Kept, err error) {
	if i.gallery == nil {
		return kept, unavailable("retain", view.Text{}, "the gallery is not open", nil)
	}
	if kept.Rules, err = i.retentionRules(ctx); err != nil {
		return kept, err
	}
	kept.At, kept.Doubted = i.keeping.clock.Now()
	byTemplate := map[string]string{}
	var all []retention.Kept
	empty := i.people.empty(ctx)
	for _, e := range i.entries() {
		byTemplate[e.Template] = e.Person.ID
		all = append(all, i.kept(ctx, e.Person, e.Template, e.Purposes, e.Consent.Time, kept.At, empty))
	}
	kept.Templates = len(all)
	zone := kept.At.Location()
	kept.Due = retention.Due(all, kept.Rules, kept.At, zone, kiosk.PurposeEnrolment)
	for _, e := range retention.Due(all, kept.Rules, kept.At.AddDate(0, 0, comingDays), zone, kiosk.PurposeEnrolment) {
		if e.At.After(kept.At) {
			kept.Coming = append(kept.Coming, e)
		}
	}
	if dry {
		return kept, nil
	}
	var failed []error
	if !kept.Doubted {
		for _, e := range kept.Due {
			person := byTemplate[e.Template]
			if err := i.withdraw(ctx, person, []string{e.Purpose}, receipt.Retention); err != nil {
				failed = append(failed, err)
				continue
			}
			if !i.Has(person) {
				kept.Deleted++
			}
			i.log.Info("identity: the time of a template is over", "op", "retain", "template", e.Template, "purpose", e.Purpose, "ground", string(e.Ground))
		}
	}
	i.forgetUses()
	i.settle(ctx)
	return kept, errors.Join(append(failed, i.keeping.save())...)
}

// Tend saves what is remembered of uses, and tries again to record erasures that are
// owed. Call it every minute or so.
func (i *Identity) Tend(ctx context.Context) error {
	i.settle(ctx)
	return i.keeping.save()
}

// kept is a template as retention sees it. Who is missing from the register has left;
// while the register has never come, and for visitors, whom it may not know, nobody has.
func (i *Identity) kept(ctx context.Context, p kiosk.Person, template string, purposes []string, since, now time.Time, empty bool) retention.Kept {
	r := retention.Kept{Template: template, Purposes: purposes, Since: since, Used: map[string]time.Time{}}
	_, err := i.people.byID(ctx, p.ID)
	missing := kiosk.CodeOf(err) == kiosk.CodeNotFound && !empty && p.Role != RoleVisitor
	k := i.keeping
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.doc.Used[template] == nil {
		// Enrolled just now, or the file was lost: its time begins today.
		k.doc.Used[template], k.dirty = map[string]string{}, true
		for _, purpose := range purposes {
			k.doc.Used[template][purpose] = now.Format(time.DateOnly)
		}
	}
	for purpose, day := range k.doc.Used[template] {
		if at, err := time.ParseInLocation(time.DateOnly, day, now.Location()); err == nil {
			r.Used[purpose] = at
		}
	}
	day, known := k.doc.Left[template]
	switch {
	case missing && !known:
		day = now.Format(time.DateOnly)
		k.doc.Left[template], k.dirty = day, true
	case !missing && known && err == nil:
		delete(k.doc.Left, template)
		k.dirty, day = true, ""
	}
	if day != "" {
		if at, err := time.ParseInLocation(time.DateOnly, day, now.Location()); err == nil {
			r.Left = at
		}
	}
	return r
}

// forgetUses drops what is remembered of templates that are gone.
func (i *Identity) forgetUses() {
	here := map[string]bool{}
	for _, e := range i.entries() {
		here[e.Template] = true
	}
	k := i.keeping
	k.mu.Lock()
	defer k.mu.Unlock()
	for template := range k.doc.Used {
		if !here[template] {
			delete(k.doc.Used, template)
			k.dirty = true
		}
	}
	for template := range k.doc.Left {
		if !here[template] {
			delete(k.doc.Left, template)
			k.dirty = true
		}
	}
}

// retentionRules reads the rules that came down. One that cannot be read is an error: to
// go on without it could keep what has to go, or the reverse.
func (i *Identity) retentionRules(ctx context.Context) (rules []retention.Rule, err error) {
	if i.cfg.Feeds == nil {
		return nil, nil
	}
	for after := ""; ; {
		rows, err := i.cfg.Feeds.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPolicy, After: after})
		if err != nil || len(rows) == 0 {
			slices.SortFunc(rules, func(a, b retention.Rule) int { return strings.Compare(a.Purpose, b.Purpose) })
			return rules, err
		}
		for _, row := range rows {
			after = row.Key
			purpose, ok := strings.CutPrefix(row.Key, PolicyRetention)
			if !ok {
				continue
			}
			var r retention.Rule
			if err := json.Unmarshal(row.JSON, &r); err != nil {
				return nil, fmt.Errorf("the retention of %s cannot be read: %w", purpose, err)
			}
			r.Purpose = purpose
			if err := r.Check(); err != nil {
				return nil, err
			}
			rules = append(rules, r)
		}
	}
}

// BelieveClock takes the machine's time for retention's, after a person has looked.
func (i *Identity) BelieveClock() error {
	i.keeping.clock.Believe()
	i.keeping.mu.Lock()
	i.keeping.dirty = true
	i.keeping.mu.Unlock()
	return i.keeping.save()
}
