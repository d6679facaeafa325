-- Logins while the browser is away, each taken once. Times are milliseconds since 1970.
CREATE TABLE oauth_logins (
  id TEXT NOT NULL PRIMARY KEY,
  sealed BYTEA NOT NULL,
  over_at BIGINT NOT NULL
);

CREATE INDEX oauth_logins_over ON oauth_logins (over_at);
