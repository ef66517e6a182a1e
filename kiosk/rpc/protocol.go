package rpc

import (
	"context"
	"errors"

	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
	"github.com/luohu/ting/kiosk/view"
)

// ProtocolVersion is the version of the contract on the wire. A terminal starts
// only modules of its own version; adding fields or calls does not raise it.
//
// History:
//
//	1  Manifest, Serve, Health; Show, Ask, Identify, Watch, Enrol, Forget,
//	   Record, Lookup, List, OpenBarrier, Now.
//	   Added since: Print, Scan, ReadIDCard, Measure, Weigh, Speak;
//	   Start, Rinse.
const ProtocolVersion = 1

// Limits of a message, in bytes. The largest there is holds a page.
const (
	maxToTerminal = view.MaxPageBytes + 64<<10
	maxToModule   = 16 << 20 // a List of 500 large rows
	maxFromModule = 1 << 20  // a manifest
	maxStreams    = 128      // calls of one process under way at once
)

// Handshake is what a terminal and a module say to each other before anything
// else. The cookie is no secret: it only tells a module that it was started by
// hand.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  ProtocolVersion,
	MagicCookieKey:   "TING_MODULE",
	MagicCookieValue: "0f6a2c1e-8a0b-4a55-9d0e-3f2d7d1b6c11",
}

// PluginName is the one name to dispense; it gives a *Remote.
const PluginName = "module"

// Plugins is the plugin set of a terminal.
func Plugins() plugin.PluginSet { return plugin.PluginSet{PluginName: &modulePlugin{}} }

// DialOptions are those a terminal connects to a module with.
func DialOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithDefaultCallOptions(
		grpc.MaxCallRecvMsgSize(maxFromModule), grpc.MaxCallSendMsgSize(maxFromModule))}
}

// modulePlugin joins the two sides to go-plugin.
type modulePlugin struct {
	plugin.NetRPCUnsupportedPlugin
	ctx    context.Context // the process's
	module kiosk.Module    // in the module's process; nil in the terminal's
}

// GRPCServer implements plugin.GRPCPlugin, in the module's process.
func (p *modulePlugin) GRPCServer(b *plugin.GRPCBroker, s *grpc.Server) error {
	if p.module == nil {
		return errors.New("rpc: a terminal serves no module")
	}
	pb.RegisterModuleServer(s, &moduleServer{ctx: p.ctx, module: p.module, broker: b})
	return nil
}

// GRPCClient implements plugin.GRPCPlugin, in the terminal's process.
func (p *modulePlugin) GRPCClient(_ context.Context, b *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return newRemote(b, c), nil
}
