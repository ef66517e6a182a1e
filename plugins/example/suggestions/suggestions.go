// Package suggestions is a suggestion box: a visitor writes what could be better,
// says it once more to himself, and takes a receipt's number home.
//
// Guarantees: nothing is kept of a suggestion that was not sent; nobody is asked
// who he is; the number is shown only once the suggestion is durable.
//
// It uses nothing but the contract (package kiosk), so that it can be copied as
// the beginning of another module. Test it with kiosk/kiosktest, as beside here.
package suggestions

import (
	"context"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// ID is the module's name in terminal.toml.
const ID = "suggestions"

// KindMade is the one kind of record.
var KindMade = kiosk.RecordKind{Name: "suggestions.made", Version: 1}

// Made says that somebody made a suggestion.
type Made struct {
	Topic string    `json:"topic"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

// RecordKind implements kiosk.Record.
func (Made) RecordKind() kiosk.RecordKind { return KindMade }

// AggregateKey implements kiosk.Record. Suggestions do not depend on each other
// but by topic.
func (m Made) AggregateKey() string { return "topic/" + m.Topic }

type module struct{}

// New returns the module.
func New() kiosk.Module { return module{} }

// Manifest implements kiosk.Module.
func (module) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          ID,
		Version:     "1.0.0",
		Title:       view.T("意见箱", "Suggestions"),
		Icon:        "document",
		Permissions: []kiosk.Permission{kiosk.PermRecord},
		Records:     []kiosk.RecordKind{KindMade},
	}
}

// Serve implements kiosk.Module: one visit, from top to bottom.
func (module) Serve(ctx context.Context, s kiosk.Session) error {
	draft := Made{Topic: topics[0].Value}
	var missing bool
	for {
		a, err := s.Ask(ctx, writePage(draft, missing))
		if err != nil {
			return err
		}
		if a.Action != actionNext {
			return nil
		}
		draft.Topic, draft.Text = a.Text(fieldTopic), strings.TrimSpace(a.Text(fieldText))
		if missing = draft.Text == ""; missing {
			continue
		}
		if a, err = s.Ask(ctx, confirmPage(draft)); err != nil {
			return err
		}
		if a.Action == actionSend {
			break
		}
	}
	draft.At = s.Now()
	receipt, err := s.Record(ctx, draft) // durable before this line returns
	if err != nil {
		return err // the visitor reads the error's own sentence
	}
	_, err = s.Ask(ctx, thanksPage(receipt))
	return err
}
