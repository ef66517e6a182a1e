package enrolment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// Purpose is one thing a face may be used for.
type Purpose struct {
	Module string // the module's ID
	Title  view.Text
}

// Gate is the purpose of passing a school's gate.
var Gate = Purpose{Module: "gate", Title: view.T("进出校门", "passing the school gate")}

// known are the purposes that a site can name. What a face is used for has to be said
// in words that people understand, so that a module's ID alone is not enough.
var known = []Purpose{
	Gate,
	{"canteen", view.T("食堂就餐", "eating at the canteen")},
	{"library", view.T("图书借还", "borrowing and returning books")},
	{"rollcall", view.T("课堂点名", "the roll call in class")},
	{"bus", view.T("乘坐校车", "riding the school bus")},
	{"triage", view.T("就诊分诊", "being guided in the hospital")},
	{"hall", view.T("政务服务办理", "public services in the hall")},
	{"staff", view.T("工作人员登录", "signing in as staff")},
}

const settingPurposes = "purposes"

// purposesNamed reads the setting: module IDs, with commas between them.
func purposesNamed(s string) (list []Purpose, err error) {
	for id := range strings.SplitSeq(s, ",") {
		id = strings.TrimSpace(id)
		i := slices.IndexFunc(known, func(p Purpose) bool { return p.Module == id })
		switch {
		case i < 0:
			var ids []string
			for _, p := range known {
				ids = append(ids, p.Module)
			}
			return nil, fmt.Errorf("no words are known for the purpose %q: there are %s", id, strings.Join(ids, ", "))
		case slices.Contains(list, known[i]):
			return nil, fmt.Errorf("the purpose %q stands there twice", id)
		}
		list = append(list, known[i])
	}
	return list, nil
}

// titleOf is what people call a purpose.
func titleOf(module string) view.Text {
	if module == ID {
		return view.T("撤回时认出本人", "being recognised in order to withdraw")
	}
	for _, p := range known {
		if p.Module == module {
			return p.Title
		}
	}
	return view.Same(module)
}
