// Package triage puts emergency patients in order: who cannot wait is seen first.
//
// A patient says what is wrong, dangers first; vital signs are measured; rules that
// are data (package rules) give a level, I to IV, and a department, with their
// reasons. A level I or II calls a nurse at once. At the nurse's desk (the second
// module of this package) every level is confirmed, raised or lowered.
//
// It never diagnoses, never prescribes and sends nobody home.
//
// Guarantees: a level never falls but by a nurse's decision, wherever and in
// whatever order records arrive; a nurse is called before anything else is asked;
// what fits no rule is level III at least; a visit that is broken off after a
// danger was named has called a nurse all the same.
//
// The record names the patient by a masked name only. His identity number goes to
// the hospital's own system (package handover), and nowhere else.
//
// Test it from a script with kiosk/kiosktest.
package triage

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/triage/handover"
	"github.com/luohu/ting/plugins/triage/rules"
)

// The modules' names in terminal.toml.
const (
	ID     = "triage"
	DeskID = "triage-desk"
)

// SettingRules names a file of rules, instead of those that come with the program.
const SettingRules = "rules"

// Triage is the patient's module. Make it with New.
type Triage struct {
	rules  *rules.Rules
	sender *handover.Sender
	recent recent
}

// New returns the module with the built-in rules; Start may replace them.
func New() *Triage { return &Triage{rules: rules.Default(), sender: &handover.Sender{}} }

// Manifest implements kiosk.Module.
func (t *Triage) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:      ID,
		Version: "1.0.0",
		Title:   view.T("预检分诊", "Triage"),
		Icon:    "triage",
		Group:   view.T("就医", "Health"),
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermIDCard, kiosk.PermMeasure, kiosk.PermRecord,
			kiosk.PermFeeds, kiosk.PermPrint, kiosk.PermSpeak, kiosk.PermScan},
		Records: []kiosk.RecordKind{KindAssessed, KindCalled},
		Feeds:   []string{FeedWaiting},
	}
}

// Start implements kiosk.Starter: it reads the rules and begins to hand over.
func (t *Triage) Start(ctx context.Context, s kiosk.Setup) (err error) {
	if t.rules, err = loadRules(s.Settings); err != nil {
		return err
	}
	if t.sender, err = handover.Open(s.Dir, s.Settings); err != nil {
		return err
	}
	t.sender.Run(ctx)
	return nil
}

func loadRules(settings map[string]string) (*rules.Rules, error) {
	file := settings[SettingRules]
	if file == "" {
		return rules.Default(), nil
	}
	r, err := rules.Load(file)
	if err != nil {
		return nil, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start", Cause: err,
			Hint: fmt.Sprintf("try the rules first: ting-module triage check %s", file)}
	}
	return r, nil
}

// codeLen is how many characters a ticket's code has: 33 million codes.
const codeLen = 5

// codeOf is the code of a case's ticket. It says nothing of an order: patients are
// seen by urgency, and a running number would promise otherwise.
func codeOf(caseID string) string {
	const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // no 0 O 1 I
	h := sha256.Sum256([]byte(caseID))
	var code [codeLen]byte
	for i := range code {
		code[i] = alphabet[h[i]&31]
	}
	return string(code[:])
}
