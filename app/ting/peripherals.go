package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/luohu/ting/devices"
	"github.com/luohu/ting/devices/camera"
	"github.com/luohu/ting/devices/card"
	"github.com/luohu/ting/devices/gps"
	"github.com/luohu/ting/devices/idcard"
	"github.com/luohu/ting/devices/light"
	"github.com/luohu/ting/devices/printer"
	"github.com/luohu/ting/devices/printer/journal"
	"github.com/luohu/ting/devices/scale"
	"github.com/luohu/ting/devices/scanner"
	"github.com/luohu/ting/devices/scanner/qr"
	"github.com/luohu/ting/devices/vitals"
	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/host"
	"github.com/luohu/ting/kiosk/view"
)

// peripherals are the devices on a terminal's table that visits may borrow. Each
// may be missing.
type peripherals struct {
	lang view.Lang // of what is printed

	printer  printer.Printer
	printing *printing // nil without a printer
	scanner  scanner.Scanner
	idcard   idcard.Reader
	vitals   vitals.Monitor
	scale    scale.Scale
	cards    card.Reader
	gps      gps.Receiver
	lamp     light.Lamp
}

// attached is a device that says how it is.
type attached struct {
	key    string // for the center
	name   view.Text
	health func() devices.Health
}

// PeripheralsConfig is which of them are there.
type PeripheralsConfig struct {
	Printer DeviceConfig `toml:"printer"`
	Scanner DeviceConfig `toml:"scanner"` // "camera:" reads QR codes before the terminal's own camera
	IDCard  DeviceConfig `toml:"idcard"`
	Vitals  DeviceConfig `toml:"vitals"`
	Scale   DeviceConfig `toml:"scale"`
	Card    CardConfig   `toml:"card"`
	GPS     DeviceConfig `toml:"gps"`
	Light   DeviceConfig `toml:"light"`
}

// cameraScanner is the scanner that is the terminal's own camera.
const cameraScanner = "camera:"

// check says which URLs no driver can open.
func (c PeripheralsConfig) check(needDevice func(key, url string, schemes []string), bad func(string, ...any), hasCamera bool) {
	for key, d := range map[string]struct {
		url     string
		schemes []string
	}{
		"printer.url": {c.Printer.URL, slices.Sorted(maps.Keys(printerDrivers))},
		"scanner.url": {c.Scanner.URL, append(slices.Sorted(maps.Keys(scannerDrivers)), "camera")},
		"idcard.url":  {c.IDCard.URL, slices.Sorted(maps.Keys(idcardDrivers))},
		"vitals.url":  {c.Vitals.URL, slices.Sorted(maps.Keys(vitalsDrivers))},
		"scale.url":   {c.Scale.URL, slices.Sorted(maps.Keys(scaleDrivers))},
		"card.url":    {c.Card.URL, slices.Sorted(maps.Keys(cardDrivers))},
		"gps.url":     {c.GPS.URL, slices.Sorted(maps.Keys(gpsDrivers))},
		"light.url":   {c.Light.URL, slices.Sorted(maps.Keys(lightDrivers))},
	} {
		if d.url != "" {
			needDevice(key, d.url, d.schemes)
		}
	}
	if n := c.Card.Number; n != "" && !slices.Contains(card.Formats(), card.Format(n)) {
		bad("card.number = %q: one of %v", n, card.Formats())
	}
	if c.Scanner.URL == cameraScanner && !hasCamera {
		bad("scanner.url = %q: this terminal has no [camera]", cameraScanner)
	}
}

