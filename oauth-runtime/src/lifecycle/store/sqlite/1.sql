-- Whose file it is: one row.
CREATE TABLE deployment (name TEXT NOT NULL) STRICT;

-- One token of one connection. Times are milliseconds since 1970.
CREATE TABLE connections (
  connection TEXT NOT NULL,
  provider TEXT NOT NULL,
  token TEXT NOT NULL,
  about TEXT NOT NULL,
  version INTEGER NOT NULL,
  login INTEGER NOT NULL,
  tokens BLOB NOT NULL,
  spare BLOB,
  refresh_at INTEGER,
  expires_at INTEGER,
  keep_alive_at INTEGER,
  lost_at INTEGER,
  ends_at INTEGER,
  journal_fence INTEGER,
  journal_version INTEGER,
  journal_at INTEGER,
  trouble TEXT CHECK (trouble IN ('log in', 'transient', 'mend app')),
  failures INTEGER,
  not_before INTEGER,
  fence INTEGER NOT NULL,
  leased_until INTEGER,
  written_at INTEGER NOT NULL,
  due_at INTEGER,
  PRIMARY KEY (connection, provider, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX due ON connections (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX lost ON connections (lost_at) WHERE trouble IS NOT 'log in';
