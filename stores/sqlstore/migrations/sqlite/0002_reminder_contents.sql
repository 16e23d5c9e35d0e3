-- Reminders that ended, by the day on which their contents are forgotten.
CREATE INDEX courrier_reminders_kept ON courrier_reminders (due_at) WHERE state IN ('sent', 'skipped', 'failed') AND due_at > 0;
