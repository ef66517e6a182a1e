package sample

import (
	"fmt"

	"github.com/luohu/ting/kiosk/view"
)

var (
	next = view.Action{ID: "next", Label: view.T("继续", "Continue"), Icon: "forward", Primary: true}
	help = view.Action{ID: "help", Label: view.T("找工作人员", "Ask the staff"), Icon: "staff"}
)

// Nodes is one page for every kind of node, and for what can go wrong with it.
func Nodes() []Page {
	pages := []Page{
		{"text", view.Page{
			ID: "text", Title: view.T("办事须知", "Before you begin"), Step: 1, Steps: 3,
			Body: []view.Node{
				view.TextNode{Large: true, Text: view.T("直、骨、门:请把卡贴近读卡器", "Hold your card to the reader")},
				view.TextNode{Text: view.T(
					"读到卡后闸门会自动打开。如果没有打开,请找值班老师;您不需要重复刷卡。",
					"The gate opens by itself once the card is read. If it does not, please ask the teacher on duty; there is no need to tap again.")},
			},
			Actions: []view.Action{help, next},
		}},
		{"consent", view.Page{
			ID: "consent", Title: view.T("人脸信息使用同意书", "Consent to the use of your face"), Step: 1, Steps: 5,
			Body: []view.Node{
				view.TextNode{Large: true, Text: view.T("用途:校门通行", "Used for: the school gate")},
				view.TextNode{Text: view.T("本机拍摄几张照片,算出一组数字(人脸模板)后立即删除照片。模板加密存放在本机,不上传、不外传。",
					"This terminal takes a few pictures, computes a set of numbers (a face template) and deletes the pictures at once. "+
						"The template is kept encrypted on this terminal; it is not uploaded or passed on.")},
				view.TextNode{Text: view.T("您可以不同意。刷卡、密码、找工作人员同样能办,步骤一样多。",
					"You may decline. Card, PIN and the staff do the same in as many steps.")},
				view.TextNode{Text: view.T("您随时可以在这里撤回同意,立即生效,模板随即删除。",
					"You can withdraw here at any time, with effect at once; the template is then deleted.")},
				view.TextNode{Text: view.T("未满 14 周岁须由监护人同意。", "Below the age of 14 a guardian has to consent.")},
			},
			Actions: []view.Action{
				{ID: "agree", Label: view.T("我已阅读并同意", "I have read this and agree")},
				{ID: "decline", Label: view.T("不同意,用其他方式", "No, I use another way")},
			},
		}},
		{"notice", view.Page{
			ID: "notice", Title: view.T("已登记,闸门没有打开", "Recorded, but the gate did not open"), Tone: view.Warning,
			Body: []view.Node{
				view.PersonCard{Name: view.Same("陈*雨"), Line: view.T("三年级2班", "Year 3, class 2"), Tone: view.Warning, Detail: view.T("进校 07:42", "In 07:42")},
				view.Notice{Tone: view.Warning, Text: view.T("请让老师为您开门", "Please have a teacher open the gate for you"),
					Detail: view.T("您的通行已经登记,不用再刷。", "Your pass is recorded; there is no need to try again.")},
				view.Notice{Tone: view.Success, Text: view.T("办理完成", "All done")},
				view.Notice{Tone: view.Refusal, Text: view.T("按您的意愿,这里不用人脸识别", "As you wished, your face is not used here")},
				view.Notice{Tone: view.Busy, Text: view.T("正在重新连接", "Connecting again")},
				view.Notice{Text: view.T("周五下午不办理", "Closed on Friday afternoons")},
			},
		}},
		{"tiles", view.Page{
			ID: "tiles", Title: view.T("请选择要办的事", "What would you like to do?"),
			Body: []view.Node{view.Tiles{Tiles: []view.Tile{
				{ID: "residence", Title: view.T("居住证", "Residence permit"), Detail: view.T("新办、续签、换领", "New, renewed, replaced"), Icon: "card"},
				{ID: "social", Title: view.T("社会保险", "Social insurance"), Detail: view.T("查询与证明", "Statements and proofs"), Icon: "shield"},
				{ID: "school", Title: view.T("入学报名", "School enrolment"), Detail: view.T("今年8月入学", "For this August"), Icon: "library"},
				{ID: "health", Title: view.T("看病预约", "See a doctor"), Icon: "triage"},
				{ID: "queue", Title: view.T("取号排队", "Take a number"), Detail: view.T("当前等待 6 人", "6 people waiting"), Icon: "list"},
				{ID: "other", Title: view.T("其他事项", "Something else"), Icon: "help"},
			}}},
		}},
		{"pin", view.Page{
			ID: "pin", Title: view.T("请输入学号和密码", "Your number and PIN"), Step: 2, Steps: 3,
			Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
				{ID: "number", Kind: view.FieldNumber, Label: view.T("学号", "Pupil number"), Required: true, MaxLen: 10},
				{ID: "pin", Kind: view.FieldPIN, Label: view.T("密码", "PIN"), Required: true, MaxLen: 6, Error: view.T("密码不对,还可以试 2 次", "That PIN is not right; 2 tries are left")},
			}}},
			Actions: []view.Action{help, {ID: "ok", Label: view.T("确定", "OK"), Icon: "check", Primary: true}},
		}},
		{"form", view.Page{
			ID: "form", Title: view.T("登记访客", "Register a visitor"),
			Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
				{ID: "name", Kind: view.FieldText, Label: view.T("姓名", "Name"), Required: true, MaxLen: 20, Value: "林若溪"},
				{ID: "reason", Kind: view.FieldChoice, Label: view.T("来访事由", "Reason of the visit"), Value: "meeting", Options: []view.Option{
					{Value: "meeting", Label: view.T("家长会", "Parents' meeting")}, {Value: "pickup", Label: view.T("接孩子", "Picking up a child")},
					{Value: "delivery", Label: view.T("送货", "Delivery")}, {Value: "other", Label: view.T("其他", "Other")},
				}},
				{ID: "note", Kind: view.FieldText, Label: view.T("备注", "Note"), Error: view.T("请写明要找哪位老师", "Please say which teacher you are seeing")},
			}}},
			Actions: []view.Action{next},
		}},
		{"list", view.Page{
			ID: "list", Title: view.T("今日书目", "Today's books"),
			Body: []view.Node{view.List{Key: view.Key{Key: "books"}, Items: books()}},
		}},
		{"list-empty", view.Page{
			ID: "list", Title: view.T("我的预约", "My appointments"),
			Body:    []view.Node{view.List{Empty: view.T("您还没有预约", "You have no appointments yet")}},
			Actions: []view.Action{next},
		}},
		{"table", view.Page{
			ID: "table", Title: view.T("今日通行", "Passes today"),
			Body: []view.Node{view.Table{Columns: []view.Text{view.T("时间", "Time"), view.T("姓名", "Name"), view.T("班级", "Class"), view.T("方向", "Way")}, Rows: passes()}},
		}},
		{"table-choose", view.Page{
			ID: "table-choose", Title: view.T("待缴费用", "Open bills"),
			Body: []view.Node{
				view.TextNode{Text: view.T("触摸一行可以查看明细并缴费。", "Touch a row to see its details and pay.")},
				view.Table{
					Key:     view.Key{Key: "bills"},
					Columns: []view.Text{view.T("项目", "Item"), view.T("账期", "Period"), view.T("用量", "Used"), view.T("金额(元)", "Yuan"), view.T("状态", "State")},
					Rows: [][]string{
						{"水费", "2026-02", "14", "48.30", "待缴"}, {"电费", "2026-02", "286", "164.21", "待缴"}, {"燃气费", "2026-02", "31", "93.00", "待缴"},
						{"物业服务费", "2026-01", "", "1,204.00", "已逾期"}, {"有线电视", "2026-01", "", "25.00", "已缴"},
					},
					IDs: []string{"water", "power", "gas", "property"}, Align: []view.Align{view.AlignAuto, view.AlignAuto, view.AlignAuto, view.AlignEnd, view.AlignMid},
				},
			},
		}},
		{"receipt", view.Page{
			ID: "receipt", Title: view.T("办理完成", "All done"), Tone: view.Success, Step: 3, Steps: 3,
			Body: []view.Node{
				view.Receipt{Number: "7KQF-29MX", Facts: []view.Fact{
					{Label: view.T("事项", "Service"), Value: view.T("居住证续签", "Residence permit, renewed")},
					{Label: view.T("办理人", "For"), Value: view.Same("陈*雨")},
					{Label: view.T("时间", "Time"), Value: view.Same("2026-03-02 07:42")},
					{Label: view.T("领取", "To be collected"), Value: view.T("3 个工作日后,1 号窗口", "After 3 working days at counter 1")},
				}},
				view.TextNode{Text: view.T("请记下或拍下回执编号。", "Please note down or photograph the receipt number.")},
			},
			Actions: []view.Action{{ID: "done", Label: view.T("完成", "Finish"), Icon: "check", Primary: true}},
		}},
		{"qrcode", view.Page{
			ID: "qrcode", Title: view.T("用手机继续", "Continue on your phone"),
			Body: []view.Node{view.QRCode{Data: "https://ting.example/r/7KQF-29MX", Label: view.T("扫一扫,查看办理进度", "Scan to follow your request")}},
		}},
		{"progress", view.Page{
			ID: "progress", Title: view.T("正在办理", "Working on it"), Tone: view.Busy,
			Body: []view.Node{
				view.Progress{Label: view.T("正在读取证件", "Reading the card"), Done: 0.62},
				view.Progress{Label: view.T("正在等待回应", "Waiting for an answer"), Done: -1},
			},
		}},
		{"away", view.Page{
			ID: "away", Title: view.T("请稍候", "One moment, please"), Tone: view.Busy,
			Body: []view.Node{view.Notice{Tone: view.Busy, Text: view.T("这项服务正在重新启动", "This service is starting again"),
				Detail: view.T("几秒钟后就会恢复,您不需要做什么。", "It will be back in a few seconds; there is nothing you need to do.")}},
		}},
	}
	return pages
}

func books() []view.ListItem {
	titles := []string{"城南旧事", "呼兰河传", "草房子", "我们的母亲叫中国", "昆虫记", "西游记", "声律启蒙", "时间的形状"}
	var items []view.ListItem
	for i := range 400 {
		items = append(items, view.ListItem{
			ID: fmt.Sprint("book-", i), Title: view.Same(titles[i%len(titles)]), Icon: "library",
			Detail: view.Tf("第 %d 号架,可借", "Shelf %d, on loan to nobody", i+1),
		})
	}
	return items
}

func passes() [][]string {
	names := []string{"陈*雨", "李*", "王*明", "欧**文", "赵*"}
	var rows [][]string
	for i := range 300 {
		rows = append(rows, []string{fmt.Sprintf("07:%02d", 20+i%40), names[i%len(names)], fmt.Sprintf("%d年级%d班", 1+i%6, 1+i%4), "进校"})
	}
	return rows
}
