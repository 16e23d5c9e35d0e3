-- What screens list of an account, at a million letters. Such lists are ordered by
-- (id || ''), which is the order of id, so that a planner cannot choose to walk all
-- letters in their order until enough are found: a status is not spread evenly.
CREATE INDEX courrier_letters_status ON courrier_letters (account, status, (id || ''));
CREATE INDEX courrier_letters_purpose ON courrier_letters (account, purpose, (id || ''));
CREATE INDEX courrier_letters_created ON courrier_letters (account, created_at);
-- The kinds left out are most of a ledger, and found by walking it.
CREATE INDEX courrier_entries_kind ON courrier_entries (account, kind, unit, seq) WHERE kind NOT IN ('reserve', 'capture');
