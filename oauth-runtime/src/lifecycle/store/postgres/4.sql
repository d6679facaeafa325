-- Tokens of a response that failed a protective check. While they wait for a person, `trouble` is 'log in' with a time in
-- `unrecognized_since`: earlier revisions leave such a row alone.
ALTER TABLE oauth_connections ADD COLUMN apart BYTEA;
