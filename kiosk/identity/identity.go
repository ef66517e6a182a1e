// Package identity knows who stands before a terminal. It implements
// host.Identity: the face, the card, the PIN and the staff's word.
//
// Its parts: gallery keeps the templates, decision makes verdicts of frames, pin
// checks PINs; this package joins them to a camera, the face engine, the people
// feed and the visitor's page.
//
// Guarantees:
//   - A face counts only as decision's rules say, and only with a consent that
//     covers the purpose at that very moment; a revocation beats everything else.
//   - Frames are analysed only while somebody watches, identifies himself or
//     enrols. A frame is forgotten once it is analysed.
//   - A camera or engine that goes away is a verdict, not an error, and comes back
//     by itself; a gallery that cannot be opened leaves the other ways standing.
//   - Logs and errors hold no name, no person's number and no template.
//
// Callers must call Close, must hand every change of the revocations feed to
// ApplyRevocations, and must not offer the face alone.
//
// Test with a scripted face.Engine and a camera that is a channel; see the tests.
package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/idcard"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity/calibration"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/identity/gallery"
	"github.com/luohu/ting/kiosk/identity/liveness"
	"github.com/luohu/ting/kiosk/identity/pass"
	"github.com/luohu/ting/kiosk/view"
)

// Frames is one reading of a camera, as devices/camera hands them out. A Frames
// that is an io.Closer too is closed when nobody looks any more.
type Frames interface {
	Next(ctx context.Context) (*camera.Frame, error)
}

// IDCards is a reader of identity cards, as devices/idcard has them.
type IDCards interface {
	Read(ctx context.Context) (idcard.Card, error)
}

// Codes is a scanner, as host.Scanner has it.
type Codes interface {
	Scan(ctx context.Context) (kiosk.ScannedCode, error)
}

// Config says what an Identity works with.
type Config struct {
	Dir      string // of its own, for the gallery; made with mode 0700
	Terminal string // IDs the gallery is bound to
	Site     string
	// Machine is what tells this machine from others, as /etc/machine-id does. The
	// gallery opens on no other; "" binds it to none yet.
	Machine string

	// Engine describes faces; nil leaves the face out of the ways.
	Engine face.Engine
	// Model names the weights the engine uses, once it is ready. Templates made
	// with others match nobody. Nil where weights never change.
	Model func() string
	// Cameras begins a reading of each camera by its name in terminal.toml; ""
	// is the terminal's own.
	Cameras map[string]func() Frames
	// Lanes names a lane's camera where it is not the terminal's own.
	Lanes map[string]string
	// IDCards reads resident identity cards; nil leaves them out of the ways.
	IDCards IDCards
	// Codes reads the codes held before the terminal's scanner, and Passes checks
	// those that are passes of phones; one of them nil leaves passes out of the ways.
	Codes  Codes
	Passes *pass.Verifier
	// PassPage is the center's page that makes passes, as in https://center/pass; the
	// challenge is appended as its query. "" shows phones the challenge alone.
	PassPage string
	// Feeds has the people and revocations feeds; nil for none.
	Feeds host.Feeds
	// Stale reports that what is known of withdrawn consents is too old to go by. The
	// face then lets nobody in, and the other ways do. It must return at once; nil is
	// never.
	Stale func() bool
	// Recorder takes the terminal's own records of templates stored and erased
	// (package receipt); nil is none.
	Recorder host.Recorder

	Liveness Liveness // zero checks nothing

	Limits decision.Limits  // zero is decision.Defaults()
	Now    func() time.Time // nil is time.Now
	Log    *slog.Logger     // nil is slog.Default
}

// Identity implements host.Identity. Make it with Open.
type Identity struct {
	cfg      Config
	log      *slog.Logger
	people   *people
	gallery  *gallery.Gallery // nil when it could not be opened
	problems []error
	watchers map[string]*watcher
	side     func() liveness.Side
	attempts *attempts
	cards    *cards
	revoked  *revocations
	receipts *receipts
	keeping  *keeping
	counter  *calibration.Counter
}

var _ host.Identity = (*Identity)(nil)

