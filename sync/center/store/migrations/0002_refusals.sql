-- What was refused, for the console.

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
