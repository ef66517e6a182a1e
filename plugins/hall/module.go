// Package hall is the service hall's counter: a citizen chooses a service,
// answers a few questions, shows who he is, hands in what the government does not
// already have, signs, and goes with a receipt; later he asks how far it is, hands
// in what was missing, and says how he was served. Who needs a person takes a
// ticket. Clerks work with the same cases and the same queue at a desk, and a
// screen in the hall calls the numbers.
//
// It is three modules of one folder: Hall on the citizens' terminals, Desk on the
// clerks', Screen above the windows. They share no memory: what one does is a
// record, and reaches the others through the center and its feeds.
//
// Guarantees: a case exists once its receipt is shown, with or without a network;
// an application and every change of it carries the version it was made upon, and
// a change that does not fit goes to a person (see Chain); a visit that is left
// before the signature leaves nothing behind; a terminal shows of a case only what
// Progress has, with the name masked; the face is one way of several, and is
// compared with the template of the one person whose card was read.
//
// Callers must not take a Progress for the whole truth while the center is away:
// it is as old as the feed.
//
// The rules are pure and apart from the Session: case.go, chain.go, queue.go, and
// the packages catalog and workday. Test the visits with kiosk/kiosktest.
package hall

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
)

// ID is the citizens' module's name in terminal.toml, and the purpose a consent names.
const ID = "hall"

// Hall is the citizens' module. Make it with New.
type Hall struct {
	mu      sync.Mutex
	dir     string              // of its own; "" for none
	cases   map[string]CaseFile // submitted here, as far as this terminal knows them
	pending map[string][]Change // made here, by case, oldest first
	rated   map[string]bool     // here
	tickets map[string]Ticket   // taken here
	numbers map[string]int      // the last ticket's, by day and letter
}

// New returns the citizens' module.
func New() kiosk.Module {
	return &Hall{
		cases: map[string]CaseFile{}, pending: map[string][]Change{}, rated: map[string]bool{},
		tickets: map[string]Ticket{}, numbers: map[string]int{},
	}
}

// Manifest implements kiosk.Module.
func (h *Hall) Manifest() kiosk.Manifest {
	return kiosk.Manifest{
		ID:      ID,
		Version: "1.0.0",
		Title:   view.T("政务服务", "Public services"),
		Icon:    "hall",
		Group:   view.T("政务", "Government"),
		Permissions: []kiosk.Permission{
			kiosk.PermIdentify, kiosk.PermIDCard, kiosk.PermRecord, kiosk.PermFeeds, kiosk.PermPrint, kiosk.PermScan,
		},
		Records: []kiosk.RecordKind{KindPage, KindSubmitted, KindChanged, KindRated, KindTicket},
		Feeds:   []string{FeedServices, FeedResidents, FeedProgress, FeedQueue},
	}
}

// Start implements kiosk.Starter: the numbers of tickets outlive the process.
func (h *Hall) Start(_ context.Context, s kiosk.Setup) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dir = s.Dir
	if h.dir == "" {
		return nil
	}
	raw, err := os.ReadFile(filepath.Join(h.dir, numbersFile))
	if err != nil {
		if !errors.Is(err, os.ErrNotExist) {
			slog.Warn("hall: the last ticket's number cannot be read", "op", "start", "cause", err)
		}
		return nil
	}
	if key, n, ok := parseLast(string(raw)); ok {
		h.numbers[key] = n
	}
	return nil
}

// numbersFile holds the day, letter and number of the last ticket.
const numbersFile = "last-ticket"

func parseLast(s string) (key string, n int, ok bool) {
	key, number, ok := strings.Cut(strings.TrimSpace(s), "=")
	n, err := strconv.Atoi(number)
	return key, n, ok && err == nil && n >= 0
}

// takeNumber gives out the next number of a day. The number is kept before it is
// shown, so that after a restart no number is given out twice; a terminal that
// cannot keep it goes by what the feed knows.
func (h *Hall) takeNumber(day, letter string, q Queue) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := day + letter
	last := max(h.numbers[key], q.Of(day).LastNumber(letter))
	clear(h.numbers)
	h.numbers[key] = last + 1
	if h.dir != "" {
		path := filepath.Join(h.dir, numbersFile)
		err := os.WriteFile(path+".new", []byte(key+"="+strconv.Itoa(last+1)+"\n"), 0o600)
		if err == nil {
			err = os.Rename(path+".new", path)
		}
		if err != nil {
			slog.Warn("hall: the last ticket's number is not kept", "op", "ticket", "cause", err)
		}
	}
	return nextTicketNumber(letter, last)
}

var ticketLetter = regexp.MustCompile(`^[A-Z]{1,2}$`)

// letterOf is what a terminal's ticket numbers begin with: its lane, so that two
// terminals of a hall never give out the same number.
func letterOf(v kiosk.Visit) string {
	if ticketLetter.MatchString(v.Lane) {
		return v.Lane
	}
	return "A"
}

// Serve implements kiosk.Module.
func (h *Hall) Serve(ctx context.Context, s kiosk.Session) error {
	v := &visit{Hall: h, s: s}
	for {
		err := v.start(ctx)
		switch {
		case errors.Is(err, errLeft), errors.Is(err, errHome):
			return nil
		case errors.Is(err, errBack):
			continue
		}
		return err
	}
}
