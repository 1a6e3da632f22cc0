CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE library (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    root_inode INTEGER, root_seconds INTEGER, root_nanoseconds INTEGER,
    version INTEGER NOT NULL DEFAULT 0,
    entries INTEGER NOT NULL DEFAULT 0,
    digest INTEGER NOT NULL DEFAULT 0,
    disk_compared_at TEXT,
    recovering INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    floor INTEGER NOT NULL DEFAULT 0,
    resync_directory BLOB, resync_name BLOB);

-- AUTOINCREMENT: a row that is gone never comes to mean another directory.
CREATE TABLE directory (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    library INTEGER NOT NULL,
    path BLOB NOT NULL,
    UNIQUE (library, path));

-- A scan walks directories in the order of their rows and names in order: rows are written in key order.
CREATE TABLE entry (
    directory INTEGER NOT NULL,
    name BLOB NOT NULL,
    photo_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified_seconds INTEGER NOT NULL, modified_nanoseconds INTEGER NOT NULL,
    inode INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    PRIMARY KEY (directory, name)) WITHOUT ROWID;
CREATE INDEX entry_by_inode ON entry (inode);

-- File systems mounted inside a library.
CREATE TABLE mount (
    library INTEGER NOT NULL,
    path BLOB NOT NULL,
    inode INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL,
    PRIMARY KEY (library, path)) WITHOUT ROWID;

CREATE TABLE remembered (
    inode INTEGER NOT NULL, seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL,
    photo_id BLOB NOT NULL,
    gone_at INTEGER NOT NULL,
    PRIMARY KEY (inode, seconds, nanoseconds)) WITHOUT ROWID;
CREATE INDEX remembered_by_age ON remembered (gone_at);

CREATE TABLE outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    library INTEGER NOT NULL,
    count INTEGER NOT NULL,
    -- As JSON.
    events BLOB NOT NULL);
