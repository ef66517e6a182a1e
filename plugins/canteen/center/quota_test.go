package center

import (
	"maps"
	"testing"

	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/sync/center/pgtest"
)

func shareRows(l ledger) map[string]canteen.ShareRow {
	return feedOf[canteen.ShareRow](l, canteen.FeedShares)
}

// TestShares: what one till gives back another gets, once the first has said so.
func TestShares(t *testing.T) { pgtest.Both(t, testShares) }

func testShares(t *testing.T) {
	l := open(t)
	quota := func(fen int64, shares map[string]int64, retired ...string) {
		l.take(canteen.Quota{Fen: fen, Shares: shares, Retired: retired, At: noon})
	}
	want := func(want map[string]canteen.ShareRow) {
		t.Helper()
		if got := shareRows(l); !maps.Equal(got, want) {
			t.Errorf("shares %+v, want %+v", got, want)
		}
	}
	quota(1000, map[string]int64{"a/canteen": 600, "b/canteen": 400})
	want(map[string]canteen.ShareRow{"a/canteen": {Fen: 600, Serial: 1}, "b/canteen": {Fen: 400, Serial: 1}})
	quota(1000, map[string]int64{"a/canteen": 300, "b/canteen": 400, "c/canteen": 300})
	want(map[string]canteen.ShareRow{"a/canteen": {Fen: 300, Serial: 2}, "b/canteen": {Fen: 400, Serial: 1}})
	quota(1000, map[string]int64{"a/canteen": 500, "b/canteen": 400, "c/canteen": 100}) // what is out for a may stay there
	want(map[string]canteen.ShareRow{"a/canteen": {Fen: 500, Serial: 3}, "b/canteen": {Fen: 400, Serial: 1}})
	quota(1000, map[string]int64{"b/canteen": 400, "c/canteen": 600}, "a/canteen")
	want(map[string]canteen.ShareRow{"a/canteen": {Fen: 0, Serial: 4}, "b/canteen": {Fen: 400, Serial: 1}, "c/canteen": {Fen: 600, Serial: 1}})
	if n := l.deadLetters(); n > 0 {
		t.Errorf("%d records could not be applied", n)
	}
	l.wantAgree()
}
