package devices

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
)

type lamp struct{ at string }

func drivers() Drivers[*lamp] {
	return Drivers[*lamp]{
		"sim":    func(_ context.Context, u *url.URL) (*lamp, error) { return &lamp{u.String()}, nil },
		"modbus": func(context.Context, *url.URL) (*lamp, error) { return nil, errBroken },
	}
}

var errBroken = errors.New("no coil")

func TestOpen_TakesTheDriverOfTheScheme(t *testing.T) {
	for _, raw := range []string{"sim:", "sim:?pulse=1s", "SIM:"} {
		l, err := drivers().Open(t.Context(), raw)
		if err != nil || !strings.EqualFold(l.at, raw) {
			t.Errorf("%s: %+v, %v", raw, l, err)
		}
	}
}

func TestOpen_SaysWhatIsWrong(t *testing.T) {
	for raw, want := range map[string][]string{
		"usb:3":                          {"no driver", `"usb"`, "modbus, sim"},
		"":                               {"no driver", "modbus, sim"},
		"/dev/video0":                    {"no driver", "modbus, sim"},
		"sim:%zz\x7f":                    {"device URL"},
		"modbus://admin:secret@10.0.0.9": {"10.0.0.9", "no coil"},
	} {
		l, err := drivers().Open(t.Context(), raw)
		if err == nil || l != nil {
			t.Errorf("%q: opened %+v", raw, l)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: error %q does not say %q", raw, err, w)
			}
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the password: %v", raw, err)
		}
	}
	if _, err := drivers().Open(t.Context(), "modbus:"); !errors.Is(err, errBroken) {
		t.Errorf("error %v does not wrap the driver's", err)
	}
}

// A wrong URL may hold a password too.
func TestOpen_AnUnreadableURLKeepsItsPassword(t *testing.T) {
	_, err := drivers().Open(t.Context(), "modbus://admin:secret@10.0.0.9:port/")
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}
