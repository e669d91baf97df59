-- Slots that are missing one after the other, by feed; the newest first.
SELECT feed_id,
       min(slot_start) AS first_start,
       max(slot_start) AS last_start,
       max(slot_end) AS last_end,
       max(due_at) AS last_due,
       count(*) AS slots
FROM (
    SELECT *,
           row_number() OVER (PARTITION BY feed_id ORDER BY slot_start)
           - row_number() OVER (PARTITION BY feed_id, status ORDER BY slot_start) AS run
    FROM slot_status
)
WHERE status = 'missing'
GROUP BY feed_id, run
ORDER BY feed_id, first_start DESC
