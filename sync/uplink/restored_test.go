package uplink

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestCenterRestored has the center lose what it had not declared safe.
func TestCenterRestored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.center.do(func() { r.center.alter = func(a *wire.Ack) { a.SafeSeq = 10 } })
		r.append(50, record.Ordinary)
		r.append(20, record.Urgent)
		synctest.Wait()
		r.center.do(func() {
			for name, rs := range r.center.chains {
				r.center.chains[name] = rs[:12]
			}
			r.center.incarnation = "second"
		})
		time.Sleep(7 * time.Second) // the ordinary heartbeat notices, and the urgent lane is asked too
		synctest.Wait()
		if n := r.center.received(); n != 70 {
			t.Errorf("%d of 70 records at the restored center", n)
		}
		r.center.do(func() {
			for name, rs := range r.center.chains {
				r.center.chains[name] = rs[:5]
			}
			r.center.incarnation = "third"
		})
		time.Sleep(30 * time.Second)
		if s := r.u.Status(); len(s.Stopped) != 2 || s.Stopped[0].Code != wire.Gap {
			t.Errorf("the center lost what it had declared safe: %+v", s)
		}
	})
}

// TestTerminalRestored starts from an older copy of the journal whose origin
// file was put back with it: only the center can tell.
func TestTerminalRestored(t *testing.T) {
	for name, ownRecords := range map[string]int{"nothing of its own": 0, "records of its own": 4} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.append(5, record.Ordinary)
				synctest.Wait()
				r.stop()
				r.j.Close()
				backup := t.TempDir()
				copyDir(t, filepath.Dir(r.path), backup)
				r.openJournal()
				r.start()
				r.append(5, record.Ordinary)
				synctest.Wait()
				r.stop()
				r.j.Close()
				epoch := r.j.Epoch()

				copyDir(t, backup, filepath.Dir(r.path))
				r.openJournal()
				r.append(ownRecords, record.Ordinary) // before it hears of the center
				r.start()
				synctest.Wait()
				r.append(3, record.Ordinary)
				time.Sleep(time.Minute)
				synctest.Wait()
				if r.j.Epoch() != epoch+1 {
					t.Errorf("epoch %d, want %d", r.j.Epoch(), epoch+1)
				}
				if n := r.center.received(); n != 13 || r.j.Unsent() != 0 {
					t.Errorf("%d records received, %d unsent; want 10 + 3", n, r.j.Unsent())
				}
				forks := 0
				for _, h := range r.center.batches() {
					if h.Epoch == epoch && h.Count > 0 && h.First > 5 && h.First <= 9 && string(h.Prev) != "" {
						forks++
					}
				}
				if ownRecords > 0 && forks < 2 {
					t.Error("the records of its own were not shown to the center")
				}
				n := len(r.center.batches())
				time.Sleep(time.Minute)
				if more := len(r.center.batches()) - n; more > 30 {
					t.Errorf("%d batches in an idle minute", more)
				}
			})
		})
	}
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	old, _ := filepath.Glob(filepath.Join(to, "*"))
	for _, f := range old {
		os.Remove(f)
	}
	files, err := filepath.Glob(filepath.Join(from, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(f)), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
