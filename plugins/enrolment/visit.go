package enrolment

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// How a part of the visit ends without its purpose being reached.
var (
	errBack = errors.New("back to the start")
	errLeft = errors.New("the visitor left")
)

// choose asks a page and sorts out the ways to leave it.
func choose(ctx context.Context, s kiosk.Session, p view.Page) (view.Answer, error) {
	a, err := s.Ask(ctx, p)
	switch {
	case err != nil:
		return a, err
	case a.Action == view.ActionTimeout:
		return a, errLeft
	case a.Action == view.ActionBack, a.Action == actionDecline:
		return a, errBack
	}
	return a, nil
}

// identify is s.Identify with Back leading to the start.
func identify(ctx context.Context, s kiosk.Session, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	p, err := s.Identify(ctx, r)
	if err != nil && ctx.Err() == nil && kiosk.CodeOf(err) == kiosk.CodeCancelled {
		return p, errBack
	}
	return p, err
}

func (e *Enrolment) enrol(ctx context.Context, s kiosk.Session) error {
	text := wording(e.purposes)
	if _, err := choose(ctx, s, consentPage(text)); err != nil {
		return err
	}
	who, err := e.who(ctx, s)
	if err != nil {
		return err
	}
	a, err := e.agree(ctx, s, who, "")
	if err != nil {
		return err
	}
	return e.take(ctx, s, who, text, a)
}

// agreement is how somebody agreed, besides to what.
type agreement struct {
	consent   kiosk.Consent
	witness   string // a staff member's ID
	desk      bool   // the witness conducts the visit
	signature evidence
}

// take has the face taken, and records the consent. Without the record no template stays.
func (e *Enrolment) take(ctx context.Context, s kiosk.Session, who kiosk.Person, text Wording, a agreement) error {
	a.consent.Time = s.Now()
	a.consent.TextVersion = text.Version
	purposes := granted(e.purposes)
	got, err := s.Enrol(ctx, kiosk.EnrolRequest{
		Person:   who.ID,
		Name:     who.Name,
		Purposes: purposes,
		Consent:  a.consent,
	})
	if err != nil {
		return e.notEnrolled(ctx, s, err)
	}
	if len(a.signature.picture) > 0 {
		if _, err := s.Record(ctx, Signed{Person: got.Person.ID, SHA256: a.signature.sha256, Picture: a.signature.picture, At: a.consent.Time}); err != nil {
			return e.undo(ctx, s, got.Person.ID, err)
		}
	}
	r, err := s.Record(ctx, Consented{
		Person:      got.Person.ID,
		Name:        got.Person.Name,
		Role:        got.Person.Role,
		Group:       got.Person.Group,
		Purposes:    purposes,
		TextVersion: text.Version,
		TextSHA256:  text.Digest(),
		GivenBy:     a.consent.GivenBy,
		Way:         a.consent.Way,
		Witness:     a.witness,
		Signature:   a.signature.sha256,
		Desk:        a.desk,
		At:          a.consent.Time,
		Template:    got.Template,
	})
	if err != nil {
		return e.undo(ctx, s, got.Person.ID, err)
	}
	_, err = choose(ctx, s, enrolledPage(r, got, e.purposes))
	return err
}

// who finds out whose face is to be taken: a member by another way than the
// face, or a visitor by the name he gives.
func (e *Enrolment) who(ctx context.Context, s kiosk.Session) (kiosk.Person, error) {
	a, err := choose(ctx, s, whoPage())
	if err != nil {
		return kiosk.Person{}, err
	}
	if a.Action == actionMember {
		return identify(ctx, s, kiosk.IdentifyRequest{
			Prompt: view.T("请先证明您是谁", "First, please show who you are"),
			Ways:   []kiosk.Way{kiosk.WayCard, kiosk.WayPIN, kiosk.WayStaff},
		})
	}
	return e.visitor(ctx, s)
}

// visitor asks the name of somebody nobody knows yet.
func (e *Enrolment) visitor(ctx context.Context, s kiosk.Session) (kiosk.Person, error) {
	value, wrong := visitorName(s.Visit().ID), view.Text{}
	for {
		a, err := choose(ctx, s, namePage(value, wrong))
		if err != nil {
			return kiosk.Person{}, err
		}
		name, ok := cleanName(a.Text(fieldName))
		if ok {
			return kiosk.Person{Name: name, Role: "visitor"}, nil
		}
		value = a.Text(fieldName)
		wrong = view.Tf("请填写称呼,最多 %d 个字", "Please give a name of at most %d characters", nameLen)
	}
}

// agree asks the person's age and takes the signature, his own or, for a child, the
// guardian's. staff is the ID of who conducts the visit at a counter, or "".
func (e *Enrolment) agree(ctx context.Context, s kiosk.Session, who kiosk.Person, staff string) (a agreement, err error) {
	a = agreement{consent: kiosk.Consent{GivenBy: "self", Way: waySignature}, witness: staff, desk: staff != ""}
	if who.Role != "staff" {
		age, err := choose(ctx, s, agePage())
		if err != nil {
			return a, err
		}
		if age.Action == actionChild {
			return a, e.guardian(ctx, s, &a)
		}
	}
	var wrong view.Text
	for {
		said, err := choose(ctx, s, signPage(wrong))
		switch {
		case err != nil:
			return a, err
		case said.Action == actionUnable:
			a.consent.Way = wayWitness
			return a, e.witness(ctx, s, &a, view.T("请工作人员确认本人口头同意,并用自己的密码确认",
				"Staff: please make sure that the person agrees, and confirm with your own PIN"))
		}
		if a.signature, err = readSignature(said, fieldSignature); err == nil {
			return a, nil
		}
		wrong = unsigned
	}
}

