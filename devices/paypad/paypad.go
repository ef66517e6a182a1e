// Package paypad takes payments at a counter, up to the gateway: a code that the
// payer shows on a phone is scanned and told apart by whose it is. Asking the
// gateway for the money is not here; neither is a code ever kept: it is worth
// money for a minute.
//
// The other way round, a code that the terminal shows and the payer scans, needs
// no device: it is a view.QRCode on the page.
package paypad

import (
	"context"
	"errors"
	"strings"

	"github.com/luohu/ting/devices/scanner"
)

// Scheme is whose payment code it is.
type Scheme string

// The schemes whose codes are known.
const (
	WeChat   Scheme = "wechat"   // 18 digits, from 10 to 15
	Alipay   Scheme = "alipay"   // 16 to 24 digits, from 25 to 30
	UnionPay Scheme = "unionpay" // 19 digits, from 62
)

// Code is a payment code. Printing it shows its scheme alone.
type Code struct {
	Scheme Scheme
	digits string
}

// Digits are the code, for the gateway and nobody else.
func (c Code) Digits() string { return c.digits }

// String is the scheme: a code must not come into a log.
func (c Code) String() string { return string(c.Scheme) + " payment code" }

// GoString is String, for %#v.
func (c Code) GoString() string { return c.String() }

// ErrNotAPaymentCode is returned for what was scanned and pays nothing: a book, a
// web address.
var ErrNotAPaymentCode = errors.New("not a payment code")

// Parse tells a payment code from everything else that can be scanned.
func Parse(text string) (Code, error) {
	text = strings.TrimSpace(text)
	if len(text) < 16 || strings.Trim(text, "0123456789") != "" {
		return Code{}, ErrNotAPaymentCode
	}
	prefix := int(text[0]-'0')*10 + int(text[1]-'0')
	switch n := len(text); {
	case prefix >= 10 && prefix <= 15 && n == 18:
		return Code{WeChat, text}, nil
	case prefix >= 25 && prefix <= 30 && n <= 24:
		return Code{Alipay, text}, nil
	case prefix == 62 && n == 19:
		return Code{UnionPay, text}, nil
	}
	return Code{}, ErrNotAPaymentCode
}

// Take waits until a payer holds a code before the scanner. What pays nothing is
// ErrNotAPaymentCode, so that the page can say so.
func Take(ctx context.Context, s scanner.Scanner) (Code, error) {
	c, err := s.Next(ctx)
	if err != nil {
		return Code{}, err
	}
	return Parse(c.Text)
}
