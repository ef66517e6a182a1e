package hall

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// ScreenID is the calling screen's name in terminal.toml.
const ScreenID = "hall-screen"

// Screen hangs above the windows: it shows who is called where, and says it. Make
// it with NewScreen.
type Screen struct{}

// NewScreen returns the calling screen's module.
func NewScreen() kiosk.Module { return Screen{} }

// Manifest implements kiosk.Module.
func (Screen) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:          ScreenID,
		Version:     "1.0.0",
		Title:       view.T("叫号屏", "Calling screen"),
		Icon:        "queue",
		Permissions: []kiosk.Permission{kiosk.PermFeeds, kiosk.PermSpeak},
		Feeds:       []string{FeedQueue},
		Unattended:  true,
	}
}

// screenRefresh is how often the screen looks at the queue: a call is seen and
// heard that soon after it has reached this terminal.
const screenRefresh = 2 * time.Second

// Serve implements kiosk.Module. Without a speaker it only shows.
func (Screen) Serve(ctx context.Context, s kiosk.Session) error {
	var said []string // calls that were said, or stood there before
	first := true
	for {
		q, err := readQueue(ctx, s, s.Now().Format("2006-01-02"))
		if err != nil {
			return err
		}
		called := calls(q)
		for _, t := range slices.Backward(called) { // the newest is said last, and cuts no other short here
			key := t.Chain.Last
			if t.State != Called || slices.Contains(said, key) {
				continue
			}
			said = append(said, key)
			if first {
				continue // called before this screen was switched on
			}
			err := s.Speak(ctx, callText(t))
			switch code := kiosk.CodeOf(err); {
			case err == nil || code == kiosk.CodeUnavailable || code == kiosk.CodeDenied:
			default:
				return err
			}
			break // the next one at the next look, so that each is heard to its end
		}
		first = false
		if len(said) > mostSaid {
			said = slices.Delete(said, 0, len(said)-mostSaid)
		}
		if _, err := ask(ctx, s, screenPage(q, called, s.Now())); err != nil && !errors.Is(err, errLeft) && !errors.Is(err, errBack) {
			return err
		}
	}
}

const mostSaid = 500

// calls are those who were called or are served, the latest call first.
func calls(q Queue) Queue {
	called := slices.DeleteFunc(slices.Clone(q), func(t Ticket) bool { return t.State != Called && t.State != Served })
	slices.SortFunc(called, func(a, b Ticket) int { return b.Since.Compare(a.Since) })
	return called
}

func callText(t Ticket) view.Text {
	return view.T("请 "+t.Taken.Number+" 号到 "+t.Window+" 号窗口", "Number "+t.Taken.Number+", please come to counter "+t.Window)
}

// screenRows is how many calls, and how many of those who wait, a screen shows.
const screenRows = 8

func screenPage(q, called Queue, now time.Time) view.Page {
	var rows [][]string
	for _, t := range called[:min(len(called), screenRows)] {
		rows = append(rows, []string{t.Taken.Number, t.Window + " 号窗口", t.State.Name().ZH})
	}
	waiting := q.Waiting("")
	next := ""
	for _, t := range waiting[:min(len(waiting), screenRows)] {
		next += t.Taken.Number + "  "
	}
	p := view.Page{ID: "screen", Title: view.T("请到窗口", "Please come to the counter"), Timeout: screenRefresh}
	if len(called) > 0 && called[0].State == Called {
		p.Body = append(p.Body, view.Notice{Key: view.Key{Key: "now"}, Tone: view.Success, Text: callText(called[0])})
	}
	p.Body = append(p.Body,
		view.Table{Key: view.Key{Key: "called"}, Columns: []view.Text{view.T("号码", "Number"), view.T("窗口", "Counter"), view.T("状态", "State")}, Rows: rows,
			Align: []view.Align{view.AlignStart, view.AlignStart, view.AlignStart}, Empty: view.T("暂时没有叫号。", "Nobody is called at present.")},
		view.TextNode{Key: view.Key{Key: "waiting"}, Large: true, Text: view.Tf("等候 %d 人", "%d waiting", len(waiting))})
	if next != "" {
		p.Body = append(p.Body, view.TextNode{Key: view.Key{Key: "next"}, Text: view.T("接下来:"+next, "Next: "+next)})
	}
	return p
}
