// Package journal is a terminal's memory: one SQLite file in which every record
// is chained, kept until the center surely has it, and never overwritten.
//
// # Guarantees
//
//   - Append returns only after its COMMIT has reached the disk (WAL,
//     synchronous=FULL; checked by reading the pragmas back, because the driver's
//     own default is NORMAL and loses acknowledged commits at a power cut).
//     Appenders at the same time may share one commit; each still returns after its own.
//   - The outbox row, the head of its chain and the caller's business rows
//     (AppendWith) are one transaction. The head is kept in a row of its own and
//     never read off the outbox, so that deleting records cannot reuse a number.
//   - A record is deleted only when a verified ack names the hash this journal
//     itself has at that number, the cursor is saved, the number is at or below the
//     center's safe one, and Options.Retention has passed. The last deleted number
//     and hash stay as the chain's anchor.
//   - A disk that fills refuses new records with ErrDiskFull and stores nothing of
//     them; reading, acknowledging and deleting go on from a reserve kept for that,
//     and Append works again by itself once there is room.
//   - A failed fsync is fatal. The kernel may have dropped the pages and will not
//     say so twice, hence nothing is retried: everything returns ErrDurability, and
//     Failed is closed, until the journal is opened anew.
//   - One process owns the file (ErrInUse).
//
// # Epochs: restored and cloned files
//
// A file put back from a backup, or copied to a second machine, would hand out
// numbers that the center has seen with other contents. So beside the database
// lies path.origin, which is never part of a backup. It names the machine (a
// digest of its machine-id), the generation (a random token that both files get
// anew at every Open), the highest epoch and the latest heads that were known to be on disk.
// Open raises the epoch, and thereby begins new chains at number 1, when the
// origin is missing, names another machine or generation, or knows of numbers that
// the database does not have. What even this misses (a whole disk put back) the
// center's cursor shows: it is ahead of the head, Acknowledge returns
// ErrRolledBack, and the uplink calls RaiseEpoch. Unsent records of earlier
// epochs keep their chains and are still sent.
//
// # Damage
//
// Open checks the whole file. A damaged one is renamed to
// path.damaged-TIME (never deleted), what the chains prove is copied into a new
// file, the epoch is raised, and Status().Salvage says what may be missing.
//
// # What callers must not do
//
// Open the file by other means than a Reader, call the journal from inside an AppendWith
// function, keep that function's transaction, or write into the journal's own tables.
//
// # Testing
//
// Open a journal in t.TempDir. Power cuts, kill -9, a truly full disk and
// failing fsyncs are exercised by this package's own tests; set
// TING_POWERCUTS=1000 for the long run.
package journal
