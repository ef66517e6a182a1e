package rpc

import (
	"context"
	"sync"

	"google.golang.org/grpc"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
	"github.com/luohu/ting/kiosk/view"
)

// terminalServer serves the sessions of one module process. What it is sent may
// be hostile: it decodes, and leaves every decision to the session.
type terminalServer struct {
	pb.UnimplementedTerminalServer
	mu     sync.Mutex
	visits map[string]kiosk.Session
}

func newTerminalServer() *terminalServer {
	return &terminalServer{visits: map[string]kiosk.Session{}}
}

// grpcServer makes the server that the broker runs.
func (t *terminalServer) grpcServer(opts []grpc.ServerOption) *grpc.Server {
	s := grpc.NewServer(append(opts,
		// No buffers that live as long as the connection: they would hold what the
		// last visitors typed until somebody else's answers have filled them.
		grpc.WriteBufferSize(0), grpc.ReadBufferSize(0),
		grpc.MaxRecvMsgSize(maxToTerminal), grpc.MaxConcurrentStreams(maxStreams),
		grpc.UnaryInterceptor(serveUnary), grpc.StreamInterceptor(serveStream))...)
	pb.RegisterTerminalServer(s, t)
	return s
}

// lend makes a session reachable for the module's process until the function
// returned is called.
func (t *terminalServer) lend(s kiosk.Session) (takeBack func()) {
	id := s.Visit().ID
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visits[id] = s
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.visits, id)
	}
}

func (t *terminalServer) session(op, visit string) (kiosk.Session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, ok := t.visits[visit]
	if !ok {
		return nil, &kiosk.Error{Code: kiosk.CodeCancelled, Op: op, Hint: "the visit is over: keep no Session after Serve returned"}
	}
	return s, nil
}

func (t *terminalServer) Now(_ context.Context, r *pb.NowRequest) (*pb.NowReply, error) {
	s, err := t.session("now", r.GetVisit())
	if err != nil {
		return nil, err
	}
	return &pb.NowReply{Now: fromTime(s.Now())}, nil
}

func (t *terminalServer) Rinse(context.Context, *pb.RinseRequest) (*pb.RinseReply, error) {
	return &pb.RinseReply{Water: make([]byte, rinsed)}, nil
}

func decodePage(op string, b []byte) (view.Page, error) {
	p, err := view.Decode(b)
	if err != nil {
		return view.Page{}, &kiosk.Error{Code: kiosk.CodeInvalid, Op: op, Cause: err}
	}
	return p, nil
}

func (t *terminalServer) Show(ctx context.Context, r *pb.ShowRequest) (*pb.ShowReply, error) {
	s, err := t.session("show", r.GetVisit())
	if err != nil {
		return nil, err
	}
	p, err := decodePage("show", r.GetPage())
	if err != nil {
		return nil, err
	}
	return &pb.ShowReply{}, s.Show(ctx, p)
}

func (t *terminalServer) Ask(ctx context.Context, r *pb.AskRequest) (*pb.AskReply, error) {
	s, err := t.session("ask", r.GetVisit())
	if err != nil {
		return nil, err
	}
	p, err := decodePage("ask", r.GetPage())
	if err != nil {
		return nil, err
	}
	a, err := s.Ask(ctx, p)
	return fromAnswer(a), err
}

func (t *terminalServer) Identify(ctx context.Context, r *pb.IdentifyRequest) (*pb.IdentifyReply, error) {
	s, err := t.session("identify", r.GetVisit())
	if err != nil {
		return nil, err
	}
	p, err := s.Identify(ctx, toIdentify(r))
	return &pb.IdentifyReply{Person: fromPerson(p)}, err
}

func (t *terminalServer) Watch(r *pb.WatchRequest, stream grpc.ServerStreamingServer[pb.WatchReply]) error {
	s, err := t.session("watch", r.GetVisit())
	if err != nil {
		return err
	}
	w, err := s.Watch(stream.Context(), kiosk.WatchRequest{Purpose: r.GetPurpose(), Ways: toStrings[kiosk.Way](r.GetWays())})
	if err != nil {
		return err
	}
	defer func() { _ = w.Close() }() // the stream is over either way
	if err := stream.Send(&pb.WatchReply{}); err != nil {
		return err
	}
	for {
		sg, err := w.Next()
		if err != nil {
			return err
		}
		if err := stream.Send(&pb.WatchReply{Sighting: fromSighting(sg)}); err != nil {
			return err
		}
	}
}

func (t *terminalServer) Enrol(ctx context.Context, r *pb.EnrolRequest) (*pb.EnrolReply, error) {
	s, err := t.session("enrol", r.GetVisit())
	if err != nil {
		return nil, err
	}
	e, err := s.Enrol(ctx, toEnrol(r))
	return fromEnrolment(e), err
}

