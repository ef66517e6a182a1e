package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc/internal/pb"
	"github.com/luohu/ting/kiosk/view"
)

// maxFaultText bounds each text of an error: status details travel as a header.
const maxFaultText = 1 << 10

var knownCodes = []kiosk.Code{
	kiosk.CodeInternal, kiosk.CodeInvalid, kiosk.CodeDenied, kiosk.CodeNotFound, kiosk.CodeUnavailable,
	kiosk.CodeSuperseded, kiosk.CodeCancelled, kiosk.CodeLocked, kiosk.CodeDiskFull, kiosk.CodeShutdown,
}

// encodeError makes a status of err that decodeError makes the same error of.
func encodeError(err error) error {
	if err == nil {
		return nil
	}
	e := &kiosk.Error{}
	if !errors.As(err, &e) {
		e = &kiosk.Error{Code: kiosk.CodeOf(err), Cause: err}
	}
	f := &pb.Fault{
		Code:    string(e.Code),
		Visitor: &pb.Text{Zh: clip(e.Visitor.ZH), En: clip(e.Visitor.EN)},
		Op:      clip(e.Op),
		Hint:    clip(e.Hint),
	}
	if e.Cause != nil {
		f.Cause = clip(e.Cause.Error())
	}
	code := codes.Unknown
	if e.Code == kiosk.CodeCancelled {
		code = codes.Canceled
	}
	st, detailErr := status.New(code, string(e.Code)).WithDetails(f)
	if detailErr != nil {
		return status.Error(codes.Internal, "an error that cannot be told")
	}
	return st.Err()
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= maxFaultText {
		return s
	}
	s = s[:maxFaultText]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

// decodeError is the error of a call to the other process: ctx's own once that
// has ended, what the other side said, or, for a transport that is dead,
// CodeShutdown. It is the one place that knows what a dead process looks like.
func decodeError(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	st := status.Convert(err)
	for _, d := range st.Details() {
		if f, ok := d.(*pb.Fault); ok {
			return fromFault(f)
		}
	}
	e := &kiosk.Error{Code: kiosk.CodeInternal, Op: op, Cause: err}
	switch st.Code() {
	case codes.Unavailable, codes.Canceled: // Canceled without a Fault: the connection was closed
		e.Code = kiosk.CodeShutdown
		e.Visitor = view.T("这项服务正在恢复,请稍候。", "This service is coming back, please wait a moment.")
	case codes.ResourceExhausted:
		e.Code = kiosk.CodeInvalid
		e.Hint = "the message is too large"
	case codes.Unimplemented:
		e.Code = kiosk.CodeUnavailable
		e.Hint = "the other program is older and does not know this call: bring both to one version"
	}
	return e
}

func fromFault(f *pb.Fault) error {
	e := &kiosk.Error{Code: kiosk.Code(f.GetCode()), Visitor: toText(f.GetVisitor()), Op: clip(f.GetOp()), Hint: clip(f.GetHint())}
	if !slices.Contains(knownCodes, e.Code) {
		e.Code = kiosk.CodeInternal
	}
	e.Visitor = view.T(clip(e.Visitor.ZH), clip(e.Visitor.EN))
	if f.GetCause() != "" {
		e.Cause = errors.New(clip(f.GetCause()))
	}
	return e
}

// recovered turns a panic under way into *err.
func recovered(op string, err *error) {
	if r := recover(); r != nil {
		slog.Error("panic", "op", op, "code", kiosk.CodeInternal, "cause", r, "stack", string(debug.Stack()))
		*err = encodeError(&kiosk.Error{Code: kiosk.CodeInternal, Op: op, Cause: fmt.Errorf("panic: %v", r)})
	}
}

// The interceptors of Terminal: its handlers return and its callers get
// kiosk.Errors, and a panic of a handler fails one call.

func serveUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, h grpc.UnaryHandler) (resp any, err error) {
	defer recovered(info.FullMethod, &err)
	resp, err = h(ctx, req)
	return resp, encodeError(err)
}

func serveStream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, h grpc.StreamHandler) (err error) {
	defer recovered(info.FullMethod, &err)
	return encodeError(h(srv, ss))
}

func callUnary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return decodeError(ctx, method[strings.LastIndexByte(method, '/')+1:], invoke(ctx, method, req, reply, cc, opts...))
}
