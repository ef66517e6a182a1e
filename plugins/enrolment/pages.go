package enrolment

import (
	"slices"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The answers of this module's pages.
const (
	actionEnrol    = "enrol"
	actionWithdraw = "withdraw"
	actionAgree    = "agree"
	actionDecline  = "decline"
	actionMember   = "member"
	actionVisitor  = "visitor"
	actionAdult    = "adult"
	actionChild    = "child"
	actionNext     = "next"
	actionDone     = "done"
	actionMine     = "mine"
	actionDesk     = "desk"
	actionUnable   = "unable"
	actionPaper    = "paper"

	fieldName     = "name"
	fieldRelation = "relation"
	fieldGuardian = "guardian"
	fieldSearch   = "search"

	fieldSignature = "signature"

	withdrawValue = "withdraw"
	keepValue     = "keep"
)

const (
	steps       = 5 // of an enrolment: consent, who, age, face, receipt
	resultStays = 30 * time.Second
)

func startPage() view.Page {
	return view.Page{
		ID:    "start",
		Title: view.T("人脸登记", "Face enrolment"),
		Body: []view.Node{
			view.TextNode{Text: view.T("刷脸是自愿的。刷卡、密码和人工服务同样方便。",
				"Recognition by face is voluntary. Card, PIN and the staff serve you just as well.")},
			view.Tiles{Tiles: []view.Tile{
				{ID: actionEnrol, Title: view.T("登记人脸", "Enrol my face"), Detail: view.T("约一分钟", "About a minute"), Icon: "face"},
				{ID: actionWithdraw, Title: view.T("撤回同意", "Withdraw consent"), Detail: view.T("立即生效", "Takes effect at once"), Icon: "withdraw"},
				{ID: actionMine, Title: view.T("我的信息", "What is known of me"), Detail: view.T("查看同意和人脸模板", "My consents and templates"), Icon: "person"},
				{ID: actionDesk, Title: view.T("为他人登记", "Enrol somebody else"), Detail: view.T("工作人员使用", "For staff"), Icon: "staff"},
			}},
		},
	}
}

// consentText is what somebody agrees to, as TextVersion names it.
func consentText(purposes []Purpose) []view.Node {
	var zh, en string
	for i, p := range purposes {
		if i > 0 {
			zh, en = zh+"、", en+", "
		}
		zh, en = zh+p.Title.ZH, en+p.Title.EN
	}
	text := func(zh, en string) view.Node { return view.TextNode{Text: view.T(zh, en)} }
	return []view.Node{
		view.TextNode{Large: true, Text: view.T("用途:"+zh, "Used for: "+en)},
		text("本机拍摄几张照片,算出一组数字(人脸模板)后立即删除照片。模板加密存放在本机,不上传、不外传。",
			"This terminal takes a few pictures, computes a set of numbers (a face template) and deletes the pictures at once. "+
				"The template is kept encrypted on this terminal; it is not uploaded or passed on."),
		text("模板也用于您来撤回同意时认出您,不作其他用途。",
			"The template also serves to recognise you when you come to withdraw. It is used for nothing else."),
		text("您可以不同意。刷卡、密码、找工作人员同样能办,步骤一样多。",
			"You may decline. Card, PIN and the staff do the same in as many steps."),
		text("您随时可以在这里撤回同意,立即生效,模板随即删除。",
			"You can withdraw here at any time, with effect at once; the template is then deleted."),
		text("未满 14 周岁须由监护人同意。", "Below the age of 14 a guardian has to consent."),
	}
}

func consentPage(text Wording) view.Page {
	return view.Page{
		ID:    "consent",
		Title: view.T("人脸信息使用同意书", "Consent to the use of your face"),
		Step:  1, Steps: steps,
		Body: append(slices.Clone(text.Body), versionLine(text)),
		Actions: []view.Action{
			{ID: actionAgree, Label: view.T("我已阅读并同意", "I have read this and agree")},
			{ID: actionDecline, Label: view.T("不同意,用其他方式", "No, I use another way")},
		},
	}
}

// versionLine names the text that stands above it.
func versionLine(text Wording) view.Node {
	return view.TextNode{Text: view.T("文本版本:"+text.Version, "Version of this text: "+text.Version)}
}

func whoPage() view.Page {
	return view.Page{
		ID:    "who",
		Title: view.T("您是", "You are"),
		Step:  2, Steps: steps,
		Body: []view.Node{view.Tiles{Tiles: []view.Tile{
			{ID: actionMember, Title: view.T("本单位人员", "A member"), Detail: view.T("学生、教职工:刷卡、密码或由工作人员确认", "Pupils and staff: by card, PIN or the staff"), Icon: "card"},
			{ID: actionVisitor, Title: view.T("访客", "A visitor"), Detail: view.T("还没有登记过", "Not registered yet"), Icon: "visitor"},
		}}},
	}
}

func namePage(value string, wrong view.Text) view.Page {
	return view.Page{
		ID:    "name",
		Title: view.T("怎么称呼您", "What should we call you"),
		Step:  2, Steps: steps,
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "name"}, Fields: []view.Field{{
				ID: fieldName, Kind: view.FieldText, Label: view.T("称呼", "Name"),
				Value: value, Error: wrong, Required: true, MaxLen: nameLen,
			}}},
			view.TextNode{Text: view.T("可以直接使用上面的访客编号。", "You can simply keep the visitor number above.")},
		},
		Actions: []view.Action{{ID: actionNext, Label: view.T("下一步", "Next"), Primary: true}},
	}
}