// openPeripherals opens what terminal.toml names.
func (t *terminal) openPeripherals(ctx context.Context) error {
	c := t.config.PeripheralsConfig
	t.peripherals = &peripherals{lang: view.Lang(t.config.Terminal.Lang)}
	p := t.peripherals
	if c.Scanner.URL == cameraScanner && t.finder != nil {
		p.scanner = qr.New(func() camera.Camera { return t.finder.hub.Reader() })
		t.closers = append(t.closers, p.scanner.Close)
		c.Scanner.URL = ""
	}
	err := errors.Join(
		open(ctx, t, "printer", c.Printer, printerDrivers, &p.printer),
		open(ctx, t, "scanner", c.Scanner, scannerDrivers, &p.scanner),
		open(ctx, t, "idcard", c.IDCard, idcardDrivers, &p.idcard),
		open(ctx, t, "vitals", c.Vitals, vitalsDrivers, &p.vitals),
		open(ctx, t, "scale", c.Scale, scaleDrivers, &p.scale),
		open(ctx, t, "card", c.Card.DeviceConfig, cardDrivers, &p.cards),
		open(ctx, t, "gps", c.GPS, gpsDrivers, &p.gps),
		open(ctx, t, "light", c.Light, lightDrivers, &p.lamp),
	)
	if p.printer != nil {
		t.openPrinting()
	}
	return err
}

// printsFile is the journal of what was printed, in the state directory.
const printsFile = "prints.jsonl"

// openPrinting makes printing work, with its journal where there is a place for it.
func (t *terminal) openPrinting() {
	p := &printing{device: t.peripherals.printer, lang: t.peripherals.lang, log: t.log, now: time.Now}
	t.peripherals.printing = p
	if t.config.Terminal.State == "" {
		return // the doctor, who prints nothing
	}
	j, err := journal.Open(filepath.Join(t.config.Terminal.State, printsFile), time.Now)
	if err != nil {
		t.log.Warn("what is printed is not noted", "op", "print", "cause", err)
		return
	}
	p.journal = j
	t.closers = append(t.closers, j.Close)
}

func open[D io.Closer](ctx context.Context, t *terminal, key string, c DeviceConfig, drivers devices.Drivers[D], into *D) error {
	if c.URL == "" {
		return nil
	}
	d, err := drivers.Open(ctx, c.URL)
	if err != nil {
		return &ConfigError{t.config.path, []string{key + ".url: " + err.Error()}}
	}
	t.closers = append(t.closers, d.Close)
	*into = d
	return nil
}

// attached lists the devices there are.
func (p *peripherals) attached() (list []attached) {
	if p == nil {
		return nil
	}
	if p.printer != nil {
		list = append(list, attached{"printer", view.T("打印机", "Printer"), p.printer.Health})
	}
	if p.scanner != nil {
		list = append(list, attached{"scanner", view.T("扫码器", "Scanner"), p.scanner.Health})
	}
	if p.idcard != nil {
		list = append(list, attached{"idcard", view.T("身份证阅读器", "ID card reader"), p.idcard.Health})
	}
	if p.vitals != nil {
		list = append(list, attached{"vitals", view.T("体征测量", "Vital signs"), p.vitals.Health})
	}
	if p.scale != nil {
		list = append(list, attached{"scale", view.T("秤", "Scale"), p.scale.Health})
	}
	if p.cards != nil {
		list = append(list, attached{"card", view.T("读卡器", "Card reader"), p.cards.Health})
	}
	if p.gps != nil {
		list = append(list, attached{"gps", view.T("卫星定位", "Satellite position"), p.gps.Health})
	}
	if p.lamp != nil {
		list = append(list, attached{"light", view.T("状态灯", "Status lamp"), p.lamp.Health})
	}
	return list
}

// lend puts the devices there are among what the host lends.
func (p *peripherals) lend(s *host.Services) {
	if p.printing != nil {
		s.Printer = p.printing
	}
	if p.scanner != nil {
		s.Scanner = lentScanner{p.scanner}
	}
	if p.idcard != nil {
		s.IDCards = lentIDCards{p.idcard}
	}
	if p.vitals != nil {
		s.Vitals = lentVitals{p.vitals}
	}
	if p.scale != nil {
		s.Scale = lentScale{p.scale}
	}
}

// away is what a visitor and an operator are told of a device that does not work.
func away(op string, err error, h devices.Health, visitor view.Text) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: op, Cause: err, Hint: h.Hint, Visitor: visitor}
}

type lentScanner struct{ scanner.Scanner }

