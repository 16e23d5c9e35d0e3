DROP INDEX courrier_letters_customer;
ALTER TABLE courrier_letters DROP COLUMN customer;