func agePage() view.Page {
	return view.Page{
		ID:    "age",
		Title: view.T("您的年龄", "Your age"),
		Step:  3, Steps: steps,
		Body: []view.Node{view.Tiles{Tiles: []view.Tile{
			{ID: actionAdult, Title: view.Tf("%d 周岁及以上", "%d or older", AdultAge)},
			{ID: actionChild, Title: view.Tf("未满 %d 周岁", "Younger than %d", AdultAge), Detail: view.T("需要监护人同意", "A guardian has to consent")},
		}}},
	}
}

// relations are what a guardian can be to a child: the value in the record, and its wording.
var relations = []view.Option{
	{Value: "父亲", Label: view.T("父亲", "Father")},
	{Value: "母亲", Label: view.T("母亲", "Mother")},
	{Value: "其他监护人", Label: view.T("其他监护人", "Another guardian")},
}

// relationName is the relation a form's value stands for; a value that was not
// offered is the most general one.
func relationName(value string) string {
	for _, r := range relations {
		if r.Value == value {
			return value
		}
	}
	return relations[len(relations)-1].Value
}

// guardianForm is what the page of a guardian's consent begins with.
type guardianForm struct {
	relation, name            string
	wrongName, wrongSignature view.Text
}

func guardianPage(f guardianForm) view.Page {
	return view.Page{
		ID:    "guardian",
		Title: view.T("监护人同意", "A guardian's consent"),
		Step:  3, Steps: steps,
		Body: []view.Node{
			view.Notice{
				Text:   view.T("请监护人和工作人员一起完成这一步", "A guardian and a staff member complete this step together"),
				Detail: view.T("已在纸质同意书上签名的,由工作人员核对后保存原件。", "Where a paper form was signed, the staff checks and keeps it."),
			},
			view.Form{Key: view.Key{Key: "guardian"}, Fields: []view.Field{
				{ID: fieldRelation, Kind: view.FieldChoice, Label: view.T("与孩子的关系", "Relation to the child"), Required: true, Options: relations, Value: f.relation},
				{ID: fieldGuardian, Kind: view.FieldText, Label: view.T("监护人姓名", "The guardian's name"), Keyboard: view.KeyboardName,
					Required: true, MaxLen: nameLen, Value: f.name, Error: f.wrongName},
				{ID: fieldSignature, Kind: view.FieldSignature, Label: view.T("监护人签名", "The guardian's signature"), Required: true, Error: f.wrongSignature},
			}},
		},
		Actions: []view.Action{
			{ID: actionAgree, Label: view.T("监护人同意", "The guardian agrees"), Primary: true},
			{ID: actionPaper, Label: view.T("已签纸质同意书", "A paper form is signed")},
			{ID: actionDecline, Label: view.T("不同意", "Does not agree")},
		},
	}
}

// signPage takes the person's own signature.
func signPage(wrong view.Text) view.Page {
	return view.Page{
		ID:    "sign",
		Title: view.T("请本人签名", "Please sign"),
		Step:  3, Steps: steps,
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "sign"}, Fields: []view.Field{
				{ID: fieldSignature, Kind: view.FieldSignature, Label: view.T("签名", "Signature"), Required: true, Error: wrong},
			}},
			view.TextNode{Text: view.T("签名只作为同意的凭证保存,不记录书写的快慢和轻重,不用来识别您。",
				"The signature is kept as proof of your consent alone. How fast or hard you write is not recorded, and it does not serve to recognise you.")},
		},
		Actions: []view.Action{
			{ID: actionAgree, Label: view.T("确认签名", "This is my signature"), Primary: true},
			{ID: actionUnable, Label: view.T("不便签名,请工作人员见证", "I cannot sign: the staff bears witness")},
		},
	}
}

// purposeFacts lists purposes for a receipt.
func purposeFacts(purposes []Purpose) view.Text {
	var t view.Text
	for i, p := range purposes {
		if i > 0 {
			t.ZH, t.EN = t.ZH+"、", t.EN+", "
		}
		t.ZH, t.EN = t.ZH+p.Title.ZH, t.EN+p.Title.EN
	}
	return t
}