// Open opens the gallery and reads the revocations that are known. It fails
// only when cfg is wrong: trouble with the gallery is among Problems, and
// leaves every way but the face.
func Open(ctx context.Context, cfg Config) (*Identity, error) {
	if cfg.Dir == "" || cfg.Terminal == "" || cfg.Site == "" {
		return nil, errors.New("identity: a directory, a terminal and a site are needed")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Limits == (decision.Limits{}) {
		cfg.Limits = decision.Defaults()
	}
	i := &Identity{
		cfg:      cfg,
		log:      cfg.Log,
		people:   newPeople(cfg.Feeds, cfg.Now),
		watchers: map[string]*watcher{},
		side:     liveness.RandomSide,
		attempts: newAttempts(cfg.Now),
		revoked:  openRevocations(filepath.Join(cfg.Dir, revocationsFile)),
		receipts: openReceipts(filepath.Join(cfg.Dir, receiptsFile), cfg.Recorder, cfg.Now),
		counter:  calibration.NewCounter(cfg.Dir, cfg.Now),
	}
	g, problems, err := gallery.Open(cfg.gallery())
	i.gallery, i.problems = g, problems
	if err != nil {
		i.problems = append(i.problems, err)
	}
	for _, p := range i.problems {
		i.log.Error("identity: gallery", "op", "open gallery", "cause", p)
	}
	i.keeping = openKeeping(filepath.Join(cfg.Dir, keepingFile), cfg.Now)
	for name, source := range cfg.Cameras {
		i.watchers[name] = newWatcher(i, name, source)
	}
	if i.gallery != nil {
		if err := i.receipts.reconcile(ctx, i.entries()); err != nil {
			i.log.Error("identity: templates are not recorded yet", "op", "receipts", "code", kiosk.CodeOf(err), "cause", err)
		}
	}
	i.cards = newCards(i)
	if err := i.loadRevocations(ctx); err != nil {
		i.log.Error("identity: revocations not read", "op", "revocations", "code", kiosk.CodeOf(err), "cause", err)
		i.problems = append(i.problems, fmt.Errorf("revocations not read: %w", err))
	}
	return i, nil
}

// gallery is where the gallery lies, and what it is bound to.
func (c Config) gallery() (dir string, b gallery.Binding) {
	return filepath.Join(c.Dir, "gallery"), gallery.Binding{Terminal: c.Terminal, Site: c.Site, Machine: c.Machine}
}

// Rekey changes all keys and the site's secret of the gallery that cfg.Dir holds, and
// returns how many people it holds templates of. No Identity may have it open
// (gallery.ErrInUse). Nobody has to enrol again.
func Rekey(cfg Config) (people int, err error) {
	dir, binding := cfg.gallery()
	if _, err := os.Stat(dir); err != nil {
		return 0, fmt.Errorf("no face was ever enrolled here: %w", err)
	}
	g, problems, err := gallery.Open(dir, binding)
	if err != nil {
		return 0, errors.Join(err, errors.Join(problems...))
	}
	people, _ = g.Len()
	return people, errors.Join(g.Rekey(), g.Close(), errors.Join(problems...))
}

// Problems are what Open found wrong and went on without.
func (i *Identity) Problems() []error { return slices.Clone(i.problems) }

// Enrolled is the number of people with a template on this terminal.
func (i *Identity) Enrolled() int {
	if i.gallery == nil {
		return 0
	}
	n, _ := i.gallery.Len()
	return n
}

// Has reports whether a person has a template on this terminal.
func (i *Identity) Has(person string) bool {
	if i.gallery == nil {
		return false
	}
	_, ok := i.gallery.Entry(person)
	return ok
}

// PeopleChanged says that the people feed has changed.
func (i *Identity) PeopleChanged() { i.people.changed() }

// Close ends every watch and releases the gallery. It waits for both.
func (i *Identity) Close() error {
	var wg sync.WaitGroup
	for w := range maps.Values(i.watchers) {
		wg.Go(w.close)
	}
	i.cards.close()
	wg.Wait()
	err := errors.Join(i.counter.Save(), i.keeping.save())
	if i.gallery == nil {
		return err
	}
	return errors.Join(err, i.gallery.Close())
}

// watcherFor is the watcher of a visit's camera; nil when it has none.
func (i *Identity) watcherFor(v kiosk.Visit) *watcher {
	return i.watchers[i.cfg.Lanes[v.Lane]]
}

// canSee reports whether faces can be told apart here at all.
func (i *Identity) canSee(v kiosk.Visit) bool {
	return i.gallery != nil && i.cfg.Engine != nil && i.watcherFor(v) != nil && !i.outOfDate()
}

// outOfDate reports that nobody may be let in by his face: he may have withdrawn.
func (i *Identity) outOfDate() bool { return i.cfg.Stale != nil && i.cfg.Stale() }

// covers reports whether a person's consent covers a purpose now.
func (i *Identity) covers(purpose string) func(person string) bool {
	return func(person string) bool {
		return i.gallery != nil && !i.outOfDate() && i.gallery.Covers(person, purpose)
	}
}

// model names the weights in use.
func (i *Identity) model() string {
	if i.cfg.Model == nil {
		return ""
	}
	return i.cfg.Model()
}

// find is the member nearest to a descriptor, as long as his template was made
// with the weights in use.
func (i *Identity) find(d *face.Descriptor) (gallery.Match, bool) {
	m, ok := i.gallery.Find(d)
	if !ok || m.Model != i.model() {
		return gallery.Match{}, false
	}
	return m, true
}

// errGone is for a member of the gallery whom the site no longer has.
var errGone = errors.New("not in the people feed any more")

// person completes somebody recognised from the people feed. A visitor whom no
// feed knows yet has the name he enrolled with; so has everybody while the feed
// has never come.
func (i *Identity) person(ctx context.Context, id string) (kiosk.Person, error) {
	p, err := i.people.byID(ctx, id)
	if err == nil {
		return p, nil
	}
	if i.gallery == nil {
		return kiosk.Person{}, err
	}
	e, enrolled := i.gallery.Entry(id)
	if !enrolled {
		return kiosk.Person{}, err
	}
	if kiosk.CodeOf(err) == kiosk.CodeNotFound && e.Person.Role != RoleVisitor && !i.people.empty(ctx) {
		return kiosk.Person{}, errGone
	}
	return e.Person, nil
}

// The roles this package tells apart.
const (
	RoleStaff   = "staff"
	RoleVisitor = "visitor"
	// RoleCitizen is who shows an identity card that the site does not know, where a
	// service asks for citizens.
	RoleCitizen = "citizen"
)

func unavailable(op string, visitor view.Text, hint string, cause error) error {
	return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: op, Visitor: visitor, Hint: hint, Cause: cause}
}
