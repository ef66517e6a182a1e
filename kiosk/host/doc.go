// Package host starts, confines, heals and serves the module processes of a
// terminal, and decides whose page stands on the screen.
//
//	h, err := host.New(host.Config{Modules: …, Dir: "/run/ting/modules", Services: …})
//	h.Start()                  // returns at once; modules start in parallel
//	h.Begin("enrolment")       // the visitor touched a tile
//	h.Answer(answer)           // the visitor did something with a page
//	h.Home()                   // the visitor touched Home
//	h.Shutdown(ctx)            // leaves no process and no socket
//
// Guarantees:
//   - Each module is a process of its own, connected over a socket that only this
//     terminal's user can reach and mutual TLS that only these two processes can
//     speak. Its program is checked against its checksum before every start; its
//     environment holds nothing of the terminal's.
//   - A module gets what its manifest declares and the site grants, and nothing
//     else; every refusal is logged and counted.
//   - A module that ends, hangs or answers nothing is started again: at once the
//     first time, then with growing pauses; one that never stays up rests, and is
//     tried again later. Nothing else stops meanwhile. Its visitor reads one calm page.
//   - One visit owns the screen at a time. A page or answer of an earlier one is dropped.
//   - When the terminal is killed, its modules end too, and remove their sockets.
//
// The parts: Session is a visit's rules, without processes (kiosk/kiosktest uses
// it too); process is one life of a module's program; module keeps it alive;
// stage decides who is on screen.
//
// Callers must give every terminal its own Dir, and must keep a module's program
// where the terminal's user cannot write: between checksum and start it is trusted.
//
// Test with programs that misbehave: the tests of this package run their own
// binary again as a crashing, hanging, lying or chattering module.
package host
