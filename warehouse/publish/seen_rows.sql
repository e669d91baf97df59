-- What was held of one collection at `moment`, with what had been superseded by then, from a
-- publication that was made later.
INSERT INTO warehouse.history.{{ collection }} BY NAME
SELECT {% for name, there in columns.items() %}c.{{ there }} AS {{ name }}, {% endfor %}
       c.submission_id,
       s.feed_id,
       'live' AS stage,
       s.received_at AS said_at,
       c.recorded_at
FROM later.main.{{ collection }} AS c
LEFT JOIN later.main.submission AS s USING (submission_id)
WHERE c.recorded_at <= {{ moment | instant }};

INSERT INTO warehouse.history.{{ collection }} BY NAME
SELECT {% for name, there in revised.items() %}{{ there }} AS {{ name }}, {% endfor %}
       submission_id,
       feed_id,
       'live' AS stage,
       recorded_at AS said_at,
       recorded_at,
       CASE WHEN superseded_at <= {{ moment | instant }} THEN superseded_at END AS superseded_at
FROM later.revisions.{{ collection }}
WHERE recorded_at <= {{ moment | instant }};

-- A submission gave values for the slots of its rows. One that gave what was held already has no row.
INSERT INTO warehouse.ops.submission_slot BY NAME
SELECT h.feed_id,
       {{ collection | text }} AS collection,
       {{ "london_day_start(h." ~ time ~ ")" if is_dated else "h." ~ time }} AS slot_start,
       h.submission_id,
       s.received_at,
       s.received_at AS said_at,
       count(*) AS rows,
       any_value(s.settled_at) AS settled_at
FROM warehouse.history.{{ collection }} AS h
JOIN later.main.submission AS s USING (submission_id)
WHERE h.feed_id IS NOT NULL
GROUP BY h.feed_id, h.{{ time }}, h.submission_id, s.received_at;

CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT {{ time }} AS slot FROM warehouse.history.{{ collection }} WHERE superseded_at IS NULL;
