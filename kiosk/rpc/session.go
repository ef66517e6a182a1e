package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
	"github.com/luohu/ting/kiosk/view"
)

// session is kiosk.Session in the module's process: each method is a call to the
// terminal, whose connection turns errors into kiosk.Errors (callUnary).
type session struct {
	terminal pb.TerminalClient
	ctx      context.Context // the visit's
	visit    kiosk.Visit
	clock    atomic.Pointer[clock]
}

// clock is what the terminal's clock showed, and when by this process's own.
type clock struct{ shown, at time.Time }

var _ kiosk.Session = (*session)(nil)

func newSession(ctx context.Context, t pb.TerminalClient, v kiosk.Visit, now time.Time) *session {
	s := &session{terminal: t, ctx: ctx, visit: v}
	s.clock.Store(&clock{shown: now, at: time.Now()})
	return s
}

func (s *session) Visit() kiosk.Visit { return s.visit }

// Now asks the terminal. Without an answer it goes on from the last one: the
// visit is ending then, and its last lines must not read year one.
func (s *session) Now() time.Time {
	r, err := s.terminal.Now(s.ctx, &pb.NowRequest{Visit: s.visit.ID})
	if err != nil {
		c := s.clock.Load()
		return c.shown.Add(time.Since(c.at))
	}
	now := toTime(r.GetNow())
	s.clock.Store(&clock{shown: now, at: time.Now()})
	return now
}

func encodePage(p view.Page) ([]byte, error) {
	b, err := view.Encode(p)
	if err != nil {
		return nil, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "show " + p.ID, Cause: err}
	}
	return b, nil
}

func (s *session) Show(ctx context.Context, p view.Page) error {
	b, err := encodePage(p)
	if err != nil {
		return err
	}
	_, err = s.terminal.Show(ctx, &pb.ShowRequest{Visit: s.visit.ID, Page: b})
	return err
}

func (s *session) Ask(ctx context.Context, p view.Page) (view.Answer, error) {
	b, err := encodePage(p)
	if err != nil {
		return view.Answer{}, err
	}
	r, err := s.terminal.Ask(ctx, &pb.AskRequest{Visit: s.visit.ID, Page: b})
	if err != nil {
		return view.Answer{}, err
	}
	a, err := toAnswer(r)
	if err != nil {
		return view.Answer{}, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "ask " + p.ID, Cause: err}
	}
	return a, nil
}

func (s *session) Identify(ctx context.Context, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	reply, err := s.terminal.Identify(ctx, fromIdentify(s.visit.ID, r))
	if err != nil {
		return kiosk.Person{}, err
	}
	return toPerson(reply.GetPerson()), nil
}

func (s *session) Watch(ctx context.Context, r kiosk.WatchRequest) (kiosk.Sightings, error) {
	const op = "watch"
	ctx, cancel := context.WithCancel(ctx)
	stream, err := s.terminal.Watch(ctx, &pb.WatchRequest{Visit: s.visit.ID, Purpose: r.Purpose, Ways: fromStrings(r.Ways)})
	if err == nil {
		_, err = stream.Recv() // the watch has begun, or why it has not
	}
	if err != nil {
		err = decodeError(ctx, op, err)
		cancel()
		return nil, err
	}
	return &sightings{ctx: ctx, cancel: cancel, stream: stream}, nil
}

type sightings struct {
	ctx    context.Context
	cancel context.CancelFunc
	stream interface {
		Recv() (*pb.WatchReply, error)
	}
}

func (s *sightings) Next() (kiosk.Sighting, error) {
	r, err := s.stream.Recv()
	if errors.Is(err, io.EOF) {
		return kiosk.Sighting{}, &kiosk.Error{Code: kiosk.CodeCancelled, Op: "watch"}
	}
	if err != nil {
		return kiosk.Sighting{}, decodeError(s.ctx, "watch", err)
	}
	return toSighting(r.GetSighting()), nil
}

func (s *sightings) Close() error {
	s.cancel()
	return nil
}

