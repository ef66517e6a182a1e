package console

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/receipt"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/sync/center/centertest"
	"github.com/luohu/ting/sync/center/pgtest"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

// brings has a terminal send one record of its own.
func (d *desk) brings(tm *centertest.Terminal, r kiosk.Record) {
	d.t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		d.t.Fatal(err)
	}
	lane := record.Ordinary
	if r.RecordKind().Urgent {
		lane = record.Urgent
	}
	prev := tm.Heads[lane].Hash
	if ack := tm.Send(lane, prev, tm.Make(lane, 1, r.RecordKind().Name, r.AggregateKey(), string(body))); ack.Code != wire.OK {
		d.t.Fatalf("answered %s", ack.Code)
	}
}

// settled waits until the consents' projection has seen everything.
func (d *desk) settled() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	last, err := d.c.Record(ctx, "school-1", enrolment.Withdrawn{Person: "nobody", At: time.Now()})
	if err == nil {
		err = d.c.Projected(ctx, enrolment.ID, last)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestDeletionReceipts: the page of a person counts who holds a template and who has
// proven that his is gone.
func TestDeletionReceipts(t *testing.T) { pgtest.Both(t, testDeletionReceipts) }

func testDeletionReceipts(t *testing.T) {
	d := open(t)
	d.register("school-1", kiosk.PersonRow{ID: "p1", Name: "李小明", Role: "pupil"})
	o := d.as(Operator)
	look := func(path string) string {
		t.Helper()
		d.settled()
		status, body, _ := o.get(path)
		if status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		return body
	}
	page := func() string { return look("/person?site=school-1&id=p1") }
	if body := page(); !strings.Contains(body, "没有终端保存过") {
		t.Error("nobody holds a template, and the page does not say so")
	}
	at := time.Now().Add(-time.Hour)
	var gates []*centertest.Terminal
	for _, id := range []string{"gate-1", "gate-2", "gate-3"} {
		tm := d.terminal(id, "school-1")
		d.brings(tm, receipt.Stored{Person: "p1", Template: "template-of-" + id, Purposes: []string{"gate"}, At: at})
		gates = append(gates, tm)
	}
	if body := page(); !strings.Contains(body, "已删除 0 / 3") || strings.Count(body, "保存中") != 3 {
		t.Errorf("three hold one:\n%s", body)
	}
	if body := look("/"); !strings.Contains(body, "人的人脸已存储") || !strings.Contains(body, `<b>1</b><span>人的人脸`) {
		t.Errorf("the overview does not count one person:\n%s", body)
	}
	if status, _, _ := o.send("/person/withdraw", "site", "school-1", "id", "p1", "reason", "A-17"); status != http.StatusOK {
		t.Fatalf("withdraw: %d", status)
	}
	if body := page(); strings.Count(body, "等待删除") != 3 {
		t.Error("it is not said that three are to be deleted")
	}
	for i, tm := range gates {
		d.brings(tm, receipt.Erased{Person: "p1", Template: "template-of-" + tm.ID, Cause: receipt.Revoked, At: at.Add(time.Minute)})
		want := []string{"已删除 1 / 3", "已删除 2 / 3", "已全部删除 已删除 3 / 3"}[i]
		if body := page(); !strings.Contains(body, want) {
			t.Errorf("after %d receipts the page does not say %q", i+1, want)
		}
	}
	if body := look("/"); !strings.Contains(body, `<b>0</b><span>人的人脸`) {
		t.Error("somebody is still counted")
	}
}
