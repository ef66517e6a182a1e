package sample

import (
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// Home is the page on which services are chosen: a small terminal's, a hall's
// with groups, and the search.
func Home() []Page {
	ask := view.TextNode{Key: view.Key{Key: "ask"}, Text: view.T("请选择要办理的服务", "What would you like to do?")}
	enrol := view.Tile{ID: "enrolment", Title: view.T("人脸登记", "Face enrolment"), Icon: "face"}
	hall := view.Tile{ID: "hall", Title: view.T("政务服务", "Public services"), Detail: view.T("办证、社保、入学", "Permits, insurance, school"), Icon: "hall"}
	queue := view.Tile{ID: "queue", Title: view.T("取号排队", "Queue ticket"), Detail: view.T("人工窗口", "For the counters"), Icon: "ticket"}
	library := view.Tile{ID: "library", Title: view.T("图书借还", "Library"), Icon: "library", Tone: view.Warning, Detail: view.T("暂停服务", "Paused")}
	triage := view.Tile{ID: "triage", Title: view.T("智能导诊", "Triage"), Detail: view.T("该看哪个科", "Which department"), Icon: "triage"}
	canteen := view.Tile{ID: "canteen", Title: view.T("食堂用餐", "Canteen"), Icon: "canteen", Tone: view.Busy, Detail: view.T("正在恢复", "Coming back")}
	grid := func(key string, title view.Text, tiles ...view.Tile) view.Tiles {
		return view.Tiles{Key: view.Key{Key: key}, Title: title, Tiles: tiles}
	}
	return []Page{
		{"home", view.Page{
			ID: view.PageHome, Title: view.T("早上好", "Good morning"),
			Body: []view.Node{ask, grid("services", view.Text{}, hall, queue, enrol, library)},
		}},
		{"home-groups", view.Page{
			ID: view.PageHome, Title: view.T("下午好", "Good afternoon"),
			Body: []view.Node{ask,
				grid("a", view.T("政务", "Government"), hall, queue),
				grid("b", view.T("健康", "Health"), triage),
				grid("c", view.T("校园与文化", "School and culture"), library, canteen, enrol),
			},
			Actions: []view.Action{
				{ID: "ting.search", Label: view.T("查找服务", "Find a service"), Icon: "search"},
				{ID: "ting.next", Label: view.T("更多服务 1/2", "More 1/2"), Icon: "next"},
			},
		}},
		{"home-search", view.Page{
			ID: "ting.search", Title: view.T("查找服务", "Find a service"), Timeout: time.Minute,
			Body: []view.Node{
				view.Form{Key: view.Key{Key: "search"}, Fields: []view.Field{{
					ID: "sought", Kind: view.FieldText, Live: true, MaxLen: 32, Value: "zz",
					Label: view.T("输入名称或拼音首字母", "Type a name, or initials in pinyin"),
				}}},
				view.List{Key: view.Key{Key: "found"}, Items: []view.ListItem{
					{ID: "permit", Title: view.T("居住证", "Residence permit"), Detail: view.T("政务", "Government"), Icon: "card"},
					{ID: "home", Title: view.T("住址证明", "Proof of address"), Detail: view.T("政务", "Government"), Icon: "document"},
				}},
			},
		}},
	}
}
