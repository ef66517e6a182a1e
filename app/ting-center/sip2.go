package main

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/kiosk/identity/pin"
	library "github.com/luohu/ting/plugins/library/center"
	"github.com/luohu/ting/plugins/library/sip2"
	"github.com/luohu/ting/sync/center"
	"github.com/luohu/ting/sync/center/projection"
	"github.com/luohu/ting/sync/center/store"
)

// The SIP2 server runs inside the center, and not as a program of its own beside
// it: it has to check a loan against what the projection knows and record it before
// anybody else does, and only the center may write to its log.

// sip2File is sip2.toml in the center's state: which self-checks may log in.
type sip2File struct {
	Accounts []sip2Account `toml:"account"`
}

// sip2Account is one self-check, or all of a site that share a login.
type sip2Account struct {
	User     string `toml:"user"`     // CN
	Password string `toml:"password"` // CO; may be an argon2id hash in PHC form
	Site     string `toml:"site"`
	// Institution is what AO is to be; "" is the site's ID.
	Institution string `toml:"institution"`
	Library     string `toml:"library"`  // the library's name, for the self-check's screen
	Location    string `toml:"location"` // where it stands
	Encoding    string `toml:"encoding"` // of the wire: one of sip2.Encodings; "" is UTF-8
	Lang        string `toml:"lang"`     // of screen messages: zh (also when empty) or en
	// Anonymous lets a self-check that does not log in use this account. One account may.
	Anonymous bool `toml:"anonymous"`
}

// sip2Demo is the file of the demo district. Its passwords are public.
const sip2Demo = `# The demo's self-checks. Never use these passwords for anything that matters.
[[account]]
user = "selfcheck"
password = "qingshan"
site = "school-1"
library = "第一小学图书室"
location = "reading-room"

[[account]]
user = "library"
password = "qingshan"
site = "library"
library = "青杉区图书馆"
location = "ground-floor"
lang = "en"
`

