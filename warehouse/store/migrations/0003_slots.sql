-- Slots, answers that are due, and what keeps the cost of a tick apart from the length of history.
ALTER TABLE warehouse.ops.issue RENAME COLUMN report_date TO slot;
ALTER TABLE warehouse.ops.quarantine RENAME COLUMN report_date TO slot;
-- Rows are found by when their submission was settled, which is the order that they stand in.
ALTER TABLE warehouse.ops.issue ADD COLUMN settled_at TIMESTAMP;
ALTER TABLE warehouse.ops.quarantine ADD COLUMN settled_at TIMESTAMP;
UPDATE warehouse.ops.issue AS i SET settled_at = s.settled_at
FROM warehouse.ops.submission AS s WHERE s.submission_id = i.submission_id;
UPDATE warehouse.ops.quarantine AS q SET settled_at = s.settled_at
FROM warehouse.ops.submission AS s WHERE s.submission_id = q.submission_id;

-- When the sender made the file, as far as its name tells; values count in this order.
ALTER TABLE warehouse.ops.submission ADD COLUMN said_at TIMESTAMP;
UPDATE warehouse.ops.submission SET said_at = received_at;
ALTER TABLE warehouse.history.published_total RENAME COLUMN received_at TO said_at;
ALTER TABLE IF EXISTS warehouse.history.acute_sitrep RENAME COLUMN received_at TO said_at;
ALTER TABLE IF EXISTS warehouse.history.ambulance_handover RENAME COLUMN received_at TO said_at;

-- Answers that are still to be written: entered with the submission, taken away with the answer.
CREATE TABLE warehouse.ops.answer_due (
    submission_id VARCHAR,
    attempt INTEGER,
    received_at TIMESTAMP,
    settled_at TIMESTAMP
);
INSERT INTO warehouse.ops.answer_due
SELECT s.submission_id, s.attempt, s.received_at, s.settled_at
FROM warehouse.ops.submission AS s
ANTI JOIN warehouse.ops.answer AS a
       ON a.submission_id = s.submission_id AND a.attempt = s.attempt;

-- One row for each load, so that the last one is found without a look at every submission.
CREATE TABLE warehouse.ops.load (
    batch_id VARCHAR,
    collection VARCHAR,
    settled_at TIMESTAMP,
    submissions INTEGER
);
INSERT INTO warehouse.ops.load
SELECT batch_id, any_value(collection), settled_at, count(*)
FROM warehouse.ops.submission GROUP BY batch_id, settled_at;

-- Which slots each submission gave accepted values for; a day stands as its first moment in London.
CREATE TABLE warehouse.ops.submission_slot (
    feed_id VARCHAR,
    collection VARCHAR,
    slot_start TIMESTAMP,
    submission_id VARCHAR,
    received_at TIMESTAMP,
    said_at TIMESTAMP,
    rows INTEGER,
    settled_at TIMESTAMP
);

-- What came of each feed by day of receipt (UTC).
CREATE TABLE warehouse.ops.feed_day (
    feed_id VARCHAR,
    day DATE,
    submissions BIGINT,
    rejected BIGINT,
    duplicates BIGINT,
    rows_accepted BIGINT,
    rows_quarantined BIGINT,
    last_received_at TIMESTAMP,
    last_status VARCHAR,
    data_as_of TIMESTAMP        -- start of the last slot that they gave a value for
);

-- England per slot and measure, for collections whose slots are shorter than a day.
CREATE TABLE warehouse.mart.national_slot (
    slot_start TIMESTAMP,
    collection VARCHAR,
    measure VARCHAR,
    value DOUBLE,
    unit VARCHAR,
    organisations BIGINT
);
INSERT INTO warehouse.ops.feed_day
SELECT feed_id, received_at::DATE, count(*), count_if(status = 'rejected'),
       count_if(status = 'duplicate'), sum(rows_accepted), sum(rows_quarantined),
       max(received_at), arg_max(status, delivery_id), NULL
FROM warehouse.ops.submission GROUP BY feed_id, received_at::DATE;

-- The slot grid: which slots each collection has, by when their data was due and when it was late.
CREATE TABLE warehouse.ops.slot (
    collection VARCHAR,
    slot_start TIMESTAMP,
    slot_end TIMESTAMP,
    due_at TIMESTAMP,
    late_after TIMESTAMP
);
