package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	qrcode "github.com/skip2/go-qrcode"

	"github.com/luohu/ting/kiosk/identity/pass"
)

// passKeyFile holds the seed of the key that signs phones' passes, in base64.
const passKeyFile = "pass-key"

// passKey is the center's key for passes; the first call makes it.
func passKey(state string) (ed25519.PrivateKey, error) {
	path := filepath.Join(state, passKeyFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		seed := make([]byte, ed25519.SeedSize)
		rand.Read(seed) // never fails
		b = []byte(base64.StdEncoding.EncodeToString(seed))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, fmt.Errorf("make the key for passes: %w", err)
		}
		_, err = f.Write(b)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return nil, fmt.Errorf("make the key for passes: %w", errors.Join(err, os.Remove(path)))
		}
	} else if err != nil {
		return nil, fmt.Errorf("read the key for passes: %w", err)
	}
	seed, err := base64.StdEncoding.DecodeString(string(b))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s is damaged: put the center's own back, or remove it and give terminals the new key (ting-center pass -key)", path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// makePass makes a pass by hand: for a demonstration, and for a counter that has
// made sure in another way who asks.
func makePass(args []string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("ting-center pass", flag.ContinueOnError)
	state := stateFlag(fs)
	key := fs.Bool("key", false, "print the public key, for pass.keys in terminal.toml")
	person := fs.String("person", "", "`number` of the person, as in the people feed")
	challenge := fs.String("challenge", "", "what the QR code on the terminal's screen says, from TINGC1. on")
	picture := fs.String("png", "", "`file` for the pass as a picture; without it the terminal you type in shows the code")
	if err := flags(fs, args, stderr); err != nil {
		return err
	}
	private, err := passKey(*state)
	if err != nil {
		return err
	}
	if *key {
		fmt.Fprintln(stdout, base64.StdEncoding.EncodeToString(private.Public().(ed25519.PublicKey)))
		return nil
	}
	if *person == "" || *challenge == "" {
		fmt.Fprintln(stderr, "-person and -challenge are needed, or -key")
		return errUsage
	}
	code, err := pass.Issuer{Key: private}.Issue(*person, *challenge)
	if err != nil {
		return err
	}
	qr, err := qrcode.New(code, qrcode.Medium)
	if err != nil {
		return err
	}
	if *picture != "" {
		return qr.WriteFile(600, *picture)
	}
	fmt.Fprintln(stdout, qr.ToSmallString(false))
	fmt.Fprintln(stdout, code)
	fmt.Fprintf(stderr, "good for %v, once, on that terminal and for that visit\n", pass.Life)
	return nil
}
