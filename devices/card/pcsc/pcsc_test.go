package pcsc_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/luohu/ting/devices/card/cardtest"
	"github.com/luohu/ting/devices/card/pcsc"
	"github.com/luohu/ting/devices/devicestest"
)

// The drivers under test speak to Debian's pcscd, whose reader is vsmartcard's
// virtual one (ifd-vpcd); the card in it is icc, below.

const vpcd = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

// daemon is a pcscd in a mount namespace of its own: its socket's path is compiled in.
type daemon struct {
	dir string
	cmd *exec.Cmd
}

// newDaemon configures one whose virtual reader waits for its card at a TCP port.
func newDaemon(t *testing.T, port int) *daemon {
	t.Helper()
	for _, needed := range []string{"/usr/sbin/pcscd", vpcd} {
		if _, err := os.Stat(needed); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%v: .ci/setup installs pcscd and vsmartcard-vpcd", err)
			}
			t.Skip("pcscd and vsmartcard-vpcd are not installed")
		}
	}
	d := &daemon{dir: t.TempDir()}
	conf := fmt.Sprintf("FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:%d\nLIBPATH %s\nCHANNELID %d\n", port, vpcd, port)
	if err := os.Mkdir(filepath.Join(d.dir, "conf"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.dir, "conf", "vpcd"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.stop() })
	return d
}

// start starts it. Its socket, in its own namespace, becomes reachable at d.socket.
func (d *daemon) start() error {
	own := "mount -t tmpfs none /run && mkdir /run/pcscd && exec /usr/sbin/pcscd -f -c \"$1\""
	flags := []string{"--mount"}
	if os.Getuid() != 0 {
		flags = append(flags, "--map-root-user")
	}
	d.cmd = exec.Command("unshare", append(flags, "sh", "-c", own, "sh", filepath.Join(d.dir, "conf"))...)
	log, err := os.Create(filepath.Join(d.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		return err
	}
	_ = os.Remove(d.socket())
	return os.Symlink(fmt.Sprintf("/proc/%d/root%s", d.cmd.Process.Pid, pcsc.Socket), d.socket())
}

func (d *daemon) socket() string { return filepath.Join(d.dir, "comm") }

func (d *daemon) stop() error {
	if d.cmd == nil {
		return nil
	}
	err := d.cmd.Process.Kill()
	_ = d.cmd.Wait() // it was killed
	d.cmd = nil
	return err
}

// icc is a contactless card, as vpcd speaks to one: over TCP, each message behind
// its length. While nobody holds it to the reader, it hangs up.
type icc struct {
	port int
	conn net.Conn
}

// hold has the card dial the reader, which may be away.
func (c *icc) hold(uid []byte) {
	c.take()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", c.port))
	if err != nil {
		return
	}
	c.conn = conn
	go serve(conn, uid)
}

func (c *icc) take() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// serve is the card's part: single bytes are the reader's own wishes.
func serve(conn net.Conn, uid []byte) {
	defer conn.Close()
	say := func(b ...byte) bool {
		_, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...))
		return err == nil
	}
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		m := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(conn, m); err != nil {
			return
		}
		const atr = 4
		switch {
		case len(m) == 1 && m[0] == atr:
			if !say(0x3b, 0x80, 0x80, 0x01, 0x01) {
				return
			}
		case len(m) == 1: // off, on, reset: no answer
		case bytes.Equal(m, []byte{0xff, 0xca, 0, 0, 0}) && uid != nil:
			say(append(slices.Clone(uid), 0x90, 0)...)
		default:
			say(0x6a, 0x81)
		}
	}
}

