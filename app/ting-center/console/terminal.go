package console

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
	"github.com/luohu/ting/sync/record"
	"github.com/luohu/ting/sync/wire"
)

const (
	recordsShown = 20
	hoursShown   = 72
	certsShown   = 6
	refusalsSeen = 500 // of the latest, looked at for one terminal's
)

// lane is a chain of a terminal as it is shown.
type laneRow struct {
	store.Chain
	Urgent bool
	Hash   string
}

// recordRow is a record as it is listed: what it is about is masked.
type recordRow struct {
	Position   int64
	Kind       string
	Version    int
	Key        string
	Lane       string
	Seq        int64
	ReceivedAt time.Time
}

// hourBar is an hour of a terminal's history, drawn.
type hourBar struct {
	store.Hour
	X     int
	State string // none, well, late, trouble
}

func (c *Console) terminal(ctx context.Context, v visit) (shown, error) {
	var d struct {
		terminalRow
		Fingerprint string
		Lanes       []laneRow
		Records     []recordRow
		Forks       []forkRow
		Hours       []hourBar
		Heard       int // hours in which something was heard
		Cursors     []behind
		Parts       []partRow
		Refusals    []store.Refusal
		Certs       []store.Certificate // the newest first
	}
	id := v.PathValue("terminal")
	rows, _, err := c.terminalRows(ctx)
	if err != nil {
		return shown{}, err
	}
	i := slices.IndexFunc(rows, func(r terminalRow) bool { return r.Terminal == id })
	if i < 0 {
		return shown{}, missing("没有这台终端。", "There is no such terminal.")
	}
	d.terminalRow = rows[i]
	d.Fingerprint = fingerprint(d.PublicKey)
	d.Parts = partsOf(d.Device)
	cursors, err := c.opt.Center.FeedCursors(ctx)
	if err != nil {
		return shown{}, err
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		chains, err := tx.ChainsOf(id)
		if err != nil {
			return err
		}
		for _, ch := range chains {
			d.Lanes = append(d.Lanes, laneRow{ch, ch.Lane == record.Urgent, hex.EncodeToString(ch.Hash[:6])})
			if err := tx.LatestOf(ch.ID, recordsShown, func(r store.Received) error {
				d.Records = append(d.Records, recordRow{r.Position, r.Record.Kind, r.Record.Version, maskKey(r.Record.Key),
					r.Lane.String(), r.Record.Seq, r.ReceivedAt})
				return nil
			}); err != nil {
				return err
			}
		}
		if d.Forks, err = c.forksOf(tx, v, func(f store.Fork) bool { return f.Terminal == id }); err != nil {
			return err
		}
		if d.Certs, err = tx.Certificates(id, certsShown); err != nil {
			return err
		}
		if d.Cursors, err = behindOf(tx, d.Device, cursors); err != nil {
			return err
		}
		now := c.opt.Center.Now()
		since := now.Truncate(time.Hour).Add(-(hoursShown - 1) * time.Hour)
		hours, err := tx.Hours(id, since)
		d.Hours, d.Heard = bars(hours, since), len(hours)
		return err
	})
	if err != nil {
		return shown{}, err
	}
	refusals, err := c.opt.Center.Refused(ctx, refusalsSeen)
	for _, r := range refusals {
		if r.Terminal == id {
			d.Refusals = append(d.Refusals, r)
		}
	}
	slices.SortFunc(d.Records, func(a, b recordRow) int { return int(b.Position - a.Position) })
	d.Records = d.Records[:min(len(d.Records), recordsShown)]
	return shown{"terminal", "overview", view.Same(d.Name()), d}, err
}

// bars are the hours since a moment, those without a word included.
func bars(hours []store.Hour, since time.Time) []hourBar {
	known := map[int64]store.Hour{}
	for _, h := range hours {
		known[h.Hour.Unix()] = h
	}
	out := make([]hourBar, hoursShown)
	for i := range out {
		at := since.Add(time.Duration(i) * time.Hour)
		h, ok := known[at.Unix()]
		out[i] = hourBar{Hour: h, X: i * 10, State: "none"}
		out[i].Hour.Hour = at
		switch {
		case !ok:
		case h.Troubles > 0:
			out[i].State = "trouble"
		case h.ClockError.Abs() >= clockMatters:
			out[i].State = "late"
		default:
			out[i].State = "well"
		}
	}
	return out
}

// fingerprint names a key in groups that two people can compare aloud.
func fingerprint(key []byte) string { return inGroups(wire.KeyHash(key)[:16]) }

func inGroups(b []byte) string {
	digits := hex.EncodeToString(b)
	var out strings.Builder
	for i := 0; i < len(digits); i += 4 {
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString(digits[i : i+4])
	}
	return out.String()
}

// maskKey hides the middle of what a record is about: "person/2019-0317" becomes
// "person/2019***7".
func maskKey(key string) string {
	kind, id, ok := strings.Cut(key, "/")
	if !ok {
		kind, id = "", key
	}
	r := []rune(id)
	keep := min(4, len(r)/3)
	if len(r) > 1 {
		id = string(r[:keep]) + "***" + string(r[len(r)-1:])
	}
	if !ok {
		return id
	}
	return kind + "/" + id
}

func (c *Console) revoke(ctx context.Context, v visit) (string, error) {
	id := v.PathValue("terminal")
	if v.PostFormValue("sure") != id {
		return "", bad("请输入终端编号以确认停用。", "Type the terminal's ID to confirm.")
	}
	err := c.opt.Center.SetState(ctx, v.who(), id, store.Revoked)
	return "/terminals/" + id + "?done=revoked", orMissing(err, "没有这台终端。", "There is no such terminal.")
}

// orName explains an ID that cannot be one.
func orName(err error) error {
	if errors.Is(err, center.ErrName) {
		return bad("编号只能包含 1–64 个字母、数字、点、下划线或连字符，且以字母或数字开头。",
			"An ID has 1 to 64 letters, digits, dots, underscores or hyphens, and begins with a letter or digit.")
	}
	return err
}
