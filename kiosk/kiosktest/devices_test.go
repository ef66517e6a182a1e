package kiosktest_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// TestDevices has a module use every device of the terminal under its hands.
func TestDevices(t *testing.T) {
	card := kiosk.IDCard{Number: "330106195603210019", Name: "林知远", ValidUntil: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	signs := kiosk.VitalSigns{Temperature: 38.2, Doubts: []string{"moved"}}
	slip := view.Page{ID: "slip", Title: view.Same("A017")}
	type all struct {
		Code   kiosk.ScannedCode
		Card   kiosk.IDCard
		Signs  kiosk.VitalSigns
		Weight int64
	}
	var got all
	tm := serve(t, func(ctx context.Context, s kiosk.Session) (err error) {
		if got.Code, err = s.Scan(ctx); err != nil {
			return err
		}
		if got.Card, err = s.ReadIDCard(ctx); err != nil {
			return err
		}
		if got.Signs, err = s.Measure(ctx); err != nil {
			return err
		}
		if got.Weight, err = s.Weigh(ctx); err != nil {
			return err
		}
		if err := s.Speak(ctx, view.T("请取票", "Please take your ticket")); err != nil {
			return err
		}
		if err := s.Print(ctx, slip); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
			t.Errorf("without paper: %v", err)
		}
		if _, err := s.Ask(ctx, view.Page{ID: "paper", Actions: []view.Action{{ID: "in", Label: view.Same("ok")}}}); err != nil {
			return err
		}
		return s.Print(ctx, slip)
	})
	tm.PaperOut()
	tm.Scan("9787020002207")
	tm.LayIDCard(card)
	tm.Measured(signs)
	tm.Weighed(350_000)
	tm.WantPage("paper")
	tm.PaperIn()
	tm.Answer("in", nil)
	if err := tm.WantEnd(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(all{kiosk.ScannedCode{Text: "9787020002207"}, card, signs, 350_000}, got); d != "" {
		t.Error(d)
	}
	if p := tm.Printed(); len(p) != 1 || p[0].ID != "slip" {
		t.Errorf("printed %v", p)
	}
	if s := tm.Spoken(); len(s) != 1 || s[0].EN != "Please take your ticket" {
		t.Errorf("said %v", s)
	}
}

// TestACallThatWaitsForADeviceEndsWithTheVisit leaves nothing behind that waits.
func TestACallThatWaitsForADeviceEndsWithTheVisit(t *testing.T) {
	ended := make(chan error, 1)
	tm := serve(t, func(ctx context.Context, s kiosk.Session) error {
		if err := s.Show(ctx, view.Page{ID: "scan"}); err != nil {
			return err
		}
		_, err := s.Scan(ctx)
		ended <- err
		return err
	})
	tm.WantPage("scan")
	tm.End()
	if err := <-ended; kiosk.CodeOf(err) != kiosk.CodeCancelled {
		t.Errorf("the visit ended: %v", err)
	}
}