// readSIP2 reads the accounts.
func readSIP2(path string, demo bool) (f sip2File, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && demo {
		if err := os.WriteFile(path, []byte(sip2Demo), 0o600); err != nil {
			return f, err
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return f, fmt.Errorf("the SIP2 server needs its accounts in %s, as in\n\n[[account]]\nuser = \"desk-1\"\npassword = \"…\"\nsite = \"school-1\"\n\n%w", path, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return f, fmt.Errorf("%s holds passwords and can be read by others: chmod 600 it", path)
	}
	meta, err := toml.DecodeFile(path, &f)
	if err != nil {
		return f, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return f, fmt.Errorf("%s: there is no key %q", path, unknown[0].String())
	}
	users, anonymous := map[string]bool{}, false
	for _, a := range f.Accounts {
		switch {
		case a.Site == "":
			return f, fmt.Errorf("%s: the account %q has no site", path, a.User)
		case a.Anonymous && anonymous:
			return f, fmt.Errorf("%s: two accounts are anonymous: nobody knows which one is meant", path)
		case a.User != "" && a.Password == "", a.User == "" && !a.Anonymous:
			return f, fmt.Errorf("%s: an account needs a user and a password, or must be anonymous", path)
		case users[a.User]:
			return f, fmt.Errorf("%s: the user %q is there twice", path, a.User)
		case a.Lang != "" && a.Lang != "zh" && a.Lang != "en":
			return f, fmt.Errorf("%s: lang is zh or en, not %q", path, a.Lang)
		}
		if err := (sip2.Codec{Encoding: a.Encoding}).Check(); err != nil {
			return f, fmt.Errorf("%s: the account %q: %w", path, a.User, err)
		}
		users[a.User], anonymous = true, anonymous || a.Anonymous
	}
	if len(f.Accounts) == 0 {
		return f, fmt.Errorf("%s has no [[account]]", path)
	}
	return f, nil
}

// rightPassword compares in a time that tells nothing of the password.
func rightPassword(want, got string) bool {
	if strings.HasPrefix(want, "$argon2id$") {
		ok, err := pin.Check(want, got)
		return ok && err == nil
	}
	return subtle.ConstantTimeCompare([]byte(want), []byte(got)) == 1
}

// sip2Server answers self-checks.
type sip2Server struct {
	server    *sip2.Server
	listeners []net.Listener
}

// serveSIP2 starts to answer self-checks at addresses, "" for none.
func serveSIP2(c *center.Center, dir, plain, secure string, demo bool, log *slog.Logger) (*sip2Server, error) {
	if plain == "" && secure == "" {
		return &sip2Server{}, nil
	}
	file, err := readSIP2(filepath.Join(dir, "sip2.toml"), demo)
	if err != nil {
		return nil, err
	}
	desk := library.NewDesk(sip2Ledger{c}, zone)
	serve := func(a sip2Account) sip2.Handler {
		return desk.SelfCheck(library.Institution{Site: a.Site, ID: a.Institution, Name: a.Library, Location: a.Location, English: a.Lang == "en"})
	}
	server := &sip2.Server{Codec: sip2.Codec{Zone: zone}, Log: log}
	encodings := map[string]string{}
	for _, a := range file.Accounts {
		server.Anonymous = server.Anonymous || a.Anonymous
		encodings[a.User] = a.Encoding
		if a.Anonymous {
			server.Codec.Encoding = a.Encoding
		}
	}
	server.Encoding = func(user string) string { return encodings[user] }
	server.Login = func(_ context.Context, l *sip2.Login, _ net.Addr) sip2.Handler {
		for _, a := range file.Accounts {
			if l.User == "" && a.Anonymous || l.User != "" && a.User == l.User && rightPassword(a.Password, l.Password) {
				return serve(a)
			}
		}
		return nil
	}
	s := &sip2Server{server: server}
	for _, l := range []struct {
		address string
		tls     bool
	}{{plain, false}, {secure, true}} {
		if l.address == "" {
			continue
		}
		if err := s.listen(c, l.address, l.tls, dir, log); err != nil {
			s.stop()
			return nil, err
		}
	}
	return s, nil
}

func (s *sip2Server) listen(c *center.Center, address string, secure bool, dir string, log *slog.Logger) error {
	l, err := listenOn(address)
	if err != nil {
		return err
	}
	name := "sip2-address"
	if secure {
		host, _, _ := net.SplitHostPort(address)
		cert, err := c.Authority().Server(c.Now(), host)
		if err != nil {
			_ = l.Close() // nobody was let in yet
			return err
		}
		l, name = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}), "sip2-tls-address"
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(l.Addr().String()+"\n"), 0o600); err != nil {
		_ = l.Close()
		return err
	}
	s.listeners = append(s.listeners, l)
	log.Info("center: SIP2 self-checks are answered", "op", "sip2", "address", l.Addr().String(), "tls", secure)
	go func() {
		if err := s.server.Serve(l); err != nil && !errors.Is(err, net.ErrClosed) {
			log.Error("center: SIP2 self-checks are not answered any more", "op", "sip2", "address", l.Addr().String(), "cause", err)
		}
	}()
	return nil
}

func (s *sip2Server) stop() {
	for _, l := range s.listeners {
		_ = l.Close() // nobody new is let in
	}
	if s.server != nil {
		_ = s.server.Close() // ends the connections and waits
	}
}

// sip2Ledger is the center as the library's desk needs it.
type sip2Ledger struct{ c *center.Center }

func (l sip2Ledger) Record(ctx context.Context, site string, r kiosk.Record) (int64, error) {
	return l.c.Record(ctx, site, r)
}

func (l sip2Ledger) Projected(ctx context.Context, name string, position int64) error {
	return l.c.Projected(ctx, name, position)
}

func (l sip2Ledger) Querier(ctx context.Context, fn func(projection.Querier) error) error {
	return l.c.Querier(ctx, fn)
}

func (l sip2Ledger) People(ctx context.Context, site string) (people []kiosk.PersonRow, err error) {
	err = l.c.View(ctx, func(tx *store.Tx) error {
		return tx.Feed(site, kiosk.FeedPeople, func(_ string, value []byte) error {
			var p kiosk.PersonRow
			err := json.Unmarshal(value, &p)
			people = append(people, p)
			return err
		})
	})
	return people, err
}

func (l sip2Ledger) CheckPIN(hash, typed string) bool {
	ok, err := pin.Check(hash, typed)
	return ok && err == nil
}

func (l sip2Ledger) Now() time.Time { return l.c.Now() }
