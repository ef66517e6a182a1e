// Command forms is a module for tests: a visit of forms, one after another, in
// which a visitor types who he is. It stands where a district's own module would.
package main

import (
	"context"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/rpc"
	"github.com/luohu/ting/kiosk/view"
)

func main() { rpc.Serve(forms{}) }

type forms struct{}

// Manifest implements kiosk.Module.
func (forms) Manifest() kiosk.Manifest {
	return kiosk.Manifest{ID: "forms", Version: "1.0.0", Title: view.T("登记", "Register"), Icon: "document"}
}

// Serve implements kiosk.Module.
func (forms) Serve(ctx context.Context, s kiosk.Session) error {
	for _, f := range []view.Field{
		{ID: "id", Kind: view.FieldID, Label: view.T("身份证号", "Identity number")},
		{ID: "phone", Kind: view.FieldPhone, Label: view.T("手机号", "Phone")},
		{ID: "number", Kind: view.FieldNumber, Label: view.T("编号", "Number")},
		{ID: "name", Kind: view.FieldText, Label: view.T("姓名", "Name")},
	} {
		for {
			a, err := s.Ask(ctx, view.Page{
				ID: "forms-" + f.ID, Title: view.T("请填写", "Please fill in"),
				Body:    []view.Node{view.Form{Key: view.Key{Key: "form"}, Fields: []view.Field{f}}},
				Actions: []view.Action{{ID: "next", Label: view.T("下一步", "Next"), Primary: true}},
			})
			if err != nil {
				return err
			}
			if a.Action == "next" {
				break
			}
		}
	}
	_, err := s.Ask(ctx, view.Page{ID: "forms-done", Title: view.T("已登记", "Done"), Actions: []view.Action{{ID: "ok", Label: view.T("好", "OK"), Primary: true}}})
	return err
}
