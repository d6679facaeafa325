-- Since when a refresh is refused by a code that nothing explains: then `trouble` is 'transient', as earlier revisions read it.
ALTER TABLE connections ADD COLUMN unrecognized_since INTEGER;
