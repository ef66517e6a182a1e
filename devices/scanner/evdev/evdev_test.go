package evdev

import (
	"context"
	"encoding/binary"
	"errors"
	"github.com/luohu/ting/devices/devicestest"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/luohu/ting/devices/scanner"
	"github.com/luohu/ting/devices/scanner/scannertest"
)

// bytes of one event.
func encode(e event) []byte {
	b := make([]byte, eventBytes)
	binary.NativeEndian.PutUint16(b[16:], e.kind)
	binary.NativeEndian.PutUint16(b[18:], e.code)
	binary.NativeEndian.PutUint32(b[20:], uint32(e.value))
	return b
}

// typing is the events of a keyboard that types s and Enter.
func typing(s string) (b []byte) {
	press := func(code uint16) {
		b = append(b, encode(event{kindKey, code, pressed})...)
		b = append(b, encode(event{0, 0, 0})...) // EV_SYN
		b = append(b, encode(event{kindKey, code, 2})...)
		b = append(b, encode(event{kindKey, code, released})...)
	}
	for _, c := range []byte(s) {
		for _, r := range rows {
			if i := strings.IndexByte(r.plain, c); i >= 0 {
				press(r.first + uint16(i))
				break
			}
			if i := strings.IndexByte(r.shifted, c); i >= 0 {
				b = append(b, encode(event{kindKey, keyLeftShift, pressed})...)
				press(r.first + uint16(i))
				b = append(b, encode(event{kindKey, keyLeftShift, released})...)
				break
			}
		}
	}
	press(keyEnter)
	return b
}

// keyboard is a device that can be unplugged.
type keyboard struct {
	mu  sync.Mutex
	out *os.File
	in  *os.File
}

func (k *keyboard) plug() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var err error
	k.in, k.out, err = os.Pipe()
	return err
}

func (k *keyboard) unplug() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.in = nil
	return k.out.Close()
}

func (k *keyboard) dial(context.Context) (*os.File, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.in == nil {
		return nil, fs.ErrNotExist
	}
	f := k.in
	k.in = nil
	return f, nil
}

func (k *keyboard) scan(code string) error {
	_, err := k.out.Write(typing(code))
	return err
}

func atKeyboard(t *testing.T) scannertest.Scanner {
	t.Helper()
	k := &keyboard{}
	if err := k.plug(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.out.Close() })
	return scannertest.Scanner{Scanner: keep(k.dial), Scan: k.scan, Plug: k.plug, Unplug: k.unplug}
}

func TestScanner(t *testing.T) {
	t.Parallel()
	scannertest.Exercise(t, atKeyboard)
}

func TestKeys(t *testing.T) {
	const all = `abcxyzABCXYZ0123456789-=[];'\,./!@#$%^&*()_+{}:"|<>? ~`
	var k keys
	events := typing(all)
	for len(events) > 0 {
		line, done := k.take(parseEvent([eventBytes]byte(events)))
		if events = events[eventBytes:]; done {
			if string(line) != all {
				t.Errorf("typed %q,\nread  %q", all, line)
			}
			return
		}
	}
	t.Error("Enter ended nothing")
}

func TestAFileThatIsNoDevice(t *testing.T) {
	path := t.TempDir() + "/event0"
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := grab(path); err == nil || !strings.Contains(err.Error(), "taken for ourselves") {
		t.Errorf("a plain file: %v", err)
	}
	if _, err := grab(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Open(t.Context(), &url.URL{Scheme: "evdev"}); err == nil {
		t.Error("evdev: without a path was opened")
	}
}

// FuzzKeys: whatever keys are pressed, a line is of bounded length and clean.
func FuzzKeys(f *testing.F) {
	f.Add(typing("9787020002207"))
	f.Add(typing("A\"~"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var k keys
		for ; len(b) >= eventBytes; b = b[eventBytes:] {
			if line, done := k.take(parseEvent([eventBytes]byte(b))); done && len(line) > scanner.MaxCode+1 {
				t.Fatalf("a line of %d bytes", len(line))
			}
		}
	})
}

func TestReplug(t *testing.T) {
	d := atKeyboard(t)
	defer devicestest.Close(t, d)
	devicestest.Replug(t, devicestest.Away(d, d.Unplug, d.Plug))
}
