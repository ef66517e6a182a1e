package identity

import (
	"context"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/pass"
	"github.com/luohu/ting/kiosk/view"
)

// scanner is a terminal's scanner, before which the test holds codes.
type scanner chan string

func (s scanner) Scan(ctx context.Context) (kiosk.ScannedCode, error) {
	select {
	case <-ctx.Done():
		return kiosk.ScannedCode{}, ctx.Err()
	case code := <-s:
		if code == "" {
			return kiosk.ScannedCode{}, errors.New("unplugged")
		}
		return kiosk.ScannedCode{Text: code, Symbology: "qr"}, nil
	}
}

// hold holds a code before the scanner, which has to be looking.
func (s scanner) hold(t *testing.T, code string) {
	t.Helper()
	synctest.Wait()
	select {
	case s <- code:
	default:
		t.Fatal("nobody scans")
	}
	synctest.Wait()
}

// withPhone gives a house a scanner and the center's key.
func withPhone(t *testing.T, h *house) (scanner, *pass.Issuer) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if h.cfg.Passes, err = pass.NewVerifier("gate-1", []ed25519.PublicKey{public}, time.Now); err != nil {
		t.Fatal(err)
	}
	s := make(scanner)
	h.cfg.Codes, h.cfg.PassPage = s, "https://center.example/pass"
	h.restart(t)
	return s, &pass.Issuer{Key: private}
}

// challenge is what the QR code on screen says to a phone.
func (h *house) challenge(t *testing.T) string {
	t.Helper()
	for _, n := range h.screen.page().Body {
		if q, ok := n.(view.QRCode); ok {
			c, ok := strings.CutPrefix(q.Data, "https://center.example/pass?c=")
			if !ok {
				t.Errorf("the code leads to %q", q.Data)
			}
			return c
		}
	}
	t.Fatalf("no QR code on %+v", h.screen.page())
	return ""
}

func issue(t *testing.T, i *pass.Issuer, person, challenge string) string {
	t.Helper()
	code, err := i.Issue(person, challenge)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestIdentifyByPhone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		s, center := withPhone(t, h)

		o := h.identify(t.Context(), kiosk.IdentifyRequest{})
		if p := h.screen.page(); len(p.Actions) != 3 {
			t.Errorf("first page: %+v", p.Actions)
		}
		h.screen.touch(actionPass)
		c := h.challenge(t)
		stands := func(what, code, zh string) {
			t.Helper()
			s.hold(t, code)
			if o.over() || !h.screen.says(zh) {
				t.Errorf("%s: over %t, page %+v", what, o.over(), h.screen.page())
			}
		}
		stands("a book", "9787020002207", "这不是通行码")
		stands("another terminal's", issue(t, center, li, pass.NewChallenge("gate-2").String()), "不是这次办理")
		stands("another visit's", issue(t, center, li, pass.NewChallenge("gate-1").String()), "不是这次办理")
		stands("another center's", issue(t, &pass.Issuer{Key: ed25519.NewKeyFromSeed(make([]byte, 32))}, li, h.challenge(t)), "不能用")
		stands("nobody here", issue(t, center, "unknown", h.challenge(t)), "没有您的登记")
		ahead := &pass.Issuer{Key: center.Key, Now: func() time.Time { return time.Now().Add(time.Hour) }}
		stands("a clock ahead", issue(t, ahead, li, h.challenge(t)), "时间对不上")
		if !strings.Contains(h.logged.String(), "1h0m0s ahead") {
			t.Errorf("the operator is not told whose clock is wrong:\n%s", h.logged.String())
		}
		if h.challenge(t) == c {
			t.Error("the challenge on screen does not change")
		}
		stands("the scanner is away", "", "扫码器没有响应")
		time.Sleep(2 * time.Second)
		used := issue(t, center, li, h.challenge(t))
		s.hold(t, used)
		mustPerson(t, o, li, kiosk.WayPass, "")

		// The next visit, straight to the page; the pass just used is worth nothing.
		o = h.identify(t.Context(), kiosk.IdentifyRequest{Ways: []kiosk.Way{kiosk.WayPass}})
		stands("used before", used, "已经用过")
		h.screen.touch(view.ActionBack)
		if !o.over() || kiosk.CodeOf(o.err) != kiosk.CodeCancelled {
			t.Errorf("back: %v", o.err)
		}

		// Back to the first page ends the scanning; a card is enough there.
		o = h.identify(t.Context(), kiosk.IdentifyRequest{Roles: []string{RoleStaff}})
		h.screen.touch(actionPass)
		stands("a pupil where staff is asked for", issue(t, center, li, h.challenge(t)), "不适用于您")
		h.screen.touch(view.ActionBack)
		select {
		case s <- "too late":
			t.Error("the scanner is still read")
		default:
		}
		h.Card("0004712")
		mustPerson(t, o, teacher, kiosk.WayCard, "")
	})
}

// TestWithoutScanner: a way that needs a device is not offered without it, and alone
// it is refused with what to do.
func TestWithoutScanner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, t.TempDir())
		for _, way := range []kiosk.Way{kiosk.WayPass, kiosk.WayIDCard} {
			_, err := h.Identify(t.Context(), visit, &h.screen, kiosk.IdentifyRequest{Ways: []kiosk.Way{way}})
			if kiosk.CodeOf(err) != kiosk.CodeUnavailable || kiosk.VisitorText(err).ZH == "" || !strings.Contains(err.Error(), "terminal.toml") {
				t.Errorf("%s: %v", way, err)
			}
		}
	})
}
