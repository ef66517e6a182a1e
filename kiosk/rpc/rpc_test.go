package rpc

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
	"github.com/luohu/ting/kiosk/view"
)

// onePixel is the smallest photo there is.
func onePixel(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// terminalSide is a session whose answers a test decides. Calls that no test
// expects panic, which is a failed call on the other side.
type terminalSide struct {
	kiosk.Session
	visit    kiosk.Visit
	now      time.Time
	show     func(view.Page) error
	ask      func(context.Context, view.Page) (view.Answer, error)
	identify func(kiosk.IdentifyRequest) (kiosk.Person, error)
	watch    func(context.Context, kiosk.WatchRequest) (kiosk.Sightings, error)
	enrol    func(kiosk.EnrolRequest) (kiosk.Enrolment, error)
	forget   func(string, []string) error
	record   func(kiosk.Record) (kiosk.Receipt, error)
	lookup   func(feed, key string) (kiosk.Row, error)
	list     func(kiosk.ListRequest) ([]kiosk.Row, error)
	barrier  func() error
	print    func(view.Page) error
	spoken   view.Text
}

// What the terminal's devices read; the visits ask for all of it.
var (
	card = kiosk.IDCard{
		Number: "330106195603210019", Name: "林知远", Sex: "1", Ethnicity: "汉", Birth: time.Date(1956, 3, 21, 0, 0, 0, 0, time.FixedZone("UTC", 0)),
		Address: "桥头街道 18 号", Issuer: "清江区公安局", ValidFrom: time.Date(2016, 5, 4, 0, 0, 0, 0, time.FixedZone("UTC", 0)),
		ValidUntil: time.Date(2036, 5, 4, 0, 0, 0, 0, time.FixedZone("UTC", 0)), Passport: "H12345678",
	}
	signs = kiosk.VitalSigns{Temperature: 38.2, Systolic: 151, Diastolic: 92, Pulse: 97, Doubts: []string{"moved", "cuff-loose"}}
	code  = kiosk.ScannedCode{Text: "9787020002207", Symbology: "ean"}
)

func (s *terminalSide) Print(_ context.Context, p view.Page) error { return s.print(p) }
func (s *terminalSide) Scan(context.Context) (kiosk.ScannedCode, error) {
	return code, nil
}
func (s *terminalSide) ReadIDCard(context.Context) (kiosk.IDCard, error)  { return card, nil }
func (s *terminalSide) Measure(context.Context) (kiosk.VitalSigns, error) { return signs, nil }
func (s *terminalSide) Weigh(context.Context) (int64, error)              { return 350_000, nil }
func (s *terminalSide) Speak(_ context.Context, t view.Text) error {
	s.spoken = t
	return nil
}

func (s *terminalSide) Visit() kiosk.Visit                        { return s.visit }
func (s *terminalSide) Now() time.Time                            { return s.now }
func (s *terminalSide) Show(_ context.Context, p view.Page) error { return s.show(p) }
func (s *terminalSide) OpenBarrier(context.Context) error         { return s.barrier() }
func (s *terminalSide) Ask(ctx context.Context, p view.Page) (view.Answer, error) {
	return s.ask(ctx, p)
}
func (s *terminalSide) Identify(_ context.Context, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	return s.identify(r)
}
func (s *terminalSide) Watch(ctx context.Context, r kiosk.WatchRequest) (kiosk.Sightings, error) {
	return s.watch(ctx, r)
}
func (s *terminalSide) Enrol(_ context.Context, r kiosk.EnrolRequest) (kiosk.Enrolment, error) {
	return s.enrol(r)
}
func (s *terminalSide) Forget(_ context.Context, person string, purposes ...string) error {
	return s.forget(person, purposes)
}
func (s *terminalSide) Record(_ context.Context, r kiosk.Record) (kiosk.Receipt, error) {
	return s.record(r)
}
func (s *terminalSide) Lookup(_ context.Context, feed, key string) (kiosk.Row, error) {
	return s.lookup(feed, key)
}
func (s *terminalSide) List(_ context.Context, r kiosk.ListRequest) ([]kiosk.Row, error) {
	return s.list(r)
}

// connect is a module's session whose calls reach t over a connection in memory.
func connect(t *testing.T, side *terminalSide) (s kiosk.Session, raw pb.TerminalClient, server *grpc.Server) {
	t.Helper()
	side.visit = kiosk.Visit{ID: "visit-1", Module: "gate", Terminal: "t-1", Site: "s-1", Place: view.T("东门", "East"), Lane: "east"}
	terminal := newTerminalServer()
	t.Cleanup(terminal.lend(side))
	listener := bufconn.Listen(1 << 20)
	server = terminal.grpcServer(nil)
	go func() { _ = server.Serve(listener) }() // ends with Stop
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///terminal", grpc.WithUnaryInterceptor(callUnary),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	raw = pb.NewTerminalClient(conn)
	return newSession(t.Context(), raw, toVisit(fromVisit(side.visit)), side.now), raw, server
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s arrived otherwise (-want +got):\n%s", what, d)
	}
}

