-- Each expected slot of each feed in `feeds`, with what came for it, as it stands at `now`:
-- on_time, late, missing (its grace is over), awaited (it is not). Slots are those that have ended
-- and lie in `first` to `last`.
SELECT f.feed_id,
       f.collection,
       g.slot_start,
       g.slot_end,
       g.due_at,
       CASE WHEN s.first_received_at <= g.late_after THEN 'on_time'
            WHEN s.first_received_at IS NOT NULL THEN 'late'
            WHEN g.late_after < {{ now | instant }} THEN 'missing'
            ELSE 'awaited' END AS status,
       s.first_received_at,
       s.last_received_at,
       s.submission_id,
       coalesce(s.submissions - 1, 0) AS superseded
FROM (VALUES
{% for one in feeds %}
    ({{ one.feed_id | text }}, {{ one.collection | text }}, {{ one.slots_from | instant }}),
{% endfor %}
    ('', '', TIMESTAMP '2000-01-01')
) AS f(feed_id, collection, slots_from)
JOIN warehouse.ops.slot AS g
  ON g.collection = f.collection
 AND g.slot_start >= f.slots_from
 AND g.slot_start >= {{ first | instant }} AND g.slot_start < {{ last | instant }} AND g.slot_end <= {{ now | instant }}
LEFT JOIN (
    SELECT feed_id, slot_start,
           min(received_at) AS first_received_at,
           max(received_at) AS last_received_at,
           -- the submission whose values count: made last, and of those received last
           arg_max(submission_id, (said_at, received_at)) AS submission_id,
           count(DISTINCT submission_id) AS submissions
    FROM warehouse.ops.submission_slot
    WHERE slot_start >= {{ first | instant }} AND slot_start < {{ last | instant }}
      -- Days are told over weeks, in which quarters of an hour have many times their rows.
      AND collection IN {{ feeds | map(attribute="collection") | unique | texts }}
{% if starts %}
      AND slot_start IN ({% for one in starts %}{{ one | instant }}{{ "" if loop.last else ", " }}{% endfor %})
      AND feed_id IN {{ feeds | map(attribute="feed_id") | texts }}
{% endif %}
    GROUP BY feed_id, slot_start
) AS s ON s.feed_id = f.feed_id AND s.slot_start = g.slot_start
ORDER BY g.slot_start, f.feed_id
