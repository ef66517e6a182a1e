-- Wrong attempts, so that whoever guesses is refused by every center alike.
CREATE TABLE attempts (
  kind      TEXT NOT NULL,                 -- what was tried: enrol
  who       TEXT NOT NULL,                 -- an address; '' is everybody
  window_at INTEGER NOT NULL,              -- the beginning of the time counted
  count     INTEGER NOT NULL,
  PRIMARY KEY (kind, who, window_at)
) WITHOUT ROWID;
