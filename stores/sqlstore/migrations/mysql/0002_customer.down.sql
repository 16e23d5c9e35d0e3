ALTER TABLE courrier_letters DROP INDEX courrier_letters_customer, DROP COLUMN customer;