// Scan implements host.Scanner.
func (l lentScanner) Scan(ctx context.Context) (kiosk.ScannedCode, error) {
	c, err := l.Next(ctx)
	if err != nil {
		return kiosk.ScannedCode{}, away("scan", err, l.Health(), view.T("扫码器没有响应,请手工输入。", "The scanner does not answer. Please type the number instead."))
	}
	return kiosk.ScannedCode{Text: c.Text, Symbology: string(c.Symbology)}, nil
}

type lentIDCards struct{ idcard.Reader }

// Read implements host.IDCards. What is wrong with a card is the visitor's to
// mend; the error says how.
func (l lentIDCards) Read(ctx context.Context) (kiosk.IDCard, error) {
	const op = "read ID card"
	c, err := l.Reader.Read(ctx)
	switch {
	case err == nil:
		return kiosk.IDCard{
			Number: c.Number, Name: c.Name, Sex: string(c.Sex), Ethnicity: c.Ethnicity, Birth: c.Birth, Address: c.Address,
			Issuer: c.Issuer, ValidFrom: c.ValidFrom, ValidUntil: c.ValidUntil, Passport: c.Passport,
		}, nil
	case errors.Is(err, idcard.ErrMoved):
		return kiosk.IDCard{}, away(op, err, l.Health(), view.T("身份证拿得太快,请平放片刻。", "The card was taken away too soon. Please leave it lying for a moment."))
	case errors.Is(err, idcard.ErrCard):
		return kiosk.IDCard{}, away(op, err, l.Health(), view.T("这张证件读不出来,请换一种方式。", "This card cannot be read. Please choose another way."))
	}
	return kiosk.IDCard{}, away(op, err, l.Health(), view.T("身份证阅读器没有响应,请换一种方式。", "The card reader does not answer. Please choose another way."))
}

type lentVitals struct{ vitals.Monitor }

// Measure implements host.Vitals.
func (l lentVitals) Measure(ctx context.Context) (kiosk.VitalSigns, error) {
	r, err := l.Next(ctx)
	if err != nil {
		return kiosk.VitalSigns{}, away("measure", err, l.Health(), view.T("测量设备没有响应,请告诉护士。", "The measuring device does not answer. Please tell the nurse."))
	}
	v := kiosk.VitalSigns{Temperature: r.Temperature, Systolic: r.Systolic, Diastolic: r.Diastolic, Pulse: r.Pulse}
	for _, d := range []struct {
		doubt vitals.Doubt
		name  string
	}{
		{vitals.Moved, "moved"}, {vitals.CuffLoose, "cuff-loose"}, {vitals.IrregularPulse, "irregular-pulse"},
		{vitals.PulseOutside, "pulse-outside"}, {vitals.WrongPosition, "wrong-position"},
	} {
		if r.Doubt.Has(d.doubt) {
			v.Doubts = append(v.Doubts, d.name)
		}
	}
	return v, nil
}

type lentScale struct{ scale.Scale }

// Weigh implements host.Scale.
func (l lentScale) Weigh(ctx context.Context) (int64, error) {
	w, err := l.Scale.Weigh(ctx)
	switch {
	case err == nil:
		return int64(w), nil
	case errors.Is(err, scale.ErrOverload):
		return 0, away("weigh", err, l.Health(), view.T("超出称量范围,请分开称。", "This is too heavy. Please weigh it in parts."))
	}
	return 0, away("weigh", err, l.Health(), view.T("秤没有响应,请找工作人员。", "The scale does not answer. Please ask the staff."))
}

// healthText is a device's state in a word for whoever can help.
func healthText(h devices.Health) view.Text {
	switch h.State {
	case devices.Ready:
		return works
	case devices.Starting:
		return view.T("正在启动", "starting")
	case devices.Faulty:
		return view.T("需要处理", "needs somebody")
	}
	return view.T("没有响应", "does not answer")
}

// peripheralTroubles are the devices that need somebody.
func (t *terminal) peripheralTroubles() (list []trouble) {
	for _, a := range t.peripherals.attached() {
		if h := a.health(); !h.OK() && h.State != devices.Starting {
			list = append(list, trouble{a.key, a.name, healthText(h), fmt.Sprint(h)})
		}
	}
	return list
}
