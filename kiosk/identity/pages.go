package identity

import (
	"slices"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// Pages of this package and their answers. A test reaches them by these values.
const (
	pageWays  = "identify"
	pageForm  = "identify-form"
	pageEnrol = "enrol-face"
	pageTurn  = "turn-head"
	pagePass  = "phone-pass"
	pagePhoto = "id-card-face"
	pageTwins = "two-alike"

	actionPIN     = "pin"
	actionStaff   = "staff"
	actionPass    = "pass"
	actionCompare = "id-card-face"
	actionOK      = "ok"
	actionCancel  = "cancel"
	actionOther   = "other"

	fieldNumber = "number"
	fieldStaff  = "staff-number"
	fieldPIN    = "pin"
)

// formStays is how long a form waits for the next answer.
const formStays = 45 * time.Second

// waysPage is where every way stands: the face and the cards are live, the others are
// buttons of one size.
func waysPage(prompt view.Text, ways []kiosk.Way, compare bool, hint view.Notice) view.Page {
	p := view.Page{ID: pageWays, Title: prompt, Timeout: formStays}
	if prompt.IsZero() {
		p.Title = view.T("请证明您是谁", "Please show who you are")
	}
	face := slices.Contains(ways, kiosk.WayFace)
	say := sayLive(face, slices.Contains(ways, kiosk.WayCard), slices.Contains(ways, kiosk.WayIDCard))
	if face {
		p.Body = append(p.Body, view.Viewfinder{Key: view.Key{Key: "camera"}, Hint: say})
	} else {
		p.Body = append(p.Body, view.TextNode{Key: view.Key{Key: "say"}, Text: say, Large: true})
	}
	if !hint.Text.IsZero() {
		hint.Key = view.Key{Key: "hint"}
		p.Body = append(p.Body, hint)
	}
	for _, w := range ways {
		switch w {
		case kiosk.WayIDCard:
			if compare {
				p.Actions = append(p.Actions, view.Action{ID: actionCompare, Label: view.T("身份证加刷脸", "ID card and face"), Icon: "id-card"})
			}
		case kiosk.WayPass:
			p.Actions = append(p.Actions, view.Action{ID: actionPass, Label: view.T("手机通行码", "Phone pass"), Icon: "qrcode"})
		case kiosk.WayPIN:
			p.Actions = append(p.Actions, view.Action{ID: actionPIN, Label: view.T("密码", "PIN"), Icon: "pin"})
		case kiosk.WayStaff:
			p.Actions = append(p.Actions, view.Action{ID: actionStaff, Label: view.T("找工作人员", "Ask the staff"), Icon: "staff"})
		}
	}
	return p
}

// sayLive says what can be done without touching anything.
func sayLive(face, card, idCard bool) view.Text {
	switch {
	case face && card && idCard:
		return view.T("请看镜头,或刷卡,或放上身份证", "Look at the camera, tap your card, or lay down your ID card")
	case face && card:
		return view.T("请看镜头,或把卡贴近读卡器", "Look at the camera, or hold your card to the reader")
	case face && idCard:
		return view.T("请看镜头,或放上身份证", "Look at the camera, or lay down your ID card")
	case card && idCard:
		return view.T("请刷卡,或放上身份证", "Tap your card, or lay down your ID card")
	case face:
		return view.T("请看镜头", "Look at the camera")
	case card:
		return view.T("请把卡贴近读卡器", "Hold your card to the reader")
	case idCard:
		return view.T("请把身份证放在读卡区", "Lay your ID card on the reader")
	}
	return view.T("请选择一种方式", "Please choose a way")
}

// hintOf says what the person can do about a sighting: what its detail advises, or
// what holds for every sighting of the verdict.
func hintOf(sg kiosk.Sighting) view.Notice {
	n := hints[sg.Verdict]
	if advice := kiosk.Advice(sg.Detail); !advice.IsZero() {
		n.Text = advice
	}
	return n
}

var wrongRole = view.Notice{Tone: view.Refusal, Text: view.T("此项服务不适用于您,请找工作人员", "This service is not for you; please ask the staff")}

var hints = map[kiosk.Verdict]view.Notice{
	kiosk.Stranger:    {Tone: view.Refusal, Text: view.T("没有认出您,请用其他方式", "We could not recognise you; please use another way")},
	kiosk.TooDark:     {Tone: view.Warning, Text: view.T("看不清楚,请面向光亮处", "We cannot see you well; please turn to the light")},
	kiosk.TooFar:      {Text: view.T("请靠近一点", "Please come closer")},
	kiosk.TwoFaces:    {Tone: view.Warning, Text: view.T("请一个一个来", "One at a time, please")},
	kiosk.Withdrawn:   {Tone: view.Refusal, Text: view.T("按您的意愿,这里不用人脸识别,请用其他方式", "As you wished, your face is not used here; please use another way")},
	kiosk.NoCamera:    {Tone: view.Warning, Text: view.T("摄像头暂时不能用,请用其他方式", "The camera is out of order; please use another way")},
	kiosk.NoEngine:    {Tone: view.Busy, Text: view.T("刷脸正在恢复,请稍等或用其他方式", "Face recognition is coming back; wait a moment or use another way")},
	kiosk.Lookalike:   {Tone: view.Warning, Text: view.T("有人和您长得很像,请用其他方式", "Somebody looks much like you; please use another way")},
	kiosk.CardUnknown: {Tone: view.Refusal, Text: view.T("这张卡没有登记,请用其他方式", "This card is not registered; please use another way")},
}

// formPage asks a number with its PIN; for the staff way also whom the staff
// member vouches for. before is the answer that was wrong: numbers stay, PINs do not.
func formPage(way kiosk.Way, prompt view.Text, before view.Answer, wrong view.Text) view.Page {
	number := view.Field{ID: fieldNumber, Kind: view.FieldNumber, Label: view.T("人员编号", "Your number"), Required: true, MaxLen: 32, Value: before.Text(fieldNumber)}
	secret := view.Field{ID: fieldPIN, Kind: view.FieldPIN, Label: view.T("密码", "PIN"), Required: true, MaxLen: 16, Error: wrong}
	f := view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{number, secret}}
	p := view.Page{
		ID:    pageForm,
		Title: view.T("输入编号和密码", "Enter your number and PIN"),
		Actions: []view.Action{
			{ID: actionOK, Label: view.T("确定", "OK"), Primary: true},
			{ID: actionCancel, Label: view.T("返回", "Back")},
		},
		Timeout: formStays,
	}
	if way == formSecond {
		p.Title = view.T("请再确认一次", "Please confirm once more")
		p.Body = append(p.Body, view.TextNode{Key: view.Key{Key: "why"},
			Text: view.T("有人和您长得很像。请刷一次卡,或输入您的密码。", "Somebody looks much like you. Please tap your card, or type your PIN.")})
		f.Fields = []view.Field{secret}
	}
	if way == kiosk.WayStaff {
		p.Title = view.T("由工作人员确认", "Confirmed by the staff")
		f.Fields[0].Label = view.T("本人编号", "The person's number")
		f.Fields[1].Label = view.T("工作人员密码", "Staff PIN")
		f.Fields = slices.Insert(f.Fields, 1, view.Field{ID: fieldStaff, Kind: view.FieldNumber,
			Label: view.T("工作人员编号", "Staff number"), Required: true, MaxLen: 32, Value: before.Text(fieldStaff)})
	}
	if !prompt.IsZero() {
		p.Body = append(p.Body, view.TextNode{Key: view.Key{Key: "prompt"}, Text: prompt})
	}
	p.Body = append(p.Body, f)
	return p
}

// enrolPage shows how far the shots have come and what to do for the next.
func enrolPage(done, of int, say view.Notice) view.Page {
	say.Key = view.Key{Key: "say"}
	return view.Page{
		ID:    pageEnrol,
		Title: view.T("请看镜头", "Please look at the camera"),
		Body: []view.Node{
			view.Viewfinder{Key: view.Key{Key: "camera"}},
			say,
			view.Progress{Key: view.Key{Key: "progress"}, Done: float64(done) / float64(of),
				Label: view.Tf("已采集 %d / %d", "%d of %d taken", done, of)},
		},
		Actions: []view.Action{{ID: actionCancel, Label: view.T("取消", "Cancel")}},
	}
}
