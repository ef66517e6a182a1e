package identity

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/receipt"
)

// notes is a terminal's journal.
type notes struct {
	mu   sync.Mutex
	made []string // kind, person and cause
	full bool
}

func (n *notes) Append(_ context.Context, kind kiosk.RecordKind, key string, body []byte) (kiosk.Receipt, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full {
		return kiosk.Receipt{}, &kiosk.Error{Code: kiosk.CodeDiskFull, Op: "record " + kind.Name}
	}
	var r struct {
		Person, Template, Cause string
		Consent                 *receipt.Consent
	}
	if err := json.Unmarshal(body, &r); err != nil || r.Template == "" || key != "person/"+r.Person {
		return kiosk.Receipt{}, &kiosk.Error{Code: kiosk.CodeInvalid, Cause: err}
	}
	line := strings.TrimPrefix(kind.Name, "identity.") + " " + r.Person
	if r.Cause != "" {
		line += " " + r.Cause
	}
	if kind.Urgent {
		line += "!"
	}
	n.made = append(n.made, line)
	return kiosk.Receipt{}, nil
}

// take returns what was recorded since the last call.
func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	made := n.made
	n.made = nil
	return made
}

func (n *notes) setFull(full bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.full = full
}

func buildRecorded(t *testing.T) (*house, *notes) {
	t.Helper()
	h, n := build(t, t.TempDir()), &notes{}
	h.cfg.Recorder = n
	h.restart(t)
	return h, n
}

func wantMade(t *testing.T, when string, n *notes, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, n.take()); diff != "" {
		t.Errorf("%s: recorded (-want +got):\n%s", when, diff)
	}
}

// TestReceipts: every template that was stored is recorded, and every one that is gone,
// with why, once each.
func TestReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := buildRecorded(t)
		h.enrol(t, li, liFace, "gate", "canteen")
		wantMade(t, "enrolled", n, "stored "+li)
		h.enrol(t, li, liFace, "gate")
		wantMade(t, "enrolled anew", n, "stored "+li, "erased "+li+" replaced!")
		h.restart(t)
		wantMade(t, "after a restart", n)

		h.enrol(t, wang, wangFace, "gate", "canteen")
		if err := h.Forget(t.Context(), visit, wang, []string{"gate"}); err != nil {
			t.Fatal(err)
		}
		wantMade(t, "one purpose of two withdrawn", n, "stored "+wang)
		if err := h.ApplyRevocations(t.Context(), []kiosk.RevocationRow{{Person: wang, Time: time.Now()}}); err != nil {
			t.Fatal(err)
		}
		wantMade(t, "from the center", n, "erased "+wang+" revoked!")
		for range 2 {
			if err := h.Forget(t.Context(), visit, li, nil); err != nil {
				t.Fatal(err)
			}
		}
		wantMade(t, "withdrawn here", n, "erased "+li+" withdrawn!")
		h.restart(t)
		wantMade(t, "after a restart", n)
		if raw, _ := os.ReadFile(filepath.Join(h.cfg.Dir, receiptsFile)); len(raw) > 0 {
			t.Errorf("people who are gone are remembered:\n%s", raw)
		}
	})
}

// TestReceiptsOutliveAFullJournal: a withdrawal is complete at once, and its receipt
// follows when there is room; also after a restart.
func TestReceiptsOutliveAFullJournal(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			h, n := buildRecorded(t)
			h.enrol(t, li, liFace, "gate")
			h.enrol(t, wang, wangFace, "gate")
			n.take()
			n.setFull(true)
			if err := h.Forget(t.Context(), visit, li, nil); err != nil || h.Has(li) {
				t.Fatalf("Forget = %v, still there: %t", err, h.Has(li))
			}
			if h.OwedReceipts() != 1 {
				t.Errorf("%d receipts are owed", h.OwedReceipts())
			}
			if _, err := h.EnrolFrames(t.Context(), kiosk.Person{ID: li}, frames(liFace), consentNow(), []string{"gate"}); kiosk.CodeOf(err) != kiosk.CodeDiskFull || h.Has(li) {
				t.Errorf("enrolled without a record: %v, there: %t", err, h.Has(li))
			}
			time.Sleep(time.Minute)
			n.setFull(false)
			if restarted {
				h.restart(t)
			} else if err := h.Forget(t.Context(), visit, wang, nil); err != nil {
				t.Fatal(err)
			}
			made := n.take()
			// The second template was never recorded as stored; that it is gone is, all the same.
			want := []string{"erased " + li + " withdrawn!", "erased " + li + " withdrawn!"}
			if !restarted {
				want = append(want, "erased "+wang+" withdrawn!")
			}
			if diff := cmp.Diff(want, made); diff != "" || h.OwedReceipts() != 0 {
				t.Errorf("restarted %t: recorded (-want +got):\n%s", restarted, diff)
			}
		})
	}
}

// TestReceiptsOfWhatWasLost: templates that vanish with the gallery's files, and those
// whose storing was not recorded before a power cut, are told at the next start.
func TestReceiptsOfWhatWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, n := buildRecorded(t)
		h.enrol(t, li, liFace, "gate")
		n.take()
		if err := os.Remove(filepath.Join(h.cfg.Dir, receiptsFile)); err != nil {
			t.Fatal(err)
		}
		h.restart(t)
		wantMade(t, "the file is gone", n, "stored "+li)
		faces, err := filepath.Glob(filepath.Join(h.cfg.Dir, "gallery", "templates-*"))
		if err != nil || len(faces) != 1 {
			t.Fatal(faces, err)
		}
		if err := os.Remove(faces[0]); err != nil {
			t.Fatal(err)
		}
		h.restart(t)
		wantMade(t, "the templates are gone", n, "erased "+li+" lost!")
		if err := os.WriteFile(filepath.Join(h.cfg.Dir, receiptsFile), []byte("{\"template\":\"a\",\"is\":\"sto"), 0o600); err != nil {
			t.Fatal(err)
		}
		h.restart(t)
		wantMade(t, "a torn line, and nobody here", n)
		h.enrol(t, li, liFace, "gate")
		n.take()
		h.restart(t)
		wantMade(t, "after a torn line", n)
	})
}

// frames are two pictures of the person of a seed.
func frames(seed uint64) []*camera.Frame { return []*camera.Frame{portrait(seed), portrait(seed)} }
