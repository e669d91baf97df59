-- What retention took out of this warehouse. Every run has a line in the home's retention.jsonl too.
CREATE TABLE warehouse.ops.retention (
    ran_at TIMESTAMP,
    class VARCHAR,              -- of pipelines/storage/retention.yaml
    cutoff TIMESTAMP,           -- what was older is deleted
    items BIGINT                -- rows
);
