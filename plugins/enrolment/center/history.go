package center

import (
	"cmp"
	"slices"
	"time"

	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/sync/center/projection"
)

// Word is what a person last said on one purpose, each way; zero is never.
type Word struct {
	Purpose              string // "" is every purpose: only a withdrawal can be for it
	Consented, Withdrawn time.Time
	TextVersion          string // of the newest consent, as the two below
	GivenBy              string // "self", or the guardian
	Way                  string
}

// History is what a person has said at a site, by purpose.
func History(q projection.Querier, site, person string) (list []Word, err error) {
	err = q.Each(`SELECT purpose, COALESCE(consented, 0), COALESCE(withdrawn, 0), text, giver, way FROM enrolment_consents
		WHERE site = ? AND person = ?`, []any{site, person}, func(scan func(...any) error) error {
		var w Word
		var consented, withdrawn int64
		err := scan(&w.Purpose, &consented, &withdrawn, &w.TextVersion, &w.GivenBy, &w.Way)
		w.Consented, w.Withdrawn = moment(consented), moment(withdrawn)
		list = append(list, w)
		return err
	})
	slices.SortFunc(list, func(a, b Word) int { return cmp.Compare(a.Purpose, b.Purpose) })
	return list, err
}

// publish makes the row of a person in the site's feed of consents, which his own page
// on a terminal shows.
func publish(tx projection.Tx, site, person string) error {
	words, err := History(tx, site, person)
	if err != nil {
		return err
	}
	holders, err := Holders(tx, site, person)
	if err != nil {
		return err
	}
	row := enrolment.ConsentsRow{Person: person}
	var all time.Time
	for _, w := range words {
		if w.Purpose == everything {
			all = w.Withdrawn
		}
	}
	for _, w := range words {
		gone := w.Withdrawn
		if all.After(gone) {
			gone = all
		}
		row.Said = append(row.Said, enrolment.Said{Purpose: w.Purpose, Given: w.Consented.After(gone), TextVersion: w.TextVersion,
			GivenBy: w.GivenBy, Way: w.Way, Consented: w.Consented, Withdrawn: gone})
	}
	for _, h := range holders {
		row.Templates = append(row.Templates, enrolment.TemplateHeld{Terminal: h.Terminal, Stored: h.Stored, Erased: h.Erased})
	}
	return tx.PutFeed(site, enrolment.FeedConsents, person, row)
}

// moment reads a time as it is stored.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
