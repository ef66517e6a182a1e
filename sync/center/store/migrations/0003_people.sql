-- The console's accounts and sessions, decisions of people, and what was heard by the hour.

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
