package main

import (
	"github.com/luohu/ting/app/shell"
	"github.com/luohu/ting/kiosk/view"
)

// The pages of the terminal itself, while no module can speak.

func startingPage() view.Page {
	return view.Page{
		ID: "ting.starting", Tone: view.Busy, Title: view.T("正在启动,请稍候", "Starting, one moment please"),
	}
}

func outOfServicePage() view.Page {
	return view.Page{
		ID: "ting.out-of-service", Tone: view.Warning, Title: view.T("本机暂停服务", "This terminal is out of service"),
		Body: []view.Node{view.Notice{
			Tone:   view.Warning,
			Text:   view.T("请到人工窗口,或使用旁边的终端。", "Please go to the staffed counter, or use the terminal beside this one."),
			Detail: view.T("本机会自动恢复,给您带来不便,敬请谅解。", "It comes back by itself. We are sorry for the trouble."),
		}},
	}
}

// shortcuts are the modules of a gate besides the one that watches, as small
// buttons below the picture.
func shortcuts(c *Config) []shell.Shortcut {
	titles := map[string]shell.Shortcut{
		"enrolment": {Title: view.T("登记人脸", "Enrol my face"), Icon: "enrol"},
	}
	var list []shell.Shortcut
	for _, m := range c.Modules[1:] {
		s, ok := titles[m.ID]
		if !ok {
			s.Title = view.Same(m.ID)
		}
		s.Module = m.ID
		list = append(list, s)
	}
	return list
}
