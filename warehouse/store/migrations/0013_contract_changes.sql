-- What became of the histories when their contracts changed, and which measures are no longer published.
ALTER TABLE warehouse.ops.measure ADD COLUMN IF NOT EXISTS dropped_at TIMESTAMP; -- set while no contract has it
CREATE TABLE warehouse.ops.contract_change (
    changed_at TIMESTAMP,
    collection VARCHAR,
    change VARCHAR,             -- rename, retype, add, drop, return
    column_name VARCHAR,        -- as the contract calls it now
    before VARCHAR,             -- the earlier name, or the earlier type
    after VARCHAR,
    held BIGINT                 -- values of that column in the history, superseded ones too
);
