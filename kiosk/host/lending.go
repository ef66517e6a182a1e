package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/luohu/ting/kiosk"
)

// Limits of what a module may hand to the services.
const (
	MaxRecordBytes = 64 << 10 // of a record's JSON
	maxKeyBytes    = 256      // of an aggregate key, a feed's key, a person's ID
	maxRows        = 500      // of one List
)

// guard calls f and turns a panic into an error, at the boundary of the visit.
func guard(s *Session, op string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.Log.Error("a service panicked", "op", op, "module", s.Manifest.ID, "cause", r, "stack", string(debug.Stack()))
			err = &kiosk.Error{Code: kiosk.CodeInternal, Op: op, Cause: fmt.Errorf("panic: %v", r)}
		}
	}()
	return f()
}

// lend makes one call of a service: allowed, bounded by the visit, guarded.
func lend[T any](ctx context.Context, s *Session, op string, p kiosk.Permission, f func(context.Context) (T, error)) (T, error) {
	var none, v T
	if err := s.ended(ctx); err != nil {
		return none, err
	}
	if err := s.allow(op, p); err != nil {
		return none, err
	}
	ctx, stop := s.during(ctx)
	defer stop()
	err := guard(s, op, func() (err error) {
		v, err = f(ctx)
		return err
	})
	if err == nil {
		return v, nil
	}
	if ended := s.ctx.Err(); ended != nil {
		return none, ended
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return none, err
	}
	if code := kiosk.CodeOf(err); code == kiosk.CodeInternal {
		s.Log.Error("a service failed", "op", op, "code", code, "module", s.Manifest.ID, "cause", err)
	}
	return none, err
}

// during is ctx until the visit ends.
func (s *Session) during(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

func missing(op, what string) error {
	return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: op, Hint: "this terminal has no " + what}
}

func invalid(op, format string, a ...any) error {
	return &kiosk.Error{Code: kiosk.CodeInvalid, Op: op, Cause: fmt.Errorf(format, a...)}
}

// Now implements kiosk.Session.
func (s *Session) Now() time.Time { return s.Clock.Now() }

// Identify implements kiosk.Session.
func (s *Session) Identify(ctx context.Context, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	const op = "identify"
	return lend(ctx, s, op, kiosk.PermIdentify, func(ctx context.Context) (kiosk.Person, error) {
		ways, err := s.allowed(op, r.Ways)
		if err != nil {
			return kiosk.Person{}, err
		}
		r.Ways = ways
		if s.Services.Identity == nil {
			return kiosk.Person{}, missing(op, "identity service")
		}
		who, err := s.Services.Identity.Identify(ctx, s.Visit(), s, r)
		if err == nil {
			s.StillHere() // by face or card nothing was touched
		}
		return who, err
	})
}

// Watch implements kiosk.Session.
func (s *Session) Watch(ctx context.Context, r kiosk.WatchRequest) (kiosk.Sightings, error) {
	const op = "watch"
	if err := s.ended(ctx); err != nil {
		return nil, err
	}
	if err := s.allow(op, kiosk.PermWatch); err != nil {
		return nil, err
	}
	if s.Services.Identity == nil {
		return nil, missing(op, "identity service")
	}
	if len(s.Ways) > 0 { // others stand on the module's own page: the camera need not be left with one
		if len(r.Ways) == 0 {
			r.Ways = kiosk.EveryWay()
		}
		r.Ways = slices.DeleteFunc(slices.Clone(r.Ways), func(w kiosk.Way) bool { return !slices.Contains(s.Ways, w) })
		if len(r.Ways) == 0 {
			return nil, &kiosk.Error{Code: kiosk.CodeDenied, Op: op, Hint: "the site allows none of the ways that are watched"}
		}
	}
	ctx, stop := s.during(ctx)
	w := &watch{session: s, stop: sync.OnceFunc(stop)}
	err := guard(s, op, func() (err error) {
		w.Sightings, err = s.Services.Identity.Watch(ctx, s.Visit(), r)
		return err
	})
	if err != nil {
		w.stop()
		return nil, err
	}
	return w, nil
}

// watch ends with its visit, and survives a panic of the service.
type watch struct {
	kiosk.Sightings
	session *Session
	stop    func()
}

func (w *watch) Next() (sg kiosk.Sighting, err error) {
	err = guard(w.session, "watch", func() (err error) {
		sg, err = w.Sightings.Next()
		return err
	})
	if err != nil && w.session.ctx.Err() != nil {
		err = w.session.ctx.Err()
	}
	return sg, err
}

func (w *watch) Close() error {
	defer w.stop()
	return w.Sightings.Close()
}

