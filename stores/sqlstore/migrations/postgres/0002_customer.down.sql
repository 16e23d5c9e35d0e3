-- Its index goes with the column.
ALTER TABLE courrier_letters DROP COLUMN customer;