type note struct {
	Text string `json:"text"`
}

func (note) RecordKind() kiosk.RecordKind {
	return kiosk.RecordKind{Name: "gate.note", Version: 3, Urgent: true}
}
func (note) AggregateKey() string { return "note/1" }

// TestEverythingArrives sends every call with every field set.
func TestEverythingArrives(t *testing.T) {
	zone := time.FixedZone("CST", 8*60*60)
	at := time.Date(2026, 3, 2, 7, 42, 0, 123456789, zone)
	person := kiosk.Person{ID: "7", Name: "张三", Group: "三班", Role: "pupil", Way: kiosk.WayFace, By: "9", Score: 0.25}
	page := view.Page{ID: "p", Title: view.T("页", "Page"), Timeout: 1500 * time.Millisecond, Body: []view.Node{view.TextNode{Text: view.Same("x")}}}
	answer := view.Answer{PageID: "p", Rev: 4, Action: "ok", Fields: map[string]view.Value{
		"a": {Text: "甲"}, "several": {Chosen: []string{"x", "y"}}, "photo": {Image: onePixel(t)}, "none": {},
	}}
	identify := kiosk.IdentifyRequest{Prompt: view.T("看", "Look"), Purpose: "gate", Ways: []kiosk.Way{kiosk.WayCard, kiosk.WayPIN}, Roles: []string{"pupil"}, Person: "2019-0317"}
	enrol := kiosk.EnrolRequest{Person: "7", Name: "张三", Purposes: []string{"gate"},
		Consent: kiosk.Consent{TextVersion: "face-2025-06", GivenBy: "self", Way: "touch", Time: at}}
	enrolment := kiosk.Enrolment{Person: person, Template: "t-1", Shots: 5}
	receipt := kiosk.Receipt{ID: "r", Terminal: "t-1", Lane: "ordinary", Epoch: 2, Seq: 3, Hash: [32]byte{1, 31: 9}, Time: at}
	row := kiosk.Row{Key: "7", Revision: 5, JSON: []byte(`{"id":"7"}`)}
	sighting := kiosk.Sighting{Verdict: kiosk.Recognised, Person: person, Track: 8, Time: at, Detail: "d"}

	side := &terminalSide{now: at,
		show: func(p view.Page) error { same(t, "Show", p, page); return nil },
		ask:  func(_ context.Context, p view.Page) (view.Answer, error) { same(t, "Ask", p, page); return answer, nil },
		identify: func(r kiosk.IdentifyRequest) (kiosk.Person, error) {
			same(t, "Identify", r, identify)
			return person, nil
		},
		watch: func(_ context.Context, r kiosk.WatchRequest) (kiosk.Sightings, error) {
			same(t, "Watch", r, kiosk.WatchRequest{Purpose: "gate", Ways: []kiosk.Way{kiosk.WayCard}})
			return &scriptedSightings{all: []kiosk.Sighting{sighting, {Verdict: kiosk.NoFace}}}, nil
		},
		enrol: func(r kiosk.EnrolRequest) (kiosk.Enrolment, error) { same(t, "Enrol", r, enrol); return enrolment, nil },
		forget: func(p string, purposes []string) error {
			same(t, "Forget", append([]string{p}, purposes...), []string{"7", "gate", "canteen"})
			return nil
		},
		record: func(r kiosk.Record) (kiosk.Receipt, error) {
			same(t, "RecordKind", r.RecordKind(), note{}.RecordKind())
			same(t, "AggregateKey", r.AggregateKey(), "note/1")
			same(t, "body", string(r.(wireRecord).body), `{"text":"\u003c甲\u003e"}`)
			return receipt, nil
		},
		lookup: func(feed, key string) (kiosk.Row, error) {
			same(t, "Lookup", [2]string{feed, key}, [2]string{"people", "7"})
			return row, nil
		},
		list: func(r kiosk.ListRequest) ([]kiosk.Row, error) {
			same(t, "List", r, kiosk.ListRequest{Feed: "people", After: "6", Limit: 2})
			return []kiosk.Row{row, row}, nil
		},
		barrier: func() error { return nil },
		print:   func(p view.Page) error { same(t, "Print", p, page); return nil },
	}
	s, _, _ := connect(t, side)
	ctx := t.Context()
	check := func(what string, got, want any, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		same(t, what+"'s reply", got, want)
	}
	same(t, "visit", s.Visit(), side.visit)
	now := s.Now()
	if zone, offset := now.Zone(); !now.Equal(at) || zone != "CST" || offset != 8*60*60 {
		t.Errorf("now %v, want %v", now, at)
	}
	check("Show", nil, nil, s.Show(ctx, page))
	a, err := s.Ask(ctx, page)
	check("Ask", a, answer, err)
	p, err := s.Identify(ctx, identify)
	check("Identify", p, person, err)
	e, err := s.Enrol(ctx, enrol)
	check("Enrol", e, enrolment, err)
	check("Forget", nil, nil, s.Forget(ctx, "7", "gate", "canteen"))
	r, err := s.Record(ctx, note{"<甲>"})
	check("Record", r, receipt, err)
	l, err := s.Lookup(ctx, "people", "7")
	check("Lookup", l, row, err)
	rows, err := s.List(ctx, kiosk.ListRequest{Feed: "people", After: "6", Limit: 2})
	check("List", rows, []kiosk.Row{row, row}, err)
	check("OpenBarrier", nil, nil, s.OpenBarrier(ctx))
	check("Print", nil, nil, s.Print(ctx, page))
	sc, err := s.Scan(ctx)
	check("Scan", sc, code, err)
	ic, err := s.ReadIDCard(ctx)
	check("ReadIDCard", ic, card, err)
	vs, err := s.Measure(ctx)
	check("Measure", vs, signs, err)
	mg, err := s.Weigh(ctx)
	check("Weigh", mg, int64(350_000), err)
	check("Speak", nil, nil, s.Speak(ctx, view.T("请取票", "Please")))
	check("the sentence", side.spoken, view.T("请取票", "Please"), nil)
	w, err := s.Watch(ctx, kiosk.WatchRequest{Purpose: "gate", Ways: []kiosk.Way{kiosk.WayCard}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []kiosk.Sighting{sighting, {Verdict: kiosk.NoFace}} {
		got, err := w.Next()
		check("Next", got, want, err)
	}
	if _, err := w.Next(); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
		t.Errorf("after the last sighting: %v", err)
	}
}

// scriptedSightings is a stream that breaks after its last sighting.
type scriptedSightings struct{ all []kiosk.Sighting }

func (s *scriptedSightings) Next() (kiosk.Sighting, error) {
	if len(s.all) == 0 {
		return kiosk.Sighting{}, &kiosk.Error{Code: kiosk.CodeUnavailable}
	}
	sg := s.all[0]
	s.all = s.all[1:]
	return sg, nil
}

func (s *scriptedSightings) Close() error { return nil }

func TestErrorsKeepTheirReaders(t *testing.T) {
	side := &terminalSide{}
	s, _, _ := connect(t, side)
	for _, code := range knownCodes {
		want := &kiosk.Error{Code: code, Visitor: view.T("请稍候", "Please wait"), Op: "open barrier", Hint: "look", Cause: errors.New("jammed")}
		side.barrier = func() error { return want }
		err := s.OpenBarrier(t.Context())
		var got *kiosk.Error
		if !errors.As(err, &got) {
			t.Fatalf("%s: %T %v", code, err, err)
		}
		if got.Code != code || got.Visitor != want.Visitor || got.Op != want.Op || got.Hint != want.Hint || got.Cause.Error() != "jammed" {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	for _, c := range []struct {
		err  error
		want kiosk.Code
	}{
		{errors.New("plain"), kiosk.CodeInternal},
		{context.Canceled, kiosk.CodeCancelled},
		{&kiosk.Error{Code: "no such code"}, kiosk.CodeInternal},
		{&kiosk.Error{Code: kiosk.CodeDenied, Hint: "not UTF-8 \xff"}, kiosk.CodeDenied},
	} {
		side.barrier = func() error { return c.err }
		if err := s.OpenBarrier(t.Context()); kiosk.CodeOf(err) != c.want {
			t.Errorf("%v arrived as %v", c.err, err)
		}
	}
	side.barrier = func() error { return context.Canceled }
	if err := s.OpenBarrier(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not a cancellation any more", err)
	}
	side.watch = func(context.Context, kiosk.WatchRequest) (kiosk.Sightings, error) {
		return nil, &kiosk.Error{Code: kiosk.CodeDenied}
	}
	if _, err := s.Watch(t.Context(), kiosk.WatchRequest{}); kiosk.CodeOf(err) != kiosk.CodeDenied {
		t.Errorf("a watch that was denied: %v", err)
	}
}

func TestPanicFailsOneCall(t *testing.T) {
	side := &terminalSide{barrier: func() error { panic("as told") }}
	s, _, _ := connect(t, side)
	if err := s.OpenBarrier(t.Context()); kiosk.CodeOf(err) != kiosk.CodeInternal {
		t.Error(err)
	}
	side.barrier = func() error { return nil }
	if err := s.OpenBarrier(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCancelledCall(t *testing.T) {
	asked := make(chan struct{})
	side := &terminalSide{ask: func(ctx context.Context, _ view.Page) (view.Answer, error) {
		close(asked)
		<-ctx.Done()
		return view.Answer{}, ctx.Err()
	}}
	s, _, _ := connect(t, side)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if _, err := s.Ask(ctx, view.Page{ID: "p"}); err != context.Canceled { //nolint:errorlint // the very error is promised
		t.Errorf("got %v, want the context's own error", err)
	}
}

func TestDeadTransport(t *testing.T) {
	asked := make(chan struct{})
	side := &terminalSide{now: time.Unix(1e9, 0), ask: func(ctx context.Context, _ view.Page) (view.Answer, error) {
		close(asked)
		<-ctx.Done()
		return view.Answer{}, ctx.Err()
	}}
	s, _, server := connect(t, side)
	go func() {
		<-asked
		server.Stop()
	}()
	if _, err := s.Ask(t.Context(), view.Page{ID: "p"}); kiosk.CodeOf(err) != kiosk.CodeShutdown {
		t.Errorf("during a call: %v", err)
	}
	if err := s.OpenBarrier(t.Context()); kiosk.CodeOf(err) != kiosk.CodeShutdown {
		t.Errorf("afterwards: %v", err)
	}
	if now := s.Now(); now.Before(side.now) {
		t.Errorf("now %v without a terminal", now)
	}
}

// TestHostilePages sends bytes that are no page, past the module's own checks.
func TestHostilePages(t *testing.T) {
	side := &terminalSide{show: func(p view.Page) error { t.Errorf("page %q came through", p.ID); return nil }}
	_, raw, _ := connect(t, side)
	for name, b := range map[string][]byte{
		"empty":         nil,
		"not JSON":      []byte("<html>"),
		"not UTF-8":     []byte("{\"id\":\"\xff\"}"),
		"no ID":         []byte(`{}`),
		"unknown node":  []byte(`{"id":"p","body":[{"kind":"script"}]}`),
		"too large":     make([]byte, view.MaxPageBytes+1),
		"far too large": make([]byte, maxToTerminal+1),
	} {
		_, err := raw.Show(t.Context(), &pb.ShowRequest{Visit: "visit-1", Page: b})
		if kiosk.CodeOf(err) != kiosk.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := raw.Show(t.Context(), &pb.ShowRequest{Visit: "another", Page: []byte(`{"id":"p"}`)}); kiosk.CodeOf(err) != kiosk.CodeCancelled {
		t.Errorf("a visit that does not exist: %v", err)
	}
}

func TestManifestArrives(t *testing.T) {
	m := kiosk.Manifest{
		ID: "gate", Version: "1", Title: view.T("门", "Gate"), Icon: "gate", Permissions: kiosk.Permissions(),
		Records: []kiosk.RecordKind{{Name: "gate.pass", Version: 2, Urgent: true}}, Feeds: []string{"people"}, Unattended: true,
	}
	same(t, "manifest", toManifest(fromManifest(m)), m)
}

// FuzzAnswer feeds a module what a broken terminal may send: what it accepts is
// sent on unchanged.
func FuzzAnswer(f *testing.F) {
	for _, a := range []view.Answer{
		{PageID: "p", Rev: 4, Action: "ok", Fields: map[string]view.Value{"a": {Text: "甲"}, "b": {Chosen: []string{"x"}}}},
		{PageID: "p", Fields: map[string]view.Value{"photo": {Image: onePixel(f)}}},
	} {
		b, err := proto.Marshal(fromAnswer(a))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var r pb.AskReply
		if proto.Unmarshal(in, &r) != nil {
			return
		}
		a, err := toAnswer(&r)
		if err != nil {
			if !errors.Is(err, view.ErrAnswer) {
				t.Fatalf("an error that does not say it is the answer's: %v", err)
			}
			return
		}
		if again, err := toAnswer(fromAnswer(a)); err != nil || !cmp.Equal(a, again, cmpopts.EquateEmpty()) {
			t.Fatalf("changes on the way: %v\n%s", err, cmp.Diff(a, again))
		}
	})
}

func TestRefusedAnswer(t *testing.T) {
	for name, r := range map[string]*pb.AskReply{
		"a picture that is none": {Images: map[string][]byte{"a": []byte("GIF89a")}},
		"a picture of 2 MB":      {Images: map[string][]byte{"a": make([]byte, 2<<20)}},
		"a text without end":     {Fields: map[string]string{"a": strings.Repeat("x", 1<<20)}},
	} {
		if _, err := toAnswer(r); !errors.Is(err, view.ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
