package sip2

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/text/encoding/simplifiedchinese"
)

var (
	zone  = time.FixedZone("CST", 8*60*60)
	noon  = time.Date(2026, 3, 2, 12, 30, 5, 0, zone)
	codec = Codec{Zone: zone}
)

func count(n int) *Count { c := Count(n); return &c }

// TestEncode holds every message that is sent to the letter of the document.
func TestEncode(t *testing.T) {
	for _, c := range []struct {
		m    Message
		want string
	}{
		{&Login{UserAlgorithm: "0", PasswordAlgorithm: "0", User: "desk", Password: "secret", Location: "lobby"}, "9300CNdesk|COsecret|CPlobby|"},
		{&SCStatus{Status: SCWorks, Width: 80, Version: Version}, "9900802.00"},
		{&PatronStatusRequest{Language: LangChinese, At: noon, Institution: "lib", Patron: "p1"}, "2301920260302    123005AOlib|AAp1|AC|AD|"},
		{&PatronInformation{Language: LangUnknown, At: noon, Summary: ChargedItems, Institution: "lib", Patron: "p1", Start: "1", End: "9"},
			"6300020260302    123005  Y       AOlib|AAp1|BP1|BQ9|"},
		{&ItemInformation{At: noon, Institution: "lib", Item: "B1"}, "1720260302    123005AOlib|ABB1|"},
		{&Checkout{RenewalPolicy: Yes, At: noon, Institution: "lib", Patron: "p1", Item: "B1", Cancel: No},
			"11YN20260302    123005                  AOlib|AAp1|ABB1|AC|BIN|"},
		{&Checkout{NoBlock: Yes, At: noon, NoBlockDue: noon.AddDate(0, 0, 30), Institution: "lib", Patron: "p1", Item: "B1"},
			"11NY20260302    12300520260401    123005AOlib|AAp1|ABB1|AC|"},
		{&Checkin{At: noon, Returned: noon, Location: "desk", Institution: "lib", Item: "B1"},
			"09N20260302    12300520260302    123005APdesk|AOlib|ABB1|AC|"},
		{&Renew{ThirdParty: No, At: noon, Institution: "lib", Patron: "p1", Item: "B1"},
			"29NN20260302    123005                  AOlib|AAp1|ABB1|"},
		{&RenewAll{At: noon, Institution: "lib", Patron: "p1"}, "6520260302    123005AOlib|AAp1|"},
		{&FeePaid{At: noon, FeeType: FeeOverdue, PaymentType: PayCash, Currency: "CNY", Amount: "1.50", Institution: "lib", Patron: "p1"},
			"3720260302    1230050400CNYBV1.50|AOlib|AAp1|"},
		{&EndSession{At: noon, Institution: "lib", Patron: "p1"}, "3520260302    123005AOlib|AAp1|"},
		{&ResendACS{}, "97"},
		{&ResendSC{}, "96"},
		{&LoginResponse{OK: true}, "941"},
		{&CheckoutResponse{OK: true, Magnetic: No, Desensitize: Yes, At: noon, Institution: "lib", Patron: "p1", Item: "B1", Title: "家|春\r秋", Due: "2026-04-01"},
			"121NNY20260302    123005AOlib|AAp1|ABB1|AJ家/春 秋|AH2026-04-01|"},
		{&CheckoutResponse{Magnetic: Unknown, At: noon, Institution: "lib", Patron: "p1", Item: "B1"},
			"120NUN20260302    123005AOlib|AAp1|ABB1|AJ|AH|"},
		{&PatronInformationResponse{Status: ChargeDenied | TooMuchFines, Language: LangUnknown, At: noon, Charged: 2, Recalls: Unsupported,
			Institution: "lib", Patron: "p1", Name: "林*夏", ChargedLimit: count(5), Valid: Yes, ChargedItems: []string{"B1", "B2"}},
			"64Y         Y   00020260302    1230050000000000020000    0000AOlib|AAp1|AE林*夏|CB0005|BLY|AUB1|AUB2|"},
		{&ACSStatus{Online: Yes, CheckinOK: Yes, CheckoutOK: Yes, RenewalOK: Yes, OfflineOK: Yes, Timeout: 50, Retries: 3, At: noon, Version: Version,
			Institution: "lib", Supported: Supported("11", "09")},
			"98YYYYNY05000320260302    1230052.00AOlib|BXNYYNNNNNNNNNNNNN|"},
		{&RenewAllResponse{OK: true, RenewedCount: 1, At: noon, Institution: "lib", Renewed: []string{"B1"}},
			"66100010000" + "20260302    123005AOlib|BMB1|"},
	} {
		got, err := codec.Encode(c.m, Tail{})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want+"\r", string(got)); d != "" {
			t.Errorf("%s: %s", c.m.Code(), d)
		}
		back, _, err := codec.Decode(got)
		if err != nil {
			t.Errorf("%s does not read what it wrote: %v", c.m.Code(), err)
			continue
		}
		again, err := codec.Encode(back, Tail{})
		if err != nil || string(again) != string(got) {
			t.Errorf("%s: written %q, read and written again %q, %v", c.m.Code(), got, again, err)
		}
	}
}

