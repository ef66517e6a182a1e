package rpc

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
)

// Checker is what a module may be besides: Health returns soon and nil when the
// module can serve. A module that says otherwise, or nothing, is started again.
type Checker interface {
	Health(ctx context.Context) error
}

// Serve makes this process the module m. It returns when the terminal ends the
// process; the program should then end too. Started by hand, it says what to do
// instead and exits with 2.
func Serve(m kiosk.Module) {
	if os.Getenv(Handshake.MagicCookieKey) != Handshake.MagicCookieValue {
		fmt.Fprint(os.Stderr, byHand(m.Manifest()))
		os.Exit(2)
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	go endWithTerminal(os.Getppid())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: Handshake,
		Plugins:         plugin.PluginSet{PluginName: &modulePlugin{ctx: ctx, module: m}},
		Logger:          hclog.NewNullLogger(),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(maxFromModule))...)
		},
	})
}

func byHand(m kiosk.Manifest) string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	command := []string{fmt.Sprintf("%q", self)}
	for _, a := range os.Args[1:] {
		command = append(command, fmt.Sprintf("%q", a))
	}
	var grants []string
	for _, p := range m.Permissions {
		grants = append(grants, fmt.Sprintf("%q", p))
	}
	return fmt.Sprintf(`This program is the module %q (%s) of a terminal, which starts it by itself.
Name it in terminal.toml, with what you grant it of what it asks for:

[[module]]
id = %q
command = [%s]
sha256 = "…" # sha256sum %s
grant = [%s]
`, m.ID, m.Title.EN, m.ID, strings.Join(command, ", "), self, strings.Join(grants, ", "))
}

// parentEvery is how often the terminal is looked for. The kernel's signal
// (SIGTERM, set by kiosk/host) usually comes first; this is for terminals and
// systems that do not set it.
const parentEvery = 500 * time.Millisecond

// endWithTerminal removes the process's sockets and ends it once its terminal is gone.
func endWithTerminal(parent int) {
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	tick := time.NewTicker(parentEvery)
	defer tick.Stop()
	for os.Getppid() == parent {
		select {
		case <-tick.C:
			continue
		case <-term:
		}
		break
	}
	if dir := os.Getenv(plugin.EnvUnixSocketDir); dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(0)
}

// moduleServer is the module in its own process.
type moduleServer struct {
	pb.UnimplementedModuleServer
	ctx    context.Context // the process's
	module kiosk.Module
	broker *plugin.GRPCBroker

	mu       sync.Mutex
	terminal pb.TerminalClient // once Manifest was called
}

func (s *moduleServer) Manifest(_ context.Context, r *pb.ManifestRequest) (reply *pb.ManifestReply, err error) {
	defer recovered("manifest", &err)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal == nil {
		conn, err := s.broker.DialWithOptions(r.GetTerminal(),
			grpc.WithUnaryInterceptor(callUnary),
			grpc.WithWriteBufferSize(0), grpc.WithReadBufferSize(0), // see terminalServer.grpcServer
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxToModule), grpc.MaxCallSendMsgSize(maxToTerminal)))
		if err != nil {
			return nil, encodeError(&kiosk.Error{Code: kiosk.CodeShutdown, Op: "connect to the terminal", Cause: err})
		}
		s.terminal = pb.NewTerminalClient(conn)
	}
	return fromManifest(s.module.Manifest()), nil
}

func (s *moduleServer) Start(_ context.Context, r *pb.StartRequest) (reply *pb.StartReply, err error) {
	defer recovered("start", &err)
	starter, ok := s.module.(kiosk.Starter)
	if !ok {
		return &pb.StartReply{}, nil
	}
	settings := r.GetSettings()
	if settings == nil {
		settings = map[string]string{}
	}
	// Not the call's context: what runs between visits ends with the process.
	return &pb.StartReply{}, encodeError(starter.Start(s.ctx, kiosk.Setup{Settings: settings, Dir: r.GetDir()}))
}

func (s *moduleServer) Serve(ctx context.Context, r *pb.ServeRequest) (reply *pb.ServeReply, err error) {
	defer recovered("serve", &err)
	s.mu.Lock()
	terminal := s.terminal
	s.mu.Unlock()
	if terminal == nil {
		return nil, encodeError(&kiosk.Error{Code: kiosk.CodeInvalid, Op: "serve", Hint: "Manifest comes first"})
	}
	defer func() { time.AfterFunc(forgetAfter, func() { forget(terminal) }) }()
	visit := newSession(ctx, terminal, toVisit(r.GetVisit()), toTime(r.GetNow()))
	return &pb.ServeReply{}, encodeError(s.module.Serve(ctx, visit))
}

// forgetAfter is how long after a visit its module's process sweeps its memory:
// what the visitor typed must not stay there. The next page comes first.
const forgetAfter = time.Second

// rinsed is how many bytes wash the connection's buffers, which live as long as
// it does and hold the last messages until others take their place: more than a
// TLS record (16 KiB) and a frame of HTTP/2 (16 KiB) can leave behind.
const rinsed = 64 << 10

// forget leaves nothing of ended visits in the process's memory, or in what its
// terminal keeps of the connection. Go clears what it frees (kiosk/host sets
// that); pools let go at the second collection only.
func forget(t pb.TerminalClient) {
	ctx, cancel := context.WithTimeout(context.Background(), rinseWithin)
	defer cancel()
	if _, err := t.Rinse(ctx, &pb.RinseRequest{Water: make([]byte, rinsed)}); err != nil {
		slog.Debug("the connection is not rinsed", "op", "forget", "cause", err)
	}
	debug.FreeOSMemory()
	debug.FreeOSMemory()
}

// rinseWithin bounds the wait for a terminal that does not answer.
const rinseWithin = 10 * time.Second

func (s *moduleServer) Health(ctx context.Context, _ *pb.HealthRequest) (reply *pb.HealthReply, err error) {
	defer recovered("health", &err)
	if c, ok := s.module.(Checker); ok {
		err = c.Health(ctx)
	}
	return &pb.HealthReply{}, encodeError(err)
}
