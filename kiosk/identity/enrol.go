package identity

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/identity/gallery"
	"github.com/luohu/ting/kiosk/identity/receipt"
	"github.com/luohu/ting/kiosk/view"
)

const (
	enrolShots  = 5                      // of one enrolment
	shotApart   = 300 * time.Millisecond // so that they are not the same picture
	enrolWithin = 90 * time.Second       // until the visitor is told to try again later
	maxApart    = 5                      // shots in a row unlike the first: begin anew
	frontal     = 0.35                   // radians of yaw at most
	level       = 0.7                    // radians of pitch at most: it is a rough measure
	frameShots  = 12                     // of EnrolFrames at most
)

// Enrol implements host.Identity. It takes enrolShots good frames, says in words
// what is missing, and stores nothing unless all of them agree and the face is
// not enrolled as somebody else.
func (i *Identity) Enrol(ctx context.Context, v kiosk.Visit, a host.Asker, r kiosk.EnrolRequest) (kiosk.Enrolment, error) {
	who, err := i.enrollee(ctx, r)
	if err != nil {
		return kiosk.Enrolment{}, err
	}
	if !i.canSee(v) {
		return kiosk.Enrolment{}, unavailable("enrol",
			view.T("这台机器现在不能采集人脸,请找工作人员。", "This terminal cannot take faces right now. Please ask the staff."),
			"a camera, the face engine and an open gallery are needed", nil)
	}
	k := newAsking(ctx, a)
	defer k.end()
	sub := newLooks()
	w := i.watcherFor(v)
	w.subscribe(sub)
	defer w.release(sub)
	shots, err := i.collect(k, sub)
	if err != nil {
		return kiosk.Enrolment{}, err
	}
	if i.cfg.Liveness.Challenge {
		if err := i.proveAlive(k, sub, shots); err != nil {
			return kiosk.Enrolment{}, err
		}
	}
	by := ""
	if _, same := i.resembles(who.ID, shots); len(same) > 0 {
		if by, err = i.confirmDistinct(k); err != nil {
			return kiosk.Enrolment{}, err
		}
	}
	return i.store(ctx, who, shots, by, r.Purposes, r.Consent, nil)
}

// enrollee is the person a request names, or a new visitor.
func (i *Identity) enrollee(ctx context.Context, r kiosk.EnrolRequest) (kiosk.Person, error) {
	if err := checkConsent(r.Purposes, r.Consent); err != nil {
		return kiosk.Person{}, err
	}
	if r.Person != "" {
		return i.person(ctx, r.Person)
	}
	if r.Name == "" {
		return kiosk.Person{}, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "enrol", Hint: "a new visitor needs a name"}
	}
	return kiosk.Person{ID: newVisitorID(), Name: r.Name, Role: RoleVisitor}, nil
}

func checkConsent(purposes []string, c kiosk.Consent) error {
	if len(purposes) == 0 || slices.Contains(purposes, "") || c.TextVersion == "" || c.GivenBy == "" || c.Way == "" || c.Time.IsZero() {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "enrol",
			Hint: "no face is taken without consent: its purposes, text version, giver, way and time are needed"}
	}
	return nil
}

// newVisitorID is a number for somebody no center has numbered yet. Its digits
// can be typed; there are enough of them that two terminals do not meet.
func newVisitorID() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e10))
	if err != nil {
		panic(err) // crypto/rand's Reader does not fail
	}
	return fmt.Sprintf("V-%010d", n)
}

// collect takes shots until there are enough, or the visitor gives up.
func (i *Identity) collect(k *asking, sub *subscription) ([]face.Descriptor, error) {
	ctx, cancel := context.WithTimeout(k.ctx, enrolWithin)
	defer cancel()
	c := collector{identity: i}
	say := view.Notice{Text: view.T("请正对镜头,不要动", "Face the camera and hold still")}
	k.ask(enrolPage(0, enrolShots, say))
	for {
		select {
		case <-ctx.Done():
			if err := k.ctx.Err(); err != nil {
				return nil, err
			}
			return nil, unavailable("enrol",
				view.T("这次没有拍清楚。请到光亮处再试,或找工作人员。", "We could not see you well enough. Please try again in better light, or ask the staff."),
				"no usable frames: check the light and the camera", nil)
		case a := <-k.answers:
			switch {
			case k.stale(a):
				continue
			case a.err != nil:
				return nil, a.err
			case a.Action == actionCancel, a.Action == view.ActionBack, a.Action == view.ActionTimeout:
				return nil, &kiosk.Error{Code: kiosk.CodeCancelled, Op: "enrol"}
			}
			k.ask(enrolPage(len(c.shots), enrolShots, say))
		case l := <-sub.looks:
			if len(l.faces) > 0 {
				k.stillHere() // taking shots may last longer than a visit without touches
			}
			had := len(c.shots)
			next := c.look(l)
			if len(c.shots) == enrolShots {
				return c.shots, nil
			}
			if next.Text != say.Text || len(c.shots) != had {
				say = next
				k.ask(enrolPage(len(c.shots), enrolShots, say))
			}
		}
	}
}

// collector gathers the shots of one enrolment.
type collector struct {
	identity *Identity
	shots    []face.Descriptor
	last     time.Time
	apart    int
}

