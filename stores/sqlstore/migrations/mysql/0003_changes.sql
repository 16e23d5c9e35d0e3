-- The feed. Numbers follow the order of commits only up to where no transaction that
-- writes is open; who writes says so by a lock on a row of courrier_turns. tag tells a
-- row from one of the same number in another history, such as after a backup was restored.
CREATE TABLE IF NOT EXISTS courrier_changes (
    id      bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    kind    varbinary(100) NOT NULL,
    account varbinary(700) NOT NULL,
    subject varbinary(2000) NOT NULL,
    state   varbinary(700) NOT NULL,
    version bigint NOT NULL,
    at      bigint NOT NULL,
    tag     bigint NOT NULL,
    INDEX courrier_changes_account (account, id)
) ENGINE=InnoDB;
-- Writers share the lock of row 0 or of row 1: of the one that turn of row 2 names, by
-- being even or odd. A reader that waits for the writers of one row sends new ones to
-- the other.
CREATE TABLE IF NOT EXISTS courrier_turns (
    n    int NOT NULL PRIMARY KEY,
    turn bigint NOT NULL
) ENGINE=InnoDB;
INSERT IGNORE INTO courrier_turns (n, turn) VALUES (0, 0), (1, 0), (2, 0);
-- How a letter stood when it was last told: only what differs is told again.
ALTER TABLE courrier_letters ADD COLUMN told longblob NOT NULL DEFAULT ('');
