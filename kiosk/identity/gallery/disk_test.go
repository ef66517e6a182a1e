package gallery

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/luohu/ting/devices/face"
)

func TestOtherDevice(t *testing.T) {
	tests := map[string]struct {
		bind Binding
		harm func(dir string) error
	}{
		"another terminal":     {bind: Binding{"gate-2", "school-1", "m1"}},
		"another site":         {bind: Binding{"gate-1", "school-2", "m1"}},
		"another machine":      {bind: Binding{"gate-1", "school-1", "m2"}},
		"a machine without ID": {bind: Binding{"gate-1", "school-1", ""}},
		"renamed in the file": {bind: Binding{"gate-2", "school-1", "m1"}, harm: func(dir string) error {
			b, err := os.ReadFile(filepath.Join(dir, keysFile))
			if err != nil {
				return err
			}
			b = bytes.ReplaceAll(b, []byte("gate-1"), []byte("gate-2"))
			h, rest, err := decodeHeader(signed(b))
			if err != nil || h.terminal != "gate-2" {
				return fmt.Errorf("not renamed: %w", err)
			}
			return os.WriteFile(filepath.Join(dir, keysFile), append(h.encode(), rest...), 0o600)
		}},
		"without its device key": {bind: here, harm: func(dir string) error { return os.Remove(filepath.Join(dir, deviceFile)) }},
		"another device key": {bind: here, harm: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, deviceFile), make([]byte, keySize), 0o600)
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir, copied := t.TempDir(), t.TempDir()
			g := open(t, dir, here)
			put(t, g, entry("a", "gate"), point(1))
			g.Close()
			check(t, os.CopyFS(copied, os.DirFS(dir)))
			if tt.harm != nil {
				check(t, tt.harm(copied))
			}
			if _, _, err := Open(copied, tt.bind); !errors.Is(err, ErrOtherDevice) {
				t.Errorf("Open = %v, want ErrOtherDevice", err)
			}
			if !bytes.Equal(templates(t, copied), templates(t, dir)) {
				t.Error("a refusal destroyed something")
			}
			if _, there := open(t, dir, here).Entry("a"); !there {
				t.Error("the original does not open any more")
			}
		})
	}
}

func TestDamageIsSetAside(t *testing.T) {
	flip := func(path string, at int) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			files, err := filepath.Glob(filepath.Join(dir, path))
			if err != nil || len(files) == 0 {
				t.Fatalf("no %s: %v", path, err)
			}
			b, err := os.ReadFile(files[0])
			check(t, err)
			if at < 0 {
				at += len(b)
			}
			b[at] ^= 0x20
			check(t, os.WriteFile(files[0], b, 0o600))
		}
	}
	tests := map[string]struct {
		harm    func(t *testing.T, dir string)
		persons int
		aside   string
	}{
		"a byte of an entry": {flip("templates-*", 100), 2, strings.Repeat("[0-9a-f]", 24)},
		"the last entry cut off": {func(t *testing.T, dir string) {
			check(t, os.Truncate(templatesPath(t, dir), int64(len(templates(t, dir))-20)))
		}, 2, strings.Repeat("[0-9a-f]", 24)},
		"a record":         {flip(keysFile, -recordSize-50), 2, "record-0"},
		"the head of keys": {flip(keysFile, 0), 0, keysFile},
		"keys is empty": {func(t *testing.T, dir string) {
			check(t, os.Truncate(filepath.Join(dir, keysFile), 0))
		}, 0, keysFile},
		"keys is gone": {func(t *testing.T, dir string) {
			check(t, os.Remove(filepath.Join(dir, keysFile)))
		}, 0, templatesPrefix + "*"},
		"the templates are gone": {func(t *testing.T, dir string) {
			check(t, os.Remove(templatesPath(t, dir)))
		}, 0, keysFile},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			g := open(t, dir, here)
			for i, id := range []string{"a", "b", "c"} {
				put(t, g, entry(id, "gate"), point(uint64(i)))
			}
			g.Close()
			tt.harm(t, dir)

			g, problems, err := Open(dir, here)
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if len(problems) != 1 || !errors.Is(problems[0], ErrSetAside) {
				t.Errorf("problems: %v", problems)
			}
			if n, _ := g.Len(); n != tt.persons {
				t.Errorf("%d persons left, want %d", n, tt.persons)
			}
			if kept, _ := filepath.Glob(filepath.Join(dir, "set-aside-*", tt.aside)); len(kept) != 1 {
				t.Errorf("set aside: %v, want one %s", kept, tt.aside)
			}
			put(t, g, entry("d", "gate"), point(9))
			g = reopen(t, g, dir) // and says nothing the second time
			if n, _ := g.Len(); n != tt.persons+1 {
				t.Errorf("%d persons after reopening, want %d", n, tt.persons+1)
			}
		})
	}
}

