package center

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/uplink"
	"github.com/luohu/ting/sync/wire"
)

// applied asks to be let in without a code and returns what the center says.
func (s *site) applied(q wire.EnrolRequest) (status int, resp wire.EnrolResponse, no wire.EnrolRefusal) {
	s.t.Helper()
	status, body := s.postEnrol(q)
	var err error
	if status == http.StatusOK {
		err = json.Unmarshal(body, &resp)
	} else {
		err = json.Unmarshal(body, &no)
	}
	if err != nil {
		s.t.Fatalf("%d %s: %v", status, body, err)
	}
	return status, resp, no
}

func nonce(b byte) []byte {
	n := make([]byte, wire.NonceBytes)
	n[0] = b
	return n
}

func TestAnAdministratorApprovesWhatHeSees(t *testing.T) {
	onBoth(t, testAnAdministratorApprovesWhatHeSees)
}

func testAnAdministratorApprovesWhatHeSees(t *testing.T) {
	s, ctx := serve(t, Options{Feeds: []string{"people", "accounts"}, Roles: map[string][]string{"gate": {"people"}}}), context.Background()
	key := centertest.NewKey(t)
	q := centertest.Request(t, "gate-1", "school-1", "", key)
	q.Nonce = nonce(7)
	for range 2 { // it asks again and again
		if status, _, no := s.applied(q); status != http.StatusAccepted || no.Reason != wire.EnrolWaiting {
			t.Fatalf("%d %+v", status, no)
		}
	}
	list, err := s.c.Applications(ctx)
	if err != nil || len(list) != 1 || list[0].Terminal != "gate-1" || list[0].Place == "" {
		t.Fatalf("%+v: %v", list, err)
	}
	hash := list[0].KeyHash
	digits := wire.ApplicationDigits(q.PublicKey, q.Nonce)
	for name, a := range map[string]Approval{
		"other digits": {Digits: "000000", Site: "school-2"}, "no digits": {Site: "school-2"}, "another nonce": {Nonce: hex.EncodeToString(nonce(8)), Site: "school-2"},
	} {
		a.KeyHash = hash
		if a.Digits == digits {
			a.Digits = "111111"
		}
		if err := s.c.Approve(ctx, "wang", a); !errors.Is(err, ErrDigits) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.c.Approve(ctx, "wang", Approval{KeyHash: hash, Digits: digits, Site: "a b"}); !errors.Is(err, ErrName) {
		t.Errorf("a site of no name: %v", err)
	}
	if err := s.c.Approve(ctx, "wang", Approval{KeyHash: hash, Digits: digits, Site: "school-2", Role: "emperor"}); !errors.Is(err, ErrRole) {
		t.Errorf("a role that there is not: %v", err)
	}
	if err := s.c.Approve(ctx, "wang", Approval{KeyHash: hash, Digits: digits[:3] + " " + digits[3:], Site: "school-2", Role: "gate"}); err != nil {
		t.Fatal(err)
	}
	if err := s.c.Approve(ctx, "li", Approval{KeyHash: hash, Digits: digits, Site: "school-3"}); !errors.Is(err, ErrDecided) {
		t.Errorf("a second approval: %v", err)
	}
	status, resp, _ := s.applied(q)
	if status != http.StatusOK || resp.Site != "school-2" || resp.Role != "gate" || resp.Epoch != 1 {
		t.Fatalf("%d %+v", status, resp)
	}
	tm := centertest.Admitted(t, s.url, s.c.ca.Pool(), "gate-1", key, resp)
	expect(t, tm.Send(record.Ordinary, record.Hash{}, tm.Make(record.Ordinary, 1, "a.b", "", `{}`)), wire.OK, 1)
	if d := s.devices()[0]; d.Role != "gate" || d.Site != "school-2" {
		t.Errorf("%+v", d)
	}
	for feed, want := range map[string]int{"people": http.StatusOK, "accounts": http.StatusForbidden} {
		if _, status := tm.Feed(feed, 0, 0); status != want {
			t.Errorf("a gate asks for %s: %d, not %d", feed, status, want)
		}
	}
	// Revoked, it may ask anew, with another nonce, and waits again.
	if err := s.c.SetState(ctx, "wang", "gate-1", store.Revoked); err != nil {
		t.Fatal(err)
	}
	q.Nonce = nonce(9)
	if status, _, no := s.applied(q); status != http.StatusAccepted {
		t.Errorf("%d %+v", status, no)
	}
	if err := s.c.Refuse(ctx, "wang", hash); err != nil {
		t.Fatal(err)
	}
	if status, _, no := s.applied(q); status != http.StatusForbidden || no.Reason != wire.EnrolRefused {
		t.Errorf("%d %+v", status, no)
	}
}

func TestGuessedDigitsEndAnApplication(t *testing.T) {
	s, ctx := serve(t, Options{}), context.Background()
	q := centertest.Request(t, "gate-1", "school-1", "", centertest.NewKey(t))
	q.Nonce = nonce(1)
	s.applied(q)
	a := Approval{KeyHash: wire.KeyHash(q.PublicKey), Site: "school-1", Digits: "x"}
	for range digitsTries {
		if err := s.c.Approve(ctx, "wang", a); !errors.Is(err, ErrDigits) {
			t.Fatal(err)
		}
	}
	a.Digits = wire.ApplicationDigits(q.PublicKey, q.Nonce)
	if err := s.c.Approve(ctx, "wang", a); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after too many wrong digits: %v", err)
	}
}

