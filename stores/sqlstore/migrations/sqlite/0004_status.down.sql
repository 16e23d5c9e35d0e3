DROP INDEX courrier_letters_account;
CREATE INDEX courrier_letters_account ON courrier_letters (account, id);
