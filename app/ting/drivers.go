package main

import (
	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/barrier"
	"github.com/luohu/ting/devices/barrier/relay"
	barriersim "github.com/luohu/ting/devices/barrier/sim"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/camera/district"
	"github.com/luohu/ting/devices/camera/ffmpeg"
	"github.com/luohu/ting/devices/camera/folder"
	"github.com/luohu/ting/devices/camera/v4l2"
)

// The drivers this terminal can open, by the scheme of their URLs. A new one is
// one line here.
var (
	cameraDrivers = devices.Drivers[camera.Camera]{
		"v4l2": v4l2.Open, "sim": district.Open, "folder": folder.Open,
		"rtsp": ffmpeg.Open, "rtsps": ffmpeg.Open, "http": ffmpeg.Open, "https": ffmpeg.Open, "file": ffmpeg.Open,
	}
	barrierDrivers = devices.Drivers[barrier.Barrier]{
		"sim":        barriersim.Open,
		"modbus+tcp": relay.Open, "modbus+rtu": relay.Open, "lcus+serial": relay.Open, "lcus+tcp": relay.Open,
	}
)
