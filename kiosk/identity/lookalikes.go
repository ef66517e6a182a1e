package identity

import (
	"context"
	"errors"
	"math"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/decision"
	"github.com/luohu/ting/kiosk/view"
)

// likeness is how near two members' faces may be: nearer than alike, and a face alone
// does not tell them apart; nearer than same, and they are taken for one person.
//
// The threshold of recognition would not do. It has a false-accept rate of 1e-3 for
// one comparison, and an enrolment is compared with everybody: in a school of a
// thousand nearly every pupil has a stranger within it. So the bound falls with the
// gallery, by a tenth of the chance for ten times the people. perDecade is that step
// for a normal tail which meets the threshold at 1e-3 (an estimate, not a measurement).
func likeness(l decision.Limits, people int) (alike, same float64) {
	const perDecade = 0.04
	alike = l.Threshold - perDecade*math.Log10(max(float64(people)/10, 1))
	return alike, alike - l.Margin
}

// resembles finds the members whom shots of a person look like: who is alike, and who
// is the same by most of the shots. Those he was found to look like before are alike.
func (i *Identity) resembles(person string, shots []face.Descriptor) (alike, same []string) {
	people, _ := i.gallery.Len()
	near, nearest := likeness(i.cfg.Limits, people)
	as, known := map[string]int{}, map[string]bool{}
	for _, other := range i.gallery.Alike(person) {
		known[other] = true
	}
	for s := range shots {
		for _, n := range i.gallery.Near(person, i.model(), &shots[s], near) {
			as[n.Person] += 0
			if n.Distance <= nearest {
				as[n.Person]++
			}
		}
	}
	for other, n := range as {
		if 2*n > len(shots) && !known[other] {
			same = append(same, other)
		} else {
			alike = append(alike, other)
		}
	}
	return alike, same
}

// errDuplicate tells the visitor nothing of whom he looks like.
var errDuplicate = &kiosk.Error{
	Code: kiosk.CodeInvalid,
	Op:   "enrol",
	Visitor: view.T("这张脸已经登记在另一个编号下。请先撤回原来的登记,或找工作人员。",
		"This face is already enrolled under another number. Please withdraw that enrolment first, or ask the staff."),
	Hint:  "duplicate face: the same person, a twin, or somebody in another's name. Look at both persons; twins are enrolled at the terminal, where a staff member confirms with his PIN that they are two",
	Cause: ErrDuplicate,
}

// ErrDuplicate is wrapped where a face is enrolled under another number already.
var ErrDuplicate = errors.New("the face is enrolled under another number")

// confirmDistinct asks a staff member, who stands beside the two, to confirm that they
// are two persons. It returns his number; without him the enrolment is refused.
func (i *Identity) confirmDistinct(k *asking) (by string, err error) {
	k.ask(twinsPage(view.Answer{}, view.Text{}))
	for {
		select {
		case <-k.ctx.Done():
			return "", k.ctx.Err()
		case a := <-k.answers:
			switch {
			case k.stale(a):
				continue
			case a.err != nil:
				return "", a.err
			case a.Action != actionOK:
				return "", errDuplicate
			}
			by, wrong, err := i.staff(k.ctx, a.Text(fieldStaff), a.Text(fieldPIN))
			if err != nil {
				return "", err
			}
			if wrong.IsZero() {
				i.log.Info("identity: lookalikes confirmed by the staff", "op", "enrol")
				return by, nil
			}
			k.ask(twinsPage(a.Answer, wrong))
		}
	}
}

// staff is the staff member whom a number and a PIN belong to, or what is wrong with them.
func (i *Identity) staff(ctx context.Context, number, typed string) (id string, wrong view.Text, err error) {
	if pause := i.attempts.pause(); pause > 0 {
		return "", view.Tf("请过 %d 秒再试", "Please try again in %d seconds", int(pause.Seconds())+1), nil
	}
	row, left, err := i.checkPIN(ctx, number, typed)
	switch {
	case err != nil:
		return "", view.Text{}, err
	case left >= 0:
		return "", view.Tf("号码或密码不对,还可以试 %d 次", "The number or the PIN is wrong; %d more tries", left), nil
	case row.Role != RoleStaff:
		return "", view.T("这不是工作人员的号码", "This is not a staff member's number"), nil
	}
	return row.ID, view.Text{}, nil
}

// twinsPage asks the staff. It names nobody.
func twinsPage(before view.Answer, wrong view.Text) view.Page {
	return view.Page{
		ID:    pageTwins,
		Title: view.T("和已登记的一位很像", "Much like somebody enrolled"),
		Body: []view.Node{
			view.Notice{Key: view.Key{Key: "why"}, Tone: view.Warning,
				Text:   view.T("如果是双胞胎或长得很像的人,请工作人员当面确认是两个人。", "If it is a twin, or somebody who looks alike, a staff member has to see that they are two persons."),
				Detail: view.T("确认后,两人刷脸时都会再要一次卡或密码。", "From then on both are asked for a card or a PIN besides the face.")},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
				{ID: fieldStaff, Kind: view.FieldNumber, Label: view.T("工作人员编号", "Staff number"), Required: true, MaxLen: 32, Value: before.Text(fieldStaff)},
				{ID: fieldPIN, Kind: view.FieldPIN, Label: view.T("工作人员密码", "Staff PIN"), Required: true, MaxLen: 16, Error: wrong},
			}},
		},
		Actions: []view.Action{
			{ID: actionOK, Label: view.T("确认是两个人", "They are two persons"), Primary: true},
			{ID: actionCancel, Label: view.T("不登记", "Do not enrol")},
		},
		Timeout: passStays,
	}
}
