package uplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"
)

// HintError is an error with what an operator can do about it.
type HintError struct {
	Hint string
	Err  error
}

// Error is the cause and the hint.
func (e *HintError) Error() string { return fmt.Sprintf("%v (%s)", e.Err, e.Hint) }

// Unwrap returns the cause.
func (e *HintError) Unwrap() error { return e.Err }

// explain adds a hint to an error of the network or of TLS.
func explain(err error) error {
	if hint := hintFor(err); hint != "" {
		return &HintError{Hint: hint, Err: err}
	}
	return err
}

// explain is explain, knowing this terminal's certificate: of one that has ended
// TLS does not always come to say so before the connection is gone.
func (u *Uplink) explain(err error) error {
	if end := u.o.Identity.NotAfter(); u.o.Clock().After(end) {
		return &HintError{Hint: "this terminal's certificate ended on " + end.Format(time.DateOnly) + ": enrol again", Err: err}
	}
	return explain(err)
}

func hintFor(err error) string {
	var (
		unknownCA x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
		dns       *net.DNSError
		network   net.Error
	)
	switch {
	case errors.As(err, &unknownCA):
		return "the center's certificate is not of this district's CA: is center.url the right one, or was the CA renewed?"
	case errors.As(err, &hostname):
		return "the center's certificate is for another name: compare center.url with the certificate"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the center's certificate has expired, or this terminal's clock is wrong"
	case errors.As(err, &alert), strings.Contains(err.Error(), "remote error: tls:"):
		return "the center does not accept this terminal's certificate: it has expired or was revoked; enrol again"
	case errors.As(err, &dns):
		return "the center's name is not known: check the network and center.url"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "no center answers there: is it running, is the port in center.url right?"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "there is no way to the center: check cable and network"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "the center does not answer in time: the network is slow or cut"
	}
	return ""
}
