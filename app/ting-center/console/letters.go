package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/store"
)

// letterRow is a dead letter as it is listed.
type letterRow struct {
	store.DeadLetter
	Masked   string // the key
	Kind     string
	Version  int
	Terminal string
	Path     string
}

func letterPath(projection string, position int64) string {
	return fmt.Sprintf("/letters/%s/%d", url.PathEscape(projection), position)
}

func letterRowOf(tx *store.Tx, l store.DeadLetter) (letterRow, error) {
	rec, err := tx.At(l.Position)
	return letterRow{l, maskKey(l.Key), rec.Record.Kind, rec.Record.Version, rec.Terminal, letterPath(l.Projection, l.Position)}, err
}

const (
	lettersShown   = 100
	decisionsShown = 30
)

// decisionRow is a decision as it is listed.
type decisionRow struct {
	store.LetterDecision
	Path string
}

func (c *Console) attention(ctx context.Context, v visit) (shown, error) {
	var d struct {
		Letters   []letterRow
		Counts    map[store.Reason]int64
		Only      store.Reason
		Next      int64
		Forks     []forkRow
		Decisions []decisionRow
	}
	switch r := store.Reason(v.FormValue("only")); r {
	case store.Permanent, store.Version, store.Parked:
		d.Only = r
	}
	after, _ := strconv.ParseInt(v.FormValue("after"), 10, 64) // anything else begins with the oldest
	err := c.opt.Center.View(ctx, func(tx *store.Tx) error {
		d.Counts = map[store.Reason]int64{}
		for _, r := range []store.Reason{store.Permanent, store.Version, store.Parked} {
			n, err := tx.CountDeadLettersOf(r)
			if err != nil {
				return err
			}
			d.Counts[r] = n
		}
		letters, err := tx.DeadLettersAfter(after, d.Only, lettersShown)
		if err != nil {
			return err
		}
		for _, l := range letters {
			row, err := letterRowOf(tx, l)
			if err != nil {
				return err
			}
			d.Letters = append(d.Letters, row)
		}
		if len(letters) == lettersShown {
			d.Next = letters[len(letters)-1].Position
		}
		if d.Forks, err = c.forksOf(tx, v, func(store.Fork) bool { return true }); err != nil {
			return err
		}
		decisions, err := tx.LetterDecisions(decisionsShown)
		for _, x := range decisions {
			d.Decisions = append(d.Decisions, decisionRow{x, letterPath(x.Letter.Projection, x.Letter.Position)})
		}
		return err
	})
	return shown{"attention", "attention", view.T("待处理", "Needs attention"), d}, err
}

// letterOf reads which letter an address names.
func letterOf(v visit) (projection string, position int64, err error) {
	position, err = strconv.ParseInt(v.PathValue("position"), 10, 64)
	if err != nil {
		return "", 0, noLetter()
	}
	return v.PathValue("projection"), position, nil
}

func noLetter() error { return missing("没有这条记录。", "There is no such record.") }

// letter shows one record that could not be applied, and what may be done.
func (c *Console) letter(ctx context.Context, v visit) (shown, error) {
	var d struct {
		letterRow
		Site, RecordID string
		Epoch, Seq     int64
		Lane           string
		ReceivedAt     time.Time
		Waits          bool // it is a letter still
		Decision       *store.LetterDecision
		Parked         []letterRow
		Body           string // when it was asked for
	}
	projection, position, err := letterOf(v)
	if err != nil {
		return shown{}, err
	}
	err = c.opt.Center.View(ctx, func(tx *store.Tx) error {
		l, err := tx.DeadLetter(projection, position)
		d.Waits = err == nil
		if errors.Is(err, store.ErrNotFound) {
			var decision store.LetterDecision
			if decision, err = tx.LetterDecision(projection, position); err == nil {
				l, d.Decision = decision.Letter, &decision
			}
		}
		if err != nil {
			return err
		}
		rec, err := tx.At(position)
		if err != nil {
			return err
		}
		if d.letterRow, err = letterRowOf(tx, l); err != nil {
			return err
		}
		d.Site, d.RecordID, d.Epoch, d.Seq, d.Lane, d.ReceivedAt = l.Site, rec.Record.ID.String(), rec.Epoch, rec.Record.Seq, rec.Lane.String(), rec.ReceivedAt
		if what, _ := v.slip.take("body"); what == d.Path && v.May(Decide) {
			d.Body = pretty(rec.Record.Body)
		}
		if l.Key == "" {
			return nil
		}
		behind, err := tx.DeadLettersOf(projection, l.Site, l.Key)
		for _, p := range behind {
			if p.Position > position && len(d.Parked) < lettersShown {
				row, err := letterRowOf(tx, p)
				if err != nil {
					return err
				}
				d.Parked = append(d.Parked, row)
			}
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return shown{}, noLetter()
	}
	return shown{"letter", "attention", view.T("无法入账的记录", "A record that could not be applied"), d}, err
}

func pretty(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		return string(body)
	}
	return b.String()
}

// May reports whether the visitor has a permission.
func (v visit) May(p Permission) bool { return Role(v.account.Role).May(p) }

// showBody lets somebody who decides read what the record says, and notes it.
func (c *Console) showBody(ctx context.Context, v visit) (string, error) {
	projection, position, err := letterOf(v)
	if err != nil {
		return "", err
	}
	err = c.opt.Center.Edit(ctx, func(tx *store.Tx) error {
		if _, err := tx.At(position); err != nil {
			return orMissing(err, "没有这条记录。", "There is no such record.")
		}
		return tx.Note(store.Audit{At: c.opt.Center.Now(), Who: v.who(), Action: "letter.read", Subject: projection,
			Detail: fmt.Sprintf("position %d", position)})
	})
	path := letterPath(projection, position)
	v.slip.keep("body", path, "shown")
	return path, err
}

func (c *Console) replay(ctx context.Context, v visit) (string, error) {
	projection, position, err := letterOf(v)
	if err != nil {
		return "", err
	}
	var l store.DeadLetter
	err = c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		l, err = tx.DeadLetter(projection, position)
		return err
	})
	if err != nil {
		return "", orMissing(err, "这条记录已不在等待。", "This record does not wait any more.")
	}
	return c.replayKey(ctx, v, l, "/attention?done=replayed")
}

