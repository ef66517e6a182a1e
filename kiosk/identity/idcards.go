package identity

import (
	"errors"
	"slices"
	"time"

	"github.com/luohu/ting/devices/face"
	"github.com/luohu/ting/devices/face/photo"
	"github.com/luohu/ting/devices/idcard"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

const (
	// compareWithin is how long a face is compared with a card's photo, and
	// compareMost how many looks at it may be unlike.
	compareWithin = 20 * time.Second
	compareMost   = 8
)

// laid is the identity card of an Identify.
type laid struct {
	read chan idCardRead

	comparing bool // the person wants his face compared with the chip's photo
	holder    kiosk.Person
	photo     face.Descriptor // of the chip's photo, which itself is gone; zero until a card is laid
	agree     int             // looks in a row that were like it
	unlike    int
	until     time.Time
}

type idCardRead struct {
	card idcard.Card
	err  error
}

// readIDCards reads cards as long as the Identify goes on.
func (w *identifying) readIDCards() {
	if !slices.Contains(w.ways, kiosk.WayIDCard) {
		return
	}
	read := make(chan idCardRead)
	w.laid.read = read
	w.running.Go(func() {
		for w.ctx.Err() == nil {
			c, err := w.cfg.IDCards.Read(w.ctx)
			select {
			case read <- idCardRead{c, err}:
			case <-w.ctx.Done():
				return
			}
			if err != nil {
				select { // a reader that fails at once is asked in a while
				case <-time.After(time.Second):
				case <-w.ctx.Done():
				}
			}
		}
	})
}

// idCard takes what the reader read. The card alone proves who its holder is; the
// photo in its chip is looked at only where he wants that.
func (w *identifying) idCard(r idCardRead) (p kiosk.Person, done bool, err error) {
	if w.form != "" && !w.laid.comparing || w.turning != nil {
		return p, false, nil // whoever types, or turns the head, has chosen
	}
	if r.err != nil {
		w.sayCard(idCardTrouble(r.err))
		return p, false, nil //nolint:nilerr // said on the page; the other ways stand
	}
	if r.card.Expired(w.cfg.Now()) {
		w.sayCard(view.Notice{Tone: view.Refusal, Text: view.T("这张身份证已过有效期,请用其他方式", "This ID card is no longer valid; please use another way")})
		return p, false, nil
	}
	p, err = w.holder(r.card)
	switch kiosk.CodeOf(err) {
	case "":
	case kiosk.CodeNotFound:
		w.sayCard(view.Notice{Tone: view.Refusal, Text: view.T("这张身份证没有登记,请找工作人员", "This ID card is not registered here; please ask the staff")})
		return kiosk.Person{}, false, nil
	default:
		return kiosk.Person{}, false, err
	}
	if !w.accepts(p) {
		w.sayCard(wrongRole)
		return kiosk.Person{}, false, nil
	}
	if !w.laid.comparing {
		return p, true, nil
	}
	w.compareWith(p, r.card)
	return kiosk.Person{}, false, nil
}

// holder is the person of a card: whom the site knows by its number, or where citizens
// are asked for who the card says he is.
func (w *identifying) holder(c idcard.Card) (kiosk.Person, error) {
	row, err := w.people.card(w.ctx, c.Number)
	if kiosk.CodeOf(err) == kiosk.CodeNotFound {
		row, err = w.people.row(w.ctx, c.Number)
	}
	p := personOf(row)
	if kiosk.CodeOf(err) == kiosk.CodeNotFound && slices.Contains(w.request.Roles, RoleCitizen) {
		p, err = kiosk.Person{ID: c.Number, Name: c.Name, Role: RoleCitizen}, nil
	}
	p.Way = kiosk.WayIDCard
	return p, err
}

func idCardTrouble(err error) view.Notice {
	n := view.Notice{Tone: view.Warning, Text: view.T("身份证阅读器没有响应,请用其他方式", "The card reader does not answer; please use another way")}
	switch {
	case errors.Is(err, idcard.ErrMoved):
		n.Text = view.T("身份证拿得太快,请平放片刻", "The card was taken away too soon; leave it lying for a moment")
	case errors.Is(err, idcard.ErrCard):
		n.Text = view.T("这张证件读不出来,请用其他方式", "This card cannot be read; please use another way")
	}
	return n
}

// sayCard shows a notice on the page that stands.
func (w *identifying) sayCard(n view.Notice) {
	if w.laid.comparing {
		w.ask(photoPage(n))
		return
	}
	w.say(n)
}

// canCompare reports whether a face can be compared with a card's photo here.
func (w *identifying) canCompare() bool {
	return slices.Contains(w.ways, kiosk.WayIDCard) && w.canSee(w.visit)
}

// beginCompare waits for a card whose holder wants his face compared with its photo.
func (w *identifying) beginCompare() {
	w.form = kiosk.WayIDCard
	w.laid.comparing = true
	w.ask(photoPage(view.Notice{Text: view.T("请把身份证放在读卡区", "Lay your ID card on the reader")}))
}

// compareWith describes a card's photo and begins to compare. Of the photo nothing
// is kept but its descriptor, until the comparison ends.
func (w *identifying) compareWith(p kiosk.Person, c idcard.Card) {
	if w.attempts.coolingFace(p.ID) {
		w.sayCard(view.Notice{Tone: view.Warning, Text: view.T("刷脸核对多次没有通过,请返回后直接用身份证,或找工作人员", "Comparing failed several times; go back and use the card alone, or ask the staff")})
		return
	}
	if c.Photo == nil {
		w.sayCard(noPhoto)
		return
	}
	frame := photo.Frame(c.Photo)
	faces, err := w.cfg.Engine.Analyze(w.ctx, face.Request{Frame: frame, Describe: face.DescribeAll, FullScan: true})
	clear(frame.Pix)
	if err != nil || len(faces) == 0 || !faces[0].Described {
		w.sayCard(noPhoto)
		return
	}
	l := &w.laid
	l.holder, l.photo, l.agree, l.unlike, l.until = p, faces[0].Descriptor, 0, 0, w.cfg.Now().Add(compareWithin)
	clear(faces)
	w.watch().subscribe(w.looking)
	w.ask(photoPage(view.Notice{Text: view.T("请看镜头", "Please look at the camera")}))
}

var noPhoto = view.Notice{Tone: view.Warning, Text: view.T("读不到证件照片,请返回后直接用身份证", "The card's photo cannot be read; go back and use the card alone")}

// compared takes a look at the holder; done says that he is the one on the photo.
func (w *identifying) compared(l look) (p kiosk.Person, done bool) {
	c := &w.laid
	if c.photo == (face.Descriptor{}) {
		return p, false // a frame from before
	}
	limits := w.cfg.Limits
	if len(l.faces) > 0 && l.trouble == "" {
		if say, ok := w.usable(l.faces); !ok {
			w.ask(photoPage(say))
		} else if f := &l.faces[0]; f.Described {
			distance := f.Descriptor.Distance(&c.photo)
			if distance > limits.Threshold {
				c.agree = 0
				c.unlike++
			} else if c.agree++; c.agree >= limits.Agree {
				p = c.holder
				p.Score = distance
				return p, true
			}
		}
	}
	if c.unlike < compareMost && w.cfg.Now().Before(c.until) && l.trouble == "" {
		return p, false
	}
	if l.trouble == "" {
		w.attempts.faceFailed(c.holder.ID)
		w.log.Info("identity: face and card's photo", "op", "compare", "visit", w.visit.ID, "outcome", "unlike", "looks", c.unlike)
	}
	w.endCompare()
	w.form = ""
	w.say(view.Notice{Tone: view.Warning, Text: view.T("与证件照片没有对上,请用其他方式", "Your face and the card's photo do not match; please use another way")})
	return p, false
}

// endCompare forgets the photo's descriptor.
func (w *identifying) endCompare() {
	if w.laid.comparing && w.watcher != nil {
		w.watcher.release(w.looking)
	}
	w.laid = laid{read: w.laid.read}
}

// photoPage is where a face is compared with a card's photo.
func photoPage(say view.Notice) view.Page {
	say.Key = view.Key{Key: "say"}
	return view.Page{
		ID:    pagePhoto,
		Title: view.T("身份证加刷脸", "ID card and face"),
		Body: []view.Node{
			view.Viewfinder{Key: view.Key{Key: "camera"}},
			say,
			view.TextNode{Key: view.Key{Key: "why"}, Text: view.T("只与证件里的照片比对一次,照片和人脸都不保存。", "Your face is compared with the card's photo once; neither is kept.")},
		},
		Actions: []view.Action{{ID: actionCancel, Label: view.T("返回", "Back")}},
		Timeout: formStays,
	}
}
