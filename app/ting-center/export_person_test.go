package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/enrolment"
	enrolled "github.com/luohu/ting/plugins/enrolment/center"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// TestExportPerson: the extract has all that concerns the person, of every module, and
// nothing of anybody else; that it was made is noted.
func TestExportPerson(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	c, err := center.Open(t.Context(), center.Options{Dir: dir, Log: slog.New(slog.DiscardHandler), Projections: []projection.Projection{enrolled.New()}})
	if err != nil {
		t.Fatal(err)
	}
	person := func(id, name string) center.FeedChange {
		return center.FeedChange{Site: "school-1", Feed: kiosk.FeedPeople, Key: id, Value: kiosk.PersonRow{ID: id, Name: name, Role: "pupil", PIN: "$argon2id$secret", Cards: []string{"0004711"}}}
	}
	if err := c.Edit(t.Context(), func(tx *store.Tx) error { return tx.PutSite(store.Site{ID: "school-1", NameZH: "第一小学"}) }); err != nil {
		t.Fatal(err)
	}
	if err := c.Register(t.Context(), []center.FeedChange{person("p1", "李<b>小明"), person("p2", "王芳")}); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	var last int64
	for _, r := range []kiosk.Record{
		enrolment.Consented{Person: "p1", Purposes: []string{"gate"}, TextVersion: "face-2025-06", GivenBy: "陈静(母亲)", Way: "paper", At: at},
		gate.Pass{Person: "p1"}, gate.Pass{Person: "p2"}, gate.Pass{Person: "p11"},
	} {
		if last, err = c.Record(t.Context(), "school-1", r); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Projected(t.Context(), enrolment.ID, last); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) (int, []string) {
		var said, errs bytes.Buffer
		code := command(append([]string{"export-person", "-state", dir, "-to", out}, args...), &said, &errs)
		return code, strings.Fields(said.String())
	}
	if code, _ := run(); code != exitUsage {
		t.Errorf("nobody: %d", code)
	}
	if code, files := run("-id", "nobody"); code != exitFailed || len(files) != 0 {
		t.Errorf("somebody unknown: %d, %q", code, files)
	}
	code, files := run("-id", "p1")
	if code != 0 || len(files) != 2 {
		t.Fatalf("%d, %q", code, files)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var x extract
	if err := json.Unmarshal(raw, &x); err != nil {
		t.Fatal(err)
	}
	if len(x.Records) != 2 || len(x.Sites) != 1 || x.Sites[0].Profile == nil || len(x.Sites[0].Said) != 1 || x.Sites[0].Said[0].TextVersion != "face-2025-06" {
		t.Errorf("the extract is %s", raw)
	}
	page, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"第一小学", "李&lt;b&gt;小明", "face-2025-06", "陈静(母亲)", gate.Pass{}.RecordKind().Name} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, secret := range []string{"argon2id", "0004711", "王芳", "p2", "p11"} {
		if bytes.Contains(raw, []byte(secret)) || bytes.Contains(page, []byte(secret)) {
			t.Errorf("the extract holds %q", secret)
		}
	}
	if info, err := os.Stat(files[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	var list []store.Audit
	if err := withCenter(dir, func(_ context.Context, c *center.Center) error {
		return c.View(t.Context(), func(tx *store.Tx) (err error) {
			list, err = tx.Audits(store.AuditFilter{Action: "person.export"}, 10)
			return err
		})
	}); err != nil || len(list) != 1 || list[0].Subject != "p1" {
		t.Errorf("noted as %+v, %v", list, err)
	}
}
