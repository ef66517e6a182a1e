package uplink

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// In these tests time stands still until every goroutine waits: synctest.Wait
// is "when nothing more happens by itself", time.Sleep lets the bubble's clock go on.

func TestSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.append(250, record.Ordinary)
		r.append(3, record.Urgent)
		synctest.Wait()
		if n := r.center.received(); n != 253 || r.j.Unsent() != 0 {
			t.Errorf("%d records received, %d unsent", n, r.j.Unsent())
		}
		if s := r.u.Status(); !s.Online || s.LastError != nil || s.LastContact.IsZero() || s.Incarnation != "first" || s.ClockError.Abs() > time.Millisecond {
			t.Errorf("status %+v", s)
		}
		if e := r.j.Epoch(); e < r.id.Epoch {
			t.Errorf("the epoch of enrolment is %d, the journal's %d", r.id.Epoch, e)
		}
		if _, err := r.j.Prune(t.Context()); err != nil || r.j.Chains(record.Ordinary)[0].Kept != 0 {
			t.Errorf("acknowledged and safe records were kept: %v", err)
		}
		if err := r.stop(); err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
}

// TestWakesAtOnce sends a record the moment it is appended, not with the next heartbeat.
func TestWakesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		synctest.Wait()
		for _, l := range record.Lanes {
			time.Sleep(time.Second)
			start := time.Now()
			r.append(1, l)
			synctest.Wait()
			if r.j.Unsent() != 0 || time.Since(start) > 0 {
				t.Errorf("%s: %d unsent after %v", l, r.j.Unsent(), time.Since(start))
			}
		}
	})
}

// TestParts go up when they have changed, to a center that may not know them, and now
// and then; not with every batch.
func TestParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var state atomic.Value
		state.Store("running")
		r := newRig(t, func(o *Options) {
			o.Heartbeat = 5 * time.Second
			o.Health = func() wire.Health {
				return wire.Health{Parts: []wire.Part{{Kind: wire.PartModule, Name: "gate", State: state.Load().(string), Since: time.Unix(1_800_000_000, 0)}}}
			}
		})
		said := 0
		told := func(what string, want int) {
			t.Helper()
			time.Sleep(time.Minute)
			synctest.Wait()
			n := 0
			for _, h := range r.center.batches() {
				if h.Health.Parts != nil {
					if n++; h.Lane != record.Ordinary || len(h.Health.Parts) != 1 {
						t.Errorf("lane %s says %+v", h.Lane, h.Health.Parts)
					}
				}
			}
			if n-said != want {
				t.Errorf("%s: said %d times, not %d", what, n-said, want)
			}
			said = n
		}
		told("at first", 1)
		r.append(3, record.Ordinary)
		told("unchanged", 0)
		state.Store("resting")
		told("changed", 1)
		r.center.do(func() { r.center.incarnation = "second" })
		told("another center", 1)
		time.Sleep(10 * time.Minute)
		told("after a while", 1)
	})
}

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options) {
			o.Heartbeat = 5 * time.Second
			o.Health = func() wire.Health {
				return wire.Health{Version: "1.2", Devices: map[string]string{"camera": "unplugged"}}
			}
		})
		synctest.Wait()
		before := len(r.center.batches())
		time.Sleep(time.Minute)
		synctest.Wait()
		beats := r.center.batches()[before:]
		ordinary := 0
		for _, h := range beats {
			if h.Count != 0 || h.Health.Version != "1.2" || h.Health.Devices["camera"] != "unplugged" {
				t.Fatalf("heartbeat %+v", h)
			}
			if h.Lane == record.Ordinary {
				ordinary++
			}
		}
		if ordinary != 12 || len(beats)-ordinary != 3 {
			t.Errorf("%d ordinary and %d urgent heartbeats a minute, want 12 and 3", ordinary, len(beats)-ordinary)
		}
	})
}

func TestOffline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flips []bool
		r := newRig(t, func(o *Options) { o.OnStatus = func(s Status) { flips = append(flips, s.Online) } })
		synctest.Wait()
		r.center.conns.setCut(true)
		r.append(1000, record.Ordinary)
		r.append(1, record.Urgent)
		synctest.Wait()
		time.Sleep(30 * time.Minute)
		s := r.u.Status()
		if s.Online || s.LastError == nil || r.j.Unsent() != 1001 {
			t.Errorf("cut off: %+v, %d unsent", s, r.j.Unsent())
		}
		attempts := len(flips)
		r.center.conns.setCut(false)
		time.Sleep(31 * time.Second) // no wait is longer
		synctest.Wait()
		if n := r.center.received(); n != 1001 || r.j.Unsent() != 0 || !r.u.Status().Online {
			t.Errorf("the network is back: %d received, %d unsent, %+v", n, r.j.Unsent(), r.u.Status())
		}
		if attempts > 2 || len(flips) != 3 {
			t.Errorf("OnStatus was told %v; want online, offline, online", flips)
		}
	})
}

