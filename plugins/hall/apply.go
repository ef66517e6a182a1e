package hall

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/google/uuid"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/view"
	"github.com/luohu/ting/plugins/hall/catalog"
)

// application is what has been gathered of an application so far. Nothing of it
// is recorded before it is signed.
type application struct {
	service   catalog.Service
	number    string
	answers   catalog.Answers
	asked     []string // questions answered, in order, for Back
	applicant Applicant
	resident  Resident
	held      []Handed
	wanted    []catalog.Material
	photos    map[string][]picture // by material
	later     []string             // materials that will follow
	signature picture
}

// apply conducts an application. Each stage goes a page back by itself; Back from
// a stage's first page leads to the stage before.
func (v *visit) apply(ctx context.Context, s catalog.Service) error {
	app := &application{service: s, number: newNumber(v.s.Now()), answers: catalog.Answers{}, photos: map[string][]picture{}}
	stages := []func(context.Context, *application) error{v.questions, v.identify, v.materials, v.sign}
	for i := 0; i < len(stages); {
		err := stages[i](ctx, app)
		switch {
		case err == nil:
			i++
		case !errors.Is(err, errBack):
			return err
		case i == 0:
			return errBack
		default:
			i--
		}
	}
	return v.submit(ctx, app)
}

// questions asks what decides about the materials.
func (v *visit) questions(ctx context.Context, app *application) error {
	if n := len(app.asked); n > 0 { // we came back: the last answer is asked again
		app.answers = app.service.Without(app.answers, app.asked[n-1])
		app.asked = app.asked[:n-1]
	}
	for {
		q, more := app.service.Next(app.answers)
		if !more {
			return nil
		}
		a, err := ask(ctx, v.s, questionPage(app.service, q, len(app.asked)))
		if errors.Is(err, errBack) && len(app.asked) > 0 {
			last := app.asked[len(app.asked)-1]
			app.asked = app.asked[:len(app.asked)-1]
			app.answers = app.service.Without(app.answers, last)
			continue
		}
		if err != nil {
			return err
		}
		o, ok := q.Option(a.Action)
		if !ok {
			continue
		}
		if !o.Stop.IsZero() || !o.Counter.IsZero() {
			if err := v.turnedAway(ctx, app.service, o); !errors.Is(err, errBack) {
				return err
			}
			continue
		}
		app.answers[q.ID] = o.Value
		app.asked = append(app.asked, q.ID)
	}
}

// turnedAway says why the terminal cannot go on with an answer; a person can be asked.
func (v *visit) turnedAway(ctx context.Context, s catalog.Service, o catalog.Option) error {
	a, err := ask(ctx, v.s, turnedAwayPage(o))
	if err != nil {
		return err
	}
	if a.Action == actionTicket {
		return v.ticket(ctx, TicketTaken{Service: s.ID}, "")
	}
	return errBack
}

// sign asks for the telephone, and for the signature under what is handed in.
// They are two pages: the keys for the one would lie upon the other.
func (v *visit) sign(ctx context.Context, app *application) error {
	for {
		a, err := ask(ctx, v.s, contactPage(app))
		if err != nil {
			return err
		}
		app.applicant.Phone = a.Text(fieldPhone)
		for {
			a, err := ask(ctx, v.s, signPage(app))
			if errors.Is(err, errBack) {
				break
			}
			if err != nil {
				return err
			}
			if image, signed := a.Image(fieldSignature); signed && a.Action == actionSubmit {
				app.signature = picture{media: "image/png", bytes: image}
				return nil
			}
		}
	}
}

// submit makes the application durable, and says so.
func (v *visit) submit(ctx context.Context, app *application) error {
	sub, err := v.record(ctx, app)
	if err != nil {
		return v.notStored(ctx, err)
	}
	var f CaseFile
	f.Open(sub)
	v.remember(f)
	return v.receipt(ctx, submittedPage(sub, app.service))
}

// record records the pictures, then the case that names them.
func (v *visit) record(ctx context.Context, app *application) (Submitted, error) {
	now := v.s.Now()
	handed := slices.Clone(app.held)
	for _, m := range app.wanted {
		one := Handed{Material: m.ID, Name: m.Name, How: Photo}
		if slices.Contains(app.later, m.ID) {
			one.How = Later
		} else {
			var err error
			if one.Pages, err = v.recordPictures(ctx, app.number, m.ID, app.photos[m.ID]); err != nil {
				return Submitted{}, err
			}
		}
		handed = append(handed, one)
	}
	signed, err := v.recordPictures(ctx, app.number, "signature", []picture{app.signature})
	if err != nil {
		return Submitted{}, err
	}
	s := app.service
	sub := Submitted{
		ID: newID(), Case: app.number, Service: s.ID, Code: s.Code, Name: s.Name, Applicant: app.applicant, Answers: app.answers,
		Materials: handed, Signature: signed[0], Legal: s.LegalDays, Promised: s.PromisedDays, Visits: s.Visits, At: now,
	}
	_, err = v.s.Record(ctx, sub)
	return sub, err
}

// newID is an ID that nobody else gives.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// remember keeps a case of this terminal, so that its progress can be asked for
// here at once, also without a network.
func (h *Hall) remember(f CaseFile) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.cases) > mostRemembered {
		clear(h.cases) // the center has known them for long
	}
	h.cases[f.Case.Submitted.Case] = f
}

// mostRemembered is how many cases a terminal keeps in mind: days of them.
const mostRemembered = 2000

// receipt shows what somebody may take with him, and prints it when he likes.
func (v *visit) receipt(ctx context.Context, p view.Page) error {
	shown := p
	for {
		a, err := ask(ctx, v.s, shown)
		switch {
		case errors.Is(err, errBack): // there is nothing to go back to: it is done
			return errHome
		case err != nil:
			return err
		case a.Action != actionPrint:
			return errHome
		}
		shown = p
		note := view.Notice{Key: view.Key{Key: "printed"}, Tone: view.Success, Text: view.T("已打印,请在下方取走", "Printed; please take it below")}
		if err := v.s.Print(ctx, printable(p)); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			slog.Warn("hall: a receipt was not printed", "op", "print", "code", kiosk.CodeOf(err))
			note.Tone, note.Text = view.Warning, kiosk.VisitorText(err)
		}
		shown.Body = append([]view.Node{note}, p.Body...)
	}
}

// printable is a page without what only a screen can show.
func printable(p view.Page) view.Page {
	q := p
	q.Body = nil
	for _, n := range p.Body {
		switch n.(type) {
		case view.TextNode, view.Notice, view.Receipt, view.Steps, view.List, view.QRCode, view.Picture:
			q.Body = append(q.Body, n)
		}
	}
	return q
}

// notStored says that nothing was kept, and why.
func (v *visit) notStored(ctx context.Context, cause error) error {
	if ctx.Err() != nil || kiosk.CodeOf(cause) == kiosk.CodeDenied {
		return cause
	}
	slog.Error("hall: not stored", "op", "record", "code", kiosk.CodeOf(cause))
	if _, err := ask(ctx, v.s, notStoredPage()); err != nil && !errors.Is(err, errBack) {
		return err
	}
	return errHome
}
