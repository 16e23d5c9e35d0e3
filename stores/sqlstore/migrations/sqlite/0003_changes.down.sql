ALTER TABLE courrier_letters DROP COLUMN told;
DROP TABLE courrier_changes;
