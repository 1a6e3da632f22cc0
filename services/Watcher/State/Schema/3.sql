-- Of entries that moved with their directory: its path before.
ALTER TABLE outbox ADD COLUMN before BLOB;
