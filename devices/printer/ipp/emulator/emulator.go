// Package emulator is an IPP printer without paper: it takes jobs by the real protocol
// over HTTP, and keeps the documents it would have printed. It is an http.Handler.
package emulator

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"sync"

	"github.com/luohu/ting/devices/printer/ipp"
)

// Printer is an emulated printer. Its methods are safe for several goroutines.
type Printer struct {
	mu      sync.Mutex
	sheets  float64 // of paper; below 0 is endless
	open    bool
	jobs    map[int]*job
	last    int
	printed [][]byte
	wrong   []string
}

type job struct {
	state    int
	document []byte
}

// New makes a printer with endless paper.
func New() *Printer { return &Printer{sheets: -1, jobs: map[int]*job{}} }

// SetPaper leaves so many sheets in the tray; below 0 is endless. With a part of one it
// stops in the middle of a page, as for a jam at the last sheet. Jobs that were stopped go on.
func (p *Printer) SetPaper(sheets float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sheets = sheets
	p.work()
}

// SetCover opens or closes the cover.
func (p *Printer) SetCover(open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = open
	p.work()
}

// Documents are those printed until now.
func (p *Printer) Documents() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([][]byte{}, p.printed...)
}

// Wrong lists what was asked for that no printer does.
func (p *Printer) Wrong() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.wrong...)
}

// work prints what waits, in order. p.mu is held.
func (p *Printer) work() {
	for id := 1; id <= p.last; id++ {
		j := p.jobs[id]
		if j.state >= ipp.JobCanceled {
			continue
		}
		if p.open || p.sheets == 0 {
			return
		}
		if p.sheets > 0 && p.sheets < 1 {
			p.sheets, j.state = 0, ipp.JobStopped
			return
		}
		if p.sheets > 0 {
			p.sheets--
		}
		j.state = ipp.JobCompleted
		p.printed = append(p.printed, j.document)
	}
}

// ServeHTTP implements http.Handler.
func (p *Printer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	in := bufio.NewReader(r.Body)
	m, err := ipp.Read(in)
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/ipp" {
		http.Error(w, "not an IPP request", http.StatusBadRequest)
		return
	}
	document, err := io.ReadAll(in)
	if err != nil {
		return // the client has gone
	}
	w.Header().Set("Content-Type", "application/ipp")
	_, _ = w.Write(p.answer(m, document).Append(nil)) // likewise
}

// The statuses.
const (
	ok           = 0x0000
	badRequest   = 0x0400
	notFound     = 0x0406
	notSupported = 0x040a
	notPossible  = 0x0404
	noOperation  = 0x0501
)

func (p *Printer) answer(m ipp.Message, document []byte) ipp.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := ipp.Message{ID: m.ID, Groups: []ipp.Group{{Tag: ipp.OperationGroup, Attributes: []ipp.Attribute{
		ipp.Text(ipp.TagCharset, "attributes-charset", "utf-8"), ipp.Text(ipp.TagLang, "attributes-natural-language", "en"),
	}}}}
	group := func(tag byte, attributes ...ipp.Attribute) {
		a.Groups = append(a.Groups, ipp.Group{Tag: tag, Attributes: attributes})
	}
	id, _ := m.Int(ipp.OperationGroup, "job-id")
	j := p.jobs[id]
	switch {
	case len(m.Texts(ipp.OperationGroup, "printer-uri")) != 1 || len(m.Texts(ipp.OperationGroup, "attributes-charset")) != 1:
		a.Code = badRequest
		p.wrong = append(p.wrong, "a request without printer-uri or charset")
	case m.Code == ipp.GetPrinterAttributes:
		state, reasons := ipp.PrinterIdle, []string{"none"}
		switch {
		case p.open:
			state, reasons = ipp.PrinterStopped, []string{"cover-open-error"}
		case p.sheets == 0:
			state, reasons = ipp.PrinterStopped, []string{"media-empty-error", "media-needed"}
		}
		group(ipp.PrinterGroup, ipp.Number(ipp.TagEnum, "printer-state", state),
			ipp.Text(ipp.TagKeyword, "printer-state-reasons", reasons...))
	case m.Code == ipp.PrintJob && !bytes.HasPrefix(document, []byte("%PDF-")):
		a.Code = notSupported
		p.wrong = append(p.wrong, "a document that is no PDF")
	case m.Code == ipp.PrintJob:
		p.last++
		p.jobs[p.last] = &job{ipp.JobPending, document}
		p.work()
		group(ipp.JobGroup, ipp.Number(ipp.TagInteger, "job-id", p.last), ipp.Number(ipp.TagEnum, "job-state", p.jobs[p.last].state))
	case m.Code != ipp.GetJobAttributes && m.Code != ipp.CancelJob:
		a.Code = noOperation
		p.wrong = append(p.wrong, "an operation that is not emulated")
	case j == nil:
		a.Code = notFound
	case m.Code == ipp.GetJobAttributes:
		group(ipp.JobGroup, ipp.Number(ipp.TagInteger, "job-id", id), ipp.Number(ipp.TagEnum, "job-state", j.state))
	case j.state >= ipp.JobCanceled:
		a.Code = notPossible
	default:
		j.state = ipp.JobCanceled
	}
	if a.Code == ok {
		a.Groups[0].Attributes = append(a.Groups[0].Attributes, ipp.Text(ipp.TagKeyword, "status-message", "successful-ok"))
	}
	return a
}
