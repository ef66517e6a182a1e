package hall

import (
	"fmt"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// The answers of the pages of an application.
const (
	actionIDCard  = "id-card"
	actionOther   = "other"
	actionMore    = "more"
	actionLater   = "later"
	actionMissing = "missing"
	actionLeave   = "leave"
	actionSubmit  = "submit"
	actionPrint   = "print"

	fieldPhoto     = "photo"
	fieldPhone     = "phone"
	fieldSignature = "signature"
)

// applySteps are those of an application: the service, the questions, who
// applies, the materials, the signature, the receipt.
const applySteps = 6

// receiptStays is how long a receipt stays: it has to be read, photographed or printed.
const receiptStays = 2 * time.Minute

func questionPage(s catalog.Service, q catalog.Question, number int) view.Page {
	p := view.Page{ID: "question-" + q.ID, Title: q.Text, Step: 2, Steps: applySteps}
	p.Body = []view.Node{view.TextNode{Key: view.Key{Key: "service"}, Text: view.T(fmt.Sprintf("%s · 第 %d 题", s.Name.ZH, number+1), fmt.Sprintf("%s, question %d", s.Name.EN, number+1))}}
	list := view.List{Key: view.Key{Key: "options"}}
	for _, o := range q.Options {
		list.Items = append(list.Items, view.ListItem{ID: o.Value, Title: o.Label})
	}
	p.Body = append(p.Body, list)
	return p
}

func turnedAwayPage(o catalog.Option) view.Page {
	p := view.Page{
		ID: "turned-away", Title: view.T("这种情况暂时不能在这里办", "This cannot be done here in your case"), Tone: view.Refusal,
		Body: []view.Node{view.Notice{Tone: view.Refusal, Text: o.Stop}},
		Actions: []view.Action{
			{ID: actionDone, Label: view.T("返回修改", "Back to the question"), Icon: "back", Primary: true},
			{ID: actionTicket, Label: view.T("取号咨询窗口", "Ask at a counter"), Icon: "ticket"},
		},
	}
	if !o.Counter.IsZero() {
		p.Title = view.T("请到人工窗口办理", "Please come to a counter")
		p.Body = []view.Node{view.Notice{Tone: view.Warning, Text: o.Counter}}
		p.Tone = view.Warning
	}
	return p
}

func identityPage(service view.Text) view.Page {
	return view.Page{
		ID: "identity", Title: view.T("请证明您的身份", "Please show who you are"), Step: 3, Steps: applySteps,
		Body: []view.Node{
			view.TextNode{Text: view.T("办理:"+service.ZH, "For: "+service.EN)},
			view.Tiles{Key: view.Key{Key: "ways"}, Tiles: []view.Tile{
				{ID: actionIDCard, Title: view.T("刷身份证", "Identity card"), Detail: view.T("再核对本人", "and proof that it is yours"), Icon: "id-card"},
				{ID: actionOther, Title: view.T("其他方式", "Another way"), Detail: view.T("刷脸、刷卡、密码或找工作人员", "Face, card, PIN or the staff"), Icon: "person"},
			}},
			view.TextNode{Text: view.T("刷脸是自愿的,不刷脸一样能办,步骤一样多。", "Your face is never required; every other way takes as many steps.")},
		},
	}
}

func idCardPage(trouble view.Text) view.Page {
	return withTrouble(view.Page{
		ID: "id-card", Title: view.T("请放身份证", "Lay down your identity card"), Step: 3, Steps: applySteps, Icon: "idcard-reader",
		Body: []view.Node{
			view.TextNode{Large: true, Text: view.T("请把身份证平放在读卡区", "Lay your identity card flat on the reader")},
			view.TextNode{Text: view.T("读到后会自动进入下一步,请不要马上拿走。", "The next step comes by itself; please leave the card there for a moment.")},
		},
		Actions: []view.Action{{ID: actionOther, Label: view.T("没带身份证,换一种方式", "Another way"), Icon: "person"}},
	}, trouble)
}

func expiredPage(until time.Time) view.Page {
	return view.Page{
		ID: "expired", Title: view.T("身份证已过有效期", "The identity card has expired"), Tone: view.Refusal,
		Body: []view.Node{view.Notice{Tone: view.Refusal, Text: view.T("这张身份证的有效期到 "+until.Format("2006年1月2日"), "It was valid until "+until.Format("2 January 2006")),
			Detail: view.T("请用其他方式证明身份,或到窗口换领新证。", "Please use another way, or have it renewed at a counter.")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("换一种方式", "Another way"), Primary: true}},
	}
}

func troublePage(what view.Text) view.Page {
	return view.Page{
		ID: "trouble", Title: view.T("请换一种方式", "Please use another way"), Tone: view.Warning,
		Body:    []view.Node{view.Notice{Tone: view.Warning, Text: what}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("知道了", "Understood"), Primary: true}},
	}
}

