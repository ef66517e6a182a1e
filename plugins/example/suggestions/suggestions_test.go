package suggestions

import (
	"testing"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/kiosktest"
	"github.com/luohu/ting/kiosk/view"
)

func TestSuggestion(t *testing.T) {
	tm := kiosktest.New(t, New())
	tm.Start()
	write := tm.WantPage("write")
	tm.Answer(actionNext, map[string]string{fieldText: "  "})
	again := tm.WantPageAfter(write.Rev, "write")
	if f := again.Body[0].(view.Form).Fields[1]; f.Error.IsZero() {
		t.Error("an empty suggestion is not pointed out beside its field")
	}
	tm.Answer(actionNext, map[string]string{fieldTopic: "place", fieldText: "多放几把椅子"})
	confirm := tm.WantPage("confirm")
	tm.Answer(actionEdit, nil)
	again = tm.WantPageAfter(confirm.Rev, "write")
	if f := again.Body[0].(view.Form).Fields[1]; f.Value != "多放几把椅子" {
		t.Errorf("what was written is lost: %q", f.Value)
	}
	tm.Answer(actionNext, nil)
	tm.WantPageAfter(again.Rev, "confirm")
	if n := len(tm.Records()); n != 0 {
		t.Fatalf("%d records before anything was sent", n)
	}
	tm.Answer(actionSend, nil)
	thanks := tm.WantPage("thanks")
	made := kiosktest.Records[Made](tm)
	if len(made) != 1 || made[0].Topic != "place" || made[0].Text != "多放几把椅子" || !made[0].At.Equal(kiosktest.Morning) {
		t.Fatalf("records %+v", made)
	}
	if got, want := thanks.Body[0].(view.Receipt).Number, tm.Records()[0].Receipt.Short(); got != want {
		t.Errorf("number %s, want the receipt's %s", got, want)
	}
	tm.Advance(20 * time.Second)
	if err := tm.WantEnd(); err != nil {
		t.Error(err)
	}
}

func TestBackLeavesNothing(t *testing.T) {
	tm := kiosktest.New(t, New())
	tm.Start()
	tm.WantPage("write")
	tm.Back()
	if err := tm.WantEnd(); err != nil || len(tm.Records()) != 0 {
		t.Errorf("error %v, records %v", err, tm.Records())
	}
}

func TestNotStored(t *testing.T) {
	for _, c := range []struct {
		name  string
		opts  []kiosktest.Option
		fault func(*kiosktest.Terminal)
		want  kiosk.Code
	}{
		{"disk full", nil, (*kiosktest.Terminal).DiskFull, kiosk.CodeDiskFull},
		{"not granted", []kiosktest.Option{kiosktest.WithGrants()}, func(*kiosktest.Terminal) {}, kiosk.CodeDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			tm := kiosktest.New(t, New(), c.opts...)
			c.fault(tm)
			tm.Start()
			tm.WantPage("write")
			tm.Answer(actionNext, map[string]string{fieldText: "x"})
			tm.WantPage("confirm")
			tm.Answer(actionSend, nil)
			if err := tm.WantEnd(); kiosk.CodeOf(err) != c.want {
				t.Errorf("Serve returned %v, want %s", err, c.want)
			}
			if p := tm.Page(); p.ID != "confirm" {
				t.Errorf("page %s: thanks for what is not stored", p.ID)
			}
		})
	}
}

func TestWalkingAway(t *testing.T) {
	tm := kiosktest.New(t, New())
	tm.Start()
	tm.WantPage("write")
	tm.End()
}
