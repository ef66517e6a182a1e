package feed

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/sync/wire"
)

// FuzzPage wants of every page either an error, after which nothing has changed,
// or that the cache's cursor is where the page says.
func FuzzPage(f *testing.F) {
	c, err := OpenCache(context.Background(), filepath.Join(f.TempDir(), "feeds.db"), CacheOptions{Site: "school-1", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { c.Close() })
	f.Add([]byte(`{"feed":"people","site":"school-1","after":0,"revision":2,"rows":[{"key":"a","revision":1,"value":{}},{"key":"b","revision":2,"deleted":true}]}`))
	f.Add([]byte(`{"feed":"people","site":"school-1","snapshot":true,"revision":9,"more":true,"rows":[{"key":"a","revision":9,"value":1}]}`))
	f.Add([]byte(`{"feed":"people","site":"school-2"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		ctx := context.Background()
		var p wire.FeedPage
		if json.Unmarshal(b, &p) != nil || p.Feed == "" {
			return
		}
		before, err := c.Cursor(ctx, p.Feed)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Apply(ctx, p)
		after, cursorErr := c.Cursor(ctx, p.Feed)
		if cursorErr != nil {
			t.Fatal(cursorErr)
		}
		switch {
		case err != nil && after != before:
			t.Fatalf("a refused page moved the cursor from %d to %d: %v", before, after, err)
		case err == nil && p.Site != "school-1":
			t.Fatal("another site's page was taken")
		}
		if _, err := c.List(ctx, kiosk.ListRequest{Feed: p.Feed, Limit: 10}); err != nil {
			t.Fatal(err)
		}
	})
}