func materialsPage(app *application) view.Page {
	list := view.List{Key: view.Key{Key: "materials"}, Empty: view.T("您什么材料都不用交。", "You need not hand in anything.")}
	for _, h := range app.held {
		list.Items = append(list.Items, view.ListItem{Title: h.Name, Icon: "check-circle",
			Detail: view.T("免提交 · 已有电子证照 "+h.Holding, "Not needed: held electronically, "+h.Holding)})
	}
	for _, m := range app.wanted {
		item := view.ListItem{Title: m.Name, Icon: "camera", Detail: view.T("请拍照", "To be photographed")}
		if m.MayFollow {
			item.Detail = view.T("请拍照 · 没带可以后补", "To be photographed, now or later")
		}
		list.Items = append(list.Items, item)
	}
	p := view.Page{
		ID: "materials", Title: view.T("需要的材料", "What is needed"), Step: 4, Steps: applySteps,
		Body:    []view.Node{list},
		Actions: []view.Action{{ID: actionNext, Label: view.T("开始拍照", "Photograph them"), Icon: "camera", Primary: true}},
	}
	if len(app.held) > 0 {
		p.Body = append([]view.Node{view.Notice{Tone: view.Success, Text: view.Tf("有 %d 份材料政府已经有,不用您提交", "The government already has %d of them; you need not hand them in", len(app.held)),
			Detail: view.T("签名即同意为本次办理调取它们,不作他用。", "By signing you agree that they are fetched for this application, and for nothing else.")}}, p.Body...)
	}
	if len(app.wanted) == 0 {
		p.Actions[0].Label, p.Actions[0].Icon = view.T("下一步", "Next"), "next"
	}
	return p
}

func photoPage(m catalog.Material, at, of, pages int) view.Page {
	hint := m.Hint
	if hint.IsZero() {
		hint = view.T("放平、拍全、字要看得清", "Flat, complete, and so that it can be read")
	}
	p := view.Page{
		ID: fmt.Sprintf("photo-%s-%d", m.ID, pages), Title: m.Name, Step: 4, Steps: applySteps,
		Body: []view.Node{
			view.TextNode{Text: view.Tf("第 %d 份,共 %d 份", "%d of %d", at+1, of)},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
				ID: fieldPhoto, Kind: view.FieldPhoto, Label: view.Tf("拍第 %d 页", "Page %d", pages+1), Hint: hint, Required: pages == 0, Paper: true,
			}}},
		},
		Actions: []view.Action{{ID: actionNext, Label: view.T("这份拍好了", "This one is done"), Icon: "next", Primary: true}},
	}
	if pages > 0 {
		p.Body = append(p.Body, view.TextNode{Text: view.Tf("已拍 %d 页。没有下一页就点「这份拍好了」。", "%d pages are taken. If that is all, touch \"This one is done\".", pages)})
	}
	if pages+1 < mostPages {
		p.Actions = append(p.Actions, view.Action{ID: actionMore, Label: view.T("再拍一页", "Another page"), Icon: "add", Primary: true})
	}
	if m.MayFollow && pages == 0 {
		p.Actions = append(p.Actions, view.Action{ID: actionLater, Label: view.T("没带,以后补", "I bring it later"), Icon: "clock"})
	} else if pages == 0 {
		p.Actions = append(p.Actions, view.Action{ID: actionMissing, Label: view.T("没带这份材料", "I do not have it"), Icon: "help"})
	}
	return p
}

func missingPage(m catalog.Material) view.Page {
	return view.Page{
		ID: "missing", Title: view.T("缺少必需的材料", "Something that is needed is missing"), Tone: view.Warning,
		Body: []view.Node{view.Notice{Tone: view.Warning, Text: view.T("「"+m.Name.ZH+"」必须提交,不能后补", m.Name.EN+" is needed and cannot follow later"),
			Detail: view.T("可以带齐再来,也可以取号请窗口人员帮您想办法。现在离开不会留下任何信息。", "Come back with it, or ask at a counter. If you leave now, nothing is kept.")}},
		Actions: []view.Action{
			{ID: actionDone, Label: view.T("我找到了,继续", "I have found it"), Icon: "back", Primary: true},
			{ID: actionTicket, Label: view.T("取号", "Take a ticket"), Icon: "ticket"},
			{ID: actionLeave, Label: view.T("以后再办", "Another time"), Icon: "close"},
		},
	}
}

