// Package rpc carries the contract of package kiosk between processes, as gRPC
// over HashiCorp's go-plugin.
//
// A program that is a module has one line of main:
//
//	func main() { rpc.Serve(guestbook.New()) }
//
// The terminal's side is Plugin, which kiosk/host starts and supervises.
//
// Guarantees: errors keep their code, visitor's sentence, op and hint; a dead
// process is CodeShutdown on the other side, whatever the transport calls it;
// the end of Serve's call ends the visit; a module process ends, and removes its
// socket, when its terminal is gone.
//
// Generated types stay inside this package (internal/pb, converted in
// convert.go), so that nobody else depends on the wire. Each call of a session is
// one unary call on one connection per process; a stream per visit was tried in
// thought and lost: it needs its own matching of answers to questions, which is
// what HTTP/2 already does.
//
// Callers must not write to stdout before Serve (its first line is go-plugin's
// handshake); afterwards stdout, stderr and log/slog all go to the terminal's log.
//
// Test over real processes, as kiosk/host does by running its own test binary
// again, or in one process as the tests of this package do.
package rpc

//go:generate protoc --proto_path=. --go_out=. --go_opt=module=github.com/luohu/ting/kiosk/rpc --go-grpc_out=. --go-grpc_opt=module=github.com/luohu/ting/kiosk/rpc kiosk.proto
