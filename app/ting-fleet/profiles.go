package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/luohu/ting/kiosk"
	"github.com/luohu/ting/plugins/gate"
	"github.com/luohu/ting/sync/fleet"
	"github.com/luohu/ting/sync/journal"
	"github.com/luohu/ting/sync/record"
)

// traffic is which terminals a day has, by name.
var traffic = map[string][]string{
	"school": {"gate", "canteen", "gate", "library"},
	"hall":   {"counter", "gate", "triage", "counter"},
}

// profiles are a busy place's day: passes at a school gate before and after
// lessons, meals at noon, applications while the hall is open.
var profiles = map[string]fleet.Profile{
	"gate": place{day: fleet.Day{From: 6, To: 22, Level: 12, Peaks: []fleet.Peak{
		{At: 7.6, Width: 0.35, Height: 900}, {At: 11.8, Width: 0.25, Height: 500}, {At: 13.6, Width: 0.3, Height: 450}, {At: 17, Width: 0.5, Height: 700}}}, entry: pass},
	"canteen": place{day: fleet.Day{From: 6.5, To: 20, Level: 5, Peaks: []fleet.Peak{
		{At: 7.2, Width: 0.3, Height: 240}, {At: 12, Width: 0.4, Height: 800}, {At: 18, Width: 0.3, Height: 200}}}, entry: debit},
	"library": place{day: fleet.Day{From: 8, To: 19, Level: 25, Peaks: []fleet.Peak{
		{At: 12.7, Width: 0.4, Height: 120}, {At: 16.5, Width: 0.6, Height: 150}}}, entry: loan},
	"counter": place{day: fleet.Day{From: 8.5, To: 17.5, Level: 18, Peaks: []fleet.Peak{
		{At: 9.7, Width: 0.8, Height: 60}, {At: 14.6, Width: 0.9, Height: 50}}}, entry: application},
	"triage": place{day: fleet.Day{From: 0, To: 24, Level: 20, Peaks: []fleet.Peak{
		{At: 9, Width: 1, Height: 60}, {At: 20, Width: 1.5, Height: 30}}}, entry: severity},
	// A terminal that is busy all day, for proofs and figures.
	"steady": place{day: fleet.Day{From: 0, To: 24, Level: 3600}, entry: steady},
	// As busy, with all that must never stand in a log.
	"personal": place{day: fleet.Day{From: 0, To: 24, Level: 3600}, entry: personal},
}

type place struct {
	day   fleet.Day
	entry func(r *rand.Rand, now time.Time) journal.Entry
}

// Rate implements fleet.Profile.
func (p place) Rate(day time.Time) float64 { return p.day.Rate(day) }

// Entry implements fleet.Profile.
func (p place) Entry(r *rand.Rand, now time.Time) journal.Entry { return p.entry(r, now) }

func person(r *rand.Rand) string { return fmt.Sprintf("F%04d-%04d", 2018+r.IntN(8), r.IntN(10_000)) }

func entry(lane record.Lane, kind string, version int, key string, body any) journal.Entry {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // plain structs
	}
	return journal.Entry{Lane: lane, Kind: kind, Version: version, Key: key, Body: b}
}

// pass is the gate's own record.
func pass(r *rand.Rand, now time.Time) journal.Entry {
	p := gate.Pass{Person: person(r), Direction: gate.In, Way: string(kiosk.WayFace), Lane: "east", At: now.Truncate(time.Millisecond)}
	if r.IntN(2) == 0 {
		p.Direction = gate.Out
	}
	return entry(record.Ordinary, gate.KindPass.Name, gate.KindPass.Version, p.AggregateKey(), p)
}

// The others are of the form and size of what such places record, under kinds of
// the fleet's own: a center stores them, and no module takes them for its own.

func debit(r *rand.Rand, now time.Time) journal.Entry {
	who := person(r)
	return entry(record.Ordinary, "fleet.debit", 1, "account/"+who, map[string]any{
		"person": who, "meal": fmt.Sprintf("lunch-%d", r.IntN(6)), "fen": 600 + r.IntN(1400), "line": r.IntN(4), "at": now})
}

func loan(r *rand.Rand, now time.Time) journal.Entry {
	copies := fmt.Sprintf("B%07d", r.IntN(40_000))
	return entry(record.Ordinary, "fleet.loan", 1, "copy/"+copies, map[string]any{
		"person": person(r), "copy": copies, "due": now.AddDate(0, 0, 30).Format(time.DateOnly), "return": r.IntN(2) == 0, "at": now})
}

func application(r *rand.Rand, now time.Time) journal.Entry {
	id := fmt.Sprintf("A%09d", r.IntN(1e9))
	return entry(record.Ordinary, "fleet.application", 1, "application/"+id, map[string]any{
		"application": id, "service": fmt.Sprintf("service-%03d", r.IntN(240)), "expected_version": 0, "at": now,
		"fields": map[string]string{"a": pad(r, 80), "b": pad(r, 240), "c": pad(r, 600)}})
}

func severity(r *rand.Rand, now time.Time) journal.Entry {
	who, lane, level := person(r), record.Ordinary, 1+r.IntN(5)
	if level <= 2 {
		lane = record.Urgent
	}
	return entry(lane, "fleet.triage", 1, "patient/"+who, map[string]any{"patient": who, "severity": level, "department": r.IntN(30), "at": now})
}

func steady(r *rand.Rand, now time.Time) journal.Entry {
	lane := record.Ordinary
	if r.IntN(20) == 0 {
		lane = record.Urgent
	}
	return entry(lane, "fleet.steady", 1, fmt.Sprintf("thing/%d", r.IntN(100)), map[string]any{"at": now, "text": pad(r, 120)})
}

// personal is a record full of what logs must not hold; all of it is invented.
func personal(r *rand.Rand, now time.Time) journal.Entry {
	surnames, names := []rune("张王李赵陈"), []rune("伟芳娜敏静强磊洋艳勇")
	who := person(r)
	kind := "fleet.personal"
	if r.IntN(10) == 0 {
		kind = gate.KindPass.Name // which cannot be one: the center must say so, and name nobody
	}
	return entry(record.Ordinary, kind, 1, "person/"+who, map[string]any{
		"person": who, "name": string(surnames[r.IntN(len(surnames))]) + string(names[r.IntN(len(names))]),
		"id_number": fmt.Sprintf("44030519900101%03dX", r.IntN(1000)), "card": fmt.Sprintf("C4D%09d", r.IntN(1e9)),
		"pin": fmt.Sprintf("PIN-%06d", r.IntN(1e6)), "phone": fmt.Sprintf("1380013%04d", r.IntN(10_000)), "at": "a day"})
}

// pad is a text that compresses about as a form's does.
func pad(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "etaoin shrdlu"[r.IntN(13)]
	}
	return string(b)
}
