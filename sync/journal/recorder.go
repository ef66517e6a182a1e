package journal

import (
	"context"
	"errors"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/record"
)

// Recorder makes modules' records durable: it is the terminal's recorder
// service (kiosk/host.Recorder).
type Recorder struct{ Journal *Journal }

// Append stores a record and returns when it is on disk.
func (r Recorder) Append(ctx context.Context, kind kiosk.RecordKind, key string, body []byte) (kiosk.Receipt, error) {
	lane := record.Ordinary
	if kind.Urgent {
		lane = record.Urgent
	}
	a, err := r.Journal.Append(ctx, Entry{Lane: lane, Kind: kind.Name, Version: kind.Version, Key: key, Body: body})
	if err != nil {
		return kiosk.Receipt{}, kioskError("record "+kind.Name, err)
	}
	return kiosk.Receipt{
		ID: a.ID.String(), Terminal: a.Chain.Terminal, Lane: lane.String(),
		Epoch: a.Chain.Epoch, Seq: a.Seq, Hash: a.Hash, Time: a.Time(),
	}, nil
}

// kioskError gives an error of the journal its four readers.
func kioskError(op string, err error) error {
	e := &kiosk.Error{Code: kiosk.CodeInternal, Op: op, Cause: err}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, ErrDiskFull):
		e.Code = kiosk.CodeDiskFull
		e.Visitor = view.T("抱歉,本机暂时无法办理,请到人工窗口。", "Sorry, this terminal cannot serve you right now. Please go to the staffed counter.")
		e.Hint = "free space on the terminal's disk, or let it send its records to the center"
	case errors.Is(err, record.ErrInvalid):
		e.Code = kiosk.CodeInvalid
	case errors.Is(err, ErrDurability), errors.Is(err, ErrCorrupt):
		e.Code = kiosk.CodeUnavailable
		e.Visitor = view.T("抱歉,本机正在恢复,请稍候或到人工窗口。", "Sorry, this terminal is recovering. Please wait a moment or go to the staffed counter.")
		e.Hint = "the terminal restarts by itself; when this comes again, replace its disk"
	case errors.Is(err, ErrClosed):
		e.Code = kiosk.CodeShutdown
	}
	return e
}
