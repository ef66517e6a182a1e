package gate

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The actions of every page at rest: the ways besides the face.
const (
	actionCard  = "card"
	actionPIN   = "pin"
	actionStaff = "staff"
)

// How long pages stay. The next sighting never waits for them.
const (
	welcomeStays = 4 * time.Second
	refusalStays = 8 * time.Second
	callStays    = 20 * time.Second // where somebody has to come
)

func prompt() view.Text { return view.T("请看镜头", "Please look at the camera") }

// otherWays stand on every page that has not let the person through, in the
// same order and of the same size.
func otherWays() []view.Action {
	return []view.Action{
		{ID: actionCard, Label: view.T("刷卡", "Card"), Icon: "card"},
		{ID: actionPIN, Label: view.T("密码", "PIN"), Icon: "pin"},
		{ID: actionStaff, Label: view.T("找老师", "Ask a teacher"), Icon: "staff"},
	}
}

func viewfinder(hint view.Text) view.Viewfinder {
	return view.Viewfinder{Key: view.Key{Key: "camera"}, Hint: hint}
}

func idlePage() view.Page {
	return view.Page{
		ID:      "idle",
		Title:   view.T("校门通行", "School gate"),
		Body:    []view.Node{viewfinder(view.T("请看镜头,也可以直接刷卡", "Look at the camera, or simply tap your card"))},
		Actions: otherWays(),
	}
}

func cardPage() view.Page {
	return view.Page{
		ID:    "card",
		Icon:  "card",
		Title: view.T("刷卡通行", "Pass with your card"),
		Body: []view.Node{
			view.TextNode{Large: true, Text: view.T("请把卡贴近读卡器", "Hold your card to the reader")},
			view.TextNode{Text: view.T("读到卡后闸门会自动打开。", "The gate opens by itself once the card is read.")},
		},
		Actions: otherWays(),
		Timeout: refusalStays,
	}
}

// direction is what a pass is called, and its time.
func direction(turn string, at time.Time) view.Text {
	clock := at.Format("15:04")
	if turn == Out {
		return view.Tf("离校 %s", "Out %s", clock)
	}
	return view.Tf("进校 %s", "In %s", clock)
}

// greeting suits the hour of the terminal's clock.
func greeting(turn string, at time.Time) view.Text {
	if turn == Out {
		return view.T("再见,路上小心", "Goodbye, take care on the way")
	}
	switch h := at.Hour(); {
	case h >= 5 && h < 11:
		return view.T("早上好,请进", "Good morning, please come in")
	case h >= 11 && h < 13:
		return view.T("中午好,请进", "Good day, please come in")
	case h >= 13 && h < 18:
		return view.T("下午好,请进", "Good afternoon, please come in")
	}
	return view.T("晚上好,请进", "Good evening, please come in")
}

func card(p kiosk.Person, tone view.Tone, detail view.Text) view.PersonCard {
	return view.PersonCard{
		Key:    view.Key{Key: "person"},
		Name:   view.Same(view.MaskName(p.Name)),
		Line:   view.Same(p.Group),
		Tone:   tone,
		Detail: detail,
	}
}

func welcomePage(p kiosk.Person, turn string, at time.Time) view.Page {
	return view.Page{
		ID:      "welcome",
		Title:   greeting(turn, at),
		Tone:    view.Success,
		Body:    []view.Node{viewfinder(view.Text{}), card(p, view.Success, direction(turn, at))},
		Timeout: welcomeStays,
	}
}

func alreadyPage(p kiosk.Person, at time.Time) view.Page {
	return view.Page{
		ID:    "already",
		Title: view.T("您刚刚已通过", "You have just passed"),
		Body: []view.Node{
			viewfinder(view.Text{}),
			card(p, view.Calm, view.Same(at.Format("15:04"))),
			view.Notice{Text: view.T("如果闸门没有打开,请找老师。", "If the gate did not open, please ask a teacher.")},
		},
		Actions: otherWays(),
		Timeout: welcomeStays,
	}
}

func barrierPage(p kiosk.Person, turn string, at time.Time) view.Page {
	return view.Page{
		ID:    "barrier",
		Title: view.T("已登记,闸门没有打开", "Recorded, but the gate did not open"),
		Tone:  view.Warning,
		Body: []view.Node{
			card(p, view.Warning, direction(turn, at)),
			view.Notice{
				Tone:   view.Warning,
				Text:   view.T("请让老师为您开门", "Please have a teacher open the gate for you"),
				Detail: view.T("您的通行已经登记,不用再刷。", "Your pass is recorded; there is no need to try again."),
			},
		},
		Timeout: callStays,
	}
}

