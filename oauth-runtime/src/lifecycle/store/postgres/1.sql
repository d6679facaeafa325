-- One token of one connection. Times are milliseconds since 1970.
CREATE TABLE oauth_connections (
  connection TEXT NOT NULL,
  provider TEXT NOT NULL,
  token TEXT NOT NULL,
  about TEXT NOT NULL,
  version BIGINT NOT NULL,
  login BIGINT NOT NULL,
  tokens BYTEA NOT NULL,
  spare BYTEA,
  refresh_at BIGINT,
  expires_at BIGINT,
  keep_alive_at BIGINT,
  lost_at BIGINT,
  ends_at BIGINT,
  journal_fence BIGINT,
  journal_version BIGINT,
  journal_at BIGINT,
  trouble TEXT CHECK (trouble IN ('log in', 'transient', 'mend app')),
  failures BIGINT,
  not_before BIGINT,
  fence BIGINT NOT NULL,
  leased_until BIGINT,
  written_at BIGINT NOT NULL,
  due_at BIGINT,
  PRIMARY KEY (connection, provider, token)
);

CREATE INDEX oauth_connections_due ON oauth_connections (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX oauth_connections_lost ON oauth_connections (lost_at) WHERE trouble IS DISTINCT FROM 'log in';
