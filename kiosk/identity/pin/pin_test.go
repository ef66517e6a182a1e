package pin

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	good := Hash("4711")
	if other := Hash("4711"); other == good {
		t.Error("two hashes of one PIN are equal: no salt")
	}
	fields := strings.Split(good, "$")
	swap := func(i int, s string) string {
		f := append([]string(nil), fields...)
		f[i] = s
		return strings.Join(f, "$")
	}
	tests := []struct {
		name, phc, pin string
		want           bool
		bad            bool
	}{
		{name: "right", phc: good, pin: "4711", want: true},
		{name: "wrong", phc: good, pin: "4712"},
		{name: "empty PIN", phc: good},
		{name: "no hash", pin: "4711"},
		{name: "not PHC", phc: "4711", pin: "4711", bad: true},
		{name: "another algorithm", phc: swap(1, "argon2i"), pin: "4711", bad: true},
		{name: "another version", phc: swap(2, "v=16"), pin: "4711", bad: true},
		{name: "too much memory", phc: swap(3, "m=4194304,t=2,p=1"), pin: "4711", bad: true},
		{name: "too many passes", phc: swap(3, "m=19456,t=9,p=1"), pin: "4711", bad: true},
		{name: "no threads", phc: swap(3, "m=19456,t=2,p=0"), pin: "4711", bad: true},
		{name: "other parameters", phc: swap(3, "m=19456,t=3,p=1"), pin: "4711"},
		{name: "short salt", phc: swap(4, "AAAA"), pin: "4711", bad: true},
		{name: "no key", phc: swap(5, ""), pin: "4711", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Check(tt.phc, tt.pin)
			if got != tt.want || errors.Is(err, ErrHash) != tt.bad {
				t.Errorf("Check = %t, %v; want %t, an error: %t", got, err, tt.want, tt.bad)
			}
			if err != nil && strings.Contains(err.Error(), fields[5]) {
				t.Error("the error repeats the hash")
			}
		})
	}
}

// FuzzParse: whatever the feed brings, parse neither panics nor accepts what a
// terminal cannot compute.
func FuzzParse(f *testing.F) {
	f.Add(Hash("0000"))
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$$$$$")
	f.Fuzz(func(t *testing.T, phc string) {
		h, err := parse(phc)
		if err != nil {
			if !errors.Is(err, ErrHash) {
				t.Fatalf("error %v does not wrap ErrHash", err)
			}
			return
		}
		if h.memory > maxMemory || h.passes > maxPasses || h.threads < 1 || len(h.key) < 16 || len(h.salt) < 8 {
			t.Fatalf("accepted m=%d t=%d p=%d", h.memory, h.passes, h.threads)
		}
	})
}

// BenchmarkCheck: 36 ms and 19 MiB a check on one core of the build machine.
func BenchmarkCheck(b *testing.B) {
	phc := Hash("4711")
	b.ReportAllocs()
	for b.Loop() {
		if ok, _ := Check(phc, "4711"); !ok {
			b.Fatal("refused")
		}
	}
}