// TestLostAnswers drops every second answer after the center has committed.
func TestLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		n := 0
		r.center.do(func() {
			r.center.hook = func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool {
				if n++; n%2 == 0 {
					r.center.take(h, rs)
					panic(http.ErrAbortHandler)
				}
				return false
			}
		})
		r.append(700, record.Ordinary)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := r.center.received(); got != 700 || r.j.Unsent() != 0 {
			t.Errorf("%d received, %d unsent", got, r.j.Unsent())
		}
	})
}

// TestBelievesOnlyTheCenter gives answers that must change nothing.
func TestBelievesOnlyTheCenter(t *testing.T) {
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	for name, c := range map[string]func(*center){
		"signed with another key": func(c *center) { c.sign = stranger },
		"about another terminal":  func(c *center) { c.alter = func(a *wire.Ack) { a.Terminal = "gate-2" } },
		"about another lane":      func(c *center) { c.alter = func(a *wire.Ack) { a.Lane ^= 1 } },
		"about another epoch":     func(c *center) { c.alter = func(a *wire.Ack) { a.Epoch += 3 } },
		"without a signature": func(c *center) {
			c.hook = func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool {
				bare(w, http.StatusOK, 0)
				return true
			}
		},
		"with an altered body": func(c *center) {
			c.hook = func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool {
				w.Header().Set(wire.HeaderSignature, wire.Sign(c.key, wire.PurposeAck, nil, []byte("{}")))
				w.Write([]byte(`{"code":"OK","committed_seq":3}`))
				return true
			}
		},
		"signed for another purpose": func(c *center) {
			c.hook = func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool {
				w.Header().Set(wire.HeaderSignature, wire.Sign(c.key, wire.PurposeFeed, nil, []byte("{}")))
				w.Write([]byte("{}"))
				return true
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				synctest.Wait()
				r.center.do(func() { c(r.center) })
				r.append(3, record.Ordinary)
				time.Sleep(time.Minute)
				synctest.Wait()
				if s := r.u.Status(); s.Online || s.LastError == nil || r.j.Unsent() != 3 {
					t.Errorf("believed: %+v, %d unsent", s, r.j.Unsent())
				}
				if attempts := len(r.center.batches()); attempts > 200 {
					t.Errorf("%d attempts in a minute", attempts)
				}
				r.center.do(func() { r.center.hook, r.center.alter, r.center.sign = nil, nil, nil })
				time.Sleep(31 * time.Second)
				synctest.Wait()
				if r.center.received() != 3 || r.j.Unsent() != 0 {
					t.Errorf("afterwards %d received, %d unsent", r.center.received(), r.j.Unsent())
				}
			})
		})
	}
}

// TestStops has the center refuse, for good as it seems, and then relent.
func TestStops(t *testing.T) {
	for _, code := range []wire.Code{wire.Chain, wire.Fork, wire.Sig, wire.Revoked, wire.Upgrade, "MAYBE"} {
		t.Run(string(code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				synctest.Wait()
				r.center.do(func() {
					r.center.hook = func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool {
						if h.Lane == record.Urgent {
							return false
						}
						a := r.center.take(h, nil)
						if a.Code = code; code != wire.Chain && code != wire.Fork {
							a.CommittedSeq, a.CommittedHash = 0, make([]byte, 32) // as of a center that did not look
						}
						r.center.answer(w, a)
						return true
					}
				})
				r.append(2, record.Ordinary)
				synctest.Wait()
				before := len(r.center.batches())
				time.Sleep(10 * time.Minute)
				r.append(1, record.Urgent)
				synctest.Wait()
				s, want := r.u.Status(), code
				if code == "MAYBE" { // a newer center's
					want = wire.Upgrade
				}
				if len(s.Stopped) != 1 || s.Stopped[0].Code != want || s.Stopped[0].Lane != record.Ordinary || s.Stopped[0].Hint == "" || !s.Online {
					t.Errorf("status %+v", s)
				}
				if n := len(r.center.batches()) - before; n > 10+31+1 {
					t.Errorf("%d batches in 10 minutes to a center that has stopped the lane", n)
				}
				if r.j.Unsent() != 2 {
					t.Errorf("%d unsent: the urgent lane must go on, the ordinary one must not", r.j.Unsent())
				}
				r.center.do(func() { r.center.hook = nil })
				time.Sleep(2*time.Minute + time.Second)
				synctest.Wait()
				if s := r.u.Status(); len(s.Stopped) != 0 || r.j.Unsent() != 0 || r.center.received() != 3 {
					t.Errorf("the center relents: %+v, %d unsent", s, r.j.Unsent())
				}
			})
		})
	}
}