func (t *terminalServer) Forget(ctx context.Context, r *pb.ForgetRequest) (*pb.ForgetReply, error) {
	s, err := t.session("forget", r.GetVisit())
	if err != nil {
		return nil, err
	}
	return &pb.ForgetReply{}, s.Forget(ctx, r.GetPerson(), r.GetPurposes()...)
}

func (t *terminalServer) Record(ctx context.Context, r *pb.RecordRequest) (*pb.RecordReply, error) {
	s, err := t.session("record", r.GetVisit())
	if err != nil {
		return nil, err
	}
	receipt, err := s.Record(ctx, wireRecord{kind: toKind(r.GetKind()), key: r.GetKey(), body: r.GetBody()})
	return fromReceipt(receipt), err
}

// wireRecord is a record that is JSON already.
type wireRecord struct {
	kind kiosk.RecordKind
	key  string
	body []byte
}

func (r wireRecord) RecordKind() kiosk.RecordKind { return r.kind }
func (r wireRecord) AggregateKey() string         { return r.key }

// MarshalJSON implements json.Marshaler; the encoder refuses what is not JSON.
func (r wireRecord) MarshalJSON() ([]byte, error) { return r.body, nil }

func (t *terminalServer) Lookup(ctx context.Context, r *pb.LookupRequest) (*pb.LookupReply, error) {
	s, err := t.session("lookup", r.GetVisit())
	if err != nil {
		return nil, err
	}
	row, err := s.Lookup(ctx, r.GetFeed(), r.GetKey())
	return &pb.LookupReply{Row: fromRow(row)}, err
}

func (t *terminalServer) List(ctx context.Context, r *pb.ListRequest) (*pb.ListReply, error) {
	s, err := t.session("list", r.GetVisit())
	if err != nil {
		return nil, err
	}
	rows, err := s.List(ctx, kiosk.ListRequest{Feed: r.GetFeed(), After: r.GetAfter(), Limit: int(r.GetLimit())})
	reply := &pb.ListReply{}
	for _, row := range rows {
		reply.Rows = append(reply.Rows, fromRow(row))
	}
	return reply, err
}

func (t *terminalServer) OpenBarrier(ctx context.Context, r *pb.OpenBarrierRequest) (*pb.OpenBarrierReply, error) {
	s, err := t.session("open barrier", r.GetVisit())
	if err != nil {
		return nil, err
	}
	return &pb.OpenBarrierReply{}, s.OpenBarrier(ctx)
}

func (t *terminalServer) Print(ctx context.Context, r *pb.PrintRequest) (*pb.PrintReply, error) {
	s, err := t.session("print", r.GetVisit())
	if err != nil {
		return nil, err
	}
	p, err := decodePage("print", r.GetPage())
	if err != nil {
		return nil, err
	}
	return &pb.PrintReply{}, s.Print(ctx, p)
}

func (t *terminalServer) Scan(ctx context.Context, r *pb.ScanRequest) (*pb.ScanReply, error) {
	s, err := t.session("scan", r.GetVisit())
	if err != nil {
		return nil, err
	}
	c, err := s.Scan(ctx)
	return &pb.ScanReply{Text: c.Text, Symbology: c.Symbology}, err
}

func (t *terminalServer) ReadIDCard(ctx context.Context, r *pb.ReadIDCardRequest) (*pb.ReadIDCardReply, error) {
	s, err := t.session("read ID card", r.GetVisit())
	if err != nil {
		return nil, err
	}
	c, err := s.ReadIDCard(ctx)
	return fromIDCard(c), err
}

func (t *terminalServer) Measure(ctx context.Context, r *pb.MeasureRequest) (*pb.MeasureReply, error) {
	s, err := t.session("measure", r.GetVisit())
	if err != nil {
		return nil, err
	}
	v, err := s.Measure(ctx)
	return fromVitalSigns(v), err
}

func (t *terminalServer) Weigh(ctx context.Context, r *pb.WeighRequest) (*pb.WeighReply, error) {
	s, err := t.session("weigh", r.GetVisit())
	if err != nil {
		return nil, err
	}
	mg, err := s.Weigh(ctx)
	return &pb.WeighReply{Milligrams: mg}, err
}

func (t *terminalServer) Speak(ctx context.Context, r *pb.SpeakRequest) (*pb.SpeakReply, error) {
	s, err := t.session("speak", r.GetVisit())
	if err != nil {
		return nil, err
	}
	return &pb.SpeakReply{}, s.Speak(ctx, toText(r.GetText()))
}
