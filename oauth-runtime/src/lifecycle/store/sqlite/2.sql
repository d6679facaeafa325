-- Logins while the browser is away, each taken once. Times are milliseconds since 1970.
CREATE TABLE logins (
  id TEXT NOT NULL PRIMARY KEY,
  sealed BLOB NOT NULL,
  over_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX over ON logins (over_at);
