-- Of a directory that moved, until all of its entries are told of: its path before, and the last entry that is.
ALTER TABLE directory ADD COLUMN before BLOB;
ALTER TABLE directory ADD COLUMN told BLOB;
