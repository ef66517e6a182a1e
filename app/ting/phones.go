package main

import (
	"crypto/ed25519"
	"net/url"
	"time"

	"github.com/luohu/ting/kiosk/identity"
	"github.com/luohu/ting/kiosk/identity/pass"
)

// PassConfig says whose QR passes of phones this terminal accepts. They need a scanner.
type PassConfig struct {
	// Keys are the center's public keys, as "ting-center pass -key" prints them: the one
	// in use, and while it is exchanged the one before. None: no passes.
	Keys []string `toml:"keys"`
	// Page is the center's page that makes passes, as phones reach it.
	Page string `toml:"page"`
}

func (p PassConfig) check(hasScanner bool, bad func(string, ...any)) {
	for _, k := range p.Keys {
		if _, err := pass.ParseKey(k); err != nil {
			bad("pass.keys: %v (ting-center pass -key)", err)
		}
	}
	if u, err := url.Parse(p.Page); p.Page != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		bad("pass.page = %q: an https:// address is needed", p.Page)
	}
	if len(p.Keys) > 0 && !hasScanner {
		bad("pass.keys: passes need a [scanner]; \"camera:\" takes the terminal's own camera")
	}
}

// openWays lends the devices to the ways that need them.
func (t *terminal) openWays(o *identity.Config) error {
	p, c := t.peripherals, t.config.Pass
	if p.idcard != nil {
		o.IDCards = p.idcard
	}
	if p.scanner == nil || len(c.Keys) == 0 {
		return nil
	}
	var keys []ed25519.PublicKey
	for _, k := range c.Keys {
		key, err := pass.ParseKey(k) // checked with the configuration
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	o.Codes, o.PassPage = lentScanner{p.scanner}, c.Page
	var err error
	o.Passes, err = pass.NewVerifier(t.config.Terminal.ID, keys, time.Now)
	return err
}
