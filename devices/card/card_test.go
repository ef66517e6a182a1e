package card_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/luohu/ting/devices/card"
)

func TestNumber(t *testing.T) {
	four, seven := card.Card{UID: []byte{0x04, 0xa1, 0xb2, 0xc3}}, card.Card{UID: []byte{0x04, 1, 2, 3, 4, 5, 6}}
	for _, c := range []struct {
		card   card.Card
		format card.Format
		want   string
	}{
		{four, card.Hex, "04A1B2C3"},
		{four, card.HexReversed, "C3B2A104"},
		{four, card.Decimal, "0077705923"},
		{four, card.DecimalReversed, "3283263748"},
		{seven, card.Hex, "04010203040506"},
		{seven, card.Decimal, "1127008059000070"},
		{card.Card{UID: []byte{0, 0, 0, 7}}, card.Decimal, "0000000007"},
		{card.Card{UID: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}, card.Decimal, "72623859790382856"},
		{card.Card{}, card.Hex, ""},
	} {
		if got := c.card.Number(c.format); got != c.want {
			t.Errorf("% x as %s is %q, want %q", c.card.UID, c.format, got, c.want)
		}
	}
	if four.UID[0] != 4 {
		t.Error("writing a number the other way round has turned the card itself")
	}
	if s := fmt.Sprintf("%v %+v %#v", four, four, four); strings.Contains(strings.ToLower(s), "a1") || strings.Contains(s, "161") {
		t.Errorf("printed, a card tells its number: %s", s)
	}
}
