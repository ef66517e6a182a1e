package hall

import (
	"fmt"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// The answers of the pages on which a service is chosen.
const (
	actionPerson    = "person"
	actionEntity    = "entity"
	actionSearch    = "search"
	actionSlip      = "slip"
	actionProgress  = "progress"
	actionTicket    = "ticket"
	actionApply     = "apply"
	actionMaterials = "materials"
	actionNext      = "next"
	actionDone      = "done"

	fieldSearch = "search"
	fieldCode   = "code"
)

func startPage(services int) view.Page {
	p := view.Page{
		ID:    "start",
		Title: view.T("您要办什么事?", "What would you like to do?"),
		Body: []view.Node{view.Tiles{Key: view.Key{Key: "choices"}, Tiles: []view.Tile{
			{ID: actionPerson, Title: view.T("个人办事", "For persons"), Detail: view.T("按人生事件找", "By life event"), Icon: "person"},
			{ID: actionEntity, Title: view.T("企业办事", "For companies"), Detail: view.T("按经营阶段找", "By stage of business"), Icon: "building"},
			{ID: actionSearch, Title: view.T("搜索事项", "Search"), Detail: view.T("名称、俗称或拼音", "A name, or pinyin"), Icon: "search"},
			{ID: actionSlip, Title: view.T("扫指引单", "Scan a slip"), Detail: view.T("工作人员给您的", "That a clerk gave you"), Icon: "scanner"},
			{ID: actionProgress, Title: view.T("查办理进度", "Progress"), Detail: view.T("补材料、评价也在这里", "Also materials and rating"), Icon: "clock"},
			{ID: actionTicket, Title: view.T("排队取号", "Take a ticket"), Detail: view.T("到人工窗口办", "For a counter"), Icon: "ticket"},
		}}},
	}
	if services == 0 {
		p.Timeout = refresh
		p.Body = append([]view.Node{view.Notice{Tone: view.Warning, Text: view.T("办事目录还没有下发到本机", "The list of services has not reached this terminal yet"),
			Detail: view.T("查进度和取号照常可用。", "Progress and tickets work as usual.")}}, p.Body...)
	}
	return p
}

func eventsPage(all []catalog.Service, who catalog.Audience) view.Page {
	p := view.Page{ID: "events", Title: view.T("您遇到了什么事?", "What is it about?"), Step: 1, Steps: applySteps}
	if who == catalog.Entity {
		p.Title = view.T("企业处在哪个阶段?", "At which stage is the company?")
	}
	list := view.List{Key: view.Key{Key: "events"}, Empty: view.T("暂时没有可办的事项。", "There is no service here at present.")}
	for _, e := range catalog.Events {
		if n := len(catalog.For(all, who, e.ID)); e.Audience == who && n > 0 {
			list.Items = append(list.Items, view.ListItem{ID: e.ID, Title: e.Name, Detail: view.Tf("%d 项", "%d services", n), Icon: e.Icon})
		}
	}
	p.Body = []view.Node{list}
	return p
}

func servicesPage(e catalog.Event, some []catalog.Service) view.Page {
	return view.Page{ID: "services", Title: e.Name, Step: 1, Steps: applySteps, Body: []view.Node{servicesList(some)}}
}

func servicesList(some []catalog.Service) view.List {
	list := view.List{Key: view.Key{Key: "services"}, Empty: view.T("没有找到。换个说法试试,或到窗口咨询。", "Nothing found. Try another word, or ask at a counter.")}
	for _, s := range some {
		list.Items = append(list.Items, view.ListItem{ID: s.ID, Title: s.Name, Detail: s.Summary, Icon: "document"})
	}
	return list
}

func searchPage(typed string, all []catalog.Service) view.Page {
	return view.Page{
		ID:    "search",
		Title: view.T("搜索事项", "Search for a service"), Step: 1, Steps: applySteps,
		Body: []view.Node{
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
				ID: fieldSearch, Kind: view.FieldText, Label: view.T("事项名称或拼音首字母", "Name, or initials in pinyin"),
				Hint: view.T("例如:居住证、jzz、开店、低保", "For instance: residence, jzz"), Value: typed, Live: true,
			}}},
			servicesList(catalog.Search(all, typed)),
		},
	}
}

func slipPage(wrong, trouble view.Text) view.Page {
	p := view.Page{
		ID:    "slip",
		Title: view.T("扫描指引单", "Scan the slip"), Step: 1, Steps: applySteps, Icon: "scanner",
		Body: []view.Node{
			view.TextNode{Large: true, Text: view.T("请把指引单上的二维码对准扫码口", "Hold the slip's QR code before the scanner")},
			view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{{
				ID: fieldCode, Kind: view.FieldText, Keyboard: view.KeyboardCode, Label: view.T("或者输入单子上的事项编码", "Or enter the item code on the slip"),
				MaxLen: 48, Error: wrong,
			}}},
		},
		Actions: []view.Action{{ID: actionNext, Label: view.T("下一步", "Next"), Icon: "next", Primary: true}},
	}
	return withTrouble(p, trouble)
}

// withTrouble says on a page that a device is away.
func withTrouble(p view.Page, trouble view.Text) view.Page {
	if !trouble.IsZero() {
		p.Body = append([]view.Node{view.Notice{Key: view.Key{Key: "trouble"}, Tone: view.Warning, Text: trouble}}, p.Body...)
	}
	return p
}

// yuan is an amount as people write it.
func yuan(fen int64) view.Text {
	if fen == 0 {
		return view.T("免费", "Free")
	}
	amount := fmt.Sprintf("%d.%02d", fen/100, fen%100)
	amount = strings.TrimSuffix(amount, ".00")
	return view.T(amount+" 元", amount+" yuan")
}

