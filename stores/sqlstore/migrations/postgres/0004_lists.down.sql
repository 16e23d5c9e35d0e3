DROP INDEX courrier_letters_status;
DROP INDEX courrier_letters_purpose;
DROP INDEX courrier_letters_created;
DROP INDEX courrier_entries_kind;