// Enrol implements kiosk.Session.
func (s *Session) Enrol(ctx context.Context, r kiosk.EnrolRequest) (kiosk.Enrolment, error) {
	const op = "enrol"
	return lend(ctx, s, op, kiosk.PermEnrol, func(ctx context.Context) (kiosk.Enrolment, error) {
		if s.Services.Identity == nil {
			return kiosk.Enrolment{}, missing(op, "identity service")
		}
		return s.Services.Identity.Enrol(ctx, s.Visit(), s, r)
	})
}

// Forget implements kiosk.Session.
func (s *Session) Forget(ctx context.Context, person string, purposes ...string) error {
	const op = "forget"
	_, err := lend(ctx, s, op, kiosk.PermEnrol, func(ctx context.Context) (struct{}, error) {
		if !validKey(person) {
			return struct{}{}, invalid(op, "a person's ID of 1 to %d bytes is needed", maxKeyBytes)
		}
		if s.Services.Identity == nil {
			return struct{}{}, missing(op, "identity service")
		}
		return struct{}{}, s.Services.Identity.Forget(ctx, s.Visit(), person, purposes)
	})
	return err
}

// Record implements kiosk.Session. The kind must be declared, and belong to the module.
func (s *Session) Record(ctx context.Context, r kiosk.Record) (kiosk.Receipt, error) {
	asked := r.RecordKind()
	op := "record " + asked.Name
	return lend(ctx, s, op, kiosk.PermRecord, func(ctx context.Context) (kiosk.Receipt, error) {
		i := slices.IndexFunc(s.Manifest.Records, func(k kiosk.RecordKind) bool {
			return k.Name == asked.Name && k.Version == asked.Version
		})
		if i < 0 || !strings.HasPrefix(asked.Name, s.Manifest.ID+".") {
			return kiosk.Receipt{}, s.refuse(op, kiosk.PermRecord,
				fmt.Sprintf("the manifest of %q does not declare %s version %d", s.Manifest.ID, asked.Name, asked.Version))
		}
		key := r.AggregateKey()
		if !validKey(key) {
			return kiosk.Receipt{}, invalid(op, "an aggregate key of 1 to %d bytes is needed", maxKeyBytes)
		}
		body, err := json.Marshal(r)
		if err != nil {
			return kiosk.Receipt{}, invalid(op, "not JSON: %w", err)
		}
		if len(body) > MaxRecordBytes || len(body) == 0 || body[0] != '{' {
			return kiosk.Receipt{}, invalid(op, "a JSON object of at most %d bytes is needed, not %d bytes", MaxRecordBytes, len(body))
		}
		if s.Services.Recorder == nil {
			return kiosk.Receipt{}, missing(op, "journal")
		}
		return s.Services.Recorder.Append(ctx, s.Manifest.Records[i], key, body)
	})
}

func validKey(k string) bool { return k != "" && len(k) <= maxKeyBytes && utf8.ValidString(k) }

// Lookup implements kiosk.Session.
func (s *Session) Lookup(ctx context.Context, feed, key string) (kiosk.Row, error) {
	op := "lookup " + feed
	return lend(ctx, s, op, kiosk.PermFeeds, func(ctx context.Context) (kiosk.Row, error) {
		if err := s.feed(op, feed); err != nil {
			return kiosk.Row{}, err
		}
		if !validKey(key) {
			return kiosk.Row{}, invalid(op, "a key of 1 to %d bytes is needed", maxKeyBytes)
		}
		return s.Services.Feeds.Lookup(ctx, feed, key)
	})
}

// List implements kiosk.Session.
func (s *Session) List(ctx context.Context, r kiosk.ListRequest) ([]kiosk.Row, error) {
	op := "list " + r.Feed
	return lend(ctx, s, op, kiosk.PermFeeds, func(ctx context.Context) ([]kiosk.Row, error) {
		if err := s.feed(op, r.Feed); err != nil {
			return nil, err
		}
		if r.Limit < 0 || len(r.After) > maxKeyBytes {
			return nil, invalid(op, "limit or key out of range")
		}
		if r.Limit == 0 || r.Limit > maxRows {
			r.Limit = maxRows
		}
		return s.Services.Feeds.List(ctx, r)
	})
}

// feed refuses a feed that the manifest does not name.
func (s *Session) feed(op, name string) error {
	if !slices.Contains(s.Manifest.Feeds, name) {
		return s.refuse(op, kiosk.PermFeeds, fmt.Sprintf("the manifest of %q does not name the feed %q", s.Manifest.ID, name))
	}
	if s.Services.Feeds == nil {
		return missing(op, "feeds")
	}
	return nil
}

// OpenBarrier implements kiosk.Session.
func (s *Session) OpenBarrier(ctx context.Context) error {
	const op = "open barrier"
	_, err := lend(ctx, s, op, kiosk.PermBarrier, func(ctx context.Context) (struct{}, error) {
		if s.Services.Barriers == nil {
			return struct{}{}, missing(op, "barrier")
		}
		return struct{}{}, s.Services.Barriers.Open(ctx, s.Visit().Lane)
	})
	return err
}