// replayKey tries everything of a letter's key again and says where to go next.
func (c *Console) replayKey(ctx context.Context, v visit, l store.DeadLetter, next string) (string, error) {
	if _, err := c.opt.Center.Replay(ctx, v.who(), l.Projection, l.Site, l.Key); err != nil {
		return "", err
	}
	left := 0
	err := c.opt.Center.View(ctx, func(tx *store.Tx) error {
		list, err := tx.DeadLettersOf(l.Projection, l.Site, l.Key)
		left = len(list)
		return err
	})
	if left > 0 {
		next = letterPath(l.Projection, l.Position) + "?done=still"
		if l.Reason == "" {
			next = "/attention?done=still"
		}
	}
	return next, err
}

func (c *Console) accept(ctx context.Context, v visit) (string, error) {
	projection, position, err := letterOf(v)
	if err != nil {
		return "", err
	}
	why, err := reason(v)
	if err != nil {
		return "", err
	}
	l, err := c.waitingLetter(ctx, projection, position)
	if err != nil {
		return "", err
	}
	if err := c.opt.Center.Accept(ctx, v.who(), projection, position, why); err != nil {
		return "", orMissing(err, "这条记录已不在等待。", "This record does not wait any more.")
	}
	next := letterPath(projection, position) + "?done=accepted"
	if l.Key == "" {
		return next, nil
	}
	// Those behind it wait no longer than they must.
	_, err = c.opt.Center.Replay(ctx, v.who(), projection, l.Site, l.Key)
	return next, err
}

func (c *Console) waitingLetter(ctx context.Context, projection string, position int64) (l store.DeadLetter, err error) {
	err = c.opt.Center.View(ctx, func(tx *store.Tx) (err error) {
		l, err = tx.DeadLetter(projection, position)
		return err
	})
	return l, orMissing(err, "这条记录已不在等待。", "This record does not wait any more.")
}

// compensateWait is how long the page waits until the new record is seen.
const compensateWait = 5 * time.Second

func (c *Console) compensate(ctx context.Context, v visit) (string, error) {
	projection, position, err := letterOf(v)
	if err != nil {
		return "", err
	}
	why, err := reason(v)
	if err != nil {
		return "", err
	}
	l, err := c.waitingLetter(ctx, projection, position)
	if err != nil {
		return "", err
	}
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(v.PostFormValue("body"))) != nil {
		return "", bad("更正后的内容不是有效的 JSON 对象，请检查括号和引号。", "The corrected record is not a JSON object: check brackets and quotes.")
	}
	instead, err := c.opt.Center.Compensate(ctx, v.who(), projection, position, compact.Bytes(), why)
	switch {
	case errors.Is(err, center.ErrBody):
		return "", bad("更正后的内容必须是一个 JSON 对象。", "The corrected record must be one JSON object.")
	case err != nil:
		return "", orMissing(err, "这条记录已不在等待。", "This record does not wait any more.")
	}
	wait, cancel := context.WithTimeout(ctx, compensateWait)
	defer cancel()
	if err := c.opt.Center.Projected(wait, projection, instead); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return "", err
	}
	next := letterPath(projection, position) + "?done=compensated"
	if l.Key == "" {
		return next, nil
	}
	_, err = c.opt.Center.Replay(ctx, v.who(), projection, l.Site, l.Key)
	return next, err
}

func (c *Console) undo(ctx context.Context, v visit) (string, error) {
	projection, position, err := letterOf(v)
	if err != nil {
		return "", err
	}
	err = c.opt.Center.Undo(ctx, v.who(), projection, position)
	if errors.Is(err, center.ErrFinal) {
		return "", bad("已补记的记录不能撤销，请另行补记更正。", "A compensation cannot be undone: record another correction instead.")
	}
	return letterPath(projection, position) + "?done=undone", orMissing(err, "没有这项处理。", "There is no such decision.")
}