// TestChecksums are sums that were seen on the wire: the first is the document's
// own example, the others were printed in tests and logs of public systems.
func TestChecksums(t *testing.T) {
	for line, want := range map[string]string{
		"9900302.00AY1AZ": "FCA5",
		"990 402.00AY1AZ": "FCB4",
		"941AY0AZ":        "FDFD",
		"97AZ":            "FEF5",
		"96AZ":            "FEF6",
		"300NUU20080228    222232AOWOHLERS|AAX00000241|ABM02400028262|AJFolksongs of Britain and Ireland|AH5/23/2008,23:59|CH|AFOverride required to exceed renewal limit.|AY1AZ": "CDA5",
	} {
		if got, ok := codec.checks([]byte(line), want), true; got != ok {
			t.Errorf("%s%s is refused; it sums to %04X", line, want, checksum([]byte(line)))
		}
	}
	out, err := codec.Encode(&ResendSC{}, Tail{On: true})
	if err != nil || string(out) != "96AZFEF6\r" {
		t.Errorf("%q, %v", out, err)
	}
}

// TestDecodeWhatRealSystemsSend reads lines that the document does not allow and
// that systems in use send all the same.
func TestDecodeWhatRealSystemsSend(t *testing.T) {
	sum := func(s string) string {
		return strings.TrimSuffix(s, "\r") + hex(checksum([]byte(s)))
	}
	var points uint16 // as Perl sums characters
	const perl = "101YNN20260302    123005AOlib|ABB1|AQ|AJ红楼梦|AY4AZ"
	for _, r := range perl {
		points += uint16(r)
	}
	for name, c := range map[string]struct {
		line string
		want Message
		tail Tail
	}{
		"CR LF before and behind":  {"\n941\r\n", &LoginResponse{OK: true}, Tail{}},
		"Y for 1":                  {"94Y", &LoginResponse{OK: true}, Tail{}},
		"an empty field":           {sum("9900802.00|AY1AZ"), &SCStatus{Status: "0", Width: 80, Version: "2.00"}, Tail{On: true, Seq: "1"}},
		"a sequence number of two": {sum("941AY12AZ"), &LoginResponse{OK: true}, Tail{On: true, Seq: "12"}},
		"no sequence number":       {sum("941AZ"), &LoginResponse{OK: true}, Tail{On: true}},
		"lower-case digits":        {strings.Replace(sum("941AY0AZ"), "FDFD", "fdfd", 1), &LoginResponse{OK: true}, Tail{On: true, Seq: "0"}},
		"blanks behind":            {sum("941AY0AZ") + "  \r", &LoginResponse{OK: true}, Tail{On: true, Seq: "0"}},
		"characters summed": {perl + hex(-points), &CheckinResponse{OK: true, Resensitize: Yes, Magnetic: No, Alert: No, At: noon,
			Institution: "lib", Item: "B1", Title: "红楼梦"}, Tail{On: true, Seq: "4"}},
		"any order, unknown, twice": {"121NUN20260302    123005ZZ?|AH2026-04-01|ABB1|AJFirst|AJSecond| AAp1|AOlib|AFone|AFtwo|",
			&CheckoutResponse{OK: true, Renewed: No, Magnetic: Unknown, Desensitize: No, At: noon, Institution: "lib", Patron: "p1", Item: "B1",
				Title: "First", Due: "2026-04-01", Screen: []string{"one", "two"}}, Tail{}},
		"no delimiter at the end": {"1720260302    123005AOlib|ABB1", &ItemInformation{At: noon, Institution: "lib", Item: "B1"}, Tail{}},
		"blank counts": {"64              00020260302    123005                        AOlib|AAp1|AE|",
			&PatronInformationResponse{Language: "000", At: noon, Holds: -1, Overdue: -1, Charged: -1, Fines: -1, Recalls: -1, UnavailableHolds: -1,
				Institution: "lib", Patron: "p1"}, Tail{}},
		"universal time": {"35" + "20260302   Z043005AOlib|AAp1|", &EndSession{At: noon, Institution: "lib", Patron: "p1"}, Tail{}},
		"a request of a system's past": {"2300119960212    100239AOid_21|104000000105|AC|AD|",
			&PatronStatusRequest{Language: "001", At: time.Date(1996, 2, 12, 10, 2, 39, 0, zone), Institution: "id_21"}, Tail{}},
	} {
		m, tail, err := codec.Decode([]byte(c.line))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.want, m, cmpopts.EquateApproxTime(0)); d != "" || tail != c.tail {
			t.Errorf("%s: %v\n%s", name, tail, d)
		}
	}
}

func hex(n uint16) string {
	const digits = "0123456789ABCDEF"
	return string([]byte{digits[n>>12], digits[n>>8&15], digits[n>>4&15], digits[n&15]})
}

