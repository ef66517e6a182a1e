package kiosk

import "time"

// Record is something that happened, as its module describes it: a plain struct
// with JSON tags. Its JSON is what is stored, hashed and sent; it must never
// hold a face template or a picture of a face.
type Record interface {
	// RecordKind names what happened and the version of the struct's shape.
	RecordKind() RecordKind
	// AggregateKey names what it happened to ("person/2019-0317"); a center that
	// cannot understand one record parks later ones of the same key only.
	AggregateKey() string
}

// RecordKind is a kind of record and the version of its shape.
type RecordKind struct {
	Name    string // "gate.pass": the module's ID, a dot, the event in past or noun form
	Version int    // from 1; a field's meaning never changes within a version
	Urgent  bool   // travels in the urgent lane (alarms, consent withdrawn)
}

// Receipt proves that a record is durable on this terminal.
type Receipt struct {
	ID       string // UUIDv7
	Terminal string
	Lane     string
	Epoch    int64
	Seq      int64
	Hash     [32]byte // of the chain up to and with this record
	Time     time.Time
}

// Short is the receipt's number for people: eight characters that a clerk can
// type to find the record again.
func (r Receipt) Short() string {
	const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // no 0 O 1 I
	var v uint64
	for _, b := range r.Hash[:5] {
		v = v<<8 | uint64(b)
	}
	var s [8]byte
	for i := range s {
		s[i] = alphabet[v>>(35-5*i)&31]
	}
	return string(s[:4]) + "-" + string(s[4:])
}