func notStoredPage() view.Page {
	return view.Page{
		ID:    "not-stored",
		Title: view.T("暂时无法登记", "This cannot be recorded right now"),
		Tone:  view.Warning,
		Body: []view.Node{
			view.Notice{
				Tone:   view.Warning,
				Text:   view.T("闸机现在不能登记通行,请让老师开门", "The gate cannot record passes now; please have a teacher open it"),
				Detail: view.T("您没有做错什么。请值班人员检查本机的存储空间。", "You did nothing wrong. Staff: please check this terminal's storage."),
			},
		},
		Actions: otherWays(),
		Timeout: callStays,
	}
}

func lockedPage(err error) view.Page {
	return view.Page{
		ID:      "locked",
		Title:   view.T("请稍后再试密码", "Please try the PIN again later"),
		Tone:    view.Refusal,
		Body:    []view.Node{view.Notice{Tone: view.Refusal, Text: kiosk.VisitorText(err)}},
		Actions: otherWays(),
		Timeout: refusalStays,
	}
}

func troublePage(err error) view.Page {
	return view.Page{
		ID:      "trouble",
		Title:   view.T("请换一种方式", "Please use another way"),
		Tone:    view.Warning,
		Body:    []view.Node{view.Notice{Tone: view.Warning, Text: kiosk.VisitorText(err)}},
		Actions: otherWays(),
		Timeout: refusalStays,
	}
}

// refusal is what is said for a verdict that lets nobody through.
type refusal struct {
	title, text view.Text
	tone        view.Tone
	stays       time.Duration // 0 until something changes
}

var ways = view.T("也可以刷卡、输密码或找老师。", "You can also use a card, a PIN or ask a teacher.")

var refusedBy = map[kiosk.Verdict]refusal{
	kiosk.Stranger: {
		title: view.T("没有认出您", "We could not recognise you"),
		text:  view.T("您可能还没有登记,或者这次没有看清", "You may not be enrolled yet, or we did not see you well"),
		tone:  view.Refusal, stays: refusalStays,
	},
	kiosk.TooDark: {
		title: view.T("看不清楚", "We cannot see you well"),
		text:  view.T("请面向光亮处,正对镜头", "Please turn to the light and face the camera"),
		tone:  view.Warning, stays: refusalStays,
	},
	kiosk.TooFar: {
		title: view.T("请再靠近一点", "Please come a little closer"),
		text:  view.T("请走到镜头前", "Please step up to the camera"),
		stays: refusalStays,
	},
	kiosk.TwoFaces: {
		title: view.T("请一个一个来", "One at a time, please"),
		text:  view.T("镜头前有两个人,请一人留在镜头前", "There are two people before the camera; please let one of them go first"),
		tone:  view.Warning, stays: refusalStays,
	},
	kiosk.Withdrawn: {
		title: view.T("没有使用刷脸", "Your face is not used"),
		text:  view.T("按您的意愿,这里不用人脸识别", "As you wished, your face is not used here"),
		tone:  view.Refusal, stays: refusalStays,
	},
	kiosk.Lookalike: {
		title: view.T("请再刷一次卡", "Please tap your card too"),
		text:  view.T("有人和您长得很像,请刷卡或输密码", "Somebody looks much like you; please use your card or PIN"),
		tone:  view.Warning, stays: refusalStays,
	},
	kiosk.CardUnknown: {
		title: view.T("这张卡没有登记", "This card is not registered"),
		text:  view.T("请换一张卡,或请老师帮忙", "Please use another card, or ask a teacher"),
		tone:  view.Refusal, stays: refusalStays,
	},
	kiosk.NoCamera: {
		title: view.T("摄像头暂时不能用", "The camera is out of order"),
		text:  view.T("请刷卡或输密码,闸门照常开放", "Please use a card or PIN; the gate works as usual"),
		tone:  view.Warning,
	},
	kiosk.NoEngine: {
		title: view.T("刷脸正在准备", "Face recognition is getting ready"),
		text:  view.T("请稍等几秒,或者刷卡、输密码", "Wait a few seconds, or use a card or PIN"),
		tone:  view.Busy,
	},
}

func refusalPage(sg kiosk.Sighting) view.Page {
	v := sg.Verdict
	r, known := refusedBy[v]
	if !known {
		r = refusedBy[kiosk.Stranger]
	}
	if advice := kiosk.Advice(sg.Detail); !advice.IsZero() {
		r.text = advice
	}
	p := view.Page{
		ID:      string(v),
		Title:   r.title,
		Tone:    r.tone,
		Actions: otherWays(),
		Timeout: r.stays,
	}
	if v == kiosk.NoCamera {
		p.Icon = "camera-off"
	} else {
		p.Body = append(p.Body, viewfinder(view.Text{}))
	}
	p.Body = append(p.Body, view.Notice{Key: view.Key{Key: "why"}, Tone: r.tone, Text: r.text, Detail: ways})
	return p
}
