package center

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/receipt"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/feed"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/uplink"
	"github.com/luohu/ting/sync/wire"
)

// office is a center that listens.
type office struct {
	*center.Center
	url string
	ca  string
}

func openOffice(t *testing.T) *office {
	t.Helper()
	dir := t.TempDir()
	c, err := center.Open(t.Context(), center.Options{Dir: dir, Database: pgtest.Database(t), Log: slog.New(slog.DiscardHandler), Safe: center.SafeCommitted,
		Projections: []projection.Projection{New()}, Feeds: []string{kiosk.FeedPeople, kiosk.FeedRevocations}})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := c.Authority().Server(c.Now())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/sync/", c.Handler())
	server := c.NewServer(mux, cert)
	go server.ServeTLS(l, "", "")
	t.Cleanup(func() {
		server.Close()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return &office{c, "https://" + l.Addr().String(), filepath.Join(dir, "ca.pem")}
}

// until waits until the projection, having seen everything, satisfies cond.
func (o *office) until(t *testing.T, what string, cond func(projection.Querier) (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	events, stop := o.Events.Listen()
	defer stop()
	for {
		var last int64
		var ok bool
		err := o.View(ctx, func(tx *store.Tx) (err error) {
			last, err = tx.LastPosition()
			return err
		})
		if err == nil {
			err = o.Projected(ctx, enrolment.ID, last)
		}
		if err == nil {
			err = o.Querier(ctx, func(q projection.Querier) (err error) {
				ok, err = cond(q)
				return err
			})
		}
		if err != nil {
			t.Fatalf("waiting for %s: %v", what, err)
		}
		if ok {
			return
		}
		select {
		case <-events:
		case <-ctx.Done():
			t.Fatalf("waited for %s in vain", what)
		}
	}
}

// counter is a terminal: its journal, feeds, gallery and line, with a camera before
// which the person of the test always stands. It is what app/ting wires, without a screen.
type counter struct {
	t        *testing.T
	dir      string
	office   *office
	name     string
	journal  *journal.Journal
	feeds    *feed.Cache
	identity *identity.Identity
	offline  func() // nil while it is
}

func (o *office) counter(t *testing.T, name string) *counter {
	t.Helper()
	c := &counter{t: t, dir: t.TempDir(), office: o, name: name}
	c.start()
	t.Cleanup(c.stop)
	return c
}

func (c *counter) start() {
	c.t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	var err error
	if c.journal, err = journal.Open(ctx, filepath.Join(c.dir, "journal.db"), journal.Options{Terminal: c.name, Log: log, MinFree: -1, Reserve: -1}); err != nil {
		c.t.Fatal(err)
	}
	if c.feeds, err = feed.OpenCache(ctx, filepath.Join(c.dir, "feeds.db"), feed.CacheOptions{Site: "school-1", Log: log}); err != nil {
		c.t.Fatal(err)
	}
	c.identity, err = identity.Open(ctx, identity.Config{
		Dir: filepath.Join(c.dir, "identity"), Terminal: c.name, Site: "school-1", Feeds: c.feeds, Log: log,
		Engine: oneFace{}, Cameras: map[string]func() identity.Frames{"": func() identity.Frames { return mirror{} }},
		Recorder: journal.Recorder{Journal: c.journal},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.feeds.OnChange(kiosk.FeedRevocations, func(rows []wire.FeedRow) {
		var revoked []kiosk.RevocationRow
		for _, r := range rows {
			var v kiosk.RevocationRow
			if !r.Deleted && json.Unmarshal(r.Value, &v) == nil {
				revoked = append(revoked, v)
			}
		}
		if err := c.identity.ApplyRevocations(ctx, revoked); err != nil {
			c.t.Error(err)
		}
	})
}

func (c *counter) stop() {
	c.unplug()
	for _, end := range []func() error{c.identity.Close, c.feeds.Close, c.journal.Close} {
		if err := end(); err != nil {
			c.t.Error(err)
		}
	}
}

// plug brings the terminal online: records go up and feeds come down.
func (c *counter) plug() {
	c.t.Helper()
	dir := filepath.Join(c.dir, "device")
	id, err := uplink.LoadIdentity(dir)
	if err != nil {
		id = c.enrol(dir)
	}
	ctx, cancel := context.WithCancel(context.Background())
	up, err := uplink.New(uplink.Options{URL: c.office.url, Identity: id, Journal: c.journal, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		c.t.Fatal(err)
	}
	down, err := feed.NewPoller(feed.PollerOptions{URL: c.office.url, TLS: id.TLS(), Center: id.Center, Cache: c.feeds,
		Feeds: []string{kiosk.FeedPeople}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		c.t.Fatal(err)
	}
	var line sync.WaitGroup
	line.Go(func() { _ = up.Run(ctx) })
	line.Go(func() { _ = down.Run(ctx) })
	c.offline = func() { cancel(); line.Wait() }
}

func (c *counter) unplug() {
	if c.offline != nil {
		c.offline()
		c.offline = nil
	}
}

func (c *counter) enrol(dir string) *uplink.Identity {
	c.t.Helper()
	code, _, err := c.office.MakeCode(c.t.Context(), "test", c.name, "school-1")
	if err != nil {
		c.t.Fatal(err)
	}
	ca, err := os.ReadFile(c.office.ca)
	if err != nil {
		c.t.Fatal(err)
	}
	id, err := uplink.Enrol(c.t.Context(), uplink.Enrolment{Dir: dir, URL: c.office.url, CA: ca, Terminal: c.name, Site: "school-1", Code: code, Epoch: c.journal.Epoch()})
	if err != nil {
		c.t.Fatal(err)
	}
	return id
}

// sees is the verdict on the person before the camera.
func (c *counter) sees() kiosk.Verdict {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	s, err := c.identity.Watch(ctx, kiosk.Visit{ID: "v", Module: "gate", Terminal: c.name, Site: "school-1"}, kiosk.WatchRequest{})
	if err != nil {
		c.t.Fatal(err)
	}
	defer s.Close()
	for {
		got, err := s.Next()
		if err != nil {
			c.t.Fatalf("%s: nothing is seen: %v", c.name, err)
		}
		if got.Verdict != kiosk.NoFace {
			return got.Verdict
		}
	}
}

// faces are the files of templates on the disk.
func (c *counter) faces() int {
	files, err := filepath.Glob(filepath.Join(c.dir, "identity", "gallery", "faces", "*"))
	if err != nil {
		c.t.Fatal(err)
	}
	return len(files)
}

// mirror is a camera.
type mirror struct{}

func (mirror) Next(ctx context.Context) (*camera.Frame, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(20 * time.Millisecond): // it is a camera, and has a rate
		return &camera.Frame{W: 640, H: 480, Stride: 1920, Time: time.Now()}, nil
	}
}

// oneFace is an engine that always sees the same person.
type oneFace struct{}

func (oneFace) Analyze(context.Context, face.Request) ([]face.Face, error) {
	f := face.Face{Rect: face.Rect{Left: 200, Top: 100, Right: 360, Bottom: 260}, Score: 1, Track: 1, Described: true,
		Quality: face.Quality{Size: 160, Brightness: 120, Contrast: 40, Sharpness: 90, MouthContrast: 30}}
	f.Descriptor[7] = 1
	return []face.Face{f}, nil
}

func (oneFace) Close() error { return nil }

// TestWithdrawWhileTerminalsAreOffline: three terminals hold a person's template and
// have no network when he withdraws at a fourth. After they return, also through a
// restart, none recognises him, and there are as many receipts as there were holders.
func TestWithdrawWhileTerminalsAreOffline(t *testing.T) {
	pgtest.Both(t, testWithdrawWhileTerminalsAreOffline)
}

func testWithdrawWhileTerminalsAreOffline(t *testing.T) {
	const person = "2019-0317"
	o := openOffice(t)
	if err := o.Register(t.Context(), []center.FeedChange{{Site: "school-1", Feed: kiosk.FeedPeople, Key: person,
		Value: kiosk.PersonRow{ID: person, Name: "李小明", Group: "三年二班", Role: "pupil"}}}); err != nil {
		t.Fatal(err)
	}
	given := time.Now().Add(-time.Hour)
	var gates []*counter
	for i := range 3 {
		c := o.counter(t, fmt.Sprintf("gate-%d", i+1))
		c.plug()
		if _, err := c.identity.EnrolFrames(t.Context(), kiosk.Person{ID: person, Name: "李小明", Role: "pupil"}, []*camera.Frame{{W: 640, H: 480}},
			kiosk.Consent{TextVersion: enrolment.TextVersion, GivenBy: "陈静(母亲)", Way: "paper", Time: given}, []string{"gate"}); err != nil {
			t.Fatal(err)
		}
		gates = append(gates, c)
	}
	count := func(q projection.Querier) (holders, receipts int, err error) {
		list, err := Holders(q, "school-1", person)
		for _, h := range list {
			holders++
			if !h.Erased.IsZero() && h.Cause == receipt.Revoked {
				receipts++
			}
		}
		return holders, receipts, err
	}
	o.until(t, "three holders", func(q projection.Querier) (bool, error) {
		holders, receipts, err := count(q)
		return holders == 3 && receipts == 0, err
	})
	for _, c := range gates {
		c.unplug()
		if v := c.sees(); v != kiosk.Recognised {
			t.Fatalf("%s sees %s before the withdrawal", c.name, v)
		}
		// A backlog, behind which a receipt must not wait.
		for range 20 {
			if _, err := (journal.Recorder{Journal: c.journal}).Append(t.Context(), kiosk.RecordKind{Name: "gate.pass", Version: 1}, "person/"+person, []byte(`{}`)); err != nil {
				t.Fatal(err)
			}
		}
	}

	desk := o.counter(t, "desk-1")
	if err := desk.identity.Forget(t.Context(), kiosk.Visit{ID: "v"}, person, nil); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(enrolment.Withdrawn{Person: person, At: time.Now()})
	if err == nil {
		_, err = journal.Recorder{Journal: desk.journal}.Append(t.Context(), enrolment.KindWithdrawn, "person/"+person, body)
	}
	if err != nil {
		t.Fatal(err)
	}
	desk.plug()
	o.until(t, "the withdrawal", func(q projection.Querier) (bool, error) {
		_, err := q.Row("school-1", kiosk.FeedRevocations, person)
		if errors.Is(err, projection.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	})

	gates[0].stop() // one of them was even switched off
	gates[0].start()
	for _, c := range gates {
		c.plug()
	}
	o.until(t, "three receipts", func(q projection.Querier) (bool, error) {
		holders, receipts, err := count(q)
		return holders == 3 && receipts == 3, err
	})
	for _, c := range gates {
		if v := c.sees(); v != kiosk.Stranger {
			t.Errorf("%s sees %s after the withdrawal", c.name, v)
		}
		if c.identity.Has(person) || c.faces() != 0 {
			t.Errorf("%s: %d templates are on its disk", c.name, c.faces())
		}
	}
}
