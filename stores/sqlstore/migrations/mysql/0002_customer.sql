-- Whom a letter concerns, by the host's id. Letters of before have none.
ALTER TABLE courrier_letters ADD COLUMN customer varbinary(700) NOT NULL DEFAULT '',
    ADD INDEX courrier_letters_customer (customer, account, id);
