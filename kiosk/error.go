package kiosk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/luohu/ting/kiosk/view"
)

// Code tells a program what kind of error it has before it. Codes travel
// between processes; their values never change.
type Code string

// The codes.
const (
	CodeInternal    Code = "internal" // a defect; the log has the cause
	CodeInvalid     Code = "invalid"  // the caller's argument is wrong
	CodeDenied      Code = "denied"   // not declared, or not granted by the site
	CodeNotFound    Code = "not-found"
	CodeUnavailable Code = "unavailable" // a device or process is away; try again later
	CodeSuperseded  Code = "superseded"  // a newer page replaced the one asked
	CodeCancelled   Code = "cancelled"   // the visitor went back or left
	CodeLocked      Code = "locked"      // too many wrong tries
	CodeDiskFull    Code = "disk-full"   // nothing was stored
	CodeShutdown    Code = "shutdown"    // the other process ended
)

// Error is an error with its four readers: the program reads Code, the visitor
// Visitor, the log Op and Cause, the operator Hint.
type Error struct {
	Code    Code
	Visitor view.Text // one calm sentence; empty is a general apology
	Op      string    // what was being done: "record gate.pass"
	Hint    string    // what the operator can do about it
	Cause   error
}

// Error is for the log: op, code, cause and hint, never a visitor's data.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Op != "" {
		b.WriteString(e.Op + ": ")
	}
	b.WriteString(string(e.Code))
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, context.Canceled) hold for CodeCancelled across processes.
func (e *Error) Is(target error) bool {
	return target == context.Canceled && e.Code == CodeCancelled
}

// CodeOf is the code of the outermost Error in err's chain: CodeCancelled for a
// context's end, CodeInternal for any other error, "" for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return CodeCancelled
	}
	return CodeInternal
}

// VisitorText is the sentence a visitor may read of err.
func VisitorText(err error) view.Text {
	var e *Error
	if errors.As(err, &e) && !e.Visitor.IsZero() {
		return e.Visitor
	}
	return view.T("抱歉,这项服务暂时无法完成,请稍后再试或找工作人员。",
		"Sorry, this cannot be done right now. Please try again later or ask the staff.")
}