func (s *session) Enrol(ctx context.Context, r kiosk.EnrolRequest) (kiosk.Enrolment, error) {
	reply, err := s.terminal.Enrol(ctx, fromEnrol(s.visit.ID, r))
	if err != nil {
		return kiosk.Enrolment{}, err
	}
	return toEnrolment(reply), nil
}

func (s *session) Forget(ctx context.Context, person string, purposes ...string) error {
	_, err := s.terminal.Forget(ctx, &pb.ForgetRequest{Visit: s.visit.ID, Person: person, Purposes: purposes})
	return err
}

func (s *session) Record(ctx context.Context, r kiosk.Record) (kiosk.Receipt, error) {
	kind := r.RecordKind()
	body, err := json.Marshal(r)
	if err != nil {
		return kiosk.Receipt{}, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "record " + kind.Name, Cause: err}
	}
	reply, err := s.terminal.Record(ctx, &pb.RecordRequest{
		Visit: s.visit.ID, Kind: fromKind(kind), Key: r.AggregateKey(), Body: body,
	})
	if err != nil {
		return kiosk.Receipt{}, err
	}
	return toReceipt(reply), nil
}

func (s *session) Lookup(ctx context.Context, feed, key string) (kiosk.Row, error) {
	reply, err := s.terminal.Lookup(ctx, &pb.LookupRequest{Visit: s.visit.ID, Feed: feed, Key: key})
	if err != nil {
		return kiosk.Row{}, err
	}
	return toRow(reply.GetRow()), nil
}

func (s *session) List(ctx context.Context, r kiosk.ListRequest) ([]kiosk.Row, error) {
	reply, err := s.terminal.List(ctx, &pb.ListRequest{
		Visit: s.visit.ID, Feed: r.Feed, After: r.After, Limit: int32(min(max(r.Limit, -1), 1<<20)),
	})
	if err != nil {
		return nil, err
	}
	rows := make([]kiosk.Row, 0, len(reply.GetRows()))
	for _, row := range reply.GetRows() {
		rows = append(rows, toRow(row))
	}
	return rows, nil
}

func (s *session) OpenBarrier(ctx context.Context) error {
	_, err := s.terminal.OpenBarrier(ctx, &pb.OpenBarrierRequest{Visit: s.visit.ID})
	return err
}

func (s *session) Print(ctx context.Context, p view.Page) error {
	b, err := encodePage(p)
	if err != nil {
		return err
	}
	_, err = s.terminal.Print(ctx, &pb.PrintRequest{Visit: s.visit.ID, Page: b})
	return err
}

func (s *session) Scan(ctx context.Context) (kiosk.ScannedCode, error) {
	r, err := s.terminal.Scan(ctx, &pb.ScanRequest{Visit: s.visit.ID})
	if err != nil {
		return kiosk.ScannedCode{}, err
	}
	return kiosk.ScannedCode{Text: r.GetText(), Symbology: r.GetSymbology()}, nil
}

func (s *session) ReadIDCard(ctx context.Context) (kiosk.IDCard, error) {
	r, err := s.terminal.ReadIDCard(ctx, &pb.ReadIDCardRequest{Visit: s.visit.ID})
	if err != nil {
		return kiosk.IDCard{}, err
	}
	return toIDCard(r), nil
}

func (s *session) Measure(ctx context.Context) (kiosk.VitalSigns, error) {
	r, err := s.terminal.Measure(ctx, &pb.MeasureRequest{Visit: s.visit.ID})
	if err != nil {
		return kiosk.VitalSigns{}, err
	}
	return toVitalSigns(r), nil
}

func (s *session) Weigh(ctx context.Context) (int64, error) {
	r, err := s.terminal.Weigh(ctx, &pb.WeighRequest{Visit: s.visit.ID})
	if err != nil {
		return 0, err
	}
	return r.GetMilligrams(), nil
}

func (s *session) Speak(ctx context.Context, t view.Text) error {
	_, err := s.terminal.Speak(ctx, &pb.SpeakRequest{Visit: s.visit.ID, Text: fromText(t)})
	return err
}
