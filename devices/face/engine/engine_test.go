package engine_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/engine"
	"github.com/luohu/ting/devices/face/protocol"
)

// play as the first argument makes the test binary an engine's process with the
// behaviour that the second one names.
const play = "play"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == play {
		os.Exit(behave(os.Args[2]))
	}
	os.Exit(m.Run())
}

// behave is a process of the engine, well behaved or not.
func behave(how string) int {
	conn, err := net.FileConn(os.NewFile(protocol.SocketFD, "socket"))
	if err != nil {
		return 2
	}
	memory, err := protocol.OpenMemory(os.NewFile(protocol.MemoryFD, "memory"))
	if err != nil {
		return 2
	}
	c := protocol.NewConn(conn)
	forever := func() int { select {} }
	hello := protocol.Message{Kind: protocol.KindReady, Body: protocol.Ready{Model: "played", Path: "none"}.Append(nil)}
	switch how {
	case "crash":
		fmt.Fprintln(os.Stderr, "terminate called after throwing")
		return 3
	case "mute":
		return forever()
	case "version":
		_, _ = conn.Write([]byte{10, 0, 0, 0, 99, 1, 0, 0, 0, 0, 0, 0, 0, 0})
		return forever()
	case "garbage":
		_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
		return forever()
	case "early":
		_ = c.Send(protocol.Message{Kind: protocol.KindFaces})
		return forever()
	}
	if err := c.Send(hello); err != nil {
		return 1
	}
	for {
		m, err := c.Receive()
		if err != nil {
			return 0
		}
		r, err := protocol.ParseRequest(m.Body)
		if err != nil {
			return 4
		}
		switch how {
		case "hang":
			continue
		case "die":
			return 5
		case "babble":
			_ = c.Send(protocol.Message{Kind: protocol.KindFaces, ID: m.ID, Body: []byte("babble")})
			continue
		case "fail":
			_ = c.Send(protocol.Message{Kind: protocol.KindFailure, ID: m.ID, Body: protocol.Text("no luck").Append(nil)})
			continue
		}
		// The first pixel comes back as the track, so that a test sees whose picture was read.
		track := uint64(memory.Slot(r.Slot, 3*r.W*r.H)[0])
		_ = c.Send(protocol.Message{Kind: protocol.KindFaces, ID: m.ID + 1000000, Body: protocol.AppendFaces(nil, nil)}) // nobody asked
		_ = c.Send(protocol.Message{Kind: protocol.KindFaces, ID: m.ID, Body: protocol.AppendFaces(nil, []face.Face{{Track: track}})})
	}
}

func start(t *testing.T, how string, o engine.Options) *engine.Engine {
	t.Helper()
	o.Command = []string{os.Args[0], play, how}
	e := engine.New(o)
	t.Cleanup(func() { e.Close() })
	return e
}

func frame(tone byte) *camera.Frame {
	f := &camera.Frame{W: 3, H: 2, Stride: 16, Pix: make([]byte, 16+9)}
	f.Pix[0] = tone
	return f
}

func ready(t *testing.T, e *engine.Engine) engine.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := e.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return e.Status()
}

// trouble waits until the engine says why it is not ready.
func trouble(t *testing.T, e *engine.Engine) error {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if s := e.Status(); s.Err != nil {
			return s.Err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_ = e.Ready(ctx)
		cancel()
	}
	t.Fatal("no trouble")
	return nil
}

// TestConcurrent asks from many goroutines: each gets the answer to its own picture.
func TestConcurrent(t *testing.T) {
	e := start(t, "well", engine.Options{})
	if s := ready(t, e); s.Model != "played" || s.Path != "none" || s.Restarts != 0 || s.PID == 0 {
		t.Errorf("status %+v", s)
	}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for j := range 50 {
				tone := byte(i*16 + j%16)
				faces, err := e.Analyze(t.Context(), face.Request{Frame: frame(tone)})
				if err != nil || len(faces) != 1 || faces[0].Track != uint64(tone) {
					t.Errorf("caller %d: %v, %d faces", i, err, len(faces))
					return
				}
			}
		})
	}
	all.Wait()
}

func TestNotReadyAtOnce(t *testing.T) {
	e := start(t, "mute", engine.Options{})
	if _, err := e.Analyze(t.Context(), face.Request{Frame: frame(1)}); !errors.Is(err, face.ErrRestarting) {
		t.Errorf("before the start: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Ready(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Ready: %v", err)
	}
}

// TestTrouble plays processes that never become ready.
func TestTrouble(t *testing.T) {
	for _, test := range []struct{ how, say string }{
		{"crash", "terminate called after throwing"},
		{"mute", "ready in time"},
		{"version", "version 99"},
		{"garbage", "makes no sense"},
		{"early", "makes no sense"},
	} {
		t.Run(test.how, func(t *testing.T) {
			e := start(t, test.how, engine.Options{StartTimeout: time.Second, RetryPause: time.Millisecond})
			if err := trouble(t, e); !strings.Contains(err.Error(), test.say) {
				t.Errorf("%v does not say %q", err, test.say)
			}
			_, err := e.Analyze(t.Context(), face.Request{Frame: frame(1)})
			if !errors.Is(err, face.ErrRestarting) {
				t.Errorf("Analyze: %v", err)
			}
		})
	}
}

// TestRestarts plays processes that are ready and then misbehave: each request
// fails with ErrRestarting, the process is killed if need be, and comes back.
func TestRestarts(t *testing.T) {
	for _, how := range []string{"hang", "die", "babble"} {
		t.Run(how, func(t *testing.T) {
			e := start(t, how, engine.Options{RequestTimeout: 200 * time.Millisecond})
			for i := range 2 {
				before := ready(t, e)
				if _, err := e.Analyze(t.Context(), face.Request{Frame: frame(1)}); !errors.Is(err, face.ErrRestarting) {
					t.Errorf("round %d: %v", i, err)
				}
				after := ready(t, e)
				if after.PID == before.PID || after.Restarts != before.Restarts+1 {
					t.Errorf("round %d: from %+v to %+v", i, before, after)
				}
				if err := syscall.Kill(before.PID, 0); !errors.Is(err, syscall.ESRCH) {
					t.Errorf("round %d: process %d is left over: %v", i, before.PID, err)
				}
			}
		})
	}
}

// TestFailure is an answer like any other: the process stays.
func TestFailure(t *testing.T) {
	e := start(t, "fail", engine.Options{})
	before := ready(t, e)
	_, err := e.Analyze(t.Context(), face.Request{Frame: frame(1)})
	if err == nil || !strings.Contains(err.Error(), "no luck") || errors.Is(err, face.ErrRestarting) {
		t.Errorf("Analyze: %v", err)
	}
	if after := e.Status(); after != before {
		t.Errorf("from %+v to %+v", before, after)
	}
}

// TestMissingProgram says what to do.
func TestMissingProgram(t *testing.T) {
	e := engine.New(engine.Options{Command: []string{"/nonexistent/ting-face"}})
	defer e.Close()
	if err := trouble(t, e); !strings.Contains(err.Error(), "make build") {
		t.Errorf("%v", err)
	}
}

// TestClose ends requests that are under way and leaves no process.
func TestClose(t *testing.T) {
	e := start(t, "hang", engine.Options{})
	pid := ready(t, e).PID
	failed := make(chan error)
	go func() {
		_, err := e.Analyze(t.Context(), face.Request{Frame: frame(1)})
		failed <- err
	}()
	e.Close()
	if err := <-failed; err == nil {
		t.Error("a request to a closed engine succeeds")
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is left over: %v", pid, err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}
