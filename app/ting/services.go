package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/luohu/ting/devices/barrier"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/metrics"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// What the terminal lends its modules, where a room does not fit as it is.

// Present implements host.Screen.
func (t *terminal) Present(v kiosk.Visit, p view.Page) {
	t.log.Debug("page", "id", p.ID, "module", v.Module)
	t.shell.Present(v, p)
}

// recorder notes in the log that something became durable, never what.
type recorder struct {
	journal.Recorder
	log      *slog.Logger
	measured *metrics.Terminal
}

// Append implements host.Recorder.
func (r recorder) Append(ctx context.Context, kind kiosk.RecordKind, key string, body []byte) (kiosk.Receipt, error) {
	began := time.Now()
	receipt, err := r.Recorder.Append(ctx, kind, key, body)
	lane := receipt.Lane
	if lane == "" { // it was refused
		lane = record.Ordinary.String()
	}
	r.measured.Appended(lane, time.Since(began), err)
	if err == nil {
		r.log.Debug("record durable", "kind", kind.Name, "lane", receipt.Lane, "epoch", receipt.Epoch, "seq", receipt.Seq)
	}
	return receipt, err
}

// barriers opens the barrier of a lane.
type barriers struct {
	log   *slog.Logger
	lanes map[string]barrier.Barrier
}

// Open implements host.Barriers.
func (b barriers) Open(ctx context.Context, lane string) error {
	dev, ok := b.lanes[lane]
	if !ok {
		return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: "open barrier", Hint: "the module's lane has no barrier in terminal.toml"}
	}
	if err := dev.Open(ctx); err != nil {
		return &kiosk.Error{
			Code: kiosk.CodeUnavailable, Op: "open barrier", Cause: err,
			Visitor: view.T("闸门没有打开,请找工作人员。", "The gate did not open. Please ask the staff."),
			Hint:    "look at the barrier's power and cable",
		}
	}
	b.log.Debug("barrier opened", "lane", lane)
	return nil
}

// overlay is what identity found in the newest frame.
func (t *terminal) overlay() identity.Overlay {
	if !t.isOpen() {
		return identity.Overlay{}
	}
	return t.identity.Overlay("")
}

// applyRevocations hands withdrawals on as they come down. A row that is gone
// was replaced by a newer consent, which its own enrolment brings.
func (t *terminal) applyRevocations(ctx context.Context, rows []wire.FeedRow) {
	var revoked []kiosk.RevocationRow
	for _, row := range rows {
		if row.Deleted {
			continue
		}
		var r kiosk.RevocationRow
		if err := json.Unmarshal(row.Value, &r); err != nil || r.Person == "" {
			// Unreadable, yet somebody withdrew: the key says who, so all of it goes.
			r = kiosk.RevocationRow{Person: row.Key}
		}
		revoked = append(revoked, r)
	}
	if err := t.identity.ApplyRevocations(ctx, revoked); err != nil {
		t.log.Error("a withdrawal is not durable yet", "op", "revocations", "code", kiosk.CodeOf(err), "cause", err)
	}
}
