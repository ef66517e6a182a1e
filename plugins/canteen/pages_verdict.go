package canteen

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// unseen is what is said for a verdict that names nobody.
type unseen struct {
	title, text view.Text
	tone        view.Tone
	stays       time.Duration // 0 until something changes
}

var ways = view.T("也可以刷卡、扫码、输密码或找老师。", "You can also use a card, a code, a PIN or ask a teacher.")

var unseenBy = map[kiosk.Verdict]unseen{
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
		text:  view.T("有人和您长得很像,请刷卡、扫码或输密码", "Somebody looks much like you; please use a card, a code or your PIN"),
		tone:  view.Warning, stays: refusalStays,
	},
	kiosk.CardUnknown: {
		title: view.T("这张卡没有登记", "This card is not registered"),
		text:  view.T("请换一张卡或码,或请老师帮忙", "Please use another card or code, or ask a teacher"),
		tone:  view.Refusal, stays: refusalStays,
	},
	kiosk.NoCamera: {
		title: view.T("摄像头暂时不能用", "The camera is out of order"),
		text:  view.T("请刷卡、扫码或输密码,照常取餐", "Please use a card, a code or a PIN; meals are served as usual"),
		tone:  view.Warning,
	},
	kiosk.NoEngine: {
		title: view.T("刷脸正在准备", "Face recognition is getting ready"),
		text:  view.T("请稍等几秒,或者刷卡、扫码、输密码", "Wait a few seconds, or use a card, a code or a PIN"),
		tone:  view.Busy,
	},
}

func refusalPage(sg kiosk.Sighting) view.Page {
	r, known := unseenBy[sg.Verdict]
	if !known {
		r = unseenBy[kiosk.Stranger]
	}
	if advice := kiosk.Advice(sg.Detail); !advice.IsZero() {
		r.text = advice
	}
	p := view.Page{
		ID:      string(sg.Verdict),
		Title:   r.title,
		Tone:    r.tone,
		Actions: otherWays(),
		Timeout: r.stays,
	}
	if sg.Verdict == kiosk.NoCamera {
		p.Icon = "camera-off"
	} else {
		p.Body = append(p.Body, viewfinder(view.Text{}))
	}
	p.Body = append(p.Body, view.Notice{Key: view.Key{Key: "why"}, Tone: r.tone, Text: r.text, Detail: ways})
	return p
}
