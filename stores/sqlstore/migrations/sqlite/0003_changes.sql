-- The feed. AUTOINCREMENT: a number never comes again, whatever was forgotten. tag tells a row from
-- one of the same number in another history, such as after a backup was restored.
CREATE TABLE courrier_changes (
    id      integer PRIMARY KEY AUTOINCREMENT,
    kind    text NOT NULL,
    account text NOT NULL,
    subject text NOT NULL,
    state   text NOT NULL,
    version integer NOT NULL,
    at      integer NOT NULL,
    tag     integer NOT NULL
);
CREATE INDEX courrier_changes_account ON courrier_changes (account, id);
-- How a letter stood when it was last told: only what differs is told again.
ALTER TABLE courrier_letters ADD COLUMN told text NOT NULL DEFAULT '';
