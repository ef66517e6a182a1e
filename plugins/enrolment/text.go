package enrolment

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/luohu/ting/kiosk/view"
)

// TextVersion names the wording of consentText. A change there, of whatever size, is a
// new version here, which a test demands; what was agreed to under the old one
// stays as it was, and whoever agreed to it is asked anew.
const TextVersion = "face-2025-06"

// Wording is a consent text as it is shown.
type Wording struct {
	Version string
	Body    []view.Node // of texts alone
}

// wording is the text for some purposes.
func wording(purposes []Purpose) Wording { return Wording{TextVersion, consentText(purposes)} }

// Digest is the SHA-256 over the version and every sentence in both languages, each
// ended by a zero byte: hexadecimal. It proves which words somebody was shown.
func (w Wording) Digest() string {
	h := sha256.New()
	put := func(s string) { h.Write(append([]byte(s), 0)) }
	put(w.Version)
	for _, n := range w.Body {
		if t, ok := n.(view.TextNode); ok {
			put(t.Text.ZH)
			put(t.Text.EN)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
