package console

import (
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/wire"
)

// partRow is a part of a terminal as it is listed.
type partRow struct {
	wire.Part
	Kind  view.Text
	State view.Text
	Since time.Time     // by the center's clock
	Limit time.Duration // of a feed's age
}

var partKinds = map[string]view.Text{
	wire.PartModule: view.T("模块", "Module"), wire.PartDevice: view.T("设备", "Device"), wire.PartFeed: view.T("数据", "Feed"),
}

// partStates are the words of modules, devices and feeds. One that is not here, of a
// newer release, is shown as it came.
var partStates = map[string]view.Text{
	"starting": view.T("正在启动", "starting"), "running": view.T("运行中", "running"), "restarting": view.T("正在恢复", "coming back"),
	"resting": view.T("暂停服务", "paused"), "stopped": view.T("已停止", "stopped"),
	"ready": view.T("正常", "works"), "away": view.T("没有响应", "does not answer"), "faulty": view.T("需要处理", "needs somebody"),
	"closed": view.T("已关闭", "closed"),
	"fresh":  view.T("在期限内", "within its limit"), "stale": view.T("已过期限", "past its limit"),
}

func partsOf(d store.Device) []partRow {
	rows := make([]partRow, 0, len(d.Health.Parts))
	word := func(words map[string]view.Text, s string) view.Text {
		if t, known := words[s]; known {
			return t
		}
		return view.Same(s)
	}
	for _, p := range d.Health.Parts {
		r := partRow{Part: p, Kind: word(partKinds, p.Kind), State: word(partStates, p.State), Limit: time.Duration(p.Limit) * time.Second}
		if !p.Since.IsZero() {
			r.Since = p.Since.Add(-d.ClockError)
		}
		rows = append(rows, r)
	}
	return rows
}
