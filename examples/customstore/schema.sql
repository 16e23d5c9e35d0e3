-- What lists select and order by has a column; the rest is in the body. SQLite compares text byte by
-- byte by default; on MariaDB the columns would need a binary collation without padding.
CREATE TABLE IF NOT EXISTS post_letters (
	id TEXT PRIMARY KEY, account TEXT NOT NULL, key TEXT NOT NULL, duty TEXT NOT NULL, due INTEGER NOT NULL,
	provider_id TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (account, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS post_letters_due ON post_letters (duty, due, id) WHERE duty <> '';
CREATE INDEX IF NOT EXISTS post_letters_account ON post_letters (account, id);
CREATE INDEX IF NOT EXISTS post_letters_provider ON post_letters (provider_id) WHERE provider_id <> '';

CREATE TABLE IF NOT EXISTS post_books (account TEXT, unit TEXT, body BLOB NOT NULL, PRIMARY KEY (account, unit)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS post_entries (
	account TEXT, unit TEXT, seq INTEGER, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (account, unit, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS post_entries_key ON post_entries (account, key);

CREATE TABLE IF NOT EXISTS post_events (
	id TEXT PRIMARY KEY, letter TEXT NOT NULL, provider_id TEXT NOT NULL, folded INTEGER NOT NULL, heard INTEGER NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS post_events_letter ON post_events (letter);
CREATE INDEX IF NOT EXISTS post_events_provider ON post_events (provider_id);
CREATE INDEX IF NOT EXISTS post_events_unfolded ON post_events (heard) WHERE folded = 0;

CREATE TABLE IF NOT EXISTS post_items (kind TEXT, account TEXT, id TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, account, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS post_contents (sum TEXT PRIMARY KEY, content BLOB NOT NULL);

CREATE TABLE IF NOT EXISTS post_reminders (
	id TEXT PRIMARY KEY, account TEXT NOT NULL, customer TEXT NOT NULL, state TEXT NOT NULL, letter TEXT NOT NULL, due INTEGER NOT NULL, body BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS post_reminders_customer ON post_reminders (account, customer);
CREATE INDEX IF NOT EXISTS post_reminders_state ON post_reminders (state, due);
CREATE INDEX IF NOT EXISTS post_reminders_letter ON post_reminders (letter) WHERE letter <> '';
CREATE TABLE IF NOT EXISTS post_claims (key TEXT PRIMARY KEY, reminder TEXT NOT NULL) WITHOUT ROWID;