// unsigned is said of a signature that is none.
var unsigned = view.T("没有看清签名,请再签一次", "The signature could not be read; please sign again")

// guardian asks for a guardian's consent, by name and relation, and for a staff member
// who has looked at his papers.
func (e *Enrolment) guardian(ctx context.Context, s kiosk.Session, a *agreement) error {
	form := guardianForm{}
	for {
		g, err := choose(ctx, s, guardianPage(form))
		if err != nil {
			return err
		}
		form = guardianForm{relation: relationName(g.Text(fieldRelation)), name: g.Text(fieldGuardian)}
		name, ok := cleanName(form.name)
		if !ok {
			form.wrongName = view.Tf("请填写监护人姓名,最多 %d 个字", "Please give the guardian's name, at most %d characters", nameLen)
			continue
		}
		a.consent.Way = wayPaper
		if g.Action != actionPaper {
			a.consent.Way = waySignature
			if a.signature, err = readSignature(g, fieldSignature); err != nil {
				form.wrongSignature = unsigned
				continue
			}
		}
		a.consent.GivenBy = givenBy(form.relation, name)
		return e.witness(ctx, s, a, view.T("请工作人员核对监护人身份,并用自己的密码确认",
			"Staff: please check the guardian's identity and confirm with your own PIN"))
	}
}

// witness asks a staff member to confirm with his PIN. Who conducts the visit has
// done so at its beginning.
func (e *Enrolment) witness(ctx context.Context, s kiosk.Session, a *agreement, prompt view.Text) error {
	if a.desk {
		return nil
	}
	staff, err := identify(ctx, s, kiosk.IdentifyRequest{Prompt: prompt, Ways: []kiosk.Way{kiosk.WayPIN}, Roles: []string{"staff"}})
	a.witness = staff.ID
	return err
}

// The ways in which somebody agrees.
const (
	waySignature = "signature" // on the screen
	wayPaper     = "paper"     // on a form that the staff keeps
	wayWitness   = "witness"   // by word of mouth, before a staff member
)

// notEnrolled explains why no template was taken.
func (e *Enrolment) notEnrolled(ctx context.Context, s kiosk.Session, err error) error {
	switch {
	case ctx.Err() != nil:
		return err
	case kiosk.CodeOf(err) == kiosk.CodeCancelled:
		return errBack
	case kiosk.CodeOf(err) == kiosk.CodeDenied:
		return err
	}
	_, err = choose(ctx, s, notEnrolledPage(err))
	return err
}

// undoWithin is how long the terminal has to erase a template whose consent
// could not be recorded.
const undoWithin = 5 * time.Second

// undo erases a template whose consent could not be recorded: without the
// record nobody could ever prove that it was taken rightly.
func (e *Enrolment) undo(ctx context.Context, s kiosk.Session, person string, cause error) error {
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoWithin)
	defer cancel()
	if err := s.Forget(undo, person); err != nil {
		slog.Error("enrolment: template without a recorded consent could not be erased",
			"op", "forget", "code", kiosk.CodeOf(err))
	}
	if ctx.Err() != nil || kiosk.CodeOf(cause) == kiosk.CodeDenied {
		return cause
	}
	_, err := choose(ctx, s, notStoredPage())
	return err
}

func (e *Enrolment) withdraw(ctx context.Context, s kiosk.Session) error {
	p, err := identify(ctx, s, kiosk.IdentifyRequest{
		Prompt:  view.T("请先证明您是谁,然后撤回同意", "Show who you are, then withdraw your consent"),
		Purpose: recognisedFor(e.purposes),
	})
	if err != nil {
		return err
	}
	return e.withdrawFor(ctx, s, p)
}

// withdrawFor lets somebody identified take his consent back.
func (e *Enrolment) withdrawFor(ctx context.Context, s kiosk.Session, p kiosk.Person) error {
	var chosen []string
	if len(e.purposes) == 1 {
		if _, err := choose(ctx, s, confirmPage(e.purposes[0])); err != nil {
			return err
		}
		chosen = []string{e.purposes[0].Module}
	} else {
		a, err := choose(ctx, s, purposesPage(e.purposes))
		if err != nil {
			return err
		}
		for _, f := range e.purposes {
			if a.Text(f.Module) == withdrawValue {
				chosen = append(chosen, f.Module)
			}
		}
		if len(chosen) == 0 {
			return errBack
		}
	}
	forget := withdrawn(e.purposes, slices.Clone(chosen))
	// Effect first, proof second: if the record fails, the face is forgotten all the same.
	forgetErr := s.Forget(ctx, p.ID, forget...)
	r, err := s.Record(ctx, Withdrawn{Person: p.ID, Purposes: forget, At: s.Now()})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil && (forgetErr == nil || kiosk.CodeOf(forgetErr) == kiosk.CodeNotFound):
		_, err = choose(ctx, s, withdrawnPage(r, forget == nil))
	default:
		slog.Error("enrolment: withdrawal incomplete", "op", "withdraw",
			"forget", kiosk.CodeOf(forgetErr), "record", kiosk.CodeOf(err))
		_, err = choose(ctx, s, withdrawTroublePage(forgetErr == nil))
	}
	return err
}
