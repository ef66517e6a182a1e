package paypad_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/paypad"
	"github.com/luohu/ting/devices/scanner"
	"github.com/luohu/ting/devices/scanner/sim"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]paypad.Scheme{
		"134567890123456789":    paypad.WeChat,
		" 134567890123456789\n": paypad.WeChat,
		"281234567890123456":    paypad.Alipay,
		"6212345678901234567":   paypad.UnionPay,
	} {
		c, err := paypad.Parse(text)
		if err != nil || c.Scheme != want || c.Digits() != strings.TrimSpace(text) {
			t.Errorf("%q: %v, %v", text, c, err)
		}
		if s := fmt.Sprintf("%v %+v %#v %s", c, c, c, c); strings.Contains(s, "3456") {
			t.Errorf("printed, it tells its digits: %s", s)
		}
	}
	for _, text := range []string{"", "1", "9787020002207", "1345678901234567890", "https://qr.alipay.com/x", "13456789012345678x", "１３4567890123456789"} {
		if c, err := paypad.Parse(text); !errors.Is(err, paypad.ErrNotAPaymentCode) {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	}
}

func TestTake(t *testing.T) {
	s, err := devices.Drivers[scanner.Scanner]{"sim": sim.Open}.Open(t.Context(), "sim:?codes=134567890123456789&every=5ms")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if c, err := paypad.Take(t.Context(), s); err != nil || c.Scheme != paypad.WeChat {
		t.Errorf("%v, %v", c, err)
	}
}
