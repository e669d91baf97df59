-- What the watch has found over time: open while ended_at is empty. Only the watch writes here.
CREATE TABLE warehouse.ops.watch (
    finding_key VARCHAR,        -- what it is about: kind, collection, feed and subject
    code VARCHAR,               -- WATCH-001 and so on: pipelines/watch/monitors
    feed_id VARCHAR,            -- NULL where it is about the nation or a source
    collection VARCHAR,
    subject VARCHAR,            -- a site, a measure, a value; empty for all of the feed
    since TIMESTAMP,            -- when it began, as far as is known
    first_seen_at TIMESTAMP,
    last_seen_at TIMESTAMP,
    ended_at TIMESTAMP,
    message VARCHAR,
    fix VARCHAR,
    alerted_at TIMESTAMP,       -- when the first channel took it
    told VARCHAR,               -- channels that took it, with commas between them
    told_over VARCHAR           -- channels that took that it is over
);
