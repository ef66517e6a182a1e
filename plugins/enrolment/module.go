// Package enrolment gives and takes back the consent to be recognised by face.
//
// A visit reads the consent text, says who he is, and has his face taken; or he
// withdraws, for some purposes or for all. Both are equally easy to reach, and
// every other way (card, PIN, staff) serves as well as the face does.
//
// Guarantees: no template is taken before consent, and none below fourteen
// without a guardian's consent that a staff member witnessed; a consent that
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

// Manifest implements kiosk.Module.
func (e *Enrolment) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          ID,
		Version:     "1.0.0",
		Title:       view.T("人脸登记", "Face enrolment"),
		Icon:        "face",
		Permissions: []kiosk.Permission{kiosk.PermIdentify, kiosk.PermEnrol, kiosk.PermRecord},
		Records:     []kiosk.RecordKind{KindConsented, KindWithdrawn},
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
