-- The ledger (ops), the organisations (ref), the histories' schema and the marts.
-- `row_index` was `row_id` in homes made before migration 0005; a DuckLake reserves that name.
-- Every timestamp is UTC. No keys, constraints, indexes or sequences: the same SQL runs on DuckLake.
CREATE SCHEMA IF NOT EXISTS warehouse.ops;
CREATE SCHEMA IF NOT EXISTS warehouse.ref;
CREATE SCHEMA IF NOT EXISTS warehouse.history;
CREATE SCHEMA IF NOT EXISTS warehouse.mart;

CREATE TABLE warehouse.ops.submission (
    submission_id VARCHAR,      -- feed @ 16 digits of the hash; a re-sent file adds its delivery_id
    delivery_id VARCHAR,        -- the manifest in landing
    feed_id VARCHAR,
    collection VARCHAR,         -- NULL where no feed expects the file
    stage VARCHAR,              -- the feed's lifecycle stage when the submission was loaded
    sha256 VARCHAR,
    size_bytes BIGINT,
    file_name VARCHAR,
    source VARCHAR,
    received_at TIMESTAMP,
    status VARCHAR,             -- accepted, accepted_with_rejections, rejected, empty, duplicate
    duplicate_of VARCHAR,
    rows_read BIGINT,           -- = rows_accepted + rows_quarantined + rows_skipped
    rows_accepted BIGINT,
    rows_quarantined BIGINT,
    rows_skipped BIGINT,
    skipped_by VARCHAR,         -- JSON: rule of the format -> rows
    rows_new BIGINT,            -- of the accepted rows: first value of their key
    rows_revised BIGINT,        -- a value that differs from the one held
    rows_unchanged BIGINT,      -- the value that is already held
    rows_outdated BIGINT,       -- a later submission's value is held and stays
    sheets VARCHAR,             -- JSON: what each sheet held
    contract_version VARCHAR,   -- hash of the contract and the feed that it was read with
    attempt INTEGER,            -- 1, and one more with every reprocessing
    batch_id VARCHAR,
    settled_at TIMESTAMP
);

CREATE TABLE warehouse.ops.issue (
    submission_id VARCHAR,
    attempt INTEGER,
    line INTEGER,
    code VARCHAR,
    severity VARCHAR,           -- reject_submission, reject_row, warn, info
    message VARCHAR,
    fix VARCHAR,
    sheet VARCHAR,
    row_number INTEGER,         -- in the file, from 1
    column_letter VARCHAR,      -- in the file
    column_name VARCHAR,        -- of the collection
    value VARCHAR,              -- original text
    org_code VARCHAR,
    report_date VARCHAR
);

CREATE TABLE warehouse.ops.quarantine (
    submission_id VARCHAR,
    attempt INTEGER,
    row_index BIGINT,           -- place of the row among those read from the submission
    org_code VARCHAR,           -- original text
    report_date VARCHAR,        -- original text
    codes VARCHAR[],
    cells VARCHAR               -- JSON: column -> original text, sheet, row, column letter
);

CREATE TABLE warehouse.ops.answer (
    submission_id VARCHAR,
    attempt INTEGER,
    answered_at TIMESTAMP
);

CREATE TABLE warehouse.ops.publication (
    name VARCHAR,
    made_at TIMESTAMP,
    settled_through TIMESTAMP,  -- the last settled_at that the publication holds
    sha256 VARCHAR
);

CREATE TABLE warehouse.ops.reference (
    name VARCHAR,
    sha256 VARCHAR
);

-- National figures that files state themselves, kept to reconcile against.
CREATE TABLE warehouse.history.published_total (
    collection VARCHAR,
    report_date DATE,
    measure VARCHAR,
    value DOUBLE,
    submission_id VARCHAR,
    stage VARCHAR,
    received_at TIMESTAMP,
    recorded_at TIMESTAMP,
    superseded_at TIMESTAMP
);

-- England per day and measure, computed from the trusts of live feeds.
CREATE TABLE warehouse.mart.national_daily (
    report_date DATE,
    collection VARCHAR,
    measure VARCHAR,
    value DOUBLE,
    unit VARCHAR,
    organisations BIGINT,       -- that report the measure on that day
    published_value DOUBLE      -- England's figure in the published file, where there is one
);
