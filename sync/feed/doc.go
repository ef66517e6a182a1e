// Package feed keeps on a terminal the reference data that comes down from its
// center: people, menus, withdrawn consents.
//
// Cache holds the feeds in a SQLite file of its own, apart from the journal,
// because all of it can be fetched again: a damaged cache is simply made anew.
// Poller asks the center for changes and applies them.
//
// Guarantees:
//
//   - A page and its cursor are applied in one transaction. A snapshot of several
//     pages replaces the feed in one transaction too, when its last page is there:
//     no reader ever sees half of it.
//   - Only pages with the center's signature, of the terminal's own site and
//     continuing the cursor, are applied.
//   - Revocations come first: no other feed is asked for before they have been
//     read to their end once, and no page with rows of another feed is applied before they
//     were read to their end again after that page was received.
//   - Whoever registered with OnChange is told after the commit, in order.
//
// Age says how old a feed is. What to do when it is too old is the caller's
// decision, and never to go on as if nothing had happened.
//
// Callers must not write to the file. There is no way to fill a cache but from
// a center. To test, serve signed pages from a handler, or Apply them.
package feed