func contactPage(app *application) view.Page {
	return view.Page{
		ID: "contact", Title: view.T("怎么联系您?", "How can we reach you?"), Step: 5, Steps: applySteps,
		Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
			ID: fieldPhone, Kind: view.FieldPhone, Label: view.T("联系电话", "Telephone"),
			Hint: view.T("办理结果会通知这个号码,没有可以不填", "We tell you the result there; may be left empty"), Value: app.applicant.Phone,
		}}}},
		Actions: []view.Action{{ID: actionNext, Label: view.T("下一步", "Next"), Icon: "next", Primary: true}},
	}
}

func signPage(app *application) view.Page {
	var shots, follow int
	for _, m := range app.wanted {
		if slices.Contains(app.later, m.ID) {
			follow++
		} else {
			shots++
		}
	}
	facts := []view.Fact{
		{Label: view.T("事项", "Service"), Value: app.service.Name},
		{Label: view.T("申请人", "Applicant"), Value: view.Same(view.MaskName(app.applicant.Name))},
		{Label: view.T("免提交", "Not needed"), Value: view.Tf("%d 份", "%d", len(app.held))},
		{Label: view.T("已拍照", "Photographed"), Value: view.Tf("%d 份", "%d", shots)},
	}
	if follow > 0 {
		facts = append(facts, view.Fact{Label: view.T("以后补交", "To follow"), Value: view.Tf("%d 份", "%d", follow)})
	}
	return view.Page{
		ID: "sign", Title: view.T("核对并签名", "Check and sign"), Step: 5, Steps: applySteps,
		Body: []view.Node{
			view.Receipt{Key: view.Key{Key: "facts"}, Facts: facts},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
				{ID: fieldSignature, Kind: view.FieldSignature, Label: view.T("申请人签名", "Signature"), Required: true,
					Hint: view.T("签名表示:以上内容和材料真实;同意为本次办理调取政府已有的电子证照", "I confirm that all this is true, and agree that my electronic licences are fetched for this application")},
			}},
		},
		Actions: []view.Action{{ID: actionSubmit, Label: view.T("签名并提交", "Sign and hand in"), Icon: "stamp", Primary: true}},
	}
}

func submittedPage(s Submitted, service catalog.Service) view.Page {
	follow := 0
	for _, h := range s.Materials {
		if h.How == Later {
			follow++
		}
	}
	next := view.Tf("%d 个工作日内告诉您是否受理", "You hear within %d working days whether it is accepted", AcceptWithin)
	facts := []view.Fact{
		{Label: view.T("事项", "Service"), Value: s.Name},
		{Label: view.T("申请人", "Applicant"), Value: view.Same(view.MaskName(s.Applicant.Name))},
		{Label: view.T("提交时间", "Handed in"), Value: stamp(s.At)},
		{Label: view.T("接下来", "Next"), Value: next},
		{Label: view.T("承诺期限", "Promised within"), Value: days(service.PromisedDays, view.T("当场办结", "decided on the spot"))},
		{Label: view.T("实施机关", "Authority"), Value: service.Authority},
	}
	if follow > 0 {
		facts = append(facts, view.Fact{Label: view.T("待补材料", "To follow"), Value: view.Tf("%d 份,请凭编号在任一终端补交", "%d; hand them in at any terminal, by this number", follow)})
	}
	return view.Page{
		ID: "submitted", Title: view.T("已提交", "Handed in"), Tone: view.Success, Step: applySteps, Steps: applySteps,
		Body: []view.Node{
			view.Receipt{Key: view.Key{Key: "receipt"}, Number: s.Case, Facts: facts},
			view.QRCode{Key: view.Key{Key: "qr"}, Data: qrCase + s.Case, Label: view.T("凭编号或二维码查进度、补材料、评价", "Progress, further materials and rating by this code")},
		},
		Actions: receiptActions(),
		Timeout: receiptStays,
	}
}

func receiptActions() []view.Action {
	return []view.Action{
		{ID: actionPrint, Label: view.T("打印回执", "Print"), Icon: "printer"},
		{ID: actionDone, Label: view.T("完成", "Done"), Icon: "check", Primary: true},
	}
}

func notStoredPage() view.Page {
	return view.Page{
		ID: "not-stored", Title: view.T("没有办成", "It was not done"), Tone: view.Warning,
		Body: []view.Node{view.Notice{Tone: view.Warning, Text: view.T("本机暂时存不下您的申请,什么都没有提交", "This terminal cannot keep your application now; nothing was handed in"),
			Detail: view.T("您没有做错什么。请换一台终端,或到窗口办理。", "You did nothing wrong. Please use another terminal, or come to a counter.")}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("知道了", "Understood"), Primary: true}},
		Timeout: receiptStays,
	}
}