func TestApplicationsAreBounded(t *testing.T) {
	now := time.Now()
	s := serve(t, Options{Now: func() time.Time { return now }})
	for i := range applicationsFrom + 1 {
		q := centertest.Request(t, "gate-1", "school-1", "", centertest.NewKey(t))
		q.Nonce = nonce(byte(i))
		want := http.StatusAccepted
		if i == applicationsFrom {
			want = http.StatusTooManyRequests
		}
		if status, _, no := s.applied(q); status != want {
			t.Fatalf("application %d: %d %+v", i, status, no)
		}
	}
	now = now.Add(applicationLife + time.Second)
	if list, err := s.c.Applications(context.Background()); err != nil || len(list) != 0 {
		t.Errorf("%d wait still: %v", len(list), err)
	}
	q := centertest.Request(t, "gate-1", "school-1", "", centertest.NewKey(t))
	q.Nonce = nonce(99)
	if status, _, no := s.applied(q); status != http.StatusAccepted {
		t.Errorf("after the others have gone: %d %+v", status, no)
	}
}

func TestCertificatesAreRenewed(t *testing.T) { onBoth(t, testCertificatesAreRenewed) }

func testCertificatesAreRenewed(t *testing.T) {
	now := time.Now()
	s := serve(t, Options{Now: func() time.Time { return now }, CertificateLife: 48 * time.Hour})
	tm := s.enrol("gate-1", "school-1")
	first := s.devices()[0].NotAfter
	now = now.Add(24 * time.Hour)
	resp, status := tm.Renew(now)
	if status != http.StatusOK || !resp.NotAfter.After(first) {
		t.Fatalf("%d %+v", status, resp)
	}
	if got := s.devices()[0].NotAfter; got.Unix() != resp.NotAfter.Unix() {
		t.Errorf("the console says %v, the certificate %v", got, resp.NotAfter)
	}
	var list []store.Certificate
	if err := s.c.View(context.Background(), func(tx *store.Tx) (err error) {
		list, err = tx.Certificates("gate-1", 10)
		return err
	}); err != nil || len(list) != 2 || list[0].Reason != "renewal" || list[1].Reason != "code" {
		t.Errorf("certificates %+v: %v", list, err)
	}
	// A day and a half on the first has ended: also on a connection that is open.
	tm.Send(record.Ordinary, record.Hash{}, nil)
	now = now.Add(25 * time.Hour)
	if _, status := tm.Feed("people", 0, 0); status != http.StatusForbidden {
		t.Errorf("with a certificate that has ended: %d", status)
	}
	tm.Use(resp)
	if ack := tm.Send(record.Ordinary, record.Hash{}, nil); ack.Code != wire.OK {
		t.Errorf("with the newer one: %s", ack.Code)
	}
	// What was recorded on the way is no use later, and nobody revoked gets another.
	if _, status := tm.Renew(now.Add(-2 * renewalSlack)); status != http.StatusBadRequest {
		t.Errorf("an old request: %d", status)
	}
	if err := s.c.SetState(context.Background(), "admin", "gate-1", store.Revoked); err != nil {
		t.Fatal(err)
	}
	if _, status := tm.Renew(now); status != http.StatusForbidden {
		t.Errorf("a revoked terminal: %d", status)
	}
}

// TestTheTerminalsOwnApplicant lets the terminal's end speak to the center's: the
// administrator scans the code.
func TestTheTerminalsOwnApplicant(t *testing.T) {
	s, ctx := serve(t, Options{Roles: map[string][]string{"hall": nil}}), context.Background()
	a, err := uplink.NewApplicant(uplink.Enrolment{Dir: t.TempDir(), URL: s.url, CA: s.c.ca.PEM(), Terminal: "hall-1", Site: "hall", Place: "大厅", Epoch: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Ask(ctx); !errors.Is(err, uplink.ErrWaiting) {
		t.Fatalf("before the approval: %v", err)
	}
	scanned, err := url.Parse(a.QR())
	if err != nil {
		t.Fatal(err)
	}
	hash, err := hex.DecodeString(scanned.Query().Get("key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.c.Approve(ctx, "wang", Approval{KeyHash: hash, Nonce: scanned.Query().Get("nonce"), Site: "hall", Role: "hall"}); err != nil {
		t.Fatal(err)
	}
	id, err := a.Ask(ctx)
	if err != nil || id.Site != "hall" || id.Role != "hall" || id.Epoch != 4 {
		t.Fatalf("%+v: %v", id, err)
	}
}
