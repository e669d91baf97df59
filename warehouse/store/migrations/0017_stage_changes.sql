-- Changes of the stages of feeds, as `landing/stages.jsonl` tells them: who, when, why, and on what evidence.
CREATE TABLE warehouse.ops.stage_change (
    number INTEGER,             -- from 1, in the order of the journal
    changed_at TIMESTAMP,
    feed_id VARCHAR,
    collection VARCHAR,
    from_stage VARCHAR,         -- NULL where the feed was seen for the first time
    to_stage VARCHAR,
    slots_from DATE,            -- London day from which on every slot is expected
    file_stage VARCHAR,         -- what the feed file said then
    file_slots_from DATE,
    codes VARCHAR,              -- of those whose values it brings, with spaces between
    made_by VARCHAR,
    reason VARCHAR,
    forced BOOLEAN,             -- criteria were not met
    scorecard VARCHAR,          -- JSON: the criteria of that moment
    rows_moved BIGINT           -- values that came into the national tables, or left them
);
