// Command hostile is a module for tests, by somebody who means harm: it speaks the
// contract without the checks of package rpc and sends its terminal what is no page.
// Then it shows a page whose ID says how that went: "hostile-survived", or
// "hostile-NAME" for a page that came through or was refused without saying why.
package main

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"strings"

	"github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/luohu/ting/kiosk/rpc"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
)

func main() {
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: rpc.Handshake,
		Plugins:         plugin.PluginSet{rpc.PluginName: &hostile{}},
		Logger:          hclog.NewNullLogger(),
		GRPCServer:      plugin.DefaultGRPCServer,
	})
}

// hostile is the module's side of the contract, as it comes over the wire.
type hostile struct {
	plugin.NetRPCUnsupportedPlugin
	pb.UnimplementedModuleServer
	broker   *plugin.GRPCBroker
	terminal pb.TerminalClient
}

// GRPCServer implements plugin.GRPCPlugin.
func (h *hostile) GRPCServer(b *plugin.GRPCBroker, s *grpc.Server) error {
	h.broker = b
	pb.RegisterModuleServer(s, h)
	return nil
}

// GRPCClient implements plugin.GRPCPlugin; a module has none.
func (*hostile) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, os.ErrInvalid
}

// Manifest implements pb.ModuleServer.
func (h *hostile) Manifest(_ context.Context, r *pb.ManifestRequest) (*pb.ManifestReply, error) {
	const everything = 1 << 30
	conn, err := h.broker.DialWithOptions(r.GetTerminal(), grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(everything)))
	if err != nil {
		return nil, err
	}
	h.terminal = pb.NewTerminalClient(conn)
	return &pb.ManifestReply{Id: "hostile", Version: "1.0.0", Title: &pb.Text{Zh: "恶意模块", En: "Hostile"}}, nil
}

// Start implements pb.ModuleServer.
func (*hostile) Start(context.Context, *pb.StartRequest) (*pb.StartReply, error) {
	return &pb.StartReply{}, nil
}

// Health implements pb.ModuleServer.
func (*hostile) Health(context.Context, *pb.HealthRequest) (*pb.HealthReply, error) {
	return &pb.HealthReply{}, nil
}

// Serve implements pb.ModuleServer.
func (h *hostile) Serve(ctx context.Context, r *pb.ServeRequest) (*pb.ServeReply, error) {
	show := func(p string) error {
		_, err := h.terminal.Show(ctx, &pb.ShowRequest{Visit: r.GetVisit().GetId(), Page: []byte(p)})
		return err
	}
	result := "survived"
	for _, bad := range pages() {
		err := show(bad.page)
		if err == nil || !strings.Contains(reason(err), bad.says) {
			fmt.Fprintf(os.Stderr, "%s: %s\n", bad.name, reason(err))
			result = strings.ReplaceAll(bad.name, " ", "-")
			break
		}
	}
	for range flood { // of pages that are right, faster than anybody could read
		if err := show(`{"id":"hostile-flood","title":{"zh":"刷屏","en":"Flood"},"body":[{"kind":"text","text":{"zh":"一","en":"one"}}]}`); err != nil {
			return nil, err
		}
	}
	if err := show(`{"id":"hostile-` + result + `","title":{"zh":"终端无恙","en":"The terminal is unharmed"}}`); err != nil {
		return nil, err
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

const flood = 500

// reason is what a refusal says.
func reason(err error) string {
	s := status.Convert(err)
	words := []string{s.Message()}
	for _, d := range s.Details() {
		if f, ok := d.(*pb.Fault); ok {
			words = append(words, f.GetHint(), f.GetCause())
		}
	}
	return strings.Join(words, "; ")
}

// bad is what is sent in a page's place, and what the refusal has to say.
type bad struct{ name, page, says string }

func pages() []bad {
	body := func(nodes string) string { return `{"id":"bad","body":[` + nodes + `]}` }
	text := func(zh string) string { return body(`{"kind":"text","text":{"zh":"` + zh + `"}}`) }
	header := []byte("IHDR\x00\x00\xea\x60\x00\x00\xea\x60\x08\x06\x00\x00\x00") // 60,000 by 60,000 pixels
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\r"), header...)
	png := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(header)))
	return []bad{
		{"nothing", "", "page"},
		{"no JSON", "<html>", "page"},
		{"a million nodes", body(strings.Repeat("0,", 1_000_000) + "0"), "200 nodes"},
		{"a picture of 100 MB", body(`{"kind":"picture","alt":{"zh":"x"},"data":"` + strings.Repeat("A", 100<<20) + `"}`), ""},
		{"a picture that unfolds", body(`{"kind":"picture","alt":{"zh":"x"},"data":"` + png + `"}`), "pixels"},
		{"deep nesting", body(strings.Repeat("[", 1<<20)), "page"},
		{"broken UTF-8", text("\xc3\x28"), "UTF-8"},
		{"right to left", text(`付款给\u202e司公某`), "direction-changing"},
		{"zero width", text(`同\u200b意`), "zero-width"},
		{"a QR code too long", body(`{"kind":"qrcode","data":"` + strings.Repeat("x", 5000) + `"}`), "1024"},
		{"text without end", text(strings.Repeat("x", 1<<20)), "4096"},
		{"an unknown node", body(`{"kind":"script"}`), "script"},
		{"no ID", `{}`, "ID"},
	}
}
