package host

import (
	"github.com/luohu/ting/kiosk/view"
)

// The pages that the terminal itself shows.
const (
	pageStarting   = "ting.starting"
	pageRecovering = "ting.recovering"
	pageResting    = "ting.resting"
	pageSorry      = "ting.sorry"
)

func busyPage(id string, text view.Text) view.Page {
	return view.Page{
		ID: id, Title: text, Tone: view.Busy,
		Body: []view.Node{view.Progress{Key: view.Key{Key: "wait"}, Done: -1, Label: view.T("请稍候", "Please wait")}},
	}
}

func startingPage() view.Page {
	return busyPage(pageStarting, view.T("正在准备服务,请稍候", "Getting ready, please wait"))
}

func recoveringPage() view.Page {
	return busyPage(pageRecovering, view.T("这项服务正在恢复,请稍候", "This service is coming back, please wait a moment"))
}

func restingPage() view.Page {
	return view.Page{
		ID: pageResting, Title: view.T("这项服务暂停", "This service is paused"), Tone: view.Warning,
		Body: []view.Node{view.Notice{
			Tone: view.Warning,
			Text: view.T("抱歉,这项服务暂时不能办理,请找工作人员。", "Sorry, this service is not available right now. Please ask the staff."),
		}},
	}
}

func sorryPage(text view.Text) view.Page {
	return view.Page{
		ID: pageSorry, Title: view.T("没有办成", "This did not work"), Tone: view.Warning,
		Body: []view.Node{view.Notice{Tone: view.Warning, Text: text}},
	}
}
