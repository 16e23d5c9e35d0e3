ALTER TABLE courrier_letters DROP INDEX courrier_letters_status, DROP INDEX courrier_letters_purpose, DROP INDEX courrier_letters_created;
ALTER TABLE courrier_entries DROP INDEX courrier_entries_kind;