// TestPowerCutDuringPut cuts a Put off after every byte that it writes: whoever was
// there before is there, whole, whether new or replaced, and nothing is reported.
func TestPowerCutDuringPut(t *testing.T) {
	before := t.TempDir()
	g := open(t, before, here)
	put(t, g, entry("a", "gate"), point(1))
	put(t, g, entry("b", "gate"), point(2))
	g.Close()
	for _, who := range []string{"new", "a"} {
		after := t.TempDir()
		check(t, os.CopyFS(after, os.DirFS(before)))
		g = open(t, after, here)
		put(t, g, entry(who, "gate", "canteen"), point(3))
		g.Close()
		keys, shots := read(t, before, keysFile), templates(t, before)
		allKeys, allShots := read(t, after, keysFile), templates(t, after)
		newShots := allShots[len(shots):]
		newKeys := allKeys[len(keys):]
		states := [][2]int{}
		for i := 0; i < len(newShots); i += 311 {
			states = append(states, [2]int{i, 0})
		}
		for i := 0; i < len(newKeys); i += 13 {
			states = append(states, [2]int{len(newShots), i})
		}
		for _, cut := range states {
			for _, zeros := range []bool{false, true} { // what a file system may leave of the rest
				dir := t.TempDir()
				check(t, os.CopyFS(dir, os.DirFS(before)))
				k, s := append([]byte{}, newKeys[:cut[1]]...), append([]byte{}, newShots[:cut[0]]...)
				if zeros && cut[1] == 0 {
					k, s = make([]byte, recordSize), append(s, make([]byte, len(newShots)-len(s))...)
				}
				check(t, os.WriteFile(filepath.Join(dir, keysFile), append(append([]byte{}, keys...), k...), 0o600))
				check(t, os.WriteFile(templatesPath(t, dir), append(append([]byte{}, shots...), s...), 0o600))
				g := open(t, dir, here)
				if got := g.Persons(); !slices.Equal(got, []string{"a", "b"}) || g.Covers("a", "canteen") {
					t.Fatalf("cut off at %v: %v enrolled", cut, got)
				}
				put(t, g, entry("c", "gate"), point(4))
				g = reopen(t, g, dir)
				if n, _ := g.Len(); n != 3 {
					t.Fatalf("cut off at %v: %d enrolled after one more", cut, n)
				}
				g.Close()
			}
		}
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	check(t, err)
	return b
}

// signed puts the right check sum on a header.
func signed(b []byte) []byte {
	h, rest, err := decodeHeader(b)
	for n := range b { // the header's length is where a check sum was
		if err == nil {
			break
		}
		sum := binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(b[:n]))
		h, rest, err = decodeHeader(slices.Concat(b[:n], sum, b[min(n+4, len(b)):]))
	}
	return append(h.encode(), rest...)
}

// TestFullDisk: where the file system has no room nothing is stored, nothing is lost,
// and once there is room all goes on.
func TestFullDisk(t *testing.T) {
	for _, part := range []string{"entry", "key"} {
		t.Run(part, func(t *testing.T) {
			dir := t.TempDir()
			g := open(t, dir, here)
			put(t, g, entry("a", "gate"), point(1))
			full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
			if err != nil {
				t.Skip("this system has no /dev/full")
			}
			at := &g.store.shots
			if part == "key" {
				at = &g.store.keys
			}
			right := *at
			*at = full
			if _, err := g.Put(entry("a", "canteen"), []face.Descriptor{point(2)}); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("Put on a full disk: %v", err)
			}
			if !g.Covers("a", "gate") || g.Covers("a", "canteen") {
				t.Error("a Put that failed has an effect")
			}
			*at = right
			g = reopen(t, g, dir)
			if !g.Covers("a", "gate") || g.Covers("a", "canteen") {
				t.Error("a Put that failed has an effect after a new start")
			}
			put(t, g, entry("b", "canteen"), point(3))
			g = reopen(t, g, dir)
			if !g.Covers("a", "gate") || !g.Covers("b", "canteen") {
				t.Error("what was stored before and after is not there")
			}
		})
	}
}

func TestInUse(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, here)
	if _, _, err := Open(dir, here); !errors.Is(err, ErrInUse) {
		t.Errorf("a second Open = %v, want ErrInUse", err)
	}
}
