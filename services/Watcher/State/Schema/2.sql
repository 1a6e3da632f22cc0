-- Of entries told of together, instead of events, where they are: those of the directory from the first name to the last that
-- have the version still. One that has another by then is told of by a later row.
ALTER TABLE outbox ADD COLUMN kind INTEGER;
ALTER TABLE outbox ADD COLUMN directory INTEGER;
ALTER TABLE outbox ADD COLUMN version INTEGER;
ALTER TABLE outbox ADD COLUMN first BLOB;
ALTER TABLE outbox ADD COLUMN last BLOB;
