package library

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/outbox"
	"github.com/luohu/ting/plugins/library/sip2"
)

// The module's settings, of [module.settings] in terminal.toml. Without SettingSystem
// Ting itself keeps the loans, and none of the others but SettingDesk and SettingStaff is of use.
const (
	SettingSystem       = "sip2"               // "tcp://host:6001" or "tls://host:6001"
	SettingName         = "sip2-name"          // what records call the system; "sip2" when empty
	SettingUser         = "sip2-user"          // CN; without it nobody logs in
	SettingPassword     = "sip2-password"      // CO
	SettingPasswordFile = "sip2-password-file" // a file with it, instead
	SettingLocation     = "sip2-location"      // CP, and AP of a checkin; the lane when empty
	SettingInstitution  = "sip2-institution"   // AO
	SettingTerminal     = "sip2-terminal"      // AC, where the system asks for one
	SettingEncoding     = "sip2-encoding"      // one of sip2.Encodings; utf-8 when empty
	SettingDetection    = "sip2-detection"     // "off": no sequence numbers and checksums
	SettingCA           = "sip2-ca"            // file: who signed the system's certificate; the machine's own when empty
	SettingTimeout      = "sip2-timeout"       // of one try, "5s"
	SettingPatron       = "sip2-patron"        // what the system knows readers by: "id" (also when empty) or "card"
	SettingOfflineMost  = "sip2-offline-most"  // books lent to a reader while it is away; 3 when empty, 0 lends none
	SettingOfflineDays  = "sip2-offline-days"  // for how long; 30 when empty
	SettingDesk         = "desk"               // "on": this terminal is the librarian's desk, not a self-check
	SettingStaff        = "staff"              // groups whose staff may use the librarian's desk, with commas between
)

// start makes the system that a site's settings ask for.
func start(ctx context.Context, s kiosk.Setup) (system, error) {
	for key := range s.Settings {
		if !slices.Contains([]string{SettingSystem, SettingName, SettingUser, SettingPassword, SettingPasswordFile, SettingLocation, SettingInstitution,
			SettingTerminal, SettingEncoding, SettingDetection, SettingCA, SettingTimeout, SettingPatron, SettingOfflineMost, SettingOfflineDays, SettingDesk, SettingStaff}, key) {
			return nil, wrong(fmt.Errorf("there is no setting %q", key))
		}
	}
	if d := s.Settings[SettingDesk]; d != "" && d != "on" && d != "off" {
		return nil, wrong(fmt.Errorf("%s is on or off, not %q", SettingDesk, d))
	}
	if s.Settings[SettingSystem] == "" {
		return &own{memory: openMemory(s.Dir, time.Now())}, nil
	}
	return startRemote(ctx, s)
}

func wrong(err error) error {
	return &kiosk.Error{Code: kiosk.CodeInvalid, Op: "start the library", Cause: err, Hint: "correct [module.settings] of the library in terminal.toml"}
}

func startRemote(ctx context.Context, s kiosk.Setup) (*remote, error) {
	set := s.Settings
	scheme, address, ok := strings.Cut(set[SettingSystem], "://")
	if !ok || scheme != "tcp" && scheme != "tls" {
		return nil, wrong(fmt.Errorf("%s is %q: it begins with tcp:// or tls://", SettingSystem, set[SettingSystem]))
	}
	r := &remote{name: "sip2", offlineMost: 3, offlineDays: 30, byCard: set[SettingPatron] == "card",
		institution: set[SettingInstitution], location: set[SettingLocation], terminal: set[SettingTerminal]}
	if set[SettingName] != "" {
		r.name = set[SettingName]
	}
	if p := set[SettingPatron]; p != "" && p != "id" && p != "card" {
		return nil, wrong(fmt.Errorf("%s is id or card, not %q", SettingPatron, p))
	}
	for key, to := range map[string]*int{SettingOfflineMost: &r.offlineMost, SettingOfflineDays: &r.offlineDays} {
		if set[key] == "" {
			continue
		}
		n, err := strconv.Atoi(set[key])
		if err != nil || n < 0 {
			return nil, wrong(fmt.Errorf("%s is %q: a number is needed", key, set[key]))
		}
		*to = n
	}
	config := sip2.ClientConfig{Address: address, User: set[SettingUser], Password: set[SettingPassword], Location: set[SettingLocation],
		Codec: sip2.Codec{Encoding: set[SettingEncoding]}, Plain: set[SettingDetection] == "off"}
	var err error
	if file := set[SettingPasswordFile]; file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, wrong(err)
		}
		config.Password = strings.TrimSpace(string(b))
	}
	if t := set[SettingTimeout]; t != "" {
		if config.Timeout, err = time.ParseDuration(t); err != nil || config.Timeout <= 0 {
			return nil, wrong(fmt.Errorf("%s is %q: a time such as 5s is needed", SettingTimeout, t))
		}
	}
	if scheme == "tls" {
		if config.TLS, err = trust(address, set[SettingCA]); err != nil {
			return nil, wrong(err)
		}
	}
	if r.client, err = sip2.NewClient(config); err != nil {
		return nil, wrong(err)
	}
	if s.Dir == "" {
		return nil, wrong(errors.New("the terminal lends no directory, and what happens while the library's system is away would be lost"))
	}
	if r.box, err = outbox.Open(filepath.Join(s.Dir, "sip2-outbox")); err != nil {
		return nil, err
	}
	if r.refused, err = outbox.Open(filepath.Join(s.Dir, "sip2-refused")); err != nil {
		return nil, errors.Join(err, r.box.Close())
	}
	r.known = openKnown(filepath.Join(s.Dir, "sip2-known.json"))
	go r.deliver(ctx)
	return r, nil
}

// trust is how the system proves who it is.
func trust(address, ca string) (*tls.Config, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if ca == "" {
		return config, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", ca)
	}
	return config, nil
}
