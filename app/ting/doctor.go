package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"github.com/luohu/ting/app/shell/typeface"
	"github.com/luohu/ting/devices"
)

// The doctor examines a machine and what is attached to it, without serving
// anybody: what is there, what works, what is missing and what to do about it.

// How long something may take to answer the doctor.
const (
	deviceAnswers = 6 * time.Second
	leastRoom     = 1 << 30 // bytes free for records
)

// mark is how bad a finding is.
type mark string

const (
	good  mark = "ok"
	doubt mark = "note" // worth knowing, keeps nothing from working
	wrong mark = "WRONG"
)

// finding is one line of the table.
type finding struct {
	mark mark
	what string
	said string
	todo string
}

func runDoctor(args []string) error {
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	path := fs.String("config", "terminal.toml", "configuration `file`")
	if err := fs.Parse(args); err != nil {
		return usageError(err)
	}
	c, err := LoadConfig(*path)
	if err != nil {
		return err
	}
	found := examine(context.Background(), c)
	tell(os.Stdout, found)
	if n := count(found, wrong); n > 0 {
		return fmt.Errorf("%d of %d things are wrong", n, len(found))
	}
	return nil
}

func tell(w io.Writer, found []finding) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range found {
		line := f.said
		if f.todo != "" {
			line += " → " + f.todo
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.mark, f.what, line)
	}
	_ = t.Flush() // to a terminal or a pipe that is gone: nobody is left to tell
}

func count(found []finding, m mark) (n int) {
	for _, f := range found {
		if f.mark == m {
			n++
		}
	}
	return n
}

// examine looks at the machine first, then at each device of the configuration,
// then at what is plugged in and used by none.
func examine(ctx context.Context, c *Config) (found []finding) {
	found = append(found, typefaces(), room(c.Terminal.State), clock())
	found = append(found, programs(c)...)
	found = append(found, cameraWorks(ctx, "camera", c.Camera)...)
	if c.Documents.URL != "" {
		found = append(found, cameraWorks(ctx, "document camera", c.Documents)...)
	}
	found = append(found, devicesWork(ctx, c)...)
	if c.Center.URL != "" {
		found = append(found, centerAnswers(ctx, c))
	}
	return append(found, unused(c)...)
}

func typefaces() finding {
	const what = "typeface"
	if _, err := typeface.Load(); err != nil {
		return finding{wrong, what, "Chinese is drawn in a fallback font", "apt-get install fonts-noto-cjk"}
	}
	return finding{good, what, "Noto Sans CJK SC", ""}
}

