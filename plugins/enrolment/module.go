// Package enrolment gives and takes back the consent to be recognised by face.
//
// A visitor reads the consent text, says who he is, signs, and has his face taken; or
// he withdraws, for some purposes or for all; or he looks at what is known of his
// consents. At a counter a staff member does the same for somebody who stands there.
// All are equally easy to reach, and every other way (card, PIN, staff) serves as
// well as the face does.
//
// Guarantees: no template is taken before consent, and none below fourteen
// without a named guardian's consent that a staff member witnessed; the version and
// the digest of the very words shown are recorded; a consent that
// cannot be recorded leaves no template behind; a withdrawal takes effect on
// this terminal at once, with or without a network, and is told to the center
// in the urgent lane.
//
// Callers must not offer a service by face alone to those who enrolled here.
//
// Test it from a script with kiosk/kiosktest.
package enrolment

import (
	"context"
	"errors"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// ID is the module's name in terminal.toml, and the purpose that lets somebody
// be recognised when he comes to withdraw one of several purposes.
const ID = kiosk.PurposeEnrolment

// Enrolment is the module. Make it with New.
type Enrolment struct {
	purposes []Purpose
}

// New returns the enrolment module. It asks consent for the purposes given, or
// for passing the gate when none is.
func New(purposes ...Purpose) kiosk.Module {
	if len(purposes) == 0 {
		purposes = []Purpose{Gate}
	}
	return &Enrolment{purposes: purposes}
}

// Start implements kiosk.Starter: purposes = "gate, canteen" in the module's settings
// says what consent is asked for.
func (e *Enrolment) Start(_ context.Context, s kiosk.Setup) error {
	named, ok := s.Settings[settingPurposes]
	if !ok {
		return nil
	}
	purposes, err := purposesNamed(named)
	if err != nil {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start", Cause: err, Hint: "correct purposes in the settings of the module enrolment"}
	}
	e.purposes = purposes
	return nil
}

// Manifest implements kiosk.Module.
func (e *Enrolment) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          ID,
		Version:     "1.1.0",
		Title:       view.T("人脸登记", "Face enrolment"),
		Icon:        "face",
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermEnrol, kiosk.PermRecord, kiosk.PermFeeds},
		Records:     []kiosk.RecordKind{KindSigned, KindConsented, KindWithdrawn},
		Feeds:       []string{kiosk.FeedPeople, FeedConsents},
	}
}

// Serve implements kiosk.Module.
func (e *Enrolment) Serve(ctx context.Context, s kiosk.Session) error {
	for {
		a, err := s.Ask(ctx, startPage())
		if err != nil {
			return err
		}
		switch a.Action {
		case actionEnrol:
			err = e.enrol(ctx, s)
		case actionWithdraw:
			err = e.withdraw(ctx, s)
		case actionMine:
			err = e.mine(ctx, s)
		case actionDesk:
			err = e.desk(ctx, s)
		default:
			return nil
		}
		switch {
		case errors.Is(err, errLeft):
			return nil
		case errors.Is(err, errBack):
			continue
		}
		return err
	}
}
