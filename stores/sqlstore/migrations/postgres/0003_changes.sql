-- The feed. Numbers follow the order of commits only up to where no transaction that
-- writes is open; who writes says so by a lock that it shares. tag tells a row from
-- one of the same number in another history, such as after a backup was restored.
CREATE TABLE courrier_changes (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    state   text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    at      bigint NOT NULL,
    tag     bigint NOT NULL
);
CREATE INDEX courrier_changes_account ON courrier_changes (account, id);
-- How a letter stood when it was last told: only what differs is told again.
ALTER TABLE courrier_letters ADD COLUMN told text NOT NULL DEFAULT '';
