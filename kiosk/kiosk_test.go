package kiosk

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/luohu/ting/kiosk/view"
)

func TestCodeOf(t *testing.T) {
	denied := &Error{Code: CodeDenied}
	for _, c := range []struct {
		err  error
		want Code
	}{
		{nil, ""},
		{errors.New("x"), CodeInternal},
		{denied, CodeDenied},
		{fmt.Errorf("wrapped: %w", denied), CodeDenied},
		{&Error{Code: CodeUnavailable, Cause: denied}, CodeUnavailable}, // the outermost
		{context.Canceled, CodeCancelled},
		{context.DeadlineExceeded, CodeCancelled},
		{fmt.Errorf("wrapped: %w", context.Canceled), CodeCancelled},
	} {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("%v has code %q, want %q", c.err, got, c.want)
		}
	}
}

func TestErrorReaders(t *testing.T) {
	cause := errors.New("jammed")
	e := &Error{Code: CodeUnavailable, Op: "open barrier", Visitor: view.T("请稍候", "Please wait"), Hint: "look", Cause: cause}
	if got, want := e.Error(), "open barrier: unavailable: jammed (look)"; got != want {
		t.Errorf("log reads %q, want %q", got, want)
	}
	if !errors.Is(e, cause) {
		t.Error("the cause is lost")
	}
	if got := VisitorText(fmt.Errorf("wrapped: %w", e)); got != e.Visitor {
		t.Errorf("visitor reads %v", got)
	}
	for _, err := range []error{cause, &Error{Code: CodeInternal}} {
		if got := VisitorText(err); got.ZH == "" || got.EN == "" {
			t.Errorf("no general apology for %v: %v", err, got)
		}
	}
}

func TestCancelledIsCanceled(t *testing.T) {
	if !errors.Is(&Error{Code: CodeCancelled}, context.Canceled) {
		t.Error("CodeCancelled is not context.Canceled")
	}
	if errors.Is(&Error{Code: CodeShutdown}, context.Canceled) {
		t.Error("CodeShutdown is context.Canceled")
	}
}

func TestReceiptShort(t *testing.T) {
	form := regexp.MustCompile(`^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$`)
	seen := map[string]bool{}
	for i := range 256 {
		r := Receipt{Hash: [32]byte{byte(i), byte(i * 7), byte(i * 31), byte(255 - i), 4: byte(i)}}
		s := r.Short()
		if !form.MatchString(s) {
			t.Errorf("%q is not what people can type", s)
		}
		if seen[s] {
			t.Errorf("%q twice", s)
		}
		seen[s] = true
	}
}

func TestRevocationCovers(t *testing.T) {
	all, some := RevocationRow{}, RevocationRow{Purposes: []string{"gate", "canteen"}}
	if !all.Covers("library") || !some.Covers("canteen") || some.Covers("library") {
		t.Error("a revocation without purposes covers everything, one with purposes only these")
	}
}
