package console

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
)

// slip is something to be shown once, on the next page of the browser that asked
// for it: an enrolment code, a new password. An address would stay in the
// browser's history, and a process's memory is not what answers next; so the
// browser itself carries it, sealed with a key made of its session's secret.
type slip struct {
	secret string
	read   onSlip // that came
	next   onSlip // to be handed out
	came   bool
}

type onSlip struct{ What, For, Text string }

const slipCookie = "__Host-ting-slip"

// keep puts something on the slip.
func (s *slip) keep(what, whom, text string) { s.next = onSlip{what, whom, text} }

// take reads what is on it.
func (s *slip) take(what string) (whom, text string) {
	if s.read.What != what {
		return "", ""
	}
	return s.read.For, s.read.Text
}

func (s *slip) seal() (cipher.AEAD, error) {
	key := sha256.Sum256([]byte("ting.console.slip.v1\x00" + s.secret))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// readSlip reads the slip that came with a request; one that does not open is empty.
func readSlip(r *http.Request, secret string) *slip {
	s := &slip{secret: secret}
	ck, err := r.Cookie(slipCookie)
	if err != nil {
		return s
	}
	s.came = true
	box, err := base64.RawURLEncoding.DecodeString(ck.Value)
	aead, bad := s.seal()
	if err != nil || bad != nil || len(box) < aead.NonceSize() {
		return s
	}
	if plain, err := aead.Open(nil, box[:aead.NonceSize()], box[aead.NonceSize():], nil); err == nil {
		_ = json.Unmarshal(plain, &s.read) // we wrote it
	}
	return s
}

// show takes the slip back: it is good for one page.
func (s *slip) show(w http.ResponseWriter) {
	if s.came {
		setSlip(w, "", -1)
	}
}

// hand gives the slip to the browser, for the next page.
func (s *slip) hand(w http.ResponseWriter) {
	if s.next.What == "" {
		return
	}
	plain, err := json.Marshal(s.next)
	aead, bad := s.seal()
	if err != nil || bad != nil {
		return
	}
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails: the program would end instead
	setSlip(w, base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, nil)), 60)
}

func setSlip(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: slipCookie, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode})
}
