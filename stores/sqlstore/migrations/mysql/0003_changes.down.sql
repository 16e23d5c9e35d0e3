ALTER TABLE courrier_letters DROP COLUMN told;
DROP TABLE IF EXISTS courrier_turns;
DROP TABLE IF EXISTS courrier_changes;
