package main

import (
	"context"
	"reflect"
	"time"

	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/devices/barrier"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/wire"
)

// version is the terminal's, as the console shows it.
const version = "0.1.0"

// statusEvery is how often the header and footer are brought up to date. They
// are drawn only when something has changed.
const statusEvery = 500 * time.Millisecond

// showStatus keeps the header and footer true until ctx ends.
func (t *terminal) showStatus(ctx context.Context) {
	select {
	case <-t.opened:
	case <-ctx.Done():
		return
	}
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	var shown shell.Status
	for {
		s := t.status()
		if !reflect.DeepEqual(s, shown) {
			t.shell.SetStatus(s)
			shown = s
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (t *terminal) status() shell.Status {
	s := shell.Status{Unsent: t.journal.Unsent(), Network: shell.Offline}
	if t.link != nil {
		switch up, enrolled := t.link.status(); {
		case !enrolled:
			s.Network = shell.Connecting
		case up.Online:
			s.Network = shell.Online
		case up.LastError == nil:
			s.Network = shell.Connecting
		}
	}
	stage := t.host.Stage()
	if t.desk != nil {
		s.Modules = t.railModules()
		if front := t.desk.inFront(); front != nil {
			stage = front
		}
	}
	if left, counting := stage.IdleLeft(); counting {
		idle, _, _ := t.config.Visit.times()
		s.IdleLeft = left.Truncate(time.Second)
		s.Leaving = left <= leaving(idle)
	}
	for _, tr := range t.troubles() {
		s.Devices = append(s.Devices, shell.Trouble{Name: tr.name, Text: tr.text})
	}
	return s
}

// trouble is something of the terminal that needs somebody.
type trouble struct {
	key  string // for the center
	name view.Text
	text view.Text
	log  string // for the center: what and why, nothing personal
}

func (t *terminal) troubles() (list []trouble) {
	if t.engine != nil {
		if e := t.engine.Status(); !e.Ready && e.Err != nil {
			list = append(list, trouble{"face-engine", view.T("人脸识别", "Face recognition"), view.T("正在恢复", "coming back"), e.Err.Error()})
		}
		if t.finder.away.Load() {
			list = append(list, trouble{"camera", view.T("摄像头", "Camera"), view.T("没有画面", "no picture"), "no picture"})
		}
	}
	if t.papers != nil && t.papers.away.Load() {
		list = append(list, trouble{"document-camera", view.T("高拍仪", "Document camera"), view.T("没有画面", "no picture"), "no picture"})
	}
	for lane, b := range t.barriers.lanes {
		if said := barrierTrouble(b); !said.IsZero() {
			list = append(list, trouble{"barrier-" + lane, view.T("闸门", "Barrier"), said, b.Health().String()})
		}
	}
	list = append(list, t.peripheralTroubles()...)
	if t.speech != nil && t.config.Speaker.URL != "" {
		if err := t.speech.speaker.Status().Err; err != nil {
			list = append(list, trouble{"speaker", view.T("扬声器", "Speaker"), view.T("没有声音", "cannot be heard"), err.Error()})
		}
	}
	list = append(list, t.fresh.troubles()...)
	if t.copies != nil {
		if err := t.copies.Status().Err; err != nil {
			list = append(list, trouble{"journal-copy", view.T("记录备份", "Copy of the records"), view.T("备份介质不可用", "the second medium cannot be used"), err.Error()})
		}
	}
	for _, m := range t.host.Status() {
		if m.State == host.Resting {
			list = append(list, trouble{"module-" + m.ID, m.Title, view.T("暂停服务", "paused"), m.Reason})
		}
	}
	return list
}

// health is what the terminal says of itself to the center.
func (t *terminal) health() wire.Health {
	h := wire.Health{Version: version}
	if !t.isOpen() {
		return h
	}
	h.Position = t.peripherals.position()
	h.Parts = t.parts()
	for _, tr := range t.troubles() {
		if h.Devices == nil {
			h.Devices = map[string]string{}
		}
		h.Devices[tr.key] = tr.log
	}
	return h
}

// barrierTrouble is what is wrong with a barrier, in words for whoever can help.
func barrierTrouble(b barrier.Barrier) view.Text {
	switch s := b.Status(); {
	case s.Alarm == barrier.Fire:
		return view.T("消防联动,保持开启", "held open by the fire alarm")
	case s.Alarm == barrier.Forced:
		return view.T("未授权开启,请查看", "opened without a release; please look")
	case s.Alarm == barrier.HeldOpen:
		return view.T("未关闭,请查看", "does not close; please look")
	case s.Err != nil:
		return view.T("没有响应", "does not answer")
	}
	return view.Text{}
}
