package hall

import (
	"context"
	"errors"
	"log/slog"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// identify finds out who applies: by the identity card and one more proof that he
// is its holder, or by another way alone.
func (v *visit) identify(ctx context.Context, app *application) error {
	for {
		a, err := ask(ctx, v.s, identityPage(app.service.Name))
		if err != nil {
			return err
		}
		var who Applicant
		var res Resident
		if a.Action == actionIDCard {
			who, res, err = v.byIDCard(ctx)
		} else {
			who, res, err = v.byOtherWay(ctx)
		}
		switch {
		case errors.Is(err, errBack):
			continue
		case err != nil:
			return err
		}
		app.applicant, app.resident = who, res
		return nil
	}
}

// named is s.Identify with Back leading a page back.
func (v *visit) named(ctx context.Context, r kiosk.IdentifyRequest) (kiosk.Person, error) {
	r.Purpose = ID
	p, err := v.s.Identify(ctx, r)
	switch code := kiosk.CodeOf(err); {
	case err == nil:
		return p, nil
	case ctx.Err() != nil || code == kiosk.CodeDenied:
		return p, err
	case code == kiosk.CodeCancelled || code == kiosk.CodeSuperseded:
		return p, errBack
	}
	slog.Warn("hall: identify failed", "op", "identify", "code", kiosk.CodeOf(err))
	if _, err := ask(ctx, v.s, troublePage(kiosk.VisitorText(err))); err != nil && !errors.Is(err, errBack) {
		return p, err
	}
	return p, errBack
}

// byOtherWay takes whom the terminal knows.
func (v *visit) byOtherWay(ctx context.Context) (Applicant, Resident, error) {
	p, err := v.named(ctx, kiosk.IdentifyRequest{Prompt: view.T("请证明您的身份", "Please show who you are"), Live: true})
	if err != nil {
		return Applicant{}, Resident{}, err
	}
	res, _, err := lookup[Resident](ctx, v.s, FeedResidents, "person/"+p.ID)
	return Applicant{Name: p.Name, Person: p.ID, Way: string(p.Way), By: p.By}, res, err
}

// byIDCard reads the card, and has its holder prove that it is his: his face is
// compared with his own template and no other one, or he gives his PIN. Somebody
// the district does not know is looked at by a member of staff.
func (v *visit) byIDCard(ctx context.Context) (Applicant, Resident, error) {
	card, got, _, err := either(ctx, v.s, idCardPage, v.s.ReadIDCard)
	if err == nil && !got {
		err = errBack // the page's only button
	}
	if err != nil {
		return Applicant{}, Resident{}, err
	}
	if card.Expired(v.s.Now()) {
		_, err := ask(ctx, v.s, expiredPage(card.ValidUntil))
		if err == nil {
			err = errBack
		}
		return Applicant{}, Resident{}, err
	}
	res, known, err := lookup[Resident](ctx, v.s, FeedResidents, "id/"+Holder(card.Number))
	if err != nil {
		return Applicant{}, Resident{}, err
	}
	who := Applicant{Name: card.Name, IDNumber: card.Number, Person: res.Person}
	if !known {
		res.Born = card.Birth.Format("2006-01-02")
	}
	if res.Person != "" {
		p, err := v.named(ctx, kiosk.IdentifyRequest{
			Prompt: view.T("请核对本人:看镜头,或用其他方式", "Please confirm that it is you: look at the camera, or use another way"),
			Person: res.Person, Live: true, Ways: []kiosk.Way{kiosk.WayFace, kiosk.WayPIN, kiosk.WayStaff},
		})
		if err != nil {
			return Applicant{}, Resident{}, err
		}
		if p.ID != res.Person { // no terminal of ours answers so
			return Applicant{}, Resident{}, &kiosk.Error{Code: kiosk.CodeInternal, Op: "identify", Hint: "somebody else than asked for was identified"}
		}
		who.Way, who.By = "idcard+"+string(p.Way), p.By
		return who, res, nil
	}
	staff, err := v.named(ctx, kiosk.IdentifyRequest{
		Prompt: view.T("请工作人员核对人证一致,并用自己的密码确认", "Staff: please compare the card with its holder and confirm with your own PIN"),
		Ways:   []kiosk.Way{kiosk.WayPIN}, Roles: []string{"staff"},
	})
	if err != nil {
		return Applicant{}, Resident{}, err
	}
	who.Way, who.By = "idcard+staff", staff.ID
	return who, res, nil
}
