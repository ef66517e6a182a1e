package suggestions

import (
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

const (
	fieldTopic = "topic"
	fieldText  = "text"

	actionNext = "next"
	actionSend = "send"
	actionEdit = "edit"
	actionDone = "done"
)

var topics = []view.Option{
	{Value: "service", Label: view.T("服务", "Service")},
	{Value: "place", Label: view.T("环境", "The place")},
	{Value: "other", Label: view.T("其他", "Something else")},
}

func topicLabel(value string) view.Text {
	for _, t := range topics {
		if t.Value == value {
			return t.Label
		}
	}
	return view.Same(value)
}

func writePage(draft Made, missing bool) view.Page {
	text := view.Field{
		ID: fieldText, Kind: view.FieldText, Label: view.T("您的意见", "Your suggestion"),
		Value: draft.Text, Required: true, MaxLen: 200,
	}
	if missing {
		text.Error = view.T("请写下您的意见", "Please write your suggestion")
	}
	return view.Page{
		ID: "write", Title: view.T("请告诉我们怎样做得更好", "Tell us what could be better"), Step: 1, Steps: 3,
		Body: []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{
			{ID: fieldTopic, Kind: view.FieldChoice, Label: view.T("关于", "About"), Value: draft.Topic, Options: topics},
			text,
		}}},
		Actions: []view.Action{{ID: actionNext, Label: view.T("下一步", "Next"), Primary: true}},
	}
}

func confirmPage(draft Made) view.Page {
	return view.Page{
		ID: "confirm", Title: view.T("请确认您的意见", "Please check your suggestion"), Step: 2, Steps: 3,
		Body: []view.Node{
			view.TextNode{Text: topicLabel(draft.Topic)},
			view.TextNode{Text: view.Same(draft.Text), Large: true},
		},
		Actions: []view.Action{
			{ID: actionSend, Label: view.T("提交", "Send"), Primary: true},
			{ID: actionEdit, Label: view.T("修改", "Change it")},
		},
	}
}

func thanksPage(r kiosk.Receipt) view.Page {
	return view.Page{
		ID: "thanks", Title: view.T("谢谢您的意见", "Thank you for your suggestion"), Step: 3, Steps: 3, Tone: view.Success,
		Body: []view.Node{view.Receipt{Number: r.Short(), Facts: []view.Fact{
			{Label: view.T("时间", "Time"), Value: view.Same(r.Time.Format("2006-01-02 15:04"))},
		}}},
		Actions: []view.Action{{ID: actionDone, Label: view.T("完成", "Done"), Primary: true}},
		Timeout: 20 * time.Second,
	}
}
