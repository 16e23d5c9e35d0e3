-- An account's list by status is answered from the index: of 100,000 letters those
-- that few have are found without reading the others.
DROP INDEX courrier_letters_account;
CREATE INDEX courrier_letters_account ON courrier_letters (account, id, status);