// TestBusy honours Retry-After, with and without a signed ack.
func TestBusy(t *testing.T) {
	for _, signed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			synctest.Wait()
			var times []time.Time
			r.center.do(func() {
				r.center.hook = func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool {
					if h.Count == 0 || len(times) == 4 {
						return false
					}
					times = append(times, time.Now())
					if signed {
						r.center.answer(w, wire.Ack{Terminal: h.Terminal, Epoch: h.Epoch, Lane: h.Lane, Code: wire.Busy, RetryAfter: 7})
					} else {
						bare(w, http.StatusServiceUnavailable, 7)
					}
					return true
				}
			})
			r.append(2, record.Ordinary)
			time.Sleep(time.Minute)
			synctest.Wait()
			if len(times) != 4 || r.j.Unsent() != 0 {
				t.Fatalf("%d attempts, %d unsent", len(times), r.j.Unsent())
			}
			for i := 1; i < len(times); i++ {
				if d := times[i].Sub(times[i-1]); d < 7*time.Second || d > 14*time.Second {
					t.Errorf("came back after %v, told 7 s", d)
				}
			}
		})
	}
}

// TestFormats sends in the newest format that both ends have, and what an older
// center behind the same address cannot read once more, as that one can.
func TestFormats(t *testing.T) {
	for name, formats := range map[string]int{"older": 0, "ours": wire.Newest, "newer": wire.Newest + 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, func(o *Options) { o.Heartbeat = time.Hour })
				synctest.Wait()
				r.center.do(func() {
					r.center.alter = func(a *wire.Ack) { a.Formats = formats }
					r.center.hook = func(w http.ResponseWriter, h wire.Head, _ []record.Record) bool {
						unread := h.Count > 0 && h.Format > max(formats, wire.Rows)
						if unread {
							r.center.answer(w, wire.Ack{Terminal: h.Terminal, Epoch: h.Epoch, Lane: h.Lane, Code: wire.TooBig})
						}
						return unread
					}
				})
				r.append(1, record.Ordinary) // which cannot be halved
				synctest.Wait()
				if r.j.Unsent() != 0 {
					t.Errorf("%d unsent", r.j.Unsent())
				}
				r.append(2, record.Ordinary)
				synctest.Wait()
				heads := r.center.batches()
				last := heads[len(heads)-1]
				if want := max(wire.Rows, min(formats, wire.Newest)); last.Format != want || r.j.Unsent() != 0 {
					t.Errorf("format %d, not %d; %d unsent", last.Format, want, r.j.Unsent())
				}
				if s := r.u.Status(); len(s.Stopped) != 0 {
					t.Errorf("stopped: %+v", s.Stopped)
				}
			})
		})
	}
}

// TestTooBig halves until the center is content.
func TestTooBig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		synctest.Wait()
		most := 0
		r.center.do(func() {
			r.center.hook = func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool {
				if h.Count > 7 {
					r.center.answer(w, wire.Ack{Terminal: h.Terminal, Epoch: h.Epoch, Lane: h.Lane, Code: wire.TooBig})
					return true
				}
				most = max(most, h.Count)
				return false
			}
		})
		r.append(60, record.Ordinary)
		time.Sleep(time.Minute)
		synctest.Wait()
		if r.center.received() != 60 || most == 0 {
			t.Errorf("%d received", r.center.received())
		}
		r.center.do(func() {
			r.center.hook = func(w http.ResponseWriter, h wire.Head, rs []record.Record) bool {
				if h.Count > 0 {
					bare(w, http.StatusRequestEntityTooLarge, 0)
				}
				return h.Count > 0
			}
		})
		r.append(1, record.Ordinary)
		time.Sleep(time.Minute)
		if s := r.u.Status(); len(s.Stopped) != 1 || s.Stopped[0].Code != wire.TooBig {
			t.Errorf("a single record that is too big: %+v", s)
		}
	})
}

func TestHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options) { o.Heartbeat = time.Hour })
		synctest.Wait()
		// The certificate expires; local business goes on.
		time.Sleep(25 * time.Hour)
		r.center.conns.setCut(true)
		r.center.conns.setCut(false)
		r.append(1, record.Ordinary)
		time.Sleep(time.Minute)
		if s := r.u.Status(); s.Online || !strings.Contains(s.Hint, "enrol again") {
			t.Errorf("with an expired certificate: %+v", s)
		}
	})
}