func TestDecodeRefuses(t *testing.T) {
	for line, want := range map[string]error{
		"":                              ErrMessage,
		"9":                             ErrMessage,
		"hello":                         ErrMessage,
		"55whatever":                    ErrUnknown,
		"98YYYY":                        ErrMessage,
		"941AY1AZ0000":                  ErrChecksum,
		"98" + strings.Repeat("Y", 1e5): ErrMessage,
	} {
		if m, _, err := codec.Decode([]byte(line)); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, %v", line, m, err)
		}
	}
}

// TestEncodings sends titles through every encoding. Some characters of GB 18030
// have the delimiter's code as their second byte.
func TestEncodings(t *testing.T) {
	var trap rune
	for r := rune(0x4e00); r < 0x9fff && trap == 0; r++ {
		if b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(string(r))); err == nil && len(b) == 2 && b[1] == '|' {
			trap = r
		}
	}
	if trap == 0 {
		t.Fatal("no character has a bar in it: the test is blind")
	}
	title := "西游记" + string(trap) + "第一回"
	for _, encoding := range Encodings() {
		c := Codec{Zone: zone, Encoding: encoding}
		out, err := c.Encode(&CheckoutResponse{OK: true, At: noon, Title: title, Due: "x"}, Tail{On: true, Seq: "3"})
		if err != nil {
			t.Fatal(err)
		}
		m, tail, err := c.Decode(out)
		if err != nil || tail.Seq != "3" {
			t.Fatalf("%s: %v %v", encoding, tail, err)
		}
		got := m.(*CheckoutResponse)
		want := title
		switch encoding {
		case "cp850", "iso-8859-1", "ascii":
			want = strings.Repeat("?", len([]rune(title)))
		case "big5":
			want = got.Title // it has other characters
		}
		if got.Title != want || got.Due != "x" {
			t.Errorf("%s: %q, due %q", encoding, got.Title, got.Due)
		}
	}
	if err := (Codec{Encoding: "gb2312-80"}).Check(); err == nil || !strings.Contains(err.Error(), "gb18030") {
		t.Errorf("an unknown encoding: %v", err)
	}
}

// TestFieldsAreShort cuts what is too long for a field, between characters.
func TestFieldsAreShort(t *testing.T) {
	for _, encoding := range []string{"utf-8", "gb18030", "ascii"} {
		c := Codec{Zone: zone, Encoding: encoding}
		out, err := c.Encode(&CheckinResponse{At: noon, Title: strings.Repeat("书", 300)}, Tail{})
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := c.Decode(out)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"utf-8": 85, "gb18030": 127, "ascii": 255}[encoding]
		if n := len([]rune(m.(*CheckinResponse).Title)); n != want {
			t.Errorf("%s: %d characters, not %d", encoding, n, want)
		}
	}
}

func TestTimes(t *testing.T) {
	for s, want := range map[string]time.Time{
		"20260302    123005": noon,
		"20260302   H123005": noon,
		"20260302   Z043005": noon,
		"20260302   Q003005": noon, // the document's example: four hours west
	} {
		if got, ok := ParseTime(s, zone); !ok || !got.Equal(want) {
			t.Errorf("%q is %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "20260302123005", "20261302    123005", "20260302   J123005", "20260302  CST12300"} {
		if got, ok := ParseTime(s, zone); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
	for _, s := range []string{"2026-04-01", "20260401", "2026/04/01", "2026年4月1日", "20260401    235900", "2026-04-01 23:59"} {
		if got, ok := ParseDue(s, zone); !ok || got.Format(time.DateOnly) != "2026-04-01" {
			t.Errorf("due %q is %v, %v", s, got, ok)
		}
	}
	if got, ok := ParseDue("03/04/2026", zone); ok {
		t.Errorf("nobody can know that 03/04/2026 is %v", got)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"9300CNa|COb|AY1AZFFFF", "98YYYYNY05000320260302    1230052.00AOlib|BXYYYY|", "64", "\n\r941", "11YN", "97AZFEF5",
		"121NNY20260302    123005AOlib|AJ红楼梦|AH|", "\x8b|\x81\x30\x81\x30", "6300020260302    123005"} {
		f.Add([]byte(s), byte(0))
	}
	names := Encodings()
	f.Fuzz(func(t *testing.T, line []byte, which byte) {
		c := Codec{Zone: zone, Encoding: names[int(which)%len(names)]}
		m, tail, err := c.Decode(line)
		if err != nil {
			return
		}
		out, err := c.Encode(m, tail)
		if err != nil {
			t.Fatalf("read %+v, and cannot write it: %v", m, err)
		}
		back, again, err := c.Decode(out)
		if err != nil || again != tail {
			t.Fatalf("%q was written %q, which is %v, %v", line, out, again, err)
		}
		twice, err := c.Encode(back, again)
		if err != nil || string(twice) != string(out) {
			t.Fatalf("written %q, then %q (%v)", out, twice, err)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("941\r\n98\n\n\r"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l := newLines(strings.NewReader(string(b)), 64)
		for range len(b) + 2 {
			line, err := l.next()
			if err != nil {
				return
			}
			if len(line) == 0 || len(line) > 64 || strings.ContainsRune(string(line), '\r') {
				t.Fatalf("a line %q", line)
			}
		}
		t.Fatal("more lines than bytes")
	})
}
