package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/devices/face/photo"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/identity/gallery"
	"github.com/luohu/ting/kiosk/identity/roster"
	"github.com/luohu/ting/sync/feed"
	"github.com/luohu/ting/sync/journal"
)

// errRefused says that somebody on the roster was not enrolled; who and why is in the
// report.
var errRefused = errors.New("some people were not enrolled: see the report")

// identityEnrol enrols the people of a roster from a folder of photographs. Nothing of
// the photographs is kept. Who is enrolled already, under the same consent, is passed
// over, so that the command can be run again after whatever stopped it.
func identityEnrol(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := identityFlags("enrol", stderr)
	config := fs.String("config", "terminal.toml", "the terminal's configuration `file`")
	list := fs.String("roster", "", "`file` of people and consents: CSV with a header, UTF-8 or GB18030")
	report := fs.String("report", "enrolment-report.csv", "`file` for what became of everybody, as CSV")
	purposes := fs.String("purposes", "gate", "what the consents cover, module `IDs` with commas, where the roster does not say")
	rest, err := parseAround(fs, args)
	if err != nil {
		return err
	}
	dir, err := alone(rest, fs)
	if err != nil {
		return err
	}
	if *list == "" {
		fmt.Fprintln(stderr, "ting identity enrol: -roster people.csv is needed: who is on the photographs, and what was agreed to")
		return errUsage
	}
	c, err := LoadConfig(*config)
	if err != nil {
		return err
	}
	time.Local = c.zone
	people, err := readRoster(*list, time.Now().In(c.zone))
	if err != nil {
		return err
	}
	for _, u := range people.Unknown {
		fmt.Fprintf(stderr, "column %q is not used\n", u)
	}
	photos, err := findPhotos(dir)
	if err != nil {
		return err
	}
	b, err := openBulk(ctx, c, stderr)
	if err != nil {
		return err
	}
	b.dir, b.photos, b.purposes = dir, photos, strings.FieldsFunc(*purposes, func(r rune) bool { return r == ',' || r == ' ' })
	outcomes, stopped := b.enrol(ctx, people.Rows, newProgress(stderr, max(1, len(people.Rows)), "people"))
	outcomes = append(outcomes, b.unused(people.Rows)...)
	err = errors.Join(stopped, b.close())
	if written := writeOutput(*report, func(w io.Writer) error { return writeReport(w, outcomes) }); written != nil {
		err = errors.Join(err, written)
	}
	tellOutcomes(stdout, outcomes, len(people.Rows))
	fmt.Fprintf(stdout, "report              %s\n", *report)
	if err == nil && slices.ContainsFunc(outcomes, outcome.refused) {
		err = errRefused
	}
	return err
}

func readRoster(path string, today time.Time) (*roster.List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := roster.Read(f, today)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(l.Rows) == 0 {
		return nil, fmt.Errorf("%s names nobody", path)
	}
	return l, nil
}

// stores are what a terminal keeps of people, open while it does not run.
type stores struct {
	identity *identity.Identity
	feeds    *feed.Cache
	closers  []func() error
}

// openStores opens what a running terminal has open: only one of the two can. change may
// give the identity more to work with.
func openStores(ctx context.Context, c *Config, stderr io.Writer, change ...func(*stores, *identity.Config) error) (s *stores, err error) {
	s = &stores{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	records, err := journal.Open(ctx, filepath.Join(c.Terminal.State, journalFile), journal.Options{Terminal: c.Terminal.ID, Log: log, Copy: c.Journal.Copy})
	if errors.Is(err, journal.ErrInUse) {
		return s, fmt.Errorf("the terminal is running: stop it, do this, and start it again: %w", err)
	}
	if err != nil {
		return s, err
	}
	s.closers = append(s.closers, records.Close)
	if s.feeds, err = feed.OpenCache(ctx, filepath.Join(c.Terminal.State, "feeds.db"), feed.CacheOptions{Site: c.Terminal.Site, Log: log}); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.feeds.Close)
	o := c.identity()
	o.Feeds, o.Limits, o.Log = s.feeds, decision.Defaults(), log
	o.Recorder = journal.Recorder{Journal: records}
	if c.Face.Threshold > 0 {
		o.Limits.Threshold = c.Face.Threshold
	}
	for _, f := range change {
		if err := f(s, &o); err != nil {
			return s, err
		}
	}
	if s.identity, err = identity.Open(ctx, o); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.identity.Close)
	for _, p := range s.identity.Problems() {
		if !errors.Is(p, gallery.ErrSetAside) {
			return s, p
		}
		fmt.Fprintln(stderr, p)
	}
	return s, nil
}

func (s *stores) close() (err error) {
	for _, c := range slices.Backward(s.closers) {
		err = errors.Join(err, c())
	}
	return err
}

// bulk is an enrolment of many.
type bulk struct {
	*stores
	engine *engine.Engine

	dir      string
	photos   map[string][]string // file names by the ID they are named after
	purposes []string
}

func openBulk(ctx context.Context, c *Config, stderr io.Writer) (*bulk, error) {
	b := &bulk{}
	var err error
	b.stores, err = openStores(ctx, c, stderr, func(s *stores, o *identity.Config) (err error) {
		program := c.Face.Engine
		if program == "" {
			if program, err = beside("ting-face"); err != nil {
				return err
			}
		}
		b.engine = engine.New(engine.Options{Command: []string{program}, Weights: c.Face.Weights, Landmarks: c.Face.Landmarks, RequestTimeout: time.Minute, Log: o.Log})
		s.closers = append(s.closers, b.engine.Close)
		o.Engine, o.Model = b.engine, func() string { return b.engine.Status().Model }
		return ready(ctx, b.engine)
	})
	return b, err
}

