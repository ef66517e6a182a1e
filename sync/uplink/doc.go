// Package uplink brings a terminal's records to the center, each exactly once.
//
// The journal is the queue: the uplink keeps no record and no cursor of its
// own, so it may be killed at any moment. Each lane has one goroutine, one
// connection and at most one batch in flight; urgent records therefore never
// wait behind ordinary ones. A batch is signed with the terminal's key and sent
// over TLS 1.3 with its certificate, to a center that the district's CA vouches
// for. An answer counts only when the center's signature over it holds; the journal then
// saves the cursor and deletes by its own rule.
//
// What the center answers decides what comes next:
//
//   - OK: the next batch, at once. Batches grow by steps and shrink by half.
//   - GAP: from the center's cursor. After a restore of the center that is further back.
//   - TOO_BIG: half as much.
//   - BUSY, or 503: after Retry-After, plus as much again at random.
//   - CHAIN, SIG, REVOKED, UPGRADE, FORK: this lane stops, Status says why and what
//     to do, and asks again at long intervals, because people may have settled it.
//   - A cursor ahead of the journal, or a history that differs: this terminal was put back
//     from a backup or cloned. The epoch is raised, so that new records go on,
//     and the old chain is sent as far as the center takes it.
//   - No answer: again after a random time that doubles up to a limit.
//
// While nothing is to be sent an empty batch goes up every few seconds: it
// carries the terminal's health and brings the center's clock.
//
// Callers must run one Uplink per journal. Nothing here ever blocks local
// business: without a center, or with a certificate that has expired, records
// simply wait.
//
// Enrol makes the terminal's key and has the center certify it. To test, give
// Options.Dial a connection to a center of your own.
package uplink