// look takes what a frame gives, and says what to do next.
func (c *collector) look(l look) view.Notice {
	if l.trouble != "" {
		return hints[l.trouble]
	}
	if len(l.faces) == 0 {
		return view.Notice{Text: view.T("请站到镜头前", "Please stand before the camera")}
	}
	if say, ok := c.identity.usable(l.faces); !ok {
		return say
	}
	f, now := &l.faces[0], c.identity.cfg.Now()
	good := view.Notice{Tone: view.Success, Text: view.T("很好,请保持", "Very good, please stay like this")}
	if !f.Described || now.Sub(c.last).Abs() < shotApart {
		return good
	}
	if !agrees(c.shots, &f.Descriptor, c.identity.cfg.Limits.Threshold) {
		if c.apart++; c.apart >= maxApart {
			c.shots, c.apart = nil, 0
		}
		return view.Notice{Tone: view.Warning, Text: view.T("两次拍到的不一样,请只留一人在镜头前", "The pictures differ; only one person before the camera, please")}
	}
	c.apart, c.last = 0, now
	c.shots = append(c.shots, f.Descriptor)
	return good
}

// usable says whether a frame shows one face well enough to enrol, and if not,
// what the person can do.
func (i *Identity) usable(faces []face.Face) (view.Notice, bool) {
	warn := func(zh, en string) (view.Notice, bool) {
		return view.Notice{Tone: view.Warning, Text: view.T(zh, en)}, false
	}
	switch l := i.lack(faces); l {
	case "":
	case LackSeveral:
		return warn("请只留一人在镜头前", "Only one person before the camera, please")
	case LackTilted:
		return warn("请平视镜头,不要抬头或低头", "Please look straight ahead, neither up nor down")
	default:
		return view.Notice{Tone: view.Warning, Text: kiosk.Advice(string(l))}, false
	}
	return view.Notice{}, true
}

func agrees(shots []face.Descriptor, d *face.Descriptor, threshold float64) bool {
	for i := range shots {
		if shots[i].Distance(d) > threshold {
			return false
		}
	}
	return true
}

// store puts agreeing shots into the gallery unless they are somebody else's, and
// records that they are there, with the consent where nobody else records it. by is the
// staff member who has seen that it is not somebody else's all the same; "" for none.
func (i *Identity) store(ctx context.Context, who kiosk.Person, shots []face.Descriptor, by string, purposes []string, c kiosk.Consent, recorded *kiosk.Consent) (kiosk.Enrolment, error) {
	alike, same := i.resembles(who.ID, shots)
	if len(same) > 0 && by == "" {
		return kiosk.Enrolment{}, errDuplicate
	}
	alike = append(alike, same...)
	i.revoked.mu.Lock() // a withdrawal is judged before the new consent or after it, not in between
	old, replaces := i.gallery.Entry(who.ID)
	e, err := i.gallery.Put(gallery.Entry{Person: who, Purposes: purposes, Consent: c, Model: i.model(), Alike: alike}, shots)
	i.revoked.mu.Unlock()
	if err != nil {
		code := kiosk.CodeInternal
		if isDiskFull(err) {
			code = kiosk.CodeDiskFull
		}
		return kiosk.Enrolment{}, &kiosk.Error{Code: code, Op: "enrol", Hint: "the gallery could not be written; check the disk", Cause: err,
			Visitor: view.T("暂时无法保存,请找工作人员。", "This cannot be stored right now. Please ask the staff.")}
	}
	if replaces {
		i.receipts.leave(old, receipt.Replaced)
		i.receipts.gone(old.Template)
	}
	if err := i.receipts.stored(ctx, e, recorded); err != nil {
		// Without a record nobody could prove later that it was erased: it does not stay.
		return kiosk.Enrolment{}, errors.Join(err, i.withdraw(ctx, e.Person.ID, nil, receipt.Withdrawn))
	}
	i.settle(ctx)
	i.log.Info("identity: enrolled", "op", "enrol", "template", e.Template, "shots", e.Shots)
	return kiosk.Enrolment{Person: e.Person, Template: e.Template, Shots: e.Shots, Alike: len(e.Alike) > 0, By: by}, nil
}

// ErrNoShots is wrapped by EnrolFrames where no frame shows one face well.
var ErrNoShots = errors.New("no frame shows one face well enough")

// EnrolFrames enrols a person from pictures, without a visit: portraits on
// paper, a school's first day. Frames without exactly one good face are passed
// over; those left must agree. Consent is needed as for Enrol.
func (i *Identity) EnrolFrames(ctx context.Context, who kiosk.Person, frames []*camera.Frame, c kiosk.Consent, purposes []string) (kiosk.Enrolment, error) {
	if err := checkConsent(purposes, c); err != nil {
		return kiosk.Enrolment{}, err
	}
	if who.ID == "" || i.gallery == nil || i.cfg.Engine == nil {
		return kiosk.Enrolment{}, unavailable("enrol frames", view.Text{}, "a person, the face engine and an open gallery are needed", nil)
	}
	var shots []face.Descriptor
	for _, f := range frames {
		if len(shots) == frameShots {
			break
		}
		faces, err := i.cfg.Engine.Analyze(ctx, face.Request{Frame: f, Describe: face.DescribeAll, FullScan: true})
		if err != nil {
			return kiosk.Enrolment{}, unavailable("enrol frames", view.Text{}, "", err)
		}
		if len(faces) == 0 || !faces[0].Described {
			continue
		}
		if _, ok := i.usable(faces); !ok {
			continue
		}
		if d := &faces[0].Descriptor; agrees(shots, d, i.cfg.Limits.Threshold) {
			shots = append(shots, *d)
			continue
		}
		return kiosk.Enrolment{}, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "enrol frames", Hint: "the pictures show more than one person"}
	}
	if len(shots) == 0 {
		return kiosk.Enrolment{}, &kiosk.Error{Code: kiosk.CodeInvalid, Op: "enrol frames", Cause: ErrNoShots,
			Hint: fmt.Sprintf("none of %d pictures will do: one face, near, well lit, frontal", len(frames))}
	}
	return i.store(ctx, who, shots, "", purposes, c, nil)
}
