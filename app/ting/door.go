package main

import (
	"context"
	"net"
	"slices"

	"github.com/luohu/ting/app/ting/maintenance"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// maintenance is what stands behind the staff's door of this terminal.
func (t *terminal) maintenance() *maintenance.Module {
	m := t.config.Maintenance
	c := maintenance.Config{
		Staff: m.Staff, Version: version, Started: t.started,
		Devices: t.deviceStates, Modules: t.moduleStates,
		Journal: t.journalState, Verify: t.verifyJournal, Network: t.networkState,
		Log:     t.tail.Lines,
		Restart: func() { t.finish(errRestart) },
		Reboot:  machine(m.Reboot), Shutdown: machine(m.Shutdown),
	}
	if t.speech != nil {
		c.Speak = t.speech.test
	}
	if p := t.peripherals.printing; p != nil {
		c.Reprint = p.again
		c.Prints = func() []maintenance.Print { return p.list(t.moduleTitle) }
	}
	if m.Leave {
		c.Leave = func() { t.finish(nil) }
	}
	return maintenance.New(c)
}

// finish ends the program in order, with err.
func (t *terminal) finish(err error) {
	select {
	case t.finished <- err:
	default: // it is ending already
	}
}

var (
	works  = view.T("正常", "works")
	absent = view.T("没有安装", "not installed")
)

func (t *terminal) deviceStates() (list []maintenance.State) {
	wrong := map[string]trouble{}
	for _, tr := range t.troubles() {
		wrong[tr.key] = tr
	}
	add := func(key string, name view.Text, there bool) {
		s := maintenance.State{Name: name, State: works, Good: true}
		if !there {
			s.State = absent
		}
		if tr, bad := wrong[key]; bad {
			s.State, s.Good = view.T(tr.text.ZH+":"+tr.log, tr.text.EN+": "+tr.log), false
		}
		list = append(list, s)
	}
	add("camera", view.T("摄像头", "Camera"), t.finder != nil)
	if t.papers != nil {
		add("document-camera", view.T("高拍仪", "Document camera"), true)
	}
	add("face-engine", view.T("人脸识别", "Face recognition"), t.engine != nil)
	for _, lane := range sortedKeys(t.barriers.lanes) {
		add("barrier-"+lane, view.T("闸门 "+lane, "Barrier "+lane), true)
	}
	for _, a := range t.peripherals.attached() {
		add(a.key, a.name, true)
	}
	speaker := maintenance.State{Name: view.T("扬声器", "Speaker"), State: absent, Good: true}
	if t.speech != nil {
		speaker.State = works
		if err := t.speech.speaker.Status().Err; err != nil {
			speaker.State = view.T("没有声音:"+err.Error(), "cannot be heard: "+err.Error())
			speaker.Good = t.config.Speaker.URL == "" // nobody asked for one
		}
	}
	return append(list, speaker)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// moduleTitle is how a module is called here.
func (t *terminal) moduleTitle(id string) view.Text {
	for _, m := range t.host.Status() {
		if m.ID == id {
			return m.Title
		}
	}
	return view.Same(id)
}

func (t *terminal) moduleStates() (list []maintenance.State) {
	words := map[host.State]view.Text{
		host.Starting: view.T("正在启动", "starting"), host.Running: view.T("运行中", "running"),
		host.Restarting: view.T("正在恢复", "coming back"), host.Resting: view.T("暂停服务", "paused"),
	}
	for _, m := range t.host.Status() {
		s := words[m.State]
		if v := m.Manifest.Version; v != "" {
			s = view.T(s.ZH+" · "+v, s.EN+" · "+v)
		}
		if m.Reason != "" && m.State != host.Running {
			s = view.T(s.ZH+" · "+m.Reason, s.EN+" · "+m.Reason)
		}
		list = append(list, maintenance.State{Name: m.Title, State: s, Good: m.State == host.Running})
	}
	return list
}

func (t *terminal) journalState(ctx context.Context) (maintenance.Journal, error) {
	s, err := t.journal.Status(ctx)
	j := maintenance.Journal{Unsent: s.Unsent, Size: s.Size, Free: s.Free, FullSince: s.FullSince, Epoch: s.Epoch, Failure: s.Failure}
	for _, l := range s.Lanes {
		if !l.Oldest.IsZero() && (j.Oldest.IsZero() || l.Oldest.Before(j.Oldest)) {
			j.Oldest = l.Oldest
		}
	}
	return j, err
}

func (t *terminal) verifyJournal(ctx context.Context) (int64, error) {
	v, err := t.journal.Verify(ctx)
	return v.Records, err
}

func (t *terminal) networkState() maintenance.Network {
	n := maintenance.Network{Center: t.config.Center.URL, Addresses: addresses()}
	if t.link == nil {
		return n
	}
	up, enrolled := t.link.status()
	n.Enrolled, n.Online, n.LastContact = enrolled, up.Online, up.LastContact
	n.QR, n.Digits, _ = t.link.application()
	n.Hint, n.ClockError, n.Certificate = up.Hint, up.ClockError, up.Certificate
	if up.LastError != nil {
		n.Trouble = up.LastError.Error()
	}
	return n
}

// addresses are this machine's, without those that only it can reach.
func addresses() (list []string) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			list = append(list, n.IP.String())
		}
	}
	return list
}
