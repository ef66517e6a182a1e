// Package kiosktest drives a module from a script, without processes, cameras
// or a screen.
//
//	tm := kiosktest.New(t, gate.New(), kiosktest.WithLane("east"))
//	tm.Start()
//	tm.WantPage("idle")
//	tm.Sees(kiosk.Sighting{Verdict: kiosk.Recognised, Person: pupil})
//	tm.WantPage("welcome")
//	passes := kiosktest.Records[gate.Pass](tm)
//	tm.Advance(4 * time.Second) // the page's time is over
//	tm.WantPage("idle")
//
// The module meets the rules of a real terminal: pages travel through the codec,
// and permissions, kinds of record and feeds are checked by the very host.Session
// that serves module processes. Only the services behind it are scripted.
//
// Every Want waits for what it names, woken by the terminal, and fails the test
// after a generous deadline; nothing sleeps. Time stands still until Advance.
// At the test's end the visit is ended, and a Serve that does not return on
// cancellation fails the test.
//
// A Terminal's methods belong to the test's goroutine.
package kiosktest
