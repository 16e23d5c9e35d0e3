-- What screens list of an account, at a million letters.
ALTER TABLE courrier_letters ADD INDEX courrier_letters_status (account, status, id),
    ADD INDEX courrier_letters_purpose (account, purpose, id), ADD INDEX courrier_letters_created (account, created_at);
ALTER TABLE courrier_entries ADD INDEX courrier_entries_kind (account, kind, unit, seq);
