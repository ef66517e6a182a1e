// Package gb2260 names the administrative divisions of China by the six digits
// of GB/T 2260, with which an identity number begins: province, prefecture,
// county. A number keeps the division of its holder's first registration, so
// codes that are no longer in use are here too, under their last name.
//
// Origin and licence of divisions.tsv: assets/NOTICE.md.
package gb2260

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed divisions.tsv
var divisions string

var names = sync.OnceValue(func() map[string]string {
	m := make(map[string]string, 4096)
	for line := range strings.Lines(divisions) {
		if code, name, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			m[code] = name
		}
	}
	return m
})

// Name is the division's own name, as in "西湖区"; false for a code there never was.
func Name(code string) (string, bool) {
	n, ok := names()[code]
	return n, ok
}

// Path is the division with those it lies in, as in "浙江省杭州市西湖区". What
// only groups counties (市辖区, 县, 省直辖县级行政区划) is left out. It is "" for
// a code whose province there never was.
func Path(code string) string {
	if len(code) != 6 {
		return ""
	}
	var b strings.Builder
	for _, c := range []string{code[:2] + "0000", code[:4] + "00", code} {
		name, ok := Name(c)
		if !ok || strings.HasSuffix(b.String(), name) || grouping(name) {
			if b.Len() == 0 {
				return ""
			}
			continue
		}
		b.WriteString(name)
	}
	return b.String()
}

func grouping(name string) bool {
	return name == "市辖区" || name == "县" || name == "市" || strings.Contains(name, "直辖县") || strings.Contains(name, "直辖行政")
}
