package main

import (
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/canteen"
	"github.com/luohu/ting/plugins/enrolment"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/plugins/hall"
	"github.com/luohu/ting/plugins/library"
	"github.com/luohu/ting/plugins/triage"
)

// builtIn are the modules this program can be, by their manifest's ID.
var builtIn = []struct {
	name string
	make func() kiosk.Module
}{
	{gate.ID, func() kiosk.Module { return gate.New() }},
	{canteen.ID, canteen.New},
	{hall.ID, hall.New},
	{canteen.DeskID, canteen.NewDesk},
	{canteen.AccountID, canteen.NewAccount},
	{library.ID, library.New},
	{hall.DeskID, hall.NewDesk},
	{hall.ScreenID, hall.NewScreen},
	{enrolment.ID, func() kiosk.Module { return enrolment.New() }},
	{triage.ID, func() kiosk.Module { return triage.New() }},
	{triage.DeskID, func() kiosk.Module { return triage.NewDesk() }},
}
