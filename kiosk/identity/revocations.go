package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/receipt"
)

const revocationsFile = "revocations.json"

// revocations remembers which rows of the revocations feed were applied here.
//
// A row is judged once, when this terminal first sees it. A consent given later
// than the withdrawal beats it, by the same rule as at the center: the person
// agreed anew before the row came down. Every other row takes effect. A consent
// given here after the row was applied stands, though the row may stay in the feed
// until the center has heard of the new consent.
//
// A row of several purposes bears the time of the newest withdrawal among them. A
// consent between two of them is withdrawn too much here: too much is the safe side.
//
// The file holds salted digests of rows, no person's number. They stay when a row
// leaves the feed, for a feed that is fetched anew may bring it once more. A file
// that cannot be read means that every row is judged again: too many are erased, never too few.
type revocations struct {
	mu   sync.Mutex
	path string
	doc  revocationsDoc
}

type revocationsDoc struct {
	Salt    string   `json:"salt"`
	Applied []string `json:"applied"` // in order
}

func openRevocations(path string) *revocations {
	r := &revocations{path: path}
	if b, err := os.ReadFile(path); err != nil || json.Unmarshal(b, &r.doc) != nil || r.doc.Salt == "" {
		r.doc = revocationsDoc{Salt: rand.Text()}
	}
	slices.Sort(r.doc.Applied)
	return r
}

func (r *revocations) digest(row kiosk.RevocationRow) string {
	purposes := slices.Sorted(slices.Values(row.Purposes))
	sum := sha256.Sum256([]byte(strings.Join(append([]string{
		r.doc.Salt, row.Person, row.Time.UTC().Format(time.RFC3339Nano)}, purposes...), "\x00")))
	return hex.EncodeToString(sum[:16])
}

func (r *revocations) save() error {
	b, err := json.Marshal(r.doc)
	if err != nil {
		return err
	}
	return writeFile(r.path, b)
}

// ApplyRevocations applies rows of the revocations feed: all of them or only new
// ones, as the caller has them. Those not applied before take effect in memory before anything can
// fail, and mid-track. What could not be made durable is returned, and tried
// again with the next call.
func (i *Identity) ApplyRevocations(ctx context.Context, rows []kiosk.RevocationRow) error {
	r := i.revoked
	r.mu.Lock()
	defer r.mu.Unlock()
	var failed []error
	news := false
	for _, row := range rows {
		d := r.digest(row)
		at, before := slices.BinarySearch(r.doc.Applied, d)
		if before {
			continue
		}
		if !i.consentedAfter(row) {
			if err := i.withdraw(ctx, row.Person, row.Purposes, receipt.Revoked); err != nil {
				failed = append(failed, err)
				continue
			}
		}
		r.doc.Applied = slices.Insert(r.doc.Applied, at, d)
		news = true
	}
	if news {
		failed = append(failed, r.save())
	}
	if err := errors.Join(failed...); err != nil {
		return &kiosk.Error{Code: kiosk.CodeInternal, Op: "apply revocations",
			Hint: "withdrawn faces are not used, but the disk did not take the change; check its space", Cause: err}
	}
	return nil
}

// consentedAfter reports whether the consent kept here is later than a withdrawal.
// A withdrawal wins a tie, and one without a time wins always. The center counts
// microseconds, and so does this.
func (i *Identity) consentedAfter(row kiosk.RevocationRow) bool {
	if i.gallery == nil || row.Time.IsZero() {
		return false
	}
	e, known := i.gallery.Entry(row.Person)
	return known && e.Consent.Time.UnixMicro() > row.Time.UnixMicro()
}

// loadRevocations applies what the feed holds at start.
func (i *Identity) loadRevocations(ctx context.Context) error {
	if i.cfg.Feeds == nil {
		return nil
	}
	var all []kiosk.RevocationRow
	for after := ""; ; {
		rows, err := i.cfg.Feeds.List(ctx, kiosk.ListRequest{Feed: kiosk.FeedRevocations, After: after})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return i.ApplyRevocations(ctx, all)
		}
		for _, row := range rows {
			after = row.Key
			var v kiosk.RevocationRow
			if err := json.Unmarshal(row.JSON, &v); err != nil || v.Person == "" {
				// Unreadable, yet somebody withdrew: the key says who, so all of it goes.
				v = kiosk.RevocationRow{Person: row.Key}
			}
			all = append(all, v)
		}
	}
}

// Forget implements host.Identity. It needs no network. Somebody without a
// template has nothing to forget: that is no error.
func (i *Identity) Forget(ctx context.Context, v kiosk.Visit, person string, purposes []string) error {
	if person == "" {
		return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "forget", Hint: "name a person"}
	}
	if err := i.withdraw(ctx, person, purposes, receipt.Withdrawn); err != nil {
		return &kiosk.Error{Code: kiosk.CodeInternal, Op: "forget",
			Hint: "the face is not used any more, but the disk did not take the change; check its space", Cause: err}
	}
	i.log.Info("identity: consent withdrawn", "op", "forget", "visit", v.ID, "everything", len(purposes) == 0)
	return nil
}

// withdraw takes purposes out of a consent, all of them when none is named. A
// template that nothing but kiosk.PurposeEnrolment would justify goes as well, with
// a receipt.
func (i *Identity) withdraw(ctx context.Context, person string, purposes []string, cause receipt.Cause) error {
	if i.gallery == nil {
		return errors.New("the gallery is not open")
	}
	e, known := i.gallery.Entry(person)
	justified := slices.ContainsFunc(e.Purposes, func(p string) bool {
		return p != kiosk.PurposeEnrolment && !slices.Contains(purposes, p)
	})
	if len(purposes) != 0 && (!known || justified) {
		_, err := i.gallery.Limit(person, purposes)
		return err
	}
	if known {
		i.receipts.leave(e, cause)
	}
	if err := i.gallery.Erase(person); err != nil {
		return err
	}
	i.receipts.gone("") // the gallery has made up for every erasure that failed before
	i.settle(ctx)
	return nil
}

// settle records erasures. That the journal is full is no reason to call a
// withdrawal incomplete: the face is gone, and the receipt follows.
func (i *Identity) settle(ctx context.Context) {
	if err := i.receipts.settle(ctx); err != nil {
		i.log.Error("identity: an erasure is not recorded yet", "op", "receipts", "code", kiosk.CodeOf(err), "owed", i.receipts.owed(), "cause", err)
	}
}

func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