func enrolledPage(r kiosk.Receipt, e kiosk.Enrolment, purposes []Purpose) view.Page {
	facts := []view.Fact{
		{Label: view.T("姓名", "Name"), Value: view.Same(view.MaskName(e.Person.Name))},
		{Label: view.T("用途", "Used for"), Value: purposeFacts(purposes)},
		{Label: view.T("时间", "Time"), Value: view.Same(r.Time.Format("2006-01-02 15:04"))},
		{Label: view.T("撤回", "To withdraw"), Value: view.T("在本机选择“撤回同意”,或找工作人员", "Touch “Withdraw consent” here, or ask the staff")},
	}
	if e.Person.Role == "visitor" {
		facts = append(facts, view.Fact{Label: view.T("访客编号", "Visitor number"), Value: view.Same(e.Person.ID)})
	}
	return view.Page{
		ID:    "enrolled",
		Title: view.T("登记完成", "You are enrolled"),
		Tone:  view.Success,
		Step:  steps, Steps: steps,
		Body:    []view.Node{view.Receipt{Number: r.Short(), Facts: facts}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}},
		Timeout: resultStays,
	}
}

func notice(id string, title, text, detail view.Text) view.Page {
	return view.Page{
		ID:      id,
		Title:   title,
		Tone:    view.Warning,
		Body:    []view.Node{view.Notice{Tone: view.Warning, Text: text, Detail: detail}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("知道了", "I see"), Primary: true}},
		Timeout: resultStays,
	}
}

func notEnrolledPage(err error) view.Page {
	return notice("not-enrolled", view.T("这次没有登记", "You were not enrolled this time"), kiosk.VisitorText(err),
		view.T("没有保存任何照片或模板。刷卡、密码和人工服务照常可用。",
			"No picture and no template was kept. Card, PIN and the staff serve you as usual."))
}

func notStoredPage() view.Page {
	return notice("not-stored", view.T("暂时无法登记", "Enrolment is not possible right now"),
		view.T("您的同意没能存下来,刚才的模板已删除", "Your consent could not be stored; the template just taken was deleted"),
		view.T("请告诉工作人员,稍后再试。", "Please tell the staff and try again later."))
}

func confirmPage(p Purpose) view.Page {
	return view.Page{
		ID:    "confirm",
		Title: view.T("撤回同意", "Withdraw your consent"),
		Body: []view.Node{
			view.TextNode{Large: true, Text: view.T("不再用人脸:"+p.Title.ZH, "Your face will no longer be used for "+p.Title.EN)},
			view.TextNode{Text: view.T("立即生效,模板随即删除。之后请刷卡、用密码或找工作人员。",
				"This takes effect at once and the template is deleted. From then on use a card, a PIN or the staff.")},
		},
		Actions: []view.Action{
			{ID: actionWithdraw, Label: view.T("撤回", "Withdraw")},
			{ID: actionDecline, Label: view.T("暂不撤回", "Not now")},
		},
	}
}

func purposesPage(purposes []Purpose) view.Page {
	var fields []view.Field
	for _, p := range purposes {
		fields = append(fields, view.Field{
			ID: p.Module, Kind: view.FieldChoice, Label: p.Title, Value: withdrawValue, Required: true,
			Options: []view.Option{
				{Value: withdrawValue, Label: view.T("撤回", "Withdraw")},
				{Value: keepValue, Label: view.T("保留", "Keep")},
			},
		})
	}
	return view.Page{
		ID:    "purposes",
		Title: view.T("撤回哪些用途", "Which uses do you withdraw"),
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "purposes"}, Fields: fields},
			view.TextNode{Text: view.T("全部撤回时,模板随即删除。", "When you withdraw all of them, the template is deleted at once.")},
		},
		Actions: []view.Action{
			{ID: actionWithdraw, Label: view.T("撤回所选", "Withdraw these")},
			{ID: actionDecline, Label: view.T("暂不撤回", "Not now")},
		},
	}
}

func withdrawnPage(r kiosk.Receipt, all bool) view.Page {
	effect := view.T("所选用途不再使用人脸", "Your face is no longer used for what you chose")
	if all {
		effect = view.T("模板已删除", "The template is deleted")
	}
	return view.Page{
		ID:    "withdrawn",
		Title: view.T("已撤回,立即生效", "Withdrawn, with effect at once"),
		Tone:  view.Success,
		Body: []view.Node{view.Receipt{Number: r.Short(), Facts: []view.Fact{
			{Label: view.T("结果", "Result"), Value: effect},
			{Label: view.T("时间", "Time"), Value: view.Same(r.Time.Format("2006-01-02 15:04"))},
			{Label: view.T("以后", "From now on"), Value: view.T("请刷卡、用密码或找工作人员", "Use a card, a PIN or ask the staff")},
		}}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}},
		Timeout: resultStays,
	}
}

func withdrawTroublePage(forgotten bool) view.Page {
	text := view.T("您的人脸还没有删除,请马上找工作人员", "Your face is not erased yet; please call the staff now")
	if forgotten {
		text = view.T("本机已停用您的人脸,但撤回记录没能存下来", "This terminal no longer uses your face, but the withdrawal could not be recorded")
	}
	return notice("withdraw-trouble", view.T("撤回没有全部完成", "The withdrawal is not complete"), text,
		view.T("请告诉工作人员,由他们通知中心。", "Please tell the staff, who will inform the center."))
}