func room(state string) finding {
	const what = "disk"
	if err := os.MkdirAll(state, 0o700); err != nil {
		return finding{wrong, what, err.Error(), "let the terminal's user write there, or name another terminal.state"}
	}
	probe, err := os.CreateTemp(state, "doctor-*")
	if err != nil {
		return finding{wrong, what, err.Error(), "let the terminal's user write there"}
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	if err := probe.Sync(); err != nil {
		return finding{wrong, what, "does not keep what it is told to keep: " + err.Error(), "replace the disk"}
	}
	var s unix.Statfs_t
	if err := unix.Statfs(state, &s); err != nil {
		return finding{wrong, what, err.Error(), ""}
	}
	free := int64(s.Bavail) * s.Bsize
	said := fmt.Sprintf("%.1f GiB free for records in %s", float64(free)/(1<<30), state)
	if free < leastRoom {
		return finding{wrong, what, said, "make room: a full disk refuses new records"}
	}
	return finding{good, what, said, ""}
}

func clock() finding {
	const what = "clock"
	now := time.Now().Format("2006-01-02 15:04:05 MST")
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil || state == unix.TIME_ERROR {
		return finding{doubt, what, now + ", and no time service keeps it right", "systemctl enable --now systemd-timesyncd, or chrony"}
	}
	return finding{good, what, now + ", kept right by a time service", ""}
}

// programs are those this configuration starts.
func programs(c *Config) (found []finding) {
	for _, name := range []string{"ting-module", "ting-face"} {
		if name == "ting-face" && (c.Camera.URL == "" || c.Face.Engine != "") {
			continue
		}
		if _, err := beside(name); err != nil {
			found = append(found, finding{wrong, "program", name + " is missing beside this program", "make build"})
		}
	}
	need := map[string]string{}
	for _, u := range []string{c.Camera.URL, c.Documents.URL} {
		if scheme, _, _ := strings.Cut(u, ":"); strings.HasPrefix(scheme, "rtsp") || strings.HasPrefix(scheme, "http") || scheme == "file" {
			need["ffmpeg"] = "apt-get install ffmpeg"
		}
	}
	if u := c.Speaker.URL; u == "" || strings.HasPrefix(u, "espeak:") {
		need["espeak-ng"] = "apt-get install espeak-ng"
	}
	for _, name := range sortedKeys(need) {
		if _, err := exec.LookPath(name); err != nil {
			m := wrong
			if name == "espeak-ng" && c.Speaker.URL == "" { // nobody asked for one
				m = doubt
			}
			found = append(found, finding{m, "program", name + " is missing", need[name]})
		}
	}
	return found
}

// cameraWorks takes a picture.
func cameraWorks(ctx context.Context, what string, c CameraConfig) []finding {
	if c.URL == "" {
		return []finding{{doubt, what, "none: nobody is recognised by face here", ""}}
	}
	cam, err := cameraDrivers.Open(ctx, c.URL)
	if err != nil {
		return []finding{{wrong, what, err.Error(), "correct its url in terminal.toml"}}
	}
	defer func() { _ = cam.Close() }() // it was only looked through
	ctx, cancel := context.WithTimeout(ctx, deviceAnswers)
	defer cancel()
	var last error
	for {
		f, err := cam.Next(ctx)
		if err == nil {
			return []finding{{good, what, fmt.Sprintf("%s, %d×%d", cam.Name(), f.W, f.H), ""}}
		}
		if ctx.Err() != nil {
			return []finding{{wrong, what, cmp.Or(last, errors.New("no picture came")).Error(), "check its cable; another program may have it open"}}
		}
		last = err
	}
}

// devicesWork opens every other device and hears how it is.
func devicesWork(ctx context.Context, c *Config) (found []finding) {
	t := &terminal{config: c, log: slog.New(slog.DiscardHandler)}
	defer t.close()
	p := c.PeripheralsConfig
	if p.Scanner.URL == cameraScanner { // as good as the camera is
		t.config = &Config{path: c.path, Barriers: c.Barriers, PeripheralsConfig: p}
		t.config.Scanner.URL = ""
	}
	if err := errors.Join(t.openBarriers(ctx), t.openPeripherals(ctx)); err != nil {
		return []finding{{wrong, "devices", err.Error(), "correct terminal.toml"}}
	}
	all := t.peripherals.attached()
	for _, lane := range sortedKeys(t.barriers.lanes) {
		all = append(all, attached{key: "barrier " + lane, health: t.barriers.lanes[lane].Health})
	}
	deadline := time.Now().Add(deviceAnswers)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for _, a := range all {
		h := a.health()
		for ; !h.OK() && time.Now().Before(deadline); h = a.health() {
			<-tick.C
		}
		f := finding{good, a.key, "answers", ""}
		if !h.OK() {
			f = finding{wrong, a.key, string(h.State) + ": " + h.Reason, h.Hint}
			if h.State == devices.Starting {
				f.said, f.todo = "says nothing", "check its power, its cable and its baud rate"
			}
		}
		found = append(found, f)
	}
	return found
}

// centerAnswers asks the center whether it is there, and whether it is the
// district's own.
func centerAnswers(ctx context.Context, c *Config) finding {
	const what = "center"
	pem, err := os.ReadFile(c.Center.CA)
	if err != nil {
		return finding{wrong, what, err.Error(), "copy the district's CA certificate there"}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return finding{wrong, what, c.Center.CA + " holds no certificate", "copy the district's CA certificate there (PEM)"}
	}
	client := http.Client{Timeout: deviceAnswers, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13},
	}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.Center.URL, "/")+"/healthz", nil)
	if err != nil {
		return finding{wrong, what, err.Error(), "correct center.url"}
	}
	answer, err := client.Do(r)
	if err != nil {
		return finding{wrong, what, err.Error(), "records stay safe here meanwhile; check the network and center.url"}
	}
	answer.Body.Close()
	if at, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		if off := time.Since(at); off > time.Minute || off < -time.Minute {
			return finding{wrong, what, fmt.Sprintf("answers, and its clock differs by %v", off.Round(time.Second)), "set this machine's clock"}
		}
	}
	return finding{good, what, c.Center.URL + " answers", ""}
}

// unused are devices that are plugged in and that terminal.toml does not name.
func unused(c *Config) (found []finding) {
	named := strings.Join([]string{c.Camera.URL, c.Documents.URL, c.Printer.URL, c.Scanner.URL, c.IDCard.URL, c.Vitals.URL, c.Scale.URL, c.GPS.URL, c.Light.URL}, " ")
	for _, b := range c.Barriers {
		named += " " + b.URL
	}
	for _, kind := range []struct{ pattern, key, url string }{
		{"/dev/video*", "camera", "v4l2://"},
		{"/dev/usb/lp*", "printer", "escpos+file://"},
		{"/dev/serial/by-id/*", "some device", "…+serial://"},
		{"/dev/input/by-id/*-event-kbd", "scanner", "evdev://"},
	} {
		paths, err := filepath.Glob(kind.pattern)
		if err != nil {
			continue // a malformed constant pattern
		}
		for _, p := range paths {
			if !strings.Contains(named, p) {
				found = append(found, finding{doubt, kind.key, p + " is plugged in and used by nothing", "url = \"" + kind.url + p + "\""})
			}
		}
	}
	return found
}
