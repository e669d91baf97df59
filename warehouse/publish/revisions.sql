-- What was held of live feeds and is no more, as far as it was superseded from `since` on. What one
-- load recorded and superseded at the same moment was never seen.
SELECT {{ (shape.key + shape.measures) | join(", ") }},
       feed_id,
       submission_id,
       recorded_at,
       superseded_at
FROM warehouse.history.{{ shape.collection }}
WHERE stage = 'live' AND superseded_at >= {{ since | instant }} AND recorded_at < superseded_at
  AND {{ condition }}
ORDER BY superseded_at, {{ shape.key | join(", ") }}
