-- The criteria of feeds in testing, as a publication tells them.
CREATE OR REPLACE TEMP TABLE told_scorecard (
    feed_id VARCHAR, collection VARCHAR, stage VARCHAR, criterion VARCHAR, place INTEGER,
    verdict VARCHAR, wanted DOUBLE, found DOUBLE, unit VARCHAR, told VARCHAR,
    slots_from DATE, first_slot TIMESTAMP, last_slot TIMESTAMP
)
