package center

import (
	"cmp"
	"slices"
	"time"

	"github.com/luohu/ting/sync/center/projection"
)

// Word is what a person last said on one purpose, each way; zero is never.
type Word struct {
	Purpose              string // "" is every purpose: only a withdrawal can be for it
	Consented, Withdrawn time.Time
}

// History is what a person has said at a site, by purpose.
func History(q projection.Querier, site, person string) ([]Word, error) {
	said, err := read(q, site, person)
	var list []Word
	for purpose, w := range said {
		list = append(list, Word{purpose, moment(w.consented), moment(w.withdrawn)})
	}
	slices.SortFunc(list, func(a, b Word) int { return cmp.Compare(a.Purpose, b.Purpose) })
	return list, err
}

// moment reads a time as it is stored.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
