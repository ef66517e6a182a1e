package pass

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// counter is a terminal and a center, each with its clock.
type counter struct {
	*Verifier
	Issuer
	here, there time.Time
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{here: noon, there: noon}
	c.Issuer = Issuer{Key: private, Now: func() time.Time { return c.there }}
	c.Verifier, err = NewVerifier("hall-1", []ed25519.PublicKey{public}, func() time.Time { return c.here })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *counter) issue(t *testing.T, challenge Challenge) string {
	t.Helper()
	code, err := c.Issue("330106-0042", challenge.String())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestPass(t *testing.T) {
	c := newCounter(t)
	challenge := c.Challenge()
	code := c.issue(t, challenge)
	if !Is(code) || Is(challenge.String()) || len(code) > 256 {
		t.Errorf("a pass of %d bytes: %s", len(code), code)
	}
	person, err := c.Check(code, noon, challenge)
	if err != nil || person != "330106-0042" {
		t.Errorf("Check = %q, %v", person, err)
	}
	if _, err := c.Check(code, noon, challenge); !errors.Is(err, ErrReplayed) {
		t.Errorf("a second time: %v", err)
	}
	// The phone has a new one by then.
	c.there = c.there.Add(30 * time.Second)
	if _, err := c.Check(c.issue(t, challenge), noon, challenge); err != nil {
		t.Errorf("the next pass: %v", err)
	}
}

func TestPassRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(t *testing.T, c *counter, challenge *Challenge, code *string)
		want   error
	}{
		"another visit's": {func(_ *testing.T, c *counter, challenge *Challenge, _ *string) { *challenge = c.Challenge() }, ErrOtherVisit},
		"another terminal's": {func(t *testing.T, c *counter, challenge *Challenge, code *string) {
			*code = c.issue(t, NewChallenge("hall-2"))
		}, ErrOtherTerminal},
		"another center's": {func(t *testing.T, _ *counter, challenge *Challenge, code *string) {
			*code = newCounter(t).issue(t, *challenge)
		}, ErrForged},
		"somebody else's name in it": {func(_ *testing.T, _ *counter, _ *Challenge, code *string) {
			b, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(*code, passPrefix))
			b[len(b)-ed25519.SignatureSize-1]++
			*code = passPrefix + base64.RawURLEncoding.EncodeToString(b)
		}, ErrForged},
		"cut off":           {func(_ *testing.T, _ *counter, _ *Challenge, code *string) { *code = (*code)[:60] }, ErrNotPass},
		"a book's number":   {func(_ *testing.T, _ *counter, _ *Challenge, code *string) { *code = "9787020002207" }, ErrNotPass},
		"over":              {func(_ *testing.T, c *counter, _ *Challenge, _ *string) { c.here = noon.Add(Life + Skew + time.Second) }, ErrExpired},
		"an empty code":     {func(_ *testing.T, _ *counter, _ *Challenge, code *string) { *code = "" }, ErrNotPass},
		"the prefix alone":  {func(_ *testing.T, _ *counter, _ *Challenge, code *string) { *code = passPrefix }, ErrNotPass},
		"the challenge":     {func(_ *testing.T, _ *counter, c *Challenge, code *string) { *code = c.String() }, ErrNotPass},
		"not base64 at all": {func(_ *testing.T, _ *counter, _ *Challenge, code *string) { *code = passPrefix + "厅" }, ErrNotPass},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCounter(t)
			challenge := c.Challenge()
			code := c.issue(t, challenge)
			tt.change(t, c, &challenge, &code)
			person, err := c.Check(code, noon, challenge)
			if !errors.Is(err, tt.want) || person != "" {
				t.Errorf("Check = %q, %v; want %v", person, err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "0042") {
				t.Errorf("the error holds a person's number: %v", err)
			}
		})
	}
}

