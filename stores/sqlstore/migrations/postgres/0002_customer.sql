-- Whom a letter concerns, by the host's id. Letters of before have none.
ALTER TABLE courrier_letters ADD COLUMN customer text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX courrier_letters_customer ON courrier_letters (customer, account, id) WHERE customer <> '';
