package identity

import (
	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/liveness"
	"github.com/luohu/ting/kiosk/view"
)

// Liveness says where a living person is asked for. What the checks stop, and what
// they do not, is in this folder's README.
type Liveness struct {
	// Passive refuses a camera whose picture stands still or comes again: it is
	// NoCamera then.
	Passive bool
	// Challenge asks for a turn of the head at every Enrol, and at an Identify that
	// wants it (kiosk.IdentifyRequest.Live). Without it such an Identify does not offer
	// the face.
	Challenge bool
}

// turnTries is how often a person is asked to turn the head before the face is given up.
const turnTries = 2

// turn is a head turn under way.
type turn struct {
	identity  *Identity
	same      func(*face.Descriptor) bool
	challenge *liveness.Challenge
	tries     int
	say       view.Notice
	shown     int // tenths of the progress on the page
}

// newTurn begins a turn. same reports whether a face that looks straight ahead is the
// person's.
func (i *Identity) newTurn(same func(*face.Descriptor) bool) *turn {
	t := &turn{identity: i, same: same}
	t.again(view.Notice{Text: view.T("请先正对镜头", "First look straight at the camera")})
	return t
}

// again draws a side, the next try's.
func (t *turn) again(say view.Notice) {
	t.tries++
	t.challenge = liveness.New(t.identity.side(), liveness.Defaults())
	t.say, t.shown = say, 0
}

// notLive is said after the last try.
var notLive = view.Notice{Tone: view.Warning, Text: view.T("没有确认到真人转头,请用其他方式", "We could not see you turn your head; please use another way")}

// look takes a frame into account. changed says that the page has to be shown anew;
// after a failure that is not the last the next try has begun.
func (t *turn) look(l look) (state liveness.State, changed bool) {
	before, _ := t.challenge.State()
	state = t.step(l)
	switch {
	case state == liveness.Passed:
		return state, true
	case state == liveness.Failed:
		_, why := t.challenge.State()
		t.identity.log.Info("identity: liveness", "op", "liveness", "outcome", "failed", "cause", why, "try", t.tries)
		if t.tries >= turnTries {
			return state, true
		}
		t.again(view.Notice{Tone: view.Warning, Text: whyFailed(why)})
		return liveness.Facing, true
	case state == liveness.Turn && before != state:
		t.say = view.Notice{Text: toSide[t.challenge.Side()]}
		return state, true
	}
	if tenths := int(10 * t.challenge.Progress()); tenths != t.shown {
		t.shown = tenths
		return state, true
	}
	return state, false
}

// step passes a frame on to the challenge, unless it shows somebody else.
func (t *turn) step(l look) liveness.State {
	now := t.identity.cfg.Now()
	if l.trouble != "" || len(l.faces) == 0 {
		return t.challenge.Frame(now, nil, 1)
	}
	if f := &l.faces[0]; f.Described && f.Quality.Yaw < frontal && f.Quality.Yaw > -frontal && !t.same(&f.Descriptor) {
		t.challenge.Fail(liveness.WhyOther)
		return liveness.Failed
	}
	return t.challenge.Frame(now, l.faces, t.identity.cfg.Limits.Rival)
}

var toSide = map[liveness.Side]view.Text{
	liveness.Left:  view.T("请慢慢向您的左边转头", "Please turn your head slowly to your left"),
	liveness.Right: view.T("请慢慢向您的右边转头", "Please turn your head slowly to your right"),
}

func whyFailed(why string) view.Text {
	switch why {
	case liveness.WhySide:
		return view.T("方向反了,请再试一次:先正对镜头", "That was the other side. Once more: first look straight at the camera")
	case liveness.WhySecond:
		return view.T("请只留一人在镜头前,再试一次", "Only one person before the camera, please; once more")
	case liveness.WhyJump:
		return view.T("请转得慢一点,再试一次:先正对镜头", "A little slower, please. Once more: first look straight at the camera")
	}
	return view.T("没有看清转头,请再试一次:先正对镜头", "We did not see the turn. Once more: first look straight at the camera")
}

// page asks for the turn. leave is what leads away from it.
func (t *turn) page(leave view.Action) view.Page {
	title := view.T("请向左转头", "Please turn your head to the left")
	icon := "turn-left"
	if t.challenge.Side() == liveness.Right {
		title, icon = view.T("请向右转头", "Please turn your head to the right"), "turn-right"
	}
	say := t.say
	say.Key = view.Key{Key: "say"}
	return view.Page{
		ID: pageTurn, Title: title, Icon: icon,
		Body: []view.Node{
			view.Viewfinder{Key: view.Key{Key: "camera"}},
			say,
			view.Progress{Key: view.Key{Key: "progress"}, Done: float64(t.shown) / 10, Label: view.T("转头", "Turn")},
		},
		Actions: []view.Action{leave},
		Timeout: formStays,
	}
}

// proveAlive asks who is enrolling to turn the head, until that is seen.
func (i *Identity) proveAlive(k *asking, sub *subscription, shots []face.Descriptor) error {
	t := i.newTurn(func(d *face.Descriptor) bool { return agrees(shots, d, i.cfg.Limits.Threshold+poseSlack) })
	leave := view.Action{ID: actionCancel, Label: view.T("取消", "Cancel")}
	k.ask(t.page(leave))
	for {
		select {
		case <-k.ctx.Done():
			return k.ctx.Err()
		case a := <-k.answers:
			switch {
			case k.stale(a):
				continue
			case a.err != nil:
				return a.err
			case a.Action == actionCancel, a.Action == view.ActionBack, a.Action == view.ActionTimeout:
				return &kiosk.Error{Code: kiosk.CodeCancelled, Op: "enrol"}
			}
			k.ask(t.page(leave))
		case l := <-sub.looks:
			state, changed := t.look(l)
			switch {
			case state == liveness.Passed:
				return nil
			case state == liveness.Failed:
				return unavailable("enrol",
					view.T("没有确认到真人转头,没有登记。请找工作人员。", "We could not see you turn your head, and nothing was stored. Please ask the staff."),
					"the liveness check failed twice: check the light, and who stands there", nil)
			case changed:
				k.ask(t.page(leave))
			}
		}
	}
}

// poseSlack is by how much farther from one's own template a face may be while the
// head begins to turn.
const poseSlack = 0.08

// beginTurn asks somebody recognised by face to turn the head.
func (w *identifying) beginTurn(p kiosk.Person) {
	w.turning = w.newTurn(func(d *face.Descriptor) bool {
		own, ok := w.gallery.Distance(p.ID, w.model(), d)
		return ok && own <= w.cfg.Limits.Threshold+poseSlack
	})
	w.turner = p
	w.watcher.subscribe(w.looking)
	w.ask(w.turning.page(otherWay))
}

// otherWay leads from the turn to the other ways.
var otherWay = view.Action{ID: actionOther, Label: view.T("用其他方式", "Use another way")}

// endTurn ends a turn without success: the face is no way of this Identify any more.
func (w *identifying) endTurn(hint view.Notice) {
	w.turning = nil
	w.watcher.release(w.looking)
	w.dropFace(hint)
}

// turned takes a frame of the turn; done says that the person is proven alive.
func (w *identifying) turned(l look) (done bool) {
	if w.turning == nil {
		return false // a frame from before the turn ended
	}
	state, changed := w.turning.look(l)
	switch {
	case state == liveness.Passed:
		return true
	case state == liveness.Failed:
		w.attempts.faceFailed(w.turner.ID)
		w.endTurn(notLive)
	case changed:
		w.ask(w.turning.page(otherWay))
	}
	return false
}
