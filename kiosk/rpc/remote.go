package rpc

import (
	"context"

	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
)

// Remote is a module in a process of its own, as its terminal sees it. Its
// errors are kiosk.Errors; once the process is dead they are CodeShutdown.
type Remote struct {
	module   pb.ModuleClient
	broker   *plugin.GRPCBroker
	terminal *terminalServer
}

func newRemote(b *plugin.GRPCBroker, c *grpc.ClientConn) *Remote {
	return &Remote{module: pb.NewModuleClient(c), broker: b, terminal: newTerminalServer()}
}

// Manifest reads the module's manifest, unchecked, and opens the way back: it has
// to be called once, before Serve.
func (r *Remote) Manifest(ctx context.Context) (kiosk.Manifest, error) {
	id := r.broker.NextId()
	go r.broker.AcceptAndServe(id, r.terminal.grpcServer) // ends with the broker, when the process is killed
	reply, err := r.module.Manifest(ctx, &pb.ManifestRequest{Terminal: id})
	if err != nil {
		return kiosk.Manifest{}, decodeError(ctx, "manifest", err)
	}
	return toManifest(reply), nil
}

// Start gives the module its settings; one that has no need of them is not
// troubled.
func (r *Remote) Start(ctx context.Context, s kiosk.Setup) error {
	_, err := r.module.Start(ctx, &pb.StartRequest{Settings: s.Settings, Dir: s.Dir})
	if status.Code(err) == codes.Unimplemented {
		return nil // a module built before there was this call
	}
	return decodeError(ctx, "start", err)
}

// Serve conducts one visit; s is lent to the process until Serve returns, which
// it does at once when ctx ends.
func (r *Remote) Serve(ctx context.Context, s kiosk.Session) error {
	defer r.terminal.lend(s)()
	_, err := r.module.Serve(ctx, &pb.ServeRequest{Visit: fromVisit(s.Visit()), Now: fromTime(s.Now())})
	return decodeError(ctx, "serve", err)
}

// Health fails when the process or its module is not well, or too late to tell.
func (r *Remote) Health(ctx context.Context) error {
	_, err := r.module.Health(ctx, &pb.HealthRequest{})
	return decodeError(ctx, "health", err)
}
