package view

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Lang is a language a terminal can speak.
type Lang string

// The languages every built-in page carries.
const (
	ZH Lang = "zh" // Simplified Chinese, the default
	EN Lang = "en"
)

// Text is one sentence in every language of the terminal. Pages carry both, so
// that the visitor can switch at any moment without a call to the module and
// without losing what is half typed.
type Text struct {
	ZH string `json:"zh,omitempty"`
	EN string `json:"en,omitempty"`
}

// T makes a Text of its Chinese and English wording. Like all that make a Text,
// it leaves out what Clean does.
func T(zh, en string) Text { return Text{ZH: Clean(zh), EN: Clean(en)} }

// Same makes a Text that reads the same in every language: a number, a clock time, a masked name.
func Same(s string) Text { return T(s, s) }

// Tf formats both wordings with the same arguments, in the same order.
func Tf(zh, en string, args ...any) Text {
	return T(fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))
}

// In returns the wording in l, or the other one where l's is empty.
func (t Text) In(l Lang) string {
	if l == EN && t.EN != "" || t.ZH == "" {
		return t.EN
	}
	return t.ZH
}

// IsZero reports whether t says nothing in any language.
func (t Text) IsZero() bool { return t.ZH == "" && t.EN == "" }

func (t Text) valid() bool {
	return utf8.ValidString(t.ZH) && utf8.ValidString(t.EN) && len(t.ZH) <= maxText && len(t.EN) <= maxText
}

// MaskName hides the middle of a person's name for a screen that strangers can
// see: 张三 becomes 张*, 张小三 becomes 张*三, "Ann Lee" becomes "A***e". A long
// name keeps its length to itself.
func MaskName(name string) string {
	r := []rune(name)
	switch len(r) {
	case 0:
		return ""
	case 1:
		return "*"
	case 2:
		return string(r[0]) + "*"
	}
	return string(r[0]) + strings.Repeat("*", min(len(r)-2, maxStars)) + string(r[len(r)-1])
}

const maxStars = 3
