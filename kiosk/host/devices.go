package host

import (
	"context"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// The devices a session lends. Each may be missing on this terminal: the visitor
// then reads one calm sentence, and the module goes on without it where it can.

func noDevice(op, hint string, visitor view.Text) error {
	return &kiosk.Error{Code: kiosk.CodeUnavailable, Op: op, Hint: hint, Visitor: visitor}
}

// Print implements kiosk.Session.
func (s *Session) Print(ctx context.Context, p view.Page) error {
	const op = "print"
	_, err := lend(ctx, s, op, kiosk.PermPrint, func(ctx context.Context) (struct{}, error) {
		if err := p.Validate(); err != nil {
			return struct{}{}, invalid(op, "%w", err)
		}
		if s.Services.Printer == nil {
			return struct{}{}, noDevice(op, "a [printer] in terminal.toml is needed",
				view.T("本机没有打印机,请拍照留存。", "This terminal has no printer. Please take a photograph instead."))
		}
		return struct{}{}, s.Services.Printer.Print(ctx, s.Visit(), s, p)
	})
	return err
}

// Scan implements kiosk.Session.
func (s *Session) Scan(ctx context.Context) (kiosk.ScannedCode, error) {
	const op = "scan"
	return lend(ctx, s, op, kiosk.PermScan, func(ctx context.Context) (kiosk.ScannedCode, error) {
		if s.Services.Scanner == nil {
			return kiosk.ScannedCode{}, noDevice(op, "a [scanner] in terminal.toml is needed",
				view.T("本机不能扫码,请手工输入。", "This terminal cannot scan. Please type the number instead."))
		}
		return s.Services.Scanner.Scan(ctx)
	})
}

// ReadIDCard implements kiosk.Session.
func (s *Session) ReadIDCard(ctx context.Context) (kiosk.IDCard, error) {
	const op = "read ID card"
	return lend(ctx, s, op, kiosk.PermIDCard, func(ctx context.Context) (kiosk.IDCard, error) {
		if s.Services.IDCards == nil {
			return kiosk.IDCard{}, noDevice(op, "an [idcard] in terminal.toml is needed",
				view.T("本机不能读身份证,请选择其他方式。", "This terminal cannot read identity cards. Please choose another way."))
		}
		return s.Services.IDCards.Read(ctx)
	})
}

// Measure implements kiosk.Session.
func (s *Session) Measure(ctx context.Context) (kiosk.VitalSigns, error) {
	const op = "measure"
	return lend(ctx, s, op, kiosk.PermMeasure, func(ctx context.Context) (kiosk.VitalSigns, error) {
		if s.Services.Vitals == nil {
			return kiosk.VitalSigns{}, noDevice(op, "[vitals] in terminal.toml is needed",
				view.T("本机不能测量,请告诉护士。", "This terminal cannot measure. Please tell the nurse."))
		}
		return s.Services.Vitals.Measure(ctx)
	})
}

// Weigh implements kiosk.Session.
func (s *Session) Weigh(ctx context.Context) (int64, error) {
	const op = "weigh"
	return lend(ctx, s, op, kiosk.PermWeigh, func(ctx context.Context) (int64, error) {
		if s.Services.Scale == nil {
			return 0, noDevice(op, "a [scale] in terminal.toml is needed",
				view.T("本机没有秤,请找工作人员。", "This terminal has no scale. Please ask the staff."))
		}
		return s.Services.Scale.Weigh(ctx)
	})
}

// Speak implements kiosk.Session. A terminal without a speaker is silent.
func (s *Session) Speak(ctx context.Context, t view.Text) error {
	const op = "speak"
	_, err := lend(ctx, s, op, kiosk.PermSpeak, func(context.Context) (struct{}, error) {
		const most = 500 // bytes: a sentence, not a lecture
		if t.IsZero() || len(t.ZH) > most || len(t.EN) > most {
			return struct{}{}, invalid(op, "a sentence of 1 to %d bytes in a language is needed", most)
		}
		if s.Services.Speaker == nil {
			return struct{}{}, nil
		}
		return struct{}{}, s.Services.Speaker.Speak(t)
	})
	return err
}
