package store

import (
	"context"
	"fmt"
)

// schema holds one step per version; a step is never changed once released.
var schema = []string{`
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE sites (
  id      TEXT PRIMARY KEY,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE devices (
  terminal     TEXT PRIMARY KEY,
  site         TEXT NOT NULL,
  place        TEXT NOT NULL,
  public_key   BLOB NOT NULL,
  state        TEXT NOT NULL,             -- active, quarantined, revoked
  epoch        INTEGER NOT NULL,          -- the highest given or seen
  enrolled_at  INTEGER NOT NULL,
  not_after    INTEGER NOT NULL,
  last_contact INTEGER NOT NULL DEFAULT 0,
  clock_error  INTEGER NOT NULL DEFAULT 0, -- ms; above 0 the terminal is ahead
  health       TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;

-- Enrolment codes: only their hash is kept.
CREATE TABLE codes (
  hash       BLOB PRIMARY KEY,
  terminal   TEXT NOT NULL,
  site       TEXT NOT NULL,
  made_by    TEXT NOT NULL,
  made_at    INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL DEFAULT 0,
  public_key BLOB,                         -- of whom it let in
  answer     BLOB                          -- what it was told
) WITHOUT ROWID;

-- A chain and its cursor: what is committed of it. A branch above 0 is the
-- other history of a fork, taken in by an administrator.
CREATE TABLE chains (
  id       INTEGER PRIMARY KEY,
  terminal TEXT NOT NULL,
  epoch    INTEGER NOT NULL,
  lane     INTEGER NOT NULL,
  branch   INTEGER NOT NULL,
  site     TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  hash     BLOB NOT NULL,
  safe_seq INTEGER NOT NULL DEFAULT 0,
  UNIQUE (terminal, epoch, lane, branch)
);

-- The raw log. Positions rise in the order of commits and are never reused.
CREATE TABLE inbox (
  position    INTEGER PRIMARY KEY,
  chain       INTEGER NOT NULL REFERENCES chains,
  seq         INTEGER NOT NULL,
  id          BLOB NOT NULL,
  kind        TEXT NOT NULL,
  version     INTEGER NOT NULL,
  key         TEXT NOT NULL,
  body        BLOB NOT NULL,
  hash        BLOB NOT NULL,
  received_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX inbox_chain ON inbox (chain, seq);

CREATE TABLE forks (
  chain      INTEGER NOT NULL REFERENCES chains,
  seq        INTEGER NOT NULL,
  hash       BLOB NOT NULL,
  id         BLOB NOT NULL,
  kind       TEXT NOT NULL,
  version    INTEGER NOT NULL,
  key        TEXT NOT NULL,
  body       BLOB NOT NULL,
  seen_at    INTEGER NOT NULL,
  adopted_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (chain, seq, hash)
) WITHOUT ROWID;

CREATE TABLE projections (
  name       TEXT PRIMARY KEY,
  cursor     INTEGER NOT NULL,
  schema     TEXT NOT NULL,                -- digest of the one its tables have
  rebuilding INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE dead_letters (
  projection TEXT NOT NULL,
  position   INTEGER NOT NULL REFERENCES inbox,
  site       TEXT NOT NULL,
  key        TEXT NOT NULL,
  reason     TEXT NOT NULL,                -- permanent, version, parked
  error      TEXT NOT NULL,
  at         INTEGER NOT NULL,
  PRIMARY KEY (projection, position)
) WITHOUT ROWID;
CREATE INDEX dead_letters_key ON dead_letters (projection, site, key);

CREATE TABLE feed_rows (
  site       TEXT NOT NULL,
  feed       TEXT NOT NULL,
  key        TEXT NOT NULL,
  revision   INTEGER NOT NULL,
  deleted    INTEGER NOT NULL,
  value      BLOB,
  owner      TEXT NOT NULL,                -- register, or a projection's name
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (site, feed, key)
) WITHOUT ROWID;
CREATE UNIQUE INDEX feed_rows_revision ON feed_rows (site, feed, revision);

-- Deletions at or below a horizon are forgotten.
CREATE TABLE feed_horizons (
  site     TEXT NOT NULL,
  feed     TEXT NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (site, feed)
) WITHOUT ROWID;

CREATE TABLE audit (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  who     TEXT NOT NULL,
  action  TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL
);

CREATE TABLE administrators (
  name       TEXT PRIMARY KEY,
  password   TEXT NOT NULL,                -- argon2id, PHC form
  changed_at INTEGER NOT NULL
) WITHOUT ROWID;
`,
	// What was refused, summed up by day: who knocked that was not let in.
	`
CREATE TABLE refusals (
  day      INTEGER NOT NULL,               -- its first millisecond, UTC
  reason   TEXT NOT NULL,
  terminal TEXT NOT NULL,                  -- as its certificate says; '' without one
  source   TEXT NOT NULL,                  -- the address it came from
  count    INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  detail   TEXT NOT NULL,                  -- of the last one: what it claimed
  PRIMARY KEY (day, reason, terminal, source)
) WITHOUT ROWID;
CREATE INDEX refusals_last ON refusals (last_at);
`,
	// The console's accounts and sessions, decisions of people, and what was heard by the hour.
	`
-- Who may sign in to the console, and what the role lets them do.
CREATE TABLE accounts (
  name         TEXT PRIMARY KEY,
  role         TEXT NOT NULL,
  password     TEXT NOT NULL,              -- argon2id, PHC form
  changed_at   INTEGER NOT NULL,           -- of the password
  temporary    INTEGER NOT NULL,           -- 1: the owner must choose another first
  made_at      INTEGER NOT NULL,
  made_by      TEXT NOT NULL,
  disabled_at  INTEGER NOT NULL DEFAULT 0,
  failures     INTEGER NOT NULL DEFAULT 0, -- wrong passwords since the last right one
  locked_until INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO accounts (name, role, password, changed_at, temporary, made_at, made_by)
  SELECT name, 'admin', password, changed_at, 0, changed_at, 'center' FROM administrators;
DROP TABLE administrators;

-- Browsers that are signed in; only the hash of what they hold is kept.
CREATE TABLE console_sessions (
  hash    BLOB PRIMARY KEY,
  account TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,                -- the last thing a person did
  ends_at INTEGER NOT NULL,                -- whatever he does
  address TEXT NOT NULL,
  agent   TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX console_sessions_account ON console_sessions (account);

-- What a person decided on a dead letter; the record has no further effect.
CREATE TABLE letter_decisions (
  projection   TEXT NOT NULL,
  position     INTEGER NOT NULL,
  site         TEXT NOT NULL,
  key          TEXT NOT NULL,
  letter       TEXT NOT NULL,              -- the reason it was a dead letter for
  error        TEXT NOT NULL,
  verdict      TEXT NOT NULL,              -- accepted, compensated
  compensation INTEGER NOT NULL,           -- the position of the record instead, 0 for none
  reason       TEXT NOT NULL,
  who          TEXT NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (projection, position)
) WITHOUT ROWID;

-- What a person decided on the other history of a chain.
CREATE TABLE fork_decisions (
  chain       INTEGER PRIMARY KEY REFERENCES chains,
  verdict     TEXT NOT NULL,               -- proposed, adopted, dismissed
  reason      TEXT NOT NULL,
  who         TEXT NOT NULL,
  at          INTEGER NOT NULL
) WITHOUT ROWID;

-- How far a terminal said it had applied a feed when it last asked.
CREATE TABLE feed_cursors (
  terminal TEXT NOT NULL,
  feed     TEXT NOT NULL,
  revision INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (terminal, feed)
) WITHOUT ROWID;

-- What was heard of a terminal in an hour, for its history.
CREATE TABLE contact_hours (
  terminal    TEXT NOT NULL,
  hour        INTEGER NOT NULL,            -- its beginning
  contacts    INTEGER NOT NULL,
  unsent      INTEGER NOT NULL,            -- the most,
  clock_error INTEGER NOT NULL,            -- the largest either way, ms
  troubles    INTEGER NOT NULL,            -- and the most devices not well
  PRIMARY KEY (terminal, hour)
) WITHOUT ROWID;
`,
}

func (db *DB) migrate(ctx context.Context) error {
	var version int
	if err := db.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(schema) {
		return fmt.Errorf("the database is of version %d, this program knows %d: run the newer program", version, len(schema))
	}
	if version == len(schema) {
		return nil
	}
	return db.Write(ctx, func(tx *Tx) error {
		for _, step := range schema[version:] {
			if err := tx.Script(step); err != nil {
				return fmt.Errorf("schema: %w", err)
			}
		}
		return tx.Script(fmt.Sprintf("PRAGMA user_version=%d", len(schema)))
	})
}
