package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	enrolled "github.com/luohu/ting/plugins/enrolment/center"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// TestFilingIsNotedOnce: the alarms stand in the audit log, each once, whoever looks how often.
func TestFilingIsNotedOnce(t *testing.T) { pgtest.Both(t, testFilingIsNotedOnce) }

func testFilingIsNotedOnce(t *testing.T) {
	ctx := t.Context()
	log := slog.New(slog.DiscardHandler)
	c, err := center.Open(ctx, center.Options{Dir: t.TempDir(), Database: pgtest.Database(t), Log: log, Projections: []projection.Projection{enrolled.New()}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := c.Projected(ctx, "enrolment", 0); err != nil {
		t.Fatal(err)
	}
	audits := func() (list []string) {
		t.Helper()
		for range 2 {
			if err := noteFiling(ctx, c, log); err != nil {
				t.Fatal(err)
			}
		}
		err := c.View(context.Background(), func(tx *store.Tx) error {
			all, err := tx.Audits(store.AuditFilter{}, 10)
			for _, a := range all {
				list = append(list, a.Action+": "+a.Detail)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if list := audits(); len(list) != 0 {
		t.Errorf("nobody is stored: %q", list)
	}
	reach := func(level string, at time.Time) {
		t.Helper()
		// As the projection writes it: 100,000 records would take the test minutes.
		if err := c.Edit(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO enrolment_filing (level, reached) VALUES (?, ?)`, level, at.UnixMicro())
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	reach("soon", time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC))
	if list := audits(); len(list) != 1 || !strings.HasPrefix(list[0], "faces.soon: 80000 persons reached on 2026-10-01") {
		t.Errorf("soon: %q", list)
	}
	reach("duty", time.Date(2026, 11, 2, 2, 0, 0, 0, time.UTC))
	families, err := c.Metrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	gauges := map[string]float64{"ting_center_faces_filing": -1, "ting_center_faces_stored": -1}
	for _, f := range families {
		if _, wanted := gauges[f.GetName()]; wanted {
			gauges[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	if gauges["ting_center_faces_filing"] != 2 || gauges["ting_center_faces_stored"] != 0 {
		t.Errorf("Prometheus reads %v", gauges)
	}
	if list := audits(); len(list) != 2 || !strings.Contains(list[0], "to be filed by 2026-12-14") {
		t.Errorf("duty: %q", list)
	}
}
