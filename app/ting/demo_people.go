package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/luohu/ting/assets/demo"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
)

// portraits is how many pictures of each of the demo's people are enrolled.
const portraits = 5

// enrolDemo enrols the demo's people, once, from rendered portraits that no live
// scene shows, through the same engine and rules as any bulk enrolment. Who
// never consented is not enrolled, and a purpose that was withdrawn is left out.
func (t *terminal) enrolDemo(ctx context.Context) {
	done := filepath.Join(t.config.Terminal.State, "demo-enrolled")
	if _, err := os.Stat(done); err == nil {
		return // and whoever withdrew since then stays withdrawn
	}
	if err := t.engine.Ready(ctx); err != nil {
		return // ctx has ended
	}
	started, n := time.Now(), 0
	faces := demo.Faces()
	for _, row := range demo.People(t.config.Terminal.Site) {
		purposes, consent := demoConsent(t.config.Terminal.Site, row.ID)
		if faces[row.ID] == 0 || len(purposes) == 0 || t.identity.Has(row.ID) {
			continue
		}
		who := kiosk.Person{ID: row.ID, Name: row.Name, Group: row.Group, Role: row.Role}
		frames := district.Portraits(district.Person(faces[row.ID]), portraits)
		if _, err := t.identity.EnrolFrames(ctx, who, frames, consent, purposes); err != nil {
			if ctx.Err() != nil {
				return
			}
			t.log.Error("a demo portrait was not enrolled", "op", "enrol demo", "code", kiosk.CodeOf(err), "cause", err)
			if errors.Is(err, face.ErrRestarting) {
				if t.engine.Ready(ctx) != nil {
					return
				}
			}
			continue
		}
		n++
	}
	t.log.Info("the demo's people are enrolled", "op", "enrol demo", "people", n, "took", time.Since(started).Round(time.Millisecond))
	if err := os.WriteFile(done, nil, 0o600); err != nil {
		t.log.Error("the demo will enrol again", "op", "enrol demo", "cause", err)
	}
}

// demoConsent is what somebody's consent still covers.
func demoConsent(site, person string) ([]string, kiosk.Consent) {
	consents := demo.Consents(person)
	if len(consents) == 0 {
		return nil, kiosk.Consent{}
	}
	last := consents[len(consents)-1]
	purposes := slices.Clone(last.Purposes)
	for _, r := range demo.Revocations(site) {
		if r.Person == person && !r.Time.Before(last.Time) {
			purposes = slices.DeleteFunc(purposes, r.Covers)
		}
	}
	return purposes, last.Consent
}
