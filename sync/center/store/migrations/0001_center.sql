-- The center's tables. See dialect.go for how one text serves both databases.

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
--sqlite
  position    INTEGER PRIMARY KEY,
  chain       INTEGER NOT NULL REFERENCES chains,
--postgres
  position    INTEGER NOT NULL,
  chain       INTEGER NOT NULL,            -- no reference: it costs a look-up per record
--both
  seq         INTEGER NOT NULL,
  id          BLOB NOT NULL,
  kind        TEXT NOT NULL,
  version     INTEGER NOT NULL,
  key         TEXT NOT NULL,
  body        BLOB NOT NULL,
  hash        BLOB NOT NULL,
  received_at INTEGER NOT NULL
--sqlite
);
CREATE UNIQUE INDEX inbox_chain ON inbox (chain, seq);
--postgres
) PARTITION BY RANGE (received_at);
-- The center makes a partition for each month, with unique indices of its own: see
-- postgres_log.go. Between months, the locked rows below and in chains keep a
-- position, and a number of a chain, from being given twice.

-- The one row whose lock serialises the log: positions are given, and become
-- visible, in the order of commits.
CREATE TABLE log_head (position INTEGER NOT NULL);
INSERT INTO log_head (position) VALUES (0);
--both

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
--sqlite
  position   INTEGER NOT NULL REFERENCES inbox,
--postgres
  position   INTEGER NOT NULL,
--both
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
