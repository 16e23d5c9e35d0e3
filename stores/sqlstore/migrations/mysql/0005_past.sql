-- What a history needs of a reminder that ended: its body need not be read for it. A row
-- from before has none, until it is written again.
ALTER TABLE courrier_reminders ADD COLUMN past longblob NOT NULL DEFAULT ('');
