// Package pb is the generated code of kiosk.proto. Only package rpc uses it; to
// change it, edit kiosk.proto and run make proto.
package pb
