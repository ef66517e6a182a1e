package sam

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/devices/idcard"
)

// TestFrames are the frames of the makers' own examples.
func TestFrames(t *testing.T) {
	for want, got := range map[string][]byte{
		"aaaaaa96690003200122":           AppendRequest(nil, Find),
		"aaaaaa96690003200221":           AppendRequest(nil, Select),
		"aaaaaa96690003300132":           AppendRequest(nil, ReadBase),
		"aaaaaa9669000311ffed":           AppendRequest(nil, Status),
		"aaaaaa9669000400009094":         AppendAnswer(nil, Done),
		"aaaaaa9669000400008084":         AppendAnswer(nil, NoCard),
		"aaaaaa9669000800009f0000000097": AppendAnswer(nil, Found, 0, 0, 0, 0),
	} {
		if hex.EncodeToString(got) != want {
			t.Errorf("%x, want %s", got, want)
		}
	}
}

func TestReadAnswer(t *testing.T) {
	good := AppendAnswer(nil, Done, []byte("data")...)
	for name, in := range map[string][]byte{
		"alone":         good,
		"after noise":   append([]byte{0, 0xaa, 0x96, 0xff}, good...),
		"after many AA": append([]byte{0xaa, 0xaa, 0xaa, 0xaa}, good...),
	} {
		code, data, err := ReadAnswer(bytes.NewReader(in))
		if err != nil || code != Done || string(data) != "data" {
			t.Errorf("%s: %#x %q %v", name, code, data, err)
		}
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)-2] ^= 1
	for name, in := range map[string][]byte{
		"flipped bit": flipped,
		"no length":   {0xaa, 0xaa, 0xaa, 0x96, 0x69, 0, 2, 0, 0},
		"huge":        {0xaa, 0xaa, 0xaa, 0x96, 0x69, 0xff, 0xff},
		"noise":       bytes.Repeat([]byte{0x55}, 10_000),
		"status":      appendFrame(nil, []byte{1, 0, 0x90}, nil),
	} {
		if code, data, err := ReadAnswer(bytes.NewReader(in)); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %#x %q %v", name, code, data, err)
		}
	}
}

func card() idcard.Card {
	return idcard.Card{
		Kind: idcard.Resident, Name: "买买提·吐尔逊", Sex: idcard.Female, Ethnicity: "维吾尔",
		Birth: time.Date(1956, 3, 21, 0, 0, 0, 0, time.UTC), Address: "桥头街道 18 号", Number: "330106195603210019",
		Issuer: "清江区公安局", ValidFrom: time.Date(2016, 5, 4, 0, 0, 0, 0, time.UTC),
	}
}

func TestChipText(t *testing.T) {
	b := ChipText(card())
	if len(b) != textBytes {
		t.Fatalf("%d bytes", len(b))
	}
	if c, err := parseText(b); err != nil || c != card() {
		t.Errorf("%+v, %v", c, err)
	}
	long := card()
	long.Name = strings.Repeat("长", 40)
	if c, err := parseText(ChipText(long)); err != nil || c.Sex != idcard.Female || len([]rune(c.Name)) != 15 {
		t.Errorf("a long name runs into the next field: %+v, %v", c, err)
	}
	if len(ethnicities) != 56 {
		t.Errorf("%d peoples", len(ethnicities))
	}
}

// FuzzAnswer: whatever a reader sends is an answer or an error; what is an
// answer to ReadBase is a card or an error that tells nothing of it.
func FuzzAnswer(f *testing.F) {
	text := ChipText(card())
	f.Add(AppendAnswer(nil, Done, append([]byte{1, 0, 0, 0}, text...)...))
	f.Add(AppendAnswer(nil, NoCard))
	f.Add([]byte{0xaa, 0xaa, 0xaa, 0x96, 0x69, 0, 3})
	f.Fuzz(func(t *testing.T, in []byte) {
		_, data, err := ReadAnswer(bytes.NewReader(in))
		if err != nil {
			return
		}
		c, err := parseBase(context.Background(), data, nil)
		if err != nil {
			if !errors.Is(err, idcard.ErrCard) {
				t.Fatal(err)
			}
			return
		}
		if !idcard.CheckNumber(c.Number) || c.Name == "" {
			t.Fatalf("accepted %+v", c)
		}
	})
}

// FuzzChipText: a text area of the right length never panics.
func FuzzChipText(f *testing.F) {
	f.Add(ChipText(card()))
	f.Add(make([]byte, textBytes))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseText(b)
		if err != nil {
			if !errors.Is(err, idcard.ErrCard) {
				t.Fatal(err)
			}
			return
		}
		again, err := parseText(ChipText(c))
		if err != nil || again.Number != c.Number {
			t.Fatalf("%+v comes back as %+v, %v", c, again, err)
		}
	})
}
