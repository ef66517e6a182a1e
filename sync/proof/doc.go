// Package proof holds the promises of sync/README.md against what befalls real
// programs: power cuts that keep only what was fsynced, kill -9 on both ends under
// load and a bad network, full and dying disks, a center restored from its backup,
// a terminal cloned. Terminals and center are the real ones (sync/fleet,
// app/ting-center); on SQLite and on PostgreSQL.
//
// A harness that finds nothing may be blind. So each defect that a promise stands
// against is put into a copy of the programs, by an edit of the source that only
// the compiler sees, and the harness must find the loss.
//
// `go test` runs all of it at a size that fits; TING_PROOF=1000 is the size that
// `make proof` runs, and TING_PROOF_TABLE names a file to which each proof adds
// its row.
package proof