// open makes a reader at a pcscd. Its virtual reader's port cannot be chosen by the
// kernel: should another program take it meanwhile, the next one is tried.
func open(t *testing.T) cardtest.Reader {
	t.Helper()
	for range 10 {
		c := &icc{port: freePort(t)}
		d := newDaemon(t, c.port)
		if err := d.start(); err != nil {
			t.Fatal(err)
		}
		if d.listens(t) {
			t.Cleanup(c.take)
			r := pcsc.New(d.socket(), "Virtual")
			return cardtest.Reader{Reader: r, Hold: c.hold, Take: c.take, Unplug: d.stop, Plug: d.start}
		}
	}
	t.Fatal("pcscd does not start")
	return cardtest.Reader{}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// listens waits until the daemon is there, and says whether its reader has its port.
func (d *daemon) listens(t *testing.T) bool {
	t.Helper()
	late := time.NewTimer(devicestest.Patience)
	defer late.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := net.Dial("unix", d.socket()); err == nil {
			conn.Close()
			log, err := os.ReadFile(filepath.Join(d.dir, "log"))
			return err == nil && !strings.Contains(string(log), "Could not initialize")
		}
		select {
		case <-tick.C:
		case <-late.C:
			log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
			t.Fatalf("pcscd does not start: %s", log)
		}
	}
}

func TestReaderAtPcscd(t *testing.T) {
	t.Parallel()
	cardtest.Exercise(t, open)
}

func TestReplug(t *testing.T) {
	r := open(t)
	defer devicestest.Close(t, r)
	devicestest.Replug(t, devicestest.Away(r, r.Unplug, r.Plug))
}

// TestServiceThatIsNone is one that speaks another version, or nonsense.
func TestServiceThatIsNone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"another version": string(binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint64(nil, 5<<32|4), uint32(pcsc.ServiceStopped))),
		"nonsense":        strings.Repeat("HTTP/1.1 400 Bad Request\r\n", 200),
		"nothing":         "",
	} {
		dir := t.TempDir()
		l, err := net.Listen("unix", filepath.Join(dir, "s"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, answer)
				conn.Close()
			}
		}()
		r := pcsc.New(l.Addr().String(), "")
		late := time.NewTimer(devicestest.Patience)
		tick := time.NewTicker(5 * time.Millisecond)
		for h := r.Health(); h.State != "away"; h = r.Health() {
			select {
			case <-tick.C:
			case <-late.C:
				t.Fatalf("%s: %v", name, h)
			}
		}
		devicestest.Close(t, r)
	}
}

func TestParseUID(t *testing.T) {
	for _, c := range []struct {
		answer []byte
		ok     bool
	}{
		{[]byte{1, 2, 3, 4, 0x90, 0}, true},
		{[]byte{1, 2, 3, 4, 5, 6, 7, 0x90, 0}, true},
		{[]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x90, 0}, true},
		{[]byte{0x6a, 0x81}, false},
		{[]byte{1, 2, 3, 4, 0x63, 0}, false},
		{[]byte{0x90, 0}, false},
		{[]byte{0x90}, false},
		{nil, false},
	} {
		if uid, err := pcsc.ParseUID(c.answer); (err == nil) != c.ok {
			t.Errorf("% x: % x, %v", c.answer, uid, err)
		}
	}
}

func FuzzParseStates(f *testing.F) {
	f.Add(make([]byte, pcsc.StatesSize))
	f.Add(pcsc.AppendStates(nil, []pcsc.ReaderState{{Name: "ACS ACR122U 00 00", Events: 3, Present: true, Powered: true}, {Name: "other"}}))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		states, err := pcsc.ParseStates(b)
		if (err == nil) != (len(b) == pcsc.StatesSize) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		again, err := pcsc.ParseStates(pcsc.AppendStates(nil, states))
		if err != nil || len(again) != len(states) {
			t.Fatalf("%d readers became %d, %v", len(states), len(again), err)
		}
		for i, s := range states {
			if s.Name == "" || again[i].Name != s.Name || again[i].Events != s.Events || again[i].Present != s.Present {
				t.Errorf("%+v became %+v", s, again[i])
			}
		}
	})
}

func FuzzParseUID(f *testing.F) {
	f.Add([]byte{4, 1, 2, 3, 0x90, 0})
	f.Add([]byte{0x6a, 0x81})
	f.Fuzz(func(t *testing.T, b []byte) {
		uid, err := pcsc.ParseUID(b)
		if err == nil && (len(uid) < 4 || len(uid) > 10) {
			t.Errorf("% x is a number of %d bytes", b, len(uid))
		}
	})
}
