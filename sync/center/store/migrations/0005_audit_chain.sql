-- The audit log's chain; entries older than it have no hash.

ALTER TABLE audit ADD COLUMN hash BLOB;
