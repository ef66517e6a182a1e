-- What terminals say of their modules, devices and feeds: not with every word.
ALTER TABLE devices ADD COLUMN parts BLOB;
