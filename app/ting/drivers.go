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
	"github.com/luohu/ting/devices/card"
	"github.com/luohu/ting/devices/card/pcsc"
	cardsim "github.com/luohu/ting/devices/card/sim"
	"github.com/luohu/ting/devices/gps"
	"github.com/luohu/ting/devices/gps/nmea"
	gpssim "github.com/luohu/ting/devices/gps/sim"
	"github.com/luohu/ting/devices/idcard"
	"github.com/luohu/ting/devices/idcard/sam"
	idcardsim "github.com/luohu/ting/devices/idcard/sim"
	"github.com/luohu/ting/devices/light"
	lamp "github.com/luohu/ting/devices/light/relay"
	lightsim "github.com/luohu/ting/devices/light/sim"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/escpos"
	"github.com/luohu/ting/devices/printer/ipp"
	printersim "github.com/luohu/ting/devices/printer/sim"
	"github.com/luohu/ting/devices/scale"
	"github.com/luohu/ting/devices/scale/ascii"
	scalesim "github.com/luohu/ting/devices/scale/sim"
	"github.com/luohu/ting/devices/scanner"
	"github.com/luohu/ting/devices/scanner/evdev"
	"github.com/luohu/ting/devices/scanner/serial"
	scannersim "github.com/luohu/ting/devices/scanner/sim"
	"github.com/luohu/ting/devices/vitals"
	"github.com/luohu/ting/devices/vitals/gatt"
	vitalssim "github.com/luohu/ting/devices/vitals/sim"
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
		"gpio": relay.Open,
	}
	printerDrivers = devices.Drivers[printer.Printer]{
		"sim":        printersim.Open,
		"escpos+tcp": escpos.Open, "escpos+serial": escpos.Open, "escpos+file": escpos.Open,
		"ipp": ipp.Open, "ipps": ipp.Open,
	}
	scannerDrivers = devices.Drivers[scanner.Scanner]{
		"sim":         scannersim.Open,
		"scan+serial": serial.Open, "scan+tcp": serial.Open, "evdev": evdev.Open,
	}
	idcardDrivers = devices.Drivers[idcard.Reader]{"sim": idcardsim.Open, "sam+serial": sam.Open, "sam+tcp": sam.Open}
	vitalsDrivers = devices.Drivers[vitals.Monitor]{"sim": vitalssim.Open, "gatt+serial": gatt.Open, "gatt+tcp": gatt.Open}
	cardDrivers   = devices.Drivers[card.Reader]{"sim": cardsim.Open, "pcsc": pcsc.Open}
	gpsDrivers    = devices.Drivers[gps.Receiver]{"sim": gpssim.Open, "nmea+serial": nmea.Open, "nmea+tcp": nmea.Open}
	lightDrivers  = devices.Drivers[light.Lamp]{
		"sim":        lightsim.Open,
		"modbus+tcp": lamp.Open, "modbus+rtu": lamp.Open, "lcus+serial": lamp.Open, "lcus+tcp": lamp.Open,
		"gpio": lamp.Open,
	}
	scaleDrivers = devices.Drivers[scale.Scale]{"sim": scalesim.Open, "scale+serial": ascii.Open, "scale+tcp": ascii.Open}
)
