-- The financial years of the contract's versions by which the rows were judged; NULL where versions do not differ.
ALTER TABLE warehouse.ops.submission ADD COLUMN IF NOT EXISTS versions VARCHAR;
