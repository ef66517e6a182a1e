package handover

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/outbox"
	"github.com/luohu/ting/plugins/triage/hl7"
)

// The settings of a module that hands patients over; all of them may be missing.
const (
	SettingHL7       = "hl7"             // mllp://host:2575 or mllps://host:2575
	SettingFHIR      = "fhir"            // https://host/fhir, the server's base
	SettingCA        = "hospital_ca"     // file: the authority that signs their certificates; "" is the system's
	SettingTokenFile = "fhir_token_file" // file with a bearer token
	SettingResident  = "resident_system" // Systems.Resident
	SettingVisit     = "visit_system"    // Systems.Visit
)

// answerWithin is how long a receiver has to answer.
const answerWithin = 20 * time.Second

// patience is how often an item is sent to a receiver that reports an error of its
// own before the item is laid aside for a person to look at.
const patience = 20

// Sender hands visits over. Make it with Open.
type Sender struct {
	ways []*way
}

// way is one system to hand over to, and what waits for it.
type way struct {
	name string
	box  *outbox.Outbox
	send func(context.Context, Visit) error
}

// Open reads the settings and opens the outboxes, in dir. A Sender without a
// system to send to takes visits and does nothing.
func Open(dir string, settings map[string]string) (*Sender, error) {
	s := &Sender{}
	tlsConfig, err := trust(settings[SettingCA])
	if err != nil {
		return nil, wrong(SettingCA, err)
	}
	if raw := settings[SettingHL7]; raw != "" {
		c, err := client(raw, tlsConfig)
		if err != nil {
			return nil, wrong(SettingHL7, err)
		}
		if err := s.add(dir, "hl7", sendHL7(c)); err != nil {
			return nil, err
		}
	}
	if raw := settings[SettingFHIR]; raw != "" {
		u, err := url.Parse(raw)
		if err == nil && (u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			err = errors.New("https://host/path is needed")
		}
		if err != nil {
			return nil, wrong(SettingFHIR, err)
		}
		systems := DefaultSystems
		if v := settings[SettingResident]; v != "" {
			systems.Resident = v
		}
		if v := settings[SettingVisit]; v != "" {
			systems.Visit = v
		}
		f := fhirServer{
			base: u.String(), systems: systems, tokenFile: settings[SettingTokenFile],
			http: &http.Client{Timeout: answerWithin, Transport: &http.Transport{TLSClientConfig: tlsConfig, Proxy: nil}},
		}
		if err := s.add(dir, "fhir", f.send); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func wrong(setting string, err error) error {
	return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start", Cause: err, Hint: fmt.Sprintf("correct %s in [module.settings] of terminal.toml", setting)}
}

func trust(file string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file == "" {
		return c, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("no certificate in the file")
	}
	return c, nil
}

func client(raw string, c *tls.Config) (hl7.Client, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return hl7.Client{}, err
	}
	if u.Port() == "" || u.Hostname() == "" || u.Scheme != "mllp" && u.Scheme != "mllps" {
		return hl7.Client{}, errors.New("mllp://host:port or mllps://host:port is needed")
	}
	to := hl7.Client{Address: u.Host, Timeout: answerWithin}
	if u.Scheme == "mllps" {
		to.TLS = c.Clone()
		to.TLS.ServerName = u.Hostname()
	}
	return to, nil
}

func (s *Sender) add(dir, name string, send func(context.Context, Visit) error) error {
	box, err := outbox.Open(filepath.Join(dir, name+".outbox"))
	if err != nil {
		return err
	}
	s.ways = append(s.ways, &way{name: name, box: box, send: send})
	return nil
}

// Run sends until ctx ends.
func (s *Sender) Run(ctx context.Context) {
	for _, w := range s.ways {
		go func() {
			if err := w.box.Deliver(ctx, w.deliver()); ctx.Err() == nil {
				slog.Error("the handover ended", "op", "hand over", "to", w.name, "cause", err)
			}
		}()
	}
}

// errReceiver is wrapped by what a receiver reports of itself: another try may help.
var errReceiver = errors.New("the receiver reports an error")

func (w *way) deliver() func(context.Context, []byte) error {
	tries := 0
	return func(ctx context.Context, item []byte) error {
		var v Visit
		if err := json.Unmarshal(item, &v); err != nil {
			return outbox.Refused(err)
		}
		err := w.send(ctx, v)
		if errors.Is(err, errReceiver) {
			if tries++; tries < patience {
				return err
			}
			err = outbox.Refused(err)
		}
		if err == nil || !errors.Is(err, errReceiver) {
			tries = 0
		}
		return err
	}
}

// Tell puts a visit into the outboxes; it is on the disk when Tell returns.
func (s *Sender) Tell(v Visit) error {
	item, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var failed error
	for _, w := range s.ways {
		failed = errors.Join(failed, w.box.Put(item))
	}
	return failed
}

// Waiting is how many visits the systems have not taken yet.
func (s *Sender) Waiting() (n int) {
	for _, w := range s.ways {
		n = max(n, w.box.Len())
	}
	return n
}

// Close closes the outboxes.
func (s *Sender) Close() error {
	var failed error
	for _, w := range s.ways {
		failed = errors.Join(failed, w.box.Close())
	}
	return failed
}

// sendHL7 sends by MLLP. What the receiver rejects (AR) it will never take; an
// error of its own (AE) may pass.
func sendHL7(c hl7.Client) func(context.Context, Visit) error {
	return func(ctx context.Context, v Visit) error {
		a, err := c.Send(ctx, ADT(v))
		if err != nil {
			return err
		}
		switch a.Code {
		case "AA", "CA":
			return nil
		case "AE", "CE":
			return fmt.Errorf("%w: %s", errReceiver, a.Code)
		}
		return outbox.Refused(fmt.Errorf("the receiver answers %q", a.Code))
	}
}

type fhirServer struct {
	base      string
	systems   Systems
	tokenFile string
	http      *http.Client
}

// maxOutcome is how much of an answer is read.
const maxOutcome = 64 << 10

func (f fhirServer) send(ctx context.Context, v Visit) error {
	body, err := Bundle(v, f.systems)
	if err != nil {
		return outbox.Refused(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, f.base, bytes.NewReader(body))
	if err != nil {
		return outbox.Refused(err)
	}
	r.Header.Set("Content-Type", "application/fhir+json; charset=utf-8")
	r.Header.Set("Accept", "application/fhir+json")
	if f.tokenFile != "" {
		token, err := os.ReadFile(f.tokenFile)
		if err != nil {
			return err // it may be put there yet
		}
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	resp, err := f.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxOutcome)) // the connection is used again; the answer may name the patient
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusRequestTimeout, code == http.StatusTooManyRequests:
		return fmt.Errorf("the server answers %s", resp.Status)
	case code >= 500:
		return fmt.Errorf("%w: %s", errReceiver, resp.Status)
	}
	return outbox.Refused(fmt.Errorf("the server answers %s", resp.Status))
}
