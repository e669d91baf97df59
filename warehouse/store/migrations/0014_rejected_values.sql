-- Values that were rejected by themselves: their rows were loaded as if these cells had not been sent.
CREATE TABLE warehouse.ops.quarantined_value (
    submission_id VARCHAR,
    attempt INTEGER,
    row_index BIGINT,           -- place of the row among those read from the submission
    org_code VARCHAR,           -- original text
    slot VARCHAR,               -- original text
    column_name VARCHAR,        -- of the collection
    codes VARCHAR[],
    text VARCHAR,               -- original text of the cell; NULL beyond the bound of one file
    sheet VARCHAR,
    row_number INTEGER,         -- in the file, from 1
    column_letter VARCHAR,      -- in the file
    settled_at TIMESTAMP
);
-- Not among the rows: these add up without them.
ALTER TABLE warehouse.ops.submission ADD COLUMN IF NOT EXISTS values_rejected BIGINT;
UPDATE warehouse.ops.submission SET values_rejected = 0;
ALTER TABLE warehouse.ops.feed_day ADD COLUMN IF NOT EXISTS values_rejected BIGINT;
UPDATE warehouse.ops.feed_day SET values_rejected = 0;