// enrol goes through the roster. It stops before its end only when going on makes no
// sense; those who come after are then told as not reached.
func (b *bulk) enrol(ctx context.Context, rows []roster.Row, bar *progress) (outcomes []outcome, stopped error) {
	defer bar.end()
	for i, r := range rows {
		o := outcome{Line: r.Line, ID: r.ID, Name: r.Name, Result: resultNotReached}
		if stopped == nil {
			o, stopped = b.one(ctx, r)
		}
		outcomes = append(outcomes, o)
		bar.tell(i + 1)
	}
	return outcomes, stopped
}

// one enrols one person, wholly or not at all.
func (b *bulk) one(ctx context.Context, r roster.Row) (o outcome, stop error) {
	o = outcome{Line: r.Line, ID: r.ID, Name: r.Name}
	refuse := func(why, detail string) (outcome, error) {
		o.Result, o.Why, o.Detail = resultRefused, why, detail
		return o, nil
	}
	if ctx.Err() != nil {
		o.Result = resultNotReached
		return o, ctx.Err()
	}
	if r.Refusal != "" {
		return refuse(string(r.Refusal), "")
	}
	who, why, err := b.who(ctx, r)
	if err != nil || why != "" {
		o.Result, o.Why = resultRefused, why
		return o, err
	}
	o.Name = who.Name
	consent := kiosk.Consent{TextVersion: r.Version, GivenBy: "self", Way: "paper", Time: r.Consented.Time}
	if r.Guardian != "" {
		consent.GivenBy = r.Guardian + "(" + r.Relation + ")"
	}
	if old, enrolled := b.identity.EnrolledUnder(who.ID); enrolled && !old.Time.Before(consent.Time) {
		o.Result = resultAlready
		return o, nil
	}
	frames, why, detail := b.frames(r)
	if why != "" {
		return refuse(why, detail)
	}
	purposes := r.Purposes
	if len(purposes) == 0 {
		purposes = b.purposes
	}
	purposes = append(slices.Clone(purposes), kiosk.PurposeEnrolment)
	lacks, err := b.portraits(ctx, who, frames, consent, purposes)
	for i, l := range lacks {
		if l != "" {
			o.Detail = strings.TrimSpace(fmt.Sprintf("%s %s: %s", o.Detail, b.names(r)[i], reasonText(string(l))))
		}
	}
	var lack identity.Lack
	switch {
	case err == nil:
		o.Result = resultEnrolled
		return o, nil
	case ctx.Err() != nil:
		o.Result = resultNotReached
		return o, ctx.Err()
	case kiosk.CodeOf(err) == kiosk.CodeDiskFull:
		o.Result = resultNotReached
		return o, fmt.Errorf("the disk is full: make room on the volume of the state directory and run the same command again; who is enrolled already stays so: %w", err)
	case errors.Is(err, identity.ErrDuplicate):
		return refuse(whyDuplicateFace, o.Detail)
	case errors.As(err, &lack):
		return refuse(string(lack), o.Detail)
	}
	o.Result = resultNotReached
	return o, fmt.Errorf("line %d: %w", r.Line, err)
}

// portraits enrols, again when the engine is starting anew.
func (b *bulk) portraits(ctx context.Context, who kiosk.Person, frames []*camera.Frame, c kiosk.Consent, purposes []string) (lacks []identity.Lack, err error) {
	for range 3 {
		if _, lacks, err = b.identity.EnrolPortraits(ctx, who, frames, c, purposes); !errors.Is(err, face.ErrRestarting) {
			return lacks, err
		}
		if err := ready(ctx, b.engine); err != nil {
			return nil, err
		}
	}
	return lacks, err
}

// who is the person of a row, as the center's register knows him. Where the register
// has never come down the roster is believed.
func (b *bulk) who(ctx context.Context, r roster.Row) (who kiosk.Person, why string, err error) {
	revoked, err := lookup[kiosk.RevocationRow](ctx, b.feeds, kiosk.FeedRevocations, r.ID)
	if err != nil {
		return who, "", err
	}
	// Dates have no hour: a withdrawal on the day of the consent wins.
	if revoked != nil && !revoked.Time.Before(r.Consented.Time) {
		return who, whyWithdrawn, nil
	}
	row, err := lookup[kiosk.PersonRow](ctx, b.feeds, kiosk.FeedPeople, r.ID)
	if err != nil {
		return who, "", err
	}
	if row != nil {
		return kiosk.Person{ID: row.ID, Name: row.Name, Group: row.Group, Role: row.Role}, "", nil
	}
	any, err := b.feeds.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedPeople, Limit: 1})
	switch {
	case err != nil:
		return who, "", err
	case len(any) > 0:
		return who, whyUnknownID, nil
	case r.Name == "":
		return who, whyNoName, nil
	}
	return kiosk.Person{ID: r.ID, Name: r.Name, Group: r.Group, Role: r.Role}, "", nil
}

// frames reads the photographs of a row.
func (b *bulk) frames(r roster.Row) (frames []*camera.Frame, why, detail string) {
	names := b.names(r)
	if len(names) == 0 {
		return nil, whyNoPhoto, ""
	}
	for _, n := range names {
		f, err := photo.Open(filepath.Join(b.dir, filepath.FromSlash(n)))
		switch {
		case err == nil:
			frames = append(frames, f)
			continue
		case errors.Is(err, os.ErrNotExist):
			why = whyNoPhoto
		case errors.Is(err, photo.ErrTooLarge):
			why = whyTooLarge
		case errors.Is(err, photo.ErrNotPicture):
			why = whyNotPicture
		default:
			why = whyUnreadable
		}
		return nil, why, n
	}
	return frames, "", ""
}
