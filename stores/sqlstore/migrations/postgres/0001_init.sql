-- Text sorts byte by byte, as Go compares strings; times are microseconds since
-- 1970 UTC; bodies are JSON. Every index that lists letters ends in their order.

CREATE TABLE courrier_letters (
    id              text COLLATE "C" PRIMARY KEY,
    version         bigint NOT NULL,
    account         text COLLATE "C" NOT NULL,
    key             text COLLATE "C" NOT NULL,
    status          text COLLATE "C" NOT NULL,
    hold            text COLLATE "C" NOT NULL,
    purpose         text COLLATE "C" NOT NULL,
    provider        text COLLATE "C" NOT NULL,
    provider_id     text COLLATE "C" NOT NULL,
    tracking_number text COLLATE "C" NOT NULL,
    created_at      bigint NOT NULL,
    duty            text COLLATE "C" NOT NULL,
    due_at          bigint NOT NULL,
    sums            text COLLATE "C" NOT NULL,
    body            text NOT NULL
);
-- An index on (account || '') serves only conditions written the same way, which
-- no other index serves: a planner that takes every account for a small one
-- cannot choose to read a whole account instead of one key.
CREATE UNIQUE INDEX courrier_letters_key ON courrier_letters (key, (account || ''));
CREATE INDEX courrier_letters_account ON courrier_letters (account, id);
CREATE INDEX courrier_letters_due ON courrier_letters (duty, due_at, id) WHERE duty <> '';
CREATE INDEX courrier_letters_held ON courrier_letters (account, id) WHERE status = 'held' OR hold <> '';
CREATE INDEX courrier_letters_held_all ON courrier_letters (id) WHERE status = 'held' OR hold <> '';
CREATE INDEX courrier_letters_provider ON courrier_letters (provider_id, provider, id) WHERE provider_id <> '';
CREATE INDEX courrier_letters_tracking ON courrier_letters (tracking_number, provider, id) WHERE tracking_number <> '';

-- Which letters still need a content: LetterRecord.Sums.
CREATE TABLE courrier_letter_sums (
    sum    text COLLATE "C" NOT NULL,
    letter text COLLATE "C" NOT NULL,
    PRIMARY KEY (sum, letter)
);

CREATE TABLE courrier_events (
    id          text COLLATE "C" PRIMARY KEY,
    letter      text COLLATE "C" NOT NULL,
    provider    text COLLATE "C" NOT NULL,
    provider_id text COLLATE "C" NOT NULL,
    heard       bigint NOT NULL,
    folded      bigint NOT NULL,
    hint        bigint NOT NULL,
    body        text NOT NULL
);
CREATE INDEX courrier_events_letter ON courrier_events (letter, heard, id) WHERE letter <> '';
CREATE INDEX courrier_events_provider ON courrier_events (provider_id, provider, heard, id) WHERE letter = '';
CREATE INDEX courrier_events_orphans ON courrier_events (heard, id) WHERE letter = '';
CREATE INDEX courrier_events_unfolded ON courrier_events (heard, id) WHERE folded = 0;

-- One row an account and unit. Whoever posts to it draws a new token; who read it
-- before cannot.
CREATE TABLE courrier_books (
    account text COLLATE "C" NOT NULL,
    unit    text COLLATE "C" NOT NULL,
    seq     bigint NOT NULL,
    token   bigint NOT NULL,
    body    text NOT NULL,
    PRIMARY KEY (account, unit)
) WITH (fillfactor = 50);

-- nth counts the entries under a key, whatever the unit. Two processes that both believe to post
-- the nth cannot both succeed, so none decides on less than the whole history.
-- What time does is posted under the key of its grant by whoever comes by; it
-- counts backwards, by seq.
CREATE TABLE courrier_entries (
    account text COLLATE "C" NOT NULL,
    unit    text COLLATE "C" NOT NULL,
    seq     bigint NOT NULL,
    key     text COLLATE "C" NOT NULL,
    nth     bigint NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    letter  text COLLATE "C" NOT NULL,
    at      bigint NOT NULL,
    body    text NOT NULL,
    PRIMARY KEY (account, unit, seq)
);
CREATE UNIQUE INDEX courrier_entries_key ON courrier_entries (key, (account || ''), nth);
CREATE INDEX courrier_entries_letter ON courrier_entries (letter) WHERE letter <> '';

-- keys and invoices are lists of what the two tables below have of the reminder
-- (contents are named among the invoices, after a control character),
-- so that a changed reminder tells which of their rows change with it.
CREATE TABLE courrier_reminders (
    id       text COLLATE "C" NOT NULL PRIMARY KEY,
    version  bigint NOT NULL,
    account  text COLLATE "C" NOT NULL,
    customer text COLLATE "C" NOT NULL,
    state    text COLLATE "C" NOT NULL,
    assignee text COLLATE "C" NOT NULL,
    campaign text COLLATE "C" NOT NULL,
    letter   text COLLATE "C" NOT NULL,
    due_on   text COLLATE "C" NOT NULL, -- YYYY-MM-DD
    due_at   bigint NOT NULL,
    keys     text NOT NULL,
    invoices text NOT NULL,
    body     text NOT NULL
);
CREATE INDEX courrier_reminders_customer ON courrier_reminders (customer, (account || ''), due_on, id);
CREATE INDEX courrier_reminders_queue ON courrier_reminders (account, due_on, id);
CREATE INDEX courrier_reminders_state ON courrier_reminders (state, due_on, id) WHERE state NOT IN ('sent', 'skipped', 'failed', 'postponed');
CREATE INDEX courrier_reminders_kept ON courrier_reminders (due_at) WHERE state IN ('sent', 'skipped', 'failed') AND due_at > 0;
CREATE INDEX courrier_reminders_letter ON courrier_reminders (letter) WHERE letter <> '';
CREATE INDEX courrier_reminders_campaign ON courrier_reminders (campaign, due_on, id) WHERE campaign <> '';

CREATE TABLE courrier_reminder_keys (
    key      text COLLATE "C" NOT NULL PRIMARY KEY,
    reminder text COLLATE "C" NOT NULL
);

CREATE TABLE courrier_reminder_invoices (
    invoice  text COLLATE "C" NOT NULL,
    reminder text COLLATE "C" NOT NULL,
    PRIMARY KEY (invoice, reminder)
);

CREATE TABLE courrier_items (
    kind    text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    id      text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    body    text NOT NULL,
    PRIMARY KEY (kind, account, id)
);

CREATE TABLE courrier_contents (
    sum  text COLLATE "C" PRIMARY KEY,
    body bytea NOT NULL
);
ALTER TABLE courrier_contents ALTER COLUMN body SET STORAGE EXTERNAL;
