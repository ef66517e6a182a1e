package ipp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// answersWithin is how long a printer may take for one answer.
const answersWithin = 10 * time.Second

// client speaks to one printer, or to one queue of a CUPS server.
type client struct {
	http *http.Client
	uri  string // as the printer is called: ipp://…
	post string // where it is reached: http://…
	next uint32
}

func newClient(u *url.URL) *client {
	at := *u
	at.Scheme = map[string]string{"ipp": "http", "ipps": "https"}[u.Scheme]
	if at.Port() == "" {
		at.Host += ":631"
	}
	uri := *u
	uri.User, uri.RawQuery = nil, ""
	at.RawQuery = ""
	return &client{
		http: &http.Client{
			Transport:     &http.Transport{MaxIdleConns: 1, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: answersWithin},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		uri: uri.String(), post: at.String(),
	}
}

// StatusError is what a printer says against a request.
type StatusError uint16

// Error says it in words where there are some.
func (s StatusError) Error() string {
	words := map[StatusError]string{
		0x0403: "the printer does not let this terminal print", 0x0401: "the printer wants a password",
		0x0406: "there is no such printer or job", 0x040a: "the printer does not take PDF",
		0x0501: "the printer does not know this request", 0x0506: "the printer takes no jobs", 0x0507: "the printer is busy",
	}
	if w := words[s]; w != "" {
		return w
	}
	return fmt.Sprintf("the printer answers status %#04x", uint16(s))
}

// ask makes one request; document may be nil.
func (c *client) ask(ctx context.Context, operation uint16, attributes []Attribute, document []byte) (Message, error) {
	ctx, cancel := context.WithTimeout(ctx, answersWithin+time.Duration(len(document)/1e5)*time.Second)
	defer cancel()
	c.next++
	m := Message{Code: operation, ID: c.next, Groups: []Group{{OperationGroup, append([]Attribute{
		Text(TagCharset, "attributes-charset", "utf-8"), Text(TagLang, "attributes-natural-language", "zh-cn"),
		Text(TagURI, "printer-uri", c.uri),
	}, attributes...)}}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.post, io.MultiReader(bytes.NewReader(m.Append(nil)), bytes.NewReader(document)))
	if err != nil {
		return Message{}, err
	}
	r.Header.Set("Content-Type", "application/ipp")
	answer, err := c.http.Do(r)
	if wrong := (*url.Error)(nil); errors.As(err, &wrong) {
		err = wrong.Err // without the URL, which may hold a password
	}
	if err != nil {
		return Message{}, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return Message{}, fmt.Errorf("no IPP printer answers there: HTTP %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	}
	said, err := Read(bufio.NewReader(io.LimitReader(answer.Body, mostMessage)))
	if err != nil {
		return said, err
	}
	if said.Code >= 0x0100 {
		return said, StatusError(said.Code)
	}
	return said, nil
}

// The states of a printer and of a job (RFC 8011).
const (
	PrinterIdle       = 3
	PrinterProcessing = 4
	PrinterStopped    = 5

	JobPending    = 3
	JobHeld       = 4
	JobProcessing = 5
	JobStopped    = 6
	JobCanceled   = 7
	JobAborted    = 8
	JobCompleted  = 9
)

// The attributes that are asked for.
const (
	reasonsOfPrinter, stateOfPrinter = "printer-state-reasons", "printer-state"
	reasonsOfJob, stateOfJob         = "job-state-reasons", "job-state"
)

// printerState is how the printer is.
type printerState struct {
	state   int
	reasons []string // keywords, with -error, -warning or -report behind them
	accepts bool
}

func (c *client) state(ctx context.Context) (printerState, error) {
	m, err := c.ask(ctx, GetPrinterAttributes, []Attribute{
		Text(TagKeyword, "requested-attributes", stateOfPrinter, reasonsOfPrinter, "printer-is-accepting-jobs"),
	}, nil)
	if err != nil {
		return printerState{}, err
	}
	s := printerState{reasons: m.Texts(PrinterGroup, reasonsOfPrinter), accepts: true}
	if v := m.Texts(PrinterGroup, "printer-is-accepting-jobs"); len(v) == 1 && v[0] == "\x00" {
		s.accepts = false
	}
	var ok bool
	if s.state, ok = m.Int(PrinterGroup, stateOfPrinter); !ok {
		return s, fmt.Errorf("%w: it says no printer-state", ErrMessage)
	}
	return s, nil
}

// print hands a PDF over and returns the job's number.
func (c *client) print(ctx context.Context, name string, pdf []byte) (int, error) {
	m, err := c.ask(ctx, PrintJob, []Attribute{
		Text(TagName, "requesting-user-name", "ting"), Text(TagName, "job-name", name),
		Text(TagMIME, "document-format", "application/pdf"),
	}, pdf)
	if err != nil {
		return 0, err
	}
	id, ok := m.Int(JobGroup, "job-id")
	if !ok {
		return 0, fmt.Errorf("%w: it says no job-id", ErrMessage)
	}
	return id, nil
}

// job is the state of a job.
func (c *client) job(ctx context.Context, id int) (state int, reasons []string, err error) {
	m, err := c.ask(ctx, GetJobAttributes, []Attribute{
		Number(TagInteger, "job-id", id), Text(TagName, "requesting-user-name", "ting"),
		Text(TagKeyword, "requested-attributes", stateOfJob, reasonsOfJob),
	}, nil)
	if err != nil {
		return 0, nil, err
	}
	state, ok := m.Int(JobGroup, stateOfJob)
	if !ok {
		return 0, nil, fmt.Errorf("%w: it says no job-state", ErrMessage)
	}
	return state, m.Texts(JobGroup, reasonsOfJob), nil
}

func (c *client) cancel(ctx context.Context, id int) error {
	_, err := c.ask(ctx, CancelJob, []Attribute{Number(TagInteger, "job-id", id), Text(TagName, "requesting-user-name", "ting")}, nil)
	return err
}

// Close lets idle connections go.
func (c *client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// has reports whether one of the reasons begins with a keyword.
func has(reasons []string, keywords ...string) bool {
	for _, r := range reasons {
		for _, k := range keywords {
			if strings.HasPrefix(r, k) && !strings.HasSuffix(r, "-report") {
				return true
			}
		}
	}
	return false
}
