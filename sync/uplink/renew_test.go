package uplink

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// TestRenewal lets days pass: the certificate is renewed at two thirds of its life,
// not while the center refuses, and later connections show the newest.
func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *Options) { o.Heartbeat = 30 * time.Minute })
		first := r.id.NotAfter()
		time.Sleep(15 * time.Hour) // of 25: not yet
		r.center.do(func() {
			if r.center.renewed != 0 {
				t.Errorf("renewed %d times, too early", r.center.renewed)
			}
		})
		time.Sleep(4 * time.Hour) // it is time, but the center cannot
		if !r.id.NotAfter().Equal(first) {
			t.Error("renewed by a center that refused")
		}
		r.center.do(func() { r.center.renews = true })
		time.Sleep(time.Hour)
		if end := r.id.NotAfter(); !end.After(first) || !r.u.Status().Certificate.Equal(end) {
			t.Fatalf("ends %v, status %v; the first ended %v", end, r.u.Status().Certificate, first)
		}
		// Three days later it still sends, with a certificate of these days.
		time.Sleep(72 * time.Hour)
		r.append(1, record.Ordinary)
		time.Sleep(time.Minute)
		if s := r.u.Status(); !s.Online || r.j.Unsent() != 0 {
			t.Errorf("after three days: %+v, %d unsent", s, r.j.Unsent())
		}
		r.center.do(func() {
			if r.center.renewed < 4 || len(r.center.serials) < 4 {
				t.Errorf("renewed %d times, shown %v", r.center.renewed, r.center.serials)
			}
		})
		loaded, err := LoadIdentity(r.id.dir)
		if err != nil || !loaded.NotAfter().Equal(r.id.NotAfter()) {
			t.Errorf("on the disk: %v", err)
		}
	})
}

func TestApplicant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCenter(t)
		e := Enrolment{Dir: filepath.Join(t.TempDir(), "state"), URL: "https://center.example", CA: c.caPEM, Terminal: "gate-1",
			Site: "school-1", Epoch: 4, Dial: c.conns.Dial}
		a, err := NewApplicant(e)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if _, err := a.Ask(t.Context()); !errors.Is(err, ErrWaiting) {
				t.Fatalf("before anybody decided: %v", err)
			}
		}
		again, err := NewApplicant(e) // as after a restart: the same key, another nonce
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Digits()) != 6 || a.Digits() == again.Digits() || !strings.HasPrefix(a.QR(), "https://center.example/enrol?key=") || a.QR() == again.QR() {
			t.Errorf("shown %s %s, then %s %s", a.Digits(), a.QR(), again.Digits(), again.QR())
		}
		c.do(func() { c.refuse = &wire.EnrolRefusal{Reason: wire.EnrolRefused} })
		var no *RefusedError
		if _, err := again.Ask(t.Context()); !errors.As(err, &no) || no.Reason != wire.EnrolRefused {
			t.Errorf("refused: %v", err)
		}
		c.do(func() { c.refuse, c.approve = nil, true })
		id, err := again.Ask(t.Context())
		if err != nil || id.Epoch != 5 || id.Site != "school-1" {
			t.Fatalf("%+v: %v", id, err)
		}
		if _, err := os.Stat(filepath.Join(e.Dir, enrolmentFile)); err != nil {
			t.Error(err)
		}
	})
}
