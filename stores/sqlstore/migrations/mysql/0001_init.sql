-- Text is kept as bytes: it then sorts as Go compares strings, nothing is padded or
-- folded, and no setting of a connection changes it. Times are microseconds since
-- 1970 UTC; bodies are JSON. Every index that lists letters ends in their order.
-- No column of an index is so long that the index could exceed 3,072 bytes.

CREATE TABLE IF NOT EXISTS courrier_letters (
    id              varbinary(700) NOT NULL PRIMARY KEY,
    version         bigint NOT NULL,
    account         varbinary(700) NOT NULL,
    `key`           varbinary(1000) NOT NULL,
    status          varbinary(100) NOT NULL,
    hold            varbinary(100) NOT NULL,
    purpose         varbinary(100) NOT NULL,
    provider        varbinary(700) NOT NULL,
    provider_id     varbinary(700) NOT NULL,
    tracking_number varbinary(700) NOT NULL,
    created_at      bigint NOT NULL,
    duty            varbinary(100) NOT NULL,
    due_at          bigint NOT NULL,
    sums            longblob NOT NULL,
    body            longblob NOT NULL,
    -- There are no partial indexes: this column takes the place of one's condition.
    held            tinyint AS (status = 'held' OR hold <> '') STORED,
    UNIQUE INDEX courrier_letters_key (`key`, account),
    INDEX courrier_letters_account (account, id),
    INDEX courrier_letters_due (duty, due_at, id),
    INDEX courrier_letters_held (held, account, id),
    INDEX courrier_letters_held_all (held, id),
    INDEX courrier_letters_provider (provider_id, provider, id),
    INDEX courrier_letters_tracking (tracking_number, provider, id)
) ENGINE=InnoDB;

-- Which letters still need a content: LetterRecord.Sums.
CREATE TABLE IF NOT EXISTS courrier_letter_sums (
    sum    varbinary(200) NOT NULL,
    letter varbinary(700) NOT NULL,
    PRIMARY KEY (sum, letter)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS courrier_events (
    id          varbinary(700) NOT NULL PRIMARY KEY,
    letter      varbinary(700) NOT NULL,
    provider    varbinary(700) NOT NULL,
    provider_id varbinary(700) NOT NULL,
    heard       bigint NOT NULL,
    folded      bigint NOT NULL,
    hint        bigint NOT NULL,
    body        longblob NOT NULL,
    INDEX courrier_events_letter (letter, heard, id),
    INDEX courrier_events_provider (provider_id, provider, heard, id),
    INDEX courrier_events_unfolded (folded, heard, id)
) ENGINE=InnoDB;

-- One row an account and unit. Whoever posts to it draws a new token; who read it
-- before cannot.
CREATE TABLE IF NOT EXISTS courrier_books (
    account varbinary(700) NOT NULL,
    unit    varbinary(100) NOT NULL,
    seq     bigint NOT NULL,
    token   bigint NOT NULL,
    body    longblob NOT NULL,
    PRIMARY KEY (account, unit)
) ENGINE=InnoDB;

-- nth counts the entries under a key, whatever the unit. Two processes that both believe to post
-- the nth cannot both succeed, so none decides on less than the whole history.
-- What time does is posted under the key of its grant by whoever comes by; it
-- counts backwards, by seq.
CREATE TABLE IF NOT EXISTS courrier_entries (
    account varbinary(700) NOT NULL,
    unit    varbinary(100) NOT NULL,
    seq     bigint NOT NULL,
    `key`   varbinary(1000) NOT NULL,
    nth     bigint NOT NULL,
    kind    varbinary(100) NOT NULL,
    letter  varbinary(700) NOT NULL,
    at      bigint NOT NULL,
    body    longblob NOT NULL,
    PRIMARY KEY (account, unit, seq),
    UNIQUE INDEX courrier_entries_key (`key`, account, nth),
    INDEX courrier_entries_letter (letter)
) ENGINE=InnoDB;

-- keys and invoices are lists of what the two tables below have of the reminder
-- (contents are named among the invoices, after a control character),
-- so that a changed reminder tells which of their rows change with it.
CREATE TABLE IF NOT EXISTS courrier_reminders (
    id       varbinary(700) NOT NULL PRIMARY KEY,
    version  bigint NOT NULL,
    account  varbinary(700) NOT NULL,
    customer varbinary(700) NOT NULL,
    state    varbinary(100) NOT NULL,
    assignee varbinary(700) NOT NULL,
    campaign varbinary(700) NOT NULL,
    letter   varbinary(700) NOT NULL,
    due_on   varbinary(20) NOT NULL, -- YYYY-MM-DD
    due_at   bigint NOT NULL,
    `keys`   longblob NOT NULL,
    invoices longblob NOT NULL,
    body     longblob NOT NULL,
    INDEX courrier_reminders_customer (customer, account, due_on, id),
    INDEX courrier_reminders_queue (account, due_on, id),
    INDEX courrier_reminders_state (state, due_on, id),
    INDEX courrier_reminders_kept (state, due_at),
    INDEX courrier_reminders_letter (letter),
    INDEX courrier_reminders_campaign (campaign, due_on, id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS courrier_reminder_keys (
    `key`    varbinary(1000) NOT NULL PRIMARY KEY,
    reminder varbinary(700) NOT NULL
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS courrier_reminder_invoices (
    invoice  varbinary(1000) NOT NULL,
    reminder varbinary(700) NOT NULL,
    PRIMARY KEY (invoice, reminder)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS courrier_items (
    kind    varbinary(200) NOT NULL,
    account varbinary(700) NOT NULL,
    id      varbinary(1000) NOT NULL,
    version bigint NOT NULL,
    body    longblob NOT NULL,
    PRIMARY KEY (kind, account, id)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS courrier_contents (
    sum  varbinary(200) NOT NULL PRIMARY KEY,
    body longblob NOT NULL
) ENGINE=InnoDB;
