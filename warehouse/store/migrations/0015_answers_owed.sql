-- Answers that are still to be given back to the source of their submission: entered with the answer,
-- taken away when it was given.
CREATE TABLE warehouse.ops.answer_owed (
    submission_id VARCHAR,
    attempt INTEGER,
    feed_id VARCHAR,
    endpoint VARCHAR,           -- of a file that no feed expects: where it was; else NULL
    received_at TIMESTAMP,
    settled_at TIMESTAMP,
    answered_at TIMESTAMP,
    tries INTEGER,
    last_tried_at TIMESTAMP,
    last_told VARCHAR           -- why the last try failed
);