func days(n int, none view.Text) view.Text {
	if n == 0 {
		return none
	}
	return view.Tf("%d 个工作日", "%d working days", n)
}

func levelName(l catalog.Level) view.Text {
	switch l {
	case catalog.Street:
		return view.T("街道", "Street")
	case catalog.Community:
		return view.T("社区", "Community")
	}
	return view.T("区级", "District")
}

func guidePage(s catalog.Service) view.Page {
	fee := yuan(s.Fee.Fen)
	if !s.Fee.Basis.IsZero() {
		fee = view.T(fee.ZH+"("+s.Fee.Basis.ZH+")", fee.EN+" ("+s.Fee.Basis.EN+")")
	}
	legal := view.T("法律没有规定", "none in law")
	promised := days(s.PromisedDays, view.T("当场办结", "decided on the spot"))
	visits := view.Tf("最多 %d 次", "at most %d", s.Visits)
	if s.Visits == 0 {
		visits = view.T("不用跑,在这里就能办完", "none besides this one")
	}
	conditions := view.List{Key: view.Key{Key: "conditions"}}
	for _, c := range s.Conditions {
		conditions.Items = append(conditions.Items, view.ListItem{Title: c, Icon: "check"})
	}
	code, _ := catalog.ParseCode(s.CodeLayout, s.Code) // checked when it was read
	p := view.Page{
		ID: "guide", Title: s.Name, Step: 1, Steps: applySteps,
		Body: []view.Node{
			view.TextNode{Text: s.Summary},
			view.TextNode{Large: true, Text: view.T("办理条件", "Conditions")},
			conditions,
			view.Receipt{Key: view.Key{Key: "facts"}, Facts: []view.Fact{
				{Label: view.T("承诺期限", "Promised within"), Value: promised},
				{Label: view.T("法定期限", "By law within"), Value: days(s.LegalDays, legal)},
				{Label: view.T("费用", "Fee"), Value: fee},
				{Label: view.T("跑动次数", "Visits"), Value: visits},
				{Label: view.T("办理结果", "Result"), Value: s.Result},
				{Label: view.T("实施机关", "Authority"), Value: view.T(s.Authority.ZH+" · "+levelName(s.Level).ZH, s.Authority.EN+", "+levelName(s.Level).EN)},
				{Label: view.T("事项类型", "Kind"), Value: code.Kind.Name()},
				{Label: view.T("事项编码", "Item code"), Value: view.Same(s.Code)},
			}},
		},
		Actions: []view.Action{
			{ID: actionApply, Label: view.T("现在就办", "Apply now"), Icon: "next", Primary: true},
			{ID: actionMaterials, Label: view.T("看要带什么", "What is needed"), Icon: "list"},
			{ID: actionTicket, Label: view.T("取号到窗口办", "Take a ticket"), Icon: "ticket"},
		},
	}
	if s.CounterOnly {
		p.Body = append([]view.Node{view.Notice{Tone: view.Warning, Text: view.T("这件事要到人工窗口办理", "This has to be done at a counter"), Detail: s.Why}}, p.Body...)
		p.Actions = []view.Action{
			{ID: actionTicket, Label: view.T("取号", "Take a ticket"), Icon: "ticket", Primary: true},
			{ID: actionMaterials, Label: view.T("看要带什么", "What is needed"), Icon: "list"},
		}
	}
	return p
}

// materialsListPage is the whole list, before anything is known of the applicant.
func materialsListPage(s catalog.Service) view.Page {
	list := view.List{Key: view.Key{Key: "materials"}, Empty: view.T("不需要材料。", "Nothing is needed.")}
	for _, m := range s.Materials {
		list.Items = append(list.Items, view.ListItem{Title: m.Name, Detail: materialDetail(m), Icon: "document"})
	}
	return view.Page{
		ID: "materials-list", Title: view.T("申请材料", "Materials"),
		Body: []view.Node{
			view.TextNode{Text: view.T("标有「视情况」的,回答几个问题就知道要不要。政府已经有的,办理时自动调取,不用您提交。",
				"Those that depend on your case are settled by a few questions. What the government already has is fetched, and not asked of you.")},
			list,
		},
		Actions: []view.Action{{ID: actionDone, Label: view.T("知道了", "Understood"), Primary: true}},
	}
}

// materialDetail says of a material where it comes from, and what eases it.
func materialDetail(m catalog.Material) view.Text {
	zh := []string{map[catalog.Source]string{catalog.Own: "自备", catalog.Government: "政府核发", catalog.Other: "其他机构出具"}[m.Source]}
	en := []string{map[catalog.Source]string{catalog.Own: "your own", catalog.Government: "issued by the government", catalog.Other: "issued by others"}[m.Source]}
	switch m.Form {
	case catalog.Copy:
		zh, en = append(zh, fmt.Sprintf("复印件 %d 份", m.Copies)), append(en, fmt.Sprintf("%d copies", m.Copies))
	case catalog.Electronic:
		zh, en = append(zh, "电子件"), append(en, "electronic")
	default:
		zh, en = append(zh, "原件"), append(en, "original")
	}
	if len(m.When) > 0 {
		zh, en = append(zh, "视情况"), append(en, "depends on your case")
	}
	if m.Holding != "" {
		zh, en = append(zh, "有电子证照可免交"), append(en, "not needed if held electronically")
	}
	if m.MayFollow {
		zh, en = append(zh, "可以后补"), append(en, "may follow later")
	}
	return view.T(strings.Join(zh, " · "), strings.Join(en, ", "))
}

// stamp is a time as receipts say it.
func stamp(t time.Time) view.Text { return view.Same(t.Format("2006-01-02 15:04")) }
