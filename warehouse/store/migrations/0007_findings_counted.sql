-- How many more findings of a kind there are than the one that is told.
ALTER TABLE warehouse.ops.issue ADD COLUMN more BIGINT;
