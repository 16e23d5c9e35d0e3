ALTER TABLE courrier_reminders DROP COLUMN past;
