-- How many slots of each London day since `first` were expected of each feed in `feeds`, and how they
-- came, as it stands at `now`. What is expected of a day is the same for all feeds of a collection.
WITH feed AS (
    SELECT * FROM (VALUES
{% for one in feeds %}
        ({{ one.feed_id | text }}, {{ one.collection | text }}, DATE '{{ one.slots_from }}'),
{% endfor %}
        ('', '', DATE '2000-01-01')
    ) AS v(feed_id, collection, slots_from)
    WHERE feed_id != ''
),
slot AS (
    SELECT collection, slot_start, london_day(slot_start) AS day, late_after,
           late_after >= {{ now | instant }} AS is_open
    FROM warehouse.ops.slot
    WHERE slot_start >= london_day_start(DATE '{{ first }}') AND slot_end <= {{ now | instant }}
),
due AS (
    SELECT collection, day, count(*) AS expected, count_if(is_open) AS open
    FROM slot
    GROUP BY collection, day
),
given AS (
    SELECT g.feed_id, s.day,
           count_if(g.first_received_at <= s.late_after) AS on_time,
           count_if(g.first_received_at > s.late_after) AS late,
           count_if(s.is_open) AS given_open
    FROM (
        SELECT feed_id, slot_start, min(received_at) AS first_received_at
        FROM warehouse.ops.submission_slot
        WHERE slot_start >= london_day_start(DATE '{{ first }}')
        GROUP BY feed_id, slot_start
    ) AS g
    JOIN feed AS f USING (feed_id)
    JOIN slot AS s ON s.collection = f.collection AND s.slot_start = g.slot_start
    GROUP BY g.feed_id, s.day
)
SELECT f.feed_id, f.collection, d.day, d.expected,
       coalesce(g.on_time, 0)::BIGINT AS on_time,
       coalesce(g.late, 0)::BIGINT AS late,
       (d.expected - d.open - coalesce(g.on_time + g.late - g.given_open, 0))::BIGINT AS missing
FROM feed AS f
JOIN due AS d ON d.collection = f.collection AND d.day >= f.slots_from
LEFT JOIN given AS g ON g.feed_id = f.feed_id AND g.day = d.day
ORDER BY d.day, f.feed_id
