// Package sample holds one page for every kind of node and for every moment of
// the gate, with invented people: what the gallery opens and what the golden
// pages of fyne-tests hold still. It knows no user interface.
package sample

import (
	"slices"
	"time"

	"github.com/luohu/ting/kiosk/view"
)

// Page is a named page.
type Page struct {
	Name string
	Page view.Page
}

// Place is where the samples stand.
var Place = view.T("启明第一小学 东门", "Qiming No.1 Primary School, East Gate")

// Clock is the time on the samples' wall.
var Clock = time.Date(2026, time.March, 2, 7, 42, 0, 0, time.FixedZone("CST", 8*3600))

var ways = []view.Action{
	{ID: "card", Label: view.T("刷卡", "Card"), Icon: "card"},
	{ID: "pin", Label: view.T("密码", "PIN"), Icon: "pin"},
	{ID: "staff", Label: view.T("找老师", "Ask a teacher"), Icon: "staff"},
}

func finder(hint view.Text) view.Viewfinder {
	return view.Viewfinder{Key: view.Key{Key: "camera"}, Hint: hint}
}

// Gate is the gate, moment by moment.
func Gate() []Page {
	return []Page{
		{"gate-idle", view.Page{
			ID: "idle", Title: view.T("校门通行", "School gate"),
			Body:    []view.Node{finder(view.T("请看镜头,也可以直接刷卡", "Look at the camera, or simply tap your card"))},
			Actions: ways,
		}},
		{"gate-welcome", view.Page{
			ID: "welcome", Title: view.T("早上好,请进", "Good morning, please come in"), Tone: view.Success,
			Body: []view.Node{finder(view.Text{}), view.PersonCard{
				Key: view.Key{Key: "person"}, Name: view.Same("陈*雨"), Line: view.T("三年级2班", "Year 3, class 2"),
				Tone: view.Success, Detail: view.T("进校 07:42", "In 07:42"),
			}},
			Timeout: 4 * time.Second,
		}},
		{"gate-stranger", view.Page{
			ID: "stranger", Title: view.T("没有认出您", "We could not recognise you"), Tone: view.Refusal,
			Body: []view.Node{finder(view.Text{}), view.Notice{
				Tone: view.Refusal, Text: view.T("您可能还没有登记,或者这次没有看清", "You may not be enrolled yet, or we did not see you well"),
				Detail: view.T("也可以刷卡、输密码或找老师。", "You can also use a card, a PIN or ask a teacher."),
			}},
			Actions: ways, Timeout: 8 * time.Second,
		}},
		{"gate-dark", view.Page{
			ID: "dark", Title: view.T("看不清楚", "We cannot see you well"), Tone: view.Warning,
			Body: []view.Node{finder(view.Text{}), view.Notice{
				Tone: view.Warning, Text: view.T("请面向光亮处,正对镜头", "Please turn to the light and face the camera"),
				Detail: view.T("也可以刷卡、输密码或找老师。", "You can also use a card, a PIN or ask a teacher."),
			}},
			Actions: ways,
		}},
	}
}

// Posters are pages that only say something.
func Posters() []Page {
	return []Page{
		{"no-camera", view.Page{
			ID: "no-camera", Title: view.T("摄像头暂时不能用", "The camera is out of order"), Tone: view.Warning, Icon: "camera-off",
			Body: []view.Node{view.Notice{
				Tone: view.Warning, Text: view.T("请刷卡或输密码,闸门照常开放", "Please use a card or PIN; the gate works as usual"),
				Detail: view.T("也可以刷卡、输密码或找老师。", "You can also use a card, a PIN or ask a teacher."),
			}},
			Actions: ways,
		}},
		{"card", view.Page{
			ID: "card", Title: view.T("刷卡通行", "Pass with your card"), Icon: "card",
			Body: []view.Node{
				view.TextNode{Large: true, Text: view.T("请把卡贴近读卡器", "Hold your card to the reader")},
				view.TextNode{Text: view.T("读到卡后闸门会自动打开。", "The gate opens by itself once the card is read.")},
			},
			Actions: ways, Timeout: 8 * time.Second,
		}},
		{"barrier", view.Page{
			ID: "barrier", Title: view.T("已登记,闸门没有打开", "Recorded, but the gate did not open"), Tone: view.Warning,
			Body: []view.Node{
				view.PersonCard{Name: view.Same("陈*雨"), Line: view.T("三年级2班", "Year 3, class 2"), Tone: view.Warning, Detail: view.T("进校 07:42", "In 07:42")},
				view.Notice{Tone: view.Warning, Text: view.T("请让老师为您开门", "Please have a teacher open the gate for you"),
					Detail: view.T("您的通行已经登记,不用再刷。", "Your pass is recorded; there is no need to try again.")},
			},
			Timeout: 15 * time.Second,
		}},
		{"recovering", view.Page{
			ID: "recovering", Title: view.T("这项服务正在恢复,请稍候", "This service is coming back, please wait a moment"), Tone: view.Busy,
			Body: []view.Node{view.Progress{Done: -1, Label: view.T("请稍候", "Please wait")}},
		}},
	}
}

// Find returns the page of that name.
func Find(name string) (view.Page, bool) {
	for _, p := range All() {
		if p.Name == name {
			return p.Page, true
		}
	}
	return view.Page{}, false
}

// All is every sample.
func All() []Page {
	return slices.Concat(Home(), Gate(), Posters(), Nodes(), Fields(), Drawings(), Keys())
}
