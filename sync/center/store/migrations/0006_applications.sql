-- Terminals that show a QR code and ask to be let in, what a terminal is for, and
-- the certificates given.

ALTER TABLE devices ADD COLUMN role TEXT NOT NULL DEFAULT '';

CREATE TABLE applications (
  key_hash   BLOB PRIMARY KEY,             -- SHA-256 of the terminal's public key
  public_key BLOB NOT NULL,
  nonce      BLOB NOT NULL,                -- that the terminal shows, and nobody here does
  terminal   TEXT NOT NULL,                -- what it says it is called,
  site       TEXT NOT NULL,                -- where it stands,
  place      TEXT NOT NULL,
  epoch      INTEGER NOT NULL,             -- and how far it has come
  source     TEXT NOT NULL,                -- the address it asks from
  made_at    INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  verdict    TEXT NOT NULL DEFAULT '',     -- '' waiting, approved, refused
  decided_by TEXT NOT NULL DEFAULT '',
  decided_at INTEGER NOT NULL DEFAULT 0,
  answer     BLOB                          -- what it is told when approved
) WITHOUT ROWID;
CREATE INDEX applications_seen ON applications (seen_at);

CREATE TABLE certificates (
  serial     TEXT PRIMARY KEY,             -- hexadecimal
  terminal   TEXT NOT NULL,
  issued_at  INTEGER NOT NULL,
  not_after  INTEGER NOT NULL,
  reason     TEXT NOT NULL                 -- code, approval, renewal
) WITHOUT ROWID;
CREATE INDEX certificates_terminal ON certificates (terminal, issued_at);
