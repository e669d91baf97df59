-- What the warehouse needs to be the same in a DuckDB file and in a DuckLake.
-- `row_id`, as older homes have it, is a reserved name in a DuckLake. The columns are taken by their
-- places, so that this holds for homes of either name.
ALTER TABLE warehouse.ops.quarantine RENAME TO quarantine_before;
CREATE TABLE warehouse.ops.quarantine (
    submission_id VARCHAR,
    attempt INTEGER,
    row_index BIGINT,           -- place of the row among those read from the submission
    org_code VARCHAR,           -- original text
    slot VARCHAR,               -- original text
    codes VARCHAR[],
    cells VARCHAR,              -- JSON: column -> original text, sheet, row, column letter
    settled_at TIMESTAMP
);
INSERT INTO warehouse.ops.quarantine SELECT * FROM warehouse.ops.quarantine_before;
DROP TABLE warehouse.ops.quarantine_before;

-- Publications in the order in which they were made, whatever the clock said.
ALTER TABLE warehouse.ops.publication ADD COLUMN number BIGINT;
UPDATE warehouse.ops.publication SET number = rowid;
