-- Times are microseconds since 1970 UTC; bodies are JSON. Every index that lists
-- letters ends in their order.

CREATE TABLE courrier_letters (
    id              text NOT NULL PRIMARY KEY,
    version         integer NOT NULL,
    account         text NOT NULL,
    key             text NOT NULL,
    status          text NOT NULL,
    hold            text NOT NULL,
    purpose         text NOT NULL,
    provider        text NOT NULL,
    provider_id     text NOT NULL,
    tracking_number text NOT NULL,
    created_at      integer NOT NULL,
    duty            text NOT NULL,
    due_at          integer NOT NULL,
    sums            text NOT NULL,
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
    sum    text NOT NULL,
    letter text NOT NULL,
    PRIMARY KEY (sum, letter)
) WITHOUT ROWID;

CREATE TABLE courrier_events (
    id          text NOT NULL PRIMARY KEY,
    letter      text NOT NULL,
    provider    text NOT NULL,
    provider_id text NOT NULL,
    heard       integer NOT NULL,
    folded      integer NOT NULL,
    hint        integer NOT NULL,
    body        text NOT NULL
);
CREATE INDEX courrier_events_letter ON courrier_events (letter, heard, id) WHERE letter <> '';
CREATE INDEX courrier_events_provider ON courrier_events (provider_id, provider, heard, id) WHERE letter = '';
CREATE INDEX courrier_events_orphans ON courrier_events (heard, id) WHERE letter = '';
CREATE INDEX courrier_events_unfolded ON courrier_events (heard, id) WHERE folded = 0;

-- One row an account and unit. Whoever posts to it draws a new token; who read it
-- before cannot.
CREATE TABLE courrier_books (
    account text NOT NULL,
    unit    text NOT NULL,
    seq     integer NOT NULL,
    token   integer NOT NULL,
    body    text NOT NULL,
    PRIMARY KEY (account, unit)
) WITHOUT ROWID;

-- nth counts the entries under a key, whatever the unit. Two processes that both believe to post
-- the nth cannot both succeed, so none decides on less than the whole history.
-- What time does is posted under the key of its grant by whoever comes by; it
-- counts backwards, by seq.
CREATE TABLE courrier_entries (
    account text NOT NULL,
    unit    text NOT NULL,
    seq     integer NOT NULL,
    key     text NOT NULL,
    nth     integer NOT NULL,
    kind    text NOT NULL,
    letter  text NOT NULL,
    at      integer NOT NULL,
    body    text NOT NULL,
    PRIMARY KEY (account, unit, seq)
);
CREATE UNIQUE INDEX courrier_entries_key ON courrier_entries (key, (account || ''), nth);
CREATE INDEX courrier_entries_letter ON courrier_entries (letter) WHERE letter <> '';

-- keys and invoices are lists of what the two tables below have of the reminder
-- (contents are named among the invoices, after a control character),
-- so that a changed reminder tells which of their rows change with it.
CREATE TABLE courrier_reminders (
    id       text NOT NULL PRIMARY KEY,
    version  integer NOT NULL,
    account  text NOT NULL,
    customer text NOT NULL,
    state    text NOT NULL,
    assignee text NOT NULL,
    campaign text NOT NULL,
    letter   text NOT NULL,
    due_on   text NOT NULL, -- YYYY-MM-DD
    due_at   integer NOT NULL,
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
    key      text NOT NULL PRIMARY KEY,
    reminder text NOT NULL
) WITHOUT ROWID;

CREATE TABLE courrier_reminder_invoices (
    invoice  text NOT NULL,
    reminder text NOT NULL,
    PRIMARY KEY (invoice, reminder)
) WITHOUT ROWID;

CREATE TABLE courrier_items (
    kind    text NOT NULL,
    account text NOT NULL,
    id      text NOT NULL,
    version integer NOT NULL,
    body    text NOT NULL,
    PRIMARY KEY (kind, account, id)
) WITHOUT ROWID;

CREATE TABLE courrier_contents (
    sum  text NOT NULL PRIMARY KEY,
    body blob NOT NULL
);