func TestEnrol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t)
		dir := filepath.Join(t.TempDir(), "state")
		e := Enrolment{Dir: dir, URL: "https://center.example", CA: c.caPEM, Terminal: "gate-1", Site: "school-1", Code: "wrong", Epoch: 4, Dial: c.conns.Dial}
		if _, err := LoadIdentity(dir); !errors.Is(err, ErrNotEnrolled) {
			t.Errorf("before enrolment: %v", err)
		}
		var refused *RefusedError
		if _, err := Enrol(t.Context(), e); !errors.As(err, &refused) || refused.Reason != wire.EnrolBadCode || !strings.Contains(err.Error(), "console") {
			t.Errorf("with a wrong code: %v", err)
		}
		if _, err := LoadIdentity(dir); !errors.Is(err, ErrNotEnrolled) {
			t.Errorf("after a refusal: %v", err)
		}
		e.Code = "123456"
		c.epoch = 0
		if _, err := Enrol(t.Context(), e); err == nil {
			t.Error("an epoch that was used before is accepted")
		}
		c.epoch = 1
		id, err := Enrol(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Enrol(t.Context(), e)
		if err != nil || !again.Key.Equal(id.Key) {
			t.Errorf("once more with the same code: %v, the same key: %v", err, again.Key.Equal(id.Key))
		}
		loaded, err := LoadIdentity(dir)
		if err != nil {
			t.Fatal(err)
		}
		if loaded.Terminal != "gate-1" || loaded.Site != "school-1" || loaded.Epoch != 5 || !loaded.Key.Equal(id.Key) || !loaded.Center.Equal(id.Center) || !loaded.NotAfter().Equal(again.NotAfter()) {
			t.Errorf("loaded %+v", loaded)
		}
		for _, f := range []string{keyFile, certificateFile, caFile, enrolmentFile} {
			if fi, err := os.Stat(filepath.Join(dir, f)); err != nil || fi.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v; want 0600", f, fi.Mode(), err)
			}
		}
		other := newCenter(t)
		e.CA = other.caPEM
		var hint *HintError
		if _, err := Enrol(t.Context(), e); !errors.As(err, &hint) || !strings.Contains(hint.Hint, "CA") {
			t.Errorf("a center of another district: %v", err)
		}
		for name, change := range map[string]func(){
			"key of another": func() { os.Remove(filepath.Join(dir, keyFile)); deviceKey(filepath.Join(dir, keyFile)) },
			"no CA":          func() { os.WriteFile(filepath.Join(dir, caFile), []byte("x"), 0o600) },
			"half written":   func() { os.WriteFile(filepath.Join(dir, enrolmentFile), []byte(`{"ter`), 0o600) },
		} {
			change()
			if _, err := LoadIdentity(dir); err == nil || errors.Is(err, ErrNotEnrolled) || !strings.Contains(err.Error(), "enrol again") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"plain HTTP": {URL: "http://center.example"}, "no host": {URL: "https://"}, "nothing": {URL: "https://center.example"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestBackoff(t *testing.T) {
	b := backoff{least: 250 * time.Millisecond, most: 30 * time.Second, random: func(n int64) int64 { return n - 1 }}
	var got []time.Duration
	for range 12 {
		got = append(got, b.next().Round(time.Millisecond))
	}
	if got[0] != 251*time.Millisecond || got[1] != 501*time.Millisecond || got[11] != 30*time.Second+time.Millisecond {
		t.Errorf("bounds %v", got)
	}
	b.reset()
	if d := b.next().Round(time.Millisecond); d != 251*time.Millisecond {
		t.Errorf("after a success the bound is %v", d)
	}
	b.random = func(int64) int64 { return 0 }
	if d := b.next(); d > time.Millisecond {
		t.Errorf("the jitter is not full: at least %v", d)
	}
	if d := b.after(7 * time.Second); d != 7*time.Second {
		t.Errorf("told 7 s, comes back after %v", d)
	}
	b.reset()
	if d := b.busy(7 * time.Second); d < 7*time.Second {
		t.Errorf("told 7 s by a busy center, comes back after %v", d)
	}
	b.random = func(n int64) int64 { return n - 1 }
	for range 9 {
		b.busy(2 * time.Second)
	}
	if d := b.busy(2 * time.Second); d < 32*time.Second {
		t.Errorf("turned away eleven times, comes back within %v", d)
	}
}

func TestSize(t *testing.T) {
	s := newSize()
	for range 9 {
		s.ease()
	}
	if s.records != easeRecords || s.bytes < stepBytes {
		t.Errorf("for a busy center batches shrink to %+v", s)
	}
	for range 20 {
		s.grow()
	}
	if s.records != wire.MaxRecords || s.bytes != wire.MaxBatchBytes {
		t.Errorf("grown to %+v", s)
	}
	s.halveBelow(60)
	if s.records != 30 || s.bytes != wire.MaxBatchBytes/2 {
		t.Errorf("halved below 60 to %+v", s)
	}
	for range 20 {
		s.halve()
	}
	if s.records != 1 || s.bytes < leastBytes {
		t.Errorf("shrunk to %+v", s)
	}
}
