// Command ting-face is the face engine's process: frames in, faces out.
//
// A terminal starts it through devices/face/engine, which hands it a socket as
// file descriptor 3 and memory for pictures as 4, and speaks devices/face/protocol
// to it. It loads its models, says Ready, and answers requests until the socket
// ends; then it ends too, so that no orphan is left when the terminal is killed.
// When it cannot work (models missing or damaged, a processor too old) it says on
// the socket and on standard error what is wrong and what to do, and exits with 1.
//
// It sees frames and descriptors and writes neither anywhere: it logs nothing in
// normal operation and cannot be dumped. It is the only program that links dlib.
// Test with `go test ./app/ting-face`: photographs are read from TING_FACES.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/devices/face/protocol"
)

// shapePredictor is where Debian's libdlib-data puts the landmarks' model.
const shapePredictor = "/usr/share/dlib/shape_predictor_68_face_landmarks.dat"

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	flags := flag.NewFlagSet("ting-face", flag.ContinueOnError)
	weights := flags.String("weights", "", "`file` of dlib-compatible recognition weights, .dat or .dat.zst (default: built in)")
	landmarks := flags.String("landmarks", shapePredictor, "`file` of the 68-point shape predictor")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	socket, memory, err := inherited()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ting-face:", err)
		return 2
	}
	defer socket.Close()
	// Ctrl-C is the terminal's affair: it closes the socket when it wants this to end.
	signal.Ignore(os.Interrupt, syscall.SIGHUP)
	// Neither a crash dump nor another user's debugger shall see a face.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "ting-face: cannot forbid crash dumps:", err)
	}
	conn := protocol.NewConn(socket)
	m, err := loadModels(*weights, *landmarks)
	if err != nil {
		return refuse(conn, err)
	}
	s, err := newServer(conn, memory, m)
	if err != nil {
		return refuse(conn, err)
	}
	debug.FreeOSMemory() // what loading took is not needed again
	ready := protocol.Ready{Model: m.id, Path: m.network.Path().String()}
	if err := conn.Send(protocol.Message{Kind: protocol.KindReady, Body: ready.Append(nil)}); err != nil {
		return 1 // nobody is there any more
	}
	if err := s.serve(); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
		return refuse(conn, err)
	}
	return 0
}

// inherited opens what the terminal handed down.
func inherited() (net.Conn, *protocol.Memory, error) {
	const alone = "this program is started by ting, which hands it a socket; it does nothing by itself"
	socketFile := os.NewFile(protocol.SocketFD, "socket")
	memoryFile := os.NewFile(protocol.MemoryFD, "pictures")
	if socketFile == nil || memoryFile == nil {
		return nil, nil, errors.New(alone)
	}
	defer socketFile.Close()
	defer memoryFile.Close() // the mapping stays
	conn, err := net.FileConn(socketFile)
	if err != nil {
		return nil, nil, fmt.Errorf("%s (%w)", alone, err)
	}
	memory, err := protocol.OpenMemory(memoryFile)
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return conn, memory, nil
}

// refuse says why the engine cannot work, to the terminal and to whoever reads
// standard error.
func refuse(conn *protocol.Conn, why error) int {
	fmt.Fprintln(os.Stderr, "ting-face:", why)
	_ = conn.Send(protocol.Message{Kind: protocol.KindRefusal, Body: protocol.Text(why.Error()).Append(nil)}) // it may be gone
	return 1
}
