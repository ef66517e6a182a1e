package outbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/kiosk"
)

func open(t *testing.T, path string) *Outbox {
	t.Helper()
	o, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	return o
}

func put(t *testing.T, o *Outbox, items ...string) {
	t.Helper()
	for _, item := range items {
		if err := o.Put([]byte(item)); err != nil {
			t.Fatal(err)
		}
	}
}

func waiting(o *Outbox) (all []string) {
	for _, item := range o.Waiting() {
		all = append(all, string(item))
	}
	return all
}

// take delivers until n items went out, and returns them.
func take(t *testing.T, o *Outbox, n int) (got []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := o.Deliver(ctx, func(_ context.Context, item []byte) error {
		if len(got) == n {
			cancel()
			return ctx.Err()
		}
		if got = append(got, string(item)); len(got) == n && o.Len() == 1 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return got
}

func TestDeliveredInOrderAcrossStarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	o := open(t, path)
	put(t, o, "a", "", "c")
	o.Close()

	o = open(t, path)
	if got := take(t, o, 2); !slices.Equal(got, []string{"a", ""}) {
		t.Fatalf("delivered %q", got)
	}
	o.Close()

	o = open(t, path)
	put(t, o, "d")
	if got := take(t, o, 2); !slices.Equal(got, []string{"c", "d"}) {
		t.Fatalf("delivered %q", got)
	}
	if i, err := os.Stat(path); err != nil || i.Size() != 0 {
		t.Errorf("an empty outbox takes %d bytes, %v", i.Size(), err)
	}
}

// TestPowerCut cuts the file at every byte: what was whole is there, nothing else.
func TestPowerCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	o := open(t, path)
	put(t, o, "first", "second", "third")
	o.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(whole) {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		o := open(t, path)
		all := []string{"first", "second", "third"}
		n, end := 0, 0
		for n < len(all) && end+headerLen+len(all[n]) <= cut {
			end += headerLen + len(all[n])
			n++
		}
		put(t, o, "after")
		o.Close()
		if got := waiting(open(t, path)); !slices.Equal(got, append(slices.Clone(all[:n]), "after")) {
			t.Fatalf("cut at %d: %q", cut, got)
		}
		if _, err := os.Stat(path + ".damaged"); err == nil {
			t.Fatalf("cut at %d: a cut is taken for damage", cut)
		}
		// The file stays open until the test's end; the next round needs a new one.
		path = filepath.Join(t.TempDir(), "outbox")
	}
}

func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	o := open(t, path)
	put(t, o, "first", "second", "third")
	o.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[headerLen+len("first")+headerLen] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := waiting(open(t, path)); !slices.Equal(got, []string{"first"}) {
		t.Errorf("read %q", got)
	}
	if kept, err := os.ReadFile(path + ".damaged"); err != nil || !slices.Equal(kept, b) {
		t.Errorf("the damaged file is not kept: %v", err)
	}
}

func TestTriedAgainWithPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := open(t, filepath.Join(t.TempDir(), "outbox"))
		put(t, o, "a", "b")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		began := time.Now()
		var log []string
		_ = o.Deliver(ctx, func(_ context.Context, item []byte) error {
			log = append(log, fmt.Sprintf("%s %v", item, time.Since(began)))
			if len(log) < 9 {
				return errors.New("away")
			}
			if o.Len() == 1 {
				cancel()
			}
			return nil
		})
		want := []string{"a 0s", "a 1s", "a 3s", "a 7s", "a 15s", "a 31s", "a 1m3s", "a 2m3s", "a 3m3s", "b 3m3s"}
		if !slices.Equal(log, want) {
			t.Errorf("tried %q\nwant  %q", log, want)
		}
	})
}

func TestRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	o := open(t, path)
	put(t, o, "good", "bad", "good too")
	var got []string
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_ = o.Deliver(ctx, func(_ context.Context, item []byte) error {
		if string(item) == "bad" {
			return fmt.Errorf("send: %w", Refused(errors.New("no such patient")))
		}
		if got = append(got, string(item)); len(got) == 2 {
			cancel()
		}
		return nil
	})
	if !slices.Equal(got, []string{"good", "good too"}) {
		t.Errorf("delivered %q", got)
	}
	kept, err := os.ReadFile(path + ".refused")
	if err != nil {
		t.Fatal(err)
	}
	if _, body, _ := first(kept); string(body) != "bad" {
		t.Errorf("laid aside %q", kept)
	}
}

func TestCompact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	o := open(t, path)
	large := strings.Repeat("x", 100<<10)
	for range 20 {
		put(t, o, large)
	}
	put(t, o, "last")
	take(t, o, 18)
	if i, err := os.Stat(path); err != nil || i.Size() > compactAt {
		t.Errorf("the file of 2 MiB still has %d bytes: %v", i.Size(), err)
	}
	put(t, o, "after")
	o.Close()
	if got := waiting(open(t, path)); !slices.Equal(got, []string{large, large, "last", "after"}) {
		t.Errorf("%d items wait", len(got))
	}
}

func TestOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	open(t, path)
	_, err := Open(path)
	var e *kiosk.Error
	if !errors.As(err, &e) || !strings.Contains(e.Hint, "another process") {
		t.Errorf("opened twice: %v", err)
	}
}

// full is a disk with room for so many bytes more.
type full struct {
	file
	room int
}

func (f *full) WriteAt(b []byte, at int64) (int, error) {
	if len(b) > f.room {
		n, _ := f.file.WriteAt(b[:f.room], at)
		return n, errors.New("no space left on device")
	}
	return f.file.WriteAt(b, at)
}

func TestDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox")
	o := open(t, path)
	put(t, o, "first")
	disk := &full{o.file, 3}
	o.file = disk
	if err := o.Put([]byte("second")); kiosk.CodeOf(err) != kiosk.CodeDiskFull {
		t.Errorf("a full disk: %v", err)
	}
	disk.room = 1 << 20
	put(t, o, "third")
	o.Close()
	if got := waiting(open(t, path)); !slices.Equal(got, []string{"first", "third"}) {
		t.Errorf("%q wait", got)
	}
}

func TestLimits(t *testing.T) {
	o := open(t, filepath.Join(t.TempDir(), "outbox"))
	if err := o.Put(make([]byte, MaxItem+1)); kiosk.CodeOf(err) != kiosk.CodeInvalid {
		t.Errorf("a large item: %v", err)
	}
	o.bytes = MaxBytes
	if err := o.Put([]byte("x")); kiosk.CodeOf(err) != kiosk.CodeDiskFull {
		t.Errorf("a full outbox: %v", err)
	}
	o.Close()
	if err := o.Put([]byte("x")); kiosk.CodeOf(err) != kiosk.CodeShutdown {
		t.Errorf("a closed outbox: %v", err)
	}
	if err := o.Deliver(t.Context(), nil); kiosk.CodeOf(err) != kiosk.CodeShutdown {
		t.Errorf("a closed outbox delivers: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(append(encode(kindItem, []byte("a")), encode(kindDone, nil)...))
	f.Add(append(encode(kindItem, []byte("ab")), 0, 0, 0, 9))
	f.Fuzz(func(t *testing.T, b []byte) {
		items, sound, damaged := decode(b)
		if sound > len(b) || damaged && sound == len(b) {
			t.Fatalf("%d of %d bytes are sound, damaged %v", sound, len(b), damaged)
		}
		again, n, bad := decode(b[:sound])
		if n != sound || bad || len(again) != len(items) {
			t.Fatalf("what is sound does not read the same: %d of %d, %v, %d items of %d", n, sound, bad, len(again), len(items))
		}
	})
}
