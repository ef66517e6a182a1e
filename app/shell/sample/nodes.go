package sample

import "github.com/luohu/ting/kiosk/view"

// Nodes is one page for every kind of node.
func Nodes() []Page {
	return []Page{
		{"text", view.Page{ID: "text", Title: view.T("办事须知", "Before you begin"), Step: 1, Steps: 3, Body: []view.Node{
			view.TextNode{Large: true, Text: view.T("直 骨 门:请把卡贴近读卡器", "Hold your card to the reader")},
			view.TextNode{Text: view.T("读到卡后闸门会自动打开。如果没有打开,请找值班老师;您不需要重复刷卡。", "The gate opens by itself once the card is read. If it does not, please ask the teacher on duty; there is no need to tap again.")},
		}, Actions: []view.Action{{ID: "next", Label: view.T("继续", "Continue"), Icon: "forward", Primary: true}, {ID: "help", Label: view.T("帮助", "Help"), Icon: "help"}}}},
	}
}