// TestPassAndClocks: two minutes of difference are borne; more is said, with whose
// clock it is.
func TestPassAndClocks(t *testing.T) {
	for behind, want := range map[time.Duration]string{
		0: "", Skew: "", -Skew: "", Skew + 30*time.Second: "2m30s behind", -Skew - 30*time.Second: "2m30s ahead",
		365 * 24 * time.Hour: "8760h0m0s behind", -365 * 24 * time.Hour: "8760h0m0s ahead",
	} {
		c := newCounter(t)
		challenge := c.Challenge()
		c.there = noon.Add(-behind)
		_, err := c.Check(c.issue(t, challenge), noon, challenge)
		var clock *ClockError
		switch {
		case want == "" && err != nil:
			t.Errorf("%v behind: %v", behind, err)
		case want != "" && (!errors.As(err, &clock) || !errors.Is(err, ErrExpired) || !strings.Contains(err.Error(), want)):
			t.Errorf("%v behind: %v, want %q", behind, err, want)
		}
	}
}

// TestPassUsedIsForgotten: memory is bounded, also where the clock is set back a year.
func TestPassUsedIsForgotten(t *testing.T) {
	c := newCounter(t)
	for range 100 {
		challenge := c.Challenge()
		if _, err := c.Check(c.issue(t, challenge), c.here, challenge); err != nil {
			t.Fatal(err)
		}
		c.here, c.there = c.here.Add(time.Minute), c.there.Add(time.Minute)
	}
	if n := len(c.used); n > 10 {
		t.Errorf("%d passes are remembered", n)
	}
	c.here, c.there = c.here.AddDate(-1, 0, 0), c.there.AddDate(-1, 0, 0)
	challenge := c.Challenge()
	if _, err := c.Check(c.issue(t, challenge), c.here, challenge); err != nil || len(c.used) != 1 {
		t.Errorf("after the clock was set back: %d remembered, %v", len(c.used), err)
	}
}

func TestPassOfTheKeyBefore(t *testing.T) {
	c, old := newCounter(t), newCounter(t)
	both, err := NewVerifier("hall-1", []ed25519.PublicKey{c.Key.Public().(ed25519.PublicKey), old.Key.Public().(ed25519.PublicKey)}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []Issuer{{Key: c.Key}, {Key: old.Key}} {
		challenge := both.Challenge()
		code, err := i.Issue("a", challenge.String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := both.Check(code, time.Now(), challenge); err != nil {
			t.Error(err)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	c := newCounter(t)
	for _, bad := range []string{"", "TINGC1.", "TINGC1.hall-1", "TINGC1.hall-1.AAAA", "TINGC1.HALL.AAAAAAAAAAAAAAAAAAAAAA",
		"TINGC1..AAAAAAAAAAAAAAAAAAAAAA", "TINGC1." + strings.Repeat("a", 65) + ".AAAAAAAAAAAAAAAAAAAAAA"} {
		if _, err := c.Issue("a", bad); !errors.Is(err, ErrNotChallenge) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := c.Issue("", c.Challenge().String()); err == nil {
		t.Error("a pass of nobody")
	}
}

func FuzzParse(f *testing.F) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	code, err := Issuer{Key: key, Now: func() time.Time { return noon }}.Issue("a", Challenge{Terminal: "hall-1"}.String())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(code)
	f.Add(code[:len(code)-10])
	f.Add(passPrefix)
	f.Add(passPrefix + strings.Repeat("A", 200))
	v, err := NewVerifier("hall-1", []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}, func() time.Time { return noon })
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, payload, signature, err := Parse(s)
		if err != nil {
			return
		}
		if p.Person == "" || p.Challenge.Terminal == "" || len(signature) != ed25519.SignatureSize {
			t.Errorf("parsed %+v", p)
		}
		if string(p.payload()) != string(payload) {
			t.Error("a pass has two forms")
		}
		if _, err := v.Check(s, noon, Challenge{Terminal: "nowhere"}); err == nil {
			t.Error("accepted")
		}
	})
}

func FuzzParseChallenge(f *testing.F) {
	f.Add(Challenge{Terminal: "hall-1"}.String())
	f.Add("TINGC1.a.b")
	f.Add("TINGC1.0.000000\n000000000000000A")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseChallenge(s)
		if err == nil && c.String() != strings.TrimSpace(s) {
			t.Errorf("%q is read as %q", s, c)
		}
	})
}
