package canteen

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk"
)

// scannerRetry is the pause before a scanner that is away is asked again.
const scannerRetry = 15 * time.Second

// scan serves those who hold a code before the scanner: the number of one of
// their cards, as a QR code or a barcode printed on it or shown by a telephone.
// Without a scanner, or the site's leave, there are no codes.
func (v *visit) scan(ctx context.Context) {
	for {
		code, err := v.s.Scan(ctx)
		switch kiosk.CodeOf(err) {
		case "":
			p, known, err := holder(ctx, v.s, code.Text)
			if err != nil {
				slog.Warn("canteen: a code is not looked up", "op", "scan", "code", kiosk.CodeOf(err), "cause", err)
				continue
			}
			sg := kiosk.Sighting{Verdict: kiosk.CardUnknown, Time: v.s.Now()}
			if known {
				sg.Verdict, sg.Person = kiosk.Recognised, p
			}
			v.tell(ctx, sg)
		case kiosk.CodeDenied:
			return
		default: // no scanner, or it is away: it may be plugged in
			if !pause(ctx, scannerRetry) {
				return
			}
		}
	}
}

// holder is whose card has that number.
func holder(ctx context.Context, f feeds, number string) (p kiosk.Person, known bool, err error) {
	err = under(ctx, f, kiosk.FeedPeople, "", func(_ string, r holderRow) {
		if !known && number != "" && slices.Contains(r.Cards, number) {
			p = kiosk.Person{ID: r.ID, Name: r.Name, Group: r.Group, Role: r.Role, Way: kiosk.WayCard}
			known = true
		}
	})
	return p, known, err
}

// holderRow is a kiosk.PersonRow without the PIN's hash, which is not this
// module's to hold.
type holderRow struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Group string   `json:"group"`
	Role  string   `json:"role"`
	Cards []string `json:"cards"`
}
